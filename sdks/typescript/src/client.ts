/** Generated from the API's OpenAPI document: the client and its resources. */

import { Connection, type ClientOptions } from './connection.js';
import {
  AgentflowsResource,
  AgentsResource,
  ChatflowsResource,
  CostTrackingResource,
  CredentialsResource,
  EmbedsResource,
  ExecutionsResource,
  FlowsResource,
  HealthResource,
  IdentityResource,
  MetricsResource,
  NodeTypesResource,
  SessionsResource,
  ToolsResource,
  WorkflowsResource,
} from './resources.js';
import { MODELS } from './shapes.js';

/** A client of one server. It holds no connection open and needs no closing. */
export class AgenticRAGClient {
  readonly agentflows: AgentflowsResource;
  readonly agents: AgentsResource;
  readonly chatflows: ChatflowsResource;
  readonly costTracking: CostTrackingResource;
  readonly credentials: CredentialsResource;
  readonly embeds: EmbedsResource;
  readonly executions: ExecutionsResource;
  readonly flows: FlowsResource;
  readonly health: HealthResource;
  readonly identity: IdentityResource;
  readonly metrics: MetricsResource;
  readonly nodeTypes: NodeTypesResource;
  readonly sessions: SessionsResource;
  readonly tools: ToolsResource;
  readonly workflows: WorkflowsResource;

  constructor(options: ClientOptions) {
    const connection = new Connection(options, MODELS);
    this.agentflows = new AgentflowsResource(connection);
    this.agents = new AgentsResource(connection);
    this.chatflows = new ChatflowsResource(connection);
    this.costTracking = new CostTrackingResource(connection);
    this.credentials = new CredentialsResource(connection);
    this.embeds = new EmbedsResource(connection);
    this.executions = new ExecutionsResource(connection);
    this.flows = new FlowsResource(connection);
    this.health = new HealthResource(connection);
    this.identity = new IdentityResource(connection);
    this.metrics = new MetricsResource(connection);
    this.nodeTypes = new NodeTypesResource(connection);
    this.sessions = new SessionsResource(connection);
    this.tools = new ToolsResource(connection);
    this.workflows = new WorkflowsResource(connection);
  }
}
