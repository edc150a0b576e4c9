/** Generated from the API's OpenAPI document: what a client can do, by resource. */

import type { APIPromise } from './answer.js';
import { resource } from './calls.js';
import type { Download } from './download.js';
import type { Payload, Upload } from './files.js';
import type {
  APIChange,
  APIList,
  APIOperationList,
  APIToolList,
  APIView,
  AcceptedExecution,
  Account,
  Agent,
  AgentChange,
  AgentHistoryPage,
  AgentPage,
  AgentView,
  Agentflow,
  AgentflowChange,
  AgentflowView,
  AttachedAgent,
  AttachedAgentChange,
  AttachedList,
  AttachedView,
  AuditEntry,
  AuditLog,
  AuthorizationCode,
  AuthorizationView,
  BudgetChange,
  BudgetList,
  BudgetView,
  ChatAnswer,
  ChatEvent,
  ChatRequest,
  Chatflow,
  ChatflowChange,
  ChatflowView,
  Checked,
  Cleared,
  Comparison,
  ConnectionChange,
  ConnectionCheck,
  ConnectionFound,
  ConnectionList,
  ConnectionView,
  ContinuedExecution,
  CostDashboard,
  CostRecord,
  CredentialChange,
  CredentialList,
  CredentialView,
  Deleted,
  DeletedMessages,
  DeliveryList,
  DeliveryView,
  DocumentChange,
  DocumentList,
  DocumentView,
  DraftChange,
  DraftDeleted,
  DraftView,
  EmbedDeleted,
  EmbedView,
  Estimate,
  Event,
  ExecutionAnswer,
  ExecutionDetails,
  ExecutionEvent,
  ExecutionPage,
  ExecutionPlan,
  ExecutionRequest,
  ExecutionStatistics,
  ExecutionSummary,
  ExecutionView,
  FeedbackPage,
  FeedbackView,
  FlowDiff,
  FlowExecution,
  FlowExecutionDetails,
  FlowExecutionPage,
  FlowPage,
  ForgottenMemory,
  ForkRequest,
  Health,
  ImportReport,
  Imported,
  InputAnswered,
  InputList,
  InputPage,
  InputResponse,
  InputView,
  InvitationList,
  InvitationView,
  KeyList,
  KeyView,
  KnowledgeBaseChange,
  KnowledgeBaseList,
  KnowledgeBaseView,
  KnowledgePassage,
  KnowledgeSearchAnswer,
  LabelChange,
  LabelDeleted,
  LabelView,
  Lineage,
  Login,
  MCPApproval,
  MCPCheck,
  MCPServerChange,
  MCPServerList,
  MCPServerView,
  MCPToolList,
  MadeKey,
  MemberList,
  MemberView,
  MemoryChange,
  MemoryList,
  MemorySet,
  MemoryView,
  MessageAgain,
  MessageEdit,
  MetricsDocument,
  MetricsSummary,
  ModelList,
  ModelPrice,
  NewAPI,
  NewAuthorization,
  NewBudget,
  NewConnection,
  NewCredential,
  NewEmbed,
  NewFeedback,
  NewKey,
  NewKnowledgeBase,
  NewMCPServer,
  NewMember,
  NewMemory,
  NewRecord,
  NewSchedule,
  NewSecret,
  NewTarget,
  NewTicket,
  NewUser,
  NewVariable,
  NewWebhook,
  NewWorkspace,
  NodeRunRequest,
  NodeTypes,
  OAuthClientList,
  OneRun,
  PassageList,
  PasswordChange,
  PriceList,
  PriceView,
  PublicConfig,
  Publishing,
  QueuedDocument,
  Refresh,
  ReindexAnswer,
  ReindexRequest,
  ReplayReport,
  Replaying,
  ResumeRequest,
  RetryRequest,
  RoleChange,
  RoleList,
  RunState,
  RunStatus,
  ScheduleChange,
  ScheduleList,
  ScheduleTimes,
  ScheduleView,
  SearchRequest,
  SessionBranch,
  SessionChange,
  SessionFile,
  SessionGiven,
  SessionHistory,
  SessionPage,
  SessionSummary,
  SessionVariables,
  Strategies,
  TargetChange,
  TargetList,
  TargetView,
  TargetWithSecret,
  TemplateList,
  TicketView,
  Tokens,
  Tools,
  TriggerAnswer,
  TriggerHistoryPage,
  TriggerRequest,
  UserChange,
  VariableChange,
  VariableList,
  VariableView,
  VariablesChange,
  VersionPage,
  VisitorAnswer,
  VisitorEvent,
  VisitorHistory,
  VisitorMessage,
  VisitorOpinion,
  VisitorReply,
  WebhookCallList,
  WebhookChange,
  WebhookList,
  WebhookReceipt,
  WebhookView,
  WebhookWithSecret,
  WorkflowPage,
  WorkspaceChange,
  WorkspaceList,
  WorkspaceView,
} from './models.js';
import type { RequestOptions, StartOptions, StartStreamOptions, StreamOptions } from './options.js';
import type { EventStream } from './stream.js';
import type { WaitOptions } from './waiting.js';

/** What `client.account` does. */
export interface AccountResource {
  /**
   * Log in with a password. A wrong password and an unknown email address get the same response. `POST
   * /api/agent-builder/auth/login`
   */
  login(input: Login, options?: RequestOptions): APIPromise<Tokens>;

  /** End the login of the access token, with all its streams. `POST /api/agent-builder/auth/logout` */
  logout(options?: RequestOptions): APIPromise<Deleted>;

  /** Return the identity and permissions of the client. `GET /api/agent-builder/auth/me` */
  whoAmI(options?: RequestOptions): APIPromise<Account>;

  /** Change your own password. All your logins end, including this one. `POST /api/agent-builder/auth/password` */
  changePassword(input: PasswordChange, options?: RequestOptions): APIPromise<Deleted>;

  /** Exchange a refresh token for the next pair of tokens. `POST /api/agent-builder/auth/refresh` */
  refreshLogin(input: Refresh, options?: RequestOptions): APIPromise<Tokens>;

  /** List the invitations of the caller's address, the oldest first. `GET /api/agent-builder/invitations` */
  listMyInvitations(options?: RequestOptions): APIPromise<InvitationList>;

  /** Decline an invitation; the workspace may invite again. `DELETE /api/agent-builder/invitations/{invitation_id}` */
  declineInvitation(invitationId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * Become a member of the workspace that has invited the caller. `POST
   * /api/agent-builder/invitations/{invitation_id}/accept`
   */
  acceptInvitation(invitationId: string | number, options?: RequestOptions): APIPromise<InvitationView>;

  /**
   * Create a ticket for streams. It is valid for one minute. It can no more than its caller, and a stream that it
   * opened ends with the caller's right to it. `POST /api/agent-builder/tickets`
   */
  createTicket(input?: NewTicket, options?: RequestOptions): APIPromise<TicketView>;
}

/** What `client.account` is made of. */
export const AccountResource = /* @__PURE__ */ resource<AccountResource>(
  `Account
login POST 0/api/agent-builder/auth/login open takes:+
logout POST 3/logout
whoAmI GET 3/me
changePassword POST 3/password takes:+
refreshLogin POST 3/refresh open takes:+
listMyInvitations GET 2/invitations
declineInvitation DELETE 3/{invitationId}
acceptInvitation POST 4/accept
createTicket POST 2/tickets takes:+
`,
);

/** What `agentflows.list` may be narrowed by. */
export interface ListAgentflowsQuery {
  /** Text in the name, description or tags. */
  search?: string | null | undefined;
  /** Tags, separated by commas: all must be there. */
  tags?: string | null | undefined;
  /** The category. */
  category?: string | null | undefined;
  /** Only flows that are switched on, or off. */
  isActive?: boolean | null | undefined;
  /** The page, from 1. Default: 1. */
  page?: number | undefined;
  /** How many a page has. Default: 20. */
  pageSize?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
  /** Default: 'created_at'. */
  sortBy?: 'created_at' | 'name' | 'updated_at' | undefined;
  /** Default: 'desc'. */
  sortOrder?: 'asc' | 'desc' | undefined;
}

/** What `agentflows.execute` may be narrowed by. */
export interface ExecuteAgentflowQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `agentflows.executeStream` may be narrowed by. */
export interface ExecuteAgentflowStreamQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `agentflows.listExecutions` may be narrowed by. */
export interface ListAgentflowExecutionsQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
  /** Only those of this status. */
  status?: 'cancelled' | 'completed' | 'failed' | 'pending' | 'running' | 'timeout' | 'waiting_approval' | null | undefined;
  /** Only those accepted then or later: a date or time, ISO 8601. */
  from?: string | null | undefined;
  /** Only those accepted before then: a date or time. */
  to?: string | null | undefined;
}

/** What `client.agentflows` does. */
export interface AgentflowsResource {
  /** List agentflows, the newest first. `GET /api/agent-builder/agentflows` */
  list(input?: ListAgentflowsQuery, options?: RequestOptions): APIPromise<FlowPage>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListAgentflowsQuery, options?: RequestOptions): AsyncGenerator<ChatflowView | AgentflowView, void, undefined>;

  /**
   * Store an agentflow. A `graph_definition` that could not run is refused: `errors` has everything that is wrong with
   * it. `POST /api/agent-builder/agentflows`
   */
  create(input: Agentflow, options?: RequestOptions): APIPromise<AgentflowView>;

  /** Return an agentflow. `GET /api/agent-builder/agentflows/{flow_id}` */
  get(flowId: string | number, options?: RequestOptions): APIPromise<AgentflowView>;

  /**
   * Update an agentflow. Missing fields stay unchanged, and active runs keep their version. `PUT
   * /api/agent-builder/agentflows/{flow_id}`
   */
  update(flowId: string | number, input?: AgentflowChange, options?: RequestOptions): APIPromise<AgentflowView>;

  /** Delete an agentflow. Its executions stay readable. `DELETE /api/agent-builder/agentflows/{flow_id}` */
  delete(flowId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /** List the agents of an agentflow. `GET /api/agent-builder/agentflows/{flow_id}/agents` */
  listAttachedAgents(flowId: string | number, options?: RequestOptions): APIPromise<AttachedList>;

  /**
   * Attach an agent to an agentflow. It may depend on an agent that is not attached yet: `GET
   * /agentflows/{flow_id}/validate` tells what is still missing. `POST /api/agent-builder/agentflows/{flow_id}/agents`
   */
  attachAgent(flowId: string | number, input: AttachedAgent, options?: RequestOptions): APIPromise<AttachedView>;

  /**
   * Return an agent of an agentflow, by its ID or by the ID of its stored agent. `GET
   * /api/agent-builder/agentflows/{flow_id}/agents/{attached_id}`
   */
  getAttachedAgent(flowId: string | number, attachedId: string | number, options?: RequestOptions): APIPromise<AttachedView>;

  /**
   * Update an agent of an agentflow. Missing fields stay unchanged. `PUT
   * /api/agent-builder/agentflows/{flow_id}/agents/{attached_id}`
   */
  updateAttachedAgent(
    flowId: string | number,
    attachedId: string | number,
    input?: AttachedAgentChange,
    options?: RequestOptions,
  ): APIPromise<AttachedView>;

  /**
   * Remove an agent from an agentflow. The stored agent stays. `DELETE
   * /api/agent-builder/agentflows/{flow_id}/agents/{attached_id}`
   */
  detachAgent(flowId: string | number, attachedId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * Run an agentflow and return its output. The run continues if the client disconnects, unless the request or its key
   * says otherwise. `POST /api/agent-builder/agentflows/{flow_id}/execute`
   */
  execute(
    flowId: string | number,
    inputData?: Record<string, unknown>,
    input?: Omit<ExecutionRequest, 'inputData'> & ExecuteAgentflowQuery,
    options?: StartOptions,
  ): APIPromise<ExecutionAnswer>;

  /**
   * Run an agentflow and stream its events. The data of the last event is the text `[DONE]`. A repeated request that
   * carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run. `POST
   * /api/agent-builder/agentflows/{flow_id}/execute/stream`
   */
  executeStream(
    flowId: string | number,
    inputData?: Record<string, unknown>,
    input?: Omit<ExecutionRequest, 'inputData'> & ExecuteAgentflowStreamQuery,
    options?: StartStreamOptions,
  ): EventStream<ExecutionEvent>;

  /**
   * Explain the steps of an agentflow without running it. `GET /api/agent-builder/agentflows/{flow_id}/execution-plan`
   */
  plan(flowId: string | number, options?: RequestOptions): APIPromise<ExecutionPlan>;

  /** List an agentflow's executions, the newest first. `GET /api/agent-builder/agentflows/{flow_id}/executions` */
  listExecutions(
    flowId: string | number,
    input?: ListAgentflowExecutionsQuery,
    options?: RequestOptions,
  ): APIPromise<FlowExecutionPage>;

  /** Go through all that `listExecutions` lists, page by page. */
  listAllExecutions(
    flowId: string | number,
    input?: ListAgentflowExecutionsQuery,
    options?: RequestOptions,
  ): AsyncGenerator<FlowExecution, void, undefined>;

  /**
   * Return an execution with its input, output, nodes and tokens. `GET
   * /api/agent-builder/agentflows/{flow_id}/executions/{execution_id}`
   */
  getExecution(flowId: string | number, executionId: string | number, options?: RequestOptions): APIPromise<FlowExecutionDetails>;

  /** Validate an agentflow without running it. `GET /api/agent-builder/agentflows/{flow_id}/validate` */
  validate(flowId: string | number, options?: RequestOptions): APIPromise<Checked>;
}

/** What `client.agentflows` is made of. */
export const AgentflowsResource = /* @__PURE__ */ resource<AgentflowsResource>(
  `Agentflows
list GET 0/api/agent-builder/agentflows query:search,tags,category,is_active,page,page_size,after,sort_by,sort_order gives:FlowPage list:page,page_size,flows
create POST 3 takes:+supervisor_config,agents,limits gives:AgentflowView
get GET 3/{flowId} gives:AgentflowView
update PUT 4 takes:+supervisor_config,agents,limits gives:AgentflowView
delete DELETE 4
listAttachedAgents GET 4/agents gives:+agents
attachAgent POST 5 takes:+
getAttachedAgent GET 5/{attachedId}
updateAttachedAgent PUT 6 takes:+
detachAgent DELETE 6
execute POST 4/execute keyed query:version leads:inputData takes:+limits gives:ExecutionAnswer
executeStream POST 5/stream keyed query:version leads:inputData takes:+limits gives:ExecutionStatus events:complete,error
plan GET 4/execution-plan
listExecutions GET 4/executions query:limit,offset,after,status,from,to list:offset,limit,executions
getExecution GET 5/{executionId}
validate GET 4/validate
`,
);

/** What `agents.list` may be narrowed by. */
export interface ListAgentsQuery {
  /** Text in the name, description or tags. */
  search?: string | null | undefined;
  /** The page, from 1. Default: 1. */
  page?: number | undefined;
  /** How many a page has. Default: 20. */
  pageSize?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
  /** Default: 'created_at'. */
  sortBy?: 'created_at' | 'name' | 'updated_at' | undefined;
  /** Default: 'desc'. */
  sortOrder?: 'asc' | 'desc' | undefined;
}

/** What `client.agents` does. */
export interface AgentsResource {
  /** List agents, the newest first. `GET /api/agent-builder/agents` */
  list(input?: ListAgentsQuery, options?: RequestOptions): APIPromise<AgentPage>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListAgentsQuery, options?: RequestOptions): AsyncGenerator<AgentView, void, undefined>;

  /** Store an agent. `POST /api/agent-builder/agents` */
  create(input: Agent, options?: RequestOptions): APIPromise<AgentView>;

  /** Return an agent. `GET /api/agent-builder/agents/{agent_id}` */
  get(agentId: string | number, options?: RequestOptions): APIPromise<AgentView>;

  /** Update an agent. Missing fields stay unchanged. `PUT /api/agent-builder/agents/{agent_id}` */
  update(agentId: string | number, input?: AgentChange, options?: RequestOptions): APIPromise<AgentView>;

  /** Delete an agent. `DELETE /api/agent-builder/agents/{agent_id}` */
  delete(agentId: string | number, options?: RequestOptions): APIPromise<Deleted>;
}

