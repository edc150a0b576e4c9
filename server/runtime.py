"""Runtime: what lives while the app lives, opened behind its back so that it answers at once."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from types import FrameType
from typing import Any

from msgspec import Struct

from graphs.engine import failpoints
from persistence.counters.request_rates import RequestRates
from persistence.identity.audit import Audit
from persistence.identity.credentials import Credentials
from persistence.identity.invitations import Invitations
from persistence.identity.keys import Keys
from persistence.identity.logins import Logins
from persistence.identity.users import Users
from persistence.identity.workspaces import Workspaces
from persistence.library.agents import Agents
from persistence.library.conversations import Conversations
from persistence.library.embeds import Embeds
from persistence.library.flows import Flows
from persistence.library.session_files import Files
from persistence.library.sessions import Sessions
from persistence.reports.execution_lists import ExecutionLists
from persistence.reports.execution_stats import ExecutionStats
from persistence.runs.executions import Executions
from persistence.runs.journal import Journal
from persistence.runs.questions import Inputs
from persistence.spending.ledger import Ledger
from persistence.storage.database import Database, open_database
from persistence.storage.encryption import Cipher
from persistence.storage.migrate import is_current
from server.embed.stream_slots import StreamSlots
from server.embed.visitor_sessions import VisitorSessions
from server.embed.visitor_streams import VisitorStreams
from server.http.limit_stores import RedisStore
from server.http.networks import Networks
from server.http.problems import Problem
from server.http.rate_limits import Limits
from server.identity.access_recheck import AccessRecheck
from server.identity.callers import Callers
from server.identity.oidc_issuer import Issuer
from server.identity.passwords import Passwords
from server.identity.tokens import Tokens
from server.runs.engine import Engine
from server.runs.event_streams import Streams
from server.runs.execution_service import ExecutionService
from server.runs.metering import Metering
from server.runs.tool_setup import ServerTools
from server.runs.tracing import open_tracing
from server.settings.data_folder import encryption_keys, secret_key
from server.settings.default_model import DefaultModel
from server.settings.sources import Settings
from server.sockets.open_sockets import OpenSockets

__all__ = ["Parts", "Runtime"]

RETRY_SECONDS = 0.5
"""How long a start waits for a database that does not answer or is not migrated yet."""

log = logging.getLogger("agenticrag")


class Parts(Struct, frozen=True):
    """Everything that needs the database."""

    database: Database
    journal: Journal
    flows: Flows
    agents: Agents
    credentials: Credentials
    sessions: Sessions
    files: Files
    executions: Executions
    lists: ExecutionLists
    stats: ExecutionStats
    inputs: Inputs
    keys: Keys
    users: Users
    workspaces: Workspaces
    invitations: Invitations
    logins: Logins
    callers: Callers
    audit: Audit
    engine: Engine
    service: ExecutionService
    metering: Metering
    embeds: Embeds
    conversations: Conversations
    visitor_sessions: VisitorSessions
    visitor_streams: VisitorStreams


class Runtime:
    """Opens the parts in the background, hands them out when they are ready, and closes them in order."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.streams = Streams(
            heartbeat=settings.heartbeat_seconds,
            stall=settings.stall_seconds,
            most=settings.max_streams,
            most_of_one=settings.max_streams_per_caller,
        )
        self.limits = Limits(settings)
        self.metrics_networks = Networks(settings.metrics_networks)
        self.sockets = OpenSockets(most=settings.max_sockets, stall=settings.stall_seconds)
        self.standing = AccessRecheck()
        self.passwords = Passwords()
        self.default_model = DefaultModel(settings)
        self.tools = ServerTools(settings)
        self.waiting_for = "The database is being opened."
        """Why the server is not ready, as a sentence; empty when it is."""
        self._parts: Parts | None = None
        self._opened = asyncio.Event()
        self._stop = asyncio.Event()
        self._draining: asyncio.Task[None] | None = None

    @property
    def ready(self) -> Parts:
        """The parts.

        Raises:
            Problem: 503 while they are being opened, and once the server stops.
        """
        if self._parts is None:
            raise Problem(
                503, "not_ready", f"{self.waiting_for} Try again in a moment.", headers={"Retry-After": "1"}
            )
        return self._parts

    async def opened(self) -> None:
        """Return when the parts are ready, or when a request has waited for them long enough."""
        if self._parts is None and not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._opened.wait(), self.settings.start_wait_seconds)

    async def answers(self) -> None:
        """Return if the database answers.

        Raises:
            Problem: 503.
        """
        outage = self.ready.service.outage
        if outage.reason:
            raise Problem(
                503,
                "storage_paused",
                f"paused: storage. {outage.reason} {len(outage)} runs wait; they go on by themselves.",
                headers={"Retry-After": "5"},
            )
        if not await is_current(self.ready.database):
            raise Problem(
                503,
                "not_ready",
                "The database is not migrated to this release.",
                headers={"Retry-After": "5"},
            )

    @property
    def stopping(self) -> bool:
        """Whether the server was told to stop."""
        return self._stop.is_set()

    @asynccontextmanager
    async def open(self, _: Any = None) -> AsyncGenerator[None]:
        """Begin to open the parts; close them, with time for runs to reach a checkpoint, at the end."""
        if failpoints.armed:
            log.warning("FAILPOINTS ARE ON: this process dies at %s.", ", ".join(failpoints.armed))
        tending = [
            asyncio.create_task(self.streams.tend(), name="streams"),
            asyncio.create_task(self.sockets.tend(), name="sockets"),
        ]
        living = asyncio.create_task(self._live(), name="runtime")
        with StopSignals(self.stop):
            try:
                yield
            finally:
                self.stop()
                await living
                for task in tending:
                    task.cancel()
                await asyncio.gather(*tending, return_exceptions=True)

    def stop(self) -> None:
        """Begin to stop: streams are told, runs drain. Answers under way go on meanwhile."""
        if self._stop.is_set():
            return
        self._stop.set()
        self.streams.say_goodbye()
        self.sockets.say_goodbye()
        if self._parts is not None:
            self._draining = asyncio.create_task(self._parts.service.drain(), name="drain")

    async def _live(self) -> None:
        settings = self.settings
        while not self._stop.is_set():
            try:
                async with AsyncExitStack() as stack:
                    database = await stack.enter_async_context(
                        open_database(
                            settings.database,
                            synchronous=settings.sqlite_synchronous,
                            pool_size=settings.database_pool,
                        )
                    )
                    await self._migrated(database)
                    if not self._stop.is_set():
                        await self._serve(database, stack)
            except Exception as error:
                self.waiting_for = "The database does not answer."
                log.warning(
                    "The database does not answer (%s: %s); trying again.", type(error).__name__, error
                )
                await self._pause()

    async def _migrated(self, database: Database) -> None:
        """Return when the database has the tables of this release."""
        said = False
        while not self._stop.is_set() and not await is_current(database):
            self.waiting_for = "The database is not migrated to this release; run 'agenticrag db upgrade'."
            if not said:
                log.warning(self.waiting_for)
                said = True
            await self._pause()

    async def _serve(self, database: Database, stack: AsyncExitStack) -> None:
        """Hold the parts open until the server stops."""
        settings = self.settings
        ledger = Ledger(
            database,
            default_price_per_1m=settings.budget_default_price or None,
            reserved_output=settings.budget_output_tokens,
        )
        journal, flows = Journal(database, ledger), Flows(database)
        executions = Executions(
            database,
            max_open=settings.max_open_runs,
            max_open_of_flow=settings.max_open_runs_flow,
        )
        key, old = await asyncio.to_thread(encryption_keys, settings)
        credentials = Credentials(database, Cipher(key, old))
        engine = Engine(settings, database, flows, self.tools, self.default_model, credentials)
        stack.push_async_callback(engine.close)
        redis = await self._count_limits(database, stack)
        service = ExecutionService(settings, database, journal, executions, engine, self.limits)
        stack.push_async_callback(service.close)
        await service.open()
        metering = Metering(
            database,
            journal,
            process_id=service.process_id,
            lease_seconds=settings.lease_seconds,
            counters=lambda: {
                "requests_refused": self.limits.refused,
                "limit_store_failures": {"": self.limits.unanswered},
            },
            gauges=lambda: {
                "active_runs": service.active,
                "open_streams": len(self.streams) + len(self.sockets),
                "journal_writes_waiting": database.waiting,
            },
        )
        stack.push_async_callback(metering.close)
        await metering.open()
        tracing = await asyncio.to_thread(open_tracing, settings)
        if tracing is not None:
            stack.push_async_callback(asyncio.to_thread, tracing.close)
            journal.watchers.append(tracing.seen)
        secret = await asyncio.to_thread(secret_key, settings)
        keys, users, workspaces, logins = (
            Keys(database),
            Users(database),
            Workspaces(database),
            Logins(database),
        )
        callers = Callers(
            keys,
            logins,
            workspaces,
            Tokens(secret),
            Issuer(settings, users, workspaces) if settings.jwt_jwks_url else None,
            seconds=settings.key_cache_seconds,
        )
        embeds = Embeds(database)
        visitor_streams = VisitorStreams(
            embeds.open, most=settings.embed_streams, shared=StreamSlots(redis) if redis else None
        )
        stack.push_async_callback(visitor_streams.close)
        self._parts = Parts(
            database=database,
            journal=journal,
            flows=flows,
            agents=Agents(database),
            credentials=credentials,
            sessions=Sessions(database),
            files=Files(database),
            executions=executions,
            lists=ExecutionLists(database),
            stats=ExecutionStats(database),
            inputs=Inputs(database),
            keys=keys,
            users=users,
            workspaces=workspaces,
            invitations=Invitations(database),
            logins=logins,
            callers=callers,
            audit=Audit(database),
            engine=engine,
            service=service,
            metering=metering,
            embeds=embeds,
            conversations=Conversations(database),
            visitor_sessions=VisitorSessions(secret, seconds=settings.embed_session_minutes * 60),
            visitor_streams=visitor_streams,
        )
        self.waiting_for = ""
        self._opened.set()
        beside = (
            asyncio.create_task(self._warm_up(engine), name="warm-up"),
            asyncio.create_task(self.standing.tend(callers.now), name="standing"),
            asyncio.create_task(visitor_streams.tend(), name="visitors"),
            asyncio.create_task(visitor_streams.keep(), name="visitors-seats"),
        )
        try:
            await self._stop.wait()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            if self._draining is not None:
                await asyncio.wait({self._draining})
            self.waiting_for = "The server is stopping."
            self._opened.clear()
            self._parts = None

    async def _count_limits(self, database: Database, stack: AsyncExitStack) -> RedisStore | None:
        """Count limits where all processes do; return Redis where that is."""
        redis = None
        if self.settings.redis_url:
            redis = await asyncio.to_thread(RedisStore, self.settings.redis_url)
            stack.push_async_callback(redis.close)
        self.limits.use(redis or RequestRates(database))
        stack.callback(self.limits.use, None)
        return redis

    async def _warm_up(self, engine: Engine) -> None:
        """Import the engine before somebody waits for it."""
        try:
            await engine.warm_up()
        except Exception:
            log.exception("The engine could not be opened; the first run will try again.")

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), RETRY_SECONDS)
        except TimeoutError:
            return


class StopSignals:
    """Call something first when the process is told to stop; what the server does about it comes after.

    uvicorn tells an app of its end when every connection is closed, which a stream never is by itself.
    """

    def __init__(self, call: Any) -> None:
        self._call = call
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.getsignal(number)
            if callable(before):
                self._before[number] = before
                signal.signal(number, self._chained(loop, before))

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _chained(self, loop: asyncio.AbstractEventLoop, before: Any) -> Any:
        def stopped(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._call)
            before(number, frame)

        return stopped
