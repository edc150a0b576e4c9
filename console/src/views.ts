/** The views of the console, one line each; the first that fits counts. */

import type { Words } from "./i18n";
import type { View } from "./router.svelte";

export const VIEWS: View[] = [
  { pattern: /^\/?$/, area: "flows", load: () => import("./views/Flows.svelte") },
  { pattern: /^\/flows\/([\w-]+)$/, area: "flows", load: () => import("./views/Flow.svelte") },
  { pattern: /^\/flows\/([\w-]+)\/edit$/, area: "flows", wide: true, load: () => import("./editor/Editor.svelte") },
  { pattern: /^\/executions$/, area: "executions", load: () => import("./views/Executions.svelte") },
  { pattern: /^\/executions\/([\w-]+)$/, area: "executions", load: () => import("./views/Execution.svelte") },
  { pattern: /^\/knowledge$/, area: "knowledge", load: () => import("./views/Knowledge.svelte") },
  { pattern: /^\/knowledge\/([\w-]+)$/, area: "knowledge", load: () => import("./views/KnowledgeBase.svelte") },
  { pattern: /^\/knowledge\/([\w-]+)\/([\w-]+)$/, area: "knowledge", load: () => import("./views/KnowledgeDocument.svelte") },
];

/** The links of the header: an area, its address and its word. */
export const AREAS: { area: string; href: string; word: keyof Words }[] = [
  { area: "flows", href: "#/", word: "flows" },
  { area: "executions", href: "#/executions", word: "executions" },
  { area: "knowledge", href: "#/knowledge", word: "knowledge" },
];
