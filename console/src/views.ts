/** The views of the console, one line each; the first that fits counts. */

import type { Words } from "./i18n";
import type { View } from "./router.svelte";

export const VIEWS: View[] = [
  { pattern: /^\/?$/, area: "flows", load: () => import("./views/Flows.svelte") },
  { pattern: /^\/flows\/([\w-]+)$/, area: "flows", load: () => import("./views/Flow.svelte") },
  { pattern: /^\/flows\/([\w-]+)\/edit$/, area: "flows", wide: true, load: () => import("./editor/Editor.svelte") },
  { pattern: /^\/flows\/([\w-]+)\/use$/, area: "flows", load: () => import("./views/Use.svelte") },
  { pattern: /^\/sessions$/, area: "sessions", load: () => import("./views/Sessions.svelte") },
  { pattern: /^\/inbox$/, area: "inbox", load: () => import("./views/Inbox.svelte") },
  { pattern: /^\/executions$/, area: "executions", load: () => import("./views/Executions.svelte") },
  { pattern: /^\/executions\/([\w-]+)$/, area: "executions", load: () => import("./views/Execution.svelte") },
];

/** The links of the header: an area, its address and its word. */
export const AREAS: { area: string; href: string; word: keyof Words }[] = [
  { area: "flows", href: "#/", word: "flows" },
  { area: "executions", href: "#/executions", word: "executions" },
  { area: "sessions", href: "#/sessions", word: "sessions" },
  { area: "inbox", href: "#/inbox", word: "inbox" },
];
