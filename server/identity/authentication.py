"""Who may call: every route needs a caller who has the permission that the route states, unless it is marked
open; the caller's workspace scopes all that is seen."""

import hmac
import ipaddress
from collections.abc import Callable
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import Scope

from persistence.runs.executions import Executions
from server.http.problems import Problem, not_found
from server.identity.bound_keys import check_bound
from server.identity.callers import Caller, Callers, NoSuchWorkspace
from server.identity.cross_site import refuse_cross_site
from server.identity.permissions import PERMISSIONS, WORKSPACE, Permission, beyond
from server.limits.rate_limits import Limits
from server.request_origin.networks import Networks
from server.settings.sources import Settings

__all__ = [
    "OPEN",
    "Admission",
    "TOKEN_IN_QUERY",
    "WORKSPACE",
    "Caller",
    "forbid_gaps",
    "provide_caller",
    "require",
    "require_role",
]

OPEN: dict[str, bool] = {"open": True}
"""``opt`` of a handler that needs no key."""
TOKEN_IN_QUERY: dict[str, bool] = {"token_in_query": True}
"""``opt`` of a GET that a browser's EventSource reaches, and of a WebSocket: they cannot set headers and send
a ticket as ``?token=``."""
LONGEST = 8192
"""Characters of a credential: outside issuers put a lot into theirs."""
METRICS: frozenset[Permission] = frozenset({"metrics:read"})
"""What the token of scrapers may do."""


