/** Generated from the API's OpenAPI document: what requests, answers and events are made of. */

export interface APIChange {
  name?: string | undefined;
  /** Another URL is downloaded at once. */
  url?: string | undefined;
  document?: string | Record<string, unknown> | undefined;
  baseUrl?: string | undefined;
  credential?: string | undefined;
  headers?: Record<string, string> | undefined;
  operations?: string[] | undefined;
  approval?: string[] | undefined;
  rename?: Record<string, string> | undefined;
  fixed?: Record<string, unknown> | undefined;
  answerPaths?: Record<string, string[]> | undefined;
  timeoutSeconds?: number | undefined;
  maxBytes?: number | undefined;
  enabled?: boolean | undefined;
}

/** The workspace's APIs, by name. */
export interface APIList {
  openapiTools: APIView[];
  total: number;
}

/** An operation of an API's document. */
export interface APIOperation {
  id: string;
  method: string;
  path: string;
  description: string;
  chosen: boolean;
  /** Why flows cannot use it. Empty if they can. */
  message: string;
}

/** The operations of an API's document, in its order. */
export interface APIOperationList {
  operations: APIOperation[];
  total: number;
}

/** A chosen operation as a tool. */
export interface APITool {
  operation: string;
  /** What models call it. */
  name: string;
  /** What models read of it. */
  description: string;
  inputSchema: Record<string, unknown>;
  method: string;
  path: string;
  /** Whether a person is asked before each call. */
  approval: boolean;
  /** Whether a second call does no harm. */
  repeatable: boolean;
  /** Why flows cannot use it, and what to do. Empty if they can. */
  message: string;
}

/** The chosen operations of an API, as tools. */
export interface APIToolList {
  tools: APITool[];
  total: number;
}

/** An API. Its secret is in the credential that it names. */
export interface APIView {
  id: string;
  name: string;
  /** Of the document. */
  title: string;
  /** The version of OpenAPI that the document has. */
  openapi: string;
  apiVersion: string;
  url: string;
  /** Where requests go. */
  baseUrl: string;
  headers: Record<string, string>;
  /** How the document says that the API is authorized: kinds of credentials. */
  auth: AuthScheme[];
  credential: string;
  operations: string[];
  approval: string[];
  rename: Record<string, string>;
  fixed: Record<string, unknown>;
  answerPaths: Record<string, string[]>;
  timeoutSeconds: number;
  maxBytes: number;
  enabled: boolean;
  /** Operations of the document. */
  operationsTotal: number;
  /** Operations that flows can use. */
  tools: number;
  /** What is likely to fail, as sentences. */
  warnings: string[];
  /** When the document was read. */
  readAt: string;
  createdAt: string;
  updatedAt: string;
}

/** A run that goes on in the background. */
export interface AcceptedExecution {
  id: string;
  flowId: string;
  flowType: string;
  /** `pending`: it was accepted and will run. `GET /executions/{id}` says how far it is. */
  status: string;
  /** When it was accepted. */
  startedAt: string | null;
  inputData: Record<string, unknown>;
}

/** Who the caller is. */
export interface Account {
  workspace: string;
  userId: string | null;
  keyId: string | null;
  name: string;
  /** The user's role in the workspace; null for a key of nobody's. */
  role: 'editor' | 'owner' | 'runner' | 'viewer' | null;
  permissions: string[];
  /** When the credential expires. */
  expiresAt: string | null;
}

/** A document that was added, and the run that ingests it. */
export interface AddedDocument {
  id: string;
  name: string;
  executionId: string;
}

export interface Agent {
  name: string;
  description?: string | undefined;
  /** Empty: the server's default model. */
  llmProvider?: string | undefined;
  llmModel?: string | undefined;
  /** Name of a credential with the key for its model. Empty: the server's key. */
  credential?: string | undefined;
  /** Name of a connection to ask its model by. Empty: the server's own. */
  connection?: string | undefined;
  systemPrompt?: string | undefined;
  /** Default: 0.7. */
  temperature?: number | undefined;
  /** Default: 2000. */
  maxTokens?: number | undefined;
  /** Its tools from `GET /tools`: names, or objects with `name` and settings. */
  tools?: (string | Record<string, unknown>)[] | undefined;
  /** JSON Schema of the answer. Null: text. */
  outputSchema?: Record<string, unknown> | null | undefined;
}

export interface AgentChange {
  name?: string | undefined;
  description?: string | undefined;
  llmProvider?: string | undefined;
  llmModel?: string | undefined;
  credential?: string | undefined;
  connection?: string | undefined;
  systemPrompt?: string | undefined;
  temperature?: number | undefined;
  maxTokens?: number | undefined;
  tools?: (string | Record<string, unknown>)[] | undefined;
  outputSchema?: Record<string, unknown> | null | undefined;
}

/** A session's messages, the oldest first. */
export interface AgentHistoryPage {
  sessionId: string;
  messages: StoredMessage[];
  messageCount: number;
}

