"""Conversation: what a caller says on a WebSocket, done one after the other, and the runs that come of it."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import WebSocket
from msgspec import Struct

from persistence.journal.journal import Journal
from persistence.library.flows import Flows
from persistence.library.sessions import SessionRow, Sessions
from persistence.runs.executions import Accepted, ExecutionRow, Executions
from server.compilation.langgraph_engine import Engine
from server.http.parameters import known_id
from server.http.problems import Problem, known_problem, not_found
from server.identity.access_recheck import LOST
from server.identity.audit_trail import AuditTrail, action_of
from server.identity.authentication import require
from server.identity.callers import Caller, Callers
from server.identity.ownership import may_see, visible_to
from server.requests.chat_requests import ChatOrders
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import opening_event
from server.runs.run_requests import Order
from server.sessions.chat_sessions import ChatSessions
from server.settings.sources import Settings
from server.sockets.closing import Closed, Closing
from server.sockets.commands import Auth, Cancel, Clear, Command, History, Ping, Resume, read_command
from server.sockets.connection import Connection
from server.sockets.message_format import MessageFormat
from server.views.conversation_files import shown_messages

__all__ = ["Conversation", "SocketParts", "receive"]

MOST_RUNS = 16
"""Runs that one socket follows at once."""
YIELD_EVERY = 50
"""Frames of a replay after which others have the event loop."""

T = TypeVar("T")

log = logging.getLogger("agenticrag.sockets")


class SocketParts(Struct, frozen=True):
    """What a conversation reads and runs."""

    callers: Callers
    flows: Flows
    chat_orders: ChatOrders
    executions: Executions
    journal: Journal
    sessions: Sessions
    chat_sessions: ChatSessions
    engine: Engine
    service: ExecutionService


class Conversation:
    """One caller on one socket. `listen` runs until the client leaves; runs go on without it."""

    def __init__(
        self,
        settings: Settings,
        parts: SocketParts,
        audit: AuditTrail,
        line: Connection,
        dialect: MessageFormat,
        caller: Caller,
        session: str,
        *,
        address: str,
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._audit = audit
        self._line = line
        self._dialect = dialect
        self._caller = caller
        self._session = session
        self._address = address
        self._watching: dict[str, asyncio.Task[None]] = {}

    async def listen(self, socket: WebSocket[Any, Any, Any]) -> None:
        """Do what the client says until it leaves.

        Raises:
            Closed: it said too much, or something that is no text.
        """
        settings = self._settings
        allowance = Allowance(settings.socket_messages_per_minute)
        await self._line.put(self._dialect.connected(self._session))
        while (text := await receive(socket, settings.max_socket_bytes)) is not None:
            if not allowance.take():
                raise Closed(
                    Closing.TOO_MANY,
                    f"A socket takes {settings.socket_messages_per_minute} messages a minute. Send fewer.",
                )
            await self._hear(text)

    async def close(self) -> None:
        """Follow no run any more."""
        for task in self._watching.values():
            task.cancel()
        await asyncio.gather(*self._watching.values(), return_exceptions=True)

    async def _hear(self, text: str) -> None:
        """Do what one message says; what cannot be done is answered with an error."""
        execution_id = ""
        try:
            said = read_command(text, self._dialect.kinds, default=self._dialect.default)
            if isinstance(said, (Cancel, Resume)):
                execution_id = said.execution_id or ""
            await self._do(said)
        except Exception as error:
            problem = known_problem(error)
            if problem is None:
                raise
            await self._line.put(self._dialect.error(problem, execution_id))

    async def _do(self, said: Command) -> None:
        await self._check_right(said)
        match said:
            case Ping():
                await self._line.put(self._dialect.pong())
            case Auth():
                raise Problem(
                    409,
                    "invalid",
                    "This WebSocket connection is already authenticated. Send 'auth' only once, as the "
                    "first message.",
                )
            case Clear():
                await self._clear(said)
            case History(limit=limit):
                await self._tell_history(limit)
            case Cancel():
                await self._cancel(said)
            case Resume(execution_id=execution_id, after=after):
                await self._resume(execution_id, after)
            case _:
                await self._start(said)

    async def _start(self, said: Command) -> None:
        self._check_room()
        order = await self._dialect.order(said, self._caller, self._session)
        accepted = await _whole(self._begin(said, order))
        if accepted.after:
            for frame in self._dialect.projection().shown(opening_event(accepted.execution, accepted.after)):
                await self._line.put(frame)
            if accepted.execution.id in self._watching:
                return
        self._watch(accepted.execution.id, accepted.after)

    async def _begin(self, said: Command, order: Order) -> Accepted:
        accepted = await self._parts.service.start(order)
        if not accepted.replayed:
            flow_id = self._dialect.flow_id
            target = ("session", self._session) if flow_id is None else ("workflow", flow_id)
            self._keep(said, target, accepted.execution.id)  # the run does not wait for it
        return accepted

    async def _resume(self, execution_id: str, after: int) -> None:
        row = await self._execution(execution_id)
        if row.id not in self._watching:
            self._check_room()
        journal = self._parts.journal
        if row.completed_at is None and after and not await journal.read(row.id, after - 1, limit=1):
            raise Problem(400, "malformed", f"Execution '{row.id}' has no event {after} yet. Resume after 0.")
        self._watch(row.id, after)

    async def _cancel(self, said: Cancel) -> None:
        if said.execution_id is None:
            for each in tuple(self._watching):
                await _whole(self._end(said, each))
            return
        row = await self._execution(said.execution_id)
        await _whole(self._end(said, row.id))

    async def _end(self, said: Cancel, execution_id: str) -> None:
        await self._parts.service.cancel(self._caller.workspace, execution_id)
        await asyncio.wait({self._keep(said, ("execution", execution_id))})

    async def _clear(self, said: Clear) -> None:
        row = await self._stored_session()
        if row is not None:
            await _whole(self._empty(said, row))
        await self._line.put(self._dialect.cleared(self._session))

    async def _empty(self, said: Clear, row: SessionRow) -> None:
        await self._parts.chat_sessions.end_runs(self._caller, row)
        await self._parts.sessions.clear(self._caller.workspace, row.name)
        await asyncio.wait({self._keep(said, ("session", row.name))})

    def _keep(self, said: Command, target: tuple[str, str], execution_id: str = "") -> asyncio.Future[None]:
        """Begin to keep in the audit log what was done, and return its end."""
        action = f"socket.{said.__struct_config__.tag}"
        deed = action_of(self._caller.actor, action, target, address=self._address, execution_id=execution_id)
        return self._audit.keep(deed)

    async def _tell_history(self, limit: int) -> None:
        row = await self._stored_session()
        messages = [] if row is None else await self._parts.engine.sessions.conversation(row.id)
        last = shown_messages(messages)
        await self._line.put(self._dialect.history(self._session, last[-limit:], len(last)))

    async def _stored_session(self) -> SessionRow | None:
        row = await self._parts.sessions.get(self._caller.workspace, self._session)
        if row is not None and (
            self._dialect.flow_id not in (None, row.flow_id) or not may_see(self._caller, row)
        ):
            raise not_found("session", self._session)
        return row

    async def _execution(self, execution_id: str) -> ExecutionRow:
        known = known_id("execution", execution_id)
        row = await self._parts.executions.get(self._caller.workspace, known, owner=visible_to(self._caller))
        of_another = row is not None and self._dialect.flow_id not in (None, row.flow_id)
        if row is None or of_another or row.flow_type != "chatflow":
            raise not_found("execution", execution_id)
        return row

    async def _check_right(self, said: Command) -> None:
        """Look anew what the caller may do: a right that a socket began with may have been taken since.

        Raises:
            Closed: the caller may be here no more.
            Problem: 403.
        """
        if said.needs is None:
            return
        found = await self._parts.callers.lately(self._caller)
        if found is None:
            raise Closed(Closing.UNAUTHORIZED, LOST["token_expired" if self._caller.expired else "revoked"])
        require(found, said.needs)

    def _check_room(self) -> None:
        if len(self._watching) >= MOST_RUNS:
            detail = f"A socket follows {MOST_RUNS} runs at once. Wait for one to end, or cancel one."
            raise Problem(429, "too_many", detail, headers={"Retry-After": "1"})

    def _watch(self, execution_id: str, after: int) -> None:
        """Send a run's frames from now on; one that is being sent already begins anew after `after`."""
        before = self._watching.get(execution_id)
        if before is not None:
            before.cancel()
        self._watching[execution_id] = asyncio.create_task(
            self._send_run(execution_id, after), name=f"socket-{execution_id}"
        )

    async def _send_run(self, execution_id: str, after: int) -> None:
        projection = self._dialect.projection()
        try:
            first = 0 if projection.whole else after
            follow = self._parts.service.follow
            async with contextlib.aclosing(follow(execution_id, first)) as events:
                async for event in events:
                    for frame in projection.shown(event):
                        if event.seq > after:
                            await self._line.put(frame)
                    if event.seq % YIELD_EVERY == 0:
                        await asyncio.sleep(0)
        except Exception:
            log.exception("A stream broke off; its client may resume it.")
            self._line.close(Closing.BROKEN, "The stream broke off. Connect again and resume.")
        finally:
            if self._watching.get(execution_id) is asyncio.current_task():
                del self._watching[execution_id]


class Allowance:
    """So many messages a minute: as many at once, then as they grow back."""

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._left = float(a_minute)
        self._at = asyncio.get_running_loop().time()

    def take(self) -> bool:
        """Take one; False if none is left."""
        now = asyncio.get_running_loop().time()
        self._left = min(self._a_minute, self._left + (now - self._at) * self._a_minute / 60)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


async def _whole(doing: Coroutine[Any, Any, T]) -> T:
    """Do something to its end, though the client leaves at this moment: no run that was accepted loses its
    executor, and nothing that was done its record."""
    return await asyncio.shield(asyncio.ensure_future(doing))


async def receive(socket: WebSocket[Any, Any, Any], longest: int) -> str | None:
    """Return the next message; None when the client has left.

    Raises:
        Closed: it is no text, or longer than `longest` bytes.
    """
    message = await socket.receive()
    if message["type"] != "websocket.receive":
        return None
    text = message.get("text")
    if text is None:
        raise Closed(Closing.NOT_TEXT, "Messages are JSON text, not binary.")
    if len(text) > longest or (len(text) > longest // 4 and len(text.encode("utf-8", "replace")) > longest):
        raise Closed(Closing.TOO_BIG, f"A message has at most {longest} bytes.")
    return text