class Admission:
    """Lets connections in: with whom they are from, as far as they may do what the handler gives.

    Args:
        settings: Whether callers are asked who they are, and how they may say it.
        limits: How often they may ask.
        callers: Gives who finds them.
        room: Raises a `Problem` for a caller who may open no more streams.
        executions: Gives the runs, which keys of one flow are checked by.
    """

    def __init__(
        self,
        settings: Settings,
        limits: Limits,
        callers: Callable[[], Callers],
        room: Callable[[Caller], None],
        executions: Callable[[], Executions],
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._callers = callers
        self._room = room
        self._executions = executions
        self._scrapers = Networks(settings.metrics_networks)

    async def authenticate(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> None:
        """Guard of the whole app: let a request in with its `Caller`, or answer 401, 403 or 429.

        A WebSocket asks by `admit` when it is open: only then it can say what is wrong.
        """
        if not handler.opt.get("open") and connection.scope["type"] != "websocket":
            connection.scope["user"] = await self.admit(connection, handler)

    async def admit(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> Caller:
        """Return who asks, who may do what the handler gives and has not asked too often.

        Raises:
            Problem: 401, 403 or 429.
        """
        limits = self._limits
        await limits.take(limits.of_address(connection.client))
        caller = await self.identify(connection, handler)
        if known := caller.key_id or caller.user_id:
            await limits.take(limits.of_key(known))
        require(caller, handler.opt.get("needs"))
        if caller.flow_id:
            await check_bound(caller, connection, handler, self._executions())
        if handler.opt.get("events") is not None:
            self._room(caller)
        return caller

    async def identify(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> Caller:
        """Return who a connection is from: by its headers, or by `?token=` where the handler takes that.

        A WebSocket whose client cannot send headers comes with a ticket in `?token=`, as an EventSource does.

        Raises:
            Problem: 401 without a valid credential, 404 for a workspace that the caller is not in.
        """
        named = connection.headers.get("x-workspace", "")
        if self._settings.auth == "off":
            if not _is_local(connection):
                raise _unauthorized("Auth is off, which lets in this machine alone.")
            if named not in ("", WORKSPACE):
                raise not_found("workspace", named)
            refuse_cross_site(connection, handler, self._settings.cors_origins)
            return Caller(WORKSPACE, "", permissions=PERMISSIONS)
        if handler.opt.get("metrics_token") and _is_token(connection, self._settings.metrics_token):
            return Caller(WORKSPACE, "", permissions=METRICS)
        if handler.opt.get("metrics_networks") and _is_scraper(connection, self._scrapers):
            return Caller(WORKSPACE, "", permissions=METRICS)
        credential = _in_headers(connection)
        callers = self._callers()
        try:
            if credential:
                found = await callers.find(credential, named) if _is_plain(credential, named) else None
            else:
                found = await self._in_query(connection, handler)
        except NoSuchWorkspace as error:
            raise not_found("workspace", named) from error
        if found is None:
            quoted = credential[:1] in ("'", '"', "<")
            more = " It stands in quotes or brackets: send it without." if quoted else ""
            raise _unauthorized(f"The API key or token is unknown, revoked or expired.{more}")
        return found

    async def _in_query(
        self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
    ) -> Caller | None:
        """Return whose the ticket in the address is; an API key's where the operator lets keys be there."""
        token = connection.query_params.get("token")
        if not token:
            raise _unauthorized(_no_key(connection))
        if not handler.opt.get("token_in_query"):
            raise _unauthorized("A token in the address is taken by GET streams only. Send it as a header.")
        if not _is_plain(token):
            return None
        if token.startswith("st_"):
            path = connection.path_params
            target = path.get("execution_id") or path.get("workflow_id") or path.get("flow_id") or ""
            return await self._callers().by_ticket(token, str(target))
        if self._settings.keys_in_query == "off":
            raise _unauthorized(
                "An address takes a ticket, which POST /api/agent-builder/tickets makes, and no key or "
                "token: addresses end up in logs."
            )
        return await self._callers().find(token)


def require(caller: Caller, needs: Permission | None) -> None:
    """Let a caller on who has a permission; None is what everybody has who is known.

    Raises:
        Problem: 403.
    """
    if needs is not None and needs not in caller.permissions:
        raise Problem(
            403,
            "forbidden",
            f"This needs the permission '{needs}', which the caller does not have. "
            "An owner of the workspace can give a role or a key that has it.",
        )


def require_role(caller: Caller, role: str) -> None:
    """Let a caller on who may do all that a role may: to give it, or to change somebody who has it.

    Raises:
        Problem: 403.
    """
    if missing := beyond(role, caller.workspace, caller.permissions):
        raise Problem(
            403,
            "forbidden",
            f"The role '{role}' may do more than the caller, who lacks {', '.join(missing)}. Nobody gives "
            "what they do not have, nor changes whoever has more: ask somebody who may do all of it.",
        )


def forbid_gaps(app: Litestar) -> None:
    """Refuse an app with a handler that is neither open nor says which permission it needs.

    Raises:
        ValueError: it names the handler.
    """
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            handlers: list[BaseRouteHandler] = [handler for handler, _ in route.route_handler_map.values()]
        else:
            handlers = [route.route_handler]
        for handler in handlers:
            if handler.opt.get("open") or handler.opt.get("needs") in PERMISSIONS:
                continue
            if getattr(handler, "http_methods", None) != {
                "OPTIONS"
            }:  # Litestar's own: says what a path takes
                raise ValueError(
                    f"{route.path} ({handler.fn.__qualname__}) states no permission. "
                    "Give it operation(needs=…), or OPEN if everybody may use it."
                )


async def provide_caller(scope: Scope) -> Caller:
    """Give a handler who asks."""
    caller = scope["user"]
    assert isinstance(caller, Caller), "a handler that takes a caller must not be open"
    return caller


def _is_local(connection: ASGIConnection[Any, Any, Any, Any]) -> bool:
    """Say whether the request comes from this machine, whatever address the server was made to listen on."""
    if connection.client is None:
        return True  # a socket file
    try:
        return ipaddress.ip_address(connection.client.host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _in_headers(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else connection.headers.get("x-api-key", "")


def _no_key(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return what a request without a key has instead; nothing of a credential is in it."""
    given = connection.headers.get("authorization", "")
    scheme, blank, _ = given.partition(" ")
    if not given:
        return "The request has no API key."
    if scheme.lower() == "bearer":
        return "The header Authorization has 'Bearer', and no key after it."
    if not blank:
        return "The header Authorization has one word, and 'Bearer' is missing before it."
    known = scheme if scheme.lower() in ("basic", "digest", "token", "apikey", "api-key", "key") else ""
    return (
        f"The header Authorization has {f'the scheme {known}' if known else 'another scheme'}, not 'Bearer'."
    )


def _is_scraper(connection: ASGIConnection[Any, Any, Any, Any], networks: Networks) -> bool:
    """Say whether a request without a credential comes from where the metrics are open."""
    return (
        not _in_headers(connection) and connection.client is not None and connection.client.host in networks
    )


def _is_plain(*texts: str) -> bool:
    return all(len(text) <= LONGEST and text.isascii() and text.isprintable() for text in texts)


def _is_token(connection: ASGIConnection[Any, Any, Any, Any], token: str) -> bool:
    """Say whether the request has the token that scrapers get: it opens metrics and nothing else."""
    scheme, _, credential = connection.headers.get("authorization", "").partition(" ")
    given = credential.strip() if scheme.lower() == "bearer" else ""
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def _unauthorized(reason: str) -> Problem:
    return Problem(
        401,
        "unauthorized",
        f"{reason} Send 'Authorization: Bearer <key>' or 'X-API-Key: <key>'; "
        "'agenticrag keys create' makes one.",
        headers={"WWW-Authenticate": 'Bearer realm="agenticrag"'},
    )
