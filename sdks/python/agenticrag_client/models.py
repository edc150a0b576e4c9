"""What is sent and received. Fields that a newer server adds are passed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, Literal, Mapping, Optional, Sequence, Union

from .config import UNSET, Unset

__all__ = [
    "AcceptedExecution",
    "Account",
    "AddedDocument",
    "AgentflowView",
    "AgentHistoryPage",
    "AgentPage",
    "AgentSummary",
    "AgentView",
    "APIList",
    "APIOperation",
    "APIOperationList",
    "APITool",
    "APIToolList",
    "APIView",
    "AttachedAgent",
    "AttachedList",
    "AttachedView",
    "AuditEntry",
    "AuditLog",
    "AuthorizationView",
    "AuthScheme",
    "Bound",
    "BoundVariable",
    "BudgetList",
    "BudgetView",
    "ChatAnswer",
    "ChatCitation",
    "ChatContent",
    "ChatDone",
    "ChatError",
    "ChatEvent",
    "ChatflowView",
    "ChatGuardrail",
    "ChatGuardrails",
    "ChatInput",
    "ChatNode",
    "ChatOptions",
    "ChatReasoning",
    "ChatReset",
    "ChatSettings",
    "ChatStart",
    "ChatStatus",
    "Checked",
    "ChunkOptions",
    "Citation",
    "Cleared",
    "Colors",
    "Comparison",
    "Condition",
    "ConnectionDefaults",
    "ConnectionFound",
    "ConnectionList",
    "ConnectionPrice",
    "ConnectionView",
    "ContinuedExecution",
    "CostDashboard",
    "CostRecord",
    "CostSummary",
    "CredentialList",
    "CredentialView",
    "DayCost",
    "Deleted",
    "DeletedMessages",
    "DeliveryList",
    "DeliveryView",
    "DocumentList",
    "DocumentProgress",
    "DocumentView",
    "DraftDeleted",
    "DraftView",
    "Durations",
    "Edge",
    "EmbedDeleted",
    "EmbeddingModel",
    "EmbeddingView",
    "EmbedView",
    "Estimate",
    "Event",
    "Example",
    "ExecutionAnswer",
    "ExecutionComplete",
    "ExecutionContext",
    "ExecutionDetails",
    "ExecutionEvent",
    "ExecutionFailed",
    "ExecutionNode",
    "ExecutionPage",
    "ExecutionPlan",
    "ExecutionReset",
    "ExecutionStart",
    "ExecutionStatistics",
    "ExecutionStatus",
    "ExecutionSummary",
    "ExecutionToken",
    "ExecutionView",
    "Fallback",
    "Fault",
    "FeedbackPage",
    "FeedbackView",
    "FileRef",
    "FlowDiff",
    "FlowEndpoints",
    "FlowExecution",
    "FlowExecutionDetails",
    "FlowExecutionPage",
    "FlowLimits",
    "FlowPage",
    "FlowStatistics",
    "ForgottenMemory",
    "ForkState",
    "GraphDefinition",
    "Health",
    "Imported",
    "ImportReport",
    "InputAnswered",
    "InputAnswerView",
    "InputList",
    "InputPage",
    "InputView",
    "InvitationList",
    "InvitationView",
    "JsonObjectFormat",
    "JsonSchema",
    "JsonSchemaFormat",
    "KeyList",
    "KeyView",
    "KnowledgeBaseList",
    "KnowledgeBaseView",
    "KnowledgePassage",
    "KnowledgeSearchAnswer",
    "LabelDeleted",
    "LabelView",
    "Lineage",
    "Look",
    "MadeKey",
    "MailRoute",
    "MCPCheck",
    "MCPServerList",
    "MCPServerView",
    "MCPTool",
    "MCPToolList",
    "MemberList",
    "MemberView",
    "MemoryConfig",
    "MemoryList",
    "MemorySet",
    "MemoryView",
    "MetricSample",
    "MetricsDocument",
    "MetricsSummary",
    "ModelAbilities",
    "ModelCheck",
    "ModelCost",
    "ModelList",
    "ModelView",
    "Moderation",
    "NodeComparison",
    "NodeDocument",
    "NodeRun",
    "NodeTypeInfo",
    "NodeTypes",
    "OAuthClientList",
    "OAuthClientView",
    "OAuthSettings",
    "OpenInput",
    "PassageList",
    "PlannedStep",
    "PriceList",
    "PriceView",
    "ProblemDocument",
    "PromptComparison",
    "PublicConfig",
    "PublicInput",
    "QueuedDocument",
    "RagConfig",
    "ReadableName",
    "ReindexAnswer",
    "ReindexView",
    "Relative",
    "ReplayDifference",
    "ReplayReport",
    "Reranker",
    "RoleList",
    "RoleView",
    "RunState",
    "RunStatus",
    "RunSummary",
    "Said",
    "SamplingSettings",
    "ScheduleList",
    "ScheduleTime",
    "ScheduleTimes",
    "ScheduleView",
    "SearchResult",
    "SearchScores",
    "SentFile",
    "SessionDetails",
    "SessionFile",
    "SessionGiven",
    "SessionHistory",
    "SessionMatch",
    "SessionPage",
    "SessionSummary",
    "SessionVariables",
    "StoredMessage",
    "Strategies",
    "StrategyInfo",
    "Supervisor",
    "TargetList",
    "TargetView",
    "TargetWithSecret",
    "TemplateList",
    "TemplateView",
    "TextFormat",
    "TicketView",
    "Tokens",
    "ToolExample",
    "ToolFault",
    "ToolInfo",
    "Tools",
    "ToolState",
    "TriggerAnswer",
    "TriggerHistoryPage",
    "TurnView",
    "Uploads",
    "Usage",
    "UsageEntry",
    "UsageSummary",
    "UsedModel",
    "VariableList",
    "VariableView",
    "VersionChange",
    "VersionPage",
    "VersionSummary",
    "VisitorAnswer",
    "VisitorCitation",
    "VisitorContent",
    "VisitorDone",
    "VisitorError",
    "VisitorEvent",
    "VisitorFile",
    "VisitorHistory",
    "VisitorInput",
    "VisitorOpinion",
    "VisitorQuestion",
    "VisitorReset",
    "VisitorSource",
    "VisitorStart",
    "VisitorStatus",
    "VisitorUploads",
    "WebhookCallList",
    "WebhookCallView",
    "WebhookList",
    "WebhookReceipt",
    "WebhookView",
    "WebhookWithSecret",
    "WorkflowPage",
    "WorkspaceList",
    "WorkspaceView",
]


@dataclass(frozen=True)
class APIList:
    """The workspace's APIs, by name."""

    openapi_tools: List[APIView]
    total: int


@dataclass(frozen=True)
class APIOperation:
    """An operation of an API's document."""

    id: str
    method: str
    path: str
    description: str
    chosen: bool
    message: str
    """Why flows cannot use it. Empty if they can."""


@dataclass(frozen=True)
class APIOperationList:
    """The operations of an API's document, in its order."""

    operations: List[APIOperation]
    total: int


@dataclass(frozen=True)
class APITool:
    """A chosen operation as a tool."""

    operation: str
    name: str
    """What models call it."""
    description: str
    """What models read of it."""
    input_schema: Dict[str, Any]
    method: str
    path: str
    approval: bool
    """Whether a person is asked before each call."""
    repeatable: bool
    """Whether a second call does no harm."""
    message: str
    """Why flows cannot use it, and what to do. Empty if they can."""


@dataclass(frozen=True)
class APIToolList:
    """The chosen operations of an API, as tools."""

    tools: List[APITool]
    total: int


@dataclass(frozen=True)
class APIView:
    """An API. Its secret is in the credential that it names."""

    id: str
    name: str
    title: str
    """Of the document."""
    openapi: str
    """The version of OpenAPI that the document has."""
    api_version: str
    url: str
    base_url: str
    """Where requests go."""
    headers: Dict[str, str]
    auth: List[AuthScheme]
    """How the document says that the API is authorized: kinds of credentials."""
    credential: str
    operations: List[str]
    approval: List[str]
    rename: Dict[str, str]
    fixed: Dict[str, Any]
    answer_paths: Dict[str, List[str]]
    timeout_seconds: float
    max_bytes: int
    enabled: bool
    operations_total: int
    """Operations of the document."""
    tools: int
    """Operations that flows can use."""
    warnings: List[str]
    """What is likely to fail, as sentences."""
    read_at: str
    """When the document was read."""
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class AcceptedExecution:
    """A run that goes on in the background."""

    id: str
    flow_id: str
    flow_type: str
    status: str
    """`pending`: it was accepted and will run. `GET /executions/{id}` says how far it is."""
    started_at: Optional[str]
    """When it was accepted."""
    input_data: Dict[str, Any]


@dataclass(frozen=True)
class Account:
    """Who the caller is."""

    workspace: str
    user_id: Optional[str]
    key_id: Optional[str]
    name: str
    role: Optional[Literal["editor", "owner", "runner", "viewer"]]
    """The user's role in the workspace; null for a key of nobody's."""
    permissions: List[str]
    expires_at: Optional[str]
    """When the credential expires."""


@dataclass(frozen=True)
class AddedDocument:
    """A document that was added, and the run that ingests it."""

    id: str
    name: str
    execution_id: str


@dataclass(frozen=True)
class AgentHistoryPage:
    """A session's messages, the oldest first."""

    session_id: str
    messages: List[StoredMessage]
    message_count: int


@dataclass(frozen=True)
class AgentPage:
    """A page of agents."""

    agents: List[AgentView]
    total: int
    page: int
    page_size: int
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class AgentSummary:
    """Runs of agent nodes."""

    total: int
    completed: int
    success_rate: float


@dataclass(frozen=True)
class AgentView:
    """An agent as it is stored."""

    id: str
    name: str
    description: str
    llm_provider: str
    llm_model: str
    system_prompt: str
    temperature: float
    max_tokens: int
    tools: List[Any]
    output_schema: Optional[Dict[str, Any]]
    created_at: str
    updated_at: str
    credential: str = ""
    connection: str = ""


@dataclass(frozen=True)
class AgentflowView:
    """An agentflow as it is stored."""

    flow_type: Literal["agentflow"]
    id: str
    slug: str
    """Name in URLs and for other clients; unique in the workspace."""
    name: str
    description: str
    tags: List[str]
    category: str
    is_active: bool
    is_public: bool
    version: int
    """1 for a new flow, one more for each change."""
    created_at: str
    updated_at: str
    endpoints: FlowEndpoints
    """Where clients of other protocols find it."""
    orchestration_type: str
    supervisor_config: Optional[Dict[str, Any]]
    agents: List[AttachedView]
    graph_definition: Optional[Dict[str, Any]]
    read_only: bool = False
    """Whether it is a graph in code, which the operator of the server changes."""
    limits: Optional[Dict[str, Any]] = None
    """Limits of its runs, if they differ from the server's settings."""
    warnings: List[Fault] = field(default_factory=lambda: [])
    """What is odd about it and does not keep it from running."""


@dataclass(frozen=True)
class AttachedAgent:
    """An agent that is attached to an agentflow."""

    name: str
    id: Union[str, Unset] = UNSET
    """Its ID in this flow. Empty: the server creates one."""
    agent_id: Union[str, None, Unset] = UNSET
    """The stored agent to use: its model, prompt and tools. Null: the fields here define the
    agent.
    """
    role: Union[str, Unset] = UNSET
    """Its role in the team, such as `researcher` or `critic`."""
    description: Union[str, Unset] = UNSET
    """What it does. Models that choose an agent read this."""
    instructions: Union[str, Unset] = UNSET
    """Template for additional instructions to its model. Only without `agent_id`."""
    capabilities: Union[Sequence[str], Unset] = UNSET
    """What it is good at. Models that choose an agent read this, and `capability` compares it."""
    priority: Union[int, Unset] = UNSET
    """A higher number comes first. Agents with the same priority keep the order in which they were
    attached.
    """
    max_retries: Union[int, Unset] = UNSET
    """How often it is retried after a failure."""
    timeout_seconds: Union[float, Unset] = UNSET
    """Maximum time of one attempt, in seconds."""
    dependencies: Union[Sequence[str], Unset] = UNSET
    """Agents of this flow that must run before it: by id, agent_id or name."""
    input_mapping: Union[Mapping[str, str], None, Unset] = UNSET
    """Its input in place of the request: a name and an expression, or a template with `{{ … }}`."""
    output_mapping: Union[Mapping[str, str], None, Unset] = UNSET
    """Variables to set: a name and an expression in which `arrived` is the answer."""
    conditional_logic: Union[str, Condition, Mapping[str, Any], None, Unset] = UNSET
    """When it runs: an expression, or `{"condition": "…"}`. Null: always."""
    parallel_group: Union[str, None, Unset] = UNSET
    """Agents of the same group run in parallel. Groups run one after the other."""
    subscribes_to: Union[Sequence[str], Unset] = UNSET
    """Events that start it in `event_driven`: `order.paid`, `order.*`, `*`. Empty: `start`."""
    emits: Union[Sequence[str], Unset] = UNSET
    """Events that it emits in `event_driven`, in addition to `<its node>.completed`. If there are
    several, its model chooses one.
    """
    llm_provider: Union[str, Unset] = UNSET
    """Provider of its model. Empty: the one of the stored agent, the supervisor or the server."""
    llm_model: Union[str, Unset] = UNSET
    """The provider's name of its model. Empty: as for `llm_provider`."""
    credential: Union[str, Unset] = UNSET
    """Name of a credential with the key for its model. Empty: the one of the stored agent or the
    supervisor, if it uses their model. Otherwise the server's key.
    """
    max_tokens: Union[int, None, Unset] = UNSET
    """Maximum tokens of an answer. Null: the value of the stored agent or the supervisor."""
    tools: Union[Sequence[Any], Unset] = UNSET
    """Tools that it may use, in the same form as in an agent node."""


@dataclass(frozen=True)
class AttachedList:
    """The agents of an agentflow."""

    agents: List[AttachedView]
    """In the order in which they were attached."""
    total: int


