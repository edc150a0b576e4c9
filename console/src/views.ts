/** The views of the console, one line each; the first that fits counts. */

import type { Words } from "./i18n";
import type { View } from "./router.svelte";

export const VIEWS: View[] = [
  { pattern: /^\/?$/, area: "flows", load: () => import("./views/Flows.svelte") },
  { pattern: /^\/flows\/([\w-]+)$/, area: "flows", load: () => import("./views/Flow.svelte") },
  { pattern: /^\/flows\/([\w-]+)\/edit$/, area: "flows", wide: true, load: () => import("./editor/Editor.svelte") },
  { pattern: /^\/flows\/([\w-]+)\/use$/, area: "flows", load: () => import("./views/Use.svelte") },
  { pattern: /^\/templates$/, area: "flows", load: () => import("./views/Templates.svelte") },
  { pattern: /^\/sessions$/, area: "sessions", load: () => import("./views/Sessions.svelte") },
  { pattern: /^\/sessions\/([^/]+)$/, area: "sessions", load: () => import("./views/Session.svelte") },
  { pattern: /^\/inbox$/, area: "inbox", load: () => import("./views/Inbox.svelte") },
  { pattern: /^\/executions$/, area: "executions", load: () => import("./views/Executions.svelte") },
  { pattern: /^\/executions\/([\w-]+)$/, area: "executions", load: () => import("./views/Execution.svelte") },
  { pattern: /^\/knowledge$/, area: "knowledge", load: () => import("./views/Knowledge.svelte") },
  { pattern: /^\/knowledge\/([\w-]+)$/, area: "knowledge", load: () => import("./views/KnowledgeBase.svelte") },
  { pattern: /^\/knowledge\/([\w-]+)\/([\w-]+)$/, area: "knowledge", load: () => import("./views/KnowledgeDocument.svelte") },
  { pattern: /^\/tools$/, area: "tools", load: () => import("./views/Tools.svelte") },
  { pattern: /^\/tools\/mcp\/([\w-]+)$/, area: "tools", load: () => import("./views/McpServer.svelte") },
  { pattern: /^\/tools\/api\/([\w-]+)$/, area: "tools", load: () => import("./views/ApiTools.svelte") },
  { pattern: /^\/manage$/, area: "manage", load: () => import("./views/Manage.svelte") },
  { pattern: /^\/manage\/connections$/, area: "manage", load: () => import("./views/Connections.svelte") },
  { pattern: /^\/manage\/credentials$/, area: "manage", load: () => import("./views/Credentials.svelte") },
  { pattern: /^\/manage\/variables$/, area: "manage", load: () => import("./views/Variables.svelte") },
  { pattern: /^\/manage\/keys$/, area: "manage", load: () => import("./views/Keys.svelte") },
  { pattern: /^\/manage\/people$/, area: "manage", load: () => import("./views/People.svelte") },
  { pattern: /^\/manage\/costs$/, area: "manage", load: () => import("./views/Costs.svelte") },
  { pattern: /^\/manage\/embeds$/, area: "manage", load: () => import("./views/Embeds.svelte") },
  { pattern: /^\/manage\/embeds\/([\w-]+)$/, area: "manage", load: () => import("./views/EmbedFlow.svelte") },
  { pattern: /^\/manage\/schedules$/, area: "manage", load: () => import("./views/Schedules.svelte") },
  { pattern: /^\/manage\/webhooks$/, area: "manage", load: () => import("./views/Webhooks.svelte") },
  { pattern: /^\/manage\/webhooks\/([\w-]+)$/, area: "manage", load: () => import("./views/Webhook.svelte") },
  { pattern: /^\/manage\/webhook-targets$/, area: "manage", load: () => import("./views/WebhookTargets.svelte") },
  { pattern: /^\/manage\/webhook-targets\/([\w-]+)$/, area: "manage", load: () => import("./views/WebhookTarget.svelte") },
  { pattern: /^\/manage\/feedback$/, area: "manage", load: () => import("./views/Feedback.svelte") },
  { pattern: /^\/manage\/memories$/, area: "manage", load: () => import("./views/Memories.svelte") },
  { pattern: /^\/manage\/audit$/, area: "manage", load: () => import("./views/Audit.svelte") },
  { pattern: /^\/manage\/health$/, area: "manage", load: () => import("./views/Health.svelte") },
];

/** The links of the header: an area, its address and its word. */
export const AREAS: { area: string; href: string; word: keyof Words }[] = [
  { area: "flows", href: "#/", word: "flows" },
  { area: "executions", href: "#/executions", word: "executions" },
  { area: "sessions", href: "#/sessions", word: "sessions" },
  { area: "inbox", href: "#/inbox", word: "inbox" },
  { area: "knowledge", href: "#/knowledge", word: "knowledge" },
  { area: "tools", href: "#/tools", word: "tools" },
  { area: "manage", href: "#/manage", word: "manage" },
];
