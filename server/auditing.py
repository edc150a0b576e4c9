"""Auditing: every operation that changes, runs or exports something is kept with who did it.

It is one hook of the whole app, so that no route can forget it: what an operation is called in the OpenAPI
document is what was done.
"""

import asyncio
import logging
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Scope
from msgspec import Struct

from persistence.audit import ActorKind, Deed
from server.callers import Caller
from server.runtime import Runtime

__all__ = ["UNAUDITED", "actor_of", "address_of", "is_audited", "keep_audit"]

UNAUDITED = frozenset({"createTicket"})
"""Operations that change nothing, though they are no GET."""
PENDING = "audited"
"""Where a scope's state keeps what is known of an operation until its answer is sent."""

log = logging.getLogger("agenticrag.audit")


class Made(Struct, frozen=True):
    """What an answer says of what was made."""

    id: str = ""
    name: str = ""


def is_audited(method: str, handler: HTTPRouteHandler) -> bool:
    """Say whether what a route does is kept. What is open to all keeps its own record."""
    opt = handler.opt
    if opt.get("open") or handler.operation_id in UNAUDITED:
        return False
    changes = method in ("POST", "PUT", "PATCH", "DELETE")
    return changes or bool(opt.get("starts_run")) or bool(opt.get("exports"))


async def keep_audit(message: Message, scope: Scope) -> None:
    """Keep what an operation did, right before its answer is sent: a hook of the app."""
    if scope["type"] != "http":
        return
    handler = scope.get("route_handler")
    if message["type"] == "http.response.start":
        caller = scope.get("user")
        if (
            message["status"] < 400
            and isinstance(handler, HTTPRouteHandler)
            and isinstance(caller, Caller)
            and is_audited(scope["method"], handler)
        ):
            scope["state"][PENDING] = _deed(message, scope, handler, caller)
    elif message["type"] == "http.response.body" and (deed := scope["state"].pop(PENDING, None)) is not None:
        runtime: Runtime = scope["litestar_app"].state["runtime"]
        writing = asyncio.ensure_future(runtime.ready.audit.record(_completed(deed, message["body"])))
        writing.add_done_callback(_written)
        if not (isinstance(handler, HTTPRouteHandler) and handler.opt.get("starts_run")):
            await asyncio.wait({writing})  # a run is kept as an execution too, and does not wait


def address_of(scope: Scope) -> str:
    """Return where a connection comes from."""
    client = scope.get("client")
    return client[0] if client else ""


def actor_of(caller: Caller) -> tuple[ActorKind, str, str]:
    """Return kind, id and name of who does something."""
    if caller.key_id:
        return "key", caller.key_id, caller.name
    return ("user", caller.user_id, caller.name) if caller.user_id else ("nobody", "", "")


def _deed(message: Any, scope: Scope, handler: HTTPRouteHandler, caller: Caller) -> Deed:
    kind, actor_id, name = actor_of(caller)
    details: dict[str, Any] = {}
    if caller.key_id and caller.user_id:
        details["user_id"] = caller.user_id
    headers = {key.lower(): value for key, value in message["headers"]}
    if execution := headers.get(b"x-execution-id", b"").decode("latin-1"):
        details["execution_id"] = execution
    path: dict[str, Any] = scope["path_params"]
    target_kind, target_id = next(((key, str(value)) for key, value in reversed(path.items())), ("", ""))
    return Deed(
        workspace=caller.workspace,
        actor_kind=kind,
        actor_id=actor_id,
        actor_name=name,
        action=str(handler.operation_id),
        target_kind=target_kind.removesuffix("_id") or _made_kind(scope),
        target_id=target_id,
        address=address_of(scope),
        details=details,
    )


def _completed(deed: Deed, body: bytes) -> Deed:
    """Return the deed with the id and the name of what was made, which the answer has."""
    try:
        made = msgspec.json.decode(body, type=Made)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return deed
    details = {**deed.details, "name": made.name[:255]} if made.name else deed.details
    return msgspec.structs.replace(deed, target_id=deed.target_id or made.id, details=details)


def _made_kind(scope: Scope) -> str:
    """Return what a collection's address is of: `/api/agent-builder/keys` makes a key."""
    return scope["path"].rstrip("/").rpartition("/")[2].removesuffix("s")[:32]


def _written(writing: "asyncio.Future[None]") -> None:
    if not writing.cancelled() and (error := writing.exception()) is not None:
        log.error("What was done could not be kept in the audit log: %s", error)
