/** Generated from the API's OpenAPI document: what a client can do, by resource. */

import type { APIPromise } from './answer.js';
import type { Connection } from './connection.js';
import type { Download } from './download.js';
import type { Upload } from './files.js';
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
  WebhookView,
  WebhookWithSecret,
  WorkflowPage,
  WorkspaceChange,
  WorkspaceList,
  WorkspaceView,
} from './models.js';
import { segment, type RequestOptions, type StartOptions, type StartStreamOptions, type StreamOptions } from './options.js';
import { goThrough } from './pages.js';
import type { EventStream } from './stream.js';
import { waitFor, type WaitOptions } from './waiting.js';
import { pick } from './wire.js';

/** What `client.account` does. */
export class AccountResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Log in with a password. A wrong password and an unknown email address get the same response. `POST
   * /api/agent-builder/auth/login`
   */
  login(input: Login, options: RequestOptions = {}): APIPromise<Tokens> {
    return this.#connection.json<Tokens>({
      method: 'POST',
      path: '/api/agent-builder/auth/login',
      body: input,
      open: true,
      gives: 'Tokens',
    }, options);
  }

  /** End the login of the access token, with all its streams. `POST /api/agent-builder/auth/logout` */
  logout(options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({ method: 'POST', path: '/api/agent-builder/auth/logout' }, options);
  }

  /** Return the identity and permissions of the client. `GET /api/agent-builder/auth/me` */
  whoAmI(options: RequestOptions = {}): APIPromise<Account> {
    return this.#connection.json<Account>({ method: 'GET', path: '/api/agent-builder/auth/me', gives: true }, options);
  }

  /** Change your own password. All your logins end, including this one. `POST /api/agent-builder/auth/password` */
  changePassword(input: PasswordChange, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'POST',
      path: '/api/agent-builder/auth/password',
      body: input,
      takes: true,
    }, options);
  }

  /** Exchange a refresh token for the next pair of tokens. `POST /api/agent-builder/auth/refresh` */
  refreshLogin(input: Refresh, options: RequestOptions = {}): APIPromise<Tokens> {
    return this.#connection.json<Tokens>({
      method: 'POST',
      path: '/api/agent-builder/auth/refresh',
      body: input,
      takes: true,
      open: true,
      gives: 'Tokens',
    }, options);
  }

  /** List the invitations of the caller's address, the oldest first. `GET /api/agent-builder/invitations` */
  listMyInvitations(options: RequestOptions = {}): APIPromise<InvitationList> {
    return this.#connection.json<InvitationList>({
      method: 'GET',
      path: '/api/agent-builder/invitations',
      gives: 'InvitationList',
    }, options);
  }

  /** Decline an invitation; the workspace may invite again. `DELETE /api/agent-builder/invitations/{invitation_id}` */
  declineInvitation(invitationId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/invitations/${segment('invitationId', invitationId)}`,
    }, options);
  }

  /**
   * Become a member of the workspace that has invited the caller. `POST
   * /api/agent-builder/invitations/{invitation_id}/accept`
   */
  acceptInvitation(invitationId: string, options: RequestOptions = {}): APIPromise<InvitationView> {
    return this.#connection.json<InvitationView>({
      method: 'POST',
      path: `/api/agent-builder/invitations/${segment('invitationId', invitationId)}/accept`,
      gives: true,
    }, options);
  }

  /**
   * Create a ticket for streams. It is valid for one minute. It can no more than its caller, and a stream that it
   * opened ends with the caller's right to it. `POST /api/agent-builder/tickets`
   */
  createTicket(input: NewTicket = {}, options: RequestOptions = {}): APIPromise<TicketView> {
    return this.#connection.json<TicketView>({
      method: 'POST',
      path: '/api/agent-builder/tickets',
      body: input,
      takes: true,
      gives: 'TicketView',
    }, options);
  }
}

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
export class AgentflowsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List agentflows, the newest first. `GET /api/agent-builder/agentflows` */
  list(input: ListAgentflowsQuery = {}, options: RequestOptions = {}): APIPromise<FlowPage> {
    return this.#connection.json<FlowPage>({
      method: 'GET',
      path: '/api/agent-builder/agentflows',
      query: pick(input, 'search tags category is_active page page_size after sort_by sort_order'),
      gives: 'FlowPage',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListAgentflowsQuery = {}, options: RequestOptions = {}): AsyncGenerator<ChatflowView | AgentflowView, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.flows,
      { by: 'page', start: input.page, size: input.pageSize },
    );
  }

  /**
   * Store an agentflow. A `graph_definition` that could not run is refused: `errors` has everything that is wrong with
   * it. `POST /api/agent-builder/agentflows`
   */
  create(input: Agentflow, options: RequestOptions = {}): APIPromise<AgentflowView> {
    return this.#connection.json<AgentflowView>({
      method: 'POST',
      path: '/api/agent-builder/agentflows',
      body: input,
      takes: 'Agentflow',
      gives: 'AgentflowView',
    }, options);
  }

  /** Return an agentflow. `GET /api/agent-builder/agentflows/{flow_id}` */
  get(flowId: string, options: RequestOptions = {}): APIPromise<AgentflowView> {
    return this.#connection.json<AgentflowView>({
      method: 'GET',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}`,
      gives: 'AgentflowView',
    }, options);
  }

  /**
   * Update an agentflow. Missing fields stay unchanged, and active runs keep their version. `PUT
   * /api/agent-builder/agentflows/{flow_id}`
   */
  update(flowId: string, input: AgentflowChange = {}, options: RequestOptions = {}): APIPromise<AgentflowView> {
    return this.#connection.json<AgentflowView>({
      method: 'PUT',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}`,
      body: input,
      takes: 'AgentflowChange',
      gives: 'AgentflowView',
    }, options);
  }

  /** Delete an agentflow. Its executions stay readable. `DELETE /api/agent-builder/agentflows/{flow_id}` */
  delete(flowId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}`,
    }, options);
  }

  /** List the agents of an agentflow. `GET /api/agent-builder/agentflows/{flow_id}/agents` */
  listAttachedAgents(flowId: string, options: RequestOptions = {}): APIPromise<AttachedList> {
    return this.#connection.json<AttachedList>({
      method: 'GET',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/agents`,
      gives: 'AttachedList',
    }, options);
  }

  /**
   * Attach an agent to an agentflow. It may depend on an agent that is not attached yet: `GET
   * /agentflows/{flow_id}/validate` tells what is still missing. `POST /api/agent-builder/agentflows/{flow_id}/agents`
   */
  attachAgent(flowId: string, input: AttachedAgent, options: RequestOptions = {}): APIPromise<AttachedView> {
    return this.#connection.json<AttachedView>({
      method: 'POST',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/agents`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /**
   * Return an agent of an agentflow, by its ID or by the ID of its stored agent. `GET
   * /api/agent-builder/agentflows/{flow_id}/agents/{attached_id}`
   */
  getAttachedAgent(flowId: string, attachedId: string, options: RequestOptions = {}): APIPromise<AttachedView> {
    return this.#connection.json<AttachedView>({
      method: 'GET',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/agents/${segment('attachedId', attachedId)}`,
      gives: true,
    }, options);
  }

  /**
   * Update an agent of an agentflow. Missing fields stay unchanged. `PUT
   * /api/agent-builder/agentflows/{flow_id}/agents/{attached_id}`
   */
  updateAttachedAgent(
    flowId: string,
    attachedId: string,
    input: AttachedAgentChange = {},
    options: RequestOptions = {},
  ): APIPromise<AttachedView> {
    return this.#connection.json<AttachedView>({
      method: 'PUT',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/agents/${segment('attachedId', attachedId)}`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /**
   * Remove an agent from an agentflow. The stored agent stays. `DELETE
   * /api/agent-builder/agentflows/{flow_id}/agents/{attached_id}`
   */
  detachAgent(flowId: string, attachedId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/agents/${segment('attachedId', attachedId)}`,
    }, options);
  }

  /**
   * Run an agentflow and return its output. The run continues if the client disconnects, unless the request or its key
   * says otherwise. `POST /api/agent-builder/agentflows/{flow_id}/execute`
   */
  execute(
    flowId: string,
    inputData: Record<string, unknown> = {},
    input: Omit<ExecutionRequest, 'inputData'> & ExecuteAgentflowQuery = {},
    options: StartOptions = {},
  ): APIPromise<ExecutionAnswer> {
    const { version, ...body } = input;
    return this.#connection.json<ExecutionAnswer>({
      method: 'POST',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/execute`,
      query: { version: version },
      body: { inputData, ...input },
      takes: 'ExecutionRequest',
      keyed: true,
      gives: 'ExecutionAnswer',
    }, options);
  }

  /**
   * Run an agentflow and stream its events. The data of the last event is the text `[DONE]`. A repeated request that
   * carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run. `POST
   * /api/agent-builder/agentflows/{flow_id}/execute/stream`
   */
  executeStream(
    flowId: string,
    inputData: Record<string, unknown> = {},
    input: Omit<ExecutionRequest, 'inputData'> & ExecuteAgentflowStreamQuery = {},
    options: StartStreamOptions = {},
  ): EventStream<ExecutionEvent> {
    const { version, ...body } = input;
    return this.#connection.stream<ExecutionEvent>({
      method: 'POST',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/execute/stream`,
      query: { version: version },
      body: { inputData, ...input },
      takes: 'ExecutionRequest',
      keyed: true,
      gives: { any: ['ExecutionStart', 'ExecutionStatus', 'ExecutionNode', 'ExecutionToken', 'ExecutionReset', 'ToolState', 'ChatCitation', 'ExecutionComplete', 'ExecutionFailed'] },
      ends: ['complete', 'error'],
    }, options);
  }

  /**
   * Explain the steps of an agentflow without running it. `GET /api/agent-builder/agentflows/{flow_id}/execution-plan`
   */
  plan(flowId: string, options: RequestOptions = {}): APIPromise<ExecutionPlan> {
    return this.#connection.json<ExecutionPlan>({
      method: 'GET',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/execution-plan`,
      gives: true,
    }, options);
  }

  /** List an agentflow's executions, the newest first. `GET /api/agent-builder/agentflows/{flow_id}/executions` */
  listExecutions(
    flowId: string,
    input: ListAgentflowExecutionsQuery = {},
    options: RequestOptions = {},
  ): APIPromise<FlowExecutionPage> {
    return this.#connection.json<FlowExecutionPage>({
      method: 'GET',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/executions`,
      query: pick(input, 'limit offset after status from to'),
      gives: 'FlowExecutionPage',
    }, options);
  }

  /** Go through all that `listExecutions` lists, page by page. */
  listAllExecutions(
    flowId: string,
    input: ListAgentflowExecutionsQuery = {},
    options: RequestOptions = {},
  ): AsyncGenerator<FlowExecution, void, undefined> {
    return goThrough(
      (place) => this.listExecutions(flowId, { ...input, ...place }, options),
      (found) => found.executions,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /**
   * Return an execution with its input, output, nodes and tokens. `GET
   * /api/agent-builder/agentflows/{flow_id}/executions/{execution_id}`
   */
  getExecution(flowId: string, executionId: string, options: RequestOptions = {}): APIPromise<FlowExecutionDetails> {
    return this.#connection.json<FlowExecutionDetails>({
      method: 'GET',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/executions/${segment('executionId', executionId)}`,
      gives: 'FlowExecutionDetails',
    }, options);
  }

  /** Validate an agentflow without running it. `GET /api/agent-builder/agentflows/{flow_id}/validate` */
  validate(flowId: string, options: RequestOptions = {}): APIPromise<Checked> {
    return this.#connection.json<Checked>({
      method: 'GET',
      path: `/api/agent-builder/agentflows/${segment('flowId', flowId)}/validate`,
    }, options);
  }
}

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
export class AgentsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List agents, the newest first. `GET /api/agent-builder/agents` */
  list(input: ListAgentsQuery = {}, options: RequestOptions = {}): APIPromise<AgentPage> {
    return this.#connection.json<AgentPage>({
      method: 'GET',
      path: '/api/agent-builder/agents',
      query: pick(input, 'search page page_size after sort_by sort_order'),
      gives: 'AgentPage',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListAgentsQuery = {}, options: RequestOptions = {}): AsyncGenerator<AgentView, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.agents,
      { by: 'page', start: input.page, size: input.pageSize },
    );
  }

  /** Store an agent. `POST /api/agent-builder/agents` */
  create(input: Agent, options: RequestOptions = {}): APIPromise<AgentView> {
    return this.#connection.json<AgentView>({
      method: 'POST',
      path: '/api/agent-builder/agents',
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Return an agent. `GET /api/agent-builder/agents/{agent_id}` */
  get(agentId: string, options: RequestOptions = {}): APIPromise<AgentView> {
    return this.#connection.json<AgentView>({
      method: 'GET',
      path: `/api/agent-builder/agents/${segment('agentId', agentId)}`,
      gives: true,
    }, options);
  }

  /** Update an agent. Missing fields stay unchanged. `PUT /api/agent-builder/agents/{agent_id}` */
  update(agentId: string, input: AgentChange = {}, options: RequestOptions = {}): APIPromise<AgentView> {
    return this.#connection.json<AgentView>({
      method: 'PUT',
      path: `/api/agent-builder/agents/${segment('agentId', agentId)}`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Delete an agent. `DELETE /api/agent-builder/agents/{agent_id}` */
  delete(agentId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/agents/${segment('agentId', agentId)}`,
    }, options);
  }
}

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
export class AuditResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List audit entries, newest first. `GET /api/agent-builder/audit` */
  list(input: ListAuditQuery = {}, options: RequestOptions = {}): APIPromise<AuditLog> {
    return this.#connection.json<AuditLog>({
      method: 'GET',
      path: '/api/agent-builder/audit',
      query: pick(input, 'actor action target from to limit offset after'),
      gives: 'AuditLog',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListAuditQuery = {}, options: RequestOptions = {}): AsyncGenerator<AuditEntry, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.entries,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }
}

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
export class ChatflowsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Check that a provider is reachable at the operator's URL and has a model. No model is asked anything, so it costs
   * nothing. `POST /api/agent-builder/ai-agent-chat/check-connection`
   */
  checkConnection(input: ConnectionCheck, options: RequestOptions = {}): APIPromise<ConnectionFound> {
    return this.#connection.json<ConnectionFound>({
      method: 'POST',
      path: '/api/agent-builder/ai-agent-chat/check-connection',
      body: input,
      takes: true,
    }, options);
  }

  /**
   * Delete a session with its runs and their events. Active runs are cancelled first. `DELETE
   * /api/agent-builder/ai-agent-chat/sessions/{session_id}`
   */
  deleteAgentSession(sessionId: string, options: RequestOptions = {}): APIPromise<Cleared> {
    return this.#connection.json<Cleared>({
      method: 'DELETE',
      path: `/api/agent-builder/ai-agent-chat/sessions/${segment('sessionId', sessionId)}`,
      gives: true,
    }, options);
  }

  /**
   * Return the messages of a session, oldest first. `GET
   * /api/agent-builder/ai-agent-chat/sessions/{session_id}/history`
   */
  getAgentSession(sessionId: string, options: RequestOptions = {}): APIPromise<AgentHistoryPage> {
    return this.#connection.json<AgentHistoryPage>({
      method: 'GET',
      path: `/api/agent-builder/ai-agent-chat/sessions/${segment('sessionId', sessionId)}/history`,
      gives: 'AgentHistoryPage',
    }, options);
  }

  /** Return the messages of a session, oldest first. `GET /api/agent-builder/chat/{workflow_id}/history` */
  getMessages(workflowId: string, input: GetMessagesQuery, options: RequestOptions = {}): APIPromise<TriggerHistoryPage> {
    return this.#connection.json<TriggerHistoryPage>({
      method: 'GET',
      path: `/api/agent-builder/chat/${segment('workflowId', workflowId)}/history`,
      query: pick(input, 'session_id'),
      gives: 'TriggerHistoryPage',
    }, options);
  }

  /**
   * Send a message to a stored chatflow. The flow can read its `metadata`. `POST
   * /api/agent-builder/chat/{workflow_id}/message`
   */
  sendMessage(workflowId: string, input: TriggerRequest, options: StartOptions = {}): APIPromise<TriggerAnswer> {
    return this.#connection.json<TriggerAnswer>({
      method: 'POST',
      path: `/api/agent-builder/chat/${segment('workflowId', workflowId)}/message`,
      body: input,
      takes: true,
      keyed: true,
      gives: 'TriggerAnswer',
    }, options);
  }

  /**
   * Send a chat message and return the answer. The run belongs to the server: it goes on when the client leaves. A run
   * that fails is an answer with `success: false` and a sentence in `error`; the HTTP status speaks of the request
   * alone. `POST /api/agent-builder/chatflow/chat`
   */
  chat(input: ChatRequest, options: StartOptions = {}): APIPromise<ChatAnswer> {
    return this.#connection.json<ChatAnswer>({
      method: 'POST',
      path: '/api/agent-builder/chatflow/chat',
      body: input,
      takes: 'ChatRequest',
      keyed: true,
      gives: 'ChatAnswer',
    }, options);
  }

  /**
   * The same for EventSource in browsers. A ticket can be in `?token=`. An EventSource reconnects by itself. It then
   * sends `Last-Event-ID` and goes on with its run; and as long as the end of a run has not been delivered, the same
   * address leads to it and never starts a second one. `GET /api/agent-builder/chatflow/chat/stream`
   */
  chatEventSource(input: ChatEventSourceQuery, options: StartStreamOptions = {}): EventStream<ChatEvent> {
    return this.#connection.stream<ChatEvent>({
      method: 'GET',
      path: '/api/agent-builder/chatflow/chat/stream',
      query: pick(input, 'message session_id workflow_id config inputs'),
      keyed: true,
      gives: { any: ['ChatStart', 'ChatContent', 'ChatReasoning', 'ChatReset', 'ChatNode', 'ToolState', 'ChatCitation', 'ChatInput', 'ChatStatus', 'ChatDone', 'ChatError'] },
      ends: ['done', 'error'],
    }, options);
  }

  /**
   * Send a chat message and stream the answer as Server-Sent Events. A repeated request that carries `Last-Event-ID`,
   * or the same `Idempotency-Key`, goes on with its run. `POST /api/agent-builder/chatflow/chat/stream`
   */
  chatStream(input: ChatRequest, options: StartStreamOptions = {}): EventStream<ChatEvent> {
    return this.#connection.stream<ChatEvent>({
      method: 'POST',
      path: '/api/agent-builder/chatflow/chat/stream',
      body: input,
      takes: 'ChatRequest',
      keyed: true,
      gives: { any: ['ChatStart', 'ChatContent', 'ChatReasoning', 'ChatReset', 'ChatNode', 'ToolState', 'ChatCitation', 'ChatInput', 'ChatStatus', 'ChatDone', 'ChatError'] },
      ends: ['done', 'error'],
    }, options);
  }

  /**
   * Send a message to a stored chatflow and return the answer. `POST
   * /api/agent-builder/chatflow/workflows/{workflow_id}/chat`
   */
  chatWithFlow(
    workflowId: string,
    input: Omit<ChatRequest, 'workflowId'> & ChatWithFlowQuery,
    options: StartOptions = {},
  ): APIPromise<ChatAnswer> {
    const { version, ...body } = input;
    return this.#connection.json<ChatAnswer>({
      method: 'POST',
      path: `/api/agent-builder/chatflow/workflows/${segment('workflowId', workflowId)}/chat`,
      query: { version: version },
      body,
      takes: 'ChatRequest',
      keyed: true,
      gives: 'ChatAnswer',
    }, options);
  }

  /** The same for EventSource in browsers. `GET /api/agent-builder/chatflow/workflows/{workflow_id}/chat/stream` */
  chatWithFlowEventSource(
    workflowId: string,
    input: ChatWithFlowEventSourceQuery,
    options: StartStreamOptions = {},
  ): EventStream<ChatEvent> {
    return this.#connection.stream<ChatEvent>({
      method: 'GET',
      path: `/api/agent-builder/chatflow/workflows/${segment('workflowId', workflowId)}/chat/stream`,
      query: pick(input, 'message session_id config inputs version'),
      keyed: true,
      gives: { any: ['ChatStart', 'ChatContent', 'ChatReasoning', 'ChatReset', 'ChatNode', 'ToolState', 'ChatCitation', 'ChatInput', 'ChatStatus', 'ChatDone', 'ChatError'] },
      ends: ['done', 'error'],
    }, options);
  }

  /**
   * Send a message to a stored chatflow and stream the answer as Server-Sent Events. `POST
   * /api/agent-builder/chatflow/workflows/{workflow_id}/chat/stream`
   */
  chatWithFlowStream(
    workflowId: string,
    input: Omit<ChatRequest, 'workflowId'> & ChatWithFlowStreamQuery,
    options: StartStreamOptions = {},
  ): EventStream<ChatEvent> {
    const { version, ...body } = input;
    return this.#connection.stream<ChatEvent>({
      method: 'POST',
      path: `/api/agent-builder/chatflow/workflows/${segment('workflowId', workflowId)}/chat/stream`,
      query: { version: version },
      body,
      takes: 'ChatRequest',
      keyed: true,
      gives: { any: ['ChatStart', 'ChatContent', 'ChatReasoning', 'ChatReset', 'ChatNode', 'ToolState', 'ChatCitation', 'ChatInput', 'ChatStatus', 'ChatDone', 'ChatError'] },
      ends: ['done', 'error'],
    }, options);
  }

  /** List chatflows, the newest first. `GET /api/agent-builder/chatflows` */
  list(input: ListChatflowsQuery = {}, options: RequestOptions = {}): APIPromise<FlowPage> {
    return this.#connection.json<FlowPage>({
      method: 'GET',
      path: '/api/agent-builder/chatflows',
      query: pick(input, 'search tags category is_active page page_size after sort_by sort_order'),
      gives: 'FlowPage',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListChatflowsQuery = {}, options: RequestOptions = {}): AsyncGenerator<ChatflowView | AgentflowView, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.flows,
      { by: 'page', start: input.page, size: input.pageSize },
    );
  }

  /**
   * Store a chatflow. One that could not run is refused: `errors` has everything that is wrong with it, by node and
   * place. `POST /api/agent-builder/chatflows`
   */
  create(input: Chatflow, options: RequestOptions = {}): APIPromise<ChatflowView> {
    return this.#connection.json<ChatflowView>({
      method: 'POST',
      path: '/api/agent-builder/chatflows',
      body: input,
      takes: 'Chatflow',
      gives: 'ChatflowView',
    }, options);
  }

  /** Return a chatflow. `GET /api/agent-builder/chatflows/{flow_id}` */
  get(flowId: string, options: RequestOptions = {}): APIPromise<ChatflowView> {
    return this.#connection.json<ChatflowView>({
      method: 'GET',
      path: `/api/agent-builder/chatflows/${segment('flowId', flowId)}`,
      gives: 'ChatflowView',
    }, options);
  }

  /**
   * Update a chatflow. Missing fields stay unchanged, and active runs keep their version. `PUT
   * /api/agent-builder/chatflows/{flow_id}`
   */
  update(flowId: string, input: ChatflowChange = {}, options: RequestOptions = {}): APIPromise<ChatflowView> {
    return this.#connection.json<ChatflowView>({
      method: 'PUT',
      path: `/api/agent-builder/chatflows/${segment('flowId', flowId)}`,
      body: input,
      takes: 'ChatflowChange',
      gives: 'ChatflowView',
    }, options);
  }

  /** Delete a chatflow. Its sessions and executions stay readable. `DELETE /api/agent-builder/chatflows/{flow_id}` */
  delete(flowId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/chatflows/${segment('flowId', flowId)}`,
    }, options);
  }

  /** Validate a chatflow without running it. `GET /api/agent-builder/chatflows/{flow_id}/validate` */
  validate(flowId: string, options: RequestOptions = {}): APIPromise<Checked> {
    return this.#connection.json<Checked>({
      method: 'GET',
      path: `/api/agent-builder/chatflows/${segment('flowId', flowId)}/validate`,
    }, options);
  }
}

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
export class CostTrackingResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List budgets with their current amounts, newest first. `GET /api/agent-builder/budgets` */
  listBudgets(options: RequestOptions = {}): APIPromise<BudgetList> {
    return this.#connection.json<BudgetList>({
      method: 'GET',
      path: '/api/agent-builder/budgets',
      gives: 'BudgetList',
    }, options);
  }

  /** Create a budget. Earlier spending in the current period counts. `POST /api/agent-builder/budgets` */
  createBudget(input: NewBudget, options: RequestOptions = {}): APIPromise<BudgetView> {
    return this.#connection.json<BudgetView>({
      method: 'POST',
      path: '/api/agent-builder/budgets',
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Return a budget with its current amounts. `GET /api/agent-builder/budgets/{budget_id}` */
  getBudget(budgetId: string, options: RequestOptions = {}): APIPromise<BudgetView> {
    return this.#connection.json<BudgetView>({
      method: 'GET',
      path: `/api/agent-builder/budgets/${segment('budgetId', budgetId)}`,
      gives: true,
    }, options);
  }

  /**
   * Update the name or amount of a budget. Other processes use it within two seconds. `PUT
   * /api/agent-builder/budgets/{budget_id}`
   */
  updateBudget(budgetId: string, input: BudgetChange = {}, options: RequestOptions = {}): APIPromise<BudgetView> {
    return this.#connection.json<BudgetView>({
      method: 'PUT',
      path: `/api/agent-builder/budgets/${segment('budgetId', budgetId)}`,
      body: input,
      gives: true,
    }, options);
  }

  /** Delete a budget. `DELETE /api/agent-builder/budgets/{budget_id}` */
  deleteBudget(budgetId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/budgets/${segment('budgetId', budgetId)}`,
    }, options);
  }

  /** Return costs by model and day, the last requests, and budgets. `GET /api/agent-builder/cost-tracking/dashboard` */
  dashboard(input: CostDashboardQuery = {}, options: RequestOptions = {}): APIPromise<CostDashboard> {
    return this.#connection.json<CostDashboard>({
      method: 'GET',
      path: '/api/agent-builder/cost-tracking/dashboard',
      query: pick(input, 'days workflow_id'),
      gives: 'CostDashboard',
    }, options);
  }

  /** Estimate the cost of a number of tokens. `GET /api/agent-builder/cost-tracking/estimate` */
  estimate(input: EstimateCostQuery, options: RequestOptions = {}): APIPromise<Estimate> {
    return this.#connection.json<Estimate>({
      method: 'GET',
      path: '/api/agent-builder/cost-tracking/estimate',
      query: pick(input, 'model provider input_tokens output_tokens'),
      gives: true,
    }, options);
  }

  /** List current prices. `GET /api/agent-builder/cost-tracking/pricing` */
  listPricing(input: ListPricingQuery = {}, options: RequestOptions = {}): APIPromise<PriceList> {
    return this.#connection.json<PriceList>({
      method: 'GET',
      path: '/api/agent-builder/cost-tracking/pricing',
      query: pick(input, 'provider model'),
      gives: 'PriceList',
    }, options);
  }

  /**
   * Set the price of a model. It wins over the price list, also over newer lists. Prices are the server's, and only its
   * first workspace sets them. `POST /api/agent-builder/cost-tracking/pricing`
   */
  setPricing(input: ModelPrice, options: RequestOptions = {}): APIPromise<PriceView> {
    return this.#connection.json<PriceView>({
      method: 'POST',
      path: '/api/agent-builder/cost-tracking/pricing',
      body: input,
      takes: 'ModelPrice',
      gives: 'PriceView',
    }, options);
  }

  /** Record usage of a model from another system. `POST /api/agent-builder/cost-tracking/record` */
  record(input: NewRecord, options: RequestOptions = {}): APIPromise<CostRecord> {
    return this.#connection.json<CostRecord>({
      method: 'POST',
      path: '/api/agent-builder/cost-tracking/record',
      body: input,
      takes: true,
      gives: true,
    }, options);
  }
}

/** What `client.credentials` does. */
export class CredentialsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List the credentials by name, without their secrets. `GET /api/agent-builder/credentials` */
  list(options: RequestOptions = {}): APIPromise<CredentialList> {
    return this.#connection.json<CredentialList>({
      method: 'GET',
      path: '/api/agent-builder/credentials',
      gives: 'CredentialList',
    }, options);
  }

  /** Store a credential, encrypted. `POST /api/agent-builder/credentials` */
  create(input: NewCredential, options: RequestOptions = {}): APIPromise<CredentialView> {
    return this.#connection.json<CredentialView>({
      method: 'POST',
      path: '/api/agent-builder/credentials',
      body: input,
      gives: true,
    }, options);
  }

  /** Return a credential without its secret. `GET /api/agent-builder/credentials/{credential_id}` */
  get(credentialId: string, options: RequestOptions = {}): APIPromise<CredentialView> {
    return this.#connection.json<CredentialView>({
      method: 'GET',
      path: `/api/agent-builder/credentials/${segment('credentialId', credentialId)}`,
      gives: true,
    }, options);
  }

  /**
   * Update the secret or hosts of a credential. Active runs use it from their next request. `PUT
   * /api/agent-builder/credentials/{credential_id}`
   */
  update(credentialId: string, input: CredentialChange = {}, options: RequestOptions = {}): APIPromise<CredentialView> {
    return this.#connection.json<CredentialView>({
      method: 'PUT',
      path: `/api/agent-builder/credentials/${segment('credentialId', credentialId)}`,
      body: input,
      gives: true,
    }, options);
  }

  /**
   * Delete a credential. Flows that use it fail until a new one has its name. Tokens of OAuth are revoked at the
   * authorization server, where it offers that. `DELETE /api/agent-builder/credentials/{credential_id}`
   */
  delete(credentialId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/credentials/${segment('credentialId', credentialId)}`,
    }, options);
  }

  /**
   * Begin an authorization. You must finish it yourself within 10 minutes. `POST
   * /api/agent-builder/oauth/authorizations`
   */
  beginAuthorization(input: NewAuthorization, options: RequestOptions = {}): APIPromise<AuthorizationView> {
    return this.#connection.json<AuthorizationView>({
      method: 'POST',
      path: '/api/agent-builder/oauth/authorizations',
      body: input,
      gives: 'AuthorizationView',
    }, options);
  }

  /**
   * Finish an authorization that you began, with the parameters of the callback URL. `POST
   * /api/agent-builder/oauth/authorizations/finish`
   */
  finishAuthorization(input: AuthorizationCode, options: RequestOptions = {}): APIPromise<CredentialView> {
    return this.#connection.json<CredentialView>({
      method: 'POST',
      path: '/api/agent-builder/oauth/authorizations/finish',
      body: input,
      gives: true,
    }, options);
  }

  /** List the OAuth clients that the operator has registered. `GET /api/agent-builder/oauth/clients` */
  listOAuthClients(options: RequestOptions = {}): APIPromise<OAuthClientList> {
    return this.#connection.json<OAuthClientList>({
      method: 'GET',
      path: '/api/agent-builder/oauth/clients',
      gives: true,
    }, options);
  }
}

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
export class EmbedsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Create or update the embed of a chatflow. A chatflow has one embed. Its token stays when it is changed. `POST
   * /api/agent-builder/embed`
   */
  put(input: NewEmbed, options: RequestOptions = {}): APIPromise<EmbedView> {
    return this.#connection.json<EmbedView>({
      method: 'POST',
      path: '/api/agent-builder/embed',
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Return a file of the embedded chat. `GET /api/agent-builder/embed/assets/{name}` */
  getWidgetModule(name: string, options: RequestOptions = {}): APIPromise<string> {
    return this.#connection.text({
      method: 'GET',
      path: `/api/agent-builder/embed/assets/${segment('name', name)}`,
      open: true,
      accept: 'text/javascript',
    }, options);
  }

  /** Cancel a run of the visitor. `POST /api/agent-builder/embed/public/{embed_token}/cancel` */
  visitorCancel(
    embedToken: string,
    input: OneRun & EmbedCancelParameters,
    options: RequestOptions = {},
  ): APIPromise<RunStatus> {
    const { visitorSession, origin, ...body } = input;
    return this.#connection.json<RunStatus>({
      method: 'POST',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/cancel`,
      headers: { 'X-Visitor-Session': visitorSession, Origin: origin },
      body,
      takes: true,
      open: true,
      gives: true,
    }, options);
  }

  /** Send a visitor's message and return the answer. `POST /api/agent-builder/embed/public/{embed_token}/chat` */
  visitorChat(
    embedToken: string,
    input: VisitorMessage & EmbedChatParameters,
    options: StartOptions = {},
  ): APIPromise<VisitorAnswer> {
    const { visitorSession, origin, ...body } = input;
    return this.#connection.json<VisitorAnswer>({
      method: 'POST',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/chat`,
      headers: { 'X-Visitor-Session': visitorSession, Origin: origin },
      body,
      takes: true,
      keyed: true,
      open: true,
      gives: 'VisitorAnswer',
    }, options);
  }

  /**
   * Stream a run of the visitor from its first event, or after `Last-Event-ID`. `GET
   * /api/agent-builder/embed/public/{embed_token}/chat/stream`
   */
  visitorChatResume(
    embedToken: string,
    input: EmbedChatResumeParameters,
    options: StreamOptions = {},
  ): EventStream<VisitorEvent> {
    return this.#connection.stream<VisitorEvent>({
      method: 'GET',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/chat/stream`,
      query: pick(input, 'execution_id'),
      headers: { 'X-Visitor-Session': input.visitorSession, Origin: input.origin },
      open: true,
      gives: { any: ['VisitorStart', 'VisitorContent', 'VisitorReset', 'VisitorCitation', 'VisitorInput', 'VisitorStatus', 'VisitorDone', 'VisitorError'] },
      ends: ['done', 'error'],
    }, options);
  }

  /**
   * Send a visitor's message and stream the answer as Server-Sent Events. A repeated request with the same
   * `Idempotency-Key` goes on with its run, after `Last-Event-ID` where it has one. `POST
   * /api/agent-builder/embed/public/{embed_token}/chat/stream`
   */
  visitorChatStream(
    embedToken: string,
    input: VisitorMessage & EmbedChatStreamParameters,
    options: StartStreamOptions = {},
  ): EventStream<VisitorEvent> {
    const { visitorSession, origin, ...body } = input;
    return this.#connection.stream<VisitorEvent>({
      method: 'POST',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/chat/stream`,
      headers: { 'X-Visitor-Session': visitorSession, Origin: origin },
      body,
      takes: true,
      keyed: true,
      open: true,
      gives: { any: ['VisitorStart', 'VisitorContent', 'VisitorReset', 'VisitorCitation', 'VisitorInput', 'VisitorStatus', 'VisitorDone', 'VisitorError'] },
      ends: ['done', 'error'],
    }, options);
  }

  /**
   * Return the appearance of the chat in the visitor's language. `GET
   * /api/agent-builder/embed/public/{embed_token}/config`
   */
  visitorConfig(
    embedToken: string,
    input: GetEmbedConfigParameters = {},
    options: RequestOptions = {},
  ): APIPromise<PublicConfig> {
    return this.#connection.json<PublicConfig>({
      method: 'GET',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/config`,
      query: pick(input, 'locale'),
      headers: { 'X-Visitor-Session': input.visitorSession, Origin: input.origin },
      open: true,
      gives: 'PublicConfig',
    }, options);
  }

  /** Store a visitor's rating of an answer. `POST /api/agent-builder/embed/public/{embed_token}/feedback` */
  visitorFeedback(
    embedToken: string,
    input: VisitorOpinion & EmbedFeedbackParameters,
    options: RequestOptions = {},
  ): APIPromise<VisitorOpinion> {
    const { visitorSession, origin, ...body } = input;
    return this.#connection.json<VisitorOpinion>({
      method: 'POST',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/feedback`,
      headers: { 'X-Visitor-Session': visitorSession, Origin: origin },
      body,
      takes: true,
      open: true,
      gives: true,
    }, options);
  }

  /**
   * Download a file of the visitor's conversation. `GET /api/agent-builder/embed/public/{embed_token}/files/{file_id}`
   */
  visitorFile(
    embedToken: string,
    fileId: string,
    input: GetVisitorFileParameters,
    options: RequestOptions = {},
  ): APIPromise<Download> {
    return this.#connection.download({
      method: 'GET',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/files/${segment('fileId', fileId)}`,
      headers: { 'X-Visitor-Session': input.visitorSession, Origin: input.origin },
      open: true,
      accept: 'application/octet-stream',
    }, options);
  }

  /** Return the visitor's conversation. `GET /api/agent-builder/embed/public/{embed_token}/history` */
  visitorHistory(embedToken: string, input: EmbedHistoryParameters, options: RequestOptions = {}): APIPromise<VisitorHistory> {
    return this.#connection.json<VisitorHistory>({
      method: 'GET',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/history`,
      headers: { 'X-Visitor-Session': input.visitorSession, Origin: input.origin },
      open: true,
      gives: 'VisitorHistory',
    }, options);
  }

  /** Answer a question of a run to the visitor. `POST /api/agent-builder/embed/public/{embed_token}/respond` */
  visitorRespond(
    embedToken: string,
    input: VisitorReply & EmbedRespondParameters,
    options: StartOptions = {},
  ): APIPromise<RunStatus> {
    const { visitorSession, origin, ...body } = input;
    return this.#connection.json<RunStatus>({
      method: 'POST',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/respond`,
      headers: { 'X-Visitor-Session': visitorSession, Origin: origin },
      body,
      takes: true,
      keyed: true,
      open: true,
      gives: true,
    }, options);
  }

  /** Start a session, or extend the one in the header. `POST /api/agent-builder/embed/public/{embed_token}/session` */
  beginVisitorSession(
    embedToken: string,
    input: BeginVisitorSessionParameters = {},
    options: RequestOptions = {},
  ): APIPromise<SessionGiven> {
    return this.#connection.json<SessionGiven>({
      method: 'POST',
      path: `/api/agent-builder/embed/public/${segment('embedToken', embedToken)}/session`,
      headers: { 'X-Visitor-Session': input.visitorSession, Origin: input.origin },
      open: true,
      gives: true,
    }, options);
  }

  /**
   * Return the script of the embed tag. It reads `data-token`, and `data-mode`, `data-theme`, `data-position` and
   * `data-locale` where they are given. `GET /api/agent-builder/embed/widget.js`
   */
  getWidgetScript(options: RequestOptions = {}): APIPromise<string> {
    return this.#connection.text({
      method: 'GET',
      path: '/api/agent-builder/embed/widget.js',
      open: true,
      accept: 'text/javascript',
    }, options);
  }

  /**
   * Return the chat as a page. Only allowed websites can show it in a frame. `GET
   * /api/agent-builder/embed/widget/{embed_token}`
   */
  getPage(embedToken: string, options: RequestOptions = {}): APIPromise<string> {
    return this.#connection.text({
      method: 'GET',
      path: `/api/agent-builder/embed/widget/${segment('embedToken', embedToken)}`,
      open: true,
      accept: 'text/html',
    }, options);
  }

  /** Return a chatflow's embed. `GET /api/agent-builder/embed/{chatflow_id}` */
  get(chatflowId: string, options: RequestOptions = {}): APIPromise<EmbedView> {
    return this.#connection.json<EmbedView>({
      method: 'GET',
      path: `/api/agent-builder/embed/${segment('chatflowId', chatflowId)}`,
      gives: true,
    }, options);
  }

  /** Delete an embed. Its token stops working and open streams end. `DELETE /api/agent-builder/embed/{chatflow_id}` */
  delete(chatflowId: string, options: RequestOptions = {}): APIPromise<EmbedDeleted> {
    return this.#connection.json<EmbedDeleted>({
      method: 'DELETE',
      path: `/api/agent-builder/embed/${segment('chatflowId', chatflowId)}`,
      gives: true,
    }, options);
  }

  /**
   * List visitors' ratings of a chatflow's answers, newest first. `GET /api/agent-builder/embed/{chatflow_id}/feedback`
   */
  listFeedback(chatflowId: string, input: ListFeedbackQuery = {}, options: RequestOptions = {}): APIPromise<FeedbackPage> {
    return this.#connection.json<FeedbackPage>({
      method: 'GET',
      path: `/api/agent-builder/embed/${segment('chatflowId', chatflowId)}/feedback`,
      query: pick(input, 'limit offset after'),
      gives: 'FeedbackPage',
    }, options);
  }

  /** Go through all that `listFeedback` lists, page by page. */
  listAllFeedback(chatflowId: string, input: ListFeedbackQuery = {}, options: RequestOptions = {}): AsyncGenerator<FeedbackView, void, undefined> {
    return goThrough(
      (place) => this.listFeedback(chatflowId, { ...input, ...place }, options),
      (found) => found.feedback,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /**
   * Replace the token of an embed. The old one stops working and its sessions end. `POST
   * /api/agent-builder/embed/{chatflow_id}/regenerate-token`
   */
  regenerateToken(chatflowId: string, options: RequestOptions = {}): APIPromise<EmbedView> {
    return this.#connection.json<EmbedView>({
      method: 'POST',
      path: `/api/agent-builder/embed/${segment('chatflowId', chatflowId)}/regenerate-token`,
      gives: true,
    }, options);
  }
}

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
export class ExecutionsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List runs, newest first, without inputs and outputs. `GET /api/agent-builder/executions` */
  list(input: ListExecutionsQuery = {}, options: RequestOptions = {}): APIPromise<ExecutionPage> {
    return this.#connection.json<ExecutionPage>({
      method: 'GET',
      path: '/api/agent-builder/executions',
      query: pick(input, 'limit offset after status from to flow_id session_id schedule_id'),
      gives: 'ExecutionPage',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListExecutionsQuery = {}, options: RequestOptions = {}): AsyncGenerator<ExecutionSummary, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.executions,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /**
   * Compare two runs node by node: output, path, tokens, cost, time and prompt. With `prompts` both runs are replayed.
   * Prompts are parts of the flow: they need `flows:read`. `GET /api/agent-builder/executions/compare`
   */
  compare(input: CompareExecutionsQuery, options: RequestOptions = {}): APIPromise<Comparison> {
    return this.#connection.json<Comparison>({
      method: 'GET',
      path: '/api/agent-builder/executions/compare',
      query: pick(input, 'a b prompts'),
      gives: 'Comparison',
    }, options);
  }

  /**
   * Return statistics of runs: results, durations and usage, also for each flow. `GET
   * /api/agent-builder/executions/stats`
   */
  stats(input: ExecutionStatsQuery = {}, options: RequestOptions = {}): APIPromise<ExecutionStatistics> {
    return this.#connection.json<ExecutionStatistics>({
      method: 'GET',
      path: '/api/agent-builder/executions/stats',
      query: pick(input, 'days flow_id'),
      gives: 'ExecutionStatistics',
    }, options);
  }

  /** Return a run with its nodes. `GET /api/agent-builder/executions/{execution_id}` */
  get(executionId: string, options: RequestOptions = {}): APIPromise<ExecutionDetails> {
    return this.#connection.json<ExecutionDetails>({
      method: 'GET',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}`,
      gives: 'ExecutionDetails',
    }, options);
  }

  /**
   * Wait until `status` is one of `cancelled`, `completed`, `failed`, `timeout`, `waiting_approval`, and return what it
   * is then.
   */
  wait(executionId: string, options: WaitOptions = {}): Promise<ExecutionDetails> {
    return waitFor((request) => this.get(executionId, request), (found) => ['cancelled', 'completed', 'failed', 'timeout', 'waiting_approval'].includes(found.status), options);
  }

  /**
   * Cancel a run. Its usage is recorded and its session is free. Answers with the execution as it then stands:
   * `cancelled`, or as it ended before. 202 if another process runs it and is still at it. `POST
   * /api/agent-builder/executions/{execution_id}/cancel`
   */
  cancel(executionId: string, options: RequestOptions = {}): APIPromise<ExecutionView> {
    return this.#connection.json<ExecutionView>({
      method: 'POST',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/cancel`,
      gives: true,
    }, options);
  }

  /**
   * Stream the events of a run, from the first one or after a number. `GET
   * /api/agent-builder/executions/{execution_id}/events`
   */
  follow(
    executionId: string,
    input: FollowExecutionQuery = {},
    options: StreamOptions = {},
  ): EventStream<Event> {
    return this.#connection.stream<Event>({
      method: 'GET',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/events`,
      query: pick(input, 'after'),
      gives: true,
      ends: ['run.cancelled', 'run.completed', 'run.failed'],
    }, options);
  }

  /**
   * Rate the answer of a run, with a comment. It replaces the rating that the run had. `POST
   * /api/agent-builder/executions/{execution_id}/feedback`
   */
  rate(executionId: string, input: NewFeedback, options: RequestOptions = {}): APIPromise<FeedbackView> {
    return this.#connection.json<FeedbackView>({
      method: 'POST',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/feedback`,
      body: input,
      gives: true,
    }, options);
  }

  /**
   * Run an ended run again from a node on, as a new run; what came before the node is reused. A tool that must not be
   * repeated, and that the repeated part used, asks a person first. `POST
   * /api/agent-builder/executions/{execution_id}/fork`
   */
  fork(executionId: string, input: ForkRequest, options: StartOptions = {}): APIPromise<ContinuedExecution> {
    return this.#connection.json<ContinuedExecution>({
      method: 'POST',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/fork`,
      body: input,
      takes: true,
      keyed: true,
      gives: true,
    }, options);
  }

  /**
   * Draw an execution on its flow, as far as it has come: the way it took, state, time, tokens and cost. of each node,
   * and why one failed. `GET /api/agent-builder/executions/{execution_id}/graph`
   */
  draw(
    executionId: string,
    input: DrawExecutionQuery = {},
    options: RequestOptions = {},
  ): APIPromise<Download> {
    return this.#connection.download({
      method: 'GET',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/graph`,
      query: pick(input, 'format expand layout'),
      accept: 'text/plain, text/vnd.graphviz, image/svg+xml, image/png, application/json',
    }, options);
  }

  /** List the approval requests of a run. `GET /api/agent-builder/executions/{execution_id}/inputs` */
  listInputs(executionId: string, options: RequestOptions = {}): APIPromise<InputList> {
    return this.#connection.json<InputList>({
      method: 'GET',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/inputs`,
      gives: 'InputList',
    }, options);
  }

  /**
   * Return the runs that a run comes from, and all that come from those. `GET
   * /api/agent-builder/executions/{execution_id}/lineage`
   */
  lineage(executionId: string, options: RequestOptions = {}): APIPromise<Lineage> {
    return this.#connection.json<Lineage>({
      method: 'GET',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/lineage`,
      gives: 'Lineage',
    }, options);
  }

  /** Return the events of a run as text lines. `GET /api/agent-builder/executions/{execution_id}/logs` */
  logs(
    executionId: string,
    input: ReadExecutionLogsQuery = {},
    options: RequestOptions = {},
  ): APIPromise<Download> {
    return this.#connection.download({
      method: 'GET',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/logs`,
      query: pick(input, 'level format after limit'),
      accept: 'application/json, text/plain',
    }, options);
  }

  /**
   * Run a run again in memory with the recorded answers of models and tools, and compare. Nothing is sent and nothing
   * is stored. With `flow_version` it shows the first call that another version makes differently. `POST
   * /api/agent-builder/executions/{execution_id}/replay`
   */
  replay(executionId: string, input: Replaying = {}, options: RequestOptions = {}): APIPromise<ReplayReport> {
    return this.#connection.json<ReplayReport>({
      method: 'POST',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/replay`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /**
   * Answer an approval request. The run resumes immediately. Of several answers exactly one is taken. The others get
   * 409, with the answer that was. An answer that comes before the run has asked gets 409 `not_asked_yet`: send it
   * again. `POST /api/agent-builder/executions/{execution_id}/respond`
   */
  respond(executionId: string, input: InputResponse, options: StartOptions = {}): APIPromise<InputAnswered> {
    return this.#connection.json<InputAnswered>({
      method: 'POST',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/respond`,
      body: input,
      takes: true,
      keyed: true,
      gives: 'InputAnswered',
    }, options);
  }

  /**
   * Continue a run that failed, timed out or was cancelled, as a new run of the same session. What the run completed is
   * reused: no model and no tool is called for it again. The failed run stays as it is. With `flow_version` the rest
   * runs by another version of the flow. `POST /api/agent-builder/executions/{execution_id}/resume`
   */
  resume(executionId: string, input: ResumeRequest = {}, options: StartOptions = {}): APIPromise<ContinuedExecution> {
    return this.#connection.json<ContinuedExecution>({
      method: 'POST',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/resume`,
      body: input,
      takes: true,
      keyed: true,
      gives: true,
    }, options);
  }

  /**
   * Return the state of a run as one of its nodes saw it, for as long as the journal is kept. `GET
   * /api/agent-builder/executions/{execution_id}/state`
   */
  state(
    executionId: string,
    input: ReadExecutionStateQuery = {},
    options: RequestOptions = {},
  ): APIPromise<RunState> {
    return this.#connection.json<RunState>({
      method: 'GET',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/state`,
      query: pick(input, 'node path occurrence'),
      gives: true,
    }, options);
  }

  /**
   * Stream a run, live or replayed, in the format of chats or agentflows. `GET
   * /api/agent-builder/executions/{execution_id}/stream`
   */
  stream(executionId: string, options: StreamOptions = {}): EventStream<ChatEvent | ExecutionEvent> {
    return this.#connection.stream<ChatEvent | ExecutionEvent>({
      method: 'GET',
      path: `/api/agent-builder/executions/${segment('executionId', executionId)}/stream`,
      gives: { any: ['ChatStart', 'ChatContent', 'ChatReasoning', 'ChatReset', 'ChatNode', 'ToolState', 'ChatCitation', 'ChatInput', 'ChatStatus', 'ChatDone', 'ChatError', 'ExecutionStart', 'ExecutionStatus', 'ExecutionNode', 'ExecutionToken', 'ExecutionReset', 'ExecutionComplete', 'ExecutionFailed'] },
      ends: ['done', 'error', 'complete', 'error'],
    }, options);
  }

  /** List ratings of runs, newest first, with the number of each rating. `GET /api/agent-builder/feedback` */
  feedback(input: ListExecutionFeedbackQuery = {}, options: RequestOptions = {}): APIPromise<FeedbackPage> {
    return this.#connection.json<FeedbackPage>({
      method: 'GET',
      path: '/api/agent-builder/feedback',
      query: pick(input, 'flow_id limit offset after'),
      gives: 'FeedbackPage',
    }, options);
  }

  /** Go through all that `feedback` lists, page by page. */
  listAllFeedback(input: ListExecutionFeedbackQuery = {}, options: RequestOptions = {}): AsyncGenerator<FeedbackView, void, undefined> {
    return goThrough(
      (place) => this.feedback({ ...input, ...place }, options),
      (found) => found.feedback,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /** List open approval requests, oldest first. `GET /api/agent-builder/inputs` */
  listOpenInputs(input: ListOpenInputsQuery = {}, options: RequestOptions = {}): APIPromise<InputPage> {
    return this.#connection.json<InputPage>({
      method: 'GET',
      path: '/api/agent-builder/inputs',
      query: pick(input, 'limit offset after'),
      gives: 'InputPage',
    }, options);
  }

  /** Go through all that `listOpenInputs` lists, page by page. */
  listAllOpenInputs(input: ListOpenInputsQuery = {}, options: RequestOptions = {}): AsyncGenerator<InputView, void, undefined> {
    return goThrough(
      (place) => this.listOpenInputs({ ...input, ...place }, options),
      (found) => found.inputs,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }
}

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
export class FlowsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List flows, the newest first. `GET /api/agent-builder/flows` */
  list(input: ListFlowsQuery = {}, options: RequestOptions = {}): APIPromise<FlowPage> {
    return this.#connection.json<FlowPage>({
      method: 'GET',
      path: '/api/agent-builder/flows',
      query: pick(input, 'search tags category is_active page page_size after sort_by sort_order flow_type'),
      gives: 'FlowPage',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListFlowsQuery = {}, options: RequestOptions = {}): AsyncGenerator<ChatflowView | AgentflowView, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.flows,
      { by: 'page', start: input.page, size: input.pageSize },
    );
  }

  /** Start an agentflow in the background. `POST /api/agent-builder/flows/agentflows/{flow_id}/execute` */
  startAgentflow(
    flowId: string,
    inputData: Record<string, unknown> = {},
    input: Omit<ExecutionRequest, 'inputData'> & StartAgentflowQuery = {},
    options: StartOptions = {},
  ): APIPromise<AcceptedExecution> {
    const { version, ...body } = input;
    return this.#connection.json<AcceptedExecution>({
      method: 'POST',
      path: `/api/agent-builder/flows/agentflows/${segment('flowId', flowId)}/execute`,
      query: { version: version },
      body: { inputData, ...input },
      takes: 'ExecutionRequest',
      keyed: true,
      gives: true,
    }, options);
  }

  /**
   * Send a message to a stored chatflow and return the answer. `POST /api/agent-builder/flows/chatflows/{flow_id}/chat`
   */
  chat(
    flowId: string,
    input: ChatRequest & ChatWithChatflowQuery,
    options: StartOptions = {},
  ): APIPromise<ChatAnswer> {
    const { version, ...body } = input;
    return this.#connection.json<ChatAnswer>({
      method: 'POST',
      path: `/api/agent-builder/flows/chatflows/${segment('flowId', flowId)}/chat`,
      query: { version: version },
      body,
      takes: 'ChatRequest',
      keyed: true,
      gives: 'ChatAnswer',
    }, options);
  }

  /**
   * Validate and store a flow file with its agents and sub-flows. A form with a `file`, or the content itself as JSON
   * or YAML. What the workspace has under the same id is used as it is. Knowledge bases are found by name, and
   * `warnings` names those that are missing. If something else is missing or wrong, nothing is stored, `imported` is
   * false, and `errors` says what to do. Nothing is executed or fetched. `POST /api/agent-builder/flows/import`
   */
  importFile(input: ImportFlowForm & ImportFlowQuery, options: RequestOptions = {}): APIPromise<ImportReport> {
    return this.#connection.json<ImportReport>({
      method: 'POST',
      path: '/api/agent-builder/flows/import',
      query: pick(input, 'dry_run replace'),
      form: { files: pick(input, 'file') },
      gives: true,
    }, options);
  }

  /** Return a flow of any kind. `GET /api/agent-builder/flows/{flow_id}` */
  get(flowId: string, options: RequestOptions = {}): APIPromise<ChatflowView | AgentflowView> {
    return this.#connection.json<ChatflowView | AgentflowView>({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}`,
      gives: { any: ['ChatflowView', 'AgentflowView'] },
    }, options);
  }

  /**
   * Return what changed between two versions of a flow, as data and as sentences. `GET
   * /api/agent-builder/flows/{flow_id}/diff`
   */
  compareVersions(flowId: string, input: CompareFlowVersionsQuery, options: RequestOptions = {}): APIPromise<FlowDiff> {
    return this.#connection.json<FlowDiff>({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/diff`,
      query: pick(input, 'from to'),
      gives: true,
    }, options);
  }

  /**
   * Return the draft of a flow's next version, with all that is wrong or odd with it. `GET
   * /api/agent-builder/flows/{flow_id}/draft`
   */
  getDraft(flowId: string, options: RequestOptions = {}): APIPromise<DraftView> {
    return this.#connection.json<DraftView>({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/draft`,
      gives: 'DraftView',
    }, options);
  }

  /**
   * Keep a draft of the flow's next version. It may be incomplete, and runs for nobody but its authors. The body has
   * the fields of a flow; those that are missing stay as they are in the draft, or in the flow where there is no draft.
   * `If-Match` takes the ETag of the draft: `"0"` where there is none. `PUT /api/agent-builder/flows/{flow_id}/draft`
   */
  putDraft(flowId: string, input: DraftChange = {}, options: RequestOptions = {}): APIPromise<DraftView> {
    return this.#connection.json<DraftView>({
      method: 'PUT',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/draft`,
      body: input,
      takes: 'DraftChange',
      gives: 'DraftView',
    }, options);
  }

  /** Throw the draft away. The flow stays as it is. `DELETE /api/agent-builder/flows/{flow_id}/draft` */
  deleteDraft(flowId: string, options: RequestOptions = {}): APIPromise<DraftDeleted> {
    return this.#connection.json<DraftDeleted>({
      method: 'DELETE',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/draft`,
      gives: true,
    }, options);
  }

  /**
   * Start a flow of any kind in the background. A chatflow takes the message as `input_data.message`, and
   * `input_data.session_id` if it is to go on with a session. `POST /api/agent-builder/flows/{flow_id}/execute`
   */
  execute(
    flowId: string,
    inputData: Record<string, unknown> = {},
    input: Omit<ExecutionRequest, 'inputData'> & ExecuteFlowQuery = {},
    options: StartOptions = {},
  ): APIPromise<AcceptedExecution> {
    const { version, ...body } = input;
    return this.#connection.json<AcceptedExecution>({
      method: 'POST',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/execute`,
      query: { version: version },
      body: { inputData, ...input },
      takes: 'ExecutionRequest',
      keyed: true,
      gives: true,
    }, options);
  }

  /** List a flow's executions, the newest first. `GET /api/agent-builder/flows/{flow_id}/executions` */
  listExecutions(
    flowId: string,
    input: ListFlowExecutionsQuery = {},
    options: RequestOptions = {},
  ): APIPromise<FlowExecutionPage> {
    return this.#connection.json<FlowExecutionPage>({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/executions`,
      query: pick(input, 'limit offset after status from to'),
      gives: 'FlowExecutionPage',
    }, options);
  }

  /** Go through all that `listExecutions` lists, page by page. */
  listAllExecutions(
    flowId: string,
    input: ListFlowExecutionsQuery = {},
    options: RequestOptions = {},
  ): AsyncGenerator<FlowExecution, void, undefined> {
    return goThrough(
      (place) => this.listExecutions(flowId, { ...input, ...place }, options),
      (found) => found.executions,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /**
   * Export a flow with its agents and sub-flows, without secrets. Knowledge bases are included by name, without their
   * documents. With `format=langgraph`, a flow with parts that have no equal in plain LangGraph is refused: `errors`
   * names each node and field, and what to do. Nothing is left out silently. `GET
   * /api/agent-builder/flows/{flow_id}/export`
   */
  export(flowId: string, input: ExportFlowQuery = {}, options: RequestOptions = {}): APIPromise<Download> {
    return this.#connection.download({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/export`,
      query: pick(input, 'format model'),
      accept: 'application/json, application/yaml, application/zip',
    }, options);
  }

  /**
   * Return the diagram of a flow. Mermaid or Graphviz text, SVG or PNG, or JSON: plain with places, or as React Flow
   * takes it. `GET /api/agent-builder/flows/{flow_id}/graph`
   */
  draw(flowId: string, input: DrawFlowQuery = {}, options: RequestOptions = {}): APIPromise<Download> {
    return this.#connection.download({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/graph`,
      query: pick(input, 'format expand layout version'),
      accept: 'text/plain, text/vnd.graphviz, image/svg+xml, image/png, application/json',
    }, options);
  }

  /**
   * Point a label, such as `production`, at a version. Runs that ask for the label run that version. `PUT
   * /api/agent-builder/flows/{flow_id}/labels/{label}`
   */
  putLabel(flowId: string, label: string, input: LabelChange, options: RequestOptions = {}): APIPromise<LabelView> {
    return this.#connection.json<LabelView>({
      method: 'PUT',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/labels/${segment('label', label)}`,
      body: input,
    }, options);
  }

  /**
   * Delete a label. Runs that ask for it are refused from now on. `DELETE
   * /api/agent-builder/flows/{flow_id}/labels/{label}`
   */
  deleteLabel(flowId: string, label: string, options: RequestOptions = {}): APIPromise<LabelDeleted> {
    return this.#connection.json<LabelDeleted>({
      method: 'DELETE',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/labels/${segment('label', label)}`,
    }, options);
  }

  /**
   * Run one node of a flow with given values, and return its output. With `execution_id` it finds what it found in that
   * run. Nodes behind it do not run. `POST /api/agent-builder/flows/{flow_id}/nodes/{node_id}/run`
   */
  runNode(
    flowId: string,
    nodeId: string,
    inputData: Record<string, unknown> = {},
    input: Omit<NodeRunRequest, 'inputData'> & RunFlowNodeQuery = {},
    options: StartOptions = {},
  ): APIPromise<ExecutionAnswer> {
    const { version, ...body } = input;
    return this.#connection.json<ExecutionAnswer>({
      method: 'POST',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/nodes/${segment('nodeId', nodeId)}/run`,
      query: { version: version },
      body: { inputData, ...input },
      takes: 'NodeRunRequest',
      keyed: true,
      gives: 'ExecutionAnswer',
    }, options);
  }

  /**
   * Make the draft the next version of the flow. One that could not run is refused with all findings. `If-Match` takes
   * the ETag of the draft. A flow that was changed since the draft was begun is a 409, so that no change of others is
   * lost; `based_on` with the present version publishes it all the same. `POST
   * /api/agent-builder/flows/{flow_id}/publish`
   */
  publish(flowId: string, input: Publishing = {}, options: RequestOptions = {}): APIPromise<ChatflowView | AgentflowView> {
    return this.#connection.json<ChatflowView | AgentflowView>({
      method: 'POST',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/publish`,
      body: input,
      takes: true,
      gives: { any: ['ChatflowView', 'AgentflowView'] },
    }, options);
  }

  /** Validate a flow of any kind without running it. `GET /api/agent-builder/flows/{flow_id}/validate` */
  validate(flowId: string, options: RequestOptions = {}): APIPromise<Checked> {
    return this.#connection.json<Checked>({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/validate`,
    }, options);
  }

  /** List the versions of a flow, the newest first. `GET /api/agent-builder/flows/{flow_id}/versions` */
  listVersions(flowId: string, input: ListFlowVersionsQuery = {}, options: RequestOptions = {}): APIPromise<VersionPage> {
    return this.#connection.json<VersionPage>({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/versions`,
      query: pick(input, 'limit after'),
      gives: 'VersionPage',
    }, options);
  }

  /**
   * Return a flow as it was in a version: a number, a label, `draft` or `current`. `GET
   * /api/agent-builder/flows/{flow_id}/versions/{version}`
   */
  getVersion(flowId: string, version: string, options: RequestOptions = {}): APIPromise<ChatflowView | AgentflowView> {
    return this.#connection.json<ChatflowView | AgentflowView>({
      method: 'GET',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/versions/${segment('version', version)}`,
      gives: { any: ['ChatflowView', 'AgentflowView'] },
    }, options);
  }

  /**
   * Store an earlier version again, as the newest one. No version is lost. `POST
   * /api/agent-builder/flows/{flow_id}/versions/{version}/restore`
   */
  restoreVersion(flowId: string, version: string, options: RequestOptions = {}): APIPromise<ChatflowView | AgentflowView> {
    return this.#connection.json<ChatflowView | AgentflowView>({
      method: 'POST',
      path: `/api/agent-builder/flows/${segment('flowId', flowId)}/versions/${segment('version', version)}/restore`,
      gives: { any: ['ChatflowView', 'AgentflowView'] },
    }, options);
  }
}

/** What `client.health` does. */
export class HealthResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Report that the process runs. `GET /health` */
  health(options: RequestOptions = {}): APIPromise<Health> {
    return this.#connection.json<Health>({ method: 'GET', path: '/health', open: true }, options);
  }

  /** Report that the server is ready. A 503 says what is missing. `GET /ready` */
  ready(options: RequestOptions = {}): APIPromise<Health> {
    return this.#connection.json<Health>({ method: 'GET', path: '/ready', open: true }, options);
  }
}

/** What `client.keys` does. */
export class KeysResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List API keys, newest first, including revoked and expired ones. `GET /api/agent-builder/keys` */
  list(options: RequestOptions = {}): APIPromise<KeyList> {
    return this.#connection.json<KeyList>({ method: 'GET', path: '/api/agent-builder/keys', gives: 'KeyList' }, options);
  }

  /** Create an API key. It belongs to the user who creates it. `POST /api/agent-builder/keys` */
  create(input: NewKey, options: RequestOptions = {}): APIPromise<MadeKey> {
    return this.#connection.json<MadeKey>({
      method: 'POST',
      path: '/api/agent-builder/keys',
      body: input,
      takes: true,
      gives: 'MadeKey',
    }, options);
  }

  /** Return an API key without its secret. `GET /api/agent-builder/keys/{key_id}` */
  get(keyId: string, options: RequestOptions = {}): APIPromise<KeyView> {
    return this.#connection.json<KeyView>({
      method: 'GET',
      path: `/api/agent-builder/keys/${segment('keyId', keyId)}`,
      gives: true,
    }, options);
  }

  /**
   * Revoke an API key. It stops working within a second; its streams end within five. `DELETE
   * /api/agent-builder/keys/{key_id}`
   */
  revoke(keyId: string, options: RequestOptions = {}): APIPromise<KeyView> {
    return this.#connection.json<KeyView>({
      method: 'DELETE',
      path: `/api/agent-builder/keys/${segment('keyId', keyId)}`,
      gives: true,
    }, options);
  }

  /** List the roles and their permissions. `GET /api/agent-builder/roles` */
  roles(options: RequestOptions = {}): APIPromise<RoleList> {
    return this.#connection.json<RoleList>({ method: 'GET', path: '/api/agent-builder/roles' }, options);
  }
}

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
export class KnowledgeBasesResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List knowledge bases by name. `GET /api/agent-builder/knowledge-bases` */
  list(input: ListKnowledgeBasesQuery = {}, options: RequestOptions = {}): APIPromise<KnowledgeBaseList> {
    return this.#connection.json<KnowledgeBaseList>({
      method: 'GET',
      path: '/api/agent-builder/knowledge-bases',
      query: pick(input, 'search limit offset'),
      gives: 'KnowledgeBaseList',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListKnowledgeBasesQuery = {}, options: RequestOptions = {}): AsyncGenerator<KnowledgeBaseView, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.knowledgeBases,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /** Create an empty knowledge base. `POST /api/agent-builder/knowledge-bases` */
  create(input: NewKnowledgeBase, options: RequestOptions = {}): APIPromise<KnowledgeBaseView> {
    return this.#connection.json<KnowledgeBaseView>({
      method: 'POST',
      path: '/api/agent-builder/knowledge-bases',
      body: input,
      takes: 'NewKnowledgeBase',
      gives: 'KnowledgeBaseView',
    }, options);
  }

  /** Return a knowledge base with its counts. `GET /api/agent-builder/knowledge-bases/{knowledge_base_id}` */
  get(knowledgeBaseId: string, options: RequestOptions = {}): APIPromise<KnowledgeBaseView> {
    return this.#connection.json<KnowledgeBaseView>({
      method: 'GET',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}`,
      gives: 'KnowledgeBaseView',
    }, options);
  }

  /** Update a knowledge base. `PUT /api/agent-builder/knowledge-bases/{knowledge_base_id}` */
  update(
    knowledgeBaseId: string,
    input: KnowledgeBaseChange = {},
    options: RequestOptions = {},
  ): APIPromise<KnowledgeBaseView> {
    return this.#connection.json<KnowledgeBaseView>({
      method: 'PUT',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}`,
      body: input,
      takes: 'KnowledgeBaseChange',
      gives: 'KnowledgeBaseView',
    }, options);
  }

  /**
   * Delete a knowledge base with its documents. No search finds them from now on. `DELETE
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}`
   */
  delete(knowledgeBaseId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}`,
    }, options);
  }

  /**
   * List the documents of a knowledge base, the newest first. `GET
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents`
   */
  listDocuments(
    knowledgeBaseId: string,
    input: ListKnowledgeDocumentsQuery = {},
    options: RequestOptions = {},
  ): APIPromise<DocumentList> {
    return this.#connection.json<DocumentList>({
      method: 'GET',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/documents`,
      query: pick(input, 'status search limit cursor'),
      gives: 'DocumentList',
    }, options);
  }

  /**
   * Add a document, which is ingested in the background. A form with a `file`, or JSON with one of `text`, `url`,
   * `file_id` and `folder`. Formats: Markdown, HTML, text, CSV, JSON, PDF, DOCX, XLSX, PPTX and EPUB. `GET` shows how
   * far it is; a search finds it when its status is `ready`. `POST
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents`
   */
  addDocument(
    knowledgeBaseId: string,
    input: AddKnowledgeDocumentForm = {},
    options: RequestOptions = {},
  ): APIPromise<QueuedDocument> {
    return this.#connection.json<QueuedDocument>({
      method: 'POST',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/documents`,
      form: {
        files: pick(input, 'file'),
        texts: pick(input, 'name content_type text url file_id folder metadata'),
      },
      gives: 'QueuedDocument',
    }, options);
  }

  /**
   * Return a document with its status and progress. `GET
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}`
   */
  getDocument(knowledgeBaseId: string, documentId: string, options: RequestOptions = {}): APIPromise<DocumentView> {
    return this.#connection.json<DocumentView>({
      method: 'GET',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/documents/${segment('documentId', documentId)}`,
      gives: true,
    }, options);
  }

  /**
   * Replace the metadata of a document. Searches use it at once. `PUT
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}`
   */
  updateDocument(
    knowledgeBaseId: string,
    documentId: string,
    input: DocumentChange,
    options: RequestOptions = {},
  ): APIPromise<DocumentView> {
    return this.#connection.json<DocumentView>({
      method: 'PUT',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/documents/${segment('documentId', documentId)}`,
      body: input,
      gives: true,
    }, options);
  }

  /**
   * Delete a document. No search finds it from now on; a run that ingests it ends. `DELETE
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}`
   */
  deleteDocument(knowledgeBaseId: string, documentId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/documents/${segment('documentId', documentId)}`,
    }, options);
  }

  /**
   * List the passages of a document that searches see, in order. `GET
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}/passages`
   */
  listPassages(
    knowledgeBaseId: string,
    documentId: string,
    input: ListKnowledgePassagesQuery = {},
    options: RequestOptions = {},
  ): APIPromise<PassageList> {
    return this.#connection.json<PassageList>({
      method: 'GET',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/documents/${segment('documentId', documentId)}/passages`,
      query: pick(input, 'limit offset'),
      gives: 'PassageList',
    }, options);
  }

  /** Go through all that `listPassages` lists, page by page. */
  listAllPassages(
    knowledgeBaseId: string,
    documentId: string,
    input: ListKnowledgePassagesQuery = {},
    options: RequestOptions = {},
  ): AsyncGenerator<KnowledgePassage, void, undefined> {
    return goThrough(
      (place) => this.listPassages(knowledgeBaseId, documentId, { ...input, ...place }, options),
      (found) => found.passages,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /**
   * Ingest a document once more. What was embedded before is not embedded again. `POST
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/documents/{document_id}/retry`
   */
  retryDocument(
    knowledgeBaseId: string,
    documentId: string,
    input: RetryRequest = {},
    options: RequestOptions = {},
  ): APIPromise<QueuedDocument> {
    return this.#connection.json<QueuedDocument>({
      method: 'POST',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/documents/${segment('documentId', documentId)}/retry`,
      body: input,
      gives: 'QueuedDocument',
    }, options);
  }

  /**
   * Embed all passages again beside the index in use, then switch searches to the new one. `POST
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/reindex`
   */
  reindex(
    knowledgeBaseId: string,
    input: ReindexRequest = {},
    options: RequestOptions = {},
  ): APIPromise<ReindexAnswer> {
    return this.#connection.json<ReindexAnswer>({
      method: 'POST',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/reindex`,
      body: input,
      gives: true,
    }, options);
  }

  /**
   * Return the passages that fit a question best, with their scores. `POST
   * /api/agent-builder/knowledge-bases/{knowledge_base_id}/search`
   */
  search(knowledgeBaseId: string, input: SearchRequest, options: RequestOptions = {}): APIPromise<KnowledgeSearchAnswer> {
    return this.#connection.json<KnowledgeSearchAnswer>({
      method: 'POST',
      path: `/api/agent-builder/knowledge-bases/${segment('knowledgeBaseId', knowledgeBaseId)}/search`,
      body: input,
      takes: 'SearchRequest',
      gives: 'KnowledgeSearchAnswer',
    }, options);
  }
}

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
export class MemoriesResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List memories, the last changed first. `GET /api/agent-builder/memories` */
  list(input: ListMemoriesQuery = {}, options: RequestOptions = {}): APIPromise<MemoryList> {
    return this.#connection.json<MemoryList>({
      method: 'GET',
      path: '/api/agent-builder/memories',
      query: pick(input, 'owner search limit cursor'),
      gives: 'MemoryList',
    }, options);
  }

  /** Keep a memory. `PUT /api/agent-builder/memories` */
  put(input: NewMemory, options: RequestOptions = {}): APIPromise<MemoryView> {
    return this.#connection.json<MemoryView>({
      method: 'PUT',
      path: '/api/agent-builder/memories',
      body: input,
      takes: true,
      gives: 'MemoryView',
    }, options);
  }

  /** Forget a memory. `DELETE /api/agent-builder/memories` */
  delete(input: DeleteMemoryQuery, options: RequestOptions = {}): APIPromise<ForgottenMemory> {
    return this.#connection.json<ForgottenMemory>({
      method: 'DELETE',
      path: '/api/agent-builder/memories',
      query: pick(input, 'key namespace owner'),
      gives: 'ForgottenMemory',
    }, options);
  }
}

