"""Components: what the server is made of, in the groups in which `server.startup` opens it.

`Process` is there from the first moment on; the others need the database.
"""

from msgspec import Struct

from graphs.outbound.egress import Egress
from persistence.identity.api_keys import Keys
from persistence.identity.audit import Audit
from persistence.identity.connections import Connections
from persistence.identity.credentials import Credentials
from persistence.identity.invitations import Invitations
from persistence.identity.logins import Logins
from persistence.identity.oauth_authorizations import Authorizations
from persistence.identity.users import Users
from persistence.identity.variables import Variables
from persistence.identity.workspaces import Workspaces
from persistence.journal.journal import Journal
from persistence.knowledge.bases import KnowledgeBases
from persistence.knowledge.documents import KnowledgeDocuments
from persistence.knowledge.passages import Passages
from persistence.library.agents import Agents
from persistence.library.conversations import Conversations
from persistence.library.embeds import Embeds
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from persistence.library.session_files import Files
from persistence.library.sessions import Sessions
from persistence.memories.memories import Memories
from persistence.reports.costs import Costs
from persistence.reports.execution_lists import ExecutionLists
from persistence.reports.execution_stats import ExecutionStats
from persistence.runs.executions import Executions
from persistence.runs.question_answers import Inputs
from persistence.spending.budgets import Budgets
from persistence.spending.prices import Prices
from persistence.triggers.outbox import Outbox
from persistence.triggers.schedules import Schedules
from persistence.triggers.webhook_secrets import WebhookSecrets
from persistence.triggers.webhook_targets import WebhookTargets
from persistence.triggers.webhooks import Webhooks
from server.compilation.code_graphs import ServerCodeGraphs
from server.compilation.langgraph_engine import Engine
from server.compilation.tool_setup import ServerTools
from server.embed.visitor_chats import VisitorChats
from server.embed.visitor_sessions import VisitorSessions
from server.embed.visitor_streams import VisitorStreams
from server.embed.visitors import Visitors
from server.flows.flow_editor import FlowEditor
from server.identity.access_recheck import AccessRecheck
from server.identity.callers import Callers
from server.identity.password_logins import PasswordLogins
from server.identity.passwords import Passwords
from server.knowledge.knowledge_search import KnowledgeSearch
from server.knowledge.request_models import RequestModels
from server.knowledge.sweeping import Sweeper
from server.limits.rate_limits import Limits
from server.mcp.mcp_servers import MCPServers
from server.metrics.metering import Metering
from server.oauth.authorizations import OAuthAuthorizations
from server.openapi.workspace_apis import APIs
from server.protocols.agui.agent_runs import AgentRuns
from server.protocols.langgraph.assistants.assistants import Assistants
from server.protocols.langgraph.crons import Crons
from server.protocols.langgraph.runs.run_streams import RunStreams
from server.protocols.langgraph.runs.runs import Runs as LangGraphRuns
from server.protocols.langgraph.thread_streams import ThreadStreams
from server.protocols.langgraph.threads.threads import Threads
from server.protocols.mcp.tool_calls import ToolCalls
from server.protocols.openai.chats import ChatCompletions
from server.protocols.openai.conversations import Conversations as OpenAIConversations
from server.protocols.openai.responses import StoredResponses
from server.protocols.vercel.ui_chats import UiChats
from server.recorded_runs.comparisons import Comparisons
from server.recorded_runs.continued_runs import ContinuedRuns
from server.recorded_runs.node_runs import NodeRuns
from server.recorded_runs.recorded_states import RecordedStates
from server.requests.chat_answers import ChatAnswers
from server.requests.chat_requests import ChatOrders
from server.requests.document_intake import DocumentIntake
from server.requests.flow_runs import FlowRuns
from server.runs.dropped_streams import Streams
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import ExecutionStreams
from server.runs.readiness import Readiness
from server.sessions.chat_sessions import ChatSessions
from server.sessions.message_branches import MessageBranches
from server.sessions.session_edits import SessionEdits
from server.sessions.session_search import SessionSearch
from server.settings.default_model import DefaultModel
from server.settings.known_models import KnownModels
from server.settings.sources import Settings
from server.sockets.open_sockets import OpenSockets
from server.triggers.deliveries import Deliveries
from server.triggers.question_links import QuestionLinks
from server.triggers.schedule_checks import CheckedSchedules
from server.triggers.webhook_calls import WebhookCalls

