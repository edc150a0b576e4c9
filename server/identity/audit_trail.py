"""Audit trail: every operation that changes, runs or exports something is kept with who did it.

Of requests it is one hook of the whole app, so that no route can forget it: what an operation is called in
the OpenAPI document is what was done. WebSockets keep what their commands did by themselves.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Scope
from msgspec import Struct

from persistence.identity.audit import Audit, Deed
from server.identity.actors import Actor

__all__ = ["UNAUDITED", "AuditTrail", "action_of", "address_of", "is_audited"]

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


class AuditTrail:
    """Writes down who did what; `audit` gives where."""

    def __init__(self, audit: Callable[[], Audit]) -> None:
        self._audit = audit

    async def keep_request(self, message: Message, scope: Scope) -> None:
        """Keep what an operation did, right before its answer is sent: a hook of the app."""
        if scope["type"] != "http":
            return
        handler = scope.get("route_handler")
        if message["type"] == "http.response.start":
            actor = getattr(scope.get("user"), "actor", None)
            if (
                message["status"] < 400
                and isinstance(handler, HTTPRouteHandler)
                and isinstance(actor, Actor)
                and is_audited(scope["method"], handler)
            ):
                scope["state"][PENDING] = _deed(message, scope, handler, actor)
        elif (
            message["type"] == "http.response.body"
            and (deed := scope["state"].pop(PENDING, None)) is not None
        ):
            # A run is kept as an execution too, and does not wait.
            starts = isinstance(handler, HTTPRouteHandler) and bool(handler.opt.get("starts_run"))
            writing = self.keep(_completed(deed, message["body"]), later=starts)
            if not starts:
                await asyncio.wait({writing})

    def keep(self, deed: Deed, *, later: bool = False) -> asyncio.Future[None]:
        """Begin to write down what was done, and return its end. Where it fails, the log says so."""
        writing = asyncio.ensure_future(self._audit().record(deed, later=later))
        writing.add_done_callback(_written)
        return writing


def address_of(scope: Scope) -> str:
    """Return where a connection comes from."""
    client = scope.get("client")
    return client[0] if client else ""


def action_of(
    actor: Actor, action: str, target: tuple[str, str], *, address: str, execution_id: str = ""
) -> Deed:
    """Return what somebody does, to be kept.

    Args:
        actor: Who does it.
        action: What it is called.
        target: Kind and id of what it is done to.
        address: Where their connection comes from.
        execution_id: The run that came of it.
    """
    return Deed(
        workspace=actor.workspace,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        target_kind=target[0],
        target_id=target[1],
        address=address,
        details={**actor.details, **({"execution_id": execution_id} if execution_id else {})},
    )


def _deed(message: Any, scope: Scope, handler: HTTPRouteHandler, actor: Actor) -> Deed:
    headers = {key.lower(): value for key, value in message["headers"]}
    return action_of(
        actor,
        str(handler.operation_id),
        actor.target or _target(scope),
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
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
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
