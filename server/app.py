"""The app: everything wired together, on one screen."""

from collections.abc import Sequence

import msgspec
from litestar import Controller, Litestar
from litestar.datastructures import State
from litestar.di import Provide

from server.components import Parts
from server.dependencies import provide, provide_parts, wired
from server.description.openapi import describe_app
from server.embed.visitor_access import VisitorAccess, VisitorStores
from server.http.answers.compression import Compression
from server.http.answers.json_answers import encode_apart
from server.http.bodies import BodyRequest, PartCheck
from server.http.middleware import RequestMiddleware
from server.http.query_strings import read_queries, refuse_odd_query
from server.identity.audit_trail import AuditTrail
from server.identity.authentication import Admission, forbid_gaps, provide_caller
from server.protocols.agui.agui_routes import AgUiController
from server.protocols.error_shapes import answer_problem, refusal
from server.protocols.langgraph.controllers import LANGGRAPH
from server.protocols.mcp.mcp_routes import McpController
from server.protocols.openai.conversation_routes import ConversationsController
from server.protocols.openai.response_routes import ResponsesController
from server.protocols.openai.routes import OpenAIController
from server.protocols.vercel.ai_sdk_routes import AiSdkController
from server.request_origin.cors import cors_of
from server.request_origin.proxies import Proxies
from server.routes.agent_chats import AgentChatsController
from server.routes.agentflow_agents import AgentflowAgentsController
from server.routes.agentflows import AgentflowsController
from server.routes.agents import AgentsController
from server.routes.answers import AnswersController
from server.routes.audit import AuditController
from server.routes.budgets import BudgetsController
from server.routes.chat import ChatController, FlowChatController
from server.routes.chatflows import ChatflowsController
from server.routes.connections import ConnectionsController
from server.routes.console import ConsoleController
from server.routes.costs import CostsController
from server.routes.credentials import CredentialsController
from server.routes.embed_chat import EmbedChatController
from server.routes.embed_pages import EmbedPagesController
from server.routes.embed_runs import EmbedRunsController
from server.routes.embed_sessions import EmbedSessionsController
from server.routes.embeds import EmbedsController
from server.routes.execution_forks import ExecutionForksController
from server.routes.executions import ExecutionsController
from server.routes.feedback import FeedbackController
from server.routes.flow_bundles import FlowBundlesController
from server.routes.flow_drafts import FlowDraftsController
from server.routes.flow_versions import FlowVersionsController
from server.routes.flows import FlowsController
from server.routes.health import HealthController
from server.routes.inputs import InboxController, InputsController
from server.routes.invitations import InvitationsController
from server.routes.keys import KeysController
from server.routes.knowledge_bases import KnowledgeBasesController
from server.routes.knowledge_documents import KnowledgeDocumentsController
from server.routes.logins import LoginController
from server.routes.mcp_servers import MCPServersController
from server.routes.members import WorkspacesController
from server.routes.memories import MemoriesController
from server.routes.metrics import MetricsController, ScrapeController
from server.routes.models import ModelsController
from server.routes.node_runs import NodeRunsController
from server.routes.node_types import NodeTypesController
from server.routes.oauth import OAuthController
from server.routes.openapi_tools import OpenAPIToolsController
from server.routes.pictures import PicturesController
from server.routes.roles import RolesController
from server.routes.schedules import SchedulesController
from server.routes.schema import SchemaController
from server.routes.session_exports import SessionFilesController
from server.routes.session_messages import SessionMessagesController
from server.routes.session_variables import SessionVariablesController
from server.routes.sessions import MemoryController, SessionsController
from server.routes.templates import TemplatesController
from server.routes.tickets import TicketsController
from server.routes.tools import ToolsController
from server.routes.trigger_chats import TriggerChatsController
from server.routes.users import UsersController
from server.routes.variables import VariablesController
from server.routes.webhook_targets import WebhookTargetsController
from server.routes.webhooks import WebhooksController
from server.routes.workflows import WorkflowsController
from server.runtime import Runtime
from server.settings.sources import Settings, load_settings
from server.sockets.chat_session import ChatSockets
from server.sockets.conversation import SocketParts

__all__ = ["API", "create_app", "create_app_from_environment", "document"]

