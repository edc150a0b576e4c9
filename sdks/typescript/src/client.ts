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
  declare readonly account: AccountResource;
  declare readonly agentflows: AgentflowsResource;
  declare readonly agents: AgentsResource;
  declare readonly audit: AuditResource;
  declare readonly chatflows: ChatflowsResource;
  declare readonly costTracking: CostTrackingResource;
  declare readonly credentials: CredentialsResource;
  declare readonly embeds: EmbedsResource;
  declare readonly executions: ExecutionsResource;
  declare readonly flows: FlowsResource;
  declare readonly health: HealthResource;
  declare readonly keys: KeysResource;
  declare readonly knowledgeBases: KnowledgeBasesResource;
  declare readonly memories: MemoriesResource;
  declare readonly metrics: MetricsResource;
  declare readonly models: ModelsResource;
  declare readonly nodeTypes: NodeTypesResource;
  declare readonly schedules: SchedulesResource;
  declare readonly sessions: SessionsResource;
  declare readonly templates: TemplatesResource;
  declare readonly tools: ToolsResource;
  declare readonly users: UsersResource;
  declare readonly variables: VariablesResource;
  declare readonly webhookTargets: WebhookTargetsResource;
  declare readonly webhooks: WebhooksResource;
  declare readonly workflows: WorkflowsResource;
  declare readonly workspaces: WorkspacesResource;
  readonly #connection: Connection;

  constructor(options: ClientOptions = {}) {
    const connection = connect(options);
    this.#connection = connection;
    const resources = [
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
    ];
    for (const Made of resources) {
      const name = Made.name[0]?.toLowerCase() + Made.name.slice(1, -'Resource'.length);
      Object.assign(this, { [name]: new Made(connection) });
    }
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