@dataclass(frozen=True)
class AttachedView:
    """An agent at work in an agentflow, as it is stored."""

    name: str
    node: str
    """Id of its node in the graph that runs: expressions read its answer as `nodes.<node>`."""
    id: str = ""
    """Its ID in this flow. Empty: the server creates one."""
    agent_id: Optional[str] = None
    """The stored agent to use: its model, prompt and tools. Null: the fields here define the
    agent.
    """
    role: str = ""
    """Its role in the team, such as `researcher` or `critic`."""
    description: str = ""
    """What it does. Models that choose an agent read this."""
    instructions: str = ""
    """Template for additional instructions to its model. Only without `agent_id`."""
    capabilities: List[str] = field(default_factory=lambda: [])
    """What it is good at. Models that choose an agent read this, and `capability` compares it."""
    priority: int = 0
    """A higher number comes first. Agents with the same priority keep the order in which they were
    attached.
    """
    max_retries: int = 3
    """How often it is retried after a failure."""
    timeout_seconds: float = 300
    """Maximum time of one attempt, in seconds."""
    dependencies: List[str] = field(default_factory=lambda: [])
    """Agents of this flow that must run before it: by id, agent_id or name."""
    input_mapping: Optional[Dict[str, str]] = None
    """Its input in place of the request: a name and an expression, or a template with `{{ … }}`."""
    output_mapping: Optional[Dict[str, str]] = None
    """Variables to set: a name and an expression in which `arrived` is the answer."""
    conditional_logic: Union[str, Condition, None] = None
    """When it runs: an expression, or `{"condition": "…"}`. Null: always."""
    parallel_group: Optional[str] = None
    """Agents of the same group run in parallel. Groups run one after the other."""
    subscribes_to: List[str] = field(default_factory=lambda: [])
    """Events that start it in `event_driven`: `order.paid`, `order.*`, `*`. Empty: `start`."""
    emits: List[str] = field(default_factory=lambda: [])
    """Events that it emits in `event_driven`, in addition to `<its node>.completed`. If there are
    several, its model chooses one.
    """
    llm_provider: str = ""
    """Provider of its model. Empty: the one of the stored agent, the supervisor or the server."""
    llm_model: str = ""
    """The provider's name of its model. Empty: as for `llm_provider`."""
    credential: str = ""
    """Name of a credential with the key for its model. Empty: the one of the stored agent or the
    supervisor, if it uses their model. Otherwise the server's key.
    """
    max_tokens: Optional[int] = None
    """Maximum tokens of an answer. Null: the value of the stored agent or the supervisor."""
    tools: List[Any] = field(default_factory=lambda: [])
    """Tools that it may use, in the same form as in an agent node."""


@dataclass(frozen=True)
class AuditEntry:
    """Something that was done."""

    id: int
    ts: str
    actor_kind: str
    """`key`, `user`, `visitor` (of an embedded chat), `operator` (a command on the server) or
    `nobody`.
    """
    actor_id: str
    actor_name: str
    action: str
    """An operation's id of the OpenAPI document, `socket.message`, `socket.cancel`,
    `socket.clear`, `login`, `login.failed`, or a command.
    """
    target_kind: str
    target_id: str
    address: str
    """Where the request came from."""
    details: Dict[str, Any]


@dataclass(frozen=True)
class AuditLog:
    """A part of the log."""

    entries: List[AuditEntry]
    total: int
    limit: int
    offset: int
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class AuthScheme:
    """How an API says that it is authorized (OpenAPI 3.1 §4.8.27)."""

    name: str
    kind: Literal["basic", "bearer", "header", "other", "query"]
    field: str = ""
    """Name of the header or query parameter."""


@dataclass(frozen=True)
class AuthorizationView:
    """An authorization that began."""

    authorization_url: str
    """Open it in a browser. Empty if the client authorizes itself: the credential is stored."""
    expires_at: Optional[str]
    """When it can no longer be finished."""
    credential: Optional[CredentialView]
    """The stored credential of a client that authorizes itself."""


@dataclass(frozen=True)
class Bound:
    """What became of a reference."""

    wanted: str
    """The id in the bundle; of a knowledge base the id or the name."""
    id: Optional[str]
    """The id here; null where it is missing."""
    name: str
    how: Literal["created", "existing", "missing"]


@dataclass(frozen=True)
class BoundVariable:
    """A workspace variable that the flows of a bundle read."""

    name: str
    secret: Optional[bool]
    """Null where neither the file nor the workspace says it."""
    how: Literal["existing", "missing"]


@dataclass(frozen=True)
class BudgetList:
    """The workspace's budgets."""

    budgets: List[BudgetView]
    total: int


@dataclass(frozen=True)
class BudgetView:
    """A budget, and how it stands in the period that runs."""

    id: str
    name: str
    scope: str
    scope_id: str
    period: str
    unit: str
    amount: float
    current_period: str
    """The day or month that runs, in UTC."""
    spent: float
    reserved: float
    """For calls under way, at their worst."""
    remaining: float
    percentage: float
    """Spent, of the amount."""
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class ChatAnswer:
    """A chat's answer."""

    success: bool
    response: str
    """The text; of a run that waits for whom it talks with its question; empty if the run failed."""
    error: Optional[str]
    """What went wrong, as a sentence; null if nothing did."""
    session_id: str
    """The session to go on with: the caller's, or one made for this chat."""
    message_count: int
    """Messages in the session now, this turn's included."""
    usage: Usage
    execution_id: str
    response_time: float
    """Seconds from the run's start to its end."""
    status: str
    """The execution's status word: `waiting_approval` where it waits for people."""
    error_code: Optional[str] = None
    """What went wrong, as a word for programs: `timeout`, `limit_reached`, `rate_limited`, …; null
    if nothing did.
    """
    inputs: List[OpenInput] = field(default_factory=lambda: [])
    """What it waits for: answer by `POST /executions/{id}/respond`, or by the session's next
    message where `audience` is `visitor`.
    """
    citations: List[Citation] = field(default_factory=lambda: [])
    """The sources of the answer, in the order in which they were cited."""
    finish_reason: Optional[str] = None
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`),
    `tool_calls`, `refusal`; null where no model answered.
    """
    warnings: List[str] = field(default_factory=lambda: [])
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""
    files: List[FileRef] = field(default_factory=lambda: [])
    """Files that the answer carries: `GET /chatflow/sessions/{id}/files/{file}` gives one."""


@dataclass(frozen=True)
class ChatCitation:
    """A source of the answer."""

    type: Literal["citation"]
    number: int
    """1 for the first source of the run, and so on: the same for each citation of one address."""
    url: str
    """An address of http or https; empty where a passage of a knowledge base has none."""
    node_id: str
    """The node whose model or tool cites it."""
    title: str = ""
    text: str = ""
    """The passage that counts, where it is known."""
    start: Optional[int] = None
    """Where in the answer's text it is cited, in characters, with `end`; left out where nobody
    said.
    """
    end: Optional[int] = None
    passage_id: str = ""
    """Of a knowledge base; left out for a source of the web."""
    document_id: str = ""
    page: Optional[int] = None
    """The page of the document, from 1."""
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""


@dataclass(frozen=True)
class ChatContent:
    """A piece of the answer, as the model yielded it."""

    type: Literal["content"]
    content: str
    node_id: str
    """The node whose model speaks."""
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""


@dataclass(frozen=True)
class ChatDone:
    """The last frame of a run that went well."""

    type: Literal["done"]
    session_id: str
    execution_id: str
    response: str
    """The whole answer; it counts where it differs from what was streamed."""
    usage: Usage
    cost_usd: Optional[float]
    """Null where the price is not known."""
    response_time: float
    """Seconds from the run's start to its end."""
    message_count: int
    """Messages in the session now."""
    finish_reason: Optional[str] = None
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`),
    `tool_calls`, `refusal`; null where no model answered.
    """
    warnings: List[str] = field(default_factory=lambda: [])
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""
    files: List[FileRef] = field(default_factory=lambda: [])
    """Files that the answer carries: `GET /chatflow/sessions/{id}/files/{file}` gives one."""


@dataclass(frozen=True)
class ChatError:
    """The last frame of a run that failed, timed out or was cancelled."""

    type: Literal["error"]
    error: str
    """A sentence for people."""
    code: str
    """A word for programs: `cancelled`, `timeout`, `limit_reached`, …"""
    session_id: str
    execution_id: str


@dataclass(frozen=True)
class ChatGuardrail:
    """Checks and masks of a chatflow's messages or answers, as of a `guardrail` node."""

    patterns: Union[Sequence[str], Unset] = UNSET
    """Patterns that block the text, in RE2's syntax."""
    masks: Union[Sequence[Literal["card", "email", "id_number", "phone"]], Unset] = UNSET
    """Kinds of personal data to mask."""
    moderation: Union[Moderation, Mapping[str, Any], None, Unset] = UNSET
    """Moderation service that may block the text. Null: none."""
    model: Union[ModelCheck, Mapping[str, Any], None, Unset] = UNSET
    """Model that may block the text. Null: none."""
    answer: Union[str, Unset] = UNSET
    """Answer to a blocked text."""


@dataclass(frozen=True)
class ChatGuardrails:
    """Guardrails of a chatflow: what is checked before its model sees it, and before its user sees
    it.
    """

    input: Union[ChatGuardrail, Mapping[str, Any], None, Unset] = UNSET
    """Checks of the user's message. Null: none."""
    output: Union[ChatGuardrail, Mapping[str, Any], None, Unset] = UNSET
    """Checks of the answer. It is sent as one part, after them. Null: none."""


@dataclass(frozen=True)
class ChatInput:
    """The run asks a person something: answer it by `POST /executions/{id}/respond`."""

    type: Literal["input"]
    input: OpenInput
    execution_id: str


@dataclass(frozen=True)
class ChatNode:
    """A node started or ended."""

    type: Literal["node"]
    node_id: str
    status: Literal["completed", "failed", "running", "skipped"]
    attempt: int
    node_type: Optional[str] = None
    """When it starts."""
    label: Optional[str] = None
    """When it starts."""
    duration_ms: Optional[float] = None
    """When it has ended."""
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""


@dataclass(frozen=True)
class ChatOptions:
    """Settings of a chat without a stored flow. A stored flow uses its own settings."""

    provider: Union[str, Unset] = UNSET
    """`ollama`, `openai`, `anthropic`, `local` or `demo`. Empty: the server's default model."""
    model: Union[str, Unset] = UNSET
    """The provider's name of the model. Empty: `llama3.3:70b` of Ollama, otherwise the provider's
    first model.
    """
    temperature: Union[float, None, Unset] = UNSET
    """Null: the model's default. Not set: 0.7 for `local` and `demo`, the model's default for
    others.
    """
    max_tokens: Union[int, None, Unset] = UNSET
    """Maximum number of tokens in the answer. Null: the model's default. Not set: 1000 for `local`
    and `demo`, the model's default for others.
    """
    system_prompt: Union[str, Unset] = UNSET
    memory_type: Union[Literal["buffer", "hybrid", "summary", "vector"], Unset] = UNSET
    """Memory strategy."""
    memory_config: Union[Mapping[str, Any], Unset] = UNSET
    """Options of the memory: see `GET /chatflow/memory/strategies`."""
    top_p: Union[float, None, Unset] = UNSET
    stop: Union[Sequence[str], Unset] = UNSET
    """Texts that end the answer."""
    seed: Union[int, None, Unset] = UNSET
    top_k: Union[int, None, Unset] = UNSET
    """Choose among so many likeliest tokens."""
    min_p: Union[float, None, Unset] = UNSET
    """Leave out tokens less likely than this share of the likeliest."""
    presence_penalty: Union[float, None, Unset] = UNSET
    """Above 0, words that were used are used less often; null for none."""
    frequency_penalty: Union[float, None, Unset] = UNSET
    """Above 0, words that were used are used less often; null for none."""
    logit_bias: Union[Mapping[str, float], Unset] = UNSET
    """Makes tokens, by their numbers, likelier (to 100) or not (to -100)."""
    user: Union[str, Unset] = UNSET
    """A name of who asks, for the provider's records."""
    reasoning_effort: Union[str, Unset] = UNSET
    """How much a reasoning model reasons: `minimal` to `high`; empty for its own."""
    parallel_tool_calls: Union[bool, None, Unset] = UNSET
    """Whether the model may ask for several tools at once; null for its own."""
    chat_template_kwargs: Union[Mapping[str, Any], Unset] = UNSET
    """Arguments of the chat template (vLLM): `{"enable_thinking": false}`."""
    num_ctx: Union[int, None, Unset] = UNSET
    """Ollama's context in tokens; null for what the request needs."""
    keep_alive: Union[str, Unset] = UNSET
    """How long Ollama keeps the model loaded: `10m`, `-1` for always."""
    think: Union[bool, str, None, Unset] = UNSET
    """Whether, or how much (`low`, `high`), a model of Ollama's reasons."""
    model_first_token_seconds: Union[float, None, Unset] = UNSET
    """Maximum seconds until the model's first sign of life. Null: the server's setting."""
    model_idle_seconds: Union[float, None, Unset] = UNSET
    """Maximum seconds of silence within the answer. Null: the server's setting."""
    extra_body: Union[Mapping[str, Any], Unset] = UNSET
    """Further fields of the request; never messages, model, stream or tools."""
    tools: Union[Sequence[Union[str, Mapping[str, Any]]], Unset] = UNSET
    """Tools from `GET /tools`: names, or objects with `name` and settings."""
    response_format: Union[Mapping[str, Any], None, Unset] = UNSET
    """`{"type": "json_object"}`, or `{"type": "json_schema", "json_schema": {…}}`."""
    base_url: Union[str, Unset] = UNSET
    """Another URL of the provider, from the operator's list."""
    connection: Union[str, Unset] = UNSET
    """Name of a connection of the workspace to ask `model` by. Needs the permission
    `connections:read`.
    """
    api_key: Union[str, Unset] = field(default=UNSET, repr=False)
    """API key for the provider, for this run only. It is never stored, logged or shown."""
    on_busy: Union[Literal["interrupt", "refuse", "rollback", "wait"], Unset] = UNSET
    """If the session has an active run: `wait` for it, `refuse`, `interrupt` it, or `rollback` its
    messages.
    """


@dataclass(frozen=True)
class ChatReasoning:
    """A piece of the model's reasoning, which is no part of the answer."""

    type: Literal["reasoning"]
    content: str
    node_id: str
    path: str = ""


@dataclass(frozen=True)
class ChatReset:
    """A model call is repeated: drop what this node's current message has said so far."""

    type: Literal["reset"]
    node_id: str
    path: str = ""


