"""Who may call: every route needs an API key that has the permission which the route states, unless it is
marked open; the key's workspace scopes all it sees."""

import hmac
import ipaddress
from typing import Any

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute
from msgspec import Struct

from server.limits import Limits
from server.permissions import PERMISSIONS, Permission
from server.problems import Problem
from server.runtime import Runtime

__all__ = [
    "OPEN",
    "TOKEN_IN_QUERY",
    "WORKSPACE",
    "Caller",
    "admit",
    "authenticate",
    "forbid_gaps",
    "identify",
    "provide_caller",
    "require",
]

WORKSPACE = "default"
"""The workspace of a server whose auth is off, and of the key that a first start makes."""
OPEN: dict[str, bool] = {"open": True}
"""``opt`` of a handler that needs no key."""
TOKEN_IN_QUERY: dict[str, bool] = {"token_in_query": True}
"""``opt`` of a GET that a browser's EventSource reaches: it cannot set headers and sends ``?token=``."""
LONGEST_KEY = 512
METRICS: frozenset[Permission] = frozenset({"metrics:read"})
"""What the token of scrapers may do."""


class Caller(Struct, frozen=True):
    """Who a request is from."""

    workspace: str
    key_id: str
    """Empty where auth is off."""
    name: str = ""
    """The key's name; empty where auth is off."""
    permissions: frozenset[Permission] = frozenset()
    """What it may do."""


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of the whole app: let the request in with its `Caller`, or answer 401, 403 or 429.

    A WebSocket asks by `admit` when it is open: only then it can say what is wrong.
    """
    if not handler.opt.get("open") and connection.scope["type"] != "websocket":
        connection.scope["user"] = await admit(connection, handler)


async def admit(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> Caller:
    """Return who asks, who may do what the handler gives and has not asked too often.

    Raises:
        Problem: 401, 403 or 429.
    """
    limits: Limits = connection.app.state["runtime"].limits
    await limits.take(limits.of_address(connection.client))
    caller = await identify(connection, handler)
    if caller.key_id:
        await limits.take(limits.of_key(caller.key_id))
    require(caller, handler.opt.get("needs"))
    return caller


def require(caller: Caller, needs: Permission | None) -> None:
    """Return if the caller has a permission.

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


async def identify(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> Caller:
    """Return who asks for what the handler gives.

    Raises:
        Problem: 401.
    """
    runtime: Runtime = connection.app.state["runtime"]
    if runtime.settings.auth == "off":
        if not _is_local(connection):
            raise _unauthorized("Auth is off, which lets in this machine alone.")
        return Caller(WORKSPACE, "", permissions=PERMISSIONS)
    if handler.opt.get("metrics_token") and _is_token(connection, runtime.settings.metrics_token):
        return Caller(WORKSPACE, "", permissions=METRICS)
    key = _key(connection, in_query=bool(handler.opt.get("token_in_query")))
    found = await runtime.ready.keyring.find(key)
    if found is None:
        raise _unauthorized("The API key is unknown, revoked or expired.")
    return Caller(found.workspace, found.id, found.name, PERMISSIONS)


async def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """Give a handler who asks."""
    caller = request.scope["user"]
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


def _key(connection: ASGIConnection[Any, Any, Any, Any], *, in_query: bool) -> str:
    header = connection.headers.get("authorization", "")
    scheme, _, credential = header.partition(" ")
    key = credential.strip() if scheme.lower() == "bearer" else connection.headers.get("x-api-key", "")
    if not key and in_query:
        key = connection.query_params.get("token") or ""
    if not key:
        if connection.query_params.get("token") is not None and not in_query:
            raise _unauthorized("A key in the address is taken by GET streams only. Send it as a header.")
        raise _unauthorized("The request has no API key.")
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise _unauthorized("The API key is unknown, revoked or expired.")
    return key


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