/** What `client.agents` is made of. */
export const AgentsResource = /* @__PURE__ */ resource<AgentsResource>(
  `Agents
list GET 0/api/agent-builder/agents query:search,page,page_size,after,sort_by,sort_order gives:+agents list:page,page_size,agents
create POST 3 takes:+
get GET 3/{agentId}
update PUT 4 takes:+
delete DELETE 4
`,
);

/** What `audit.list` may be narrowed by. */
export interface ListAuditQuery {
  /** Id or name of who did it. */
  actor?: string | null | undefined;
  /** What was done. */
  action?: string | null | undefined;
  /** Id of what it was done to. */
  target?: string | null | undefined;
  /** The first time that is taken. */
  from?: string | null | undefined;
  /** The first time that is taken no more. */
  to?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
}

/** What `client.audit` does. */
export interface AuditResource {
  /** List audit entries, newest first. `GET /api/agent-builder/audit` */
  list(input?: ListAuditQuery, options?: RequestOptions): APIPromise<AuditLog>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListAuditQuery, options?: RequestOptions): AsyncGenerator<AuditEntry, void, undefined>;
}

/** What `client.audit` is made of. */
export const AuditResource = /* @__PURE__ */ resource<AuditResource>(
  `Audit
list GET 0/api/agent-builder/audit query:actor,action,target,from,to,limit,offset,after list:offset,limit,entries
`,
);

/** What `chatflows.getMessages` may be narrowed by. */
export interface GetMessagesQuery {
  /** The session with this chatflow. */
  sessionId: string;
}

/** What `chatflows.chatEventSource` may be narrowed by. */
export interface ChatEventSourceQuery {
  /** The user's message. */
  message: string;
  /** The session to go on with, or a name for a new one. */
  sessionId?: string | null | undefined;
  /** A stored chatflow that answers. */
  workflowId?: string | null | undefined;
  /** The `config` of a chat, as JSON. */
  config?: string | null | undefined;
  /** The `inputs` of a chat, as JSON: those that the flow declares. */
  inputs?: string | null | undefined;
}

/** What `chatflows.chatWithFlow` may be narrowed by. */
export interface ChatWithFlowQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `chatflows.chatWithFlowEventSource` may be narrowed by. */
export interface ChatWithFlowEventSourceQuery {
  /** The user's message. */
  message: string;
  /** The session to go on with, or a name for a new one. */
  sessionId?: string | null | undefined;
  /** The `config` of a chat, as JSON. */
  config?: string | null | undefined;
  /** The `inputs` of a chat, as JSON: those that the flow declares. */
  inputs?: string | null | undefined;
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `chatflows.chatWithFlowStream` may be narrowed by. */
export interface ChatWithFlowStreamQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `chatflows.list` may be narrowed by. */
export interface ListChatflowsQuery {
  /** Text in the name, description or tags. */
  search?: string | null | undefined;
  /** Tags, separated by commas: all must be there. */
  tags?: string | null | undefined;
  /** The category. */
  category?: string | null | undefined;
  /** Only flows that are switched on, or off. */
  isActive?: boolean | null | undefined;
  /** The page, from 1. Default: 1. */
  page?: number | undefined;
  /** How many a page has. Default: 20. */
  pageSize?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
  /** Default: 'created_at'. */
  sortBy?: 'created_at' | 'name' | 'updated_at' | undefined;
  /** Default: 'desc'. */
  sortOrder?: 'asc' | 'desc' | undefined;
}

/** What `client.chatflows` does. */
export interface ChatflowsResource {
  /**
   * Check that a provider is reachable at the operator's URL and has a model. No model is asked anything, so it costs
   * nothing. `POST /api/agent-builder/ai-agent-chat/check-connection`
   */
  checkConnection(input: ConnectionCheck, options?: RequestOptions): APIPromise<ConnectionFound>;

  /**
   * Delete a session with its runs and their events. Active runs are cancelled first. `DELETE
   * /api/agent-builder/ai-agent-chat/sessions/{session_id}`
   */
  deleteAgentSession(sessionId: string | number, options?: RequestOptions): APIPromise<Cleared>;

  /**
   * Return the messages of a session, oldest first. `GET
   * /api/agent-builder/ai-agent-chat/sessions/{session_id}/history`
   */
  getAgentSession(sessionId: string | number, options?: RequestOptions): APIPromise<AgentHistoryPage>;

  /** Return the messages of a session, oldest first. `GET /api/agent-builder/chat/{workflow_id}/history` */
  getMessages(workflowId: string | number, input: GetMessagesQuery, options?: RequestOptions): APIPromise<TriggerHistoryPage>;

  /**
   * Send a message to a stored chatflow. The flow can read its `metadata`. `POST
   * /api/agent-builder/chat/{workflow_id}/message`
   */
  sendMessage(workflowId: string | number, input: TriggerRequest, options?: StartOptions): APIPromise<TriggerAnswer>;

  /**
   * Send a chat message and return the answer. The run belongs to the server: it goes on when the client leaves. A run
   * that fails is an answer with `success: false` and a sentence in `error`; the HTTP status speaks of the request
   * alone. `POST /api/agent-builder/chatflow/chat`
   */
  chat(input: ChatRequest, options?: StartOptions): APIPromise<ChatAnswer>;

  /**
   * The same for EventSource in browsers. A ticket can be in `?token=`. An EventSource reconnects by itself. It then
   * sends `Last-Event-ID` and goes on with its run; and as long as the end of a run has not been delivered, the same
   * address leads to it and never starts a second one. `GET /api/agent-builder/chatflow/chat/stream`
   */
  chatEventSource(input: ChatEventSourceQuery, options?: StartStreamOptions): EventStream<ChatEvent>;

  /**
   * Send a chat message and stream the answer as Server-Sent Events. A repeated request that carries `Last-Event-ID`,
   * or the same `Idempotency-Key`, goes on with its run. `POST /api/agent-builder/chatflow/chat/stream`
   */
  chatStream(input: ChatRequest, options?: StartStreamOptions): EventStream<ChatEvent>;

  /**
   * Send a message to a stored chatflow and return the answer. `POST
   * /api/agent-builder/chatflow/workflows/{workflow_id}/chat`
   */
  chatWithFlow(
    workflowId: string | number,
    input: Omit<ChatRequest, 'workflowId'> & ChatWithFlowQuery,
    options?: StartOptions,
  ): APIPromise<ChatAnswer>;

  /** The same for EventSource in browsers. `GET /api/agent-builder/chatflow/workflows/{workflow_id}/chat/stream` */
  chatWithFlowEventSource(
    workflowId: string | number,
    input: ChatWithFlowEventSourceQuery,
    options?: StartStreamOptions,
  ): EventStream<ChatEvent>;

  /**
   * Send a message to a stored chatflow and stream the answer as Server-Sent Events. `POST
   * /api/agent-builder/chatflow/workflows/{workflow_id}/chat/stream`
   */
  chatWithFlowStream(
    workflowId: string | number,
    input: Omit<ChatRequest, 'workflowId'> & ChatWithFlowStreamQuery,
    options?: StartStreamOptions,
  ): EventStream<ChatEvent>;

  /** List chatflows, the newest first. `GET /api/agent-builder/chatflows` */
  list(input?: ListChatflowsQuery, options?: RequestOptions): APIPromise<FlowPage>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListChatflowsQuery, options?: RequestOptions): AsyncGenerator<ChatflowView | AgentflowView, void, undefined>;

  /**
   * Store a chatflow. One that could not run is refused: `errors` has everything that is wrong with it, by node and
   * place. `POST /api/agent-builder/chatflows`
   */
  create(input: Chatflow, options?: RequestOptions): APIPromise<ChatflowView>;

  /** Return a chatflow. `GET /api/agent-builder/chatflows/{flow_id}` */
  get(flowId: string | number, options?: RequestOptions): APIPromise<ChatflowView>;

  /**
   * Update a chatflow. Missing fields stay unchanged, and active runs keep their version. `PUT
   * /api/agent-builder/chatflows/{flow_id}`
   */
  update(flowId: string | number, input?: ChatflowChange, options?: RequestOptions): APIPromise<ChatflowView>;

  /** Delete a chatflow. Its sessions and executions stay readable. `DELETE /api/agent-builder/chatflows/{flow_id}` */
  delete(flowId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /** Validate a chatflow without running it. `GET /api/agent-builder/chatflows/{flow_id}/validate` */
  validate(flowId: string | number, options?: RequestOptions): APIPromise<Checked>;
}

/** What `client.chatflows` is made of. */
export const ChatflowsResource = /* @__PURE__ */ resource<ChatflowsResource>(
  `Chatflows
checkConnection POST 0/api/agent-builder/ai-agent-chat/check-connection takes:+
deleteAgentSession DELETE 3/sessions/{sessionId}
getAgentSession GET 5/history gives:+messages
getMessages GET 2/chat/{workflowId}/history query:session_id
sendMessage POST 4/message keyed takes:+ gives:+inputs,citations
chat POST 2/chatflow/chat keyed takes:+config,limits gives:ChatAnswer
chatEventSource GET 4/stream keyed query:message,session_id,workflow_id,config,inputs gives:ChatInput|ChatDone events:done,error
chatStream POST 5 keyed takes:+config,limits gives:ChatInput|ChatDone events:done,error
chatWithFlow POST 3/workflows/{workflowId}/chat keyed query:version takes:+config,limits gives:ChatAnswer
chatWithFlowEventSource GET 6/stream keyed query:message,session_id,config,inputs,version gives:ChatInput|ChatDone events:done,error
chatWithFlowStream POST 7 keyed query:version takes:+config,limits gives:ChatInput|ChatDone events:done,error
list GET 2/chatflows query:search,tags,category,is_active,page,page_size,after,sort_by,sort_order gives:FlowPage list:page,page_size,flows
create POST 3 takes:Chatflow
get GET 3/{flowId}
update PUT 4 takes:ChatflowChange
delete DELETE 4
validate GET 4/validate
`,
);

/** What `costTracking.dashboard` may be narrowed by. */
export interface CostDashboardQuery {
  /** How many days, today's included. Default: 30. */
  days?: number | undefined;
  workflowId?: string | null | undefined;
}

/** What `costTracking.estimate` may be narrowed by. */
export interface EstimateCostQuery {
  model: string;
  provider: string;
  /** Default: 0. */
  inputTokens?: number | undefined;
  /** Default: 0. */
  outputTokens?: number | undefined;
}

/** What `costTracking.listPricing` may be narrowed by. */
export interface ListPricingQuery {
  provider?: string | null | undefined;
  model?: string | null | undefined;
}

/** What `client.costTracking` does. */
export interface CostTrackingResource {
  /** List budgets with their current amounts, newest first. `GET /api/agent-builder/budgets` */
  listBudgets(options?: RequestOptions): APIPromise<BudgetList>;

  /** Create a budget. Earlier spending in the current period counts. `POST /api/agent-builder/budgets` */
  createBudget(input: NewBudget, options?: RequestOptions): APIPromise<BudgetView>;

  /** Return a budget with its current amounts. `GET /api/agent-builder/budgets/{budget_id}` */
  getBudget(budgetId: string | number, options?: RequestOptions): APIPromise<BudgetView>;

  /**
   * Update the name or amount of a budget. Other processes use it within two seconds. `PUT
   * /api/agent-builder/budgets/{budget_id}`
   */
  updateBudget(budgetId: string | number, input?: BudgetChange, options?: RequestOptions): APIPromise<BudgetView>;

