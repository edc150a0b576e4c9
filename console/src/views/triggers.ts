/** What the pages of schedules, webhooks and webhook targets share. */

import { call, Problem } from "../api/client";
import type { FlowPage, FlowView, VersionPage } from "../api/types";
import { locale, t } from "../i18n";
import { place } from "../router.svelte";

const PAGE = 100;
/** More flows than a list of choices can show well: the others are found by the link on their own page. */
const MOST = 10;

/** Return all flows by name: what a trigger can start. */
export async function everyFlow(): Promise<FlowView[]> {
  const flows: FlowView[] = [];
  for (let page = 1; page <= MOST; page++) {
    const found = await call<FlowPage>("GET", `/flows?page=${page}&page_size=${PAGE}&sort_by=name&sort_order=asc`);
    flows.push(...found.flows);
    if (page * PAGE >= found.total) break;
  }
  return flows;
}

/** Return flows as choices, each by its name. */
export function flowChoices(flows: FlowView[]): { value: string; words: string }[] {
  return flows.map((each) => ({ value: each.id, words: each.name || t("noName") }));
}

/** Return what a page was asked for by `?name=…` in its address; empty where it was not. */
export function asked(name: string): string {
  return new URLSearchParams(place.path.split("?")[1] ?? "").get(name) ?? "";
}

/** Return the input that a flow takes, with values to begin with; texts may be templates. */
export function inputOf(flow: FlowView | undefined): Record<string, unknown> {
  if (!flow) return {};
  if (flow.flow_type === "chatflow") return { message: "…" };
  const start = flow.graph_definition?.nodes.find((each) => each.type === "start");
  const declared = (start?.data?.inputs ?? []) as { name: string; default?: unknown; type?: string }[];
  const blank: Record<string, unknown> = { integer: 1, number: 1, boolean: false, array: [], object: {} };
  return Object.fromEntries(declared.map((each) => [each.name, each.default ?? blank[each.type ?? ""] ?? "…"]));
}

/** Return the object that a field holds as JSON; null where it is empty. */
export function objectOf(name: string, text: string): Record<string, unknown> | null {
  if (!text.trim()) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(0, t("takesJson", { name, reason: (error as Error).message }));
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Problem(0, t("takesObject", { name }));
  return value as Record<string, unknown>;
}

/** Return the labels of a flow's versions, and `draft`, as suggestions. */
export async function versionsOf(flow: string): Promise<{ value: string; words: string }[]> {
  const found = flow ? await call<VersionPage>("GET", `/flows/${flow}/versions?limit=100`).catch(() => null) : null;
  const labels = new Set((found?.versions ?? []).flatMap((each) => each.labels));
  return [...labels, ...(flow ? ["draft"] : [])].map((value) => ({ value, words: value }));
}

/** Return a time as the clock of a zone shows it. */
export function momentIn(time: string, zone: string): string {
  const at = new Date(time);
  const seconds = at.getUTCSeconds() ? { second: "2-digit" as const } : {};
  try {
    return at.toLocaleString(locale(), { timeZone: zone, weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", ...seconds, timeZoneName: "shortOffset" });
  } catch {
    return time;
  }
}

/** Return the names of time zones that this browser knows. */
export function zones(): { value: string; words: string }[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")].map((value) => ({ value, words: value }));
}

/** Return the time zone of this browser. */
export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

/** Return the state of a trigger in one word. */
export function standing(each: { enabled: boolean; stopped: string }): string {
  return each.enabled ? "active" : each.stopped ? "stopped" : "paused";
}