/** What `client.metrics` does. */
export class MetricsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Return all metrics as JSON. `GET /api/agent-builder/metrics/json` */
  json(options: RequestOptions = {}): APIPromise<MetricsDocument> {
    return this.#connection.json<MetricsDocument>({ method: 'GET', path: '/api/agent-builder/metrics/json' }, options);
  }

  /**
   * Return all metrics for Prometheus, as OpenMetrics if `Accept` asks for it. The key may be an API key or the setting
   * `metrics_token`; from `metrics_networks` none is needed. `GET /api/agent-builder/metrics/prometheus`
   */
  prometheus(options: RequestOptions = {}): APIPromise<string> {
    return this.#connection.text({
      method: 'GET',
      path: '/api/agent-builder/metrics/prometheus',
      accept: 'text/plain',
    }, options);
  }

  /** Return totals of runs and usage. `GET /api/agent-builder/metrics/summary` */
  summary(options: RequestOptions = {}): APIPromise<MetricsSummary> {
    return this.#connection.json<MetricsSummary>({
      method: 'GET',
      path: '/api/agent-builder/metrics/summary',
      gives: 'MetricsSummary',
    }, options);
  }
}

/** What `client.models` does. */
export class ModelsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List the connections by name. `GET /api/agent-builder/connections` */
  listConnections(options: RequestOptions = {}): APIPromise<ConnectionList> {
    return this.#connection.json<ConnectionList>({
      method: 'GET',
      path: '/api/agent-builder/connections',
      gives: 'ConnectionList',
    }, options);
  }

  /** Store a model's address under a name that flows use. `POST /api/agent-builder/connections` */
  createConnection(input: NewConnection, options: RequestOptions = {}): APIPromise<ConnectionView> {
    return this.#connection.json<ConnectionView>({
      method: 'POST',
      path: '/api/agent-builder/connections',
      body: input,
      takes: 'NewConnection',
      gives: 'ConnectionView',
    }, options);
  }

  /** Return a connection. `GET /api/agent-builder/connections/{connection_id}` */
  getConnection(connectionId: string, options: RequestOptions = {}): APIPromise<ConnectionView> {
    return this.#connection.json<ConnectionView>({
      method: 'GET',
      path: `/api/agent-builder/connections/${segment('connectionId', connectionId)}`,
      gives: 'ConnectionView',
    }, options);
  }

  /**
   * Update a connection. Active runs use it from their next request. `PUT
   * /api/agent-builder/connections/{connection_id}`
   */
  updateConnection(connectionId: string, input: ConnectionChange = {}, options: RequestOptions = {}): APIPromise<ConnectionView> {
    return this.#connection.json<ConnectionView>({
      method: 'PUT',
      path: `/api/agent-builder/connections/${segment('connectionId', connectionId)}`,
      body: input,
      takes: 'ConnectionChange',
      gives: 'ConnectionView',
    }, options);
  }

  /**
   * Delete a connection. Flows that use it fail until a new one has its name. `DELETE
   * /api/agent-builder/connections/{connection_id}`
   */
  deleteConnection(connectionId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/connections/${segment('connectionId', connectionId)}`,
    }, options);
  }

  /**
   * List the models that the server's providers have. No model is asked anything. What a provider said counts for 30
   * seconds. One that does not answer in 2 seconds has none. `GET /api/agent-builder/models`
   */
  list(options: RequestOptions = {}): APIPromise<ModelList> {
    return this.#connection.json<ModelList>({
      method: 'GET',
      path: '/api/agent-builder/models',
      gives: 'ModelList',
    }, options);
  }
}

/** What `client.nodeTypes` does. */
export class NodeTypesResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * List the node types with the JSON Schema of their configuration, their outlets and examples. `GET
   * /api/agent-builder/node-types`
   */
  list(options: RequestOptions = {}): APIPromise<NodeTypes> {
    return this.#connection.json<NodeTypes>({ method: 'GET', path: '/api/agent-builder/node-types', gives: true }, options);
  }
}

/** What `schedules.list` may be narrowed by. */
export interface ListSchedulesQuery {
  /** Only those of this flow. */
  flowId?: string | null | undefined;
  /** How many to return. Default: 50. */
  limit?: number | undefined;
  /** The `next_cursor` of the page before. */
  cursor?: string | null | undefined;
}

/** What `client.schedules` does. */
export class SchedulesResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List schedules with their next and last times, the newest first. `GET /api/agent-builder/schedules` */
  list(input: ListSchedulesQuery = {}, options: RequestOptions = {}): APIPromise<ScheduleList> {
    return this.#connection.json<ScheduleList>({
      method: 'GET',
      path: '/api/agent-builder/schedules',
      query: pick(input, 'flow_id limit cursor'),
      gives: 'ScheduleList',
    }, options);
  }

  /**
   * Have a flow start at the times of a cron expression, with the rights of who asks. `POST
   * /api/agent-builder/schedules`
   */
  create(input: NewSchedule, options: RequestOptions = {}): APIPromise<ScheduleView> {
    return this.#connection.json<ScheduleView>({
      method: 'POST',
      path: '/api/agent-builder/schedules',
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Return a schedule. `GET /api/agent-builder/schedules/{schedule_id}` */
  get(scheduleId: string, options: RequestOptions = {}): APIPromise<ScheduleView> {
    return this.#connection.json<ScheduleView>({
      method: 'GET',
      path: `/api/agent-builder/schedules/${segment('scheduleId', scheduleId)}`,
      gives: true,
    }, options);
  }

  /**
   * Update, pause or resume a schedule. From then on its runs have the rights of who asks. `PUT
   * /api/agent-builder/schedules/{schedule_id}`
   */
  update(scheduleId: string, input: ScheduleChange = {}, options: RequestOptions = {}): APIPromise<ScheduleView> {
    return this.#connection.json<ScheduleView>({
      method: 'PUT',
      path: `/api/agent-builder/schedules/${segment('scheduleId', scheduleId)}`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Delete a schedule. Its runs stay. `DELETE /api/agent-builder/schedules/{schedule_id}` */
  delete(scheduleId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/schedules/${segment('scheduleId', scheduleId)}`,
    }, options);
  }

  /**
   * Start a run of a schedule now, with the rights of who asks. Its next time does not change. `POST
   * /api/agent-builder/schedules/{schedule_id}/run`
   */
  run(scheduleId: string, options: StartOptions = {}): APIPromise<ExecutionView> {
    return this.#connection.json<ExecutionView>({
      method: 'POST',
      path: `/api/agent-builder/schedules/${segment('scheduleId', scheduleId)}/run`,
      keyed: true,
      gives: true,
    }, options);
  }
}

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
export class SessionsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List the memory strategies with options and defaults. `GET /api/agent-builder/chatflow/memory/strategies` */
  listMemoryStrategies(options: RequestOptions = {}): APIPromise<Strategies> {
    return this.#connection.json<Strategies>({
      method: 'GET',
      path: '/api/agent-builder/chatflow/memory/strategies',
    }, options);
  }

  /**
   * List sessions, last active first. With `search`, those whose title, id and messages have all its words, also in
   * alternatives. Words of three letters and more also find longer words that begin with them. A request reads the
   * messages of `AGENTICRAG_SESSION_SEARCH_SESSIONS` sessions at most; `next_cursor` leads on to the others, also from
   * a page without a session. `GET /api/agent-builder/chatflow/sessions`
   */
  list(input: ListSessionsQuery = {}, options: RequestOptions = {}): APIPromise<SessionPage> {
    return this.#connection.json<SessionPage>({
      method: 'GET',
      path: '/api/agent-builder/chatflow/sessions',
      query: pick(input, 'chatflow_id search limit offset after'),
      gives: 'SessionPage',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListSessionsQuery = {}, options: RequestOptions = {}): AsyncGenerator<SessionSummary, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.sessions,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /**
   * Create a session from a JSON export. It keeps its name where that is free, else it gets a new one: an import never
   * changes a session. `POST /api/agent-builder/chatflow/sessions/import`
   */
  importFile(input: ImportSessionForm & ImportSessionQuery, options: RequestOptions = {}): APIPromise<Imported> {
    return this.#connection.json<Imported>({
      method: 'POST',
      path: '/api/agent-builder/chatflow/sessions/import',
      query: pick(input, 'chatflow_id'),
      form: { files: pick(input, 'file') },
      gives: true,
    }, options);
  }

  /** Return a session with its messages. `GET /api/agent-builder/chatflow/sessions/{session_id}` */
  get(sessionId: string, options: RequestOptions = {}): APIPromise<SessionHistory> {
    return this.#connection.json<SessionHistory>({
      method: 'GET',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}`,
      gives: 'SessionHistory',
    }, options);
  }

  /** Give a session another title. `PUT /api/agent-builder/chatflow/sessions/{session_id}` */
  rename(sessionId: string, input: SessionChange, options: RequestOptions = {}): APIPromise<SessionSummary> {
    return this.#connection.json<SessionSummary>({
      method: 'PUT',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}`,
      body: input,
      gives: 'SessionSummary',
    }, options);
  }

  /**
   * Delete a session with its runs and their events. Active runs are cancelled first. `DELETE
   * /api/agent-builder/chatflow/sessions/{session_id}`
   */
  delete(sessionId: string, options: RequestOptions = {}): APIPromise<Cleared> {
    return this.#connection.json<Cleared>({
      method: 'DELETE',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}`,
      gives: true,
    }, options);
  }

  /**
   * Copy a session into a new one, up to a message or as a whole. The session itself stays as it is. `POST
   * /api/agent-builder/chatflow/sessions/{session_id}/branch`
   */
  branch(sessionId: string, input: SessionBranch = {}, options: RequestOptions = {}): APIPromise<SessionHistory> {
    return this.#connection.json<SessionHistory>({
      method: 'POST',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/branch`,
      body: input,
      takes: true,
      gives: 'SessionHistory',
    }, options);
  }

  /**
   * Delete the messages of a session. Active runs are cancelled first. `POST
   * /api/agent-builder/chatflow/sessions/{session_id}/clear`
   */
  clear(sessionId: string, options: RequestOptions = {}): APIPromise<Cleared> {
    return this.#connection.json<Cleared>({
      method: 'POST',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/clear`,
      gives: true,
    }, options);
  }

  /** Export a session as JSON. `GET /api/agent-builder/chatflow/sessions/{session_id}/export` */
  export(sessionId: string, options: RequestOptions = {}): APIPromise<SessionFile> {
    return this.#connection.json<SessionFile>({
      method: 'GET',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/export`,
      gives: true,
    }, options);
  }

  /** Export a session as a file. `POST /api/agent-builder/chatflow/sessions/{session_id}/export` */
  download(
    sessionId: string,
    input: DownloadSessionQuery = {},
    options: RequestOptions = {},
  ): APIPromise<Download> {
    return this.#connection.download({
      method: 'POST',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/export`,
      query: pick(input, 'format'),
      accept: 'application/json, text/csv, text/plain, text/markdown',
    }, options);
  }

  /** Download a file of a message. `GET /api/agent-builder/chatflow/sessions/{session_id}/files/{file_id}` */
  getFile(sessionId: string, fileId: string, options: RequestOptions = {}): APIPromise<Download> {
    return this.#connection.download({
      method: 'GET',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/files/${segment('fileId', fileId)}`,
      accept: 'application/octet-stream',
    }, options);
  }

  /**
   * Return the messages of a session, oldest first. With `limit` the last ones; `next_cursor` leads on to those before
   * them. A message with alternatives names them. With `alternatives=true` they are returned too. `GET
   * /api/agent-builder/chatflow/sessions/{session_id}/history`
   */
  getHistory(
    sessionId: string,
    input: GetSessionHistoryQuery = {},
    options: RequestOptions = {},
  ): APIPromise<SessionHistory> {
    return this.#connection.json<SessionHistory>({
      method: 'GET',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/history`,
      query: pick(input, 'limit before alternatives'),
      gives: 'SessionHistory',
    }, options);
  }

  /**
   * Set the memory of a session, from its next message. `PUT /api/agent-builder/chatflow/sessions/{session_id}/memory`
   */
  setMemory(sessionId: string, input: MemoryChange, options: RequestOptions = {}): APIPromise<MemorySet> {
    return this.#connection.json<MemorySet>({
      method: 'PUT',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/memory`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /**
   * Edit a message of the user and return the answer to it. The old message and what followed it are kept as
   * alternatives. The session continues from the new one. For a stream, send `edits` with `POST /chatflow/chat/stream`.
   * `PUT /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}`
   */
  editMessage(
    sessionId: string,
    messageId: string,
    input: MessageEdit,
    options: StartOptions = {},
  ): APIPromise<ChatAnswer> {
    return this.#connection.json<ChatAnswer>({
      method: 'PUT',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/messages/${segment('messageId', messageId)}`,
      body: input,
      takes: 'MessageEdit',
      keyed: true,
      gives: 'ChatAnswer',
    }, options);
  }

  /**
   * Delete a message with all that followed it, alternatives too, and the runs that answered. If the chosen line went
   * through it, the session continues from the newest alternative that is left. `DELETE
   * /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}`
   */
  deleteMessage(sessionId: string, messageId: string, options: RequestOptions = {}): APIPromise<DeletedMessages> {
    return this.#connection.json<DeletedMessages>({
      method: 'DELETE',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/messages/${segment('messageId', messageId)}`,
      gives: true,
    }, options);
  }

  /**
   * Choose an alternative: the session continues from it and the newest of what followed it. `POST
   * /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}/choose`
   */
  chooseMessage(sessionId: string, messageId: string, options: RequestOptions = {}): APIPromise<SessionHistory> {
    return this.#connection.json<SessionHistory>({
      method: 'POST',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/messages/${segment('messageId', messageId)}/choose`,
      gives: 'SessionHistory',
    }, options);
  }

  /**
   * Answer a message of the user again, perhaps with another model or version of the chatflow. An answer stands for the
   * message that it answers. The earlier answer and what followed it are kept as alternatives. The session continues
   * from the new one. `POST /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}/regenerate`
   */
  regenerateMessage(
    sessionId: string,
    messageId: string,
    input: MessageAgain = {},
    options: StartOptions = {},
  ): APIPromise<ChatAnswer> {
    return this.#connection.json<ChatAnswer>({
      method: 'POST',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/messages/${segment('messageId', messageId)}/regenerate`,
      body: input,
      takes: 'MessageAgain',
      keyed: true,
      gives: 'ChatAnswer',
    }, options);
  }

  /**
   * Answer a message of the user again and stream the answer as Server-Sent Events. `POST
   * /api/agent-builder/chatflow/sessions/{session_id}/messages/{message_id}/regenerate/stream`
   */
  regenerateMessageStream(
    sessionId: string,
    messageId: string,
    input: MessageAgain = {},
    options: StartStreamOptions = {},
  ): EventStream<ChatEvent> {
    return this.#connection.stream<ChatEvent>({
      method: 'POST',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/messages/${segment('messageId', messageId)}/regenerate/stream`,
      body: input,
      takes: 'MessageAgain',
      keyed: true,
      gives: { any: ['ChatStart', 'ChatContent', 'ChatReasoning', 'ChatReset', 'ChatNode', 'ToolState', 'ChatCitation', 'ChatInput', 'ChatStatus', 'ChatDone', 'ChatError'] },
      ends: ['done', 'error'],
    }, options);
  }

  /**
   * Return the variables that the session's flow keeps from turn to turn. `GET
   * /api/agent-builder/chatflow/sessions/{session_id}/variables`
   */
  getVariables(sessionId: string, options: RequestOptions = {}): APIPromise<SessionVariables> {
    return this.#connection.json<SessionVariables>({
      method: 'GET',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/variables`,
      gives: true,
    }, options);
  }

  /**
   * Give variables of a session other values, while no run of it is under way. `PATCH
   * /api/agent-builder/chatflow/sessions/{session_id}/variables`
   */
  setVariables(sessionId: string, input: VariablesChange, options: RequestOptions = {}): APIPromise<SessionVariables> {
    return this.#connection.json<SessionVariables>({
      method: 'PATCH',
      path: `/api/agent-builder/chatflow/sessions/${segment('sessionId', sessionId)}/variables`,
      body: input,
      gives: true,
    }, options);
  }
}

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
export class TemplatesResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List the flows that come with the server. `GET /api/agent-builder/templates` */
  list(options: RequestOptions = {}): APIPromise<TemplateList> {
    return this.#connection.json<TemplateList>({
      method: 'GET',
      path: '/api/agent-builder/templates',
      gives: 'TemplateList',
    }, options);
  }

  /**
   * Return a template as a flow file. `POST /flows/import` takes it and stores a copy. `GET
   * /api/agent-builder/templates/{name}`
   */
  get(name: string, options: RequestOptions = {}): APIPromise<Record<string, unknown>> {
    return this.#connection.json<Record<string, unknown>>({
      method: 'GET',
      path: `/api/agent-builder/templates/${segment('name', name)}`,
    }, options);
  }

  /** Return the diagram of a template. `GET /api/agent-builder/templates/{name}/graph` */
  draw(name: string, input: DrawTemplateQuery = {}, options: RequestOptions = {}): APIPromise<Download> {
    return this.#connection.download({
      method: 'GET',
      path: `/api/agent-builder/templates/${segment('name', name)}/graph`,
      query: pick(input, 'format layout'),
      accept: 'text/plain, text/vnd.graphviz, image/svg+xml, image/png, application/json',
    }, options);
  }
}

