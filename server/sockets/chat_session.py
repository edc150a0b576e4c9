"""Chat session: one WebSocket from its handshake to its end: caller, origin, then the conversation."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import WebSocket
from litestar.connection import ASGIConnection

from graphs.parsing.text import clean
from persistence.storage.ids import new_id
from server.http.parameters import session_name
from server.http.problems import Problem, known_problem
from server.http.query_strings import refuse_odd_parameters
from server.identity.access_recheck import LOST, AccessRecheck, Lost
from server.identity.audit_trail import AuditTrail, address_of
from server.identity.authentication import Admission
from server.identity.callers import Caller
from server.request_origin.trusted_origins import is_allowed
from server.settings.sources import Settings
from server.sockets.closing import Closed, Closing
from server.sockets.commands import Auth, read_command
from server.sockets.connection import LAST_WORDS_SECONDS, Connection
from server.sockets.conversation import Conversation, SocketParts, receive
from server.sockets.message_format import MessageFormat
from server.sockets.open_sockets import OpenSockets

__all__ = ["ChatSockets"]

log = logging.getLogger("agenticrag.sockets")

Socket = WebSocket[Any, Any, Any]


class ChatSockets:
    """Serves chats over WebSockets; `parts` gives what they read and run, or raises a `Problem`."""

    def __init__(
        self,
        settings: Settings,
        open_sockets: OpenSockets,
        admission: Admission,
        recheck: AccessRecheck,
        audit: AuditTrail,
        parts: Callable[[], SocketParts],
    ) -> None:
        self._settings = settings
        self._open = open_sockets
        self._admission = admission
        self._recheck = recheck
        self._audit = audit
        self._parts = parts

    async def talk(
        self,
        socket: Socket,
        dialect: Callable[[SocketParts, Caller], Awaitable[MessageFormat]],
        parameters: tuple[str, ...] = (),
    ) -> None:
        """Serve a WebSocket until either side ends it. Runs that were begun go on without it.

        It is opened before anything is looked at: to a page, a handshake that was refused says nothing, a
        close code does.

        Args:
            socket: The connection, not accepted yet.
            dialect: Makes the dialect once the caller is known; may end the socket with `Closed`.
            parameters: What the query may have, beside `session_id` and `token`.
        """
        await socket.accept()
        line = Connection(socket)
        writing = asyncio.create_task(line.write(), name="socket-writer")
        listening = asyncio.create_task(
            self._listen(socket, line, dialect, parameters), name="socket-listener"
        )
        try:
            await asyncio.wait({writing, listening}, return_when=asyncio.FIRST_COMPLETED)
            if listening.done() and line.closing is not None:
                await asyncio.wait({writing}, timeout=LAST_WORDS_SECONDS)
        finally:
            for task in (writing, listening):
                task.cancel()
            await asyncio.gather(writing, listening, return_exceptions=True)
        if line.closing is not None and writing.cancelled():
            with contextlib.suppress(Exception):
                async with asyncio.timeout(1):
                    await line.say_closing()

    async def _listen(
        self,
        socket: Socket,
        line: Connection,
        dialect: Callable[[SocketParts, Caller], Awaitable[MessageFormat]],
        parameters: tuple[str, ...],
    ) -> None:
        try:
            with self._open.place(line):
                self._check_origin(socket)
                refuse_odd_parameters(socket.scope["query_string"], ("session_id", *parameters, "token"))
                session = _session(socket)
                parts = self._parts()  # says so where the server is not ready
                caller = await self._admitted(socket)
                spoken = await dialect(parts, caller)
                address = address_of(socket.scope)
                conversation = Conversation(
                    self._settings, parts, self._audit, line, spoken, caller, session, address=address
                )

                async def send_away(why: Lost) -> None:
                    line.close(Closing.UNAUTHORIZED, LOST[why])

                async with self._recheck.hold(caller, socket.route_handler.opt.get("needs"), send_away):
                    try:
                        await conversation.listen(socket)
                    finally:
                        await conversation.close()
        except Closed as closed:
            line.close(closed.code, closed.reason)
        except Exception as error:
            problem = known_problem(error)
            if problem is None:
                log.exception("A WebSocket failed.")
                line.close(Closing.BROKEN, "The server failed. Connect again and resume.")
            else:
                line.close(_code(problem), problem.document.detail)

    def _check_origin(self, socket: Socket) -> None:
        headers = socket.scope["headers"]
        origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
        host = next((value.decode("latin-1") for name, value in headers if name == b"host"), "")
        if not is_allowed(origins, host, self._settings.cors_origins):
            raise Closed(
                Closing.FORBIDDEN, "Pages of this origin may not connect. See AGENTICRAG_CORS_ORIGINS."
            )

    async def _admitted(self, socket: Socket) -> Caller:
        """Return who asks: by the handshake, or by a first message where that names nobody."""
        connection: ASGIConnection[Any, Any, Any, Any] = socket
        named = any(name in (b"authorization", b"x-api-key") for name, _ in socket.scope["headers"])
        if not named and self._settings.auth == "on" and socket.query_params.get("token") is None:
            connection = await self._named(socket)
        return await self._admission.admit(connection, socket.route_handler)

    async def _named(self, socket: Socket) -> ASGIConnection[Any, Any, Any, Any]:
        """Return the connection as if its handshake had the credential of its first message."""
        seconds = self._settings.socket_auth_seconds
        try:
            async with asyncio.timeout(seconds):
                text = await receive(socket, self._settings.max_socket_bytes)
        except TimeoutError:
            raise Closed(
                Closing.UNAUTHORIZED,
                f"Nobody said within {seconds:g} s who asks. Send {{type: auth, token}} first.",
            ) from None
        if text is None:
            raise Closed(Closing.NORMAL, "")
        try:
            said = read_command(text, {"auth": Auth})
        except Exception as error:
            raise Closed(
                Closing.UNAUTHORIZED,
                "The first message must be {type: auth, token}, or the handshake name a key.",
            ) from error
        assert isinstance(said, Auth)
        token = said.token.encode("utf-8", "replace")
        scope: Any = {
            **socket.scope,
            "headers": [*socket.scope["headers"], (b"authorization", b"Bearer " + token)],
            "state": {},  # what was read of the headers before is kept in it
        }
        return ASGIConnection(scope)


def _session(socket: Socket) -> str:
    given = clean(socket.query_params.get("session_id") or "")
    return session_name(given, parameter="session_id") if given else new_id()


def _code(problem: Problem) -> Closing:
    """Return the close code of a problem that ends a socket before its conversation."""
    match problem.document.status:
        case 401:
            return Closing.UNAUTHORIZED
        case 403:
            return Closing.FORBIDDEN
        case 404:
            return Closing.NOT_FOUND
        case 422:
            return Closing.INVALID
        case 409:
            return Closing.NOT_AVAILABLE
        case 429:
            return Closing.TOO_MANY
        case _:
            return Closing.TRY_LATER
