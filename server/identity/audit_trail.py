"""Audit trail: every operation that changes, runs or exports something is kept with who did it.

Of requests it is one hook of the whole app, so that no route can forget it: what an operation is called in
the OpenAPI document is what was done. WebSockets keep what their commands did by themselves.
"""

import asyncio
import logging
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Scope
from msgspec import Struct

from persistence.identity.audit import ActorKind, Deed
from server.embed.visitor_access import Visit
from server.identity.callers import Caller
from server.runtime import Runtime

__all__ = ["UNAUDITED", "actor_of", "address_of", "action_of", "is_audited", "keep", "keep_audit"]

UNAUDITED = frozenset({"createTicket"})
"""Operations that change nothing, though they are no GET."""
PENDING = "audited"
"""Where a scope's state keeps what is known of an operation until its answer is sent."""

log = logging.getLogger("agenticrag.audit")


class Made(Struct, frozen=True):
    """What an answer says of what was made."""

    id: str = ""
    name: str = ""
    execution_id: str = ""


def is_audited(method: str, handler: HTTPRouteHandler) -> bool:
    """Say whether what a route does is kept.

    Of what is open to all, the runs of visitors are, and what says ``audited`` itself, as their cancelling
    does; what else is to be kept of it, it keeps by itself.
    """
    opt = handler.opt
    if opt.get("open"):
        return bool(opt.get("starts_run") or opt.get("audited"))
    if handler.operation_id in UNAUDITED:
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
            and isinstance(caller, Caller | Visit)
            and is_audited(scope["method"], handler)
        ):
            scope["state"][PENDING] = _deed(message, scope, handler, caller)
    elif message["type"] == "http.response.body" and (deed := scope["state"].pop(PENDING, None)) is not None:
        runtime: Runtime = scope["litestar_app"].state["runtime"]
        writing = keep(runtime, _completed(deed, message["body"]))
        if not (isinstance(handler, HTTPRouteHandler) and handler.opt.get("starts_run")):
            await asyncio.wait({writing})  # a run is kept as an execution too, and does not wait


def keep(runtime: Runtime, deed: Deed) -> asyncio.Future[None]:
    """Begin to write down what was done, and return its end. Where it fails, the log says so."""
    writing = asyncio.ensure_future(runtime.ready.audit.record(deed))
    writing.add_done_callback(_written)
    return writing


def address_of(scope: Scope) -> str:
    """Return where a connection comes from."""
    client = scope.get("client")
    return client[0] if client else ""


def actor_of(caller: Caller | Visit) -> tuple[ActorKind, str, str]:
    """Return kind, id and name of who does something. A visitor is known by the session alone."""
    if isinstance(caller, Visit):
        return "visitor", "" if caller.session is None else caller.session.name, ""
    if caller.key_id:
        return "key", caller.key_id, caller.name
    return ("user", caller.user_id, caller.name) if caller.user_id else ("nobody", "", "")


def action_of(
    caller: Caller | Visit, action: str, target: tuple[str, str], *, address: str, execution_id: str = ""
) -> Deed:
    """Return what a caller does, to be kept.

    Args:
        caller: Who does it.
        action: What it is called.
        target: Kind and id of what it is done to.
        address: Where the caller's connection comes from.
        execution_id: The run that came of it.
    """
    kind, actor_id, name = actor_of(caller)
    details: dict[str, Any] = {}
    if isinstance(caller, Caller) and caller.key_id and caller.user_id:
        details["user_id"] = caller.user_id
    if execution_id:
        details["execution_id"] = execution_id
    return Deed(
        workspace=caller.embed.workspace if isinstance(caller, Visit) else caller.workspace,
        actor_kind=kind,
        actor_id=actor_id,
        actor_name=name,
        action=action,
        target_kind=target[0],
        target_id=target[1],
        address=address,
        details=details,
    )


def _deed(message: Any, scope: Scope, handler: HTTPRouteHandler, caller: Caller | Visit) -> Deed:
    headers = {key.lower(): value for key, value in message["headers"]}
    return action_of(
        caller,
        str(handler.operation_id),
        ("embed", caller.embed.id) if isinstance(caller, Visit) else _target(scope),
        address=address_of(scope),
        execution_id=headers.get(b"x-execution-id", b"").decode("latin-1"),
    )


def _target(scope: Scope) -> tuple[str, str]:
    path: dict[str, Any] = scope["path_params"]
    kind, id = next(((key, str(value)) for key, value in reversed(path.items())), ("", ""))
    return kind.removesuffix("_id") or _made_kind(scope), id


def _completed(deed: Deed, body: bytes) -> Deed:
    """Return the deed with the id and the name of what was made, which the answer has."""
    try:
        made = msgspec.json.decode(body, type=Made)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return deed
    details = {**deed.details, "name": made.name[:255]} if made.name else deed.details
    if made.execution_id:
        details = {"execution_id": made.execution_id[:64], **details}
    return msgspec.structs.replace(deed, target_id=deed.target_id or made.id, details=details)


def _made_kind(scope: Scope) -> str:
    """Return what a collection's address is of: `/api/agent-builder/keys` makes a key."""
    return scope["path"].rstrip("/").rpartition("/")[2].removesuffix("s")[:32]


def _written(writing: "asyncio.Future[None]") -> None:
    if not writing.cancelled() and (error := writing.exception()) is not None:
        log.error("What was done could not be kept in the audit log: %s", error)