API = "/api/agent-builder"
OTHER_DOORS: Sequence[type[Controller]] = (
    HealthController,
    SchemaController,
    ConsoleController,
    ScrapeController,
    OpenAIController,
    ResponsesController,
    ConversationsController,
    McpController,
    AiSdkController,
    AgUiController,
    *LANGGRAPH,
)
"""What answers at addresses of its own."""
RESOURCES: Sequence[type[Controller]] = (
    ChatController,
    FlowChatController,
    TriggerChatsController,
    AgentChatsController,
    MemoryController,
    SessionFilesController,
    SessionMessagesController,
    SessionVariablesController,
    SessionsController,
    ChatflowsController,
    AgentflowsController,
    AgentflowAgentsController,
    FlowsController,
    FlowVersionsController,
    FlowDraftsController,
    NodeRunsController,
    FlowBundlesController,
    TemplatesController,
    WorkflowsController,
    SchedulesController,
    WebhooksController,
    WebhookTargetsController,
    AnswersController,
    AgentsController,
    NodeTypesController,
    ToolsController,
    ExecutionForksController,
    ExecutionsController,
    FeedbackController,
    PicturesController,
    MetricsController,
    CostsController,
    BudgetsController,
    CredentialsController,
    ConnectionsController,
    VariablesController,
    MCPServersController,
    OpenAPIToolsController,
    OAuthController,
    ModelsController,
    KnowledgeBasesController,
    KnowledgeDocumentsController,
    MemoriesController,
    InputsController,
    InboxController,
    TicketsController,
    EmbedsController,
    EmbedSessionsController,
    EmbedChatController,
    EmbedRunsController,
    EmbedPagesController,
    LoginController,
    KeysController,
    RolesController,
    UsersController,
    WorkspacesController,
    InvitationsController,
    AuditController,
)


def create_app(settings: Settings) -> Litestar:
    """Return the ASGI app. It answers `/health` as soon as it runs and opens the rest behind its back.

    Raises:
        ValueError: a route says nothing of who may use it.
    """
    runtime = Runtime(settings)
    process = runtime.process
    audit = AuditTrail(lambda: runtime.ready.stores.audit)
    admission = Admission(
        settings,
        process.limits,
        lambda: runtime.ready.identity.callers,
        process.streams.check,
        lambda: runtime.ready.stores.executions,
    )
    visitor_access = VisitorAccess(settings, lambda: _visitor_stores(runtime.ready))
    chat_sockets = ChatSockets(
        settings,
        process.open_sockets,
        admission,
        process.access_recheck,
        audit,
        lambda: _socket_parts(runtime.ready),
    )
    providers = {
        **provide_parts(runtime),
        "chat_sockets": provide(chat_sockets),
        "caller": Provide(provide_caller),
    }
    app = RequestMiddleware(
        hosts=settings.hosts,
        proxies=Proxies(settings.trusted_proxies),
        origins=visitor_access.with_origins,
        compression=Compression(settings.compression_min_bytes) if settings.compression == "on" else None,
        opened=runtime.opened,
        refusal=refusal,
        route_handlers=[
            *(wired(resource, "", providers) for resource in OTHER_DOORS),
            *(wired(resource, API, providers) for resource in RESOURCES),
        ],
        guards=[admission.authenticate],
        before_send=[audit.keep_request],
        exception_handlers={Exception: answer_problem},
        before_request=refuse_odd_query,
        after_request=encode_apart,
        request_class=BodyRequest,
        request_max_body_size=settings.max_body_bytes,
        multipart_form_part_limit=16,
        lifespan=[runtime.open],
        state=State(
            {
                "runtime": runtime,
                "settings": settings,
                "visitor_access": visitor_access,
                "faults_of_parts": _part_check(runtime),
            }
        ),
        cors_config=cors_of(settings),
        openapi_config=None,
        logging_config=None,
    )
    forbid_gaps(app)
    read_queries(app)
    return app


def create_app_from_environment() -> Litestar:
    """Return the app with the settings of the environment: the factory for any ASGI server.

    What a first start makes is made first, as `agenticrag serve` does: data folder, tables, key, examples.

    Raises:
        SettingsError: a setting is not what it should be.
        OSError: the data folder or the database cannot be used.
    """
    from server.first_run import prepare_here
    from server.http.secrets_in_logs import guard_handlers

    guard_handlers()
    settings = load_settings()
    prepare_here(settings)
    return create_app(settings)


def __getattr__(name: str) -> Litestar:
    """Give `app` to ``uvicorn server.app:app``, made when it is asked for."""
    if name == "app":
        return create_app_from_environment()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def document() -> str:
    """Return the OpenAPI document as text; it depends on the release alone."""
    described = describe_app(create_app(Settings()))
    return msgspec.json.format(msgspec.json.encode(described), indent=2).decode() + "\n"


def _part_check(runtime: Runtime) -> PartCheck:
    """Return what says which parts of a flow's body are wrong, for a body that does not fit as a whole."""
    return lambda value, kind: runtime.ready.runs.flow_editor.faults_of_parts(value, kind)


def _visitor_stores(parts: Parts) -> VisitorStores:
    return VisitorStores(
        parts.stores.embeds, parts.stores.flows, parts.stores.flow_versions, parts.visiting.visitor_sessions
    )


def _socket_parts(parts: Parts) -> SocketParts:
    stores, runs = parts.stores, parts.runs
    return SocketParts(
        callers=parts.identity.callers,
        flows=stores.flows,
        executions=stores.executions,
        journal=stores.journal,
        sessions=stores.sessions,
        chat_orders=runs.chat_orders,
        chat_sessions=runs.chat_sessions,
        engine=runs.engine,
        service=runs.execution_service,
    )
