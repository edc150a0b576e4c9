/** The shapes that the pages of settings show: those of the generated SDK. */

import type * as sdk from "../../../sdks/typescript/src/models";
import type { Wire } from "./types";

export type KnowledgeBase = Wire<sdk.KnowledgeBaseView>;
export type KnowledgeDocument = Wire<sdk.DocumentView>;
export type Passage = Wire<sdk.KnowledgePassage>;
export type Found = Wire<sdk.KnowledgeSearchAnswer>;
export type Credential = Wire<sdk.CredentialView>;
export type Connection = Wire<sdk.ConnectionView>;
export type OAuthClients = Wire<sdk.OAuthClientList>;
export type McpServer = Wire<sdk.MCPServerView>;
export type McpTool = Wire<sdk.MCPTool>;
export type McpCheck = Wire<sdk.MCPCheck>;
export type Api = Wire<sdk.APIView>;
export type ApiOperation = Wire<sdk.APIOperation>;
export type ApiKey = Wire<sdk.KeyView>;
export type Member = Wire<sdk.MemberView>;
export type Workspace = Wire<sdk.WorkspaceView>;
export type Invitation = Wire<sdk.InvitationView>;
export type Budget = Wire<sdk.BudgetView>;
export type Dashboard = Wire<sdk.CostDashboard>;
export type AuditEntry = Wire<sdk.AuditEntry>;
export type Feedback = Wire<sdk.FeedbackView>;
export type Memory = Wire<sdk.MemoryView>;
export type Embed = Wire<sdk.EmbedView>;
export type Template = Wire<sdk.TemplateView>;
export type Role = Wire<sdk.RoleView>;
export type Schedule = Wire<sdk.ScheduleView>;
export type ScheduleTimes = Wire<sdk.ScheduleTimes>;
export type Webhook = Wire<sdk.WebhookView>;
export type WebhookCall = Wire<sdk.WebhookCallView>;
export type WebhookTarget = Wire<sdk.TargetView>;
export type Delivery = Wire<sdk.DeliveryView>;
export type Variable = Wire<sdk.VariableView>;