/** What `tools.listApiOperations` may be narrowed by. */
export interface ListApiOperationsQuery {
  search?: string | undefined;
}

/** What `client.tools` does. */
export class ToolsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List the MCP servers by name, the operator's among them. `GET /api/agent-builder/mcp-servers` */
  listMcpServers(options: RequestOptions = {}): APIPromise<MCPServerList> {
    return this.#connection.json<MCPServerList>({
      method: 'GET',
      path: '/api/agent-builder/mcp-servers',
      gives: 'MCPServerList',
    }, options);
  }

  /** Store an MCP server. It is not contacted before somebody checks it. `POST /api/agent-builder/mcp-servers` */
  createMcpServer(input: NewMCPServer, options: RequestOptions = {}): APIPromise<MCPServerView> {
    return this.#connection.json<MCPServerView>({
      method: 'POST',
      path: '/api/agent-builder/mcp-servers',
      body: input,
      takes: 'NewMCPServer',
      gives: 'MCPServerView',
    }, options);
  }

  /** Return an MCP server. `GET /api/agent-builder/mcp-servers/{mcp_server_id}` */
  getMcpServer(mcpServerId: string, options: RequestOptions = {}): APIPromise<MCPServerView> {
    return this.#connection.json<MCPServerView>({
      method: 'GET',
      path: `/api/agent-builder/mcp-servers/${segment('mcpServerId', mcpServerId)}`,
      gives: 'MCPServerView',
    }, options);
  }

  /**
   * Update an MCP server. Active runs use it from their next call. `PUT /api/agent-builder/mcp-servers/{mcp_server_id}`
   */
  updateMcpServer(mcpServerId: string, input: MCPServerChange = {}, options: RequestOptions = {}): APIPromise<MCPServerView> {
    return this.#connection.json<MCPServerView>({
      method: 'PUT',
      path: `/api/agent-builder/mcp-servers/${segment('mcpServerId', mcpServerId)}`,
      body: input,
      takes: 'MCPServerChange',
      gives: 'MCPServerView',
    }, options);
  }

  /**
   * Delete an MCP server with its approvals. One of the operator's comes back without them. `DELETE
   * /api/agent-builder/mcp-servers/{mcp_server_id}`
   */
  deleteMcpServer(mcpServerId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/mcp-servers/${segment('mcpServerId', mcpServerId)}`,
    }, options);
  }

  /**
   * Approve tools as the server listed them last. Flows can use them until they change. `POST
   * /api/agent-builder/mcp-servers/{mcp_server_id}/approve`
   */
  approveMcp(mcpServerId: string, input: MCPApproval = {}, options: RequestOptions = {}): APIPromise<MCPToolList> {
    return this.#connection.json<MCPToolList>({
      method: 'POST',
      path: `/api/agent-builder/mcp-servers/${segment('mcpServerId', mcpServerId)}/approve`,
      body: input,
      gives: 'MCPToolList',
    }, options);
  }

  /**
   * Ask the server for its tools and keep the list. Approves none. `POST
   * /api/agent-builder/mcp-servers/{mcp_server_id}/check`
   */
  checkMcpServer(mcpServerId: string, options: RequestOptions = {}): APIPromise<MCPCheck> {
    return this.#connection.json<MCPCheck>({
      method: 'POST',
      path: `/api/agent-builder/mcp-servers/${segment('mcpServerId', mcpServerId)}/check`,
      gives: 'MCPCheck',
    }, options);
  }

  /**
   * List the tools that the server listed last. The server is not contacted. `GET
   * /api/agent-builder/mcp-servers/{mcp_server_id}/tools`
   */
  listMcp(mcpServerId: string, options: RequestOptions = {}): APIPromise<MCPToolList> {
    return this.#connection.json<MCPToolList>({
      method: 'GET',
      path: `/api/agent-builder/mcp-servers/${segment('mcpServerId', mcpServerId)}/tools`,
      gives: 'MCPToolList',
    }, options);
  }

  /** List the APIs by name. `GET /api/agent-builder/openapi-tools` */
  listApIs(options: RequestOptions = {}): APIPromise<APIList> {
    return this.#connection.json<APIList>({
      method: 'GET',
      path: '/api/agent-builder/openapi-tools',
      gives: 'APIList',
    }, options);
  }

  /**
   * Read an OpenAPI document and store its API. A document at a URL is downloaded now. `POST
   * /api/agent-builder/openapi-tools`
   */
  createApi(input: NewAPI, options: RequestOptions = {}): APIPromise<APIView> {
    return this.#connection.json<APIView>({
      method: 'POST',
      path: '/api/agent-builder/openapi-tools',
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Return an API. `GET /api/agent-builder/openapi-tools/{api_id}` */
  getApi(apiId: string, options: RequestOptions = {}): APIPromise<APIView> {
    return this.#connection.json<APIView>({
      method: 'GET',
      path: `/api/agent-builder/openapi-tools/${segment('apiId', apiId)}`,
      gives: true,
    }, options);
  }

  /** Update an API. Active runs go on with what they began with. `PUT /api/agent-builder/openapi-tools/{api_id}` */
  updateApi(apiId: string, input: APIChange = {}, options: RequestOptions = {}): APIPromise<APIView> {
    return this.#connection.json<APIView>({
      method: 'PUT',
      path: `/api/agent-builder/openapi-tools/${segment('apiId', apiId)}`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Delete an API. Its credential stays. `DELETE /api/agent-builder/openapi-tools/{api_id}` */
  deleteApi(apiId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/openapi-tools/${segment('apiId', apiId)}`,
    }, options);
  }

  /**
   * List the operations of the document, from which `operations` chooses. `GET
   * /api/agent-builder/openapi-tools/{api_id}/operations`
   */
  listApiOperations(apiId: string, input: ListApiOperationsQuery = {}, options: RequestOptions = {}): APIPromise<APIOperationList> {
    return this.#connection.json<APIOperationList>({
      method: 'GET',
      path: `/api/agent-builder/openapi-tools/${segment('apiId', apiId)}/operations`,
      query: pick(input, 'search'),
    }, options);
  }

  /**
   * Download the document again. Operations stay as they were if it lacks one that was chosen. `POST
   * /api/agent-builder/openapi-tools/{api_id}/refresh`
   */
  refreshApi(apiId: string, options: RequestOptions = {}): APIPromise<APIView> {
    return this.#connection.json<APIView>({
      method: 'POST',
      path: `/api/agent-builder/openapi-tools/${segment('apiId', apiId)}/refresh`,
      gives: true,
    }, options);
  }

  /**
   * List the chosen operations as tools, with the JSON Schema of their arguments. `GET
   * /api/agent-builder/openapi-tools/{api_id}/tools`
   */
  listApi(apiId: string, options: RequestOptions = {}): APIPromise<APIToolList> {
    return this.#connection.json<APIToolList>({
      method: 'GET',
      path: `/api/agent-builder/openapi-tools/${segment('apiId', apiId)}/tools`,
      gives: 'APIToolList',
    }, options);
  }

  /**
   * List the tools with the JSON Schema of their arguments and of their configuration. A tool of an MCP server is in a
   * flow as `{"name": "mcp", "server": …, "tool": …}`, an operation of an API as `{"name": "openapi", "api": …,
   * "operation": …}`. `GET /api/agent-builder/tools`
   */
  list(options: RequestOptions = {}): APIPromise<Tools> {
    return this.#connection.json<Tools>({ method: 'GET', path: '/api/agent-builder/tools', gives: 'Tools' }, options);
  }
}

