"""Middleware: what every request passes before it is routed, also one to an unknown address."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from urllib.parse import unquote, unquote_to_bytes

from litestar import Litestar
from litestar._asgi.utils import wrap_in_exception_handler
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin
from litestar.routes import BaseRoute, HTTPRoute, WebSocketRoute
from litestar.types import (
    ASGIApp,
    LifeSpanReceive,
    LifeSpanScope,
    LifeSpanSend,
    Message,
    Receive,
    Scope,
    Send,
)
from litestar.types.internal_types import RouteHandlerMapItem

from server.http.answers.answer_headers import guarded
from server.http.answers.compression import Compression
from server.http.problems import Problem
from server.http.request_ids import begin, named
from server.http.trace_context import begin_trace
from server.request_origin.proxies import Proxies

__all__ = ["SLASH", "RequestMiddleware", "leads_elsewhere"]

PROBES = frozenset({"/health", "/ready"})
"""Answered at once, also while the database is being opened."""

Refusal = Callable[[str, Problem], tuple[str, bytes]]
"""From a path and a problem to media type and body of the answer."""

SLASH = "\uf8ff"
"""Stands in a path for an encoded slash, which is part of a name and parts nothing. No name may have it."""


class RequestMiddleware(Litestar):
    """Litestar, behind a check of the ``Host`` header, so that no page can reach a local server by a name
    of its own, with the headers of `server.http.answers.answer_headers`, and compressed if the client can
    read that.

    A host is allowed by its name without a port; ``*.example.com`` allows every name below it.
    `refusal` gives the answer to what is not let in.
    `origins` takes the app without its CORS and the app with it, and returns which of them answers a path.
    """

    __slots__ = (
        "_compression",
        "_handlers",
        "_hosts",
        "_mapped",
        "_opened",
        "_origins",
        "_proxies",
        "_refusal",
        "_suffixes",
    )

    def __init__(
        self,
        *,
        hosts: list[str],
        proxies: Proxies,
        origins: Callable[[ASGIApp, ASGIApp], ASGIApp],
        compression: Compression | None,
        opened: Callable[[], Awaitable[None]],
        refusal: Refusal,
        **litestar: object,
    ) -> None:
        self._origins = origins
        self._mapped: list[BaseRoute] = []
        self._handlers: defaultdict[str, RouteHandlerMapItem] = defaultdict(dict)
        super().__init__(**litestar)  # pyright: ignore[reportArgumentType]: handed on as they come
        self._proxies = proxies
        self._compression = compression
        self._opened = opened
        self._refusal = refusal
        self._hosts = frozenset(host.lower() for host in hosts if not host.startswith("*."))
        self._suffixes = tuple(host[1:].lower() for host in hosts if host.startswith("*."))

    @property
    def route_handler_method_map(self) -> dict[str, RouteHandlerMapItem]:
        """Handlers by path and method. Litestar makes the map anew for each path that it registers, which is
        a third of a start; this one looks at new routes alone."""
        known = len(self._mapped)
        if self.routes[:known] != self._mapped:  # one was put in the place of another
            known = 0
            self._handlers.clear()
        for route in self.routes[known:]:
            if isinstance(route, HTTPRoute):
                for handler in route.route_handlers:
                    for method in handler.http_methods:
                        self._handlers[route.path][method] = handler
            else:
                kind = "websocket" if isinstance(route, WebSocketRoute) else "asgi"
                self._handlers[route.path][kind] = route.route_handler
        self._mapped = [*self.routes]
        return self._handlers

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        """Leave pydantic out, which is installed for LangChain and costs 11 MB and 0.2 s to import."""
        return [*plugins, MsgspecDIPlugin()]

    def _create_asgi_handler(self) -> ASGIApp:
        """Let each embedded chat say for itself which pages may talk to it."""
        return self._origins(wrap_in_exception_handler(self.asgi_router), super()._create_asgi_handler())

    async def __call__(
        self,
        scope: Scope | LifeSpanScope,
        receive: Receive | LifeSpanReceive,
        send: Send | LifeSpanSend,
    ) -> None:
        """Take a connection."""
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
            return
        request_id = begin(scope["headers"])
        begin_trace(scope["headers"])
        if scope["type"] == "http":
            send = named(guarded(send), request_id)  # pyright: ignore[reportArgumentType, reportAssignmentType]: it is HTTP's
            if self._compression is not None:
                send = self._compression.wrap(scope, send)  # pyright: ignore[reportArgumentType]: HTTP's too
        if self._proxies:
            self._proxies.reveal(scope)
        if b"%00" in scope["query_string"]:
            scope["query_string"] = scope["query_string"].replace(b"%00", b"")  # what `clean` does to bodies
        raw = scope.get("raw_path") or scope["path"].encode()
        if leads_elsewhere(raw):
            await self._refuse(scope, send, _ELSEWHERE)  # pyright: ignore[reportArgumentType]: the scope is no life's
            return
        if b"%2f" in raw.lower():
            kept = raw.partition(b"?")[0].decode("latin-1").replace("%2f", SLASH).replace("%2F", SLASH)
            scope["path"] = unquote(kept)
        if self._hosts or self._suffixes:
            names = [value for name, value in scope["headers"] if name == b"host"]
            if len(names) != 1 or not self._known(names[0].decode("latin-1")):
                await self._refuse(scope, send, _UNKNOWN_HOST)  # pyright: ignore[reportArgumentType]: the scope is no life's
                return
        if scope["path"] not in PROBES:
            await self._opened()
        await super().__call__(scope, receive, send)

    async def _refuse(self, scope: Scope, send: Send, problem: Problem) -> None:
        if scope["type"] == "websocket":
            # The handshake is answered 403.
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        kind, body = self._refusal(scope["path"], problem)
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
        status = problem.document.status
        start: Message = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _known(self, host: str) -> bool:
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        name = name.lower().rstrip(".")
        return name in self._hosts or name.endswith(self._suffixes or ("\0",))


_UNKNOWN_HOST = Problem(
    400,
    "unknown_host",
    "This server does not answer to that Host. The operator may add it to AGENTICRAG_ALLOWED_HOSTS.",
)
_ELSEWHERE = Problem(
    404,
    "no_such_address",
    "The path has an empty part, or a part '.' or '..', so that it would lead to something else than it "
    "names. Nothing was done. Send whole ids, and nothing in place of one.",
)


_ODD = re.compile(rb"//|/\.|%")
"""What a path has that may lead elsewhere; most have none of it."""


def leads_elsewhere(raw: bytes) -> bool:
    """Return whether a path, as it came, leads elsewhere than it names once somebody normalises it."""
    raw = raw.partition(b"?")[0]
    if _ODD.search(raw) is None:
        return False
    path = unquote_to_bytes(raw)
    dots = any(unquote_to_bytes(part) in (b".", b"..") for part in path.split(b"/"))
    empty = b"" in raw.split(b"/")[1:-1]
    return dots or empty