  /** Delete a budget. `DELETE /api/agent-builder/budgets/{budget_id}` */
  deleteBudget(budgetId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /** Return costs by model and day, the last requests, and budgets. `GET /api/agent-builder/cost-tracking/dashboard` */
  dashboard(input?: CostDashboardQuery, options?: RequestOptions): APIPromise<CostDashboard>;

  /** Estimate the cost of a number of tokens. `GET /api/agent-builder/cost-tracking/estimate` */
  estimate(input: EstimateCostQuery, options?: RequestOptions): APIPromise<Estimate>;

  /** List current prices. `GET /api/agent-builder/cost-tracking/pricing` */
  listPricing(input?: ListPricingQuery, options?: RequestOptions): APIPromise<PriceList>;

  /**
   * Set the price of a model. It wins over the price list, also over newer lists. Prices are the server's, and only its
   * first workspace sets them. `POST /api/agent-builder/cost-tracking/pricing`
   */
  setPricing(input: ModelPrice, options?: RequestOptions): APIPromise<PriceView>;

  /** Record usage of a model from another system. `POST /api/agent-builder/cost-tracking/record` */
  record(input: NewRecord, options?: RequestOptions): APIPromise<CostRecord>;
}

/** What `client.costTracking` is made of. */
export const CostTrackingResource = /* @__PURE__ */ resource<CostTrackingResource>(
  `CostTracking
listBudgets GET 0/api/agent-builder/budgets
createBudget POST 3 takes:+
getBudget GET 3/{budgetId}
updateBudget PUT 4 takes
deleteBudget DELETE 4
dashboard GET 2/cost-tracking/dashboard query:days,workflow_id gives:+summary
estimate GET 3/estimate query:model,provider,input_tokens,output_tokens
listPricing GET 3/pricing query:provider,model
setPricing POST 4 takes:+
record POST 3/record takes:+
`,
);

/** What `client.credentials` does. */
export interface CredentialsResource {
  /** List the credentials by name, without their secrets. `GET /api/agent-builder/credentials` */
  list(options?: RequestOptions): APIPromise<CredentialList>;

  /** Store a credential, encrypted. `POST /api/agent-builder/credentials` */
  create(input: NewCredential, options?: RequestOptions): APIPromise<CredentialView>;

  /** Return a credential without its secret. `GET /api/agent-builder/credentials/{credential_id}` */
  get(credentialId: string | number, options?: RequestOptions): APIPromise<CredentialView>;

  /**
   * Update the secret or hosts of a credential. Active runs use it from their next request. `PUT
   * /api/agent-builder/credentials/{credential_id}`
   */
  update(
    credentialId: string | number,
    input?: CredentialChange,
    options?: RequestOptions,
  ): APIPromise<CredentialView>;

