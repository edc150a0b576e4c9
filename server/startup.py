"""Startup: how the components of the server are opened, a function for each group of them.

What an opener has to close later it pushes onto the stack that it is given.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from graphs.model_api.model_interface import Models
from persistence.counters.request_rates import RequestRates
from persistence.identity.mcp_servers import MCPServerRows
from persistence.identity.openapi_apis import APIRows
from persistence.journal.journal import Journal
from persistence.knowledge.bases import KnowledgeBases
from persistence.knowledge.documents import KnowledgeDocuments
from persistence.knowledge.passages import Passages
from persistence.memories.memories import Memories
from persistence.storage.database import Database
from server.compilation.code_graphs import ServerCodeGraphs
from server.compilation.langgraph_engine import Engine
from server.compilation.tool_setup import ServerTools
from server.components import Identity, Knowledge, Measures, Parts, Process, Runs, Stores, Visiting
from server.embed.stream_slots import StreamSlots
from server.embed.visitor_chats import VisitorChats
from server.embed.visitor_sessions import VisitorSessions
from server.embed.visitor_streams import VisitorStreams
from server.embed.visitors import Visitors
from server.identity.access_recheck import AccessRecheck
from server.identity.callers import Callers
from server.identity.login_tokens import Tokens
from server.identity.oidc_issuer import Issuer
from server.identity.password_logins import PasswordLogins
from server.identity.passwords import Passwords
from server.knowledge.open_knowledge import KnowledgeTools, open_knowledge_tools
from server.knowledge.request_models import RequestModels
from server.limits.limit_stores import RedisStore
from server.limits.rate_limits import Limits
from server.mcp.mcp_servers import MCPServers
from server.metrics.metering import Metering
from server.oauth.authorizations import OAuthAuthorizations
from server.oauth.token_grants import TokenGrants
from server.open_runs import open_runs
from server.open_stores import open_stores
from server.open_triggers import TriggerCounts, open_triggers
from server.openapi.workspace_apis import APIs
from server.requests.document_intake import DocumentIntake
from server.runs.dropped_streams import Streams
from server.runs.execution_service import ExecutionService
from server.runs.readiness import Readiness
from server.runs.tracing import open_tracing
from server.settings.data_folder import secret_key
from server.settings.default_model import DefaultModel
from server.settings.known_models import KnownModels
from server.settings.sources import Settings
from server.sockets.open_sockets import OpenSockets
from server.workers.open_wakeups import open_wakeups

__all__ = ["make_process", "open_parts"]


def make_process(settings: Settings, *, worker: bool = False) -> Process:
    """Return what a process has from its first moment on."""
    recheck, default_model = AccessRecheck(), DefaultModel(settings)
    return Process(
        settings=settings,
        readiness=Readiness(),
        limits=Limits(settings),
        access_recheck=recheck,
        streams=Streams(
            recheck,
            heartbeat=settings.heartbeat_seconds,
            stall=settings.stall_seconds,
            most=settings.max_streams,
            most_of_one=settings.max_streams_per_caller,
        ),
        open_sockets=OpenSockets(most=settings.max_sockets, stall=settings.stall_seconds),
        passwords=Passwords(),
        default_model=default_model,
        known_models=KnownModels(settings),
        tools=ServerTools(settings),
        code_graphs=ServerCodeGraphs(settings, default_model),
        worker=worker,
    )


async def open_parts(process: Process, database: Database, stack: AsyncExitStack) -> Parts:
    """Open everything that needs the database, which has the tables of this release."""
    grants = TokenGrants(process.settings)
    stack.push_async_callback(grants.close)
    stores = await open_stores(process.settings, database, grants)
    mcp_servers = MCPServers(process.settings, MCPServerRows(database), stores.credentials, stores.variables)
    stack.push_async_callback(mcp_servers.close)
    openapi_apis = APIs(process.settings, APIRows(database), stores.credentials)
    stack.push_async_callback(openapi_apis.close)
    tools = open_knowledge_tools(process.settings, database, stack)
    engine = Engine(
        process.settings,
        database,
        stores.flows,
        process.tools,
        process.default_model,
        stores.credentials,
        stores.connections,
        tools.embedder,
        tools.reranking,
        tools.ingestion,
        tools.retriever,
        mcp_servers,
        openapi_apis,
        stores.variables,
        process.code_graphs,
    )
    await process.code_graphs.store(database)
    stack.push_async_callback(engine.close)
    redis = await open_limits(process, database, stack)
    open_wakeups(process.settings, stores.journal, stack)
    runs = await open_runs(process, database, stores, engine, mcp_servers, openapi_apis, stack)
    knowledge = open_knowledge(process.settings, database, stores, runs, tools, engine.models)
    counts = TriggerCounts()
    measures = await open_measures(
        process, database, stores.journal, runs.execution_service, mcp_servers, counts, stack
    )
    tools.search.observe = measures.metering.counting.searched
    tools.ingestion.steps.observe = measures.metering.counting.embedded
    await open_traces(process.settings, stores.journal, stack)
    secret = await asyncio.to_thread(secret_key, process.settings)
    identity = open_identity(process, stores, secret, grants)
    return Parts(
        stores=stores,
        runs=runs,
        knowledge=knowledge,
        measures=measures,
        identity=identity,
        visiting=open_visiting(process, stores, runs, secret, redis, stack),
        triggers=open_triggers(process, database, stores, runs, identity, secret, counts, stack),
    )


async def open_limits(process: Process, database: Database, stack: AsyncExitStack) -> RedisStore | None:
    """Count limits where all processes do; return Redis where that is."""
    redis = None
    if process.settings.redis_url:
        redis = await asyncio.to_thread(RedisStore, process.settings.redis_url)
        stack.push_async_callback(redis.close)
    process.limits.use(redis or RequestRates(database))
    stack.callback(process.limits.use, None)
    return redis


def open_knowledge(
    settings: Settings,
    database: Database,
    stores: Stores,
    runs: Runs,
    tools: KnowledgeTools,
    models: Callable[[], Awaitable[Models]],
) -> Knowledge:
    """Open what requests do with knowledge bases."""
    bases, documents = KnowledgeBases(database), KnowledgeDocuments(database)
    return Knowledge(
        knowledge_bases=bases,
        knowledge_documents=documents,
        knowledge_search=tools.search,
        knowledge_passages=Passages(database),
        request_models=RequestModels(
            database,
            stores.journal.claims.ledger,
            tools.embedder,
            tools.reranking,
            models,
            stores.connections,
            stores.credentials,
        ),
        knowledge_sweeper=tools.sweeper,
        memories=Memories(database),
        document_intake=DocumentIntake(
            settings, database, bases, documents, runs.execution_service, stores.session_files
        ),
    )


async def open_measures(
    process: Process,
    database: Database,
    journal: Journal,
    service: ExecutionService,
    mcp_servers: MCPServers,
    counts: TriggerCounts,
    stack: AsyncExitStack,
) -> Measures:
    """Begin to count, and learn prices and budgets."""
    metering = Metering(
        database,
        journal,
        process_id=service.process_id,
        lease_seconds=process.settings.lease_seconds,
        pinned_models=process.settings.metrics_models,
        counters=lambda: {
            "requests_refused": process.limits.refused,
            "limit_store_failures": {"": process.limits.unanswered},
            "mcp_calls": mcp_servers.pool.calls,
            "schedule_runs": dict(counts.schedules),
            "webhook_calls": dict(counts.calls),
            "webhook_deliveries": dict(counts.deliveries),
        },
        gauges=lambda: {
            "active_runs": service.active,
            "mcp_sessions": len(mcp_servers.pool),
            "open_streams": len(process.streams) + len(process.open_sockets),
            "journal_writes_waiting": database.waiting,
        },
    )
    stack.push_async_callback(metering.close)
    await metering.open()
    return Measures(
        metering=metering,
        costs=metering.costs,
        prices=metering.ledger.prices,
        budgets=metering.ledger.budgets,
    )


async def open_traces(settings: Settings, journal: Journal, stack: AsyncExitStack) -> None:
    """Send traces to the operator's collector, where one is named."""
    tracing = await asyncio.to_thread(open_tracing, settings)
    if tracing is not None:
        stack.push_async_callback(asyncio.to_thread, tracing.close)
        journal.watchers.append(tracing.seen)
        journal.on_request = tracing.asked


