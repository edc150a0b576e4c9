/** Generated from the API's OpenAPI document: the client and its resources. */

import { Connection } from './connection.js';
import type { ClientOptions } from './options.js';
import {
  AccountResource,
  AgentflowsResource,
  AgentsResource,
  AuditResource,
  ChatflowsResource,
  CostTrackingResource,
  CredentialsResource,
  EmbedsResource,
  ExecutionsResource,
  FlowsResource,
  HealthResource,
  KeysResource,
  KnowledgeBasesResource,
  MemoriesResource,
  MetricsResource,
  ModelsResource,
  NodeTypesResource,
  SchedulesResource,
  SessionsResource,
  TemplatesResource,
  ToolsResource,
  UsersResource,
  VariablesResource,
  WebhookTargetsResource,
  WebhooksResource,
  WorkflowsResource,
  WorkspacesResource,
} from './resources.js';
import { MODELS } from './shapes.js';

/**
 * Return what single resources go by: `new ExecutionsResource(connect({ apiKey }))` does what `client.executions` does. A
 * bundler then leaves the others out.
 */
export function connect(options: ClientOptions = {}): Connection {
  return new Connection(options, MODELS);
}

/** A client of one server. It holds no connection open and needs no closing. */
export class AgenticRAGClient {
  readonly account: AccountResource;
  readonly agentflows: AgentflowsResource;
  readonly agents: AgentsResource;
  readonly audit: AuditResource;
  readonly chatflows: ChatflowsResource;
  readonly costTracking: CostTrackingResource;
  readonly credentials: CredentialsResource;
  readonly embeds: EmbedsResource;
  readonly executions: ExecutionsResource;
  readonly flows: FlowsResource;
  readonly health: HealthResource;
  readonly keys: KeysResource;
  readonly knowledgeBases: KnowledgeBasesResource;
  readonly memories: MemoriesResource;
  readonly metrics: MetricsResource;
  readonly models: ModelsResource;
  readonly nodeTypes: NodeTypesResource;
  readonly schedules: SchedulesResource;
  readonly sessions: SessionsResource;
  readonly templates: TemplatesResource;
  readonly tools: ToolsResource;
  readonly users: UsersResource;
  readonly variables: VariablesResource;
  readonly webhookTargets: WebhookTargetsResource;
  readonly webhooks: WebhooksResource;
  readonly workflows: WorkflowsResource;
  readonly workspaces: WorkspacesResource;
  readonly #connection: Connection;

  constructor(options: ClientOptions = {}) {
    const connection = connect(options);
    this.#connection = connection;
    this.account = new AccountResource(connection);
    this.agentflows = new AgentflowsResource(connection);
    this.agents = new AgentsResource(connection);
    this.audit = new AuditResource(connection);
    this.chatflows = new ChatflowsResource(connection);
    this.costTracking = new CostTrackingResource(connection);
    this.credentials = new CredentialsResource(connection);
    this.embeds = new EmbedsResource(connection);
    this.executions = new ExecutionsResource(connection);
    this.flows = new FlowsResource(connection);
    this.health = new HealthResource(connection);
    this.keys = new KeysResource(connection);
    this.knowledgeBases = new KnowledgeBasesResource(connection);
    this.memories = new MemoriesResource(connection);
    this.metrics = new MetricsResource(connection);
    this.models = new ModelsResource(connection);
    this.nodeTypes = new NodeTypesResource(connection);
    this.schedules = new SchedulesResource(connection);
    this.sessions = new SessionsResource(connection);
    this.templates = new TemplatesResource(connection);
    this.tools = new ToolsResource(connection);
    this.users = new UsersResource(connection);
    this.variables = new VariablesResource(connection);
    this.webhookTargets = new WebhookTargetsResource(connection);
    this.webhooks = new WebhooksResource(connection);
    this.workflows = new WorkflowsResource(connection);
    this.workspaces = new WorkspacesResource(connection);
  }

  /** Return a client that differs from this one in what is given. */
  withOptions(options: ClientOptions): AgenticRAGClient {
    return new AgenticRAGClient(this.#connection.changed(options));
  }

  /** Return where a client's requests go: for what of this package asks the server by itself. */
  static connectionOf(client: AgenticRAGClient): Connection {
    return client.#connection;
  }
}