  /**
   * Delete a credential. Flows that use it fail until a new one has its name. Tokens of OAuth are revoked at the
   * authorization server, where it offers that. `DELETE /api/agent-builder/credentials/{credential_id}`
   */
  delete(credentialId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * Begin an authorization. You must finish it yourself within 10 minutes. `POST
   * /api/agent-builder/oauth/authorizations`
   */
  beginAuthorization(input: NewAuthorization, options?: RequestOptions): APIPromise<AuthorizationView>;

  /**
   * Finish an authorization that you began, with the parameters of the callback URL. `POST
   * /api/agent-builder/oauth/authorizations/finish`
   */
  finishAuthorization(input: AuthorizationCode, options?: RequestOptions): APIPromise<CredentialView>;

  /** List the OAuth clients that the operator has registered. `GET /api/agent-builder/oauth/clients` */
  listOAuthClients(options?: RequestOptions): APIPromise<OAuthClientList>;
}

/** What `client.credentials` is made of. */
export const CredentialsResource = /* @__PURE__ */ resource<CredentialsResource>(
  `Credentials
list GET 0/api/agent-builder/credentials
create POST 3 takes:+
get GET 3/{credentialId}
update PUT 4 takes:+
delete DELETE 4
beginAuthorization POST 2/oauth/authorizations takes
finishAuthorization POST 4/finish takes
listOAuthClients GET 3/clients
`,
);

/** What `embeds.visitorCancel` takes beside its path and its body. */
export interface EmbedCancelParameters {
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession: string;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.visitorChat` takes beside its path and its body. */
export interface EmbedChatParameters {
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession: string;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.visitorChatResume` takes beside its path and its body. */
export interface EmbedChatResumeParameters {
  /** A run of the visitor's own. */
  executionId: string;
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession: string;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.visitorChatStream` takes beside its path and its body. */
export interface EmbedChatStreamParameters {
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession: string;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.visitorConfig` takes beside its path and its body. */
export interface GetEmbedConfigParameters {
  /** Languages in order, as browsers name them. Default: 'en'. */
  locale?: string | undefined;
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession?: string | undefined;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.visitorFeedback` takes beside its path and its body. */
export interface EmbedFeedbackParameters {
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession: string;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.visitorFile` takes beside its path and its body. */
export interface GetVisitorFileParameters {
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession: string;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.visitorHistory` takes beside its path and its body. */
export interface EmbedHistoryParameters {
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession: string;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.visitorRespond` takes beside its path and its body. */
export interface EmbedRespondParameters {
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession: string;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.beginVisitorSession` takes beside its path and its body. */
export interface BeginVisitorSessionParameters {
  /** The visitor's session, as the last answer had it in this header. */
  visitorSession?: string | undefined;
  /**
   * The origin of the page that shows the chat, one of its `allowed_domains`. Browsers send it by themselves; another
   * client that does not name it is refused.
   */
  origin?: string | undefined;
}

/** What `embeds.listFeedback` may be narrowed by. */
export interface ListFeedbackQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
}

/** What `client.embeds` does. */
export interface EmbedsResource {
  /**
   * Create or update the embed of a chatflow. A chatflow has one embed. Its token stays when it is changed. `POST
   * /api/agent-builder/embed`
   */
  put(input: NewEmbed, options?: RequestOptions): APIPromise<EmbedView>;

  /** Return a file of the embedded chat. `GET /api/agent-builder/embed/assets/{name}` */
  getWidgetModule(name: string | number, options?: RequestOptions): APIPromise<string>;

  /** Cancel a run of the visitor. `POST /api/agent-builder/embed/public/{embed_token}/cancel` */
  visitorCancel(
    embedToken: string | number,
    input: OneRun & EmbedCancelParameters,
    options?: RequestOptions,
  ): APIPromise<RunStatus>;

  /** Send a visitor's message and return the answer. `POST /api/agent-builder/embed/public/{embed_token}/chat` */
  visitorChat(
    embedToken: string | number,
    input: VisitorMessage & EmbedChatParameters,
    options?: StartOptions,
  ): APIPromise<VisitorAnswer>;

  /**
   * Stream a run of the visitor from its first event, or after `Last-Event-ID`. `GET
   * /api/agent-builder/embed/public/{embed_token}/chat/stream`
   */
  visitorChatResume(
    embedToken: string | number,
    input: EmbedChatResumeParameters,
    options?: StreamOptions,
  ): EventStream<VisitorEvent>;

  /**
   * Send a visitor's message and stream the answer as Server-Sent Events. A repeated request with the same
   * `Idempotency-Key` goes on with its run, after `Last-Event-ID` where it has one. `POST
   * /api/agent-builder/embed/public/{embed_token}/chat/stream`
   */
  visitorChatStream(
    embedToken: string | number,
    input: VisitorMessage & EmbedChatStreamParameters,
    options?: StartStreamOptions,
  ): EventStream<VisitorEvent>;

  /**
   * Return the appearance of the chat in the visitor's language. `GET
   * /api/agent-builder/embed/public/{embed_token}/config`
   */
  visitorConfig(
    embedToken: string | number,
    input?: GetEmbedConfigParameters,
    options?: RequestOptions,
  ): APIPromise<PublicConfig>;

  /** Store a visitor's rating of an answer. `POST /api/agent-builder/embed/public/{embed_token}/feedback` */
  visitorFeedback(
    embedToken: string | number,
    input: VisitorOpinion & EmbedFeedbackParameters,
    options?: RequestOptions,
  ): APIPromise<VisitorOpinion>;

  /**
   * Download a file of the visitor's conversation. `GET /api/agent-builder/embed/public/{embed_token}/files/{file_id}`
   */
  visitorFile(
    embedToken: string | number,
    fileId: string | number,
    input: GetVisitorFileParameters,
    options?: RequestOptions,
  ): APIPromise<Download>;

  /** Return the visitor's conversation. `GET /api/agent-builder/embed/public/{embed_token}/history` */
  visitorHistory(
    embedToken: string | number,
    input: EmbedHistoryParameters,
    options?: RequestOptions,
  ): APIPromise<VisitorHistory>;

  /** Answer a question of a run to the visitor. `POST /api/agent-builder/embed/public/{embed_token}/respond` */
  visitorRespond(
    embedToken: string | number,
    input: VisitorReply & EmbedRespondParameters,
    options?: StartOptions,
  ): APIPromise<RunStatus>;

  /** Start a session, or extend the one in the header. `POST /api/agent-builder/embed/public/{embed_token}/session` */
  beginVisitorSession(
    embedToken: string | number,
    input?: BeginVisitorSessionParameters,
    options?: RequestOptions,
  ): APIPromise<SessionGiven>;

  /**
   * Return the script of the embed tag. It reads `data-token`, and `data-mode`, `data-theme`, `data-position` and
   * `data-locale` where they are given. `GET /api/agent-builder/embed/widget.js`
   */
  getWidgetScript(options?: RequestOptions): APIPromise<string>;

  /**
   * Return the chat as a page. Only allowed websites can show it in a frame. `GET
   * /api/agent-builder/embed/widget/{embed_token}`
   */
  getPage(embedToken: string | number, options?: RequestOptions): APIPromise<string>;

  /** Return a chatflow's embed. `GET /api/agent-builder/embed/{chatflow_id}` */
  get(chatflowId: string | number, options?: RequestOptions): APIPromise<EmbedView>;

  /** Delete an embed. Its token stops working and open streams end. `DELETE /api/agent-builder/embed/{chatflow_id}` */
  delete(chatflowId: string | number, options?: RequestOptions): APIPromise<EmbedDeleted>;

  /**
   * List visitors' ratings of a chatflow's answers, newest first. `GET /api/agent-builder/embed/{chatflow_id}/feedback`
   */
  listFeedback(chatflowId: string | number, input?: ListFeedbackQuery, options?: RequestOptions): APIPromise<FeedbackPage>;

  /** Go through all that `listFeedback` lists, page by page. */
  listAllFeedback(chatflowId: string | number, input?: ListFeedbackQuery, options?: RequestOptions): AsyncGenerator<FeedbackView, void, undefined>;

  /**
   * Replace the token of an embed. The old one stops working and its sessions end. `POST
   * /api/agent-builder/embed/{chatflow_id}/regenerate-token`
   */
  regenerateToken(chatflowId: string | number, options?: RequestOptions): APIPromise<EmbedView>;
}

/** What `client.embeds` is made of. */
export const EmbedsResource = /* @__PURE__ */ resource<EmbedsResource>(
  `Embeds
put POST 0/api/agent-builder/embed takes:+
getWidgetModule GET 3/assets/{name} open text:text/javascript
visitorCancel POST 3/public/{embedToken}/cancel open headers:X-Visitor-Session=visitorSession,Origin=origin takes:+
visitorChat POST 5/chat keyed open headers:X-Visitor-Session=visitorSession,Origin=origin takes:+ gives:+inputs,files
visitorChatResume GET 6/stream open query:execution_id headers:X-Visitor-Session=visitorSession,Origin=origin gives:VisitorInput|VisitorDone events:done,error
visitorChatStream POST 7 keyed open headers:X-Visitor-Session=visitorSession,Origin=origin takes:+ gives:VisitorInput|VisitorDone events:done,error
visitorConfig GET 5/config open query:locale headers:X-Visitor-Session=visitorSession,Origin=origin gives:+inputs
visitorFeedback POST 5/feedback open headers:X-Visitor-Session=visitorSession,Origin=origin takes:+
visitorFile GET 5/files/{fileId} open headers:X-Visitor-Session=visitorSession,Origin=origin file:application/octet-stream
visitorHistory GET 5/history open headers:X-Visitor-Session=visitorSession,Origin=origin
visitorRespond POST 5/respond keyed open headers:X-Visitor-Session=visitorSession,Origin=origin takes:+
beginVisitorSession POST 5/session open headers:X-Visitor-Session=visitorSession,Origin=origin
getWidgetScript GET 3/widget.js open text:text/javascript
getPage GET 3/widget/{embedToken} open text:text/html
get GET 3/{chatflowId}
delete DELETE 4
listFeedback GET 4/feedback query:limit,offset,after list:offset,limit,feedback
regenerateToken POST 4/regenerate-token
`,
);

/** What `executions.list` may be narrowed by. */
export interface ListExecutionsQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
  /** Only those of this status. */
  status?: 'cancelled' | 'completed' | 'failed' | 'pending' | 'running' | 'timeout' | 'waiting_approval' | null | undefined;
  /** Only those accepted then or later: a date or time, ISO 8601. */
  from?: string | null | undefined;
  /** Only those accepted before then: a date or time. */
  to?: string | null | undefined;
  /** Only those of this flow. */
  flowId?: string | null | undefined;
  /** Only those of this session. */
  sessionId?: string | null | undefined;
  /** Only those of this schedule. */
  scheduleId?: string | null | undefined;
}

/** What `executions.compare` may be narrowed by. */
export interface CompareExecutionsQuery {
  /** ID of the first run. */
  a: string;
  /** ID of the second run. */
  b: string;
  /** true: show what models were asked, and the differences. Default: false. */
  prompts?: boolean | undefined;
}

/** What `executions.stats` may be narrowed by. */
export interface ExecutionStatsQuery {
  /** Days (UTC), today included. Default: 7. */
  days?: number | undefined;
  /** Of this flow alone. */
  flowId?: string | null | undefined;
}

/** What `executions.follow` may be narrowed by. */
export interface FollowExecutionQuery {
  /** Begin after this event, as Last-Event-ID does. */
  after?: string | null | undefined;
}

/** What `executions.draw` may be narrowed by. */
export interface DrawExecutionQuery {
  /** What to draw it as. Default: 'svg'. */
  format?: 'dot' | 'json' | 'mermaid' | 'png' | 'react-flow' | 'svg' | undefined;
  /** true: sub-flows are drawn out in their places. Default: false. */
  expand?: boolean | undefined;
  /**
   * down, right (from left to right), compact, or auto: right for a wide flow, compact for a long one. Default: 'auto'.
   */
  layout?: 'auto' | 'compact' | 'down' | 'right' | undefined;
}

/** What `executions.logs` may be narrowed by. */
export interface ReadExecutionLogsQuery {
  /** The least level of a line. Default: 'info'. */
  level?: 'debug' | 'error' | 'info' | 'warning' | undefined;
  /** Lines as objects, or as plain text. Default: 'json'. */
  format?: 'json' | 'text' | undefined;
  /** Begin after the line of this event. Default: 0. */
  after?: number | undefined;
  /** Lines at most. Default: 1000. */
  limit?: number | undefined;
}

/** What `executions.state` may be narrowed by. */
export interface ReadExecutionStateQuery {
  /** Node ID. Default: the node that failed, or the last one. */
  node?: string | null | undefined;
  /** Containers and sub-flows around it: `each[3]`. */
  path?: string | undefined;
  /** Which run of the node, from 1. Default: 1. */
  occurrence?: number | undefined;
}

/** What `executions.feedback` may be narrowed by. */
export interface ListExecutionFeedbackQuery {
  /** Only of runs of this flow. */
  flowId?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
}

/** What `executions.listOpenInputs` may be narrowed by. */
export interface ListOpenInputsQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
}

/** What `client.executions` does. */
export interface ExecutionsResource {
  /** List runs, newest first, without inputs and outputs. `GET /api/agent-builder/executions` */
  list(input?: ListExecutionsQuery, options?: RequestOptions): APIPromise<ExecutionPage>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListExecutionsQuery, options?: RequestOptions): AsyncGenerator<ExecutionSummary, void, undefined>;

  /**
   * Compare two runs node by node: output, path, tokens, cost, time and prompt. With `prompts` both runs are replayed.
   * Prompts are parts of the flow: they need `flows:read`. `GET /api/agent-builder/executions/compare`
   */
  compare(input: CompareExecutionsQuery, options?: RequestOptions): APIPromise<Comparison>;

  /**
   * Return statistics of runs: results, durations and usage, also for each flow. `GET
   * /api/agent-builder/executions/stats`
   */
  stats(input?: ExecutionStatsQuery, options?: RequestOptions): APIPromise<ExecutionStatistics>;

  /** Return a run with its nodes. `GET /api/agent-builder/executions/{execution_id}` */
  get(executionId: string | number, options?: RequestOptions): APIPromise<ExecutionDetails>;

  /**
   * Wait until `status` is one of `cancelled`, `completed`, `failed`, `timeout`, `waiting_approval`, and return what it
   * is then.
   */
  wait(executionId: string | number, options?: WaitOptions): Promise<ExecutionDetails>;

  /**
   * Cancel a run. Its usage is recorded and its session is free. Answers with the execution as it then stands:
   * `cancelled`, or as it ended before. 202 if another process runs it and is still at it. `POST
   * /api/agent-builder/executions/{execution_id}/cancel`
   */
  cancel(executionId: string | number, options?: RequestOptions): APIPromise<ExecutionView>;

  /**
   * Stream the events of a run, from the first one or after a number. `GET
   * /api/agent-builder/executions/{execution_id}/events`
   */
  follow(
    executionId: string | number,
    input?: FollowExecutionQuery,
    options?: StreamOptions,
  ): EventStream<Event>;

  /**
   * Rate the answer of a run, with a comment. It replaces the rating that the run had. `POST
   * /api/agent-builder/executions/{execution_id}/feedback`
   */
  rate(executionId: string | number, input: NewFeedback, options?: RequestOptions): APIPromise<FeedbackView>;

  /**
   * Run an ended run again from a node on, as a new run; what came before the node is reused. A tool that must not be
   * repeated, and that the repeated part used, asks a person first. `POST
   * /api/agent-builder/executions/{execution_id}/fork`
   */
  fork(executionId: string | number, input: ForkRequest, options?: StartOptions): APIPromise<ContinuedExecution>;

  /**
   * Draw an execution on its flow, as far as it has come: the way it took, state, time, tokens and cost. of each node,
   * and why one failed. `GET /api/agent-builder/executions/{execution_id}/graph`
   */
  draw(
    executionId: string | number,
    input?: DrawExecutionQuery,
    options?: RequestOptions,
  ): APIPromise<Download>;

  /** List the approval requests of a run. `GET /api/agent-builder/executions/{execution_id}/inputs` */
  listInputs(executionId: string | number, options?: RequestOptions): APIPromise<InputList>;

  /**
   * Return the runs that a run comes from, and all that come from those. `GET
   * /api/agent-builder/executions/{execution_id}/lineage`
   */
  lineage(executionId: string | number, options?: RequestOptions): APIPromise<Lineage>;

  /** Return the events of a run as text lines. `GET /api/agent-builder/executions/{execution_id}/logs` */
  logs(
    executionId: string | number,
    input?: ReadExecutionLogsQuery,
    options?: RequestOptions,
  ): APIPromise<Download>;

  /**
   * Run a run again in memory with the recorded answers of models and tools, and compare. Nothing is sent and nothing
   * is stored. With `flow_version` it shows the first call that another version makes differently. `POST
   * /api/agent-builder/executions/{execution_id}/replay`
   */
  replay(executionId: string | number, input?: Replaying, options?: RequestOptions): APIPromise<ReplayReport>;

  /**
   * Answer an approval request. The run resumes immediately. Of several answers exactly one is taken. The others get
   * 409, with the answer that was. An answer that comes before the run has asked gets 409 `not_asked_yet`: send it
   * again. `POST /api/agent-builder/executions/{execution_id}/respond`
   */
  respond(executionId: string | number, input: InputResponse, options?: StartOptions): APIPromise<InputAnswered>;

  /**
   * Continue a run that failed, timed out or was cancelled, as a new run of the same session. What the run completed is
   * reused: no model and no tool is called for it again. The failed run stays as it is. With `flow_version` the rest
   * runs by another version of the flow. `POST /api/agent-builder/executions/{execution_id}/resume`
   */
  resume(executionId: string | number, input?: ResumeRequest, options?: StartOptions): APIPromise<ContinuedExecution>;

  /**
   * Return the state of a run as one of its nodes saw it, for as long as the journal is kept. `GET
   * /api/agent-builder/executions/{execution_id}/state`
   */
  state(
    executionId: string | number,
    input?: ReadExecutionStateQuery,
    options?: RequestOptions,
  ): APIPromise<RunState>;

  /**
   * Stream a run, live or replayed, in the format of chats or agentflows. `GET
   * /api/agent-builder/executions/{execution_id}/stream`
   */
  stream(executionId: string | number, options?: StreamOptions): EventStream<ChatEvent | ExecutionEvent>;

  /** List ratings of runs, newest first, with the number of each rating. `GET /api/agent-builder/feedback` */
  feedback(input?: ListExecutionFeedbackQuery, options?: RequestOptions): APIPromise<FeedbackPage>;

  /** Go through all that `feedback` lists, page by page. */
  listAllFeedback(input?: ListExecutionFeedbackQuery, options?: RequestOptions): AsyncGenerator<FeedbackView, void, undefined>;

  /** List open approval requests, oldest first. `GET /api/agent-builder/inputs` */
  listOpenInputs(input?: ListOpenInputsQuery, options?: RequestOptions): APIPromise<InputPage>;

  /** Go through all that `listOpenInputs` lists, page by page. */
  listAllOpenInputs(input?: ListOpenInputsQuery, options?: RequestOptions): AsyncGenerator<InputView, void, undefined>;
}

/** What `client.executions` is made of. */
export const ExecutionsResource = /* @__PURE__ */ resource<ExecutionsResource>(
  `Executions
list GET 0/api/agent-builder/executions query:limit,offset,after,status,from,to,flow_id,session_id,schedule_id list:offset,limit,executions
compare GET 3/compare query:a,b,prompts gives:+nodes
stats GET 3/stats query:days,flow_id gives:+flows
get GET 3/{executionId} until:status,cancelled,completed,failed,timeout,waiting_approval
cancel POST 4/cancel
follow GET 4/events query:after events:run.cancelled,run.completed,run.failed
rate POST 4/feedback takes
fork POST 4/fork keyed takes:+
draw GET 4/graph query:format,expand,layout file:text/plain,text/vnd.graphviz,image/svg+xml,image/png,application/json
listInputs GET 4/inputs gives:+inputs
lineage GET 4/lineage
logs GET 4/logs query:level,format,after,limit file:application/json,text/plain
replay POST 4/replay takes:+
respond POST 4/respond keyed takes:+ gives:+input
resume POST 4/resume keyed takes:+
state GET 4/state query:node,path,occurrence
stream GET 4/stream gives:ChatInput|ChatDone|ExecutionStatus events:done,error,complete,error
feedback GET 2/feedback query:flow_id,limit,offset,after list:offset,limit,feedback
listOpenInputs GET 2/inputs query:limit,offset,after gives:+inputs list:offset,limit,inputs
`,
);

/** What `flows.list` may be narrowed by. */
export interface ListFlowsQuery {
  /** Text in the name, description or tags. */
  search?: string | null | undefined;
  /** Tags, separated by commas: all must be there. */
  tags?: string | null | undefined;
  /** The category. */
  category?: string | null | undefined;
  /** Only flows that are switched on, or off. */
  isActive?: boolean | null | undefined;
  /** The page, from 1. Default: 1. */
  page?: number | undefined;
  /** How many a page has. Default: 20. */
  pageSize?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
  /** Default: 'created_at'. */
  sortBy?: 'created_at' | 'name' | 'updated_at' | undefined;
  /** Default: 'desc'. */
  sortOrder?: 'asc' | 'desc' | undefined;
  /** Only flows of this kind. */
  flowType?: 'agentflow' | 'chatflow' | null | undefined;
}

/** What `flows.startAgentflow` may be narrowed by. */
export interface StartAgentflowQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `flows.chat` may be narrowed by. */
export interface ChatWithChatflowQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `flows.importFile` may be narrowed by. */
export interface ImportFlowQuery {
  /** true: check, and store nothing. Default: false. */
  dryRun?: boolean | undefined;
  /** Id of the flow whose next version this becomes. */
  replace?: string | null | undefined;
}

/** What `flows.importFile` sends. */
export interface ImportFlowForm {
  /** JSON or YAML. */
  file: Upload;
}

/** What `flows.compareVersions` may be narrowed by. */
export interface CompareFlowVersionsQuery {
  /** A number, a label, `draft` or `current`. */
  from: string;
  /** A number, a label, `draft` or `current`. Default: 'current'. */
  to?: string | undefined;
}

/** What `flows.execute` may be narrowed by. */
export interface ExecuteFlowQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `flows.listExecutions` may be narrowed by. */
export interface ListFlowExecutionsQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
  /** Only those of this status. */
  status?: 'cancelled' | 'completed' | 'failed' | 'pending' | 'running' | 'timeout' | 'waiting_approval' | null | undefined;
  /** Only those accepted then or later: a date or time, ISO 8601. */
  from?: string | null | undefined;
  /** Only those accepted before then: a date or time. */
  to?: string | null | undefined;
}

/** What `flows.export` may be narrowed by. */
export interface ExportFlowQuery {
  /**
   * What to write it in: `json` or `yaml` for another server, or `langgraph` for a project in plain LangGraph Python,
   * as a ZIP archive. Default: 'json'.
   */
  format?: 'json' | 'langgraph' | 'yaml' | undefined;
  /** For `langgraph`: what is asked instead of models that only this server has, such as `openai/gpt-4.1-mini`. */
  model?: string | null | undefined;
}

/** What `flows.draw` may be narrowed by. */
export interface DrawFlowQuery {
  /** What to draw it as. Default: 'mermaid'. */
  format?: 'dot' | 'json' | 'mermaid' | 'png' | 'react-flow' | 'svg' | undefined;
  /** true: sub-flows are drawn out in their places. Default: false. */
  expand?: boolean | undefined;
  /**
   * down, right (from left to right), compact, or auto: right for a wide flow, compact for a long one. Default: 'auto'.
   */
  layout?: 'auto' | 'compact' | 'down' | 'right' | undefined;
  /** Version to draw: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `flows.runNode` may be narrowed by. */
export interface RunFlowNodeQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `flows.listVersions` may be narrowed by. */
export interface ListFlowVersionsQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
}

/** What `client.flows` does. */
export interface FlowsResource {
  /** List flows, the newest first. `GET /api/agent-builder/flows` */
  list(input?: ListFlowsQuery, options?: RequestOptions): APIPromise<FlowPage>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListFlowsQuery, options?: RequestOptions): AsyncGenerator<ChatflowView | AgentflowView, void, undefined>;

  /** Start an agentflow in the background. `POST /api/agent-builder/flows/agentflows/{flow_id}/execute` */
  startAgentflow(
    flowId: string | number,
    inputData?: Record<string, unknown>,
    input?: Omit<ExecutionRequest, 'inputData'> & StartAgentflowQuery,
    options?: StartOptions,
  ): APIPromise<AcceptedExecution>;

  /**
   * Send a message to a stored chatflow and return the answer. `POST /api/agent-builder/flows/chatflows/{flow_id}/chat`
   */
  chat(
    flowId: string | number,
    input: ChatRequest & ChatWithChatflowQuery,
    options?: StartOptions,
  ): APIPromise<ChatAnswer>;

  /**
   * Validate and store a flow file with its agents and sub-flows. A form with a `file`, or the content itself as JSON
   * or YAML. What the workspace has under the same id is used as it is. Knowledge bases are found by name, and
   * `warnings` names those that are missing. If something else is missing or wrong, nothing is stored, `imported` is
   * false, and `errors` says what to do. Nothing is executed or fetched. `POST /api/agent-builder/flows/import`
   */
  importFile(input: ImportFlowForm & ImportFlowQuery, options?: RequestOptions): APIPromise<ImportReport>;

  /** Return a flow of any kind. `GET /api/agent-builder/flows/{flow_id}` */
  get(flowId: string | number, options?: RequestOptions): APIPromise<ChatflowView | AgentflowView>;

  /**
   * Return what changed between two versions of a flow, as data and as sentences. `GET
   * /api/agent-builder/flows/{flow_id}/diff`
   */
  compareVersions(
    flowId: string | number,
    input: CompareFlowVersionsQuery,
    options?: RequestOptions,
  ): APIPromise<FlowDiff>;

  /**
   * Return the draft of a flow's next version, with all that is wrong or odd with it. `GET
   * /api/agent-builder/flows/{flow_id}/draft`
   */
  getDraft(flowId: string | number, options?: RequestOptions): APIPromise<DraftView>;

  /**
   * Keep a draft of the flow's next version. It may be incomplete, and runs for nobody but its authors. The body has
   * the fields of a flow; those that are missing stay as they are in the draft, or in the flow where there is no draft.
   * `If-Match` takes the ETag of the draft: `"0"` where there is none. `PUT /api/agent-builder/flows/{flow_id}/draft`
   */
  putDraft(flowId: string | number, input?: DraftChange, options?: RequestOptions): APIPromise<DraftView>;

  /** Throw the draft away. The flow stays as it is. `DELETE /api/agent-builder/flows/{flow_id}/draft` */
  deleteDraft(flowId: string | number, options?: RequestOptions): APIPromise<DraftDeleted>;

  /**
   * Start a flow of any kind in the background. A chatflow takes the message as `input_data.message`, and
   * `input_data.session_id` if it is to go on with a session. `POST /api/agent-builder/flows/{flow_id}/execute`
   */
  execute(
    flowId: string | number,
    inputData?: Record<string, unknown>,
    input?: Omit<ExecutionRequest, 'inputData'> & ExecuteFlowQuery,
    options?: StartOptions,
  ): APIPromise<AcceptedExecution>;

  /** List a flow's executions, the newest first. `GET /api/agent-builder/flows/{flow_id}/executions` */
  listExecutions(
    flowId: string | number,
    input?: ListFlowExecutionsQuery,
    options?: RequestOptions,
  ): APIPromise<FlowExecutionPage>;

  /** Go through all that `listExecutions` lists, page by page. */
  listAllExecutions(
    flowId: string | number,
    input?: ListFlowExecutionsQuery,
    options?: RequestOptions,
  ): AsyncGenerator<FlowExecution, void, undefined>;

  /**
   * Export a flow with its agents and sub-flows, without secrets. Knowledge bases are included by name, without their
   * documents. With `format=langgraph`, a flow with parts that have no equal in plain LangGraph is refused: `errors`
   * names each node and field, and what to do. Nothing is left out silently. `GET
   * /api/agent-builder/flows/{flow_id}/export`
   */
  export(flowId: string | number, input?: ExportFlowQuery, options?: RequestOptions): APIPromise<Download>;

  /**
   * Return the diagram of a flow. Mermaid or Graphviz text, SVG or PNG, or JSON: plain with places, or as React Flow
   * takes it. `GET /api/agent-builder/flows/{flow_id}/graph`
   */
  draw(flowId: string | number, input?: DrawFlowQuery, options?: RequestOptions): APIPromise<Download>;

  /**
   * Point a label, such as `production`, at a version. Runs that ask for the label run that version. `PUT
   * /api/agent-builder/flows/{flow_id}/labels/{label}`
   */
  putLabel(
    flowId: string | number,
    label: string | number,
    input: LabelChange,
    options?: RequestOptions,
  ): APIPromise<LabelView>;

  /**
   * Delete a label. Runs that ask for it are refused from now on. `DELETE
   * /api/agent-builder/flows/{flow_id}/labels/{label}`
   */
  deleteLabel(flowId: string | number, label: string | number, options?: RequestOptions): APIPromise<LabelDeleted>;

  /**
   * Run one node of a flow with given values, and return its output. With `execution_id` it finds what it found in that
   * run. Nodes behind it do not run. `POST /api/agent-builder/flows/{flow_id}/nodes/{node_id}/run`
   */
  runNode(
    flowId: string | number,
    nodeId: string | number,
    inputData?: Record<string, unknown>,
    input?: Omit<NodeRunRequest, 'inputData'> & RunFlowNodeQuery,
    options?: StartOptions,
  ): APIPromise<ExecutionAnswer>;

  /**
   * Make the draft the next version of the flow. One that could not run is refused with all findings. `If-Match` takes
   * the ETag of the draft. A flow that was changed since the draft was begun is a 409, so that no change of others is
   * lost; `based_on` with the present version publishes it all the same. `POST
   * /api/agent-builder/flows/{flow_id}/publish`
   */
  publish(flowId: string | number, input?: Publishing, options?: RequestOptions): APIPromise<ChatflowView | AgentflowView>;

  /** Validate a flow of any kind without running it. `GET /api/agent-builder/flows/{flow_id}/validate` */
  validate(flowId: string | number, options?: RequestOptions): APIPromise<Checked>;

  /** List the versions of a flow, the newest first. `GET /api/agent-builder/flows/{flow_id}/versions` */
  listVersions(flowId: string | number, input?: ListFlowVersionsQuery, options?: RequestOptions): APIPromise<VersionPage>;

  /**
   * Return a flow as it was in a version: a number, a label, `draft` or `current`. `GET
   * /api/agent-builder/flows/{flow_id}/versions/{version}`
   */
  getVersion(flowId: string | number, version: string | number, options?: RequestOptions): APIPromise<ChatflowView | AgentflowView>;

  /**
   * Store an earlier version again, as the newest one. No version is lost. `POST
   * /api/agent-builder/flows/{flow_id}/versions/{version}/restore`
   */
  restoreVersion(flowId: string | number, version: string | number, options?: RequestOptions): APIPromise<ChatflowView | AgentflowView>;
}

/** What `client.flows` is made of. */
export const FlowsResource = /* @__PURE__ */ resource<FlowsResource>(
  `Flows
list GET 0/api/agent-builder/flows query:search,tags,category,is_active,page,page_size,after,sort_by,sort_order,flow_type gives:FlowPage list:page,page_size,flows
startAgentflow POST 3/agentflows/{flowId}/execute keyed query:version leads:inputData takes:+limits
chat POST 3/chatflows/{flowId}/chat keyed query:version takes:+config,limits gives:ChatAnswer
importFile POST 3/import query:dry_run,replace files:file
get GET 3/{flowId} gives:AgentflowView
compareVersions GET 4/diff query:from,to
getDraft GET 4/draft gives:DraftView
putDraft PUT 5 takes:DraftChange gives:DraftView
deleteDraft DELETE 5
execute POST 4/execute keyed query:version leads:inputData takes:+limits
listExecutions GET 4/executions query:limit,offset,after,status,from,to list:offset,limit,executions
export GET 4/export query:format,model file:application/json,application/yaml,application/zip
draw GET 4/graph query:format,expand,layout,version file:text/plain,text/vnd.graphviz,image/svg+xml,image/png,application/json
putLabel PUT 4/labels/{label} takes
deleteLabel DELETE 6
runNode POST 4/nodes/{nodeId}/run keyed query:version leads:inputData takes:+limits gives:ExecutionAnswer
publish POST 4/publish takes:+ gives:AgentflowView
validate GET 4/validate
listVersions GET 4/versions query:limit,after
getVersion GET 5/{version} gives:AgentflowView
restoreVersion POST 6/restore gives:AgentflowView
`,
);

/** What `client.health` does. */
export interface HealthResource {
  /** Report that the process runs. `GET /health` */
  health(options?: RequestOptions): APIPromise<Health>;

  /** Report that the server is ready. A 503 says what is missing. `GET /ready` */
  ready(options?: RequestOptions): APIPromise<Health>;
}

/** What `client.health` is made of. */
export const HealthResource = /* @__PURE__ */ resource<HealthResource>(
  `Health
health GET 0/health open
ready GET 0/ready open
`,
);

/** What `client.keys` does. */
export interface KeysResource {
  /** List API keys, newest first, including revoked and expired ones. `GET /api/agent-builder/keys` */
  list(options?: RequestOptions): APIPromise<KeyList>;

  /** Create an API key. It belongs to the user who creates it. `POST /api/agent-builder/keys` */
  create(input: NewKey, options?: RequestOptions): APIPromise<MadeKey>;

  /** Return an API key without its secret. `GET /api/agent-builder/keys/{key_id}` */
  get(keyId: string | number, options?: RequestOptions): APIPromise<KeyView>;

  /**
   * Revoke an API key. It stops working within a second; its streams end within five. `DELETE
   * /api/agent-builder/keys/{key_id}`
   */
  revoke(keyId: string | number, options?: RequestOptions): APIPromise<KeyView>;

  /** List the roles and their permissions. `GET /api/agent-builder/roles` */
  roles(options?: RequestOptions): APIPromise<RoleList>;
}

/** What `client.keys` is made of. */
export const KeysResource = /* @__PURE__ */ resource<KeysResource>(
  `Keys
list GET 0/api/agent-builder/keys
create POST 3 takes:+
get GET 3/{keyId}
revoke DELETE 4
roles GET 2/roles
`,
);

/** What `knowledgeBases.list` may be narrowed by. */
export interface ListKnowledgeBasesQuery {
  /** Text in the name or description. */
  search?: string | null | undefined;
  /** How many to return. Default: 100. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
}

/** What `knowledgeBases.listDocuments` may be narrowed by. */
export interface ListKnowledgeDocumentsQuery {
  /** Only those of this status. */
  status?: 'embedding' | 'failed' | 'parsing' | 'queued' | 'ready' | null | undefined;
  /** Text in the name. */
  search?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | null | undefined;
}

/** What `knowledgeBases.addDocument` sends. */
export interface AddKnowledgeDocumentForm {
  /** The document. Or one of the others. */
  file?: Upload | undefined;
  /** Its name. Empty: the name of the file. */
  name?: string | undefined;
  /** Its media type. Empty: that of the file. */
  contentType?: string | undefined;
  /** In place of `file`: the document itself, as Markdown. */
  text?: string | undefined;
  /** In place of `file`: a URL that the server fetches. */
  url?: string | undefined;
  /** In place of `file`: ID of a file of a chat. */
  fileId?: string | undefined;
  /** In place of `file`: a folder of the operator. */
  folder?: string | undefined;
  /** Its metadata. In the form as JSON. */
  metadata?: Record<string, unknown> | undefined;
}

/** What `knowledgeBases.listPassages` may be narrowed by. */
export interface ListKnowledgePassagesQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
}

/** What `client.knowledgeBases` does. */
export interface KnowledgeBasesResource {
  /** List knowledge bases by name. `GET /api/agent-builder/knowledge-bases` */
  list(input?: ListKnowledgeBasesQuery, options?: RequestOptions): APIPromise<KnowledgeBaseList>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListKnowledgeBasesQuery, options?: RequestOptions): AsyncGenerator<KnowledgeBaseView, void, undefined>;

  /** Create an empty knowledge base. `POST /api/agent-builder/knowledge-bases` */
  create(input: NewKnowledgeBase, options?: RequestOptions): APIPromise<KnowledgeBaseView>;

  /** Return a knowledge base with its counts. `GET /api/agent-builder/knowledge-bases/{knowledge_base_id}` */
  get(knowledgeBaseId: string | number, options?: RequestOptions): APIPromise<KnowledgeBaseView>;

  /** Update a knowledge base. `PUT /api/agent-builder/knowledge-bases/{knowledge_base_id}` */
  update(
    knowledgeBaseId: string | number,
    input?: KnowledgeBaseChange,
    options?: RequestOptions,
  ): APIPromise<KnowledgeBaseView>;

  /**
   * Delete a knowledge base with its documents. No search finds them from now on. `DELETE
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}`
   */
  delete(knowledgeBaseId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * List the documents of a knowledge base, the newest first. `GET
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents`
   */
  listDocuments(
    knowledgeBaseId: string | number,
    input?: ListKnowledgeDocumentsQuery,
    options?: RequestOptions,
  ): APIPromise<DocumentList>;

  /**
   * Add a document, which is ingested in the background. A form with a `file`, or JSON with one of `text`, `url`,
   * `file_id` and `folder`. Formats: Markdown, HTML, text, CSV, JSON, PDF, DOCX, XLSX, PPTX and EPUB. `GET` shows how
   * far it is; a search finds it when its status is `ready`. `POST
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents`
   */
  addDocument(
    knowledgeBaseId: string | number,
    input?: AddKnowledgeDocumentForm,
    options?: RequestOptions,
  ): APIPromise<QueuedDocument>;

  /**
   * Return a document with its status and progress. `GET
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}`
   */
  getDocument(
    knowledgeBaseId: string | number,
    documentId: string | number,
    options?: RequestOptions,
  ): APIPromise<DocumentView>;

  /**
   * Replace the metadata of a document. Searches use it at once. `PUT
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}`
   */
  updateDocument(
    knowledgeBaseId: string | number,
    documentId: string | number,
    input: DocumentChange,
    options?: RequestOptions,
  ): APIPromise<DocumentView>;

  /**
   * Delete a document. No search finds it from now on; a run that ingests it ends. `DELETE
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}`
   */
  deleteDocument(
    knowledgeBaseId: string | number,
    documentId: string | number,
    options?: RequestOptions,
  ): APIPromise<Deleted>;

  /**
   * List the passages of a document that searches see, in order. `GET
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}/passages`
   */
  listPassages(
    knowledgeBaseId: string | number,
    documentId: string | number,
    input?: ListKnowledgePassagesQuery,
    options?: RequestOptions,
  ): APIPromise<PassageList>;

  /** Go through all that `listPassages` lists, page by page. */
  listAllPassages(
    knowledgeBaseId: string | number,
    documentId: string | number,
    input?: ListKnowledgePassagesQuery,
    options?: RequestOptions,
  ): AsyncGenerator<KnowledgePassage, void, undefined>;

  /**
   * Ingest a document once more. What was embedded before is not embedded again. `POST
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}/retry`
   */
  retryDocument(
    knowledgeBaseId: string | number,
    documentId: string | number,
    input?: RetryRequest,
    options?: RequestOptions,
  ): APIPromise<QueuedDocument>;

  /**
   * Embed all passages again beside the index in use, then switch searches to the new one. `POST
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/reindex`
   */
  reindex(
    knowledgeBaseId: string | number,
    input?: ReindexRequest,
    options?: RequestOptions,
  ): APIPromise<ReindexAnswer>;

  /**
   * Return the passages that fit a question best, with their scores. `POST
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/search`
   */
  search(knowledgeBaseId: string | number, input: SearchRequest, options?: RequestOptions): APIPromise<KnowledgeSearchAnswer>;
}

/** What `client.knowledgeBases` is made of. */
export const KnowledgeBasesResource = /* @__PURE__ */ resource<KnowledgeBasesResource>(
  `KnowledgeBases
list GET 0/api/agent-builder/knowledge-bases query:search,limit,offset gives:+knowledge_bases list:offset,limit,knowledgeBases
create POST 3 takes:+
get GET 3/{knowledgeBaseId}
update PUT 4 takes:+
delete DELETE 4
listDocuments GET 4/documents query:status,search,limit,cursor
addDocument POST 5 files:file texts:name,content_type,text,url,file_id,folder,metadata
getDocument GET 5/{documentId}
updateDocument PUT 6 takes
deleteDocument DELETE 6
listPassages GET 6/passages query:limit,offset list:offset,limit,passages
retryDocument POST 6/retry takes
reindex POST 4/reindex takes
search POST 4/search takes:+ gives:+results
`,
);

/** What `memories.list` may be narrowed by. */
export interface ListMemoriesQuery {
  /** Only memories of this user (their ID), key (`key:` and its ID) or agent. */
  owner?: string | null | undefined;
  /** Words that all must be in it. */
  search?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | null | undefined;
}

/** What `memories.delete` may be narrowed by. */
export interface DeleteMemoryQuery {
  /** Key of the memory. */
  key: string;
  /** Namespace of the memory: its parts, separated by `/`. */
  namespace?: string | undefined;
  /** Only memories of this user (their ID), key (`key:` and its ID) or agent. */
  owner?: string | null | undefined;
}

/** What `client.memories` does. */
export interface MemoriesResource {
  /** List memories, the last changed first. `GET /api/agent-builder/memories` */
  list(input?: ListMemoriesQuery, options?: RequestOptions): APIPromise<MemoryList>;

  /** Keep a memory. `PUT /api/agent-builder/memories` */
  put(input: NewMemory, options?: RequestOptions): APIPromise<MemoryView>;

  /** Forget a memory. `DELETE /api/agent-builder/memories` */
  delete(input: DeleteMemoryQuery, options?: RequestOptions): APIPromise<ForgottenMemory>;
}

/** What `client.memories` is made of. */
export const MemoriesResource = /* @__PURE__ */ resource<MemoriesResource>(
  `Memories
list GET 0/api/agent-builder/memories query:owner,search,limit,cursor
put PUT 3 takes:+
delete DELETE 3 query:key,namespace,owner
`,
);

/** What `client.metrics` does. */
export interface MetricsResource {
  /** Return all metrics as JSON. `GET /api/agent-builder/metrics/json` */
  json(options?: RequestOptions): APIPromise<MetricsDocument>;

  /**
   * Return all metrics for Prometheus, as OpenMetrics if `Accept` asks for it. The key may be an API key or the setting
   * `metrics_token`; from `metrics_networks` none is needed. `GET /api/agent-builder/metrics/prometheus`
   */
  prometheus(options?: RequestOptions): APIPromise<string>;

  /** Return totals of runs and usage. `GET /api/agent-builder/metrics/summary` */
  summary(options?: RequestOptions): APIPromise<MetricsSummary>;
}

/** What `client.metrics` is made of. */
export const MetricsResource = /* @__PURE__ */ resource<MetricsResource>(
  `Metrics
json GET 0/api/agent-builder/metrics/json
prometheus GET 3/prometheus text:text/plain
summary GET 3/summary gives:+agents
`,
);

/** What `client.models` does. */
export interface ModelsResource {
  /** List the connections by name. `GET /api/agent-builder/connections` */
  listConnections(options?: RequestOptions): APIPromise<ConnectionList>;

  /** Store a model's address under a name that flows use. `POST /api/agent-builder/connections` */
  createConnection(input: NewConnection, options?: RequestOptions): APIPromise<ConnectionView>;

  /** Return a connection. `GET /api/agent-builder/connections/{connection_id}` */
  getConnection(connectionId: string | number, options?: RequestOptions): APIPromise<ConnectionView>;

  /**
   * Update a connection. Active runs use it from their next request. `PUT
   * /api/agent-builder/connections/{connection_id}`
   */
  updateConnection(
    connectionId: string | number,
    input?: ConnectionChange,
    options?: RequestOptions,
  ): APIPromise<ConnectionView>;

  /**
   * Delete a connection. Flows that use it fail until a new one has its name. `DELETE
   * /api/agent-builder/connections/{connection_id}`
   */
  deleteConnection(connectionId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * List the models that the server's providers have. No model is asked anything. What a provider said counts for 30
   * seconds. One that does not answer in 2 seconds has none. `GET /api/agent-builder/models`
   */
  list(options?: RequestOptions): APIPromise<ModelList>;
}

/** What `client.models` is made of. */
export const ModelsResource = /* @__PURE__ */ resource<ModelsResource>(
  `Models
listConnections GET 0/api/agent-builder/connections gives:ConnectionList
createConnection POST 3 takes:NewConnection gives:ConnectionView
getConnection GET 3/{connectionId} gives:ConnectionView
updateConnection PUT 4 takes:ConnectionChange gives:ConnectionView
deleteConnection DELETE 4
list GET 2/models gives:+models
`,
);

/** What `client.nodeTypes` does. */
export interface NodeTypesResource {
  /**
   * List the node types with the JSON Schema of their configuration, their outlets and examples. `GET
   * /api/agent-builder/node-types`
   */
  list(options?: RequestOptions): APIPromise<NodeTypes>;
}

/** What `client.nodeTypes` is made of. */
export const NodeTypesResource = /* @__PURE__ */ resource<NodeTypesResource>(
  `NodeTypes
list GET 0/api/agent-builder/node-types
`,
);

/** What `schedules.list` may be narrowed by. */
export interface ListSchedulesQuery {
  /** Only those of this flow. */
  flowId?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | null | undefined;
}

/** What `schedules.listTimes` may be narrowed by. */
export interface ListScheduleTimesQuery {
  /** As `cron` of a schedule. */
  cron: string;
  /** IANA name of the time zone. Default: 'UTC'. */
  timezone?: string | undefined;
  /** ISO 8601 time after which no times are listed. */
  endsAt?: string | null | undefined;
  /** Most times to list. Default: 5. */
  limit?: number | undefined;
}

/** What `client.schedules` does. */
export interface SchedulesResource {
  /** List schedules with their next and last times, the newest first. `GET /api/agent-builder/schedules` */
  list(input?: ListSchedulesQuery, options?: RequestOptions): APIPromise<ScheduleList>;

  /**
   * Have a flow start at the times of a cron expression, with the rights of who asks. `POST
   * /api/agent-builder/schedules`
   */
  create(input: NewSchedule, options?: RequestOptions): APIPromise<ScheduleView>;

  /**
   * List the next times of a cron expression, without a schedule: to look before one is created. `GET
   * /api/agent-builder/schedules/times`
   */
  listTimes(input: ListScheduleTimesQuery, options?: RequestOptions): APIPromise<ScheduleTimes>;

  /** Return a schedule. `GET /api/agent-builder/schedules/{schedule_id}` */
  get(scheduleId: string | number, options?: RequestOptions): APIPromise<ScheduleView>;

  /**
   * Update, pause or resume a schedule. From then on its runs have the rights of who asks. `PUT
   * /api/agent-builder/schedules/{schedule_id}`
   */
  update(scheduleId: string | number, input?: ScheduleChange, options?: RequestOptions): APIPromise<ScheduleView>;

  /** Delete a schedule. Its runs stay. `DELETE /api/agent-builder/schedules/{schedule_id}` */
  delete(scheduleId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * Start a run of a schedule now, with the rights of who asks. Its next time does not change. `POST
   * /api/agent-builder/schedules/{schedule_id}/run`
   */
  run(scheduleId: string | number, options?: StartOptions): APIPromise<ExecutionView>;
}

/** What `client.schedules` is made of. */
export const SchedulesResource = /* @__PURE__ */ resource<SchedulesResource>(
  `Schedules
list GET 0/api/agent-builder/schedules query:flow_id,limit,cursor
create POST 3 takes:+
listTimes GET 3/times query:cron,timezone,ends_at,limit
get GET 3/{scheduleId}
update PUT 4 takes:+
delete DELETE 4
run POST 4/run keyed
`,
);

/** What `sessions.list` may be narrowed by. */
export interface ListSessionsQuery {
  /** Only sessions of this chatflow. */
  chatflowId?: string | null | undefined;
  /** Only sessions that have these words. */
  search?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
}

/** What `sessions.importFile` may be narrowed by. */
export interface ImportSessionQuery {
  /** The chatflow that it is of. */
  chatflowId?: string | null | undefined;
}

/** What `sessions.importFile` sends. */
export interface ImportSessionForm {
  /** A session exported as JSON. */
  file: Upload;
}

/** What `sessions.download` may be narrowed by. */
export interface DownloadSessionQuery {
  /** What kind of file. Default: 'json'. */
  format?: 'csv' | 'json' | 'markdown' | 'txt' | undefined;
}

/** What `sessions.getHistory` may be narrowed by. */
export interface GetSessionHistoryQuery {
  /** The last so many messages. Left out: all. */
  limit?: number | null | undefined;
  /** Only messages before this one: a `next_cursor`. */
  before?: string | null | undefined;
  /** Whether to return messages too that are not on the chosen line. Default: false. */
  alternatives?: boolean | undefined;
}

/** What `client.sessions` does. */
export interface SessionsResource {
  /** List the memory strategies with options and defaults. `GET /api/agent-builder/chatflow/memory/strategies` */
  listMemoryStrategies(options?: RequestOptions): APIPromise<Strategies>;

  /**
   * List sessions, last active first. With `search`, those whose title, id and messages have all its words, also in
   * alternatives. Words of three letters and more also find longer words that begin with them. A request reads the
   * messages of `AGENTICRAG_SESSION_SEARCH_SESSIONS` sessions at most; `next_cursor` leads on to the others, also from
   * a page without a session. `GET /api/agent-builder/chatflow/sessions`
   */
  list(input?: ListSessionsQuery, options?: RequestOptions): APIPromise<SessionPage>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListSessionsQuery, options?: RequestOptions): AsyncGenerator<SessionSummary, void, undefined>;

  /**
   * Create a session from a JSON export. It keeps its name where that is free, else it gets a new one: an import never
   * changes a session. `POST /api/agent-builder/chatflow/sessions/import`
   */
  importFile(input: ImportSessionForm & ImportSessionQuery, options?: RequestOptions): APIPromise<Imported>;

  /** Return a session with its messages. `GET /api/agent-builder/chatflow/sessions/{session_id}` */
  get(sessionId: string | number, options?: RequestOptions): APIPromise<SessionHistory>;

  /** Give a session another title. `PUT /api/agent-builder/chatflow/sessions/{session_id}` */
  rename(sessionId: string | number, input: SessionChange, options?: RequestOptions): APIPromise<SessionSummary>;

  /**
   * Delete a session with its runs and their events. Active runs are cancelled first. `DELETE
   * /api/agent-builder/chatflow/sessions/{session_id}`
   */
  delete(sessionId: string | number, options?: RequestOptions): APIPromise<Cleared>;

  /**
   * Copy a session into a new one, up to a message or as a whole. The session itself stays as it is. `POST
   * /api/agent-builder/chatflow/sessions/{session_id}/branch`
   */
  branch(sessionId: string | number, input?: SessionBranch, options?: RequestOptions): APIPromise<SessionHistory>;

  /**
   * Delete the messages of a session. Active runs are cancelled first. `POST
   * /api/agent-builder/chatflow/sessions/{session_id}/clear`
   */
  clear(sessionId: string | number, options?: RequestOptions): APIPromise<Cleared>;

  /** Export a session as JSON. `GET /api/agent-builder/chatflow/sessions/{session_id}/export` */
  export(sessionId: string | number, options?: RequestOptions): APIPromise<SessionFile>;

  /** Export a session as a file. `POST /api/agent-builder/chatflow/sessions/{session_id}/export` */
  download(
    sessionId: string | number,
    input?: DownloadSessionQuery,
    options?: RequestOptions,
  ): APIPromise<Download>;

  /** Download a file of a message. `GET /api/agent-builder/chatflow/sessions/{session_id}/files/{file_id}` */
  getFile(sessionId: string | number, fileId: string | number, options?: RequestOptions): APIPromise<Download>;

  /**
   * Return the messages of a session, oldest first. With `limit` the last ones; `next_cursor` leads on to those before
   * them. A message with alternatives names them. With `alternatives=true` they are returned too. `GET
   * /api/agent-builder/chatflow/sessions/{session_id}/history`
   */
  getHistory(
    sessionId: string | number,
    input?: GetSessionHistoryQuery,
    options?: RequestOptions,
  ): APIPromise<SessionHistory>;

  /**
   * Set the memory of a session, from its next message. `PUT /api/agent-builder/chatflow/sessions/{session_id}/memory`
   */
  setMemory(sessionId: string | number, input: MemoryChange, options?: RequestOptions): APIPromise<MemorySet>;

  /**
   * Edit a message of the user and return the answer to it. The old message and what followed it are kept as
   * alternatives. The session continues from the new one. For a stream, send `edits` with `POST /chatflow/chat/stream`.
   * `PUT /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}`
   */
  editMessage(
    sessionId: string | number,
    messageId: string | number,
    input: MessageEdit,
    options?: StartOptions,
  ): APIPromise<ChatAnswer>;

  /**
   * Delete a message with all that followed it, alternatives too, and the runs that answered. If the chosen line went
   * through it, the session continues from the newest alternative that is left. `DELETE
   * /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}`
   */
  deleteMessage(sessionId: string | number, messageId: string | number, options?: RequestOptions): APIPromise<DeletedMessages>;

  /**
   * Choose an alternative: the session continues from it and the newest of what followed it. `POST
   * /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}/choose`
   */
  chooseMessage(sessionId: string | number, messageId: string | number, options?: RequestOptions): APIPromise<SessionHistory>;

  /**
   * Answer a message of the user again, perhaps with another model or version of the chatflow. An answer stands for the
   * message that it answers. The earlier answer and what followed it are kept as alternatives. The session continues
   * from the new one. `POST /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}/regenerate`
   */
  regenerateMessage(
    sessionId: string | number,
    messageId: string | number,
    input?: MessageAgain,
    options?: StartOptions,
  ): APIPromise<ChatAnswer>;

  /**
   * Answer a message of the user again and stream the answer as Server-Sent Events. `POST
   * /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}/regenerate/stream`
   */
  regenerateMessageStream(
    sessionId: string | number,
    messageId: string | number,
    input?: MessageAgain,
    options?: StartStreamOptions,
  ): EventStream<ChatEvent>;

  /**
   * Return the variables that the session's flow keeps from turn to turn. `GET
   * /api/agent-builder/chatflow/sessions/{session_id}/variables`
   */
  getVariables(sessionId: string | number, options?: RequestOptions): APIPromise<SessionVariables>;

  /**
   * Give variables of a session other values, while no run of it is under way. `PATCH
   * /api/agent-builder/chatflow/sessions/{session_id}/variables`
   */
  setVariables(sessionId: string | number, input: VariablesChange, options?: RequestOptions): APIPromise<SessionVariables>;
}

/** What `client.sessions` is made of. */
export const SessionsResource = /* @__PURE__ */ resource<SessionsResource>(
  `Sessions
