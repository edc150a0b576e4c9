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

from graphs.node_execution import failpoints
from graphs.parsing.resolved_types import resolve_types
from persistence.storage.database import Database, open_database
from persistence.storage.migrate import is_current
from server.compilation.langgraph_engine import Engine
from server.components import Parts, Process
from server.settings.sources import Settings
from server.startup import make_process, open_parts

__all__ = ["Runtime"]

RETRY_SECONDS = 0.5
"""How long a start waits for a database that does not answer or is not migrated yet."""

log = logging.getLogger("agenticrag")


class Runtime:
    """Opens the parts in the background, hands them out when they are ready, and closes them in order."""

    def __init__(self, settings: Settings, *, worker: bool = False) -> None:
        self.process: Process = make_process(settings, worker=worker)
        """What is there from the first moment on."""
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
            raise self.process.readiness.refusal()
        return self._parts

    async def opened(self) -> None:
        """Return when the parts are ready, or when a request has waited for them long enough."""
        if self._parts is None and not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._opened.wait(), self.process.settings.start_wait_seconds)

    @property
    def waiting_for(self) -> str:
        """Why the server is not ready, as a sentence; empty when it is."""
        return self.process.readiness.waiting_for

    @property
    def stopping(self) -> bool:
        """Whether the server was told to stop."""
        return self._stop.is_set()

    @asynccontextmanager
    async def open(self, _: Any = None) -> AsyncGenerator[None]:
        """Begin to open the parts; close them, with time for runs to reach a checkpoint, at the end."""
        if failpoints.armed:
            log.warning("FAILPOINTS ARE ON: this process dies at %s.", ", ".join(failpoints.armed))
        resolve_types()
        tending = [
            asyncio.create_task(self.process.streams.tend(), name="streams"),
            asyncio.create_task(self.process.open_sockets.tend(), name="sockets"),
        ]
        living = asyncio.create_task(self._live(), name="runtime")
        with StopSignals(self._told_to_stop):
            try:
                yield
            finally:
                self.stop()
                await living
                for task in tending:
                    task.cancel()
                await asyncio.gather(*tending, return_exceptions=True)

    def _told_to_stop(self) -> None:
        """Begin to stop; whoever says it once more will not wait for the runs."""
        if self._stop.is_set() and self._parts is not None:
            self._parts.runs.execution_service.hurry()
        self.stop()

    def stop(self) -> None:
        """Begin to stop: streams are told, runs drain. Answers under way go on meanwhile."""
        if self._stop.is_set():
            return
        self._stop.set()
        self.process.streams.say_goodbye()
        self.process.open_sockets.say_goodbye()
        if self._parts is not None:
            self._draining = asyncio.create_task(self._parts.runs.execution_service.drain(), name="drain")

    async def _live(self) -> None:
        settings = self.process.settings
        while not self._stop.is_set():
            try:
                async with AsyncExitStack() as stack:
                    database = await stack.enter_async_context(
                        open_database(
                            settings.database,
                            synchronous=settings.sqlite_synchronous,
                            pool_size=settings.database_pool,
                            large_value_bytes=settings.large_value_bytes,
                        )
                    )
                    await self._migrated(database)
                    if not self._stop.is_set():
                        await self._serve(database, stack)
            except Exception as error:
                self.process.readiness.end("The database does not answer.")
                log.warning(
                    "The database does not answer (%s: %s); trying again.", type(error).__name__, error
                )
                await self._pause()

    async def _migrated(self, database: Database) -> None:
        """Return when the database has the tables of this release."""
        said = False
        while not self._stop.is_set() and not await is_current(database):
            self.process.readiness.end(
                "The database is not migrated to this release; run 'agenticrag db upgrade'."
            )
            if not said:
                log.warning(self.waiting_for)
                said = True
            await self._pause()

    async def _serve(self, database: Database, stack: AsyncExitStack) -> None:
        """Hold the parts open until the server stops."""
        parts = self._parts = await open_parts(self.process, database, stack)
        self.process.readiness.begin(database, parts.runs.execution_service.outage)
        self._opened.set()
        seats = parts.visiting.visitor_streams
        beside = (
            asyncio.create_task(self._warm_up(parts.runs.engine), name="warm-up"),
            asyncio.create_task(
                self.process.access_recheck.tend(parts.identity.callers.now), name="access-recheck"
            ),
            asyncio.create_task(seats.tend(), name="visitors"),
            asyncio.create_task(seats.keep(), name="visitors-seats"),
        )
        try:
            await self._stop.wait()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            if self._draining is not None:
                await asyncio.wait({self._draining})
            self._opened.clear()
            self._parts = None
            self.process.readiness.end("The server is stopping.")

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
