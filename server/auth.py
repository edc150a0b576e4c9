"""Who may call: every route needs an API key unless it is marked open; the key's workspace scopes all it
sees."""

import hmac
import ipaddress
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from server.problems import Problem
from server.runtime import Runtime

__all__ = ["OPEN", "TOKEN_IN_QUERY", "WORKSPACE", "Caller", "authenticate", "provide_caller"]

WORKSPACE = "default"
"""The workspace of a server whose auth is off, and of the key that a first start makes."""
OPEN: dict[str, bool] = {"open": True}
"""``opt`` of a handler that needs no key."""
TOKEN_IN_QUERY: dict[str, bool] = {"token_in_query": True}
"""``opt`` of a GET that a browser's EventSource reaches: it cannot set headers and sends ``?token=``."""
LONGEST_KEY = 512


class Caller(Struct, frozen=True):
    """Who a request is from."""

    workspace: str
    key_id: str
    """Empty where auth is off."""
    name: str = ""
    """The key's name; empty where auth is off."""


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of the whole app: let the request in with its `Caller`, or answer 401."""
    if handler.opt.get("open"):
        return
    runtime: Runtime = connection.app.state["runtime"]
    if runtime.settings.auth == "off":
        if not _is_local(connection):
            raise _unauthorized("Auth is off, which lets in this machine alone.")
        connection.scope["user"] = Caller(WORKSPACE, "")
        return
    if handler.opt.get("metrics_token") and _is_token(connection, runtime.settings.metrics_token):
        connection.scope["user"] = Caller(WORKSPACE, "")
        return
    key = _key(connection, in_query=bool(handler.opt.get("token_in_query")))
    found = await runtime.ready.keyring.find(key)
    if found is None:
        raise _unauthorized("The API key is unknown, revoked or expired.")
    connection.scope["user"] = Caller(found.workspace, found.id, found.name)


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
