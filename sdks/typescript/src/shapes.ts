/** Generated from the API's OpenAPI document: which fields have another name on the wire, and where models are. */

import type { Models } from './wire.js';

export const MODELS: Models = {
  nested: /* @__PURE__ */ new Set(
    'a abilities answer_files b budget_status budgets by_model calls chunk connections credential credentials daily_usage deliveries documents durations endpoints entries execution execution_context executions feedback flow history invitations keys llm_usage match mcp_servers members memories node node_executions oauth openapi_tools passages price pricing recent_records reindex reranker sampling schedules session sessions targets templates token_usage turns uploads usage versions webhooks workflows workspaces'.split(' '),
  ),
  as: { cache_write_price_per_1k: 'cacheWritePricePer1K', cached_input_price_per_1k: 'cachedInputPricePer1K', input_price_per_1k: 'inputPricePer1K', output_price_per_1k: 'outputPricePer1K', reasoning_price_per_1k: 'reasoningPricePer1K' },
  models: {
    AgentflowView: { of: { agents: '+' }, is: { flow_type: ['agentflow'] } },
    ChatAnswer: { of: { inputs: '+', citations: '+', files: '+' } },
    ChatDone: { of: { files: '+' }, is: { type: ['done'] } },
    ChatInput: { of: { input: '+' }, is: { type: ['input'] } },
    Chatflow: { of: { chat_config: '+response_format', memory_config: '+', rag_config: '+', limits: '+' } },
    ChatflowChange: { of: { chat_config: '+response_format', memory_config: '+', rag_config: '+', limits: '+' } },
    ConnectionChange: { of: { defaults: '+', prices: '{}+' } },
    ConnectionList: { of: { connections: 'ConnectionView' } },
    ConnectionView: { of: { prices: '{}+' } },
    DraftChange: { of: { supervisor_config: '+', agents: '+', limits: '+', chat_config: '+response_format', memory_config: '+', rag_config: '+' } },
    DraftView: { of: { flow: 'AgentflowView' } },
    ExecutionAnswer: { of: { inputs: '+', citations: '+' } },
    ExecutionStatus: { of: { inputs: '+' }, is: { type: ['status'] } },
    FlowPage: { of: { flows: 'AgentflowView' } },
    NewConnection: { of: { defaults: '+', prices: '{}+' } },
    VisitorDone: { of: { files: '+' }, is: { type: ['done'] } },
    VisitorInput: { of: { input: '+' }, is: { type: ['input'] } },
    WorkflowPage: { of: { workflows: 'AgentflowView' } },
  },
};