@dataclass(frozen=True)
class ChatSettings:
    """Model and appearance of a chatflow."""

    llm_provider: Union[str, Unset] = UNSET
    """`ollama`, `openai`, `local` or `demo`. Empty: the server's default model at the time of the
    chat.
    """
    llm_model: Union[str, Unset] = UNSET
    """The provider's name of the model. Empty: the provider's first model."""
    system_prompt: Union[str, Unset] = UNSET
    """Template of the system prompt."""
    temperature: Union[float, None, Unset] = UNSET
    """0 to 2. Lower values give more predictable answers. Null: the model's default."""
    max_tokens: Union[int, None, Unset] = UNSET
    """Maximum number of tokens in the answer. Null: the model's default."""
    top_p: Union[float, None, Unset] = UNSET
    """Nucleus sampling: only the most likely tokens up to this probability."""
    stop: Union[Sequence[str], Unset] = UNSET
    """Texts that end the answer."""
    seed: Union[int, None, Unset] = UNSET
    """Seed for repeatable answers, if the provider supports it."""
    top_k: Union[int, None, Unset] = UNSET
    """Choose among so many likeliest tokens."""
    min_p: Union[float, None, Unset] = UNSET
    """Leave out tokens less likely than this share of the likeliest."""
    presence_penalty: Union[float, None, Unset] = UNSET
    """Above 0, words that were used are used less often; null for none."""
    frequency_penalty: Union[float, None, Unset] = UNSET
    """Above 0, words that were used are used less often; null for none."""
    logit_bias: Union[Mapping[str, float], Unset] = UNSET
    """Makes tokens, by their numbers, likelier (to 100) or not (to -100)."""
    user: Union[str, Unset] = UNSET
    """A name of who asks, for the provider's records."""
    reasoning_effort: Union[str, Unset] = UNSET
    """How much a reasoning model reasons: `minimal` to `high`; empty for its own."""
    parallel_tool_calls: Union[bool, None, Unset] = UNSET
    """Whether the model may ask for several tools at once; null for its own."""
    chat_template_kwargs: Union[Mapping[str, Any], Unset] = UNSET
    """Arguments of the chat template (vLLM): `{"enable_thinking": false}`."""
    num_ctx: Union[int, None, Unset] = UNSET
    """Ollama's context in tokens; null for what the request needs."""
    keep_alive: Union[str, Unset] = UNSET
    """How long Ollama keeps the model loaded: `10m`, `-1` for always."""
    think: Union[bool, str, None, Unset] = UNSET
    """Whether, or how much (`low`, `high`), a model of Ollama's reasons."""
    model_first_token_seconds: Union[float, None, Unset] = UNSET
    """Maximum seconds until the model's first sign of life. Null: the server's setting."""
    model_idle_seconds: Union[float, None, Unset] = UNSET
    """Maximum seconds of silence within the answer. Null: the server's setting."""
    extra_body: Union[Mapping[str, Any], Unset] = UNSET
    """Further fields of the request; never messages, model, stream or tools."""
    response_format: Union[TextFormat, Mapping[str, Any], JsonObjectFormat, JsonSchemaFormat, None, Unset] = UNSET
    """Text, or JSON."""
    fallbacks: Union[Sequence[Union[Fallback, Mapping[str, Any]]], Unset] = UNSET
    """Models to try in this order if the model fails."""
    base_url: Union[str, Unset] = UNSET
    """Another URL of the provider, from the operator's list."""
    credential: Union[str, Unset] = UNSET
    """Name of a credential to use. Empty: none."""
    connection: Union[str, Unset] = UNSET
    """Name of a connection to ask the model by. Empty: the server's."""
    tools: Union[Sequence[Union[str, Mapping[str, Any]]], Unset] = UNSET
    """Tools of the model: names, or objects with `name` and settings."""
    max_iterations: Union[int, Unset] = UNSET
    """Maximum number of model calls for one answer with tools."""
    max_tool_calls: Union[int, Unset] = UNSET
    """Maximum number of tool calls for one answer."""
    streaming: Union[bool, Unset] = UNSET
    """Whether front ends should stream. Streams always work."""
    welcome_message: Union[str, None, Unset] = UNSET
    """Text before the first message."""
    suggested_questions: Union[Sequence[str], Unset] = UNSET
    """Suggested questions in front ends."""
    uploads: Union[Uploads, Mapping[str, Any], Unset] = UNSET
    """Files that a message can contain."""
    guardrails: Union[ChatGuardrails, Mapping[str, Any], None, Unset] = UNSET
    """Checks of messages and answers. A drawn flow uses `guardrail` nodes instead."""


@dataclass(frozen=True)
class ChatStart:
    """The first frame: the run is accepted and will not be lost."""

    type: Literal["start"]
    session_id: str
    execution_id: str


@dataclass(frozen=True)
class ChatStatus:
    """The run waits for people (`waiting_approval`), or goes on (`running`); the stream stays
    open.
    """

    type: Literal["status"]
    status: str


@dataclass(frozen=True)
class ChatflowView:
    """A chatflow as it is stored."""

    flow_type: Literal["chatflow"]
    id: str
    slug: str
    """Name in URLs and for other clients; unique in the workspace."""
    name: str
    description: str
    tags: List[str]
    category: str
    is_active: bool
    is_public: bool
    version: int
    """1 for a new flow, one more for each change."""
    created_at: str
    updated_at: str
    endpoints: FlowEndpoints
    """Where clients of other protocols find it."""
    chat_config: Optional[Dict[str, Any]]
    memory_config: Optional[Dict[str, Any]]
    rag_config: Optional[Dict[str, Any]]
    graph_definition: Optional[Dict[str, Any]]
    read_only: bool = False
    """Whether it is a graph in code, which the operator of the server changes."""
    limits: Optional[Dict[str, Any]] = None
    """Limits of its runs, if they differ from the server's settings."""
    warnings: List[Fault] = field(default_factory=lambda: [])
    """What is odd about it and does not keep it from running."""


@dataclass(frozen=True)
class Checked:
    """What a check found."""

    valid: bool
    errors: List[Fault]
    """What keeps it from running."""
    warnings: List[Fault]
    """What is odd and does not."""
    speaks: List[str] = field(default_factory=lambda: [])
    """Nodes of a chatflow whose text streams to the user."""


@dataclass(frozen=True)
class ChunkOptions:
    """How texts are split."""

    max_characters: int = 1400
    """Maximum number of characters in a passage."""
    overlap: int = 0
    """Characters that a passage repeats of the one before it."""


@dataclass(frozen=True)
class Citation:
    """A source of an answer."""

    url: str
    """An address of http or https; empty where a passage of a knowledge base has none."""
    number: int = 0
    """1 for the first source of the run, and so on: the same for each citation of one address."""
    title: str = ""
    text: str = ""
    """The passage that counts, where it is known."""
    start: Optional[int] = None
    """Where in the answer's text it is cited, in characters, with `end`; None where nobody said."""
    end: Optional[int] = None
    passage_id: str = ""
    """Of a knowledge base; empty for a source of the web."""
    document_id: str = ""
    page: Optional[int] = None
    """The page of the document, from 1; None where it has none."""


@dataclass(frozen=True)
class Cleared:
    """What became of a session."""

    session_id: str
    cleared: bool
    message: str


@dataclass(frozen=True)
class Colors:
    """The colours of a chat."""

    primary: str


@dataclass(frozen=True)
class Comparison:
    """Two runs, node by node."""

    a: str
    b: str
    same_flow_version: bool
    same_output: bool
    same_path: bool
    """Whether the same nodes ran equally often."""
    output_a: Any
    output_b: Any
    duration_ms_a: Optional[float]
    duration_ms_b: Optional[float]
    nodes: List[NodeComparison]


@dataclass(frozen=True)
class Condition:
    """When an agent runs."""

    condition: str
    """An expression that must be true: `input.plan == 'pro'`."""


@dataclass(frozen=True)
class ConnectionDefaults:
    """Settings of a model, where the node or chat that asks it has none of its own."""

    temperature: Union[float, Unset] = UNSET
    max_tokens: Union[int, Unset] = UNSET
    top_p: Union[float, Unset] = UNSET
    stop: Union[Sequence[str], Unset] = UNSET
    seed: Union[int, Unset] = UNSET
    top_k: Union[int, None, Unset] = UNSET
    """Choose among so many likeliest tokens."""
    min_p: Union[float, None, Unset] = UNSET
    """Leave out tokens less likely than this share of the likeliest."""
    presence_penalty: Union[float, None, Unset] = UNSET
    """Above 0, words that were used are used less often; null for none."""
    frequency_penalty: Union[float, None, Unset] = UNSET
    """Above 0, words that were used are used less often; null for none."""
    logit_bias: Union[Mapping[str, float], Unset] = UNSET
    """Makes tokens, by their numbers, likelier (to 100) or not (to -100)."""
    user: Union[str, Unset] = UNSET
    """A name of who asks, for the provider's records."""
    reasoning_effort: Union[str, Unset] = UNSET
    """How much a reasoning model reasons: `minimal` to `high`; empty for its own."""
    parallel_tool_calls: Union[bool, None, Unset] = UNSET
    """Whether the model may ask for several tools at once; null for its own."""
    chat_template_kwargs: Union[Mapping[str, Any], Unset] = UNSET
    """Arguments of the chat template (vLLM): `{"enable_thinking": false}`."""
    num_ctx: Union[int, None, Unset] = UNSET
    """Ollama's context in tokens; null for what the request needs."""
    keep_alive: Union[str, Unset] = UNSET
    """How long Ollama keeps the model loaded: `10m`, `-1` for always."""
    think: Union[bool, str, None, Unset] = UNSET
    """Whether, or how much (`low`, `high`), a model of Ollama's reasons."""
    model_first_token_seconds: Union[float, None, Unset] = UNSET
    """Maximum seconds until the model's first sign of life. Null: the server's setting."""
    model_idle_seconds: Union[float, None, Unset] = UNSET
    """Maximum seconds of silence within the answer. Null: the server's setting."""
    extra_body: Union[Mapping[str, Any], Unset] = UNSET
    """Further fields of the request; never messages, model, stream or tools."""


@dataclass(frozen=True)
class ConnectionFound:
    """What a provider said."""

    success: bool
    """True if it answers and has the model, as far as it tells which it has."""
    provider: str
    model: str
    message: str
    """What was found, or what to do, as a sentence."""
    models: List[str]
    """Chat models that it has; empty where it names none."""


@dataclass(frozen=True)
class ConnectionList:
    """The workspace's connections, by name."""

    connections: List[ConnectionView]
    total: int


@dataclass(frozen=True)
class ConnectionPrice:
    """What a model costs by a connection, in US dollars for a thousand tokens."""

    input_price_per_1k: float
    output_price_per_1k: float
    cached_input_price_per_1k: Optional[float] = None
    """Null: the price of other input."""
    cache_write_price_per_1k: Optional[float] = None
    """Of input that the provider writes to its cache. Null: the price of other input."""
    reasoning_price_per_1k: Optional[float] = None
    """Null: the price of other output."""


@dataclass(frozen=True)
class ConnectionView:
    """A connection. Its key is in the credential that it names."""

    id: str
    name: str
    provider: str
    base_url: str
    credential: str
    profile: str
    headers: Dict[str, str]
    defaults: Dict[str, Any]
    prices: Dict[str, ConnectionPrice]
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class ContinuedExecution:
    """A run that goes on from another."""

    id: str
    flow_id: Optional[str]
    """Null for a chat by its config alone."""
    workflow_id: Optional[str]
    """The same under its older name."""
    flow_type: str
    flow_version: Optional[int]
    session_id: Optional[str]
    status: str
    error: Optional[Dict[str, Any]]
    """`{code, message}`; null if nothing went wrong."""
    error_message: Optional[str]
    recoveries: int
    """How often it was taken up again after its process had died."""
    created_at: Optional[str]
    started_at: Optional[str]
    completed_at: Optional[str]
    duration_ms: Optional[float]
    schedule_id: Optional[str]
    """The schedule that started it; null if none did."""
    input_data: Dict[str, Any]
    output_data: Any
    parent: str
    """ID of the other run."""


@dataclass(frozen=True)
class CostDashboard:
    """Spending over the last days."""

    summary: CostSummary
    by_model: List[ModelCost]
    daily_usage: List[DayCost]
    recent_records: List[CostRecord]
    budget_status: List[BudgetView]


@dataclass(frozen=True)
class CostRecord:
    """One request that was sent to a model."""

    execution_id: Optional[str]
    workflow_id: Optional[str]
    node_id: str
    provider: str
    model: str
    status: str
    error_class: Optional[str]
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    reasoning_tokens: int
    estimated: bool
    cost_usd: Optional[float]
    duration_ms: float
    created_at: str


@dataclass(frozen=True)
class CostSummary:
    """What was used and spent."""

    total_input_tokens: int
    total_output_tokens: int
    total_cached_input_tokens: int
    total_reasoning_tokens: int
    total_tokens: int
    total_cost_usd: float
    """Of the requests whose price is known."""
    request_count: int
    unpriced_requests: int
    """Requests whose price is not known: they are no part of the cost."""
    estimated_requests: int
    """Requests whose tokens are an estimate, since the provider told none."""
    avg_tokens_per_request: float
    avg_cost_per_request: float
    """Over the requests whose price is known."""


@dataclass(frozen=True)
class CredentialList:
    """The workspace's credentials, by name."""

    credentials: List[CredentialView]
    total: int


@dataclass(frozen=True)
class CredentialView:
    """A credential without its secret."""

    id: str
    name: str
    kind: Literal["basic", "bearer", "header", "oauth2", "provider_key", "query"]
    field: str
    """Name of the header or query parameter, the user name of `basic`, or the OAuth client of
    `oauth2`.
    """
    hosts: List[str]
    expires_at: Optional[str]
    """When the access token of `oauth2` expires. It is renewed before."""
    created_at: str
    updated_at: str
    last_used_at: Optional[str]
    """To the minute."""
    created_by: str
    """The name of the API key that stored it."""


@dataclass(frozen=True)
class DayCost:
    """What one day used and cost, in UTC."""

    date: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: float
    request_count: int
    unpriced_requests: int


@dataclass(frozen=True)
class Deleted:
    """What was deleted."""

    id: str
    deleted: bool
    message: str


@dataclass(frozen=True)
class DeletedMessages:
    """What was deleted of a session."""

    session_id: str
    deleted: List[str]
    """Ids of the messages, with all alternatives that followed them."""
    message_count: int
    """Messages that are left on the chosen line."""


@dataclass(frozen=True)
class DeliveryList:
    """A page of the deliveries to a target, the newest first."""

    deliveries: List[DeliveryView]
    next_cursor: Optional[str]


@dataclass(frozen=True)
class DeliveryView:
    """A delivery to a webhook target."""

    id: str
    """The `webhook-id` of each of its attempts."""
    type: str
    flow_id: str
    execution_id: str
    status: str
    """`waiting`, `delivered` or `dead`: it was given up."""
    attempts: int
    last_status: Optional[int]
    """Status of the receiver's last answer; null where there was none."""
    last_error: str
    created_at: str
    next_at: Optional[str]
    """When it is tried next; null where it is not."""
    ended_at: Optional[str]
    """When it was delivered or given up."""
    data: Optional[Dict[str, Any]] = None
    """What is known of the event, without the output of the run."""


@dataclass(frozen=True)
class DocumentList:
    """A page of documents, the newest first."""

    documents: List[DocumentView]
    next_cursor: Optional[str]
    """What the next request sends as `cursor`; null on the last page."""


@dataclass(frozen=True)
class DocumentProgress:
    """How far the ingestion of a document is."""

    done: int
    """Passages that are embedded."""
    total: int
    """Passages; 0 while they are not known."""


@dataclass(frozen=True)
class DocumentView:
    """A document of a knowledge base."""

    id: str
    name: str
    status: Literal["embedding", "failed", "parsing", "queued", "ready"]
    error: Optional[str]
    """Why it failed, and what to do."""
    error_code: Optional[str]
    attempts: int
    progress: DocumentProgress
    passages: int
    """Passages that a search sees."""
    pages: int
    bytes: int
    content_type: str
    source: Dict[str, Any]
    """Where it comes from: `kind` is `upload`, `text`, `url`, `folder` or `session_file`."""
    metadata: Dict[str, Any]
    execution_id: str
    """The run of its last ingestion."""
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class DraftDeleted:
    """A draft that was thrown away."""

    flow_id: str
    deleted: bool