/** A page of agents. */
export interface AgentPage {
  agents: AgentView[];
  total: number;
  page: number;
  pageSize: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

/** Runs of agent nodes. */
export interface AgentSummary {
  total: number;
  completed: number;
  successRate: number;
}

/** An agent as it is stored. */
export interface AgentView {
  id: string;
  name: string;
  description: string;
  llmProvider: string;
  llmModel: string;
  systemPrompt: string;
  temperature: number;
  maxTokens: number;
  tools: unknown[];
  outputSchema: Record<string, unknown> | null;
  createdAt: string;
  updatedAt: string;
  credential?: string;
  connection?: string;
}

export interface Agentflow {
  name: string;
  /**
   * Name in URLs and for other clients: lower-case letters, digits and hyphens. It is unique in the workspace. Null: it
   * is made from the name.
   */
  slug?: string | null | undefined;
  description?: string | undefined;
  /** How attached agents work together. Ignored if there is a `graph_definition`. Default: 'sequential'. */
  orchestrationType?: string | undefined;
  supervisorConfig?: Supervisor | null | undefined;
  /** Attached agents. `POST /agentflows/{id}/agents` attaches more. */
  agents?: AttachedAgent[] | undefined;
  graphDefinition?: GraphDefinition | null | undefined;
  /** Limits of its runs, if they differ from the server's settings. */
  limits?: FlowLimits | null | undefined;
  tags?: string[] | undefined;
  category?: string | undefined;
  /** Whether it can run. Default: true. */
  isActive?: boolean | undefined;
  /** Default: false. */
  isPublic?: boolean | undefined;
}

export interface AgentflowChange {
  name?: string | undefined;
  /** The old slug still leads to the flow. */
  slug?: string | undefined;
  description?: string | undefined;
  orchestrationType?: string | undefined;
  supervisorConfig?: Supervisor | null | undefined;
  agents?: AttachedAgent[] | undefined;
  graphDefinition?: GraphDefinition | null | undefined;
  limits?: FlowLimits | null | undefined;
  tags?: string[] | undefined;
  category?: string | undefined;
  isActive?: boolean | undefined;
  isPublic?: boolean | undefined;
}

/** An agentflow as it is stored. */
export interface AgentflowView {
  flowType: 'agentflow';
  id: string;
  /** Name in URLs and for other clients; unique in the workspace. */
  slug: string;
  name: string;
  description: string;
  tags: string[];
  category: string;
  isActive: boolean;
  isPublic: boolean;
  /** 1 for a new flow, one more for each change. */
  version: number;
  createdAt: string;
  updatedAt: string;
  /** Where clients of other protocols find it. */
  endpoints: FlowEndpoints;
  orchestrationType: string;
  supervisorConfig: Record<string, unknown> | null;
  agents: AttachedView[];
  graphDefinition: Record<string, unknown> | null;
  /** Whether it is a graph in code, which the operator of the server changes. Default: false. */
  readOnly?: boolean;
  /** Limits of its runs, if they differ from the server's settings. */
  limits?: Record<string, unknown> | null;
  /** What is odd about it and does not keep it from running. */
  warnings?: Fault[];
}

/** An agent that is attached to an agentflow. */
export interface AttachedAgent {
  name: string;
  /** Its ID in this flow. Empty: the server creates one. */
  id?: string | undefined;
  /** The stored agent to use: its model, prompt and tools. Null: the fields here define the agent. */
  agentId?: string | null | undefined;
  /** Its role in the team, such as `researcher` or `critic`. */
  role?: string | undefined;
  /** What it does. Models that choose an agent read this. */
  description?: string | undefined;
  /** Template for additional instructions to its model. Only without `agent_id`. */
  instructions?: string | undefined;
  /** What it is good at. Models that choose an agent read this, and `capability` compares it. */
  capabilities?: string[] | undefined;
  /**
   * A higher number comes first. Agents with the same priority keep the order in which they were attached. Default: 0.
   */
  priority?: number | undefined;
  /** How often it is retried after a failure. Default: 3. */
  maxRetries?: number | undefined;
  /** Maximum time of one attempt, in seconds. Default: 300. */
  timeoutSeconds?: number | undefined;
  /** Agents of this flow that must run before it: by id, agent_id or name. */
  dependencies?: string[] | undefined;
  /** Its input in place of the request: a name and an expression, or a template with `{{ … }}`. */
  inputMapping?: Record<string, string> | null | undefined;
  /** Variables to set: a name and an expression in which `arrived` is the answer. */
  outputMapping?: Record<string, string> | null | undefined;
  /** When it runs: an expression, or `{"condition": "…"}`. Null: always. */
  conditionalLogic?: string | Condition | null | undefined;
  /** Agents of the same group run in parallel. Groups run one after the other. */
  parallelGroup?: string | null | undefined;
  /** Events that start it in `event_driven`: `order.paid`, `order.*`, `*`. Empty: `start`. */
  subscribesTo?: string[] | undefined;
  /**
   * Events that it emits in `event_driven`, in addition to `<its node>.completed`. If there are several, its model
   * chooses one.
   */
  emits?: string[] | undefined;
  /** Provider of its model. Empty: the one of the stored agent, the supervisor or the server. */
  llmProvider?: string | undefined;
  /** The provider's name of its model. Empty: as for `llm_provider`. */
  llmModel?: string | undefined;
  /**
   * Name of a credential with the key for its model. Empty: the one of the stored agent or the supervisor, if it uses
   * their model. Otherwise the server's key.
   */
  credential?: string | undefined;
  /** Maximum tokens of an answer. Null: the value of the stored agent or the supervisor. */
  maxTokens?: number | null | undefined;
  /** Tools that it may use, in the same form as in an agent node. */
  tools?: unknown[] | undefined;
}

export interface AttachedAgentChange {
  agentId?: string | null | undefined;
  name?: string | undefined;
  role?: string | undefined;
  description?: string | undefined;
  instructions?: string | undefined;
  capabilities?: string[] | undefined;
  priority?: number | undefined;
  maxRetries?: number | undefined;
  timeoutSeconds?: number | undefined;
  dependencies?: string[] | undefined;
  inputMapping?: Record<string, string> | null | undefined;
  outputMapping?: Record<string, string> | null | undefined;
  conditionalLogic?: string | Condition | null | undefined;
  parallelGroup?: string | null | undefined;
  subscribesTo?: string[] | undefined;
  emits?: string[] | undefined;
  llmProvider?: string | undefined;
  llmModel?: string | undefined;
  credential?: string | undefined;
  maxTokens?: number | null | undefined;
  tools?: unknown[] | undefined;
}

/** The agents of an agentflow. */
export interface AttachedList {
  /** In the order in which they were attached. */
  agents: AttachedView[];
  total: number;
}

/** An agent at work in an agentflow, as it is stored. */
export interface AttachedView {
  name: string;
  /** Id of its node in the graph that runs: expressions read its answer as `nodes.<node>`. */
  node: string;
  /** Its ID in this flow. Empty: the server creates one. */
  id?: string;
  /** The stored agent to use: its model, prompt and tools. Null: the fields here define the agent. */
  agentId?: string | null;
  /** Its role in the team, such as `researcher` or `critic`. */
  role?: string;
  /** What it does. Models that choose an agent read this. */
  description?: string;
  /** Template for additional instructions to its model. Only without `agent_id`. */
  instructions?: string;
  /** What it is good at. Models that choose an agent read this, and `capability` compares it. */
  capabilities?: string[];
  /**
   * A higher number comes first. Agents with the same priority keep the order in which they were attached. Default: 0.
   */
  priority?: number;
  /** How often it is retried after a failure. Default: 3. */
  maxRetries?: number;
  /** Maximum time of one attempt, in seconds. Default: 300. */
  timeoutSeconds?: number;
  /** Agents of this flow that must run before it: by id, agent_id or name. */
  dependencies?: string[];
  /** Its input in place of the request: a name and an expression, or a template with `{{ … }}`. */
  inputMapping?: Record<string, string> | null;
  /** Variables to set: a name and an expression in which `arrived` is the answer. */
  outputMapping?: Record<string, string> | null;
  /** When it runs: an expression, or `{"condition": "…"}`. Null: always. */
  conditionalLogic?: string | Condition | null;
  /** Agents of the same group run in parallel. Groups run one after the other. */
  parallelGroup?: string | null;
  /** Events that start it in `event_driven`: `order.paid`, `order.*`, `*`. Empty: `start`. */
  subscribesTo?: string[];
  /**
   * Events that it emits in `event_driven`, in addition to `<its node>.completed`. If there are several, its model
   * chooses one.
   */
  emits?: string[];
  /** Provider of its model. Empty: the one of the stored agent, the supervisor or the server. */
  llmProvider?: string;
  /** The provider's name of its model. Empty: as for `llm_provider`. */
  llmModel?: string;
  /**
   * Name of a credential with the key for its model. Empty: the one of the stored agent or the supervisor, if it uses
   * their model. Otherwise the server's key.
   */
  credential?: string;
  /** Maximum tokens of an answer. Null: the value of the stored agent or the supervisor. */
  maxTokens?: number | null;
  /** Tools that it may use, in the same form as in an agent node. */
  tools?: unknown[];
}

/** Something that was done. */
export interface AuditEntry {
  id: number;
  ts: string;
  /** `key`, `user`, `visitor` (of an embedded chat), `operator` (a command on the server) or `nobody`. */
  actorKind: string;
  actorId: string;
  actorName: string;
  /**
   * An operation's id of the OpenAPI document, `socket.message`, `socket.cancel`, `socket.clear`, `login`,
   * `login.failed`, or a command.
   */
  action: string;
  targetKind: string;
  targetId: string;
  /** Where the request came from. */
  address: string;
  details: Record<string, unknown>;
}

/** A part of the log. */
export interface AuditLog {
  entries: AuditEntry[];
  total: number;
  limit: number;
  offset: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

/** How an API says that it is authorized (OpenAPI 3.1 §4.8.27). */
export interface AuthScheme {
  name: string;
  kind: 'basic' | 'bearer' | 'header' | 'other' | 'query';
  /** Name of the header or query parameter. */
  field?: string;
}

export interface AuthorizationCode {
  state: string;
  code?: string | undefined;
  error?: string | undefined;
  iss?: string | undefined;
}

/** An authorization that began. */
export interface AuthorizationView {
  /** Open it in a browser. Empty if the client authorizes itself: the credential is stored. */
  authorizationUrl: string;
  /** When it can no longer be finished. */
  expiresAt: string | null;
  /** The stored credential of a client that authorizes itself. */
  credential: CredentialView | null;
}

/** What became of a reference. */
export interface Bound {
  /** The id in the bundle; of a knowledge base the id or the name. */
  wanted: string;
  /** The id here; null where it is missing. */
  id: string | null;
  name: string;
  how: 'created' | 'existing' | 'missing';
}

/** A workspace variable that the flows of a bundle read. */
export interface BoundVariable {
  name: string;
  /** Null where neither the file nor the workspace says it. */
  secret: boolean | null;
  how: 'existing' | 'missing';
}

export interface BudgetChange {
  name?: string | undefined;
  amount?: number | undefined;
}

/** The workspace's budgets. */
export interface BudgetList {
  budgets: BudgetView[];
  total: number;
}

/** A budget, and how it stands in the period that runs. */
export interface BudgetView {
  id: string;
  name: string;
  scope: string;
  scopeId: string;
  period: string;
  unit: string;
  amount: number;
  /** The day or month that runs, in UTC. */
  currentPeriod: string;
  spent: number;
  /** For calls under way, at their worst. */
  reserved: number;
  remaining: number;
  /** Spent, of the amount. */
  percentage: number;
  createdAt: string;
  updatedAt: string;
}

/** A chat's answer. */
export interface ChatAnswer {
  success: boolean;
  /** The text; of a run that waits for whom it talks with its question; empty if the run failed. */
  response: string;
  /** What went wrong, as a sentence; null if nothing did. */
  error: string | null;
  /** The session to go on with: the caller's, or one made for this chat. */
  sessionId: string;
  /** Messages in the session now, this turn's included. */
  messageCount: number;
  usage: Usage;
  executionId: string;
  /** Seconds from the run's start to its end. */
  responseTime: number;
  /** The execution's status word: `waiting_approval` where it waits for people. */
  status: string;
  /** What went wrong, as a word for programs: `timeout`, `limit_reached`, `rate_limited`, …; null if nothing did. */
  errorCode?: string | null;
  /**
   * What it waits for: answer by `POST /executions/{id}/respond`, or by the session's next message where `audience` is
   * `visitor`.
   */
  inputs?: OpenInput[];
  /** The sources of the answer, in the order in which they were cited. */
  citations?: Citation[];
  /**
   * How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`, `refusal`; null
   * where no model answered.
   */
  finishReason?: string | null;
  /** What was not as it was asked for, though there is an answer; 20 sentences at most. */
  warnings?: string[];
  /** Files that the answer carries: `GET /chatflow/sessions/{id}/files/{file}` gives one. */
  files?: FileRef[];
}

/** A source of the answer. */
export interface ChatCitation {
  type: 'citation';
  /** 1 for the first source of the run, and so on: the same for each citation of one address. */
  number: number;
  /** An address of http or https; empty where a passage of a knowledge base has none. */
  url: string;
  /** The node whose model or tool cites it. */
  nodeId: string;
  title?: string;
  /** The passage that counts, where it is known. */
  text?: string;
  /** Where in the answer's text it is cited, in characters, with `end`; left out where nobody said. */
  start?: number | null;
  end?: number | null;
  /** Of a knowledge base; left out for a source of the web. */
  passageId?: string;
  documentId?: string;
  /** The page of the document, from 1. */
  page?: number | null;
  /** The containers and sub-flows that the node lies in; left out where it lies in none. */
  path?: string;
}

/** A piece of the answer, as the model yielded it. */
export interface ChatContent {
  type: 'content';
  content: string;
  /** The node whose model speaks. */
  nodeId: string;
  /** The containers and sub-flows that the node lies in; left out where it lies in none. */
  path?: string;
}

/** The last frame of a run that went well. */
export interface ChatDone {
  type: 'done';
  sessionId: string;
  executionId: string;
  /** The whole answer; it counts where it differs from what was streamed. */
  response: string;
  usage: Usage;
  /** Null where the price is not known. */
  costUsd: number | null;
  /** Seconds from the run's start to its end. */
  responseTime: number;
  /** Messages in the session now. */
  messageCount: number;
  /**
   * How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`, `refusal`; null
   * where no model answered.
   */
  finishReason?: string | null;
  /** What was not as it was asked for, though there is an answer; 20 sentences at most. */
  warnings?: string[];
  /** Files that the answer carries: `GET /chatflow/sessions/{id}/files/{file}` gives one. */
  files?: FileRef[];
}

/** The last frame of a run that failed, timed out or was cancelled. */
export interface ChatError {
  type: 'error';
  /** A sentence for people. */
  error: string;
  /** A word for programs: `cancelled`, `timeout`, `limit_reached`, … */
  code: string;
  sessionId: string;
  executionId: string;
}

/** Checks and masks of a chatflow's messages or answers, as of a `guardrail` node. */
export interface ChatGuardrail {
  /** Patterns that block the text, in RE2's syntax. */
  patterns?: string[] | undefined;
  /** Kinds of personal data to mask. */
  masks?: ('card' | 'email' | 'id_number' | 'phone')[] | undefined;
  /** Moderation service that may block the text. Null: none. */
  moderation?: Moderation | null | undefined;
  /** Model that may block the text. Null: none. */
  model?: ModelCheck | null | undefined;
  /** Answer to a blocked text. Default: 'Sorry, I cannot answer this.'. */
  answer?: string | undefined;
}

/** Guardrails of a chatflow: what is checked before its model sees it, and before its user sees it. */
export interface ChatGuardrails {
  /** Checks of the user's message. Null: none. */
  input?: ChatGuardrail | null | undefined;
  /** Checks of the answer. It is sent as one part, after them. Null: none. */
  output?: ChatGuardrail | null | undefined;
}

/** The run asks a person something: answer it by `POST /executions/{id}/respond`. */
export interface ChatInput {
  type: 'input';
  input: OpenInput;
  executionId: string;
}

/** A node started or ended. */
export interface ChatNode {
  type: 'node';
  nodeId: string;
  status: 'completed' | 'failed' | 'running' | 'skipped';
  attempt: number;
  /** When it starts. */
  nodeType?: string | null;
  /** When it starts. */
  label?: string | null;
  /** When it has ended. */
  durationMs?: number | null;
  /** The containers and sub-flows that the node lies in; left out where it lies in none. */
  path?: string;
}

/** Settings of a chat without a stored flow. A stored flow uses its own settings. */
export interface ChatOptions {
  /** `ollama`, `openai`, `anthropic`, `local` or `demo`. Empty: the server's default model. */
  provider?: string | undefined;
  /** The provider's name of the model. Empty: `llama3.3:70b` of Ollama, otherwise the provider's first model. */
  model?: string | undefined;
  /** Null: the model's default. Not set: 0.7 for `local` and `demo`, the model's default for others. */
  temperature?: number | null | undefined;
  /**
   * Maximum number of tokens in the answer. Null: the model's default. Not set: 1000 for `local` and `demo`, the
   * model's default for others.
   */
  maxTokens?: number | null | undefined;
  systemPrompt?: string | undefined;
  /** Memory strategy. Default: 'buffer'. */
  memoryType?: 'buffer' | 'hybrid' | 'summary' | 'vector' | undefined;
  /** Options of the memory: see `GET /chatflow/memory/strategies`. */
  memoryConfig?: Record<string, unknown> | undefined;
  topP?: number | null | undefined;
  /** Texts that end the answer. */
  stop?: string[] | undefined;
  seed?: number | null | undefined;
  /** Choose among so many likeliest tokens. */
  topK?: number | null | undefined;
  /** Leave out tokens less likely than this share of the likeliest. */
  minP?: number | null | undefined;
  /** Above 0, words that were used are used less often; null for none. */
  presencePenalty?: number | null | undefined;
  /** Above 0, words that were used are used less often; null for none. */
  frequencyPenalty?: number | null | undefined;
  /** Makes tokens, by their numbers, likelier (to 100) or not (to -100). */
  logitBias?: Record<string, number> | undefined;
  /** A name of who asks, for the provider's records. */
  user?: string | undefined;
  /** How much a reasoning model reasons: `minimal` to `high`; empty for its own. */
  reasoningEffort?: string | undefined;
  /** Whether the model may ask for several tools at once; null for its own. */
  parallelToolCalls?: boolean | null | undefined;
  /** Arguments of the chat template (vLLM): `{"enable_thinking": false}`. */
  chatTemplateKwargs?: Record<string, unknown> | undefined;
  /** Ollama's context in tokens; null for what the request needs. */
  numCtx?: number | null | undefined;
  /** How long Ollama keeps the model loaded: `10m`, `-1` for always. */
  keepAlive?: string | undefined;
  /** Whether, or how much (`low`, `high`), a model of Ollama's reasons. */
  think?: boolean | string | null | undefined;
  /** Maximum seconds until the model's first sign of life. Null: the server's setting. */
  modelFirstTokenSeconds?: number | null | undefined;
  /** Maximum seconds of silence within the answer. Null: the server's setting. */
  modelIdleSeconds?: number | null | undefined;
  /** Further fields of the request; never messages, model, stream or tools. */
  extraBody?: Record<string, unknown> | undefined;
  /** Tools from `GET /tools`: names, or objects with `name` and settings. */
  tools?: (string | Record<string, unknown>)[] | undefined;
  /** `{"type": "json_object"}`, or `{"type": "json_schema", "json_schema": {…}}`. */
  responseFormat?: Record<string, unknown> | null | undefined;
  /** Another URL of the provider, from the operator's list. */
  baseUrl?: string | undefined;
  /** Name of a connection of the workspace to ask `model` by. Needs the permission `connections:read`. */
  connection?: string | undefined;
  /** API key for the provider, for this run only. It is never stored, logged or shown. */
  apiKey?: string | undefined;
  /**
   * If the session has an active run: `wait` for it, `refuse`, `interrupt` it, or `rollback` its messages. Default:
   * 'wait'.
   */
  onBusy?: 'interrupt' | 'refuse' | 'rollback' | 'wait' | undefined;
}

/** A piece of the model's reasoning, which is no part of the answer. */
export interface ChatReasoning {
  type: 'reasoning';
  content: string;
  nodeId: string;
  path?: string;
}

export interface ChatRequest {
  message: string;
  /** The session to continue, or a name for a new one: 1 to 255 printable characters. Null: a new session. */
  sessionId?: string | null | undefined;
  /** A stored chatflow. Its settings win over `config`. */
  workflowId?: string | null | undefined;
  config?: ChatOptions | null | undefined;
  /** Limits of this run, instead of the chatflow's. They cannot exceed the server's settings. */
  limits?: FlowLimits | null | undefined;
  /** Files of the message, if the chatflow's `uploads` accepts files. */
  files?: SentFile[] | undefined;
  /** Inputs that the chatflow's start node declares, by name. A file is an object with `name` and `data`. */
  inputs?: Record<string, unknown> | undefined;
  /** Values of variables that the chatflow's start node declares, by name. */
  variables?: Record<string, unknown> | undefined;
  /**
   * Id of an earlier message of the user in this session. The new message becomes an alternative to it, and the session
   * continues from there.
   */
  edits?: string | null | undefined;
}

/** A model call is repeated: drop what this node's current message has said so far. */
export interface ChatReset {
  type: 'reset';
  nodeId: string;
  path?: string;
}

/** Model and appearance of a chatflow. */
export interface ChatSettings {
  /** `ollama`, `openai`, `local` or `demo`. Empty: the server's default model at the time of the chat. */
  llmProvider?: string | undefined;
  /** The provider's name of the model. Empty: the provider's first model. */
  llmModel?: string | undefined;
  /** Template of the system prompt. */
  systemPrompt?: string | undefined;
  /** 0 to 2. Lower values give more predictable answers. Null: the model's default. */
  temperature?: number | null | undefined;
  /** Maximum number of tokens in the answer. Null: the model's default. */
  maxTokens?: number | null | undefined;
  /** Nucleus sampling: only the most likely tokens up to this probability. */
  topP?: number | null | undefined;
  /** Texts that end the answer. */
  stop?: string[] | undefined;
  /** Seed for repeatable answers, if the provider supports it. */
  seed?: number | null | undefined;
  /** Choose among so many likeliest tokens. */
  topK?: number | null | undefined;
  /** Leave out tokens less likely than this share of the likeliest. */
  minP?: number | null | undefined;
  /** Above 0, words that were used are used less often; null for none. */
  presencePenalty?: number | null | undefined;
  /** Above 0, words that were used are used less often; null for none. */
  frequencyPenalty?: number | null | undefined;
  /** Makes tokens, by their numbers, likelier (to 100) or not (to -100). */
  logitBias?: Record<string, number> | undefined;
  /** A name of who asks, for the provider's records. */
  user?: string | undefined;
  /** How much a reasoning model reasons: `minimal` to `high`; empty for its own. */
  reasoningEffort?: string | undefined;
  /** Whether the model may ask for several tools at once; null for its own. */
  parallelToolCalls?: boolean | null | undefined;
  /** Arguments of the chat template (vLLM): `{"enable_thinking": false}`. */
  chatTemplateKwargs?: Record<string, unknown> | undefined;
  /** Ollama's context in tokens; null for what the request needs. */
  numCtx?: number | null | undefined;
  /** How long Ollama keeps the model loaded: `10m`, `-1` for always. */
  keepAlive?: string | undefined;
  /** Whether, or how much (`low`, `high`), a model of Ollama's reasons. */
  think?: boolean | string | null | undefined;
  /** Maximum seconds until the model's first sign of life. Null: the server's setting. */
  modelFirstTokenSeconds?: number | null | undefined;
  /** Maximum seconds of silence within the answer. Null: the server's setting. */
  modelIdleSeconds?: number | null | undefined;
  /** Further fields of the request; never messages, model, stream or tools. */
  extraBody?: Record<string, unknown> | undefined;
  /** Text, or JSON. */
  responseFormat?: TextFormat | JsonObjectFormat | JsonSchemaFormat | null | undefined;
  /** Models to try in this order if the model fails. */
  fallbacks?: Fallback[] | undefined;
  /** Another URL of the provider, from the operator's list. */
  baseUrl?: string | undefined;
  /** Name of a credential to use. Empty: none. */
  credential?: string | undefined;
  /** Name of a connection to ask the model by. Empty: the server's. */
  connection?: string | undefined;
  /** Tools of the model: names, or objects with `name` and settings. */
  tools?: (string | Record<string, unknown>)[] | undefined;
  /** Maximum number of model calls for one answer with tools. Default: 10. */
  maxIterations?: number | undefined;
  /** Maximum number of tool calls for one answer. Default: 25. */
  maxToolCalls?: number | undefined;
  /** Whether front ends should stream. Streams always work. Default: true. */
  streaming?: boolean | undefined;
  /** Text before the first message. */
  welcomeMessage?: string | null | undefined;
  /** Suggested questions in front ends. */
  suggestedQuestions?: string[] | undefined;
  /** Files that a message can contain. Default: { max_files: 0, max_bytes: 1000000, kinds: ['text'] }. */
  uploads?: Uploads | undefined;
  /** Checks of messages and answers. A drawn flow uses `guardrail` nodes instead. */
  guardrails?: ChatGuardrails | null | undefined;
}

/** The first frame: the run is accepted and will not be lost. */
export interface ChatStart {
  type: 'start';
  sessionId: string;
  executionId: string;
}

/** The run waits for people (`waiting_approval`), or goes on (`running`); the stream stays open. */
export interface ChatStatus {
  type: 'status';
  status: string;
}

export interface Chatflow {
  name: string;
  /**
   * Name in URLs and for other clients: lower-case letters, digits and hyphens. It is unique in the workspace. Null: it
   * is made from the name.
   */
  slug?: string | null | undefined;
  description?: string | undefined;
  chatConfig?: ChatSettings | null | undefined;
  memoryConfig?: MemoryConfig | null | undefined;
  ragConfig?: RagConfig | null | undefined;
  graphDefinition?: GraphDefinition | null | undefined;
  /** Limits of its runs, if they differ from the server's settings. */
  limits?: FlowLimits | null | undefined;
  tags?: string[] | undefined;
  category?: string | undefined;
  /** Whether it can run. Default: true. */
  isActive?: boolean | undefined;
  /** Default: false. */
  isPublic?: boolean | undefined;
}

export interface ChatflowChange {
  name?: string | undefined;
  /** The old slug still leads to the flow. */
  slug?: string | undefined;
  description?: string | undefined;
  chatConfig?: ChatSettings | null | undefined;
  memoryConfig?: MemoryConfig | null | undefined;
  ragConfig?: RagConfig | null | undefined;
  graphDefinition?: GraphDefinition | null | undefined;
  limits?: FlowLimits | null | undefined;
  tags?: string[] | undefined;
  category?: string | undefined;
  isActive?: boolean | undefined;
  isPublic?: boolean | undefined;
}

/** A chatflow as it is stored. */
export interface ChatflowView {
  flowType: 'chatflow';
  id: string;
  /** Name in URLs and for other clients; unique in the workspace. */
  slug: string;
  name: string;
  description: string;
  tags: string[];
  category: string;
  isActive: boolean;
  isPublic: boolean;
  /** 1 for a new flow, one more for each change. */
  version: number;
  createdAt: string;
  updatedAt: string;
  /** Where clients of other protocols find it. */
  endpoints: FlowEndpoints;
  chatConfig: Record<string, unknown> | null;
  memoryConfig: Record<string, unknown> | null;
  ragConfig: Record<string, unknown> | null;
  graphDefinition: Record<string, unknown> | null;
  /** Whether it is a graph in code, which the operator of the server changes. Default: false. */
  readOnly?: boolean;
  /** Limits of its runs, if they differ from the server's settings. */
  limits?: Record<string, unknown> | null;
  /** What is odd about it and does not keep it from running. */
  warnings?: Fault[];
}

/** What a check found. */
export interface Checked {
  valid: boolean;
  /** What keeps it from running. */
  errors: Fault[];
  /** What is odd and does not. */
  warnings: Fault[];
  /** Nodes of a chatflow whose text streams to the user. */
  speaks?: string[];
}

/** How texts are split. */
export interface ChunkOptions {
  /** Maximum number of characters in a passage. Default: 1400. */
  maxCharacters?: number | undefined;
  /** Characters that a passage repeats of the one before it. Default: 0. */
  overlap?: number | undefined;
}

/** A source of an answer. */
export interface Citation {
  /** An address of http or https; empty where a passage of a knowledge base has none. */
  url: string;
  /** 1 for the first source of the run, and so on: the same for each citation of one address. Default: 0. */
  number?: number;
  title?: string;
  /** The passage that counts, where it is known. */
  text?: string;
  /** Where in the answer's text it is cited, in characters, with `end`; None where nobody said. */
  start?: number | null;
  end?: number | null;
  /** Of a knowledge base; empty for a source of the web. */
  passageId?: string;
  documentId?: string;
  /** The page of the document, from 1; None where it has none. */
  page?: number | null;
}

/** What became of a session. */
export interface Cleared {
  sessionId: string;
  cleared: boolean;
  message: string;
}

/** The colours of a chat. */
export interface Colors {
  primary: string;
}

/** Two runs, node by node. */
export interface Comparison {
  a: string;
  b: string;
  sameFlowVersion: boolean;
  sameOutput: boolean;
  /** Whether the same nodes ran equally often. */
  samePath: boolean;
  outputA: unknown;
  outputB: unknown;
  durationMsA: number | null;
  durationMsB: number | null;
  nodes: NodeComparison[];
}

/** When an agent runs. */
export interface Condition {
  /** An expression that must be true: `input.plan == 'pro'`. */
  condition: string;
}

export interface ConnectionChange {
  name?: string | undefined;
  provider?: string | undefined;
  baseUrl?: string | undefined;
  credential?: string | undefined;
  profile?: string | undefined;
  headers?: Record<string, string> | undefined;
  /** All of them: those that are missing here are unset. */
  defaults?: ConnectionDefaults | undefined;
  /** All of them. Recorded costs do not change. */
  prices?: Record<string, ConnectionPrice> | undefined;
}

export interface ConnectionCheck {
  provider: string;
  /** Empty: any. */
  model?: string | undefined;
  /** API key to try instead of the operator's. It is never stored, logged or shown. */
  apiKey?: string | undefined;
}

/** Settings of a model, where the node or chat that asks it has none of its own. */
export interface ConnectionDefaults {
  temperature?: number | undefined;
  maxTokens?: number | undefined;
  topP?: number | undefined;
  stop?: string[] | undefined;
  seed?: number | undefined;
  /** Choose among so many likeliest tokens. */
  topK?: number | null | undefined;
  /** Leave out tokens less likely than this share of the likeliest. */
  minP?: number | null | undefined;
  /** Above 0, words that were used are used less often; null for none. */
  presencePenalty?: number | null | undefined;
  /** Above 0, words that were used are used less often; null for none. */
  frequencyPenalty?: number | null | undefined;
  /** Makes tokens, by their numbers, likelier (to 100) or not (to -100). */
  logitBias?: Record<string, number> | undefined;
  /** A name of who asks, for the provider's records. */
  user?: string | undefined;
  /** How much a reasoning model reasons: `minimal` to `high`; empty for its own. */
  reasoningEffort?: string | undefined;
  /** Whether the model may ask for several tools at once; null for its own. */
  parallelToolCalls?: boolean | null | undefined;
  /** Arguments of the chat template (vLLM): `{"enable_thinking": false}`. */
  chatTemplateKwargs?: Record<string, unknown> | undefined;
  /** Ollama's context in tokens; null for what the request needs. */
  numCtx?: number | null | undefined;
  /** How long Ollama keeps the model loaded: `10m`, `-1` for always. */
  keepAlive?: string | undefined;
  /** Whether, or how much (`low`, `high`), a model of Ollama's reasons. */
  think?: boolean | string | null | undefined;
  /** Maximum seconds until the model's first sign of life. Null: the server's setting. */
  modelFirstTokenSeconds?: number | null | undefined;
  /** Maximum seconds of silence within the answer. Null: the server's setting. */
  modelIdleSeconds?: number | null | undefined;
  /** Further fields of the request; never messages, model, stream or tools. */
  extraBody?: Record<string, unknown> | undefined;
}

/** What a provider said. */
export interface ConnectionFound {
  /** True if it answers and has the model, as far as it tells which it has. */
  success: boolean;
  provider: string;
  model: string;
  /** What was found, or what to do, as a sentence. */
  message: string;
  /** Chat models that it has; empty where it names none. */
  models: string[];
}

/** The workspace's connections, by name. */
export interface ConnectionList {
  connections: ConnectionView[];
  total: number;
}

/** What a model costs by a connection, in US dollars for a thousand tokens. */
export interface ConnectionPrice {
  inputPricePer1K: number;
  outputPricePer1K: number;
  /** Null: the price of other input. */
  cachedInputPricePer1K?: number | null | undefined;
  /** Of input that the provider writes to its cache. Null: the price of other input. */
  cacheWritePricePer1K?: number | null | undefined;
  /** Null: the price of other output. */
  reasoningPricePer1K?: number | null | undefined;
}

/** A connection. Its key is in the credential that it names. */
export interface ConnectionView {
  id: string;
  name: string;
  provider: string;
  baseUrl: string;
  credential: string;
  profile: string;
  headers: Record<string, string>;
  defaults: Record<string, unknown>;
  prices: Record<string, ConnectionPrice>;
  createdAt: string;
  updatedAt: string;
}

/** A run that goes on from another. */
export interface ContinuedExecution {
  id: string;
  /** Null for a chat by its config alone. */
  flowId: string | null;
  /** The same under its older name. */
  workflowId: string | null;
  flowType: string;
  flowVersion: number | null;
  sessionId: string | null;
  status: string;
  /** `{code, message}`; null if nothing went wrong. */
  error: Record<string, unknown> | null;
  errorMessage: string | null;
  /** How often it was taken up again after its process had died. */
  recoveries: number;
  createdAt: string | null;
  startedAt: string | null;
  completedAt: string | null;
  durationMs: number | null;
  /** The schedule that started it; null if none did. */
  scheduleId: string | null;
  inputData: Record<string, unknown>;
  outputData: unknown;
  /** ID of the other run. */
  parent: string;
}

/** Spending over the last days. */
export interface CostDashboard {
  summary: CostSummary;
  byModel: ModelCost[];
  dailyUsage: DayCost[];
  recentRecords: CostRecord[];
  budgetStatus: BudgetView[];
}

/** One request that was sent to a model. */
export interface CostRecord {
  executionId: string | null;
  workflowId: string | null;
  nodeId: string;
  provider: string;
  model: string;
  status: string;
  errorClass: string | null;
  inputTokens: number;
  outputTokens: number;
  cachedInputTokens: number;
  reasoningTokens: number;
  estimated: boolean;
  costUsd: number | null;
  durationMs: number;
  createdAt: string;
}

/** What was used and spent. */
export interface CostSummary {
  totalInputTokens: number;
  totalOutputTokens: number;
  totalCachedInputTokens: number;
  totalReasoningTokens: number;
  totalTokens: number;
  /** Of the requests whose price is known. */
  totalCostUsd: number;
  requestCount: number;
  /** Requests whose price is not known: they are no part of the cost. */
  unpricedRequests: number;
  /** Requests whose tokens are an estimate, since the provider told none. */
  estimatedRequests: number;
  avgTokensPerRequest: number;
  /** Over the requests whose price is known. */
  avgCostPerRequest: number;
}

export interface CredentialChange {
  /** To change the hosts, send the `secret` in the same request. This protects a stored secret. */
  hosts?: string[] | undefined;
  secret?: string | undefined;
}

/** The workspace's credentials, by name. */
export interface CredentialList {
  credentials: CredentialView[];
  total: number;
}

/** A credential without its secret. */
export interface CredentialView {
  id: string;
  name: string;
  kind: 'basic' | 'bearer' | 'header' | 'oauth2' | 'provider_key' | 'query';
  /** Name of the header or query parameter, the user name of `basic`, or the OAuth client of `oauth2`. */
  field: string;
  hosts: string[];
  /** When the access token of `oauth2` expires. It is renewed before. */
  expiresAt: string | null;
  createdAt: string;
  updatedAt: string;
  /** To the minute. */
  lastUsedAt: string | null;
  /** The name of the API key that stored it. */
  createdBy: string;
}

/** What one day used and cost, in UTC. */
export interface DayCost {
  date: string;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  costUsd: number;
  requestCount: number;
  unpricedRequests: number;
}

/** What was deleted. */
export interface Deleted {
  id: string;
  deleted: boolean;
  message: string;
}

/** What was deleted of a session. */
export interface DeletedMessages {
  sessionId: string;
  /** Ids of the messages, with all alternatives that followed them. */
  deleted: string[];
  /** Messages that are left on the chosen line. */
  messageCount: number;
}

/** A page of the deliveries to a target, the newest first. */
export interface DeliveryList {
  deliveries: DeliveryView[];
  nextCursor: string | null;
}

/** A delivery to a webhook target. */
export interface DeliveryView {
  /** The `webhook-id` of each of its attempts. */
  id: string;
  type: string;
  flowId: string;
  executionId: string;
  /** `waiting`, `delivered` or `dead`: it was given up. */
  status: string;
  attempts: number;
  /** Status of the receiver's last answer; null where there was none. */
  lastStatus: number | null;
  lastError: string;
  createdAt: string;
  /** When it is tried next; null where it is not. */
  nextAt: string | null;
  /** When it was delivered or given up. */
  endedAt: string | null;
  /** What is known of the event, without the output of the run. */
  data?: Record<string, unknown>;
}

export interface DocumentChange {
  /** All of it: what is missing here is removed. */
  metadata: Record<string, unknown>;
}

/** A page of documents, the newest first. */
export interface DocumentList {
  documents: DocumentView[];
  /** What the next request sends as `cursor`; null on the last page. */
  nextCursor: string | null;
}

/** How far the ingestion of a document is. */
export interface DocumentProgress {
  /** Passages that are embedded. */
  done: number;
  /** Passages; 0 while they are not known. */
  total: number;
}

/** A document of a knowledge base. */
export interface DocumentView {
  id: string;
  name: string;
  status: 'embedding' | 'failed' | 'parsing' | 'queued' | 'ready';
  /** Why it failed, and what to do. */
  error: string | null;
  errorCode: string | null;
  attempts: number;
  progress: DocumentProgress;
  /** Passages that a search sees. */
  passages: number;
  pages: number;
  bytes: number;
  contentType: string;
  /** Where it comes from: `kind` is `upload`, `text`, `url`, `folder` or `session_file`. */
  source: Record<string, unknown>;
  metadata: Record<string, unknown>;
  /** The run of its last ingestion. */
  executionId: string;
  createdAt: string;
  updatedAt: string;
}

export interface DraftChange {
  name?: string | undefined;
  /** The old slug still leads to the flow. */
  slug?: string | undefined;
  description?: string | undefined;
  orchestrationType?: string | undefined;
  supervisorConfig?: Supervisor | null | undefined;
  agents?: AttachedAgent[] | undefined;
  graphDefinition?: GraphDefinition | null | undefined;
  limits?: FlowLimits | null | undefined;
  tags?: string[] | undefined;
  category?: string | undefined;
  isActive?: boolean | undefined;
  isPublic?: boolean | undefined;
  /** Of a chatflow, like `memory_config` and `rag_config`. */
  chatConfig?: ChatSettings | null | undefined;
  memoryConfig?: MemoryConfig | null | undefined;
  ragConfig?: RagConfig | null | undefined;
}

/** A draft that was thrown away. */
export interface DraftDeleted {
  flowId: string;
  deleted: boolean;
}

/** A draft of a flow, and what is wrong or odd with it. */
export interface DraftView {
  /** As it would be; its `version` is that of the flow today. */
  flow: ChatflowView | AgentflowView;
  /** The version that was current when the draft was begun. */
  basedOn: number;
  /** Whether the flow was changed since: `GET …/diff?from=<based_on>&to=current` tells how. */
  isBehind: boolean;
  /** 1, then one more for every change. The ETag of a draft. */
  revision: number;
  updatedAt: string | null;
  check: Checked;
}

/** Percentiles of durations, in milliseconds; null where no run ended. */
export interface Durations {
  p50Ms: number | null;
  p95Ms: number | null;
  /** Of how many runs, the newest that ended in the window; at most 10,000. */
  sampled: number;
}

/** An edge in the format of React Flow: from an outlet of one node to another node. */
export interface Edge {
  id: string;
  source: string;
  target: string;
  /** The outlet of the source. Null if the source has only one. */
  sourceHandle?: string | null | undefined;
  targetHandle?: string | null | undefined;
  type?: string | null | undefined;
  label?: string | null | undefined;
  data?: Record<string, unknown> | null | undefined;
  animated?: boolean | null | undefined;
  selected?: boolean | null | undefined;
  hidden?: boolean | null | undefined;
  style?: Record<string, unknown> | null | undefined;
  markerEnd?: unknown | undefined;
  markerStart?: unknown | undefined;
  zIndex?: number | null | undefined;
}

/** What was taken away. */
export interface EmbedDeleted {
  chatflowId: string;
  deleted: boolean;
}

/** An embed as its owner sees it. */
export interface EmbedView {
  chatflowId: string;
  /** Publishable: it stands in pages and opens this one chat, from the pages in `allowed_domains`. */
  embedToken: string;
  /** The chat as a page of its own; sites in `allowed_domains` may frame it. */
  embedUrl: string;
  /** What a site puts into its pages to show the chat. */
  scriptTag: string;
  isActive: boolean;
  createdAt: string | null;
  updatedAt: string | null;
  /** `auto` follows the visitor's system. Default: 'light'. */
  theme?: 'auto' | 'dark' | 'light';
  /** Default: '#6366f1'. */
  primaryColor?: string;
  /** Default: 'bottom-right'. */
  position?: 'bottom-left' | 'bottom-right' | 'top-left' | 'top-right';
  /** Null: a default text in the visitor's language. */
  widgetTitle?: string | null;
  /** Null: the chatflow's own, or none. */
  welcomeMessage?: string | null;
  /** Placeholder of the input field. Empty: a default text in the visitor's language. */
  placeholderText?: string;
  /** Default: true. */
  showBranding?: boolean;
  /** CSS rules for the chat. Unsupported rules are removed and listed in `warnings`. */
  customCss?: string | null;
  /** Origins of websites that may show the chat, with scheme, or `*`. Empty: only its own page. */
  allowedDomains?: string[];
  /** Version of the chatflow that answers: a label such as `production`, or a number. Null: the current one. */
  version?: string | null;
  /** Maximum number of messages per hour from one IP address. Default: 100. */
  rateLimitPerIp?: number;
  /** What was left out of `custom_css`, and why. */
  warnings?: string[];
}

/** Which model embeds, as a knowledge base names it. */
export interface EmbeddingModel {
  /** Where the model runs: local, openai, ollama or demo. Default: 'local'. */
  provider?: string | undefined;
  /** The model's name there. Empty: the provider's default. */
  model?: string | undefined;
  /** Numbers of a vector, if the model can give fewer. Null: its own. */
  dimensions?: number | null | undefined;
  /** Name of a connection to ask the model by. Empty: the server's. */
  connection?: string | undefined;
}

/** The model of a knowledge base's vectors. */
export interface EmbeddingView {
  provider: string;
  model: string;
  /** Numbers of a vector; null until the first document is embedded. */
  dimensions: number | null;
  /** What the vectors have in common: provider, model, revision and dimensions. Null until there are some. */
  fingerprint: string | null;
  connection: string;
}

/** What a call would cost. */
export interface Estimate {
  provider: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  inputCostUsd: number | null;
  outputCostUsd: number | null;
  /** Null: the price is not known. */
  costUsd: number | null;
  /** Where the price is from. */
  source: string | null;
}

/** One thing that happened in an execution. */
export interface Event {
  /** Position in the execution's journal: 1, 2, 3, … without gaps, never reused. */
  seq: number;
  type: 'budget.alert' | 'budget.refused' | 'citation' | 'custom' | 'input.expired' | 'input.received' | 'input.requested' | 'message.completed' | 'message.delta' | 'message.reasoning' | 'message.reset' | 'message.started' | 'node.completed' | 'node.failed' | 'node.retrying' | 'node.skipped' | 'node.started' | 'run.cancelled' | 'run.completed' | 'run.created' | 'run.failed' | 'run.paused' | 'run.resumed' | 'run.started' | 'state.delta' | 'tool.completed' | 'tool.failed' | 'tool.started' | 'usage';
  executionId: string;
  /** Unix time in seconds, to the millisecond. */
  ts: number;
  /** `ts` in ISO 8601, UTC. */
  time: string;
  /** The caller's name of the session; empty where the run has none. */
  sessionId?: string;
  /** Node id; empty for events of the run itself. */
  node?: string;
  /** Ids of the enclosing frames, joined by `/`; empty at the top level. */
  path?: string;
  /** 1 for the first try of the node, one more for every repetition. Default: 1. */
  attempt?: number;
  /** Default: 'owner'. */
  visibility?: 'debug' | 'owner' | 'public';
  /** Facts of this type of event, plain JSON. `message.delta` has `{"content": str}`, `citation` a `Citation`. */
  data?: Record<string, unknown>;
}

/** A run of a node type that is its documentation and its test. */
export interface Example {
  title: string;
  /** The node's configuration, as in `graph_definition.nodes[].data`. */
  data: Record<string, unknown>;
  input?: Record<string, unknown>;
  variables?: Record<string, unknown>;
  /** Outputs of the nodes that came in, by id, in the order of `View.incoming`. */
  outputs?: Record<string, unknown>;
  /** The node's own loop record. */
  loop?: Record<string, unknown>;
  /** The record of the loop around the node. */
  enclosing?: Record<string, unknown>;
  messages?: Record<string, unknown>[];
  /** What a scripted model answers, in turn. */
  answers?: string[];
  /** What people answer, in turn: `graphs.conversation.messages.InputAnswer`. */
  inputs?: Record<string, unknown>[];
  /** What the world outside gives, in turn, as text or JSON. */
  results?: unknown[];
  /** What the bodies of a container give, in turn; an object with `error` alone is how one fails. */
  passes?: unknown[];
  /** The output that the run must give. */
  output?: unknown;
  /** Default: 'out'. */
  outlet?: string;
  /** The variables that the run must set. */
  sets?: Record<string, unknown>;
}

/** An agentflow's answer. */
export interface ExecutionAnswer {
  success: boolean;
  executionId: string;
  status: string;
  /** What the end node gave; null if the run failed. */
  output: unknown;
  error: string | null;
  durationMs: number;
  tokenUsage: UsageEntry[];
  /** What went wrong, as a word for programs; null if nothing did. */
  errorCode?: string | null;
  /** What it waits for, with status `waiting_approval`: answer by `POST /executions/{id}/respond`. */
  inputs?: OpenInput[];
  /** The sources of the answer, in the order in which they were cited. */
  citations?: Citation[];
  /**
   * How the last answer that readers saw ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`,
   * `refusal`; null where no model answered.
   */
  finishReason?: string | null;
  /** What was not as it was asked for, though there is an answer; 20 sentences at most. */
  warnings?: string[];
}

/** The run went well. After it comes the literal `[DONE]`. */
export interface ExecutionComplete {
  type: 'complete';
  status: string;
  output: unknown;
  durationMs: number | null;
  tokenUsage: UsageEntry[];
  /**
   * How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`, `refusal`; null
   * where no model answered.
   */
  finishReason?: string | null;
  /** What was not as it was asked for, though there is an answer; 20 sentences at most. */
  warnings?: string[];
}

/** What happened in an execution. */
export interface ExecutionContext {
  nodeExecutions: NodeRun[];
}

/** An execution in full, as far as it has come. */
export interface ExecutionDetails {
  id: string;
  /** Null for a chat by its config alone. */
  flowId: string | null;
  /** The same under its older name. */
  workflowId: string | null;
  flowType: string;
  flowVersion: number | null;
  sessionId: string | null;
  status: string;
  /** `{code, message}`; null if nothing went wrong. */
  error: Record<string, unknown> | null;
  errorMessage: string | null;
  /** How often it was taken up again after its process had died. */
  recoveries: number;
  createdAt: string | null;
  startedAt: string | null;
  completedAt: string | null;
  durationMs: number | null;
  /** The schedule that started it; null if none did. */
  scheduleId: string | null;
  inputData: Record<string, unknown>;
  outputData: unknown;
  /** What each node did, while it runs too. Empty once retention has dropped the run's journal. */
  nodeExecutions: NodeRun[];
  tokenUsage: UsageEntry[];
}

/** The run failed, timed out or was cancelled. After it comes the literal `[DONE]`. */
export interface ExecutionFailed {
  type: 'error';
  error: string;
  code: string;
  status: string;
  durationMs: number | null;
  tokenUsage: UsageEntry[];
}

/** A node really started or ended. */
export interface ExecutionNode {
  type: 'node';
  node: NodeRun;
}

/** A page of executions. */
export interface ExecutionPage {
  executions: ExecutionSummary[];
  total: number;
  limit: number;
  offset: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

/** How an agentflow would run, without running it. */
export interface ExecutionPlan {
  flowId: string;
  name: string;
  version: number;
  orchestrationType: string;
  /** Whether it can run; `errors` says what keeps it from it. */
  valid: boolean;
  /** What decides how it runs: its `agents` with their type, or its `graph_definition`; empty if nothing can run. */
  source: string;
  summary: string;
  steps: PlannedStep[];
  /** Supersteps that a run takes at most: nodes side by side share one. */
  mostSteps: number;
  /** Answers of models that a run takes at most, without repairs, retries and turns with tools. */
  mostModelCalls: number;
  /** The graph that runs, as it was made of the agents; it may be changed and stored as the flow's own. */
  graphDefinition: Record<string, unknown> | null;
  errors: Fault[];
  warnings: Fault[];
}

export interface ExecutionRequest {
  /** Input of the run. Nodes read it as `input.<name>`. */
  inputData?: Record<string, unknown> | undefined;
  /** Initial variables. Nodes read them as `variables.<name>`. */
  variables?: Record<string, unknown> | undefined;
  /** Limits of this run, instead of the flow's. They cannot exceed the server's settings. */
  limits?: FlowLimits | null | undefined;
}

/** A model call is repeated: drop the tokens of this node's current message. */
export interface ExecutionReset {
  type: 'reset';
  nodeId: string;
  path?: string;
}

/** The first frame: the run is accepted and will not be lost. */
export interface ExecutionStart {
  type: 'start';
  executionId: string;
  workflowId: string | null;
}

/** What all runs came to, and those of each flow. */
export interface ExecutionStatistics {
  /** Those that ended in the window, and those that have not ended. */
  total: number;
  /** Those that have not ended count as they stand now. */
  byStatus: Record<string, number>;
  /** Share of the completed among those that ended by themselves, from 0 to 1; null where none did. */
  successRate: number | null;
  /** Of the newest runs that ended in the window, 10,000 at most, over all flows. */
  durations: Durations;
  /** Maximum number of model calls. */
  requests: number;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** Of the requests whose price is known; null where none is. */
  costUsd: number | null;
  days: number;
  /** The beginning of the first day, in UTC. */
  since: string | null;
  /** Those with the most runs first. */
  flows: FlowStatistics[];
}

/** The run's status changed. */
export interface ExecutionStatus {
  type: 'status';
  status: string;
  /** What it waits for, where it does: a person's answer by `POST /executions/{id}/respond`, or a time. */
  inputs?: OpenInput[];
}

/** An execution of whatever flow, as lists show it. */
export interface ExecutionSummary {
  id: string;
  /** Null for a chat by its config alone. */
  flowId: string | null;
  /** The same under its older name. */
  workflowId: string | null;
  flowType: string;
  flowVersion: number | null;
  sessionId: string | null;
  status: string;
  /** `{code, message}`; null if nothing went wrong. */
  error: Record<string, unknown> | null;
  errorMessage: string | null;
  /** How often it was taken up again after its process had died. */
  recoveries: number;
  createdAt: string | null;
  startedAt: string | null;
  completedAt: string | null;
  durationMs: number | null;
  /** The schedule that started it; null if none did. */
  scheduleId: string | null;
}

/** A piece of a model's answer, as it yielded it. */
export interface ExecutionToken {
  type: 'token';
  nodeId: string;
  content: string;
  /** The containers and sub-flows that the node lies in; left out where it lies in none. */
  path?: string;
}

/** An execution, of whatever flow. */
export interface ExecutionView {
  id: string;
  /** Null for a chat by its config alone. */
  flowId: string | null;
  /** The same under its older name. */
  workflowId: string | null;
  flowType: string;
  flowVersion: number | null;
  sessionId: string | null;
  status: string;
  /** `{code, message}`; null if nothing went wrong. */
  error: Record<string, unknown> | null;
  errorMessage: string | null;
  /** How often it was taken up again after its process had died. */
  recoveries: number;
  createdAt: string | null;
  startedAt: string | null;
  completedAt: string | null;
  durationMs: number | null;
  /** The schedule that started it; null if none did. */
  scheduleId: string | null;
  inputData: Record<string, unknown>;
  outputData: unknown;
}

/** A model to try if the previous one failed. */
export interface Fallback {
  /** Provider of the model. */
  provider: string;
  /** The provider's name of the model. */
  model: string;
}

/** One thing that is wrong with a request. */
export interface Fault {
  /** A sentence for people. */
  message: string;
  /** Where in the body: a JSON Pointer (RFC 6901); empty for the body as a whole. */
  pointer?: string;
  /** Which parameter of the path, query or header, where it is none of the body. */
  parameter?: string;
  /** A word for programs. */
  code?: string;
  /** The node of a flow that it is about. */
  node?: string | null;
  /** The edge of a flow that it is about. */
  edge?: string | null;
}

/** A page of ratings, newest first. */
export interface FeedbackPage {
  feedback: FeedbackView[];
  total: number;
  up: number;
  down: number;
  limit: number;
  offset: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

/** A rating of an answer. */
export interface FeedbackView {
  executionId: string;
  rating: 'down' | 'up';
  comment: string;
  createdAt: string | null;
}

/** A file as history, lists and exports show it. */
export interface FileRef {
  id: string;
  name: string;
  kind: 'document' | 'image' | 'other' | 'text';
  mediaType: string;
  /** Bytes, as they are kept. */
  size: number;
}

/** What changed from one version of a flow to another, by meaning: where nodes stand does not count. */
export interface FlowDiff {
  fromVersion: string;
  toVersion: string;
  changes: VersionChange[];
  /** The same for people. */
  sentences: string[];
}

/** Where clients of other protocols find a flow, below the server's URL. */
export interface FlowEndpoints {
  /** Base URL for OpenAI's clients; the model is the flow's slug. Null for an agentflow. */
  openai: string | null;
  /** MCP endpoint with this flow alone. Null without a description, by which models choose tools. */
  mcp: string | null;
  /** The `api` of a chat of Vercel's AI SDK. Null for an agentflow. */
  aiSdk: string | null;
  /** URL for LangGraph's clients; the assistant is the flow's slug. */
  langgraph: string;
  /** The `url` of an agent of AG-UI. Null for an agentflow. */
  agUi: string | null;
}

/** An execution of a flow, as lists show it. */
export interface FlowExecution {
  id: string;
  workflowId: string | null;
  status: string;
  startedAt: string | null;
  completedAt: string | null;
  durationMs: number | null;
  errorMessage: string | null;
}

/** An execution of a flow in full. */
export interface FlowExecutionDetails {
  id: string;
  workflowId: string | null;
  status: string;
  startedAt: string | null;
  completedAt: string | null;
  durationMs: number | null;
  errorMessage: string | null;
  inputData: Record<string, unknown>;
  outputData: unknown;
  executionContext: ExecutionContext;
  tokenUsage: UsageEntry[];
}

/** A page of a flow's executions. */
export interface FlowExecutionPage {
  executions: FlowExecution[];
  total: number;
  limit: number;
  offset: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

/** Limits of a run, set by a flow or a request. Missing ones come from the settings. */
export interface FlowLimits {
  /** Maximum number of steps. Nodes that run in parallel count as one step. */
  maxSteps?: number | null | undefined;
  /** Maximum number of model calls. */
  maxModelCalls?: number | null | undefined;
  /** Maximum number of tool calls and outbound requests. */
  maxToolCalls?: number | null | undefined;
  /** Maximum number of input and output tokens. */
  maxTokens?: number | null | undefined;
  /** Maximum time in seconds, without waiting for approval. */
  maxSeconds?: number | null | undefined;
}

/** A page of flows. */
export interface FlowPage {
  flows: (ChatflowView | AgentflowView)[];
  /** How many match in all. */
  total: number;
  page: number;
  pageSize: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

/** What the runs of one flow came to. */
export interface FlowStatistics {
  /** Those that ended in the window, and those that have not ended. */
  total: number;
  /** Those that have not ended count as they stand now. */
  byStatus: Record<string, number>;
  /** Share of the completed among those that ended by themselves, from 0 to 1; null where none did. */
  successRate: number | null;
  /** Of the newest runs that ended in the window, 10,000 at most, over all flows. */
  durations: Durations;
  /** Maximum number of model calls. */
  requests: number;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** Of the requests whose price is known; null where none is. */
  costUsd: number | null;
  /** Null for chats without a stored flow. */
  flowId: string | null;
}

/** What was forgotten. */
export interface ForgottenMemory {
  key: string;
  deleted: boolean;
}

export interface ForkRequest {
  /** ID of the node from which on the run is repeated. */
  node: string;
  /** Containers and sub-flows around the node, with their passes: `each[3]`. Empty: the flow itself. */
  path?: string | undefined;
  /** Which run of the node, from 1: a node in a loop runs several times. Default: 1. */
  occurrence?: number | undefined;
  /** Fields of the run's input that have other values. */
  input?: Record<string, unknown> | undefined;
  /** Variables that have other values from the node on. */
  variables?: Record<string, unknown> | undefined;
  /** Default: { outputs: { } }. */
  state?: ForkState | undefined;
  /** Version to run: a number, a label, `draft` or `current`. Null: that of the run. */
  flowVersion?: number | string | null | undefined;
}

/** What is changed of the state before the node. */
export interface ForkState {
  /** Outputs of earlier nodes by node ID, as the node and those after it read them. */
  outputs?: Record<string, unknown> | undefined;
}

/** `graph_definition`: nodes and edges in the format of React Flow, returned unchanged. */
export interface GraphDefinition {
  nodes: NodeDocument[];
  edges?: Edge[] | undefined;
  viewport?: Record<string, number> | null | undefined;
  /** Which rules it was written by: 1 for those of the first release, 3 or null for the present ones. */
  version?: 1 | 2 | 3 | null | undefined;
}

/** The process serves. */
export interface Health {
  status: string;
}

/** What an import found and did. */
export interface ImportReport {
  /** False where something is missing or wrong, and for a dry run. */
  imported: boolean;
  /** Of the flow, where it was stored. */
  id: string | null;
  name: string;
  flowType: 'agentflow' | 'chatflow';
  version: number | null;
  agents: Bound[];
  flows: Bound[];
  /** Found here by their id or name. One that is missing prevents no import: `warnings` names it. */
  knowledgeBases: Bound[];
  models: UsedModel[];
  tools: string[];
  /** Workspace variables that the flows read. Those that are missing are to be created. */
  variables: BoundVariable[];
  /** Where the export took a secret out, as JSON Pointers: fill them in again. */
  secretsRemoved: string[];
  errors: Fault[];
  warnings: Fault[];
}

/** A session that was made from a file. */
export interface Imported {
  success: boolean;
  sessionId: string;
  messageCount: number;
  message: string;
}

/** How a question was answered. */
export interface InputAnswerView {
  /**
   * `approve`, `reject`, `edit`, `submit` or a choice; `expired` where time did it, `withdrawn` where the run ended
   * first.
   */
  action: string;
  value: unknown;
  comment: string;
  /** Name of the API key that answered; empty where none did. */
  by: string;
}

/** The question as it is answered, and the execution as it then stands. */
export interface InputAnswered {
  input: InputView;
  execution: ExecutionView;
}

/** The questions of an execution, oldest first. */
export interface InputList {
  inputs: InputView[];
}

/** A page of the questions that wait for people. */
export interface InputPage {
  inputs: InputView[];
  total: number;
  limit: number;
  offset: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

export interface InputResponse {
  /** One of the request's `actions`. */
  action: string;
  /** The approval request. Optional if the run has only one open. */
  inputId?: string | null | undefined;
  /** The edited or submitted value. It must match the request's `schema`. */
  value?: unknown | undefined;
  comment?: string | undefined;
}

/** A question of a run. */
export interface InputView {
  id: string;
  executionId: string;
  nodeId: string;
  /** The frames around the node, joined by `/`; empty at the top level. */
  path: string;
  kind: 'approval' | 'decision' | 'input' | 'timer';
  /** `open`, `answered`, `expired` or `withdrawn`. */
  status: string;
  message: string;
  /** What may be answered; empty where only time can pass. */
  actions: string[];
  /** JSON Schema of the value of an `edit` or `submit`; null for any. */
  schema: Record<string, unknown> | null;
  /** What is to be decided upon. */
  value: unknown;
  requestedAt: string | null;
  /** Null: never. */
  expiresAt: string | null;
  answeredAt: string | null;
  answer: InputAnswerView | null;
}

/** The caller's invitations. */
export interface InvitationList {
  invitations: InvitationView[];
  total: number;
}

/** An invitation of the caller's address. */
export interface InvitationView {
  id: string;
  workspaceId: string;
  workspaceName: string;
  /** What the caller would be there. */
  role: string;
  createdAt: string;
}

/** The model answers with a JSON object; the prompt should say which. */
export interface JsonObjectFormat {
  type: 'json_object';
}

/** A JSON Schema with a name, as model providers take it. */
export interface JsonSchema {
  /** Name of the schema. */
  name: string;
  /** The JSON Schema. */
  schema: Record<string, unknown>;
  /** Description of the schema. The model can read it. */
  description?: string | undefined;
  /** Whether the provider must enforce it. */
  strict?: boolean | null | undefined;
}

/** The model answers with JSON that follows a schema. */
export interface JsonSchemaFormat {
  type: 'json_schema';
  /** The schema and its name. */
  jsonSchema: JsonSchema;
}

/** The workspace's keys. */
export interface KeyList {
  keys: KeyView[];
  total: number;
}

/** What is known of an API key, which is not the key. */
export interface KeyView {
  id: string;
  name: string;
  /** The key's first characters. */
  prefix: string;
  role: string;
  scopes: string[] | null;
  /** Whose it is: it can do no more than they. */
  userId: string | null;
  /** The one flow that it may use; null for all of the workspace. */
  flowId: string | null;
  /** What happens to a run whose client disconnects: `continue` or `cancel`; null for the default. */
  onDisconnect: string | null;
  createdAt: string;
  /** To the minute. */
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
}

export interface KnowledgeBaseChange {
  name?: string | undefined;
  description?: string | undefined;
  /** Another model starts a reindex: searches use the old vectors until the new ones are complete. */
  embedding?: EmbeddingModel | undefined;
  /** Holds for documents that are added or retried from then on. */
  chunk?: ChunkOptions | undefined;
  metadataSchema?: Record<string, unknown> | null | undefined;
  /** Null: the server's reranker. */
  reranker?: Reranker | null | undefined;
}

/** Knowledge bases, by name. */
export interface KnowledgeBaseList {
  knowledgeBases: KnowledgeBaseView[];
  total: number;
}

/** A knowledge base. */
export interface KnowledgeBaseView {
  id: string;
  name: string;
  description: string;
  /** `indexing`: documents are on their way. `reindexing`: an index for another model is being built. */
  status: 'indexing' | 'ready' | 'reindexing';
  documents: number;
  /** Passages that a search sees. */
  passages: number;
  documentsByStatus: Record<string, number>;
  embedding: EmbeddingView;
  chunk: ChunkOptions;
  metadataSchema: Record<string, unknown> | null;
  /** The reranker of searches with `rerank` that name none. Null: the server's. */
  reranker: Reranker | null;
  reindex: ReindexView | null;
  createdAt: string;
  updatedAt: string;
}

/** A passage of a document. */
export interface KnowledgePassage {
  passageId: string;
  text: string;
  heading: string[];
  page: number | null;
  /** Offset of its first character in the document's text. */
  start: number;
  end: number;
}

/** What a search found, the best first. */
export interface KnowledgeSearchAnswer {
  results: SearchResult[];
  /** How many passages `score_threshold` left out. */
  droppedByThreshold: number;
  /** Names of documents that are not searchable yet. */
  pendingDocuments: string[];
  /** What was not done as the request says, such as reranking, and why. */
  warnings: string[];
}

export interface LabelChange {
  version: number;
}

/** A label that was deleted. The version that it pointed at stays. */
export interface LabelDeleted {
  label: string;
  deleted: boolean;
}

/** A label of a flow. */
export interface LabelView {
  label: string;
  version: number;
}

/** The family of a run, oldest first. */
export interface Lineage {
  executions: Relative[];
}

export interface Login {
  email: string;
  password: string;
  /** ID or slug of the workspace. Null: the first one of the user. */
  workspace?: string | null | undefined;
}

/** What a chat looks like. */
export interface Look {
  mode: 'auto' | 'dark' | 'light';
  position: 'bottom-left' | 'bottom-right' | 'top-left' | 'top-right';
  branding: boolean;
  css: string;
}

export interface MCPApproval {
  /** Their hashes by name, so that what is approved is what was looked at. Null: all that were listed. */
  tools?: Record<string, string> | null | undefined;
}

/** What an MCP server said when it was asked. */
export interface MCPCheck {
  ok: boolean;
  /** Why it could not be asked. */
  code?: string;
  /** The same as a sentence. */
  message?: string;
  protocolVersion?: string;
  serverName?: string;
  serverVersion?: string;
  tools?: MCPTool[];
}

export interface MCPServerChange {
  name?: string | undefined;
  url?: string | undefined;
  credential?: string | undefined;
  headers?: Record<string, string> | undefined;
  oauth?: OAuthSettings | null | undefined;
  allow?: string[] | undefined;
  approval?: string[] | undefined;
  rename?: Record<string, string> | undefined;
  timeoutSeconds?: number | undefined;
  sampling?: SamplingSettings | null | undefined;
  enabled?: boolean | undefined;
}

/** The workspace's MCP servers, by name. */
export interface MCPServerList {
  mcpServers: MCPServerView[];
  total: number;
}

/** An MCP server. Its secrets are in the credentials that it names. */
export interface MCPServerView {
  id: string;
  name: string;
  /** `http`, or `stdio` for a command of the operator's. */
  kind: string;
  url: string;
  credential: string;
  headers: Record<string, string>;
  oauth: OAuthSettings | null;
  allow: string[];
  approval: string[];
  rename: Record<string, string>;
  timeoutSeconds: number;
  sampling: SamplingSettings | null;
  enabled: boolean;
  /** Tools that it listed last. */
  tools: number;
  /** Tools of these that flows can use. */
  approved: number;
  /** When its tools were listed last. */
  checkedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A tool of an MCP server. */
export interface MCPTool {
  /** What the server calls it. */
  name: string;
  /** What models call it. */
  called: string;
  /** What models read of it. */
  description: string;
  inputSchema: Record<string, unknown>;
  /**
   * `approved`; `new`: never approved; `changed`: no longer as it was approved; `blocked`: not in `allow`; `unusable`:
   * its name or schema cannot be used.
   */
  state: 'approved' | 'blocked' | 'changed' | 'new' | 'unusable';
  /** Why flows cannot use it, and what to do. Empty if they can. */
  message: string;
  /** Whether a person is asked before each call. */
  approval: boolean;
  /** Whether the server says that a second call does no harm. */
  repeatable: boolean;
  /** SHA-256 of all that the server says of it. */
  hash: string;
}

/** The tools of an MCP server, as it listed them last. */
export interface MCPToolList {
  tools: MCPTool[];
  total: number;
}

/** An API key that was made now. */
export interface MadeKey {
  id: string;
  name: string;
  /** The key's first characters. */
  prefix: string;
  role: string;
  scopes: string[] | null;
  /** Whose it is: it can do no more than they. */
  userId: string | null;
  /** The one flow that it may use; null for all of the workspace. */
  flowId: string | null;
  /** What happens to a run whose client disconnects: `continue` or `cancel`; null for the default. */
  onDisconnect: string | null;
  createdAt: string;
  /** To the minute. */
  lastUsedAt: string | null;
  expiresAt: string | null;
  revokedAt: string | null;
  /** The key. It is kept as its hash: this is the only time it can be seen. */
  key: string;
}

/** A mail server, and who gets the questions. */
export interface MailRoute {
  /** Host of the mail server. */
  host: string;
  /** Who gets the questions: one email address. */
  to: string;
  /** Email address of the sender. */
  sender: string;
  /** Default: 587. */
  port?: number | undefined;
  /** `starttls` (usually port 587), `tls` from the start (465), or `none`. Default: 'starttls'. */
  encryption?: 'none' | 'starttls' | 'tls' | undefined;
  /** Name of a credential of kind `basic`. Empty: none. */
  credential?: string | undefined;
}

/** The members of a workspace. */
export interface MemberList {
  members: MemberView[];
  total: number;
}

/** A user as a member of the workspace. */
export interface MemberView {
  id: string;
  email: string | null;
  name: string;
  role: string;
  createdAt: string;
  /** Since when they are kept out. */
  disabledAt: string | null;
  /** True for an invitation, whose ID this is. Its user is not a member before accepting it. Default: false. */
  invited?: boolean;
}

export interface MemoryChange {
  strategy: 'buffer' | 'hybrid' | 'summary' | 'vector';
  /** Options of the strategy. Missing ones have their defaults. */
  memoryConfig?: Record<string, unknown> | undefined;
}

/** Memory of a chatflow or session. Options of other strategies have no effect. */
export interface MemoryConfig {
  /** The memory strategy. Default: 'buffer'. */
  type?: 'buffer' | 'hybrid' | 'summary' | 'vector' | undefined;
  /** Number of last messages that the model gets unchanged. Default: 10. */
  maxMessages?: number | undefined;
  /**
   * Number of messages outside the summary that starts a new summary. At least `max_messages`. Null: twice
   * `max_messages`.
   */
  summaryThreshold?: number | null | undefined;
  /** Number of earlier turns to find. Default: 5. */
  topK?: number | undefined;
  /** Minimum similarity of a turn, 0 to 1. Null: the most similar turns, whatever their similarity. */
  scoreThreshold?: number | null | undefined;
}

/** A page of memories, the last changed first. */
export interface MemoryList {
  memories: MemoryView[];
  nextCursor: string | null;
}

/** A session's memory as it now is. */
export interface MemorySet {
  success: boolean;
  sessionId: string;
  strategy: string;
  memoryConfig: Record<string, unknown>;
}

/** A long-term memory. */
export interface MemoryView {
  namespace: string[];
  key: string;
  owner: string;
  value: Record<string, unknown>;
  createdAt: string;
  updatedAt: string;
  expiresAt: string | null;
}

export interface MessageAgain {
  /**
   * Another model for the answer. A stored chatflow takes `provider`, `model`, `temperature`, `max_tokens`, `top_p` and
   * `seed`; its other settings are its own.
   */
  config?: ChatOptions | null | undefined;
  /** Version of the chatflow that answers: a number, a label, `draft` or `current`. Null: `current`. */
  flowVersion?: number | string | null | undefined;
  /** Limits of this run, instead of the chatflow's. They cannot exceed the server's settings. */
  limits?: FlowLimits | null | undefined;
}

export interface MessageEdit {
  content: string;
  /**
   * Another model for the answer. A stored chatflow takes `provider`, `model`, `temperature`, `max_tokens`, `top_p` and
   * `seed`; its other settings are its own.
   */
  config?: ChatOptions | null | undefined;
  /** Version of the chatflow that answers: a number, a label, `draft` or `current`. Null: `current`. */
  flowVersion?: number | string | null | undefined;
  /** Limits of this run, instead of the chatflow's. They cannot exceed the server's settings. */
  limits?: FlowLimits | null | undefined;
}

/** One series of a metric. */
export interface MetricSample {
  name: string;
  /** `counter`, `gauge` or `histogram`. */
  type: string;
  labels: Record<string, string>;
  /** Of a histogram how many observations there were. */
  value: number;
  /** Of a histogram their sum. */
  sum?: number | null;
  /** Of a histogram how many observations were at most so large. */
  buckets?: Record<string, number> | null;
}

/** All series at a moment. */
export interface MetricsDocument {
  timestamp: string;
  metrics: MetricSample[];
}

/** Metrics at a glance. */
export interface MetricsSummary {
  timestamp: string;
  workflows: RunSummary;
  agents: AgentSummary;
  llmUsage: UsageSummary;
}

/** What a model can do, as its provider and its name tell. Null: not known. */
export interface ModelAbilities {
  tools: boolean | null;
  images: boolean | null;
  /** Whether its server holds an answer to a schema. Others are asked in words, and checked. */
  jsonSchema: boolean | null;
  reasoning: boolean | null;
}

/** A model that answers one fixed question about the text with yes or no. */
export interface ModelCheck {
  /** Provider of the model. */
  provider: string;
  /** The provider's name of the model. */
  model: string;
  /** Question whose answer `yes` blocks the text. */
  question: string;
}

/** What one model used and cost. */
export interface ModelCost {
  model: string;
  provider: string;
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** Null where the price is not known of any of its requests that used tokens. */
  costUsd: number | null;
  requestCount: number;
  unpricedRequests: number;
  /** Of all known cost; 0 where nothing that is known costs anything. */
  percentage: number;
  /** Of all tokens. */
  tokenPercentage: number;
}

/** The models of the server's providers, by provider. */
export interface ModelList {
  models: ModelView[];
}

export interface ModelPrice {
  provider: string;
  /** `*` sets the price of all models of the provider without their own price. */
  model: string;
  inputPricePer1K: number;
  outputPricePer1K: number;
  /** Null: the price of other input. */
  cachedInputPricePer1K?: number | null | undefined;
  /** Of input that the provider writes to its cache. Null: the price of other input. */
  cacheWritePricePer1K?: number | null | undefined;
  /** Null: the price of other output. */
  reasoningPricePer1K?: number | null | undefined;
  /** Default: 'USD'. */
  currency?: 'USD' | undefined;
  /** ISO 8601. Null: from now on. Recorded costs do not change. */
  validFrom?: string | null | undefined;
}

/** A model. */
export interface ModelView {
  provider: string;
  model: string;
  abilities: ModelAbilities;
  /** What it costs now. Null: not known. */
  price: PriceView | null;
}

/** A moderation service with the protocol of OpenAI's `/v1/moderations`. */
export interface Moderation {
  /** URL of the endpoint. */
  url: string;
  /** Name of a credential to use. Empty: none. */
  credential?: string | undefined;
  /** Model of the service. Empty: its own. */
  model?: string | undefined;
}

export interface NewAPI {
  /** The name that flows use. Unique in the workspace. */
  name: string;
  /** Where the document is downloaded from. A private IP address needs the operator's `egress_allow`. */
  url?: string | undefined;
  /** The document itself: JSON or YAML as text, or JSON as an object. */
  document?: string | Record<string, unknown> | null | undefined;
  /**
   * Where the API is. It may look up workspace variables: `{{ env.shop_url }}/v1`. Empty: the first server of the
   * document.
   */
  baseUrl?: string | undefined;
  /** Name of a credential that is sent with each request. It must allow the host of the API. Empty: none. */
  credential?: string | undefined;
  /** More headers of each request. Their values may look up workspace variables: `{{ env.tenant }}`. */
  headers?: Record<string, string> | undefined;
  /** IDs of the operations that flows can use. `*`: all. */
  operations?: string[] | undefined;
  /** Operations that ask a person before each call. `unsafe`: all but GET, HEAD and OPTIONS. `*`: all. */
  approval?: string[] | undefined;
  /** Names that models see, by operation. Others get `<name>_<operation>`. */
  rename?: Record<string, string> | undefined;
  /** Arguments that no model chooses, by name: `{"owner": "acme"}`. */
  fixed?: Record<string, unknown> | undefined;
  /** Parts of the answers that are kept, by operation: `{"listOrders": ["items.*.id"]}`. */
  answerPaths?: Record<string, string[]> | undefined;
  /** Maximum time of one request. Default: 30.0. */
  timeoutSeconds?: number | undefined;
  /** Maximum size of one answer. Default: 1000000. */
  maxBytes?: number | undefined;
  /** Default: true. */
  enabled?: boolean | undefined;
}

export interface NewAuthorization {
  /** Name of an OAuth client, from `GET /oauth/clients`. */
  client: string;
  /** Name of the credential. One of this client gets the new tokens. */
  name: string;
  /** Scopes to request. Empty: all scopes of the client. */
  scopes?: string[] | undefined;
}

export interface NewBudget {
  name: string;
  /** Calendar day or month, in UTC. */
  period: 'day' | 'month';
  /** US dollars, or input and output tokens. */
  amount: number;
  /** Default: 'workspace'. */
  scope?: 'flow' | 'key' | 'user' | 'workspace' | undefined;
  /** ID of the flow, API key or user. All keys of a user count together. Empty for a workspace. */
  scopeId?: string | undefined;
  /** Default: 'usd'. */
  unit?: 'tokens' | 'usd' | undefined;
}

export interface NewConnection {
  /** The name that flows use. Unique in the workspace. */
  name: string;
  /** `openai` for every server that speaks its API, `anthropic` or `ollama`. */
  provider: string;
  /** Its URL. Empty: the server's own for this provider. A private IP address needs the operator's `egress_allow`. */
  baseUrl?: string | undefined;
  /** Name of a credential of kind `provider_key`, which must allow the host of the URL. Empty: no key. */
  credential?: string | undefined;
  /** Which kind of server it is, such as `azure` or `vllm`. Empty: the URL tells. */
  profile?: string | undefined;
  /** Sent with each request, such as `OpenAI-Organization`. They are no place for secrets. */
  headers?: Record<string, string> | undefined;
  defaults?: ConnectionDefaults | undefined;
  /** What its models cost, by their names; `*` for all others. They win over the server's prices. */
  prices?: Record<string, ConnectionPrice> | undefined;
}

export interface NewCredential {
  /** The name that flows use. Unique in the workspace. */
  name: string;
  /** `bearer`, `header`, `basic` or `query` for requests, `provider_key` for models. */
  kind: 'basic' | 'bearer' | 'header' | 'provider_key' | 'query';
  /** Hosts that may receive it: `api.example.com` over https, or `host:port`. */
  hosts: string[];
  /** 8 to 8,192 characters. It is never returned. */
  secret: string;
  /** Name of the header or query parameter, or the user name of `basic`. */
  field?: string | undefined;
}

export interface NewEmbed {
  chatflowId: string;
  /** `auto` follows the visitor's system. Default: 'light'. */
  theme?: 'auto' | 'dark' | 'light' | undefined;
  /** Default: '#6366f1'. */
  primaryColor?: string | undefined;
  /** Default: 'bottom-right'. */
  position?: 'bottom-left' | 'bottom-right' | 'top-left' | 'top-right' | undefined;
  /** Null: a default text in the visitor's language. */
  widgetTitle?: string | null | undefined;
  /** Null: the chatflow's own, or none. */
  welcomeMessage?: string | null | undefined;
  /** Placeholder of the input field. Empty: a default text in the visitor's language. */
  placeholderText?: string | undefined;
  /** Default: true. */
  showBranding?: boolean | undefined;
  /** CSS rules for the chat. Unsupported rules are removed and listed in `warnings`. */
  customCss?: string | null | undefined;
  /** Origins of websites that may show the chat, with scheme, or `*`. Empty: only its own page. */
  allowedDomains?: string[] | undefined;
  /** Version of the chatflow that answers: a label such as `production`, or a number. Null: the current one. */
  version?: string | null | undefined;
  /** Maximum number of messages per hour from one IP address. Default: 100. */
  rateLimitPerIp?: number | undefined;
  /** Whether visitors can chat. Default: true. */
  isActive?: boolean | undefined;
}

export interface NewFeedback {
  rating: 'down' | 'up';
  comment?: string | undefined;
}

export interface NewKey {
  /** A name for lists. */
  name: string;
  /** Its role. It never has more permissions than its creator. Default: 'runner'. */
  role?: 'editor' | 'owner' | 'runner' | 'viewer' | undefined;
  /** The permissions that it has, of those of its role. Null: all of them. */
  scopes?: ('account' | 'audit:read' | 'connections:read' | 'connections:write' | 'costs:read' | 'costs:write' | 'credentials:read' | 'credentials:write' | 'embeds:read' | 'embeds:write' | 'flows:read' | 'flows:write' | 'keys:read' | 'keys:write' | 'knowledge:read' | 'knowledge:write' | 'metrics:read' | 'runs:read' | 'runs:start' | 'schedules:read' | 'schedules:write' | 'sessions:all' | 'tools:read' | 'tools:write' | 'users:read' | 'users:write' | 'variables:read' | 'variables:write' | 'webhooks:read' | 'webhooks:write')[] | null | undefined;
  /** Days until it expires. Null: it works until it is revoked. */
  days?: number | null | undefined;
  /** The one flow that it may use: chats, runs, and what is read of them. Null: all of the workspace. */
  flowId?: string | null | undefined;
  /** What happens to a run whose client disconnects. Null: the default of each endpoint. */
  onDisconnect?: 'cancel' | 'continue' | null | undefined;
}

export interface NewKnowledgeBase {
  /** Unique in the workspace. */
  name: string;
  description?: string | undefined;
  /** The model that compares meanings. Null: the server's default. */
  embedding?: EmbeddingModel | null | undefined;
  /** How documents are split into passages. Default: { max_characters: 1400, overlap: 0 }. */
  chunk?: ChunkOptions | undefined;
  /** JSON Schema of the metadata of documents. Null: any metadata. */
  metadataSchema?: Record<string, unknown> | null | undefined;
  /** What reranks in searches with `rerank` that name no reranker. Null: the server's reranker. */
  reranker?: Reranker | null | undefined;
}

export interface NewMCPServer {
  /** The name that flows use. Unique in the workspace. */
  name: string;
  /**
   * Its URL. It may look up workspace variables: `{{ env.tickets_url }}/mcp`. A private IP address needs the operator's
   * `egress_allow`.
   */
  url: string;
  /** Name of a credential that is sent with each request. It must allow the host of the URL. Empty: none. */
  credential?: string | undefined;
  /**
   * More headers: the header's name, and the name of the credential whose secret is its value, or a template of
   * workspace variables, such as `Bearer {{ env.tickets_token }}`.
   */
  headers?: Record<string, string> | undefined;
  /** OAuth 2.0 client credentials, in place of `credential`. */
  oauth?: OAuthSettings | null | undefined;
  /** Tools that may be approved and used. `*`: all. */
  allow?: string[] | undefined;
  /** Tools that ask a person before each call. `*`: all. */
  approval?: string[] | undefined;
  /** Names that models see, by tool. Others get `<server>_<tool>`. */
  rename?: Record<string, string> | undefined;
  /** Maximum time of one call. Default: 60.0. */
  timeoutSeconds?: number | undefined;
  /** Allows the server to ask for model calls within the budget of a run. Null: it is not allowed. */
  sampling?: SamplingSettings | null | undefined;
  /** Default: true. */
  enabled?: boolean | undefined;
}

export interface NewMember {
  email: string;
  role: 'editor' | 'owner' | 'runner' | 'viewer';
}

export interface NewMemory {
  key: string;
  value: Record<string, unknown>;
  /** Parts of a name that groups memories. The owner stands before it. */
  namespace?: string[] | undefined;
  /** Whom it is about. Empty: the user or key of the request. Others need the permission `sessions:all`. */
  owner?: string | undefined;
  /** Seconds after which it is forgotten. Null: the setting `memory_ttl_days`. */
  ttlSeconds?: number | null | undefined;
}

export interface NewRecord {
  provider: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
  /** Default: 0. */
  cachedInputTokens?: number | undefined;
  /** Default: 0. */
  reasoningTokens?: number | undefined;
  /** A flow of the workspace. */
  workflowId?: string | null | undefined;
  /** A run of the workspace. */
  executionId?: string | null | undefined;
  nodeId?: string | undefined;
}

export interface NewSchedule {
  flowId: string;
  /**
   * Minute, hour, day of the month, month and day of the week, as in `0 9 * * MON-FRI`. Six fields begin with seconds.
   */
  cron: string;
  /** IANA name of the time zone whose clock counts, as in `Europe/Berlin`. Default: 'UTC'. */
  timezone?: string | undefined;
  /** Empty: the name of the flow. */
  name?: string | undefined;
  /**
   * Input of each run: `input_data` of an agentflow, `message` and the like of a chatflow. Texts are templates that may
   * name `schedule.time`, `local_date`, `local_time`, `weekday`, `last_time` and `name`.
   */
  input?: Record<string, unknown> | undefined;
  /** Version to run: a number, a label or `draft`. Empty: the current one. */
  version?: string | undefined;
  /**
   * Runs that were missed, as while no server ran: `skip` them, start the last `once`, or start `all`. Default: 'once'.
   */
  missed?: 'all' | 'once' | 'skip' | undefined;
  /** ISO 8601 time after which nothing starts. */
  endsAt?: string | null | undefined;
  /** Each run starts up to this much later, so that many schedules do not start in one second. Default: 0. */
  jitterSeconds?: number | undefined;
  /** False: paused. Default: true. */
  enabled?: boolean | undefined;
}

export interface NewSecret {
  /** Null: the server makes one. */
  secret?: string | null | undefined;
  /** Hours that the secret before it stays valid. Default: 24. */
  keepHours?: number | undefined;
}

export interface NewTarget {
  /** Where deliveries go by POST, signed as Standard Webhooks says. */
  url?: string | null | undefined;
  /** The mail server by which questions go to a person, with a link that answers them. */
  mail?: MailRoute | null | undefined;
  /** The flow. Null: all flows of the workspace. */
  flowId?: string | null | undefined;
  /**
   * `run.completed`, `run.failed`, `run.cancelled` and `input.requested`. Null: all but `run.cancelled`; by `mail` only
   * `input.requested`.
   */
  events?: ('input.requested' | 'run.cancelled' | 'run.completed' | 'run.failed')[] | null | undefined;
  /**
   * Whether deliveries have the output of runs. It needs `sessions:all`: runs of all users are sent. Default: false.
   */
  withOutput?: boolean | undefined;
  /** Base64, with or without `whsec_` before it. Null: the server makes one. */
  secret?: string | null | undefined;
  /** Empty: the host of the URL, or the email address. */
  name?: string | undefined;
  /** False: paused, and nothing is kept for it. Default: true. */
  enabled?: boolean | undefined;
}

export interface NewTicket {
  /** Only streams of this run. */
  executionId?: string | null | undefined;
  /** Only chats and WebSockets of this flow. */
  flowId?: string | null | undefined;
}

export interface NewUser {
  email: string;
  role: 'editor' | 'owner' | 'runner' | 'viewer';
  name?: string | undefined;
  /** 12 to 1,024 characters. Null: no login with a password. */
  password?: string | null | undefined;
}

export interface NewVariable {
  /** Flows read it as `env.<name>`. */
  name: string;
  /** JSON. Of a secret variable a text of 8 to 8,192 characters, which is never returned. */
  value: unknown;
  /** Label of flow versions whose runs get this value. Empty: the default value. */
  label?: string | undefined;
  /** Whether it is a secret: encrypted, and only for headers of requests. The same under all labels. Default: false. */
  secret?: boolean | undefined;
}

export interface NewWebhook {
  flowId: string;
  /**
   * How a call proves the secret: `token` (in a header), `hmac` (HMAC-SHA256 of the body, in hex or base64), `github`,
   * `slack` or `standard` (Standard Webhooks).
   */
  style: 'github' | 'hmac' | 'slack' | 'standard' | 'token';
  /** The secret, where the other service has made it, as Slack does. Null: the server makes one. */
  secret?: string | null | undefined;
  /** Empty: the name of the flow. */
  name?: string | undefined;
  /** Header of the token or signature, for `token` and `hmac`. Empty: `X-Webhook-Token` or `X-Signature`. */
  header?: string | undefined;
  /**
   * Header that names a delivery: a second call with the same name starts no run. Empty: that of the style, else
   * `Idempotency-Key`.
   */
  deliveryHeader?: string | undefined;
  /** `async`: 202 at once. `sync`: the answer of the run. `stream`: its Server-Sent Events. Default: 'async'. */
  answer?: 'async' | 'stream' | 'sync' | undefined;
  /**
   * Input of the run. Texts are templates that may name `webhook.body`, `query`, `headers`, `time`, `id` and `name`.
   * Null: the fields of the query and the body.
   */
  input?: Record<string, unknown> | null | undefined;
  /** Version to run: a number, a label or `draft`. Empty: the current one. */
  version?: string | undefined;
  /** False: paused. Default: true. */
  enabled?: boolean | undefined;
}

export interface NewWorkspace {
  /** Its name in URLs and tokens: lower-case letters, digits and dashes. */
  slug: string;
  name: string;
}

/** One node run in two runs of a flow. */
export interface NodeComparison {
  nodeId: string;
  path: string;
  occurrence: number;
  /** Null where it did not run in the first. */
  a: NodeRun | null;
  b: NodeRun | null;
  sameOutput: boolean;
  /** Whether models were asked the same; null where neither run asked one. */
  samePrompt: boolean | null;
  /** What models were asked, if it was requested and is known. */
  prompts?: PromptComparison | null;
}

/** A node in the format of React Flow. Its appearance is stored and ignored. */
export interface NodeDocument {
  id: string;
  type: string;
  data?: Record<string, unknown> | undefined;
  position?: Record<string, number> | undefined;
  width?: number | null | undefined;
  height?: number | null | undefined;
  measured?: Record<string, number> | null | undefined;
  positionAbsolute?: Record<string, number> | null | undefined;
  selected?: boolean | null | undefined;
  dragging?: boolean | null | undefined;
  draggable?: boolean | null | undefined;
  selectable?: boolean | null | undefined;
  deletable?: boolean | null | undefined;
  hidden?: boolean | null | undefined;
  parentId?: string | null | undefined;
  extent?: unknown | undefined;
  zIndex?: number | null | undefined;
  style?: Record<string, unknown> | null | undefined;
  className?: string | null | undefined;
  sourcePosition?: string | null | undefined;
  targetPosition?: string | null | undefined;
}

/** One run of one node, as far as it has come. */
export interface NodeRun {
  nodeId: string;
  /** The containers around the node whose bodies run within them, and the sub-flows, joined by `/`. */
  path: string;
  nodeType: string;
  label: string;
  status: 'completed' | 'failed' | 'running' | 'skipped';
  input: unknown;
  output: unknown;
  error: string | null;
  durationMs: number | null;
  attempt: number;
  startedAt?: string | null;
  /** Null while it is under way. */
  completedAt?: string | null;
  /** Default: 0. */
  inputTokens?: number;
  /** Default: 0. */
  outputTokens?: number;
  /** Null where the price is not known. */
  costUsd?: number | null;
}

export interface NodeRunRequest {
  /** Input of the run. The node reads it as `input.<name>`. */
  inputData?: Record<string, unknown> | undefined;
  /** Variables by name. */
  variables?: Record<string, unknown> | undefined;
  /** Outputs of other nodes by node ID. Those of the nodes before it are what comes in. */
  outputs?: Record<string, unknown> | undefined;
  /** A run of the flow whose values count where the fields above give none: what the node saw in it. */
  executionId?: string | null | undefined;
  /** Limits of this run. They cannot exceed the server's settings. */
  limits?: FlowLimits | null | undefined;
}

/** A node type as a palette shows it. */
export interface NodeTypeInfo {
  type: string;
  title: string;
  /** `flow`, `model`, `data` or `note`. */
  group: string;
  /** Markdown: a sentence, then what else there is to know. */
  description: string;
  /** JSON Schema of `data`. */
  schema: Record<string, unknown>;
  /** Those of the first example: a type such as `switch` names its own. */
  outlets: string[];
  examples: Example[];
}

/** Every node type that this server knows. */
export interface NodeTypes {
  nodeTypes: NodeTypeInfo[];
  total: number;
  /** What expressions and templates can read. `GET /variables` lists the names below `env`. */
  names?: ReadableName[];
}

/** The OAuth clients that the workspace may use. */
export interface OAuthClientList {
  clients: OAuthClientView[];
  total: number;
  /** The redirect URI that the operator registers with authorization servers. */
  callbackUrl: string;
  /** Why the operator's file cannot be used. Empty if it can. */
  problem: string;
}

/** An OAuth client of the operator's. Its client ID and secret are not shown. */
export interface OAuthClientView {
  name: string;
  /** `authorization_code`: a person authorizes. `client_credentials`: the client authorizes itself. */
  grant: 'authorization_code' | 'client_credentials';
  /** Hosts that may receive the tokens. */
  hosts: string[];
  /** Scopes that may be asked for. */
  scopes: string[];
}

/** OAuth 2.0 client credentials: a token for the server is fetched from another URL. */
export interface OAuthSettings {
  tokenUrl: string;
  /** Name of a credential of kind `basic`: client ID and client secret. Its hosts include the host of `token_url`. */
  credential: string;
  scope?: string | undefined;
}

export interface OneRun {
  executionId: string;
}

/** Something that a run waits for. */
export interface OpenInput {
  /** What `POST /executions/{id}/respond` names as `input_id`. */
  inputId: string;
  nodeId: string;
  /** The frames around the node, joined by `/`; empty at the top level. */
  path: string;
  kind: 'approval' | 'decision' | 'input' | 'timer';
  message: string;
  /** What may be answered; empty where only time can pass. */
  actions: string[];
  /** JSON Schema of the value of an `edit` or `submit`; null for any. */
  schema: Record<string, unknown> | null;
  /** What is to be decided upon. */
  value: unknown;
  requestedAt: string | null;
  /** Seconds after which it expires; null: never. */
  timeoutSeconds: number | null;
  /** Who may answer: `team`, or also the `visitor`, in a chat by the next message of the session. Default: 'team'. */
  audience?: 'team' | 'visitor';
  /** What to call the actions, by action. */
  labels?: Record<string, string>;
}

/** Passages of a document, in order. */
export interface PassageList {
  passages: KnowledgePassage[];
  total: number;
}

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
}

/** A part of how an agentflow would run. */
export interface PlannedStep {
  title: string;
  explanation: string;
  /** 1 for the first. */
  step: number;
  /** Names of the agents that work in it. */
  agents?: string[];
  /** Ids of the nodes that it is, where a graph_definition says how it runs. */
  nodes?: string[];
  /** `one` after the other, all `side_by_side`, exactly `one_of` them, or `several_of` them. Default: 'one'. */
  mode?: 'one' | 'one_of' | 'several_of' | 'side_by_side';
  /** How often it is done at most. Default: 1. */
  turns?: number;
}

/** Prices that count now. */
export interface PriceList {
  pricing: PriceView[];
  total: number;
}

/** A price that counts now. */
export interface PriceView {
  provider: string;
  model: string;
  inputPricePer1K: number;
  outputPricePer1K: number;
  cachedInputPricePer1K: number | null;
  cacheWritePricePer1K: number | null;
  reasoningPricePer1K: number | null;
  currency: string;
  /** Null: always. */
  validFrom: string | null;
  source: string;
  editedByOperator: boolean;
}

/** An error answer (RFC 9457). */
export interface ProblemDocument {
  /** What kind of problem: `urn:agenticrag:problem:` and its code. */
  type: string;
  /** The kind in a few words, the same for every problem of it. */
  title: string;
  status: number;
  /** What happened here and what to do, in a sentence or two. */
  detail: string;
  /** The kind as a word for programs. */
  code?: string;
  /** Everything that is wrong, where it can be told apart. */
  errors?: Fault[];
  /** The execution that it is about. */
  executionId?: string | null;
  /** What to look for in the server's log, for problems that are the server's own. */
  problemId?: string | null;
  /** What the server's log calls the request; `X-Request-Id` of the answer says it too. */
  requestId?: string | null;
  /** The answer that was taken, where another came too late. */
  answer?: Record<string, unknown> | null;
}

/** What one node run asked models in two runs. */
export interface PromptComparison {
  /** The requests of the first run in their order, as text: settings, messages, tools. */
  a: string[];
  b: string[];
  /** Lines of a unified diff, the first run first. Empty where both are the same. */
  diff: string[];
}

/** All that a visitor's browser gets to know of a chat before it talks. */
export interface PublicConfig {
  title: string;
  theme: Look;
  colors: Colors;
  /** Every word of the chat in one language, `lang` and `dir` among them. */
  texts: Record<string, string>;
  /** Questions to begin with. */
  starterPrompts: string[];
  /** Off where the chatflow takes no files. */
  uploads: VisitorUploads;
  /** The chatflow's inputs that are marked `public`. */
  inputs?: PublicInput[];
}

/** An input that a visitor's page may give with each message. */
export interface PublicInput {
  name: string;
  type: 'array' | 'boolean' | 'date' | 'file' | 'files' | 'integer' | 'json' | 'number' | 'object' | 'paragraph' | 'select' | 'string' | 'text';
  description: string;
  required: boolean;
  default: unknown;
  /** Allowed values; empty for any. */
  choices: unknown[];
  /** Characters, items or files at most; null for no limit of its own. */
  maxLength: number | null;
}

export interface Publishing {
  /** What changed, for people. */
  notes?: string | undefined;
  /** Labels that point at the new version from now on. */
  labels?: string[] | undefined;
  /** The version that the draft replaces. Null: the one that it was made from. */
  basedOn?: number | null | undefined;
}

/** A document that will be ingested. */
export interface QueuedDocument {
  id: string;
  name: string;
  status: 'embedding' | 'failed' | 'parsing' | 'queued' | 'ready';
  /** The run that ingests it. */
  executionId: string;
  /** All documents of a folder; this is the first of them. */
  documents?: AddedDocument[];
}

/** Retrieval of a chatflow. */
export interface RagConfig {
  /** Whether retrieval is on. Default: false. */
  enabled?: boolean | undefined;
  /** Knowledge bases to search. */
  knowledgebaseIds?: string[] | undefined;
  /** Search method. Default: 'hybrid'. */
  retrievalStrategy?: 'hybrid' | 'lexical' | 'mmr' | 'similarity' | undefined;
  /** Maximum number of passages. Default: 5. */
  topK?: number | undefined;
  /** Minimum score, 0 to 1, applied last. Null: no passage is dropped. */
  scoreThreshold?: number | null | undefined;
  /** Whether passages are reranked. Default: false. */
  rerankingEnabled?: boolean | undefined;
  /** Which reranker, with `reranking_enabled`. Null: the server's. `api` `model` without a `model` takes the chat's. */
  reranker?: Reranker | null | undefined;
  /** Conditions on the metadata of documents, as of a `retrieve` node. */
  filters?: Record<string, unknown> | undefined;
  /**
   * Maximum length of the section that is returned instead of a passage: the passage and those around it under the same
   * heading. Passages of one section are one result. 0: the passage alone. Default: 0.
   */
  sectionCharacters?: number | undefined;
  /**
   * Whether the chat's model first writes the query, from the message and those before it. Without it, the message is
   * the query. Default: false.
   */
  queryRewriting?: boolean | undefined;
  /** Whether the model may answer from the passages only, and else says that it cannot. Default: false. */
  sourcesOnly?: boolean | undefined;
  /**
   * Whether the answer is sentences of the passages, word for word, without a call of the model. Null: with
   * `sources_only`, for the provider `local`.
   */
  quoteSources?: boolean | null | undefined;
  /** The answer if the passages have none. Empty: a sentence. */
  noAnswer?: string | undefined;
}

/** A name that expressions and templates can read. */
export interface ReadableName {
  name: string;
  /** Markdown. */
  description: string;
}

export interface Refresh {
  refreshToken: string;
  /** ID or slug of the workspace. Null: the first one of the user. */
  workspace?: string | null | undefined;
}

/** The run that builds another index. */
export interface ReindexAnswer {
  id: string;
  executionId: string;
}

export interface ReindexRequest {
  /** The model. Null: the present one, in its present revision. */
  embedding?: EmbeddingModel | null | undefined;
}

/** An index that is being built for another model. */
export interface ReindexView {
  executionId: string;
  provider: string;
  model: string;
}

/** A run of a family. */
export interface Relative {
  id: string;
  /** Null for a run that goes on from no other. */
  parent: string | null;
  /** `resume` or `fork`; null for a run of its own. */
  kind: string | null;
  /** The node from which it was resumed or forked. */
  node: string;
  path: string;
  occurrence: number;
  status: string;
  flowVersion: number | null;
  sessionId: string | null;
  createdAt: string | null;
  completedAt: string | null;
}

/** The first thing in which a replay is not what was recorded. */
export interface ReplayDifference {
  node: string;
  path: string;
  /** A call of a model or a tool, what a node gave, its failure or skipping, or how the run ended. */
  what: 'failed' | 'model' | 'node' | 'run' | 'skipped' | 'tool';
  message: string;
  /** Lines of a unified diff, the recorded text first. */
  diff: string[];
}

/** What came of a run that was run again from its journal. */
export interface ReplayReport {
  executionId: string;
  /** The version that was replayed; null for a draft or a chat by its config. */
  flowVersion: number | null;
  equal: boolean;
  /** Calls of models and tools that the journal answered. */
  calls: number;
  /** The first difference; null where all is equal. */
  difference?: ReplayDifference | null;
}

export interface Replaying {
  /** Version to replay: a number, a label, `draft` or `current`. Null: that of the run. */
  flowVersion?: number | string | null | undefined;
}

/** Which reranker, and what it gets. */
export interface Reranker {
  /**
   * `cohere`, `jina`, `tei` or `vllm`: a server whose `/rerank` takes requests of this form. `model`: a chat model
   * scores the passages in one call. Empty: the server's setting `rerank_api`.
   */
  api?: '' | 'cohere' | 'jina' | 'model' | 'tei' | 'vllm' | undefined;
  /** Provider of the chat model, for `model` without a connection. */
  provider?: string | undefined;
  /** Name of the model. Empty: the one that the server has. */
  model?: string | undefined;
  /** Name of a connection to ask the model by. Empty: the server's. */
  connection?: string | undefined;
  /** Number of passages that are reranked, at least `top_k`. `top_k` of them are returned. Default: 30. */
  candidates?: number | undefined;
  /**
   * If the reranker fails. `keep_order`: the passages stay in the order of the search, and `warnings` says why. `fail`:
   * the search fails. Default: 'keep_order'.
   */
  onFailure?: 'fail' | 'keep_order' | undefined;
}

export interface ResumeRequest {
  /** Version to continue with: a number, a label, `draft` or `current`. Null: that of the run. */
  flowVersion?: number | string | null | undefined;
}

export interface RetryRequest {
  /** Whether it is parsed and split again, such as after a change of `chunk`. Default: false. */
  reparse?: boolean | undefined;
}

export interface RoleChange {
  role: 'editor' | 'owner' | 'runner' | 'viewer';
}

/** The roles. Each may do what the one before it may, and more. */
export interface RoleList {
  roles: RoleView[];
}

/** A role of users and API keys. */
export interface RoleView {
  name: 'editor' | 'owner' | 'runner' | 'viewer';
  /** What it may do in this workspace. */
  permissions: ('account' | 'audit:read' | 'connections:read' | 'connections:write' | 'costs:read' | 'costs:write' | 'credentials:read' | 'credentials:write' | 'embeds:read' | 'embeds:write' | 'flows:read' | 'flows:write' | 'keys:read' | 'keys:write' | 'knowledge:read' | 'knowledge:write' | 'metrics:read' | 'runs:read' | 'runs:start' | 'schedules:read' | 'schedules:write' | 'sessions:all' | 'tools:read' | 'tools:write' | 'users:read' | 'users:write' | 'variables:read' | 'variables:write' | 'webhooks:read' | 'webhooks:write')[];
}

/** The state of a run as a node of it saw it. */
export interface RunState {
  executionId: string;
  node: string;
  path: string;
  occurrence: number;
  /** The run's input; in a sub-flow the sub-flow's. */
  input: Record<string, unknown>;
  /** What came in: the output of the node before. */
  arrived: unknown;
  variables: Record<string, unknown>;
  /** Outputs of the nodes before, by node ID. */
  outputs: Record<string, unknown>;
  /** The session's history, with this run's message. */
  messages: Record<string, unknown>[];
  /** What memory strategies had folded. */
  summary: Record<string, unknown>;
  /** What expressions call `loop`. */
  loop: Record<string, unknown>;
}

/** How a run stands. */
export interface RunStatus {
  executionId: string;
  /** `running`, `waiting`, `completed` or `failed`. */
  status: string;
}

/** Runs that ended. */
export interface RunSummary {
  total: number;
  completed: number;
  /** Failed or out of time. */
  failed: number;
  /** Of those that ended by themselves, from 0 to 1, as `GET /executions/stats` has it; 0 where none did. */
  successRate: number;
}

/** A message in the middle of a turn. */
export interface Said {
  /** `assistant`, or `user` for an answer to a question. */
  role: string;
  content: string;
}

/** What a server may ask models in the middle of a call (sampling). */
export interface SamplingSettings {
  /** Whether a reviewer reads and approves each request first. Default: true. */
  approval?: boolean | undefined;
  /** Provider of `model`. */
  provider?: string | undefined;
  /** The model that is called. Empty: the model of the agent that makes the call. */
  model?: string | undefined;
  /** Connection of `model`, in place of `provider`. */
  connection?: string | undefined;
  /** Model calls in one call of a tool. Default: 5. */
  maxCalls?: number | undefined;
  /** Tokens of one answer, also where the server asks for more. Default: 1000. */
  maxTokens?: number | undefined;
  /** Characters of one request. Default: 20000. */
  maxChars?: number | undefined;
}

export interface ScheduleChange {
  cron?: string | undefined;
  timezone?: string | undefined;
  name?: string | undefined;
  input?: Record<string, unknown> | undefined;
  version?: string | undefined;
  missed?: 'all' | 'once' | 'skip' | undefined;
  endsAt?: string | null | undefined;
  jitterSeconds?: number | undefined;
  enabled?: boolean | undefined;
}

/** A page of schedules, the newest first. */
export interface ScheduleList {
  schedules: ScheduleView[];
  total: number;
  nextCursor: string | null;
}

/** A time of a cron expression. */
export interface ScheduleTime {
  at: string;
  /** What the clock of the time zone shows then, with its distance from UTC. */
  local: string;
}

/** The next times of a cron expression, in order. */
export interface ScheduleTimes {
  /** Fewer than were asked for where there are no more, or `ends_at` comes before. */
  times: ScheduleTime[];
}

/** A schedule, and how it stands. */
export interface ScheduleView {
  id: string;
  name: string;
  flowId: string;
  cron: string;
  timezone: string;
  input: Record<string, unknown>;
  version: string;
  missed: string;
  endsAt: string | null;
  jitterSeconds: number;
  enabled: boolean;
  /** Name of the key or user whose rights its runs have. */
  madeBy: string;
  /** Why the server paused it. Empty: it did not. */
  stopped: string;
  /** The next time; null if there is none, or it is paused. */
  nextAt: string | null;
  /** The time of the last run. */
  lastAt: string | null;
  lastExecutionId: string | null;
  /** Status of the last run. */
  lastStatus: string | null;
  /** Why the last run was not started. Empty: it was. */
  lastError: string;
  /** How many runs it has started. */
  runs: number;
  /** How many times it left out. */
  missedRuns: number;
  createdAt: string;
  updatedAt: string;
}

export interface SearchRequest {
  /** What to look for. */
  query: string;
  /**
   * `hybrid`: words and meaning. `similarity`: meaning. `lexical`: words. `mmr`: as `hybrid`, but passages that repeat
   * each other are left out. Default: 'hybrid'.
   */
  strategy?: 'hybrid' | 'lexical' | 'mmr' | 'similarity' | undefined;
  /** Maximum number of passages. Default: 5. */
  topK?: number | undefined;
  /**
   * Conditions on the metadata of documents: `{field: value}`, `{field: [values]}` or `{field: {operator: value}}`. All
   * must hold.
   */
  filters?: Record<string, unknown> | undefined;
  /** Minimum score, applied last. Null: no passage is dropped. */
  scoreThreshold?: number | null | undefined;
  /**
   * Maximum length of the section that is returned instead of a passage: the passage and those around it under the same
   * heading. Passages of one section are one result. 0: the passage alone. Default: 0.
   */
  sectionCharacters?: number | undefined;
  /** Whether the passages are reranked. Default: false. */
  rerank?: boolean | undefined;
  /** Which reranker, with `rerank`. Null: the server's. */
  reranker?: Reranker | null | undefined;
  /** How `hybrid` combines two rankings: by weighted scores, or by ranks (`rrf`). Default: 'weighted'. */
  fusion?: 'rrf' | 'weighted' | undefined;
  /** Weight of meaning against words in `hybrid`. Null: 0.5, less for queries that look like identifiers. */
  denseWeight?: number | null | undefined;
}

/** A passage that a search found. */
export interface SearchResult {
  passageId: string;
  documentId: string;
  documentName: string;
  text: string;
  score: number;
  scores: SearchScores;
  heading: string[];
  page: number | null;
  start: number;
  end: number;
  metadata: Record<string, unknown>;
}

/** The scores behind a result's score. */
export interface SearchScores {
  dense: number | null;
  lexical: number | null;
  rerank: number | null;
}

/** A file of a message. */
export interface SentFile {
  /**
   * File name without a folder. It ends with `.txt`, `.md`, `.csv`, `.json`, `.png`, `.jpg`, `.jpeg`, `.webp`, `.gif`,
   * `.pdf`, `.docx`, `.xlsx`, `.pptx`, `.epub` or `.html`.
   */
  name: string;
  /** Content in base64. */
  data: string;
}

export interface SessionBranch {
  /** The last message of the copy. Null: the copy has all messages, with their alternatives. */
  messageId?: string | null | undefined;
  /** Null: the title of the session. */
  title?: string | null | undefined;
}

export interface SessionChange {
  title: string;
}

/** A session without its messages. */
export interface SessionDetails {
  id: string;
  chatflowId: string | null;
  title: string;
  memoryType: string;
  memoryConfig: Record<string, unknown>;
  status: string;
  messageCount: number;
  createdAt: string | null;
  lastActivityAt: string | null;
  totalTokensUsed: number;
}

/** A session as a file: what an export gives and an import takes. */
export interface SessionFile {
  sessionId: string;
  /** Messages as the history holds them. */
  messages: Record<string, unknown>[];
  /** Default: 'agenticrag.session'. */
  format?: string;
  /** Default: 1. */
  version?: number;
  title?: string;
  chatflowId?: string | null;
  exportedAt?: string | null;
  /** The session's own memory settings. */
  memory?: Record<string, unknown>;
  /** The session's variables by name. */
  variables?: Record<string, unknown>;
}

/** A visitor's session. */
export interface SessionGiven {
  /** Send it as `X-Visitor-Session`. Each answer brings one that is good for longer. */
  sessionId: string;
  expiresAt: string | null;
}

/** A session with its messages, the oldest first. */
export interface SessionHistory {
  success: boolean;
  session: SessionDetails;
  sessionId: string;
  messages: StoredMessage[];
  /** Of the whole session. */
  messageCount: number;
  /** With `limit`: the `before` of the next request, for the messages before these. Null: there are none. */
  nextCursor?: string | null;
}

/** Where a session has the words that were searched for. */
export interface SessionMatch {
  /** The first message that has the most of them. Null: the session's title or id. */
  messageId: string | null;
  /** The first of them, with what is around it. */
  excerpt: string;
}

/** A page of sessions. */
export interface SessionPage {
  success: boolean;
  sessions: SessionSummary[];
  /** How many match on all pages. With `search`: on this page. */
  total: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

/** A session as lists show it. */
export interface SessionSummary {
  /** The caller's name of it. */
  id: string;
  title: string;
  memoryType: string;
  messageCount: number;
  createdAt: string | null;
  lastActivityAt: string | null;
  totalTokensUsed: number;
  /** With `search`: where the words were found. */
  match?: SessionMatch | null;
}

/** The variables of a session by name: those that its runs, or a request, gave a value. */
export interface SessionVariables {
  sessionId: string;
  variables: Record<string, unknown>;
}

/** A message of a session's history. */
export interface StoredMessage {
  id: string;
  role: string;
  /**
   * Text, or a list of parts where files came with it: text, and each file's `id`, `name`, `kind`, `media_type` and
   * `size`.
   */
  content: unknown;
  createdAt: string | null;
  messageMetadata: Record<string, unknown>;
  /** The message that it follows. Null: it begins the conversation. */
  parentId?: string | null;
  /** Ids of the messages that follow the same one, oldest first, with its own. Empty: it is the only one. */
  alternatives?: string[];
  /** Whether it is on the chosen line, which the next message continues. Default: true. */
  active?: boolean;
}

/** The kinds of memory. */
export interface Strategies {
  success: boolean;
  strategies: StrategyInfo[];
}

/** A strategy as a list of them shows it. */
export interface StrategyInfo {
  type: string;
  title: string;
  description: string;
  /** JSON Schema of each option, with its default, by name. */
  options: Record<string, unknown>;
  /** Always true: a field of earlier releases. Default: true. */
  available?: boolean;
  /** Always empty: a field of earlier releases. */
  problem?: string;
}

/** Rules for the agents of an agentflow. It has no effect on a `graph_definition`. */
export interface Supervisor {
  /** Whether a model combines the answers of the agents, if the type does not do that anyway. Default: false. */
  enabled?: boolean | undefined;
  /** Provider of the supervisor's model, and of agents without a model. Empty: the server's default. */
  llmProvider?: string | undefined;
  /** The provider's name of that model. */
  llmModel?: string | undefined;
  /** Name of a credential with the key for this model, also for agents without a model. Empty: the server's key. */
  credential?: string | undefined;
  /** Maximum tokens of an answer, also for agents without a value. Null: the model's own limit. */
  maxTokens?: number | null | undefined;
  /** Maximum number of rounds, in types that have rounds. Default: 10. */
  maxIterations?: number | undefined;
  /**
   * How the next agent is chosen: by a model, by `priority`, in turn (`round_robin`), or by `capabilities` that the
   * request mentions. Default: 'llm_based'.
   */
  decisionStrategy?: 'capability' | 'llm_based' | 'priority' | 'round_robin' | undefined;
  /** The next agent if the model's decision is invalid: by id, agent_id or name. */
  fallbackAgentId?: string | null | undefined;
  /** Template for additional instructions to the supervisor. */
  instructions?: string | undefined;
  /**
   * Rule of the vote in `consensus_building`. `weighted` votes count by `priority`, at least 1. Default: 'majority'.
   */
  voting?: 'majority' | 'unanimous' | 'weighted' | undefined;
  /**
   * How parallel answers are combined: an object by node, one text, or one answer written by a model. Empty: `model` if
   * the supervisor is enabled, otherwise `object`.
   */
  aggregation?: '' | 'model' | 'object' | 'text' | undefined;
}

export interface TargetChange {
  url?: string | undefined;
  mail?: MailRoute | undefined;
  events?: ('input.requested' | 'run.cancelled' | 'run.completed' | 'run.failed')[] | undefined;
  withOutput?: boolean | undefined;
  name?: string | undefined;
  enabled?: boolean | undefined;
}

/** A page of webhook targets, the newest first. */
export interface TargetList {
  targets: TargetView[];
  total: number;
  nextCursor: string | null;
}

/** A webhook target, and how its deliveries stand. */
export interface TargetView {
  id: string;
  name: string;
  /** Null: all flows of the workspace. */
  flowId: string | null;
  /** Null: questions go by mail. */
  url: string | null;
  mail: MailRoute | null;
  events: string[];
  withOutput: boolean;
  enabled: boolean;
  madeBy: string;
  /** Why the server paused it. Empty: it did not. */
  stopped: string;
  /** Deliveries that wait to be sent, or sent again. */
  waiting: number;
  /** Deliveries that were given up. */
  dead: number;
  createdAt: string;
  updatedAt: string;
}

/** A webhook target whose secret is new. */
export interface TargetWithSecret {
  id: string;
  name: string;
  /** Null: all flows of the workspace. */
  flowId: string | null;
  /** Null: questions go by mail. */
  url: string | null;
  mail: MailRoute | null;
  events: string[];
  withOutput: boolean;
  enabled: boolean;
  madeBy: string;
  /** Why the server paused it. Empty: it did not. */
  stopped: string;
  /** Deliveries that wait to be sent, or sent again. */
  waiting: number;
  /** Deliveries that were given up. */
  dead: number;
  createdAt: string;
  updatedAt: string;
  /** It signs deliveries, and is not shown again. */
  secret: string;
  /** Until when deliveries are signed with the secret before it too; null where there is none. */
  oldSecretUntil?: string | null;
}

/** Every template, by group and name. */
export interface TemplateList {
  templates: TemplateView[];
  total: number;
}

/** A template in a list. */
export interface TemplateView {
  /** What its endpoints name it. */
  name: string;
  title: string;
  description: string;
  flowType: 'agentflow' | 'chatflow';
  /** `basics`, `workflows`, `knowledge`, `openapi`, `mcp`, or `extras` for those that need an extra. */
  group: string;
  tags: string[];
  /** The types of the nodes that it runs, each once. */
  nodeTypes: string[];
}

/** The model answers in text. */
export interface TextFormat {
  type: 'text';
}

/** A ticket. */
export interface TicketView {
  /** Goes into the address of a GET stream or a WebSocket as `?token=`. */
  ticket: string;
  /** Until when a stream can be opened with it, as often as need be. */
  expiresAt: string;
}

/** What opens the API to who logged in. */
export interface Tokens {
  /** Goes into `Authorization: Bearer`. */
  accessToken: string;
  tokenType: string;
  /** When the access token expires. */
  expiresAt: string;
  /** Gets the next pair, once. Used twice, it ends the login: one of the two has stolen it. */
  refreshToken: string;
}

/** A use of a tool that is its documentation and its test. */
export interface ToolExample {
  title: string;
  arguments: Record<string, unknown>;
  config?: Record<string, unknown>;
  /** What it must give; None where that is not the same each time. */
  result?: unknown;
}

/** Something that was to be a tool and is none. */
export interface ToolFault {
  /** The file. */
  source: string;
  /** What is wrong with it, a sentence. */
  message: string;
}

/** A tool as a palette shows it. */
export interface ToolInfo {
  name: string;
  /** What models are told. */
  description: string;
  repeatable: boolean;
  /** JSON Schema of what a call may say. Where it hangs on the configuration: that of the first example. */
  parameters: Record<string, unknown>;
  /** JSON Schema of what stands beside `name` in a flow. */
  config: Record<string, unknown>;
  examples: ToolExample[];
  /** Where it comes from. Default: 'builtin'. */
  source?: 'builtin' | 'mcp' | 'openapi' | 'python';
  /** The MCP server or the API that it is of. */
  server?: string;
  /** The same as `parameters`. */
  inputSchema?: Record<string, unknown>;
  /** Whether a person is asked before each use. Default: false. */
  approval?: boolean;
}

/** A tool started or ended. */
export interface ToolState {
  type: 'tool';
  name: string;
  status: 'completed' | 'failed' | 'running';
  /** Its arguments, when it starts. */
  input: unknown;
  /** What it gave, or the sentence why it failed, when it has ended. */
  output: unknown;
  nodeId: string;
  /** The model's name of the call, the same when it starts and ends; empty where no model asked for it. */
  callId: string;
  path?: string;
}

/** Every tool of this server, and what was to be one. */
export interface Tools {
  tools: ToolInfo[];
  total: number;
  /** What could not be loaded of the operator's files and installed packages. */
  faults: ToolFault[];
}

/** A stored chatflow's answer. */
export interface TriggerAnswer {
  success: boolean;
  /** The text; empty if the run failed. */
  response: string;
  /** What went wrong, as a sentence; null if nothing did. */
  error: string | null;
  sessionId: string;
  executionId: string;
  /** What the request had. */
  metadata: Record<string, unknown>;
  usage: Usage;
  status: string;
  /** What it waits for, with status `waiting_approval`: answer by `POST /executions/{id}/respond`. */
  inputs: OpenInput[];
  /** The sources of the answer, in the order in which they were cited. */
  citations: Citation[];
  /** What went wrong, as a word for programs; null if nothing did. */
  errorCode?: string | null;
  /**
   * How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`), `tool_calls`, `refusal`; null
   * where no model answered.
   */
  finishReason?: string | null;
  /** What was not as it was asked for, though there is an answer; 20 sentences at most. */
  warnings?: string[];
}

/** A session with a stored chatflow, the oldest message first. */
export interface TriggerHistoryPage {
  workflowId: string;
  sessionId: string;
  history: StoredMessage[];
  messageCount: number;
}

export interface TriggerRequest {
  message: string;
  /** The session to continue, or a name for a new one. Null: a new session. */
  sessionId?: string | null | undefined;
  /** The flow reads it as `variables.metadata`. The response returns it. */
  metadata?: Record<string, unknown> | undefined;
  /** Files of the message, if the chatflow's `uploads` accepts files. */
  files?: SentFile[] | undefined;
  /** Inputs that the chatflow's start node declares, by name. A file is an object with `name` and `data`. */
  inputs?: Record<string, unknown> | undefined;
  /** Values of variables that the chatflow's start node declares, by name. */
  variables?: Record<string, unknown> | undefined;
}

/** A message of the visitor and its answer. */
export interface TurnView {
  executionId: string;
  message: string;
  /** What the visitor sent with it. */
  files: VisitorFile[];
  /** Empty where there is none (yet). */
  response: string;
  /** `running`, `waiting`, `completed` or `failed`. */
  status: string;
  /** What went wrong, in general words; null if nothing did. */
  error: string | null;
  /** `cancelled`, `timeout` or `failed`; null if nothing went wrong. */
  code: string | null;
  rating: 'down' | 'up' | null;
  createdAt: string | null;
  /** The sources of the answer. */
  citations?: VisitorSource[];
  /** What was said between the message and the response: questions, their answers, and interim messages. */
  said?: Said[];
  /** Files that the response carries: `GET …/files/{file}` gives one. */
  answerFiles?: FileRef[];
}

/** Files that a chatflow accepts with a message. */
export interface Uploads {
  /** Maximum number of files in a message. 0: none. Default: 0. */
  maxFiles?: number | undefined;
  /** Maximum size of a file, in bytes. The server can have a lower limit. Default: 1000000. */
  maxBytes?: number | undefined;
  /**
   * `text`: .txt, .md, .csv and .json in UTF-8. `image`: PNG, JPEG, WebP and GIF, for models that accept images.
   * `document`: PDF, DOCX, XLSX, PPTX, EPUB and HTML, whose text is extracted. Needs the extra `knowledge`.
   */
  kinds?: ('document' | 'image' | 'text')[] | undefined;
}

/** Tokens of a run, as the providers counted them. */
export interface Usage {
  inputTokens: number;
  outputTokens: number;
  totalTokens: number;
  /** True where a provider gave no usage and a tokenizer's estimate is part of the sum. Default: false. */
  estimated?: boolean;
  /** Those of the input that a provider read from its cache. Default: 0. */
  cachedInputTokens?: number;
  /** Those of the input that a provider wrote to its cache. Default: 0. */
  cacheWriteTokens?: number;
  /** Those of the output that a model spent on reasoning. Default: 0. */
  reasoningTokens?: number;
}

/** Tokens of one node with one model. */
export interface UsageEntry {
  nodeId: string;
  provider: string;
  model: string;
  /** Default: 0. */
  inputTokens?: number;
  /** Default: 0. */
  outputTokens?: number;
  /** Null where the price is not known. */
  costUsd?: number | null;
}

/** What models were asked. */
export interface UsageSummary {
  totalTokens: number;
  /** Of the requests whose price is known. */
  totalCostUsd: number;
  totalRequests: number;
  avgTokensPerRequest: number;
  /** Requests without a known price. */
  unpricedRequests: number;
}

/** A model that the flows of a bundle ask; empty parts are the server's default. */
export interface UsedModel {
  provider: string;
  model: string;
}

export interface UserChange {
  name?: string | undefined;
  /** True: the logins of the user end and the keys stop working. */
  disabled?: boolean | undefined;
  /** A new password. All logins of the user end. */
  password?: string | undefined;
}

export interface VariableChange {
  value: unknown;
}

/** The workspace's variables, by name and label. */
export interface VariableList {
  variables: VariableView[];
  total: number;
}

/** A workspace variable under one label. */
export interface VariableView {
  id: string;
  name: string;
  /** Empty: the default value. */
  label: string;
  /** Null for a secret. */
  value: unknown;
  secret: boolean;
  /** 1, then one more for every change; the ETag. */
  version: number;
  createdAt: string;
  updatedAt: string;
  /** The name of the API key or user that created it. */
  createdBy: string;
}

export interface VariablesChange {
  variables: Record<string, unknown>;
}

/** One change between two documents. */
export interface VersionChange {
  kind: 'added' | 'changed' | 'removed' | 'reordered';
  what: 'agent' | 'edge' | 'node' | 'setting';
  /** Id of the node, edge or agent; empty for a setting of the flow. */
  id?: string;
  /** The field within it: names of objects from the outside in. Empty: the whole of it. */
  path?: string[];
  /** The value before; missing where there was none. Of `reordered`, the ids in their former order. */
  before?: unknown;
  after?: unknown;
  /** The same for people. */
  sentence?: string;
}

/** A page of the versions of a flow, the newest first. */
export interface VersionPage {
  versions: VersionSummary[];
  total: number;
  hasDraft: boolean;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

/** A version of a flow, as lists show it. */
export interface VersionSummary {
  version: number;
  createdAt: string | null;
  notes: string;
  labels: string[];
  isCurrent: boolean;
}

/** An answer to a visitor. */
export interface VisitorAnswer {
  /** The text; of a run that waits for the visitor its question; empty if the run failed. */
  response: string;
  /** The visitor's session, signed: send it as `X-Visitor-Session`, or as `session_id`, to go on with it. */
  sessionId: string;
  timestamp: string | null;
  usage: Usage;
  executionId: string;
  /** `completed`, `waiting` or `failed`. */
  status: string;
  /** What went wrong, in general words; null if nothing did. */
  error: string | null;
  /** What the run asks of the visitor: answer by `POST …/respond`. */
  inputs?: VisitorQuestion[];
  /** The sources of the answer, each once. */
  citations?: VisitorSource[];
  /** How the answer ended: `stop`, `length` (it was cut), `tool_calls`, `refusal`; null where no model answered. */
  finishReason?: string | null;
  /** Files that the answer carries: `GET …/files/{file}` gives one. */
  files?: FileRef[];
}

/** A source of the answer. */
export interface VisitorCitation {
  type: 'citation';
  /** The same for each citation of one source. */
  number: number;
  title: string;
  /** An address of http or https; empty where it leads into a network of the owner's. */
  url: string;
  /** The passage that counts; empty where it is not known. */
  text: string;
}

/** A piece of the answer, as the model yields it. */
export interface VisitorContent {
  type: 'content';
  content: string;
}

/** The last frame of a run that went well. */
export interface VisitorDone {
  type: 'done';
  sessionId: string;
  executionId: string;
  /** The whole answer; it counts where it differs from what was streamed. */
  response: string;
  /** How the answer ended: `stop`, `length` (it was cut), `tool_calls`, `refusal`; null where no model answered. */
  finishReason?: string | null;
  /** Files that the answer carries: `GET …/files/{file}` gives one. */
  files?: FileRef[];
}

/** The last frame of a run that did not go well. It says nothing of what went on inside. */
export interface VisitorError {
  type: 'error';
  error: string;
  /** `cancelled`, `timeout` or `failed`. */
  code: string;
  executionId: string;
}

/** A file of the visitor's, without what is in it. */
export interface VisitorFile {
  name: string;
  kind: 'document' | 'image' | 'other' | 'text';
  /** Bytes. */
  size: number;
}

/** A conversation as its visitor sees it, the oldest turn first. */
export interface VisitorHistory {
  turns: TurnView[];
}

/** The run asks the visitor something: answer it by `POST …/respond`, or by the next message. */
export interface VisitorInput {
  type: 'input';
  input: VisitorQuestion;
}

export interface VisitorMessage {
  message: string;
  /**
   * The `session_id` of an earlier response, to continue its conversation. Other names start separate conversations for
   * each visitor.
   */
  sessionId?: string | null | undefined;
  /** Files of the message, if `uploads` of the public configuration allows them. */
  files?: SentFile[] | undefined;
  /** Inputs by name, if the public configuration lists them. A file is an object with `name` and `data`. */
  inputs?: Record<string, unknown> | undefined;
}

/** A visitor's rating of an answer. */
export interface VisitorOpinion {
  executionId: string;
  rating: 'down' | 'up';
  comment?: string | undefined;
}

/** Something that the run asks of the visitor. */
export interface VisitorQuestion {
  inputId: string;
  executionId: string;
  kind: 'approval' | 'decision' | 'input' | 'timer';
  message: string;
  /** What may be answered. */
  actions: string[];
  /** JSON Schema of the value of an `edit` or `submit`; null for any. */
  schema: Record<string, unknown> | null;
  /** What is to be decided upon. */
  value: unknown;
  requestedAt: string | null;
  timeoutSeconds: number | null;
  /** What to call the actions, by action. */
  labels?: Record<string, string>;
}

export interface VisitorReply {
  executionId: string;
  inputId: string;
  /** One of the request's `actions`. */
  action: string;
  /** The edited or submitted value. It must match the request's `schema`. */
  value?: unknown | undefined;
  comment?: string | undefined;
}

/** Forget the content so far: the answer is begun anew. */
export interface VisitorReset {
  type: 'reset';
}

/** A source of an answer. */
export interface VisitorSource {
  /** The same for each citation of one source. */
  number: number;
  title: string;
  /** An address of http or https; empty where it leads into a network of the owner's. */
  url: string;
  /** The passage that counts; empty where it is not known. */
  text: string;
}

/** The first frame of every run. */
export interface VisitorStart {
  type: 'start';
  /** The visitor's session, signed: send it as `X-Visitor-Session` to go on with it. */
  sessionId: string;
  executionId: string;
}

/** The run waits for somebody; the stream stays open. */
export interface VisitorStatus {
  type: 'status';
  /** `waiting`. */
  status: string;
}

/** Which files a visitor may send. */
export interface VisitorUploads {
  enabled: boolean;
  /** Files of one message; left out, as the rest, where there are none. Default: 0. */
  maxFiles?: number;
  /** The largest file, in bytes. Default: 0. */
  maxBytes?: number;
  /** Endings of names, each with its dot. */
  accept?: string[];
}

/** A page of the last calls of a webhook, the newest first. */
export interface WebhookCallList {
  calls: WebhookCallView[];
  nextCursor: string | null;
}

/** A call of a webhook. */
export interface WebhookCallView {
  at: string;
  /**
   * `started`, `repeated` (its delivery had started a run), `answered` (a service looked whether the webhook is there)
   * or `refused`.
   */
  outcome: string;
  /** Status of the HTTP answer. */
  status: number;
  /** What its sender calls it. */
  delivery: string;
  executionId: string | null;
  /** Why it was refused. */
  detail: string;
}

export interface WebhookChange {
  name?: string | undefined;
  header?: string | undefined;
  deliveryHeader?: string | undefined;
  answer?: 'async' | 'stream' | 'sync' | undefined;
  input?: Record<string, unknown> | null | undefined;
  version?: string | undefined;
  enabled?: boolean | undefined;
}

/** A page of webhooks, the newest first. */
export interface WebhookList {
  webhooks: WebhookView[];
  total: number;
  nextCursor: string | null;
}

/** What a webhook answers at once. */
export interface WebhookReceipt {
  /** The run that the call started; null if it started none. */
  executionId?: string | null;
  /**
   * The run's status word, or `ignored` where a service only looks whether the webhook is there. Default: 'accepted'.
   */
  status?: string;
  /** What Slack wants to see again when a URL is entered there. */
  challenge?: string | null;
}

/** A webhook, and how it stands. */
export interface WebhookView {
  id: string;
  name: string;
  flowId: string;
  /** Where to send calls by POST. */
  url: string;
  style: string;
  /** Header of the token or signature. */
  header: string;
  /** Header that names a delivery; empty: none. */
  deliveryHeader: string;
  answer: string;
  /** Templates of the input; null: the fields of the query and the body. */
  input: Record<string, unknown> | null;
  version: string;
  enabled: boolean;
  /** Name of the key or user whose rights its runs have. */
  madeBy: string;
  /** Why the server paused it. Empty: it did not. */
  stopped: string;
  createdAt: string;
  updatedAt: string;
}

/** A webhook whose secret is new. */
export interface WebhookWithSecret {
  id: string;
  name: string;
  flowId: string;
  /** Where to send calls by POST. */
  url: string;
  style: string;
  /** Header of the token or signature. */
  header: string;
  /** Header that names a delivery; empty: none. */
  deliveryHeader: string;
  answer: string;
  /** Templates of the input; null: the fields of the query and the body. */
  input: Record<string, unknown> | null;
  version: string;
  enabled: boolean;
  /** Name of the key or user whose rights its runs have. */
  madeBy: string;
  /** Why the server paused it. Empty: it did not. */
  stopped: string;
  createdAt: string;
  updatedAt: string;
  /** It is not shown again. */
  secret: string;
  /** Until when the secret before it is valid; null where there is none. */
  oldSecretUntil?: string | null;
}

/** Some workflows. */
export interface WorkflowPage {
  workflows: (ChatflowView | AgentflowView)[];
  /** How many match in all. */
  total: number;
  /** What the next request sends as `after`; null on the last page. */
  nextCursor?: string | null;
}

export interface WorkspaceChange {
  name: string;
}

/** The workspaces that the caller can be in. */
export interface WorkspaceList {
  workspaces: WorkspaceView[];
  total: number;
}

/** A workspace. */
export interface WorkspaceView {
  id: string;
  slug: string;
  name: string;
  /** The caller's role in it; null for a key of nobody's. */
  role: string | null;
  createdAt: string;
}

/** One of the events of a stream, told apart by `type`. */
export type ChatEvent =
  | ChatStart
  | ChatContent
  | ChatReasoning
  | ChatReset
  | ChatNode
  | ToolState
  | ChatCitation
  | ChatInput
  | ChatStatus
  | ChatDone
  | ChatError;

/** One of the events of a stream, told apart by `type`. */
export type ExecutionEvent =
  | ExecutionStart
  | ExecutionStatus
  | ExecutionNode
  | ExecutionToken
  | ExecutionReset
  | ToolState
  | ChatCitation
  | ExecutionComplete
  | ExecutionFailed;

/** One of the events of a stream, told apart by `type`. */
export type VisitorEvent =
  | VisitorStart
  | VisitorContent
  | VisitorReset
  | VisitorCitation
  | VisitorInput
  | VisitorStatus
  | VisitorDone
  | VisitorError;