listMemoryStrategies GET 0/api/agent-builder/chatflow/memory/strategies
list GET 3/sessions query:chatflow_id,search,limit,offset,after list:offset,limit,sessions
importFile POST 4/import query:chatflow_id files:file
get GET 4/{sessionId} gives:+messages
rename PUT 5 takes
delete DELETE 5
branch POST 5/branch takes:+ gives:+messages
clear POST 5/clear
export GET 5/export
download POST 6 query:format file:application/json,text/csv,text/plain,text/markdown
getFile GET 5/files/{fileId} file:application/octet-stream
getHistory GET 5/history query:limit,before,alternatives gives:+messages
setMemory PUT 5/memory takes:+
editMessage PUT 5/messages/{messageId} keyed takes:+config,limits gives:ChatAnswer
deleteMessage DELETE 7
chooseMessage POST 7/choose gives:+messages
regenerateMessage POST 7/regenerate keyed takes:+config,limits gives:ChatAnswer
regenerateMessageStream POST 8/stream keyed takes:+config,limits gives:ChatInput|ChatDone events:done,error
getVariables GET 5/variables
setVariables PATCH 6 takes
`,
);

/** What `templates.draw` may be narrowed by. */
export interface DrawTemplateQuery {
  /** What to draw it as. Default: 'svg'. */
  format?: 'dot' | 'json' | 'mermaid' | 'png' | 'react-flow' | 'svg' | undefined;
  /**
   * down, right (from left to right), compact, or auto: right for a wide flow, compact for a long one. Default: 'auto'.
   */
  layout?: 'auto' | 'compact' | 'down' | 'right' | undefined;
}

/** What `client.templates` does. */
export interface TemplatesResource {
  /** List the flows that come with the server. `GET /api/agent-builder/templates` */
  list(options?: RequestOptions): APIPromise<TemplateList>;

  /**
   * Return a template as a flow file. `POST /flows/import` takes it and stores a copy. `GET
   * /api/agent-builder/templates/{name}`
   */
  get(name: string | number, options?: RequestOptions): APIPromise<Record<string, unknown>>;

  /** Return the diagram of a template. `GET /api/agent-builder/templates/{name}/graph` */
  draw(name: string | number, input?: DrawTemplateQuery, options?: RequestOptions): APIPromise<Download>;
}

/** What `client.templates` is made of. */
export const TemplatesResource = /* @__PURE__ */ resource<TemplatesResource>(
  `Templates