@dataclass(frozen=True)
class DraftView:
    """A draft of a flow, and what is wrong or odd with it."""

    flow: Union[ChatflowView, AgentflowView]
    """As it would be; its `version` is that of the flow today."""
    based_on: int
    """The version that was current when the draft was begun."""
    is_behind: bool
    """Whether the flow was changed since: `GET …/diff?from=<based_on>&to=current` tells how."""
    revision: int
    """1, then one more for every change. The ETag of a draft."""
    updated_at: Optional[str]
    check: Checked


@dataclass(frozen=True)
class Durations:
    """Percentiles of durations, in milliseconds; null where no run ended."""

    p50_ms: Optional[float]
    p95_ms: Optional[float]
    sampled: int
    """Of how many runs, the newest that ended in the window; at most 10,000."""


@dataclass(frozen=True)
class Edge:
    """An edge in the format of React Flow: from an outlet of one node to another node."""

    id: str
    source: str
    target: str
    sourceHandle: Union[str, None, Unset] = UNSET
    """The outlet of the source. Null if the source has only one."""
    targetHandle: Union[str, None, Unset] = UNSET
    type: Union[str, None, Unset] = UNSET
    label: Union[str, None, Unset] = UNSET
    data: Union[Mapping[str, Any], None, Unset] = UNSET
    animated: Union[bool, None, Unset] = UNSET
    selected: Union[bool, None, Unset] = UNSET
    hidden: Union[bool, None, Unset] = UNSET
    style: Union[Mapping[str, Any], None, Unset] = UNSET
    markerEnd: Union[Any, Unset] = UNSET
    markerStart: Union[Any, Unset] = UNSET
    zIndex: Union[int, None, Unset] = UNSET


@dataclass(frozen=True)
class EmbedDeleted:
    """What was taken away."""

    chatflow_id: str
    deleted: bool


@dataclass(frozen=True)
class EmbedView:
    """An embed as its owner sees it."""

    chatflow_id: str
    embed_token: str
    """Publishable: it stands in pages and opens this one chat, from the pages in
    `allowed_domains`.
    """
    embed_url: str
    """The chat as a page of its own; sites in `allowed_domains` may frame it."""
    script_tag: str
    """What a site puts into its pages to show the chat."""
    is_active: bool
    created_at: Optional[str]
    updated_at: Optional[str]
    theme: Literal["auto", "dark", "light"] = "light"
    """`auto` follows the visitor's system."""
    primary_color: str = "#6366f1"
    position: Literal["bottom-left", "bottom-right", "top-left", "top-right"] = "bottom-right"
    widget_title: Optional[str] = None
    """Null: a default text in the visitor's language."""
    welcome_message: Optional[str] = None
    """Null: the chatflow's own, or none."""
    placeholder_text: str = ""
    """Placeholder of the input field. Empty: a default text in the visitor's language."""
    show_branding: bool = True
    custom_css: Optional[str] = None
    """CSS rules for the chat. Unsupported rules are removed and listed in `warnings`."""
    allowed_domains: List[str] = field(default_factory=lambda: [])
    """Origins of websites that may show the chat, with scheme, or `*`. Empty: only its own page."""
    version: Optional[str] = None
    """Version of the chatflow that answers: a label such as `production`, or a number. Null: the
    current one.
    """
    rate_limit_per_ip: int = 100
    """Maximum number of messages per hour from one IP address."""
    warnings: Optional[List[str]] = None
    """What was left out of `custom_css`, and why."""


@dataclass(frozen=True)
class EmbeddingModel:
    """Which model embeds, as a knowledge base names it."""

    provider: Union[str, Unset] = UNSET
    """Where the model runs: local, openai, ollama or demo."""
    model: Union[str, Unset] = UNSET
    """The model's name there. Empty: the provider's default."""
    dimensions: Union[int, None, Unset] = UNSET
    """Numbers of a vector, if the model can give fewer. Null: its own."""
    connection: Union[str, Unset] = UNSET
    """Name of a connection to ask the model by. Empty: the server's."""


@dataclass(frozen=True)
class EmbeddingView:
    """The model of a knowledge base's vectors."""

    provider: str
    model: str
    dimensions: Optional[int]
    """Numbers of a vector; null until the first document is embedded."""
    fingerprint: Optional[str]
    """What the vectors have in common: provider, model, revision and dimensions. Null until there
    are some.
    """
    connection: str


@dataclass(frozen=True)
class Estimate:
    """What a call would cost."""

    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    input_cost_usd: Optional[float]
    output_cost_usd: Optional[float]
    cost_usd: Optional[float]
    """Null: the price is not known."""
    source: Optional[str]
    """Where the price is from."""


@dataclass(frozen=True)
class Event:
    """One thing that happened in an execution."""

    seq: int
    """Position in the execution's journal: 1, 2, 3, … without gaps, never reused."""
    type: Literal["budget.alert", "budget.refused", "citation", "custom", "input.expired", "input.received", "input.requested", "message.completed", "message.delta", "message.reasoning", "message.reset", "message.started", "node.completed", "node.failed", "node.retrying", "node.skipped", "node.started", "run.cancelled", "run.completed", "run.created", "run.failed", "run.paused", "run.resumed", "run.started", "state.delta", "tool.completed", "tool.failed", "tool.started", "usage"]
    execution_id: str
    ts: float
    """Unix time in seconds, to the millisecond."""
    time: str
    """`ts` in ISO 8601, UTC."""
    session_id: str = ""
    """The caller's name of the session; empty where the run has none."""
    node: str = ""
    """Node id; empty for events of the run itself."""
    path: str = ""
    """Ids of the enclosing frames, joined by `/`; empty at the top level."""
    attempt: int = 1
    """1 for the first try of the node, one more for every repetition."""
    visibility: Literal["debug", "owner", "public"] = "owner"
    data: Optional[Dict[str, Any]] = None
    """Facts of this type of event, plain JSON. `message.delta` has `{"content": str}`, `citation`
    a `Citation`.
    """


@dataclass(frozen=True)
class Example:
    """A run of a node type that is its documentation and its test."""

    title: str
    data: Dict[str, Any]
    """The node's configuration, as in `graph_definition.nodes[].data`."""
    input: Optional[Dict[str, Any]] = None
    variables: Optional[Dict[str, Any]] = None
    outputs: Optional[Dict[str, Any]] = None
    """Outputs of the nodes that came in, by id, in the order of `View.incoming`."""
    loop: Optional[Dict[str, Any]] = None
    """The node's own loop record."""
    enclosing: Optional[Dict[str, Any]] = None
    """The record of the loop around the node."""
    messages: List[Dict[str, Any]] = field(default_factory=lambda: [])
    answers: List[str] = field(default_factory=lambda: [])
    """What a scripted model answers, in turn."""
    inputs: List[Dict[str, Any]] = field(default_factory=lambda: [])
    """What people answer, in turn: `graphs.conversation.messages.InputAnswer`."""
    results: List[Any] = field(default_factory=lambda: [])
    """What the world outside gives, in turn, as text or JSON."""
    passes: List[Any] = field(default_factory=lambda: [])
    """What the bodies of a container give, in turn; an object with `error` alone is how one fails."""
    output: Any = None
    """The output that the run must give."""
    outlet: str = "out"
    sets: Optional[Dict[str, Any]] = None
    """The variables that the run must set."""


@dataclass(frozen=True)
class ExecutionAnswer:
    """An agentflow's answer."""

    success: bool
    execution_id: str
    status: str
    output: Any
    """What the end node gave; null if the run failed."""
    error: Optional[str]
    duration_ms: float
    token_usage: List[UsageEntry]
    error_code: Optional[str] = None
    """What went wrong, as a word for programs; null if nothing did."""
    inputs: List[OpenInput] = field(default_factory=lambda: [])
    """What it waits for, with status `waiting_approval`: answer by `POST
    /executions/{id}/respond`.
    """
    citations: List[Citation] = field(default_factory=lambda: [])
    """The sources of the answer, in the order in which they were cited."""
    finish_reason: Optional[str] = None
    """How the last answer that readers saw ended: `stop`, `length` (it was cut: raise
    `max_tokens`), `tool_calls`, `refusal`; null where no model answered.
    """
    warnings: List[str] = field(default_factory=lambda: [])
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""