__all__ = [
    "Identity",
    "Knowledge",
    "Measures",
    "Parts",
    "Process",
    "Runs",
    "Stores",
    "Visiting",
]


class Process(Struct, frozen=True):
    """What a process has whether or not its database is there."""

    settings: Settings
    readiness: Readiness
    limits: Limits
    access_recheck: AccessRecheck
    streams: Streams
    open_sockets: OpenSockets
    passwords: Passwords
    default_model: DefaultModel
    known_models: KnownModels
    tools: ServerTools
    code_graphs: ServerCodeGraphs
    worker: bool = False
    """Whether it is a worker: it runs what others accept, and serves no API."""


class Stores(Struct, frozen=True):
    """What the database keeps."""

    journal: Journal
    executions: Executions
    execution_lists: ExecutionLists
    execution_stats: ExecutionStats
    inputs: Inputs
    flows: Flows
    flow_versions: FlowVersions
    agents: Agents
    sessions: Sessions
    session_files: Files
    conversations: Conversations
    embeds: Embeds
    connections: Connections
    credentials: Credentials
    variables: Variables
    webhook_secrets: WebhookSecrets
    oauth_pending: Authorizations
    keys: Keys
    users: Users
    workspaces: Workspaces
    invitations: Invitations
    logins: Logins
    audit: Audit


class Runs(Struct, frozen=True):
    """What starts runs, works on them and shows them."""

    mcp_servers: MCPServers
    openapi_apis: APIs
    engine: Engine
    execution_service: ExecutionService
    execution_streams: ExecutionStreams
    chat_orders: ChatOrders
    chat_answers: ChatAnswers
    chat_sessions: ChatSessions
    message_branches: MessageBranches
    session_edits: SessionEdits
    session_search: SessionSearch
    flow_runs: FlowRuns
    continued_runs: ContinuedRuns
    recorded_states: RecordedStates
    run_comparisons: Comparisons
    single_nodes: NodeRuns
    chat_completions: ChatCompletions
    openai_conversations: OpenAIConversations
    stored_responses: StoredResponses
    tool_calls: ToolCalls
    ui_chats: UiChats
    agui_runs: AgentRuns
    langgraph_assistants: Assistants
    langgraph_threads: Threads
    langgraph_runs: LangGraphRuns
    langgraph_streams: RunStreams
    langgraph_events: ThreadStreams
    flow_editor: FlowEditor


class Knowledge(Struct, frozen=True):
    """Knowledge bases, and what reads documents into them and searches them."""

    knowledge_bases: KnowledgeBases
    knowledge_documents: KnowledgeDocuments
    knowledge_search: KnowledgeSearch
    knowledge_passages: Passages
    request_models: RequestModels
    knowledge_sweeper: Sweeper
    memories: Memories
    document_intake: DocumentIntake


class Triggers(Struct, frozen=True):
    """What starts runs by itself, and what is sent out when runs end or ask."""

    schedules: Schedules
    checked_schedules: CheckedSchedules
    langgraph_crons: Crons
    webhooks: Webhooks
    incoming: WebhookCalls
    webhook_targets: WebhookTargets
    webhook_egress: Egress
    outbox: Outbox
    deliveries: Deliveries
    question_links: QuestionLinks


class Measures(Struct, frozen=True):
    """What is counted and what it costs."""

    metering: Metering
    costs: Costs
    prices: Prices
    budgets: Budgets


class Identity(Struct, frozen=True):
    """Who calls."""

    callers: Callers
    password_logins: PasswordLogins
    oauth: OAuthAuthorizations


class Visiting(Struct, frozen=True):
    """Chats on other sites."""

    visitor_sessions: VisitorSessions
    visitor_streams: VisitorStreams
    visitors: Visitors
    visitor_chats: VisitorChats


class Parts(Struct, frozen=True):
    """Everything that needs the database."""

    stores: Stores
    runs: Runs
    knowledge: Knowledge
    measures: Measures
    identity: Identity
    visiting: Visiting
    triggers: Triggers
