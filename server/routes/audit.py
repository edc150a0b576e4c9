"""The audit log: who changed, ran, exported or revoked what."""

from typing import Annotated, Any

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from msgspec import Struct

from persistence.identity.audit import Audit, AuditRow
from server.description.operations import operation
from server.http.answers.sse_bytes import iso
from server.http.cursors import After, NumberKey, next_cursor, place_after
from server.http.parameters import Limit, Offset, moment
from server.identity.authentication import Caller

__all__ = ["AuditController"]


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Something that was done."""

    id: int
    ts: str
    actor_kind: str
    """`key`, `user`, `visitor` (of an embedded chat), `operator` (a command on the server) or `nobody`."""
    actor_id: str
    actor_name: str
    action: str
    """An operation's id of the OpenAPI document, `socket.message`, `socket.cancel`, `socket.clear`, `login`,
    `login.failed`, or a command."""
    target_kind: str
    target_id: str
    address: str
    """Where the request came from."""
    details: dict[str, Any]


class AuditLog(Struct, frozen=True, kw_only=True):
    """A part of the log."""

    entries: list[AuditEntry]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


class AuditController(Controller):
    """Read what was done in the workspace."""

    path = "/audit"
    tags = ("Audit",)

    @get("/", operation_id="listAudit", opt=operation(422, needs="audit:read"))
    async def list(
        self,
        audit: NamedDependency[Audit],
        caller: NamedDependency[Caller],
        actor: Annotated[
            str | None, QueryParameter(max_length=255, description="Id or name of who did it.")
        ] = None,
        action: Annotated[str | None, QueryParameter(max_length=64, description="What was done.")] = None,
        target: Annotated[
            str | None, QueryParameter(max_length=255, description="Id of what it was done to.")
        ] = None,
        since: Annotated[
            str | None, QueryParameter(name="from", description="The first time that is taken.")
        ] = None,
        until: Annotated[
            str | None, QueryParameter(name="to", description="The first time that is taken no more.")
        ] = None,
        limit: Limit = 50,
        offset: Offset = 0,
        after: After = None,
    ) -> AuditLog:
        """List audit entries, newest first."""
        place = place_after(after, "audit", (NumberKey,), begins=offset == 0)
        rows, total = await audit.list(
            caller.workspace,
            actor=actor,
            action=action,
            target=target,
            since=moment(since, "from"),
            until=moment(until, "to"),
            limit=limit,
            offset=offset,
            after=place,
        )
        cursor = next_cursor("audit", rows, limit, lambda row: (row.id,))
        return AuditLog(
            entries=[_entry(row) for row in rows], total=total, limit=limit, offset=offset, next_cursor=cursor
        )


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        ts=iso(row.ts) or "",
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        action=row.action,
        target_kind=row.target_kind,
        target_id=row.target_id,
        address=row.address,
        details=dict(row.details),
    )
