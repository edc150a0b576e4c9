/** What expressions and templates of a node can read. */

import type { Readable } from "../form/context";
import { environment } from "../form/stock.svelte";
import { t } from "../i18n";
import { bodies, type Step, type Types, type Way } from "./document";

type Entry = Record<string, unknown>;

/** Return the paths that a node can read: inputs, variables, the output of each node before it, its loop. */
export function readable(id: string, nodes: Step[], edges: Way[], types: Types, chat: boolean): Readable[] {
  const found: Readable[] = [];
  const start = nodes.find((each) => each.data.kind === "start");
  const declared = (start?.data.config.inputs ?? []) as Entry[];
  if (Array.isArray(declared)) for (const each of declared) found.push({ path: `input.${String(each.name)}`, about: String(each.description ?? "") });
  if (chat || !declared.length) found.push({ path: "input.message", about: t("readsMessage") }, { path: "message", about: t("readsMessage") });
  found.push({ path: "arrived", about: t("readsArrived") });
  for (const name of variablesOf(nodes)) found.push({ path: `variables.${name}`, about: t("readsVariable") });
  found.push(...environment());
  const before = ancestors(id, edges);
  for (const node of nodes) {
    if (node.id === id || !before.has(node.id) || ["start", "note", "end"].includes(node.data.kind)) continue;
    found.push({ path: `nodes.${node.id}`, about: t("readsOutput", { name: String(node.data.config.label || node.id) }) });
    if (node.data.kind === "http_request") for (const field of ["status", "headers", "body"]) found.push({ path: `nodes.${node.id}.${field}`, about: "" });
  }
  for (const [owner, inside] of bodies(nodes, edges, types)) {
    if (!inside.has(id)) continue;
    const kind = nodes.find((each) => each.id === owner)?.data.kind;
    if (kind === "loop" || kind === "iteration") found.push({ path: "loop.item", about: t("readsItem") }, { path: "loop.index", about: t("readsIndex") }, { path: "loop.count", about: "" });
  }
  if (nodes.find((each) => each.id === id)?.data.config.set !== undefined) found.push({ path: "output", about: t("readsOwnOutput") });
  return found.filter((each, place) => found.findIndex((other) => other.path === each.path) === place);
}

function variablesOf(nodes: Step[]): string[] {
  const names = new Set<string>();
  for (const { data } of nodes) {
    if (data.config.set && typeof data.config.set === "object") for (const name of Object.keys(data.config.set)) names.add(name);
    if (data.kind === "start" && Array.isArray(data.config.variables)) for (const each of data.config.variables as Entry[]) if (each?.name) names.add(String(each.name));
  }
  return [...names];
}

function ancestors(id: string, edges: Way[]): Set<string> {
  const found = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const edge of edges) {
      if (edge.target !== next || found.has(edge.source)) continue;
      found.add(edge.source);
      open.push(edge.source);
    }
  }
  return found;
}