@dataclass(frozen=True)
class ExecutionComplete:
    """The run went well. After it comes the literal `[DONE]`."""

    type: Literal["complete"]
    status: str
    output: Any
    duration_ms: Optional[float]
    token_usage: List[UsageEntry]
    finish_reason: Optional[str] = None
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`),
    `tool_calls`, `refusal`; null where no model answered.
    """
    warnings: List[str] = field(default_factory=lambda: [])
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""


@dataclass(frozen=True)
class ExecutionContext:
    """What happened in an execution."""

    node_executions: List[NodeRun]


@dataclass(frozen=True)
class ExecutionDetails:
    """An execution in full, as far as it has come."""

    id: str
    flow_id: Optional[str]
    """Null for a chat by its config alone."""
    workflow_id: Optional[str]
    """The same under its older name."""
    flow_type: str
    flow_version: Optional[int]
    session_id: Optional[str]
    status: str
    error: Optional[Dict[str, Any]]
    """`{code, message}`; null if nothing went wrong."""
    error_message: Optional[str]
    recoveries: int
    """How often it was taken up again after its process had died."""
    created_at: Optional[str]
    started_at: Optional[str]
    completed_at: Optional[str]
    duration_ms: Optional[float]
    schedule_id: Optional[str]
    """The schedule that started it; null if none did."""
    input_data: Dict[str, Any]
    output_data: Any
    node_executions: List[NodeRun]
    """What each node did, while it runs too. Empty once retention has dropped the run's journal."""
    token_usage: List[UsageEntry]


@dataclass(frozen=True)
class ExecutionFailed:
    """The run failed, timed out or was cancelled. After it comes the literal `[DONE]`."""

    type: Literal["error"]
    error: str
    code: str
    status: str
    duration_ms: Optional[float]
    token_usage: List[UsageEntry]


@dataclass(frozen=True)
class ExecutionNode:
    """A node really started or ended."""

    type: Literal["node"]
    node: NodeRun


@dataclass(frozen=True)
class ExecutionPage:
    """A page of executions."""

    executions: List[ExecutionSummary]
    total: int
    limit: int
    offset: int
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class ExecutionPlan:
    """How an agentflow would run, without running it."""

    flow_id: str
    name: str
    version: int
    orchestration_type: str
    valid: bool
    """Whether it can run; `errors` says what keeps it from it."""
    source: str
    """What decides how it runs: its `agents` with their type, or its `graph_definition`; empty if
    nothing can run.
    """
    summary: str
    steps: List[PlannedStep]
    most_steps: int
    """Supersteps that a run takes at most: nodes side by side share one."""
    most_model_calls: int
    """Answers of models that a run takes at most, without repairs, retries and turns with tools."""
    graph_definition: Optional[Dict[str, Any]]
    """The graph that runs, as it was made of the agents; it may be changed and stored as the
    flow's own.
    """
    errors: List[Fault]
    warnings: List[Fault]


@dataclass(frozen=True)
class ExecutionReset:
    """A model call is repeated: drop the tokens of this node's current message."""

    type: Literal["reset"]
    node_id: str
    path: str = ""


@dataclass(frozen=True)
class ExecutionStart:
    """The first frame: the run is accepted and will not be lost."""

    type: Literal["start"]
    execution_id: str
    workflow_id: Optional[str]


@dataclass(frozen=True)
class ExecutionStatistics:
    """What all runs came to, and those of each flow."""

    total: int
    """Those that ended in the window, and those that have not ended."""
    by_status: Dict[str, int]
    """Those that have not ended count as they stand now."""
    success_rate: Optional[float]
    """Share of the completed among those that ended by themselves, from 0 to 1; null where none
    did.
    """
    durations: Durations
    """Of the newest runs that ended in the window, 10,000 at most, over all flows."""
    requests: int
    """Maximum number of model calls."""
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: Optional[float]
    """Of the requests whose price is known; null where none is."""
    days: int
    since: Optional[str]
    """The beginning of the first day, in UTC."""
    flows: List[FlowStatistics]
    """Those with the most runs first."""


@dataclass(frozen=True)
class ExecutionStatus:
    """The run's status changed."""

    type: Literal["status"]
    status: str
    inputs: List[OpenInput] = field(default_factory=lambda: [])
    """What it waits for, where it does: a person's answer by `POST /executions/{id}/respond`, or a
    time.
    """


@dataclass(frozen=True)
class ExecutionSummary:
    """An execution of whatever flow, as lists show it."""

    id: str
    flow_id: Optional[str]
    """Null for a chat by its config alone."""
    workflow_id: Optional[str]
    """The same under its older name."""
    flow_type: str
    flow_version: Optional[int]
    session_id: Optional[str]
    status: str
    error: Optional[Dict[str, Any]]
    """`{code, message}`; null if nothing went wrong."""
    error_message: Optional[str]
    recoveries: int
    """How often it was taken up again after its process had died."""
    created_at: Optional[str]
    started_at: Optional[str]
    completed_at: Optional[str]
    duration_ms: Optional[float]
    schedule_id: Optional[str]
    """The schedule that started it; null if none did."""


@dataclass(frozen=True)
class ExecutionToken:
    """A piece of a model's answer, as it yielded it."""

    type: Literal["token"]
    node_id: str
    content: str
    path: str = ""
    """The containers and sub-flows that the node lies in; left out where it lies in none."""


@dataclass(frozen=True)
class ExecutionView:
    """An execution, of whatever flow."""

    id: str
    flow_id: Optional[str]
    """Null for a chat by its config alone."""
    workflow_id: Optional[str]
    """The same under its older name."""
    flow_type: str
    flow_version: Optional[int]
    session_id: Optional[str]
    status: str
    error: Optional[Dict[str, Any]]
    """`{code, message}`; null if nothing went wrong."""
    error_message: Optional[str]
    recoveries: int
    """How often it was taken up again after its process had died."""
    created_at: Optional[str]
    started_at: Optional[str]
    completed_at: Optional[str]
    duration_ms: Optional[float]
    schedule_id: Optional[str]
    """The schedule that started it; null if none did."""
    input_data: Dict[str, Any]
    output_data: Any


@dataclass(frozen=True)
class Fallback:
    """A model to try if the previous one failed."""

    provider: str
    """Provider of the model."""
    model: str
    """The provider's name of the model."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a request."""

    message: str
    """A sentence for people."""
    pointer: str = ""
    """Where in the body: a JSON Pointer (RFC 6901); empty for the body as a whole."""
    parameter: str = ""
    """Which parameter of the path, query or header, where it is none of the body."""
    code: str = ""
    """A word for programs."""
    node: Optional[str] = None
    """The node of a flow that it is about."""
    edge: Optional[str] = None
    """The edge of a flow that it is about."""


@dataclass(frozen=True)
class FeedbackPage:
    """A page of ratings, newest first."""

    feedback: List[FeedbackView]
    total: int
    up: int
    down: int
    limit: int
    offset: int
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class FeedbackView:
    """A rating of an answer."""

    execution_id: str
    rating: Literal["down", "up"]
    comment: str
    created_at: Optional[str]


@dataclass(frozen=True)
class FileRef:
    """A file as history, lists and exports show it."""

    id: str
    name: str
    kind: Literal["document", "image", "other", "text"]
    media_type: str
    size: int
    """Bytes, as they are kept."""


@dataclass(frozen=True)
class FlowDiff:
    """What changed from one version of a flow to another, by meaning: where nodes stand does not
    count.
    """

    from_version: str
    to_version: str
    changes: List[VersionChange]
    sentences: List[str]
    """The same for people."""


@dataclass(frozen=True)
class FlowEndpoints:
    """Where clients of other protocols find a flow, below the server's URL."""

    openai: Optional[str]
    """Base URL for OpenAI's clients; the model is the flow's slug. Null for an agentflow."""
    mcp: Optional[str]
    """MCP endpoint with this flow alone. Null without a description, by which models choose tools."""
    ai_sdk: Optional[str]
    """The `api` of a chat of Vercel's AI SDK. Null for an agentflow."""
    langgraph: str
    """URL for LangGraph's clients; the assistant is the flow's slug."""
    ag_ui: Optional[str]
    """The `url` of an agent of AG-UI. Null for an agentflow."""


@dataclass(frozen=True)
class FlowExecution:
    """An execution of a flow, as lists show it."""

    id: str
    workflow_id: Optional[str]
    status: str
    started_at: Optional[str]
    completed_at: Optional[str]
    duration_ms: Optional[float]
    error_message: Optional[str]


@dataclass(frozen=True)
class FlowExecutionDetails:
    """An execution of a flow in full."""

    id: str
    workflow_id: Optional[str]
    status: str
    started_at: Optional[str]
    completed_at: Optional[str]
    duration_ms: Optional[float]
    error_message: Optional[str]
    input_data: Dict[str, Any]
    output_data: Any
    execution_context: ExecutionContext
    token_usage: List[UsageEntry]


@dataclass(frozen=True)
class FlowExecutionPage:
    """A page of a flow's executions."""

    executions: List[FlowExecution]
    total: int
    limit: int
    offset: int
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class FlowLimits:
    """Limits of a run, set by a flow or a request. Missing ones come from the settings."""

    max_steps: Union[int, None, Unset] = UNSET
    """Maximum number of steps. Nodes that run in parallel count as one step."""
    max_model_calls: Union[int, None, Unset] = UNSET
    """Maximum number of model calls."""
    max_tool_calls: Union[int, None, Unset] = UNSET
    """Maximum number of tool calls and outbound requests."""
    max_tokens: Union[int, None, Unset] = UNSET
    """Maximum number of input and output tokens."""
    max_seconds: Union[float, None, Unset] = UNSET
    """Maximum time in seconds, without waiting for approval."""


@dataclass(frozen=True)
class FlowPage:
    """A page of flows."""

    flows: List[Union[ChatflowView, AgentflowView]]
    total: int
    """How many match in all."""
    page: int
    page_size: int
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class FlowStatistics:
    """What the runs of one flow came to."""

    total: int
    """Those that ended in the window, and those that have not ended."""
    by_status: Dict[str, int]
    """Those that have not ended count as they stand now."""
    success_rate: Optional[float]
    """Share of the completed among those that ended by themselves, from 0 to 1; null where none
    did.
    """
    durations: Durations
    """Of the newest runs that ended in the window, 10,000 at most, over all flows."""
    requests: int
    """Maximum number of model calls."""
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: Optional[float]
    """Of the requests whose price is known; null where none is."""
    flow_id: Optional[str]
    """Null for chats without a stored flow."""


@dataclass(frozen=True)
class ForgottenMemory:
    """What was forgotten."""

    key: str = field(repr=False)
    deleted: bool


@dataclass(frozen=True)
class ForkState:
    """What is changed of the state before the node."""

    outputs: Union[Mapping[str, Any], Unset] = UNSET
    """Outputs of earlier nodes by node ID, as the node and those after it read them."""


@dataclass(frozen=True)
class GraphDefinition:
    """`graph_definition`: nodes and edges in the format of React Flow, returned unchanged."""

    nodes: Sequence[Union[NodeDocument, Mapping[str, Any]]]
    edges: Union[Sequence[Union[Edge, Mapping[str, Any]]], Unset] = UNSET
    viewport: Union[Mapping[str, float], None, Unset] = UNSET
    version: Union[Literal[1, 2, 3], None, Unset] = UNSET
    """Which rules it was written by: 1 for those of the first release, 3 or null for the present
    ones.
    """


@dataclass(frozen=True)
class Health:
    """The process serves."""

    status: str


@dataclass(frozen=True)
class ImportReport:
    """What an import found and did."""

    imported: bool
    """False where something is missing or wrong, and for a dry run."""
    id: Optional[str]
    """Of the flow, where it was stored."""
    name: str
    flow_type: Literal["agentflow", "chatflow"]
    version: Optional[int]
    agents: List[Bound]
    flows: List[Bound]
    knowledge_bases: List[Bound]
    """Found here by their id or name. One that is missing prevents no import: `warnings` names it."""
    models: List[UsedModel]
    tools: List[str]
    variables: List[BoundVariable]
    """Workspace variables that the flows read. Those that are missing are to be created."""
    secrets_removed: List[str]
    """Where the export took a secret out, as JSON Pointers: fill them in again."""
    errors: List[Fault]
    warnings: List[Fault]


@dataclass(frozen=True)
class Imported:
    """A session that was made from a file."""

    success: bool
    session_id: str
    message_count: int
    message: str


@dataclass(frozen=True)
class InputAnswerView:
    """How a question was answered."""

    action: str
    """`approve`, `reject`, `edit`, `submit` or a choice; `expired` where time did it, `withdrawn`
    where the run ended first.
    """
    value: Any
    comment: str
    by: str
    """Name of the API key that answered; empty where none did."""


@dataclass(frozen=True)
class InputAnswered:
    """The question as it is answered, and the execution as it then stands."""

    input: InputView
    execution: ExecutionView


@dataclass(frozen=True)
class InputList:
    """The questions of an execution, oldest first."""

    inputs: List[InputView]


@dataclass(frozen=True)
class InputPage:
    """A page of the questions that wait for people."""

    inputs: List[InputView]
    total: int
    limit: int
    offset: int
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class InputView:
    """A question of a run."""

    id: str
    execution_id: str
    node_id: str
    path: str
    """The frames around the node, joined by `/`; empty at the top level."""
    kind: Literal["approval", "decision", "input", "timer"]
    status: str
    """`open`, `answered`, `expired` or `withdrawn`."""
    message: str
    actions: List[str]
    """What may be answered; empty where only time can pass."""
    schema: Optional[Dict[str, Any]]
    """JSON Schema of the value of an `edit` or `submit`; null for any."""
    value: Any
    """What is to be decided upon."""
    requested_at: Optional[str]
    expires_at: Optional[str]
    """Null: never."""
    answered_at: Optional[str]
    answer: Optional[InputAnswerView]


@dataclass(frozen=True)
class InvitationList:
    """The caller's invitations."""

    invitations: List[InvitationView]
    total: int


@dataclass(frozen=True)
class InvitationView:
    """An invitation of the caller's address."""

    id: str
    workspace_id: str
    workspace_name: str
    role: str
    """What the caller would be there."""
    created_at: str


@dataclass(frozen=True)
class JsonObjectFormat:
    """The model answers with a JSON object; the prompt should say which."""

    type: Literal["json_object"]


@dataclass(frozen=True)
class JsonSchema:
    """A JSON Schema with a name, as model providers take it."""

    name: str
    """Name of the schema."""
    schema: Mapping[str, Any]
    """The JSON Schema."""
    description: Union[str, Unset] = UNSET
    """Description of the schema. The model can read it."""
    strict: Union[bool, None, Unset] = UNSET
    """Whether the provider must enforce it."""


@dataclass(frozen=True)
class JsonSchemaFormat:
    """The model answers with JSON that follows a schema."""

    type: Literal["json_schema"]
    json_schema: Union[JsonSchema, Mapping[str, Any]]
    """The schema and its name."""


@dataclass(frozen=True)
class KeyList:
    """The workspace's keys."""

    keys: List[KeyView]
    total: int


@dataclass(frozen=True)
class KeyView:
    """What is known of an API key, which is not the key."""

    id: str
    name: str
    prefix: str
    """The key's first characters."""
    role: str
    scopes: Optional[List[str]]
    user_id: Optional[str]
    """Whose it is: it can do no more than they."""
    flow_id: Optional[str]
    """The one flow that it may use; null for all of the workspace."""
    on_disconnect: Optional[str]
    """What happens to a run whose client disconnects: `continue` or `cancel`; null for the
    default.
    """
    created_at: str
    last_used_at: Optional[str]
    """To the minute."""
    expires_at: Optional[str]
    revoked_at: Optional[str]


@dataclass(frozen=True)
class KnowledgeBaseList:
    """Knowledge bases, by name."""

    knowledge_bases: List[KnowledgeBaseView]
    total: int


@dataclass(frozen=True)
class KnowledgeBaseView:
    """A knowledge base."""

    id: str
    name: str
    description: str
    status: Literal["indexing", "ready", "reindexing"]
    """`indexing`: documents are on their way. `reindexing`: an index for another model is being
    built.
    """
    documents: int
    passages: int
    """Passages that a search sees."""
    documents_by_status: Dict[str, int]
    embedding: EmbeddingView
    chunk: ChunkOptions
    metadata_schema: Optional[Dict[str, Any]]
    reranker: Optional[Reranker]
    """The reranker of searches with `rerank` that name none. Null: the server's."""
    reindex: Optional[ReindexView]
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class KnowledgePassage:
    """A passage of a document."""

    passage_id: str
    text: str
    heading: List[str]
    page: Optional[int]
    start: int
    """Offset of its first character in the document's text."""
    end: int


@dataclass(frozen=True)
class KnowledgeSearchAnswer:
    """What a search found, the best first."""

    results: List[SearchResult]
    dropped_by_threshold: int
    """How many passages `score_threshold` left out."""
    pending_documents: List[str]
    """Names of documents that are not searchable yet."""
    warnings: List[str]
    """What was not done as the request says, such as reranking, and why."""


@dataclass(frozen=True)
class LabelDeleted:
    """A label that was deleted. The version that it pointed at stays."""

    label: str
    deleted: bool


@dataclass(frozen=True)
class LabelView:
    """A label of a flow."""

    label: str
    version: int


@dataclass(frozen=True)
class Lineage:
    """The family of a run, oldest first."""

    executions: List[Relative]


@dataclass(frozen=True)
class Look:
    """What a chat looks like."""

    mode: Literal["auto", "dark", "light"]
    position: Literal["bottom-left", "bottom-right", "top-left", "top-right"]
    branding: bool
    css: str


@dataclass(frozen=True)
class MCPCheck:
    """What an MCP server said when it was asked."""

    ok: bool
    code: str = ""
    """Why it could not be asked."""
    message: str = ""
    """The same as a sentence."""
    protocol_version: str = ""
    server_name: str = ""
    server_version: str = ""
    tools: List[MCPTool] = field(default_factory=lambda: [])


@dataclass(frozen=True)
class MCPServerList:
    """The workspace's MCP servers, by name."""

    mcp_servers: List[MCPServerView]
    total: int


@dataclass(frozen=True)
class MCPServerView:
    """An MCP server. Its secrets are in the credentials that it names."""

    id: str
    name: str
    kind: str
    """`http`, or `stdio` for a command of the operator's."""
    url: str
    credential: str
    headers: Dict[str, str]
    oauth: Optional[OAuthSettings]
    allow: List[str]
    approval: List[str]
    rename: Dict[str, str]
    timeout_seconds: float
    sampling: Optional[SamplingSettings]
    enabled: bool
    tools: int
    """Tools that it listed last."""
    approved: int
    """Tools of these that flows can use."""
    checked_at: Optional[str]
    """When its tools were listed last."""
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class MCPTool:
    """A tool of an MCP server."""

    name: str
    """What the server calls it."""
    called: str
    """What models call it."""
    description: str
    """What models read of it."""
    input_schema: Dict[str, Any]
    state: Literal["approved", "blocked", "changed", "new", "unusable"]
    """`approved`; `new`: never approved; `changed`: no longer as it was approved; `blocked`: not
    in `allow`; `unusable`: its name or schema cannot be used.
    """
    message: str
    """Why flows cannot use it, and what to do. Empty if they can."""
    approval: bool
    """Whether a person is asked before each call."""
    repeatable: bool
    """Whether the server says that a second call does no harm."""
    hash: str
    """SHA-256 of all that the server says of it."""


@dataclass(frozen=True)
class MCPToolList:
    """The tools of an MCP server, as it listed them last."""

    tools: List[MCPTool]
    total: int


@dataclass(frozen=True)
class MadeKey:
    """An API key that was made now."""

    id: str
    name: str
    prefix: str
    """The key's first characters."""
    role: str
    scopes: Optional[List[str]]
    user_id: Optional[str]
    """Whose it is: it can do no more than they."""
    flow_id: Optional[str]
    """The one flow that it may use; null for all of the workspace."""
    on_disconnect: Optional[str]
    """What happens to a run whose client disconnects: `continue` or `cancel`; null for the
    default.
    """
    created_at: str
    last_used_at: Optional[str]
    """To the minute."""
    expires_at: Optional[str]
    revoked_at: Optional[str]
    key: str = field(repr=False)
    """The key. It is kept as its hash: this is the only time it can be seen."""


@dataclass(frozen=True)
class MailRoute:
    """A mail server, and who gets the questions."""

    host: str
    """Host of the mail server."""
    to: str
    """Who gets the questions: one email address."""
    sender: str
    """Email address of the sender."""
    port: int = 587
    encryption: Literal["none", "starttls", "tls"] = "starttls"
    """`starttls` (usually port 587), `tls` from the start (465), or `none`."""
    credential: str = ""
    """Name of a credential of kind `basic`. Empty: none."""


@dataclass(frozen=True)
class MemberList:
    """The members of a workspace."""

    members: List[MemberView]
    total: int


@dataclass(frozen=True)
class MemberView:
    """A user as a member of the workspace."""

    id: str
    email: Optional[str]
    name: str
    role: str
    created_at: str
    disabled_at: Optional[str]
    """Since when they are kept out."""
    invited: bool = False
    """True for an invitation, whose ID this is. Its user is not a member before accepting it."""


@dataclass(frozen=True)
class MemoryConfig:
    """Memory of a chatflow or session. Options of other strategies have no effect."""

    type: Union[Literal["buffer", "hybrid", "summary", "vector"], Unset] = UNSET
    """The memory strategy."""
    max_messages: Union[int, Unset] = UNSET
    """Number of last messages that the model gets unchanged."""
    summary_threshold: Union[int, None, Unset] = UNSET
    """Number of messages outside the summary that starts a new summary. At least `max_messages`.
    Null: twice `max_messages`.
    """
    top_k: Union[int, Unset] = UNSET
    """Number of earlier turns to find."""
    score_threshold: Union[float, None, Unset] = UNSET
    """Minimum similarity of a turn, 0 to 1. Null: the most similar turns, whatever their
    similarity.
    """


@dataclass(frozen=True)
class MemoryList:
    """A page of memories, the last changed first."""

    memories: List[MemoryView]
    next_cursor: Optional[str]


@dataclass(frozen=True)
class MemorySet:
    """A session's memory as it now is."""

    success: bool
    session_id: str
    strategy: str
    memory_config: Dict[str, Any]


@dataclass(frozen=True)
class MemoryView:
    """A long-term memory."""

    namespace: List[str]
    key: str = field(repr=False)
    owner: str
    value: Dict[str, Any]
    created_at: str
    updated_at: str
    expires_at: Optional[str]


@dataclass(frozen=True)
class MetricSample:
    """One series of a metric."""

    name: str
    type: str
    """`counter`, `gauge` or `histogram`."""
    labels: Dict[str, str]
    value: float
    """Of a histogram how many observations there were."""
    sum: Optional[float] = None
    """Of a histogram their sum."""
    buckets: Optional[Dict[str, int]] = None
    """Of a histogram how many observations were at most so large."""


@dataclass(frozen=True)
class MetricsDocument:
    """All series at a moment."""

    timestamp: str
    metrics: List[MetricSample]


@dataclass(frozen=True)
class MetricsSummary:
    """Metrics at a glance."""

    timestamp: str
    workflows: RunSummary
    agents: AgentSummary
    llm_usage: UsageSummary


@dataclass(frozen=True)
class ModelAbilities:
    """What a model can do, as its provider and its name tell. Null: not known."""

    tools: Optional[bool]
    images: Optional[bool]
    json_schema: Optional[bool]
    """Whether its server holds an answer to a schema. Others are asked in words, and checked."""
    reasoning: Optional[bool]


@dataclass(frozen=True)
class ModelCheck:
    """A model that answers one fixed question about the text with yes or no."""

    provider: str
    """Provider of the model."""
    model: str
    """The provider's name of the model."""
    question: str
    """Question whose answer `yes` blocks the text."""


@dataclass(frozen=True)
class ModelCost:
    """What one model used and cost."""

    model: str
    provider: str
    input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: Optional[float]
    """Null where the price is not known of any of its requests that used tokens."""
    request_count: int
    unpriced_requests: int
    percentage: float
    """Of all known cost; 0 where nothing that is known costs anything."""
    token_percentage: float
    """Of all tokens."""


@dataclass(frozen=True)
class ModelList:
    """The models of the server's providers, by provider."""

    models: List[ModelView]


@dataclass(frozen=True)
class ModelView:
    """A model."""

    provider: str
    model: str
    abilities: ModelAbilities
    price: Optional[PriceView]
    """What it costs now. Null: not known."""


@dataclass(frozen=True)
class Moderation:
    """A moderation service with the protocol of OpenAI's `/v1/moderations`."""

    url: str
    """URL of the endpoint."""
    credential: Union[str, Unset] = UNSET
    """Name of a credential to use. Empty: none."""
    model: Union[str, Unset] = UNSET
    """Model of the service. Empty: its own."""


@dataclass(frozen=True)
class NodeComparison:
    """One node run in two runs of a flow."""

    node_id: str
    path: str
    occurrence: int
    a: Optional[NodeRun]
    """Null where it did not run in the first."""
    b: Optional[NodeRun]
    same_output: bool
    same_prompt: Optional[bool]
    """Whether models were asked the same; null where neither run asked one."""
    prompts: Optional[PromptComparison] = None
    """What models were asked, if it was requested and is known."""


@dataclass(frozen=True)
class NodeDocument:
    """A node in the format of React Flow. Its appearance is stored and ignored."""

    id: str
    type: str
    data: Union[Mapping[str, Any], Unset] = UNSET
    position: Union[Mapping[str, float], Unset] = UNSET
    width: Union[float, None, Unset] = UNSET
    height: Union[float, None, Unset] = UNSET
    measured: Union[Mapping[str, float], None, Unset] = UNSET
    positionAbsolute: Union[Mapping[str, float], None, Unset] = UNSET
    selected: Union[bool, None, Unset] = UNSET
    dragging: Union[bool, None, Unset] = UNSET
    draggable: Union[bool, None, Unset] = UNSET
    selectable: Union[bool, None, Unset] = UNSET
    deletable: Union[bool, None, Unset] = UNSET
    hidden: Union[bool, None, Unset] = UNSET
    parentId: Union[str, None, Unset] = UNSET
    extent: Union[Any, Unset] = UNSET
    zIndex: Union[int, None, Unset] = UNSET
    style: Union[Mapping[str, Any], None, Unset] = UNSET
    className: Union[str, None, Unset] = UNSET
    sourcePosition: Union[str, None, Unset] = UNSET
    targetPosition: Union[str, None, Unset] = UNSET


@dataclass(frozen=True)
class NodeRun:
    """One run of one node, as far as it has come."""

    node_id: str
    path: str
    """The containers around the node whose bodies run within them, and the sub-flows, joined by
    `/`.
    """
    node_type: str
    label: str
    status: Literal["completed", "failed", "running", "skipped"]
    input: Any
    output: Any
    error: Optional[str]
    duration_ms: Optional[float]
    attempt: int
    started_at: Optional[str] = None
    completed_at: Optional[str] = None
    """Null while it is under way."""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Optional[float] = None
    """Null where the price is not known."""


@dataclass(frozen=True)
class NodeTypeInfo:
    """A node type as a palette shows it."""

    type: str
    title: str
    group: str
    """`flow`, `model`, `data` or `note`."""
    description: str
    """Markdown: a sentence, then what else there is to know."""
    schema: Dict[str, Any]
    """JSON Schema of `data`."""
    outlets: List[str]
    """Those of the first example: a type such as `switch` names its own."""
    examples: List[Example]


@dataclass(frozen=True)
class NodeTypes:
    """Every node type that this server knows."""

    node_types: List[NodeTypeInfo]
    total: int
    names: List[ReadableName] = field(default_factory=lambda: [])
    """What expressions and templates can read. `GET /variables` lists the names below `env`."""


@dataclass(frozen=True)
class OAuthClientList:
    """The OAuth clients that the workspace may use."""

    clients: List[OAuthClientView]
    total: int
    callback_url: str
    """The redirect URI that the operator registers with authorization servers."""
    problem: str
    """Why the operator's file cannot be used. Empty if it can."""


@dataclass(frozen=True)
class OAuthClientView:
    """An OAuth client of the operator's. Its client ID and secret are not shown."""

    name: str
    grant: Literal["authorization_code", "client_credentials"]
    """`authorization_code`: a person authorizes. `client_credentials`: the client authorizes
    itself.
    """
    hosts: List[str]
    """Hosts that may receive the tokens."""
    scopes: List[str]
    """Scopes that may be asked for."""


@dataclass(frozen=True)
class OAuthSettings:
    """OAuth 2.0 client credentials: a token for the server is fetched from another URL."""

    token_url: str
    credential: str
    """Name of a credential of kind `basic`: client ID and client secret. Its hosts include the
    host of `token_url`.
    """
    scope: str = ""


@dataclass(frozen=True)
class OpenInput:
    """Something that a run waits for."""

    input_id: str
    """What `POST /executions/{id}/respond` names as `input_id`."""
    node_id: str
    path: str
    """The frames around the node, joined by `/`; empty at the top level."""
    kind: Literal["approval", "decision", "input", "timer"]
    message: str
    actions: List[str]
    """What may be answered; empty where only time can pass."""
    schema: Optional[Dict[str, Any]]
    """JSON Schema of the value of an `edit` or `submit`; null for any."""
    value: Any
    """What is to be decided upon."""
    requested_at: Optional[str]
    timeout_seconds: Optional[float]
    """Seconds after which it expires; null: never."""
    audience: Literal["team", "visitor"] = "team"
    """Who may answer: `team`, or also the `visitor`, in a chat by the next message of the session."""
    labels: Dict[str, str] = field(default_factory=lambda: {})
    """What to call the actions, by action."""


@dataclass(frozen=True)
class PassageList:
    """Passages of a document, in order."""

    passages: List[KnowledgePassage]
    total: int


@dataclass(frozen=True)
class PlannedStep:
    """A part of how an agentflow would run."""

    title: str
    explanation: str
    step: int
    """1 for the first."""
    agents: List[str] = field(default_factory=lambda: [])
    """Names of the agents that work in it."""
    nodes: List[str] = field(default_factory=lambda: [])
    """Ids of the nodes that it is, where a graph_definition says how it runs."""
    mode: Literal["one", "one_of", "several_of", "side_by_side"] = "one"
    """`one` after the other, all `side_by_side`, exactly `one_of` them, or `several_of` them."""
    turns: int = 1
    """How often it is done at most."""


@dataclass(frozen=True)
class PriceList:
    """Prices that count now."""

    pricing: List[PriceView]
    total: int


@dataclass(frozen=True)
class PriceView:
    """A price that counts now."""

    provider: str
    model: str
    input_price_per_1k: float
    output_price_per_1k: float
    cached_input_price_per_1k: Optional[float]
    cache_write_price_per_1k: Optional[float]
    reasoning_price_per_1k: Optional[float]
    currency: str
    valid_from: Optional[str]
    """Null: always."""
    source: str
    edited_by_operator: bool


@dataclass(frozen=True)
class ProblemDocument:
    """An error answer (RFC 9457)."""

    type: str
    """What kind of problem: `urn:agenticrag:problem:` and its code."""
    title: str
    """The kind in a few words, the same for every problem of it."""
    status: int
    detail: str
    """What happened here and what to do, in a sentence or two."""
    code: str = ""
    """The kind as a word for programs."""
    errors: List[Fault] = field(default_factory=lambda: [])
    """Everything that is wrong, where it can be told apart."""
    execution_id: Optional[str] = None
    """The execution that it is about."""
    problem_id: Optional[str] = None
    """What to look for in the server's log, for problems that are the server's own."""
    request_id: Optional[str] = None
    """What the server's log calls the request; `X-Request-Id` of the answer says it too."""
    answer: Optional[Dict[str, Any]] = None
    """The answer that was taken, where another came too late."""


@dataclass(frozen=True)
class PromptComparison:
    """What one node run asked models in two runs."""

    a: List[str]
    """The requests of the first run in their order, as text: settings, messages, tools."""
    b: List[str]
    diff: List[str]
    """Lines of a unified diff, the first run first. Empty where both are the same."""


@dataclass(frozen=True)
class PublicConfig:
    """All that a visitor's browser gets to know of a chat before it talks."""

    title: str
    theme: Look
    colors: Colors
    texts: Dict[str, str]
    """Every word of the chat in one language, `lang` and `dir` among them."""
    starter_prompts: List[str]
    """Questions to begin with."""
    uploads: VisitorUploads
    """Off where the chatflow takes no files."""
    inputs: List[PublicInput] = field(default_factory=lambda: [])
    """The chatflow's inputs that are marked `public`."""


@dataclass(frozen=True)
class PublicInput:
    """An input that a visitor's page may give with each message."""

    name: str
    type: Literal["array", "boolean", "date", "file", "files", "integer", "json", "number", "object", "paragraph", "select", "string", "text"]
    description: str
    required: bool
    default: Any
    choices: List[Any]
    """Allowed values; empty for any."""
    max_length: Optional[int]
    """Characters, items or files at most; null for no limit of its own."""


@dataclass(frozen=True)
class QueuedDocument:
    """A document that will be ingested."""

    id: str
    name: str
    status: Literal["embedding", "failed", "parsing", "queued", "ready"]
    execution_id: str
    """The run that ingests it."""
    documents: List[AddedDocument] = field(default_factory=lambda: [])
    """All documents of a folder; this is the first of them."""


@dataclass(frozen=True)
class RagConfig:
    """Retrieval of a chatflow."""

    enabled: Union[bool, Unset] = UNSET
    """Whether retrieval is on."""
    knowledgebase_ids: Union[Sequence[str], Unset] = UNSET
    """Knowledge bases to search."""
    retrieval_strategy: Union[Literal["hybrid", "lexical", "mmr", "similarity"], Unset] = UNSET
    """Search method."""
    top_k: Union[int, Unset] = UNSET
    """Maximum number of passages."""
    score_threshold: Union[float, None, Unset] = UNSET
    """Minimum score, 0 to 1, applied last. Null: no passage is dropped."""
    reranking_enabled: Union[bool, Unset] = UNSET
    """Whether passages are reranked."""
    reranker: Union[Reranker, Mapping[str, Any], None, Unset] = UNSET
    """Which reranker, with `reranking_enabled`. Null: the server's. `api` `model` without a
    `model` takes the chat's.
    """
    filters: Union[Mapping[str, Any], Unset] = UNSET
    """Conditions on the metadata of documents, as of a `retrieve` node."""
    section_characters: Union[int, Unset] = UNSET
    """Maximum length of the section that is returned instead of a passage: the passage and those
    around it under the same heading. Passages of one section are one result. 0: the passage
    alone.
    """
    query_rewriting: Union[bool, Unset] = UNSET
    """Whether the chat's model first writes the query, from the message and those before it.
    Without it, the message is the query.
    """
    sources_only: Union[bool, Unset] = UNSET
    """Whether the model may answer from the passages only, and else says that it cannot."""
    quote_sources: Union[bool, None, Unset] = UNSET
    """Whether the answer is sentences of the passages, word for word, without a call of the model.
    Null: with `sources_only`, for the provider `local`.
    """
    no_answer: Union[str, Unset] = UNSET
    """The answer if the passages have none. Empty: a sentence."""


@dataclass(frozen=True)
class ReadableName:
    """A name that expressions and templates can read."""

    name: str
    description: str
    """Markdown."""


@dataclass(frozen=True)
class ReindexAnswer:
    """The run that builds another index."""

    id: str
    execution_id: str


@dataclass(frozen=True)
class ReindexView:
    """An index that is being built for another model."""

    execution_id: str
    provider: str
    model: str


@dataclass(frozen=True)
class Relative:
    """A run of a family."""

    id: str
    parent: Optional[str]
    """Null for a run that goes on from no other."""
    kind: Optional[str]
    """`resume` or `fork`; null for a run of its own."""
    node: str
    """The node from which it was resumed or forked."""
    path: str
    occurrence: int
    status: str
    flow_version: Optional[int]
    session_id: Optional[str]
    created_at: Optional[str]
    completed_at: Optional[str]


@dataclass(frozen=True)
class ReplayDifference:
    """The first thing in which a replay is not what was recorded."""

    node: str
    path: str
    what: Literal["failed", "model", "node", "run", "skipped", "tool"]
    """A call of a model or a tool, what a node gave, its failure or skipping, or how the run
    ended.
    """
    message: str
    diff: List[str]
    """Lines of a unified diff, the recorded text first."""


@dataclass(frozen=True)
class ReplayReport:
    """What came of a run that was run again from its journal."""

    execution_id: str
    flow_version: Optional[int]
    """The version that was replayed; null for a draft or a chat by its config."""
    equal: bool
    calls: int
    """Calls of models and tools that the journal answered."""
    difference: Optional[ReplayDifference] = None
    """The first difference; null where all is equal."""


@dataclass(frozen=True)
class Reranker:
    """Which reranker, and what it gets."""

    api: Literal["", "cohere", "jina", "model", "tei", "vllm"] = ""
    """`cohere`, `jina`, `tei` or `vllm`: a server whose `/rerank` takes requests of this form.
    `model`: a chat model scores the passages in one call. Empty: the server's setting
    `rerank_api`.
    """
    provider: str = ""
    """Provider of the chat model, for `model` without a connection."""
    model: str = ""
    """Name of the model. Empty: the one that the server has."""
    connection: str = ""
    """Name of a connection to ask the model by. Empty: the server's."""
    candidates: int = 30
    """Number of passages that are reranked, at least `top_k`. `top_k` of them are returned."""
    on_failure: Literal["fail", "keep_order"] = "keep_order"
    """If the reranker fails. `keep_order`: the passages stay in the order of the search, and
    `warnings` says why. `fail`: the search fails.
    """


@dataclass(frozen=True)
class RoleList:
    """The roles. Each may do what the one before it may, and more."""

    roles: List[RoleView]


@dataclass(frozen=True)
class RoleView:
    """A role of users and API keys."""

    name: Literal["editor", "owner", "runner", "viewer"]
    permissions: List[Literal["account", "audit:read", "connections:read", "connections:write", "costs:read", "costs:write", "credentials:read", "credentials:write", "embeds:read", "embeds:write", "flows:read", "flows:write", "keys:read", "keys:write", "knowledge:read", "knowledge:write", "metrics:read", "runs:read", "runs:start", "schedules:read", "schedules:write", "sessions:all", "tools:read", "tools:write", "users:read", "users:write", "variables:read", "variables:write", "webhooks:read", "webhooks:write"]]
    """What it may do in this workspace."""


@dataclass(frozen=True)
class RunState:
    """The state of a run as a node of it saw it."""

    execution_id: str
    node: str
    path: str
    occurrence: int
    input: Dict[str, Any]
    """The run's input; in a sub-flow the sub-flow's."""
    arrived: Any
    """What came in: the output of the node before."""
    variables: Dict[str, Any]
    outputs: Dict[str, Any]
    """Outputs of the nodes before, by node ID."""
    messages: List[Dict[str, Any]]
    """The session's history, with this run's message."""
    summary: Dict[str, Any]
    """What memory strategies had folded."""
    loop: Dict[str, Any]
    """What expressions call `loop`."""


@dataclass(frozen=True)
class RunStatus:
    """How a run stands."""

    execution_id: str
    status: str
    """`running`, `waiting`, `completed` or `failed`."""


@dataclass(frozen=True)
class RunSummary:
    """Runs that ended."""

    total: int
    completed: int
    failed: int
    """Failed or out of time."""
    success_rate: float
    """Of those that ended by themselves, from 0 to 1, as `GET /executions/stats` has it; 0 where
    none did.
    """


@dataclass(frozen=True)
class Said:
    """A message in the middle of a turn."""

    role: str
    """`assistant`, or `user` for an answer to a question."""
    content: str


@dataclass(frozen=True)
class SamplingSettings:
    """What a server may ask models in the middle of a call (sampling)."""

    approval: bool = True
    """Whether a reviewer reads and approves each request first."""
    provider: str = ""
    """Provider of `model`."""
    model: str = ""
    """The model that is called. Empty: the model of the agent that makes the call."""
    connection: str = ""
    """Connection of `model`, in place of `provider`."""
    max_calls: int = 5
    """Model calls in one call of a tool."""
    max_tokens: int = 1000
    """Tokens of one answer, also where the server asks for more."""
    max_chars: int = 20000
    """Characters of one request."""


@dataclass(frozen=True)
class ScheduleList:
    """A page of schedules, the newest first."""

    schedules: List[ScheduleView]
    total: int
    next_cursor: Optional[str]


@dataclass(frozen=True)
class ScheduleTime:
    """A time of a cron expression."""

    at: str
    local: str
    """What the clock of the time zone shows then, with its distance from UTC."""


@dataclass(frozen=True)
class ScheduleTimes:
    """The next times of a cron expression, in order."""

    times: List[ScheduleTime]
    """Fewer than were asked for where there are no more, or `ends_at` comes before."""


@dataclass(frozen=True)
class ScheduleView:
    """A schedule, and how it stands."""

    id: str
    name: str
    flow_id: str
    cron: str
    timezone: str
    input: Dict[str, Any]
    version: str
    missed: str
    ends_at: Optional[str]
    jitter_seconds: float
    enabled: bool
    made_by: str
    """Name of the key or user whose rights its runs have."""
    stopped: str
    """Why the server paused it. Empty: it did not."""
    next_at: Optional[str]
    """The next time; null if there is none, or it is paused."""
    last_at: Optional[str]
    """The time of the last run."""
    last_execution_id: Optional[str]
    last_status: Optional[str]
    """Status of the last run."""
    last_error: str
    """Why the last run was not started. Empty: it was."""
    runs: int
    """How many runs it has started."""
    missed_runs: int
    """How many times it left out."""
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class SearchResult:
    """A passage that a search found."""

    passage_id: str
    document_id: str
    document_name: str
    text: str
    score: float
    scores: SearchScores
    heading: List[str]
    page: Optional[int]
    start: int
    end: int
    metadata: Dict[str, Any]


@dataclass(frozen=True)
class SearchScores:
    """The scores behind a result's score."""

    dense: Optional[float]
    lexical: Optional[float]
    rerank: Optional[float]


@dataclass(frozen=True)
class SentFile:
    """A file of a message."""

    name: str
    """File name without a folder. It ends with `.txt`, `.md`, `.csv`, `.json`, `.png`, `.jpg`,
    `.jpeg`, `.webp`, `.gif`, `.pdf`, `.docx`, `.xlsx`, `.pptx`, `.epub` or `.html`.
    """
    data: str
    """Content in base64."""


@dataclass(frozen=True)
class SessionDetails:
    """A session without its messages."""

    id: str
    chatflow_id: Optional[str]
    title: str
    memory_type: str
    memory_config: Dict[str, Any]
    status: str
    message_count: int
    created_at: Optional[str]
    last_activity_at: Optional[str]
    total_tokens_used: int


@dataclass(frozen=True)
class SessionFile:
    """A session as a file: what an export gives and an import takes."""

    session_id: str
    messages: List[Dict[str, Any]]
    """Messages as the history holds them."""
    format: str = "agenticrag.session"
    version: int = 1
    title: str = ""
    chatflow_id: Optional[str] = None
    exported_at: Optional[str] = None
    memory: Dict[str, Any] = field(default_factory=lambda: {})
    """The session's own memory settings."""
    variables: Dict[str, Any] = field(default_factory=lambda: {})
    """The session's variables by name."""


@dataclass(frozen=True)
class SessionGiven:
    """A visitor's session."""

    session_id: str
    """Send it as `X-Visitor-Session`. Each answer brings one that is good for longer."""
    expires_at: Optional[str]


@dataclass(frozen=True)
class SessionHistory:
    """A session with its messages, the oldest first."""

    success: bool
    session: SessionDetails
    session_id: str
    messages: List[StoredMessage]
    message_count: int
    """Of the whole session."""
    next_cursor: Optional[str] = None
    """With `limit`: the `before` of the next request, for the messages before these. Null: there
    are none.
    """


@dataclass(frozen=True)
class SessionMatch:
    """Where a session has the words that were searched for."""

    message_id: Optional[str]
    """The first message that has the most of them. Null: the session's title or id."""
    excerpt: str
    """The first of them, with what is around it."""


@dataclass(frozen=True)
class SessionPage:
    """A page of sessions."""

    success: bool
    sessions: List[SessionSummary]
    total: int
    """How many match on all pages. With `search`: on this page."""
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class SessionSummary:
    """A session as lists show it."""

    id: str
    """The caller's name of it."""
    title: str
    memory_type: str
    message_count: int
    created_at: Optional[str]
    last_activity_at: Optional[str]
    total_tokens_used: int
    match: Optional[SessionMatch] = None
    """With `search`: where the words were found."""


@dataclass(frozen=True)
class SessionVariables:
    """The variables of a session by name: those that its runs, or a request, gave a value."""

    session_id: str
    variables: Dict[str, Any]


@dataclass(frozen=True)
class StoredMessage:
    """A message of a session's history."""

    id: str
    role: str
    content: Any
    """Text, or a list of parts where files came with it: text, and each file's `id`, `name`,
    `kind`, `media_type` and `size`.
    """
    created_at: Optional[str]
    message_metadata: Dict[str, Any]
    parent_id: Optional[str] = None
    """The message that it follows. Null: it begins the conversation."""
    alternatives: List[str] = field(default_factory=lambda: [])
    """Ids of the messages that follow the same one, oldest first, with its own. Empty: it is the
    only one.
    """
    active: bool = True
    """Whether it is on the chosen line, which the next message continues."""


@dataclass(frozen=True)
class Strategies:
    """The kinds of memory."""

    success: bool
    strategies: List[StrategyInfo]


@dataclass(frozen=True)
class StrategyInfo:
    """A strategy as a list of them shows it."""

    type: str
    title: str
    description: str
    options: Dict[str, Any]
    """JSON Schema of each option, with its default, by name."""
    available: bool = True
    """Always true: a field of earlier releases."""
    problem: str = ""
    """Always empty: a field of earlier releases."""


@dataclass(frozen=True)
class Supervisor:
    """Rules for the agents of an agentflow. It has no effect on a `graph_definition`."""

    enabled: Union[bool, Unset] = UNSET
    """Whether a model combines the answers of the agents, if the type does not do that anyway."""
    llm_provider: Union[str, Unset] = UNSET
    """Provider of the supervisor's model, and of agents without a model. Empty: the server's
    default.
    """
    llm_model: Union[str, Unset] = UNSET
    """The provider's name of that model."""
    credential: Union[str, Unset] = UNSET
    """Name of a credential with the key for this model, also for agents without a model. Empty:
    the server's key.
    """
    max_tokens: Union[int, None, Unset] = UNSET
    """Maximum tokens of an answer, also for agents without a value. Null: the model's own limit."""
    max_iterations: Union[int, Unset] = UNSET
    """Maximum number of rounds, in types that have rounds."""
    decision_strategy: Union[Literal["capability", "llm_based", "priority", "round_robin"], Unset] = UNSET
    """How the next agent is chosen: by a model, by `priority`, in turn (`round_robin`), or by
    `capabilities` that the request mentions.
    """
    fallback_agent_id: Union[str, None, Unset] = UNSET
    """The next agent if the model's decision is invalid: by id, agent_id or name."""
    instructions: Union[str, Unset] = UNSET
    """Template for additional instructions to the supervisor."""
    voting: Union[Literal["majority", "unanimous", "weighted"], Unset] = UNSET
    """Rule of the vote in `consensus_building`. `weighted` votes count by `priority`, at least 1."""
    aggregation: Union[Literal["", "model", "object", "text"], Unset] = UNSET
    """How parallel answers are combined: an object by node, one text, or one answer written by a
    model. Empty: `model` if the supervisor is enabled, otherwise `object`.
    """


@dataclass(frozen=True)
class TargetList:
    """A page of webhook targets, the newest first."""

    targets: List[TargetView]
    total: int
    next_cursor: Optional[str]


@dataclass(frozen=True)
class TargetView:
    """A webhook target, and how its deliveries stand."""

    id: str
    name: str
    flow_id: Optional[str]
    """Null: all flows of the workspace."""
    url: Optional[str]
    """Null: questions go by mail."""
    mail: Optional[MailRoute]
    events: List[str]
    with_output: bool
    enabled: bool
    made_by: str
    stopped: str
    """Why the server paused it. Empty: it did not."""
    waiting: int
    """Deliveries that wait to be sent, or sent again."""
    dead: int
    """Deliveries that were given up."""
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class TargetWithSecret:
    """A webhook target whose secret is new."""

    id: str
    name: str
    flow_id: Optional[str]
    """Null: all flows of the workspace."""
    url: Optional[str]
    """Null: questions go by mail."""
    mail: Optional[MailRoute]
    events: List[str]
    with_output: bool
    enabled: bool
    made_by: str
    stopped: str
    """Why the server paused it. Empty: it did not."""
    waiting: int
    """Deliveries that wait to be sent, or sent again."""
    dead: int
    """Deliveries that were given up."""
    created_at: str
    updated_at: str
    secret: str = field(repr=False)
    """It signs deliveries, and is not shown again."""
    old_secret_until: Optional[str] = None
    """Until when deliveries are signed with the secret before it too; null where there is none."""


@dataclass(frozen=True)
class TemplateList:
    """Every template, by group and name."""

    templates: List[TemplateView]
    total: int


@dataclass(frozen=True)
class TemplateView:
    """A template in a list."""

    name: str
    """What its endpoints name it."""
    title: str
    description: str
    flow_type: Literal["agentflow", "chatflow"]
    group: str
    """`basics`, `workflows`, `knowledge`, `openapi`, `mcp`, or `extras` for those that need an
    extra.
    """
    tags: List[str]
    node_types: List[str]
    """The types of the nodes that it runs, each once."""


@dataclass(frozen=True)
class TextFormat:
    """The model answers in text."""

    type: Literal["text"]


@dataclass(frozen=True)
class TicketView:
    """A ticket."""

    ticket: str = field(repr=False)
    """Goes into the address of a GET stream or a WebSocket as `?token=`."""
    expires_at: str
    """Until when a stream can be opened with it, as often as need be."""


@dataclass(frozen=True)
class Tokens:
    """What opens the API to who logged in."""

    access_token: str = field(repr=False)
    """Goes into `Authorization: Bearer`."""
    token_type: str
    expires_at: str
    """When the access token expires."""
    refresh_token: str = field(repr=False)
    """Gets the next pair, once. Used twice, it ends the login: one of the two has stolen it."""


@dataclass(frozen=True)
class ToolExample:
    """A use of a tool that is its documentation and its test."""

    title: str
    arguments: Dict[str, Any]
    config: Optional[Dict[str, Any]] = None
    result: Any = None
    """What it must give; None where that is not the same each time."""


@dataclass(frozen=True)
class ToolFault:
    """Something that was to be a tool and is none."""

    source: str
    """The file."""
    message: str
    """What is wrong with it, a sentence."""


@dataclass(frozen=True)
class ToolInfo:
    """A tool as a palette shows it."""

    name: str
    description: str
    """What models are told."""
    repeatable: bool
    parameters: Dict[str, Any]
    """JSON Schema of what a call may say. Where it hangs on the configuration: that of the first
    example.
    """
    config: Dict[str, Any]
    """JSON Schema of what stands beside `name` in a flow."""
    examples: List[ToolExample]
    source: Literal["builtin", "mcp", "openapi", "python"] = "builtin"
    """Where it comes from."""
    server: str = ""
    """The MCP server or the API that it is of."""
    input_schema: Dict[str, Any] = field(default_factory=lambda: {})
    """The same as `parameters`."""
    approval: bool = False
    """Whether a person is asked before each use."""


@dataclass(frozen=True)
class ToolState:
    """A tool started or ended."""

    type: Literal["tool"]
    name: str
    status: Literal["completed", "failed", "running"]
    input: Any
    """Its arguments, when it starts."""
    output: Any
    """What it gave, or the sentence why it failed, when it has ended."""
    node_id: str
    call_id: str
    """The model's name of the call, the same when it starts and ends; empty where no model asked
    for it.
    """
    path: str = ""


@dataclass(frozen=True)
class Tools:
    """Every tool of this server, and what was to be one."""

    tools: List[ToolInfo]
    total: int
    faults: List[ToolFault]
    """What could not be loaded of the operator's files and installed packages."""


@dataclass(frozen=True)
class TriggerAnswer:
    """A stored chatflow's answer."""

    success: bool
    response: str
    """The text; empty if the run failed."""
    error: Optional[str]
    """What went wrong, as a sentence; null if nothing did."""
    session_id: str
    execution_id: str
    metadata: Dict[str, Any]
    """What the request had."""
    usage: Usage
    status: str
    inputs: List[OpenInput]
    """What it waits for, with status `waiting_approval`: answer by `POST
    /executions/{id}/respond`.
    """
    citations: List[Citation]
    """The sources of the answer, in the order in which they were cited."""
    error_code: Optional[str] = None
    """What went wrong, as a word for programs; null if nothing did."""
    finish_reason: Optional[str] = None
    """How the model's answer ended: `stop`, `length` (it was cut: raise `max_tokens`),
    `tool_calls`, `refusal`; null where no model answered.
    """
    warnings: List[str] = field(default_factory=lambda: [])
    """What was not as it was asked for, though there is an answer; 20 sentences at most."""


@dataclass(frozen=True)
class TriggerHistoryPage:
    """A session with a stored chatflow, the oldest message first."""

    workflow_id: str
    session_id: str
    history: List[StoredMessage]
    message_count: int


@dataclass(frozen=True)
class TurnView:
    """A message of the visitor and its answer."""

    execution_id: str
    message: str
    files: List[VisitorFile]
    """What the visitor sent with it."""
    response: str
    """Empty where there is none (yet)."""
    status: str
    """`running`, `waiting`, `completed` or `failed`."""
    error: Optional[str]
    """What went wrong, in general words; null if nothing did."""
    code: Optional[str]
    """`cancelled`, `timeout` or `failed`; null if nothing went wrong."""
    rating: Optional[Literal["down", "up"]]
    created_at: Optional[str]
    citations: List[VisitorSource] = field(default_factory=lambda: [])
    """The sources of the answer."""
    said: List[Said] = field(default_factory=lambda: [])
    """What was said between the message and the response: questions, their answers, and interim
    messages.
    """
    answer_files: List[FileRef] = field(default_factory=lambda: [])
    """Files that the response carries: `GET …/files/{file}` gives one."""


@dataclass(frozen=True)
class Uploads:
    """Files that a chatflow accepts with a message."""

    max_files: Union[int, Unset] = UNSET
    """Maximum number of files in a message. 0: none."""
    max_bytes: Union[int, Unset] = UNSET
    """Maximum size of a file, in bytes. The server can have a lower limit."""
    kinds: Union[Sequence[Literal["document", "image", "text"]], Unset] = UNSET
    """`text`: .txt, .md, .csv and .json in UTF-8. `image`: PNG, JPEG, WebP and GIF, for models
    that accept images. `document`: PDF, DOCX, XLSX, PPTX, EPUB and HTML, whose text is
    extracted. Needs the extra `knowledge`.
    """


@dataclass(frozen=True)
class Usage:
    """Tokens of a run, as the providers counted them."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    estimated: bool = False
    """True where a provider gave no usage and a tokenizer's estimate is part of the sum."""
    cached_input_tokens: int = 0
    """Those of the input that a provider read from its cache."""
    cache_write_tokens: int = 0
    """Those of the input that a provider wrote to its cache."""
    reasoning_tokens: int = 0
    """Those of the output that a model spent on reasoning."""


@dataclass(frozen=True)
class UsageEntry:
    """Tokens of one node with one model."""

    node_id: str
    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Optional[float] = None
    """Null where the price is not known."""


@dataclass(frozen=True)
class UsageSummary:
    """What models were asked."""

    total_tokens: int
    total_cost_usd: float
    """Of the requests whose price is known."""
    total_requests: int
    avg_tokens_per_request: float
    unpriced_requests: int
    """Requests without a known price."""


@dataclass(frozen=True)
class UsedModel:
    """A model that the flows of a bundle ask; empty parts are the server's default."""

    provider: str
    model: str


@dataclass(frozen=True)
class VariableList:
    """The workspace's variables, by name and label."""

    variables: List[VariableView]
    total: int


@dataclass(frozen=True)
class VariableView:
    """A workspace variable under one label."""

    id: str
    name: str
    label: str
    """Empty: the default value."""
    value: Any
    """Null for a secret."""
    secret: bool
    version: int
    """1, then one more for every change; the ETag."""
    created_at: str
    updated_at: str
    created_by: str
    """The name of the API key or user that created it."""


@dataclass(frozen=True)
class VersionChange:
    """One change between two documents."""

    kind: Literal["added", "changed", "removed", "reordered"]
    what: Literal["agent", "edge", "node", "setting"]
    id: str = ""
    """Id of the node, edge or agent; empty for a setting of the flow."""
    path: List[str] = field(default_factory=lambda: [])
    """The field within it: names of objects from the outside in. Empty: the whole of it."""
    before: Any = None
    """The value before; missing where there was none. Of `reordered`, the ids in their former
    order.
    """
    after: Any = None
    sentence: str = ""
    """The same for people."""


@dataclass(frozen=True)
class VersionPage:
    """A page of the versions of a flow, the newest first."""

    versions: List[VersionSummary]
    total: int
    has_draft: bool
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class VersionSummary:
    """A version of a flow, as lists show it."""

    version: int
    created_at: Optional[str]
    notes: str
    labels: List[str]
    is_current: bool


@dataclass(frozen=True)
class VisitorAnswer:
    """An answer to a visitor."""

    response: str
    """The text; of a run that waits for the visitor its question; empty if the run failed."""
    session_id: str
    """The visitor's session, signed: send it as `X-Visitor-Session`, or as `session_id`, to go on
    with it.
    """
    timestamp: Optional[str]
    usage: Usage
    execution_id: str
    status: str
    """`completed`, `waiting` or `failed`."""
    error: Optional[str]
    """What went wrong, in general words; null if nothing did."""
    inputs: List[VisitorQuestion] = field(default_factory=lambda: [])
    """What the run asks of the visitor: answer by `POST …/respond`."""
    citations: List[VisitorSource] = field(default_factory=lambda: [])
    """The sources of the answer, each once."""
    finish_reason: Optional[str] = None
    """How the answer ended: `stop`, `length` (it was cut), `tool_calls`, `refusal`; null where no
    model answered.
    """
    files: List[FileRef] = field(default_factory=lambda: [])
    """Files that the answer carries: `GET …/files/{file}` gives one."""


@dataclass(frozen=True)
class VisitorCitation:
    """A source of the answer."""

    type: Literal["citation"]
    number: int
    """The same for each citation of one source."""
    title: str
    url: str
    """An address of http or https; empty where it leads into a network of the owner's."""
    text: str
    """The passage that counts; empty where it is not known."""


@dataclass(frozen=True)
class VisitorContent:
    """A piece of the answer, as the model yields it."""

    type: Literal["content"]
    content: str


@dataclass(frozen=True)
class VisitorDone:
    """The last frame of a run that went well."""

    type: Literal["done"]
    session_id: str
    execution_id: str
    response: str
    """The whole answer; it counts where it differs from what was streamed."""
    finish_reason: Optional[str] = None
    """How the answer ended: `stop`, `length` (it was cut), `tool_calls`, `refusal`; null where no
    model answered.
    """
    files: List[FileRef] = field(default_factory=lambda: [])
    """Files that the answer carries: `GET …/files/{file}` gives one."""


@dataclass(frozen=True)
class VisitorError:
    """The last frame of a run that did not go well. It says nothing of what went on inside."""

    type: Literal["error"]
    error: str
    code: str
    """`cancelled`, `timeout` or `failed`."""
    execution_id: str


@dataclass(frozen=True)
class VisitorFile:
    """A file of the visitor's, without what is in it."""

    name: str
    kind: Literal["document", "image", "other", "text"]
    size: int
    """Bytes."""


@dataclass(frozen=True)
class VisitorHistory:
    """A conversation as its visitor sees it, the oldest turn first."""

    turns: List[TurnView]


@dataclass(frozen=True)
class VisitorInput:
    """The run asks the visitor something: answer it by `POST …/respond`, or by the next message."""

    type: Literal["input"]
    input: VisitorQuestion


@dataclass(frozen=True)
class VisitorOpinion:
    """A visitor's rating of an answer."""

    execution_id: str
    rating: Literal["down", "up"]
    comment: str = ""


@dataclass(frozen=True)
class VisitorQuestion:
    """Something that the run asks of the visitor."""

    input_id: str
    execution_id: str
    kind: Literal["approval", "decision", "input", "timer"]
    message: str
    actions: List[str]
    """What may be answered."""
    schema: Optional[Dict[str, Any]]
    """JSON Schema of the value of an `edit` or `submit`; null for any."""
    value: Any
    """What is to be decided upon."""
    requested_at: Optional[str]
    timeout_seconds: Optional[float]
    labels: Dict[str, str] = field(default_factory=lambda: {})
    """What to call the actions, by action."""


@dataclass(frozen=True)
class VisitorReset:
    """Forget the content so far: the answer is begun anew."""

    type: Literal["reset"]


@dataclass(frozen=True)
class VisitorSource:
    """A source of an answer."""

    number: int
    """The same for each citation of one source."""
    title: str
    url: str
    """An address of http or https; empty where it leads into a network of the owner's."""
    text: str
    """The passage that counts; empty where it is not known."""


@dataclass(frozen=True)
class VisitorStart:
    """The first frame of every run."""

    type: Literal["start"]
    session_id: str
    """The visitor's session, signed: send it as `X-Visitor-Session` to go on with it."""
    execution_id: str


@dataclass(frozen=True)
class VisitorStatus:
    """The run waits for somebody; the stream stays open."""

    type: Literal["status"]
    status: str
    """`waiting`."""


@dataclass(frozen=True)
class VisitorUploads:
    """Which files a visitor may send."""

    enabled: bool
    max_files: int = 0
    """Files of one message; left out, as the rest, where there are none."""
    max_bytes: int = 0
    """The largest file, in bytes."""
    accept: List[str] = field(default_factory=lambda: [])
    """Endings of names, each with its dot."""


@dataclass(frozen=True)
class WebhookCallList:
    """A page of the last calls of a webhook, the newest first."""

    calls: List[WebhookCallView]
    next_cursor: Optional[str]


@dataclass(frozen=True)
class WebhookCallView:
    """A call of a webhook."""

    at: str
    outcome: str
    """`started`, `repeated` (its delivery had started a run), `answered` (a service looked whether
    the webhook is there) or `refused`.
    """
    status: int
    """Status of the HTTP answer."""
    delivery: str
    """What its sender calls it."""
    execution_id: Optional[str]
    detail: str
    """Why it was refused."""


@dataclass(frozen=True)
class WebhookList:
    """A page of webhooks, the newest first."""

    webhooks: List[WebhookView]
    total: int
    next_cursor: Optional[str]


@dataclass(frozen=True)
class WebhookReceipt:
    """What a webhook answers at once."""

    execution_id: Optional[str] = None
    """The run that the call started; null if it started none."""
    status: str = "accepted"
    """The run's status word, or `ignored` where a service only looks whether the webhook is there."""
    challenge: Optional[str] = None
    """What Slack wants to see again when a URL is entered there."""


@dataclass(frozen=True)
class WebhookView:
    """A webhook, and how it stands."""

    id: str
    name: str
    flow_id: str
    url: str
    """Where to send calls by POST."""
    style: str
    header: str
    """Header of the token or signature."""
    delivery_header: str
    """Header that names a delivery; empty: none."""
    answer: str
    input: Optional[Dict[str, Any]]
    """Templates of the input; null: the fields of the query and the body."""
    version: str
    enabled: bool
    made_by: str
    """Name of the key or user whose rights its runs have."""
    stopped: str
    """Why the server paused it. Empty: it did not."""
    created_at: str
    updated_at: str


@dataclass(frozen=True)
class WebhookWithSecret:
    """A webhook whose secret is new."""

    id: str
    name: str
    flow_id: str
    url: str
    """Where to send calls by POST."""
    style: str
    header: str
    """Header of the token or signature."""
    delivery_header: str
    """Header that names a delivery; empty: none."""
    answer: str
    input: Optional[Dict[str, Any]]
    """Templates of the input; null: the fields of the query and the body."""
    version: str
    enabled: bool
    made_by: str
    """Name of the key or user whose rights its runs have."""
    stopped: str
    """Why the server paused it. Empty: it did not."""
    created_at: str
    updated_at: str
    secret: str = field(repr=False)
    """It is not shown again."""
    old_secret_until: Optional[str] = None
    """Until when the secret before it is valid; null where there is none."""


@dataclass(frozen=True)
class WorkflowPage:
    """Some workflows."""

    workflows: List[Union[ChatflowView, AgentflowView]]
    total: int
    """How many match in all."""
    next_cursor: Optional[str] = None
    """What the next request sends as `after`; null on the last page."""


@dataclass(frozen=True)
class WorkspaceList:
    """The workspaces that the caller can be in."""

    workspaces: List[WorkspaceView]
    total: int


@dataclass(frozen=True)
class WorkspaceView:
    """A workspace."""

    id: str
    slug: str
    name: str
    role: Optional[str]
    """The caller's role in it; null for a key of nobody's."""
    created_at: str


ChatEvent = Union[
    ChatStart,
    ChatContent,
    ChatReasoning,
    ChatReset,
    ChatNode,
    ToolState,
    ChatCitation,
    ChatInput,
    ChatStatus,
    ChatDone,
    ChatError,
]


ExecutionEvent = Union[
    ExecutionStart,
    ExecutionStatus,
    ExecutionNode,
    ExecutionToken,
    ExecutionReset,
    ToolState,
    ChatCitation,
    ExecutionComplete,
    ExecutionFailed,
]


VisitorEvent = Union[
    VisitorStart,
    VisitorContent,
    VisitorReset,
    VisitorCitation,
    VisitorInput,
    VisitorStatus,
    VisitorDone,
    VisitorError,
]