/** What `client.users` does. */
export class UsersResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List the users of your workspace, in the order in which they joined. `GET /api/agent-builder/users` */
  list(options: RequestOptions = {}): APIPromise<MemberList> {
    return this.#connection.json<MemberList>({
      method: 'GET',
      path: '/api/agent-builder/users',
      gives: 'MemberList',
    }, options);
  }

  /**
   * Create a user in your workspace. If the address has an account on this server already, its user becomes a member by
   * accepting (`POST /invitations/{id}/accept`), and keeps their name and password. The answer is the same: it does not
   * show who else uses the server. The number of users per hour is limited (`rate_new_users`). `POST
   * /api/agent-builder/users`
   */
  create(input: NewUser, options: RequestOptions = {}): APIPromise<MemberView> {
    return this.#connection.json<MemberView>({
      method: 'POST',
      path: '/api/agent-builder/users',
      body: input,
      gives: true,
    }, options);
  }

  /** Return a user of your workspace. `GET /api/agent-builder/users/{user_id}` */
  get(userId: string, options: RequestOptions = {}): APIPromise<MemberView> {
    return this.#connection.json<MemberView>({
      method: 'GET',
      path: `/api/agent-builder/users/${segment('userId', userId)}`,
      gives: true,
    }, options);
  }

  /**
   * Rename, disable or enable a user, or set a new password. One who is in other workspaces too is not this one's to
   * change: their membership here is. `PUT /api/agent-builder/users/{user_id}`
   */
  update(userId: string, input: UserChange = {}, options: RequestOptions = {}): APIPromise<MemberView> {
    return this.#connection.json<MemberView>({
      method: 'PUT',
      path: `/api/agent-builder/users/${segment('userId', userId)}`,
      body: input,
      gives: true,
    }, options);
  }
}