list GET 0/api/agent-builder/templates
get GET 3/{name} gives
draw GET 4/graph query:format,layout file:text/plain,text/vnd.graphviz,image/svg+xml,image/png,application/json
`,
);

/** What `tools.listApiOperations` may be narrowed by. */
export interface ListApiOperationsQuery {
  search?: string | undefined;
}

/** What `client.tools` does. */
export interface ToolsResource {
  /** List the MCP servers by name, the operator's among them. `GET /api/agent-builder/mcp-servers` */
  listMcpServers(options?: RequestOptions): APIPromise<MCPServerList>;

  /** Store an MCP server. It is not contacted before somebody checks it. `POST /api/agent-builder/mcp-servers` */
  createMcpServer(input: NewMCPServer, options?: RequestOptions): APIPromise<MCPServerView>;

  /** Return an MCP server. `GET /api/agent-builder/mcp-servers/{mcp_server_id}` */
  getMcpServer(mcpServerId: string | number, options?: RequestOptions): APIPromise<MCPServerView>;

  /**
   * Update an MCP server. Active runs use it from their next call. `PUT /api/agent-builder/mcp-servers/{mcp_server_id}`
   */
  updateMcpServer(mcpServerId: string | number, input?: MCPServerChange, options?: RequestOptions): APIPromise<MCPServerView>;

  /**
   * Delete an MCP server with its approvals. One of the operator's comes back without them. `DELETE
   * /api/agent-builder/mcp-servers/{mcp_server_id}`
   */
  deleteMcpServer(mcpServerId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * Approve tools as the server listed them last. Flows can use them until they change. `POST
   * /api/agent-builder/mcp-servers/{mcp_server_id}/approve`
   */
  approveMcp(mcpServerId: string | number, input?: MCPApproval, options?: RequestOptions): APIPromise<MCPToolList>;

  /**
   * Ask the server for its tools and keep the list. Approves none. `POST
   * /api/agent-builder/mcp-servers/{mcp_server_id}/check`
   */
  checkMcpServer(mcpServerId: string | number, options?: RequestOptions): APIPromise<MCPCheck>;

  /**
   * List the tools that the server listed last. The server is not contacted. `GET
   * /api/agent-builder/mcp-servers/{mcp_server_id}/tools`
   */
  listMcp(mcpServerId: string | number, options?: RequestOptions): APIPromise<MCPToolList>;

  /** List the APIs by name. `GET /api/agent-builder/openapi-tools` */
  listApIs(options?: RequestOptions): APIPromise<APIList>;

  /**
   * Read an OpenAPI document and store its API. A document at a URL is downloaded now. `POST
   * /api/agent-builder/openapi-tools`
   */
  createApi(input: NewAPI, options?: RequestOptions): APIPromise<APIView>;

  /** Return an API. `GET /api/agent-builder/openapi-tools/{api_id}` */
  getApi(apiId: string | number, options?: RequestOptions): APIPromise<APIView>;

  /** Update an API. Active runs go on with what they began with. `PUT /api/agent-builder/openapi-tools/{api_id}` */
  updateApi(apiId: string | number, input?: APIChange, options?: RequestOptions): APIPromise<APIView>;

  /** Delete an API. Its credential stays. `DELETE /api/agent-builder/openapi-tools/{api_id}` */
  deleteApi(apiId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * List the operations of the document, from which `operations` chooses. `GET
   * /api/agent-builder/openapi-tools/{api_id}/operations`
   */
  listApiOperations(apiId: string | number, input?: ListApiOperationsQuery, options?: RequestOptions): APIPromise<APIOperationList>;

  /**
   * Download the document again. Operations stay as they were if it lacks one that was chosen. `POST
   * /api/agent-builder/openapi-tools/{api_id}/refresh`
   */
  refreshApi(apiId: string | number, options?: RequestOptions): APIPromise<APIView>;

  /**
   * List the chosen operations as tools, with the JSON Schema of their arguments. `GET
   * /api/agent-builder/openapi-tools/{api_id}/tools`
   */
  listApi(apiId: string | number, options?: RequestOptions): APIPromise<APIToolList>;

  /**
   * List the tools with the JSON Schema of their arguments and of their configuration. A tool of an MCP server is in a
   * flow as `{"name": "mcp", "server": …, "tool": …}`, an operation of an API as `{"name": "openapi", "api": …,
   * "operation": …}`. `GET /api/agent-builder/tools`
   */
  list(options?: RequestOptions): APIPromise<Tools>;
}

/** What `client.tools` is made of. */
export const ToolsResource = /* @__PURE__ */ resource<ToolsResource>(
  `Tools