def open_identity(process: Process, stores: Stores, secret: str, grants: TokenGrants) -> Identity:
    """Open what finds out who calls; `secret` signs what they are given."""
    settings, tokens = process.settings, Tokens(secret)
    issuer = Issuer(settings, stores.users, stores.workspaces) if settings.jwt_jwks_url else None
    return Identity(
        oauth=OAuthAuthorizations(grants, stores.oauth_pending, stores.credentials),
        callers=Callers(
            stores.keys,
            stores.logins,
            stores.workspaces,
            tokens,
            issuer,
            seconds=settings.key_cache_seconds,
            editors_see_all=settings.editor_sessions == "all",
        ),
        password_logins=PasswordLogins(
            settings,
            process.limits,
            process.passwords,
            tokens,
            stores.users,
            stores.workspaces,
            stores.logins,
            stores.audit,
        ),
    )


def open_visiting(
    process: Process,
    stores: Stores,
    runs: Runs,
    secret: str,
    redis: RedisStore | None,
    stack: AsyncExitStack,
) -> Visiting:
    """Open what visitors of embedded chats need."""
    settings = process.settings
    sessions = VisitorSessions(secret, seconds=settings.embed_session_minutes * 60)
    seats = VisitorStreams(
        stores.embeds.open, most=settings.embed_streams, shared=StreamSlots(redis) if redis else None
    )
    stack.push_async_callback(seats.close)
    visitors = Visitors(stores.flows, stores.flow_versions, stores.executions, sessions, seats)
    return Visiting(
        visitor_sessions=sessions,
        visitor_streams=seats,
        visitors=visitors,
        visitor_chats=VisitorChats(
            settings,
            process.limits,
            visitors,
            runs.chat_orders,
            runs.execution_service,
            runs.execution_streams,
        ),
    )