/** What `client.variables` does. */
export class VariablesResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List the variables by name and label, without the values of secrets. `GET /api/agent-builder/variables` */
  list(options: RequestOptions = {}): APIPromise<VariableList> {
    return this.#connection.json<VariableList>({
      method: 'GET',
      path: '/api/agent-builder/variables',
      gives: 'VariableList',
    }, options);
  }

  /** Store a value under a name and a label. Runs that start from now on use it. `POST /api/agent-builder/variables` */
  create(input: NewVariable, options: RequestOptions = {}): APIPromise<VariableView> {
    return this.#connection.json<VariableView>({
      method: 'POST',
      path: '/api/agent-builder/variables',
      body: input,
      gives: true,
    }, options);
  }

  /** Return a variable; of a secret one everything but the value. `GET /api/agent-builder/variables/{variable_id}` */
  get(variableId: string, options: RequestOptions = {}): APIPromise<VariableView> {
    return this.#connection.json<VariableView>({
      method: 'GET',
      path: `/api/agent-builder/variables/${segment('variableId', variableId)}`,
      gives: true,
    }, options);
  }

  /**
   * Update the value. Active runs keep their value, but use a new secret from their next request. `PUT
   * /api/agent-builder/variables/{variable_id}`
   */
  update(variableId: string, input: VariableChange, options: RequestOptions = {}): APIPromise<VariableView> {
    return this.#connection.json<VariableView>({
      method: 'PUT',
      path: `/api/agent-builder/variables/${segment('variableId', variableId)}`,
      body: input,
      gives: true,
    }, options);
  }

  /**
   * Delete a variable under its label. Flows that read it fail if no other value is left. `DELETE
   * /api/agent-builder/variables/{variable_id}`
   */
  delete(variableId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/variables/${segment('variableId', variableId)}`,
    }, options);
  }
}

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
export class WebhookTargetsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List webhook targets, the newest first. `GET /api/agent-builder/webhook-targets` */
  list(input: ListWebhookTargetsQuery = {}, options: RequestOptions = {}): APIPromise<TargetList> {
    return this.#connection.json<TargetList>({
      method: 'GET',
      path: '/api/agent-builder/webhook-targets',
      query: pick(input, 'flow_id limit cursor'),
      gives: 'TargetList',
    }, options);
  }

  /**
   * Have it sent that runs end or ask. The answer has the secret, which is not shown again. `POST
   * /api/agent-builder/webhook-targets`
   */
  create(input: NewTarget = {}, options: RequestOptions = {}): APIPromise<TargetWithSecret> {
    return this.#connection.json<TargetWithSecret>({
      method: 'POST',
      path: '/api/agent-builder/webhook-targets',
      body: input,
      takes: true,
      gives: 'TargetWithSecret',
    }, options);
  }

  /** Return a webhook target, without its secret. `GET /api/agent-builder/webhook-targets/{webhook_target_id}` */
  get(webhookTargetId: string, options: RequestOptions = {}): APIPromise<TargetView> {
    return this.#connection.json<TargetView>({
      method: 'GET',
      path: `/api/agent-builder/webhook-targets/${segment('webhookTargetId', webhookTargetId)}`,
      gives: true,
    }, options);
  }

  /**
   * Update, pause or resume a webhook target. From then on it is that of who asks. `PUT
   * /api/agent-builder/webhook-targets/{webhook_target_id}`
   */
  update(webhookTargetId: string, input: TargetChange = {}, options: RequestOptions = {}): APIPromise<TargetView> {
    return this.#connection.json<TargetView>({
      method: 'PUT',
      path: `/api/agent-builder/webhook-targets/${segment('webhookTargetId', webhookTargetId)}`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /**
   * Delete a webhook target with its deliveries, also those that wait. `DELETE
   * /api/agent-builder/webhook-targets/{webhook_target_id}`
   */
  delete(webhookTargetId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/webhook-targets/${segment('webhookTargetId', webhookTargetId)}`,
    }, options);
  }

  /**
   * List the deliveries to a target, the newest first. Those that were given up are `dead`. `GET
   * /api/agent-builder/webhook-targets/{webhook_target_id}/deliveries`
   */
  listDeliveries(
    webhookTargetId: string,
    input: ListWebhookDeliveriesQuery = {},
    options: RequestOptions = {},
  ): APIPromise<DeliveryList> {
    return this.#connection.json<DeliveryList>({
      method: 'GET',
      path: `/api/agent-builder/webhook-targets/${segment('webhookTargetId', webhookTargetId)}/deliveries`,
      query: pick(input, 'status limit cursor'),
      gives: 'DeliveryList',
    }, options);
  }

  /**
   * Send a delivery again that was delivered or given up. It keeps its `id`. `POST
   * /api/agent-builder/webhook-targets/{webhook_target_id}/deliveries/{delivery_id}/redeliver`
   */
  redeliver(webhookTargetId: string, deliveryId: string, options: RequestOptions = {}): APIPromise<DeliveryView> {
    return this.#connection.json<DeliveryView>({
      method: 'POST',
      path: `/api/agent-builder/webhook-targets/${segment('webhookTargetId', webhookTargetId)}/deliveries/${segment('deliveryId', deliveryId)}/redeliver`,
      gives: true,
    }, options);
  }

  /**
   * Replace the secret of a target. For `keep_hours`, deliveries are signed with both. `POST
   * /api/agent-builder/webhook-targets/{webhook_target_id}/rotate`
   */
  rotateSecret(webhookTargetId: string, input: NewSecret = {}, options: RequestOptions = {}): APIPromise<TargetWithSecret> {
    return this.#connection.json<TargetWithSecret>({
      method: 'POST',
      path: `/api/agent-builder/webhook-targets/${segment('webhookTargetId', webhookTargetId)}/rotate`,
      body: input,
      takes: true,
      gives: 'TargetWithSecret',
    }, options);
  }
}

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
export class WebhooksResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Return the question of a mail as a page with a form. Opening it answers nothing. `GET
   * /api/agent-builder/answers/{token}`
   */
  getAnswerPage(token: string, options: RequestOptions = {}): APIPromise<string> {
    return this.#connection.text({
      method: 'GET',
      path: `/api/agent-builder/answers/${segment('token', token)}`,
      open: true,
      accept: 'text/html',
    }, options);
  }

  /** Answer the question of a mail, once. The run resumes immediately. `POST /api/agent-builder/answers/{token}` */
  answerByMail(token: string, options: RequestOptions = {}): APIPromise<string> {
    return this.#connection.text({
      method: 'POST',
      path: `/api/agent-builder/answers/${segment('token', token)}`,
      open: true,
      accept: 'text/html',
    }, options);
  }

  /** List webhooks, the newest first. `GET /api/agent-builder/webhooks` */
  list(input: ListWebhooksQuery = {}, options: RequestOptions = {}): APIPromise<WebhookList> {
    return this.#connection.json<WebhookList>({
      method: 'GET',
      path: '/api/agent-builder/webhooks',
      query: pick(input, 'flow_id limit cursor'),
      gives: 'WebhookList',
    }, options);
  }

  /**
   * Create a URL at which other services start a flow, with the rights of who asks. The answer has the secret. It is
   * not shown again. `POST /api/agent-builder/webhooks`
   */
  create(input: NewWebhook, options: RequestOptions = {}): APIPromise<WebhookWithSecret> {
    return this.#connection.json<WebhookWithSecret>({
      method: 'POST',
      path: '/api/agent-builder/webhooks',
      body: input,
      takes: true,
      gives: 'WebhookWithSecret',
    }, options);
  }

  /** Return a webhook, without its secret. `GET /api/agent-builder/webhooks/{webhook_id}` */
  get(webhookId: string, options: RequestOptions = {}): APIPromise<WebhookView> {
    return this.#connection.json<WebhookView>({
      method: 'GET',
      path: `/api/agent-builder/webhooks/${segment('webhookId', webhookId)}`,
      gives: true,
    }, options);
  }

  /**
   * Start the flow of a webhook, as other services do: the body and the query are its input. It needs no key: the call
   * proves the secret of the webhook. With `answer` `sync`, the answer is that of the run; with `stream`, its
   * Server-Sent Events. `POST /api/agent-builder/webhooks/{webhook_id}`
   */
  call(webhookId: string, options: StartOptions = {}): APIPromise<void> {
    return this.#connection.json<undefined>({
      method: 'POST',
      path: `/api/agent-builder/webhooks/${segment('webhookId', webhookId)}`,
      keyed: true,
      open: true,
    }, options);
  }

  /**
   * Update, pause or resume a webhook. From then on its runs have the rights of who asks. `PUT
   * /api/agent-builder/webhooks/{webhook_id}`
   */
  update(webhookId: string, input: WebhookChange = {}, options: RequestOptions = {}): APIPromise<WebhookView> {
    return this.#connection.json<WebhookView>({
      method: 'PUT',
      path: `/api/agent-builder/webhooks/${segment('webhookId', webhookId)}`,
      body: input,
      takes: true,
      gives: true,
    }, options);
  }

  /** Delete a webhook. Its URL stops working; its runs stay. `DELETE /api/agent-builder/webhooks/{webhook_id}` */
  delete(webhookId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/webhooks/${segment('webhookId', webhookId)}`,
    }, options);
  }

  /**
   * List the last calls of a webhook, the newest first, and why calls were refused. `GET
   * /api/agent-builder/webhooks/{webhook_id}/calls`
   */
  listCalls(
    webhookId: string,
    input: ListWebhookCallsQuery = {},
    options: RequestOptions = {},
  ): APIPromise<WebhookCallList> {
    return this.#connection.json<WebhookCallList>({
      method: 'GET',
      path: `/api/agent-builder/webhooks/${segment('webhookId', webhookId)}/calls`,
      query: pick(input, 'limit cursor'),
      gives: 'WebhookCallList',
    }, options);
  }

  /**
   * Replace the secret of a webhook. The old one stays valid for `keep_hours`. `POST
   * /api/agent-builder/webhooks/{webhook_id}/rotate`
   */
  rotateSecret(webhookId: string, input: NewSecret = {}, options: RequestOptions = {}): APIPromise<WebhookWithSecret> {
    return this.#connection.json<WebhookWithSecret>({
      method: 'POST',
      path: `/api/agent-builder/webhooks/${segment('webhookId', webhookId)}/rotate`,
      body: input,
      takes: true,
      gives: 'WebhookWithSecret',
    }, options);
  }
}

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
export class WorkflowsResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List workflows, the newest first. `GET /api/agent-builder/workflows` */
  list(input: ListWorkflowsQuery = {}, options: RequestOptions = {}): APIPromise<WorkflowPage> {
    return this.#connection.json<WorkflowPage>({
      method: 'GET',
      path: '/api/agent-builder/workflows',
      query: pick(input, 'skip limit search after'),
      gives: 'WorkflowPage',
    }, options);
  }

  /** Go through all that `list` lists, page by page. */
  listAll(input: ListWorkflowsQuery = {}, options: RequestOptions = {}): AsyncGenerator<ChatflowView | AgentflowView, void, undefined> {
    return goThrough(
      (place) => this.list({ ...input, ...place }, options),
      (found) => found.workflows,
      { by: 'skip', start: input.skip, size: input.limit },
    );
  }

  /** Return a flow of any kind. `GET /api/agent-builder/workflows/{workflow_id}` */
  get(workflowId: string, options: RequestOptions = {}): APIPromise<ChatflowView | AgentflowView> {
    return this.#connection.json<ChatflowView | AgentflowView>({
      method: 'GET',
      path: `/api/agent-builder/workflows/${segment('workflowId', workflowId)}`,
      gives: { any: ['ChatflowView', 'AgentflowView'] },
    }, options);
  }

  /**
   * Run a flow of any kind and return its output. A chatflow takes the message as `input_data.message`, and
   * `input_data.session_id` if it is to go on with a session. `POST /api/agent-builder/workflows/{workflow_id}/execute`
   */
  execute(
    workflowId: string,
    inputData: Record<string, unknown> = {},
    input: Omit<ExecutionRequest, 'inputData'> & ExecuteWorkflowQuery = {},
    options: StartOptions = {},
  ): APIPromise<ExecutionAnswer> {
    const { version, ...body } = input;
    return this.#connection.json<ExecutionAnswer>({
      method: 'POST',
      path: `/api/agent-builder/workflows/${segment('workflowId', workflowId)}/execute`,
      query: { version: version },
      body: { inputData, ...input },
      takes: 'ExecutionRequest',
      keyed: true,
      gives: 'ExecutionAnswer',
    }, options);
  }

  /**
   * Run a flow of any kind and stream its events. The data of the last event is `[DONE]`. A repeated request that
   * carries `Last-Event-ID`, or the same `Idempotency-Key`, goes on with its run. `POST
   * /api/agent-builder/workflows/{workflow_id}/execute/stream`
   */
  executeStream(
    workflowId: string,
    inputData: Record<string, unknown> = {},
    input: Omit<ExecutionRequest, 'inputData'> & ExecuteWorkflowStreamQuery = {},
    options: StartStreamOptions = {},
  ): EventStream<ExecutionEvent> {
    const { version, ...body } = input;
    return this.#connection.stream<ExecutionEvent>({
      method: 'POST',
      path: `/api/agent-builder/workflows/${segment('workflowId', workflowId)}/execute/stream`,
      query: { version: version },
      body: { inputData, ...input },
      takes: 'ExecutionRequest',
      keyed: true,
      gives: { any: ['ExecutionStart', 'ExecutionStatus', 'ExecutionNode', 'ExecutionToken', 'ExecutionReset', 'ToolState', 'ChatCitation', 'ExecutionComplete', 'ExecutionFailed'] },
      ends: ['complete', 'error'],
    }, options);
  }

  /** List a workflow's executions, the newest first. `GET /api/agent-builder/workflows/{workflow_id}/executions` */
  listExecutions(
    workflowId: string,
    input: ListWorkflowExecutionsQuery = {},
    options: RequestOptions = {},
  ): APIPromise<FlowExecutionPage> {
    return this.#connection.json<FlowExecutionPage>({
      method: 'GET',
      path: `/api/agent-builder/workflows/${segment('workflowId', workflowId)}/executions`,
      query: pick(input, 'limit offset after status from to'),
      gives: 'FlowExecutionPage',
    }, options);
  }

  /** Go through all that `listExecutions` lists, page by page. */
  listAllExecutions(
    workflowId: string,
    input: ListWorkflowExecutionsQuery = {},
    options: RequestOptions = {},
  ): AsyncGenerator<FlowExecution, void, undefined> {
    return goThrough(
      (place) => this.listExecutions(workflowId, { ...input, ...place }, options),
      (found) => found.executions,
      { by: 'offset', start: input.offset, size: input.limit },
    );
  }

  /**
   * Return an execution of a workflow with its input, output, nodes and tokens. `GET
   * /api/agent-builder/workflows/{workflow_id}/executions/{execution_id}`
   */
  getExecution(workflowId: string, executionId: string, options: RequestOptions = {}): APIPromise<FlowExecutionDetails> {
    return this.#connection.json<FlowExecutionDetails>({
      method: 'GET',
      path: `/api/agent-builder/workflows/${segment('workflowId', workflowId)}/executions/${segment('executionId', executionId)}`,
      gives: 'FlowExecutionDetails',
    }, options);
  }
}

/** What `client.workspaces` does. */
export class WorkspacesResource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** List the workspaces that you can use. `GET /api/agent-builder/workspaces` */
  list(options: RequestOptions = {}): APIPromise<WorkspaceList> {
    return this.#connection.json<WorkspaceList>({
      method: 'GET',
      path: '/api/agent-builder/workspaces',
      gives: 'WorkspaceList',
    }, options);
  }

  /** Create a workspace. You become its owner. `POST /api/agent-builder/workspaces` */
  create(input: NewWorkspace, options: RequestOptions = {}): APIPromise<WorkspaceView> {
    return this.#connection.json<WorkspaceView>({
      method: 'POST',
      path: '/api/agent-builder/workspaces',
      body: input,
      gives: true,
    }, options);
  }

  /** Return your current workspace, by ID or slug. `GET /api/agent-builder/workspaces/{workspace_id}` */
  get(workspaceId: string, options: RequestOptions = {}): APIPromise<WorkspaceView> {
    return this.#connection.json<WorkspaceView>({
      method: 'GET',
      path: `/api/agent-builder/workspaces/${segment('workspaceId', workspaceId)}`,
      gives: true,
    }, options);
  }

  /** Rename your current workspace. `PUT /api/agent-builder/workspaces/{workspace_id}` */
  update(workspaceId: string, input: WorkspaceChange, options: RequestOptions = {}): APIPromise<WorkspaceView> {
    return this.#connection.json<WorkspaceView>({
      method: 'PUT',
      path: `/api/agent-builder/workspaces/${segment('workspaceId', workspaceId)}`,
      body: input,
      gives: true,
    }, options);
  }

  /**
   * List the open invitations of your current workspace. `GET /api/agent-builder/workspaces/{workspace_id}/invitations`
   */
  listInvitations(workspaceId: string, options: RequestOptions = {}): APIPromise<MemberList> {
    return this.#connection.json<MemberList>({
      method: 'GET',
      path: `/api/agent-builder/workspaces/${segment('workspaceId', workspaceId)}/invitations`,
      gives: 'MemberList',
    }, options);
  }

  /** Withdraw an invitation. `DELETE /api/agent-builder/workspaces/{workspace_id}/invitations/{invitation_id}` */
  withdrawInvitation(workspaceId: string, invitationId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/workspaces/${segment('workspaceId', workspaceId)}/invitations/${segment('invitationId', invitationId)}`,
    }, options);
  }

  /** List the members of your current workspace. `GET /api/agent-builder/workspaces/{workspace_id}/members` */
  listMembers(workspaceId: string, options: RequestOptions = {}): APIPromise<MemberList> {
    return this.#connection.json<MemberList>({
      method: 'GET',
      path: `/api/agent-builder/workspaces/${segment('workspaceId', workspaceId)}/members`,
      gives: 'MemberList',
    }, options);
  }

  /**
   * Invite an email address to your current workspace. The user becomes a member by accepting (`POST
   * /invitations/{id}/accept`). The answer is the same whether a user has the address or not. `POST
   * /api/agent-builder/workspaces/{workspace_id}/members`
   */
  addMember(workspaceId: string, input: NewMember, options: RequestOptions = {}): APIPromise<MemberView> {
    return this.#connection.json<MemberView>({
      method: 'POST',
      path: `/api/agent-builder/workspaces/${segment('workspaceId', workspaceId)}/members`,
      body: input,
      gives: true,
    }, options);
  }

  /**
   * Change the role of a member. Streams that are no longer allowed end within five seconds. `PUT
   * /api/agent-builder/workspaces/{workspace_id}/members/{user_id}`
   */
  updateMember(
    workspaceId: string,
    userId: string,
    input: RoleChange,
    options: RequestOptions = {},
  ): APIPromise<MemberView> {
    return this.#connection.json<MemberView>({
      method: 'PUT',
      path: `/api/agent-builder/workspaces/${segment('workspaceId', workspaceId)}/members/${segment('userId', userId)}`,
      body: input,
      gives: true,
    }, options);
  }

  /**
   * Remove a member. The member's keys of this workspace stop working. `DELETE
   * /api/agent-builder/workspaces/{workspace_id}/members/{user_id}`
   */
  removeMember(workspaceId: string, userId: string, options: RequestOptions = {}): APIPromise<Deleted> {
    return this.#connection.json<Deleted>({
      method: 'DELETE',
      path: `/api/agent-builder/workspaces/${segment('workspaceId', workspaceId)}/members/${segment('userId', userId)}`,
    }, options);
  }
}
