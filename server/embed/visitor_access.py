"""Visitor access: admits visitors who have an embed's token and come from an allowed page."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from msgspec import Struct

from graphs.values.findings import FlowError
from persistence.library.embeds import EmbedRow, Embeds
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from server.embed.embed_settings import config_of
from server.embed.visitor_origins import Page, is_allowed, origin_of
from server.embed.visitor_sessions import VisitorSession, VisitorSessions
from server.flow_choice.wanted_versions import at_version
from server.http.bodies import BODY_LIMIT
from server.http.problems import MEDIA_TYPE, Problem, answer_of, problem_bytes, problem_of
from server.identity.actors import Actor
from server.requests.upload_checks import WITHOUT_FILES, body_limit
from server.settings.sources import Settings

__all__ = [
    "BRINGS_FILES",
    "SESSION_HEADER",
    "Visit",
    "VisitorAccess",
    "VisitorStores",
    "admit_visitor",
    "answer_visitor",
    "gone",
    "may_show",
    "provide_visit",
]

BRINGS_FILES = "brings_files"
"""Name in ``opt`` of a handler whose body may have files."""
SESSION_HEADER = "X-Visitor-Session"
FILES = "/api/agent-builder/embed/"
PUBLIC = "/api/agent-builder/embed/public/"
METHODS = "GET, POST"
SENT = "Content-Type, Idempotency-Key, Last-Event-ID, X-Visitor-Session"
SHOWN = "X-Execution-Id, X-Visitor-Session, Idempotent-Replayed, Retry-After, X-Request-Id"
PREFLIGHT_SECONDS = "600"


class Visit(Struct, frozen=True):
    """Who visits: an embed, from a page, perhaps in a session that goes on."""

    embed: EmbedRow
    page: Page
    session: VisitorSession | None

    @property
    def actor(self) -> Actor:
        """The visitor as the audit log has them: known by the session alone."""
        name = "" if self.session is None else self.session.name
        return Actor(self.embed.workspace, "visitor", name, target=("embed", self.embed.id))


class VisitorStores(Struct, frozen=True):
    """Where what visitors come with is looked up."""

    embeds: Embeds
    flows: Flows
    versions: FlowVersions
    sessions: VisitorSessions


class VisitorAccess:
    """Lets visitors in, and tells browsers which pages may talk to which chat.

    `stores` gives where it looks.
    """

    def __init__(self, settings: Settings, stores: Callable[[], VisitorStores]) -> None:
        self._settings = settings
        self._stores = stores

    async def admit(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Let a visitor in: the token opens an active embed, the page may show it, the session is ours.

        Raises:
            Problem: 404, 403 or 401.
        """
        embed = await self._stores().embeds.find(str(connection.path_params["embed_token"]))
        if embed is None or not embed.is_active:
            raise gone()
        page = Page(origin_of(connection), connection.headers.get("host", ""))
        if not may_show(embed, page):
            raise Problem(
                403,
                "forbidden_origin",
                f"This chat may not be used from {page.origin[:200] or 'this page'}. Its owner can add the "
                "page to allowed_domains.",
            )
        connection.scope["state"]["visitor_origin"] = page.origin
        given = connection.headers.get(SESSION_HEADER)
        session = None if given is None else self._stores().sessions.read(embed, given)
        connection.scope["user"] = Visit(embed, page, session)
        if handler.opt.get(BRINGS_FILES):
            connection.scope["state"][BODY_LIMIT] = await self._body_limit(embed, connection.headers)

    def with_origins(self, app: ASGIApp, elsewhere: ASGIApp) -> ASGIApp:
        """Return an app that answers below `/embed` by each embed's own list of origins, else by `elsewhere`.

        It adds headers and answers preflights; who may do what is decided by the guard.
        """

        async def route(scope: Scope, receive: Receive, send: Send) -> None:
            path = str(scope.get("path", ""))
            if scope["type"] != "http" or not path.startswith(FILES):
                await elsewhere(scope, receive, send)
            elif path.startswith(PUBLIC) and scope["method"] == "OPTIONS":
                await self._preflight(scope, send)
            elif path.startswith(PUBLIC):
                await app(scope, receive, _naming(scope, send))
            elif scope["method"] == "GET" and path.removeprefix(FILES).startswith(("widget.js", "assets/")):
                await app(scope, receive, _open_to_all(send))
            else:
                await elsewhere(scope, receive, send)

        return route

    async def _body_limit(self, embed: EmbedRow, headers: Headers) -> int:
        """Return how long a message's body may be, in bytes; the chatflow is asked about long ones alone."""
        announced = headers.get("content-length", "")
        if announced.isdecimal() and int(announced) <= WITHOUT_FILES:
            return WITHOUT_FILES
        stores = self._stores()
        flow = await stores.flows.get(embed.workspace, embed.flow_id, "chatflow")
        if flow is not None:
            with contextlib.suppress(Problem):  # the message is refused where its flow is looked up
                flow = await at_version(stores.versions, flow, config_of(embed).version)
        return body_limit(None if flow is None else flow.document, self._settings)

    async def _preflight(self, scope: HTTPScope, send: Send) -> None:
        """Say whether a page's script may ask what it is about to ask."""
        headers = Headers.from_scope(scope)
        origin = headers.get("origin", "")
        try:
            embed = await self._stores().embeds.find(scope["path"].removeprefix(PUBLIC).partition("/")[0])
            if embed is None or not embed.is_active:
                raise gone()
            if not may_show(embed, Page(origin, headers.get("host", ""))):
                raise Problem(403, "forbidden_origin", "This chat may not be used from this page.")
        except Problem as problem:
            body = problem_bytes(problem)
            start: dict[str, str] = {
                "Content-Type": MEDIA_TYPE,
                "Content-Length": str(len(body)),
                "Vary": "Origin",
            }
            await _send(send, problem.document.status, start, body)
            return
        allowed = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": SENT,
            "Access-Control-Max-Age": PREFLIGHT_SECONDS,
            "Vary": "Origin",
        }
        await _send(send, 204, allowed, b"")