listMcpServers GET 0/api/agent-builder/mcp-servers
createMcpServer POST 3 takes:+
getMcpServer GET 3/{mcpServerId}
updateMcpServer PUT 4 takes:+
deleteMcpServer DELETE 4
approveMcp POST 4/approve takes gives:+tools
checkMcpServer POST 4/check gives:+tools
listMcp GET 4/tools gives:+tools
listApIs GET 2/openapi-tools
createApi POST 3 takes:+
getApi GET 3/{apiId}
updateApi PUT 4 takes:+
deleteApi DELETE 4
listApiOperations GET 4/operations query:search
refreshApi POST 4/refresh
listApi GET 4/tools gives:+tools
list GET 2/tools gives:+tools
`,
);

/** What `client.users` does. */
export interface UsersResource {
  /** List the users of your workspace, in the order in which they joined. `GET /api/agent-builder/users` */
  list(options?: RequestOptions): APIPromise<MemberList>;

  /**
   * Create a user in your workspace. If the address has an account on this server already, its user becomes a member by
   * accepting (`POST /invitations/{id}/accept`), and keeps their name and password. The answer is the same: it does not
   * show who else uses the server. The number of users per hour is limited (`rate_new_users`). `POST
   * /api/agent-builder/users`
   */
  create(input: NewUser, options?: RequestOptions): APIPromise<MemberView>;

  /** Return a user of your workspace. `GET /api/agent-builder/users/{user_id}` */
  get(userId: string | number, options?: RequestOptions): APIPromise<MemberView>;

  /**
   * Rename, disable or enable a user, or set a new password. One who is in other workspaces too is not this one's to
   * change: their membership here is. `PUT /api/agent-builder/users/{user_id}`
   */
  update(userId: string | number, input?: UserChange, options?: RequestOptions): APIPromise<MemberView>;
}

/** What `client.users` is made of. */
export const UsersResource = /* @__PURE__ */ resource<UsersResource>(
  `Users
list GET 0/api/agent-builder/users
create POST 3 takes
get GET 3/{userId}
update PUT 4 takes:+
`,
);

/** What `client.variables` does. */
export interface VariablesResource {
  /** List the variables by name and label, without the values of secrets. `GET /api/agent-builder/variables` */
  list(options?: RequestOptions): APIPromise<VariableList>;

  /** Store a value under a name and a label. Runs that start from now on use it. `POST /api/agent-builder/variables` */
  create(input: NewVariable, options?: RequestOptions): APIPromise<VariableView>;

  /** Return a variable; of a secret one everything but the value. `GET /api/agent-builder/variables/{variable_id}` */
  get(variableId: string | number, options?: RequestOptions): APIPromise<VariableView>;

  /**
   * Update the value. Active runs keep their value, but use a new secret from their next request. `PUT
   * /api/agent-builder/variables/{variable_id}`
   */
  update(variableId: string | number, input: VariableChange, options?: RequestOptions): APIPromise<VariableView>;

  /**
   * Delete a variable under its label. Flows that read it fail if no other value is left. `DELETE
   * /api/agent-builder/variables/{variable_id}`
   */
  delete(variableId: string | number, options?: RequestOptions): APIPromise<Deleted>;
}

/** What `client.variables` is made of. */
export const VariablesResource = /* @__PURE__ */ resource<VariablesResource>(
  `Variables
