/** What fields can pick from: models, tools, knowledge bases, credentials, connections, flows, agents and variables. */

import { call } from "../api/client";
import type { Variable } from "../api/pages";
import type { FlowPage, ModelView } from "../api/types";
import { t } from "../i18n";
import type { Readable } from "./context";

interface Named {
  id?: string;
  name: string;
  description?: string;
}

interface Stock {
  models: ModelView[];
  tools: Named[];
  knowledge: Named[];
  credentials: Named[];
  connections: Named[];
  agents: Named[];
  flows: Named[];
  variables: Variable[];
}

export const stock = $state<Stock>({ models: [], tools: [], knowledge: [], credentials: [], connections: [], agents: [], flows: [], variables: [] });

/** Return the workspace variables as forms can read them, each once. */
export function environment(): Readable[] {
  const names = new Map(stock.variables.map((each) => [each.name, each]));
  return [...names.values()].map((each) => ({ path: `env.${each.name}`, about: each.secret ? t("readsSecret") : JSON.stringify(each.value).slice(0, 60) }));
}

/** Load what there is. What the key may not see is empty. */
export async function fill(): Promise<void> {
  const list = async <T>(path: string, name: string): Promise<T[]> => ((await call<Record<string, T[]>>("GET", path).catch(() => ({}) as Record<string, T[]>))[name] ?? []) as T[];
  await Promise.all([
    list<ModelView>("/models", "models").then((found) => (stock.models = found)),
    list<Named>("/tools", "tools").then((found) => (stock.tools = found)),
    list<Named>("/knowledge-bases", "knowledge_bases").then((found) => (stock.knowledge = found)),
    list<Named>("/credentials", "credentials").then((found) => (stock.credentials = found)),
    list<Named>("/connections", "connections").then((found) => (stock.connections = found)),
    list<Variable>("/variables", "variables").then((found) => (stock.variables = found)),
    list<Named>("/agents?page_size=100", "agents").then((found) => (stock.agents = found)),
    call<FlowPage>("GET", "/flows?page_size=100&sort_by=name&sort_order=asc").then(
      (found) => (stock.flows = found.flows),
      () => {},
    ),
  ]);
}