async def admit_visitor(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of visitors' routes: see `VisitorAccess.admit`."""
    access: VisitorAccess = connection.app.state["visitor_access"]
    await access.admit(connection, handler)


async def provide_visit(request: Request[Any, Any, Any]) -> Visit:
    """Give a handler who visits."""
    visit = request.scope["user"]
    assert isinstance(visit, Visit), "a handler that takes a visit needs the guard admit_visitor"
    return visit


def may_show(embed: EmbedRow, page: Page) -> bool:
    """Say whether a page may show an embed, as its owner has set it."""
    return is_allowed(page, config_of(embed).allowed_domains)


def gone() -> Problem:
    """Return the 404 for a token that opens nothing."""
    return Problem(404, "not_found", "There is no such chat, or its owner has switched it off.")


def answer_visitor(request: Request[Any, Any, Any], exception: Exception) -> Response[bytes]:
    """Answer what a request raised without a word of what goes on inside."""
    answered = answer_of(problem_of(request, exception))  # which logs what nobody foresaw
    if (answered.status_code or 500) >= 500 or isinstance(exception, FlowError):
        problem = Problem(
            503,
            "not_available",
            "This chat cannot answer at the moment. Please try again later.",
            headers={"Retry-After": "2"},
        )
        return answer_of(problem)
    return answered


def _naming(scope: HTTPScope, send: Send) -> Send:
    """Return a send that names the page's origin once the guard has let it in."""

    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers["Vary"] = "Origin"
            if origin := scope["state"].get("visitor_origin"):
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = SHOWN
        await send(message)

    return named


def _open_to_all(send: Send) -> Send:
    """Return a send for files that are the same for everybody and are loaded by pages of any origin."""

    async def opened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        await send(message)

    return opened


async def _send(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    sending: Callable[[Any], Awaitable[None]] = send
    await sending({"type": "http.response.start", "status": status, "headers": encoded})
    await sending({"type": "http.response.body", "body": body, "more_body": False})