list GET 0/api/agent-builder/variables gives:+variables
create POST 3 takes
get GET 3/{variableId}
update PUT 4 takes
delete DELETE 4
`,
);

/** What `webhookTargets.list` may be narrowed by. */
export interface ListWebhookTargetsQuery {
  /** Only those of this flow. */
  flowId?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | null | undefined;
}

/** What `webhookTargets.listDeliveries` may be narrowed by. */
export interface ListWebhookDeliveriesQuery {
  /** Only those of this status. */
  status?: 'dead' | 'delivered' | 'waiting' | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | null | undefined;
}

/** What `client.webhookTargets` does. */
export interface WebhookTargetsResource {
  /** List webhook targets, the newest first. `GET /api/agent-builder/webhook-targets` */
  list(input?: ListWebhookTargetsQuery, options?: RequestOptions): APIPromise<TargetList>;

  /**
   * Have it sent that runs end or ask. The answer has the secret, which is not shown again. `POST
   * /api/agent-builder/webhook-targets`
   */
  create(input?: NewTarget, options?: RequestOptions): APIPromise<TargetWithSecret>;

  /** Return a webhook target, without its secret. `GET /api/agent-builder/webhook-targets/{webhook_target_id}` */
  get(webhookTargetId: string | number, options?: RequestOptions): APIPromise<TargetView>;

  /**
   * Update, pause or resume a webhook target. From then on it is that of who asks. `PUT
   * /api/agent-builder/webhook-targets/{webhook_target_id}`
   */
  update(webhookTargetId: string | number, input?: TargetChange, options?: RequestOptions): APIPromise<TargetView>;

  /**
   * Delete a webhook target with its deliveries, also those that wait. `DELETE
   * /api/agent-builder/webhook-targets/{webhook_target_id}`
   */
  delete(webhookTargetId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * List the deliveries to a target, the newest first. Those that were given up are `dead`. `GET
   * /api/agent-builder/webhook-targets/{webhook_target_id}/deliveries`
   */
  listDeliveries(
    webhookTargetId: string | number,
    input?: ListWebhookDeliveriesQuery,
    options?: RequestOptions,
  ): APIPromise<DeliveryList>;

  /**
   * Send a delivery again that was delivered or given up. It keeps its `id`. `POST
   * /api/agent-builder/webhook-targets/{webhook_target_id}/deliveries/{delivery_id}/redeliver`
   */
  redeliver(
    webhookTargetId: string | number,
    deliveryId: string | number,
    options?: RequestOptions,
  ): APIPromise<DeliveryView>;

  /**
   * Replace the secret of a target. For `keep_hours`, deliveries are signed with both. `POST
   * /api/agent-builder/webhook-targets/{webhook_target_id}/rotate`
   */
  rotateSecret(webhookTargetId: string | number, input?: NewSecret, options?: RequestOptions): APIPromise<TargetWithSecret>;
}

/** What `client.webhookTargets` is made of. */
export const WebhookTargetsResource = /* @__PURE__ */ resource<WebhookTargetsResource>(
  `WebhookTargets
list GET 0/api/agent-builder/webhook-targets query:flow_id,limit,cursor
create POST 3 takes:+
get GET 3/{webhookTargetId}
update PUT 4 takes:+
delete DELETE 4
listDeliveries GET 4/deliveries query:status,limit,cursor
redeliver POST 5/{deliveryId}/redeliver
rotateSecret POST 4/rotate takes:+
`,
);

/** What `webhooks.list` may be narrowed by. */
export interface ListWebhooksQuery {
  /** Only those of this flow. */
  flowId?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | null | undefined;
}

/** What `webhooks.listCalls` may be narrowed by. */
export interface ListWebhookCallsQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | null | undefined;
}

/** What `client.webhooks` does. */
export interface WebhooksResource {
  /**
   * Return the question of a mail as a page with a form. Opening it answers nothing. `GET
   * /api/agent-builder/answers/{token}`
   */
  getAnswerPage(token: string | number, options?: RequestOptions): APIPromise<string>;

  /** Answer the question of a mail, once. The run resumes immediately. `POST /api/agent-builder/answers/{token}` */
  answerByMail(token: string | number, options?: RequestOptions): APIPromise<string>;

  /** List webhooks, the newest first. `GET /api/agent-builder/webhooks` */
  list(input?: ListWebhooksQuery, options?: RequestOptions): APIPromise<WebhookList>;

  /**
   * Create a URL at which other services start a flow, with the rights of who asks. The answer has the secret. It is
   * not shown again. `POST /api/agent-builder/webhooks`
   */
  create(input: NewWebhook, options?: RequestOptions): APIPromise<WebhookWithSecret>;

  /** Return a webhook, without its secret. `GET /api/agent-builder/webhooks/{webhook_id}` */
  get(webhookId: string | number, options?: RequestOptions): APIPromise<WebhookView>;

  /**
   * Start the flow of a webhook, as other services do: the body and the query are its input. It needs no key: the call
   * proves the secret of the webhook. With `answer` `sync`, the answer is that of the run; with `stream`, its
   * Server-Sent Events, which the SDKs give as a raw answer only. `POST /api/agent-builder/webhooks/{webhook_id}`
   */
  call(webhookId: string | number, body?: Payload, options?: StartOptions): APIPromise<ExecutionAnswer | ChatAnswer | WebhookReceipt>;

  /**
   * Update, pause or resume a webhook. From then on its runs have the rights of who asks. `PUT
   * /api/agent-builder/webhooks/{webhook_id}`
   */
  update(webhookId: string | number, input?: WebhookChange, options?: RequestOptions): APIPromise<WebhookView>;

  /** Delete a webhook. Its URL stops working; its runs stay. `DELETE /api/agent-builder/webhooks/{webhook_id}` */
  delete(webhookId: string | number, options?: RequestOptions): APIPromise<Deleted>;

  /**
   * List the last calls of a webhook, the newest first, and why calls were refused. `GET
   * /api/agent-builder/webhooks/{webhook_id}/calls`
   */
  listCalls(
    webhookId: string | number,
    input?: ListWebhookCallsQuery,
    options?: RequestOptions,
  ): APIPromise<WebhookCallList>;

  /**
   * Replace the secret of a webhook. The old one stays valid for `keep_hours`. `POST
   * /api/agent-builder/webhooks/{webhook_id}/rotate`
   */
  rotateSecret(webhookId: string | number, input?: NewSecret, options?: RequestOptions): APIPromise<WebhookWithSecret>;
}

/** What `client.webhooks` is made of. */
export const WebhooksResource = /* @__PURE__ */ resource<WebhooksResource>(
  `Webhooks
getAnswerPage GET 0/api/agent-builder/answers/{token} open text:text/html
answerByMail POST 4 open text:text/html
list GET 2/webhooks query:flow_id,limit,cursor
create POST 3 takes:+
get GET 3/{webhookId}
call POST 4 keyed open sends gives:ChatAnswer|ExecutionAnswer
update PUT 4 takes:+
delete DELETE 4
listCalls GET 4/calls query:limit,cursor
rotateSecret POST 4/rotate takes:+
`,
);

/** What `workflows.list` may be narrowed by. */
export interface ListWorkflowsQuery {
  /** How many to leave out first. Default: 0. */
  skip?: number | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** Text in the name, description or tags. */
  search?: string | null | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
}

/** What `workflows.execute` may be narrowed by. */
export interface ExecuteWorkflowQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `workflows.executeStream` may be narrowed by. */
export interface ExecuteWorkflowStreamQuery {
  /** Version to run: a number, a label, `draft`, or `current`. Default: the current one. */
  version?: string | null | undefined;
}

/** What `workflows.listExecutions` may be narrowed by. */
export interface ListWorkflowExecutionsQuery {
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** How many to leave out first. Default: 0. */
  offset?: number | undefined;
  /** Go on after the page before: its `next_cursor`. Not with a page or an offset. */
  after?: string | null | undefined;
  /** Only those of this status. */
  status?: 'cancelled' | 'completed' | 'failed' | 'pending' | 'running' | 'timeout' | 'waiting_approval' | null | undefined;
  /** Only those accepted then or later: a date or time, ISO 8601. */
  from?: string | null | undefined;
  /** Only those accepted before then: a date or time. */
  to?: string | null | undefined;
}

/** What `client.workflows` does. */
export interface WorkflowsResource {
  /** List workflows, the newest first. `GET /api/agent-builder/workflows` */
  list(input?: ListWorkflowsQuery, options?: RequestOptions): APIPromise<WorkflowPage>;

  /** Go through all that `list` lists, page by page. */
  listAll(input?: ListWorkflowsQuery, options?: RequestOptions): AsyncGenerator<ChatflowView | AgentflowView, void, undefined>;

  /** Return a flow of any kind. `GET /api/agent-builder/workflows/{workflow_id}` */
  get(workflowId: string | number, options?: RequestOptions): APIPromise<ChatflowView | AgentflowView>;

  /**
   * Run a flow of any kind and return its output. A chatflow takes the message as `input_data.message`, and
   * `input_data.session_id` if it is to go on with a session. `POST /api/agent-builder/workflows/{workflow_id}/execute`
   */
  execute(
    workflowId: string | number,
    inputData?: Record<string, unknown>,
    input?: Omit<ExecutionRequest, 'inputData'> & ExecuteWorkflowQuery,
    options?: StartOptions,
  ): APIPromise<ExecutionAnswer>;

  /**
   * Run a flow of any kind and stream its events. The data of the last event is `[DONE]`. A repeated request that
   * carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run. `POST
   * /api/agent-builder/workflows/{workflow_id}/execute/stream`
   */
  executeStream(
    workflowId: string | number,
    inputData?: Record<string, unknown>,
    input?: Omit<ExecutionRequest, 'inputData'> & ExecuteWorkflowStreamQuery,
    options?: StartStreamOptions,
  ): EventStream<ExecutionEvent>;

  /** List a workflow's executions, the newest first. `GET /api/agent-builder/workflows/{workflow_id}/executions` */
  listExecutions(
    workflowId: string | number,
    input?: ListWorkflowExecutionsQuery,
    options?: RequestOptions,
  ): APIPromise<FlowExecutionPage>;

  /** Go through all that `listExecutions` lists, page by page. */
  listAllExecutions(
    workflowId: string | number,
    input?: ListWorkflowExecutionsQuery,
    options?: RequestOptions,
  ): AsyncGenerator<FlowExecution, void, undefined>;

  /**
   * Return an execution of a workflow with its input, output, nodes and tokens. `GET
   * /api/agent-builder/workflows/{workflow_id}/executions/{execution_id}`
   */
  getExecution(
    workflowId: string | number,
    executionId: string | number,
    options?: RequestOptions,
  ): APIPromise<FlowExecutionDetails>;
}

/** What `client.workflows` is made of. */
export const WorkflowsResource = /* @__PURE__ */ resource<WorkflowsResource>(
  `Workflows
list GET 0/api/agent-builder/workflows query:skip,limit,search,after gives:WorkflowPage list:skip,limit,workflows
get GET 3/{workflowId} gives:AgentflowView
execute POST 4/execute keyed query:version leads:inputData takes:+limits gives:ExecutionAnswer
executeStream POST 5/stream keyed query:version leads:inputData takes:+limits gives:ExecutionStatus events:complete,error
listExecutions GET 4/executions query:limit,offset,after,status,from,to list:offset,limit,executions
getExecution GET 5/{executionId}
`,
);

/** What `client.workspaces` does. */
export interface WorkspacesResource {
  /** List the workspaces that you can use. `GET /api/agent-builder/workspaces` */
  list(options?: RequestOptions): APIPromise<WorkspaceList>;

  /** Create a workspace. You become its owner. `POST /api/agent-builder/workspaces` */
  create(input: NewWorkspace, options?: RequestOptions): APIPromise<WorkspaceView>;

  /** Return your current workspace, by ID or slug. `GET /api/agent-builder/workspaces/{workspace_id}` */
  get(workspaceId: string | number, options?: RequestOptions): APIPromise<WorkspaceView>;

  /** Rename your current workspace. `PUT /api/agent-builder/workspaces/{workspace_id}` */
  update(workspaceId: string | number, input: WorkspaceChange, options?: RequestOptions): APIPromise<WorkspaceView>;

  /**
   * List the open invitations of your current workspace. `GET /api/agent-builder/workspaces/{workspace_id}/invitations`
   */
  listInvitations(workspaceId: string | number, options?: RequestOptions): APIPromise<MemberList>;

  /** Withdraw an invitation. `DELETE /api/agent-builder/workspaces/{workspace_id}/invitations/{invitation_id}` */
  withdrawInvitation(
    workspaceId: string | number,
    invitationId: string | number,
    options?: RequestOptions,
  ): APIPromise<Deleted>;

  /** List the members of your current workspace. `GET /api/agent-builder/workspaces/{workspace_id}/members` */
  listMembers(workspaceId: string | number, options?: RequestOptions): APIPromise<MemberList>;

  /**
   * Invite an email address to your current workspace. The user becomes a member by accepting (`POST
   * /invitations/{id}/accept`). The answer is the same whether a user has the address or not. `POST
   * /api/agent-builder/workspaces/{workspace_id}/members`
   */
  addMember(workspaceId: string | number, input: NewMember, options?: RequestOptions): APIPromise<MemberView>;

  /**
   * Change the role of a member. Streams that are no longer allowed end within five seconds. `PUT
   * /api/agent-builder/workspaces/{workspace_id}/members/{user_id}`
   */
  updateMember(
    workspaceId: string | number,
    userId: string | number,
    input: RoleChange,
    options?: RequestOptions,
  ): APIPromise<MemberView>;

  /**
   * Remove a member. The member's keys of this workspace stop working. `DELETE
   * /api/agent-builder/workspaces/{workspace_id}/members/{user_id}`
   */
  removeMember(workspaceId: string | number, userId: string | number, options?: RequestOptions): APIPromise<Deleted>;
}

/** What `client.workspaces` is made of. */
export const WorkspacesResource = /* @__PURE__ */ resource<WorkspacesResource>(
  `Workspaces
list GET 0/api/agent-builder/workspaces
create POST 3 takes
get GET 3/{workspaceId}
update PUT 4 takes
listInvitations GET 4/invitations
withdrawInvitation DELETE 5/{invitationId}
listMembers GET 4/members
addMember POST 5 takes
updateMember PUT 5/{userId} takes
removeMember DELETE 6
`,
);
