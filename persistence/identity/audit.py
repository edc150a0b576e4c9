"""Audit: who did what, to what, from where. Rows are only ever added, until retention drops them."""

import time
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Insert, bindparam, delete, func, insert, select

from persistence.storage.database import Database
from persistence.storage.tables.identity import audit_log

__all__ = ["ActorKind", "Audit", "AuditRow", "Deed"]

ActorKind = Literal["key", "user", "visitor", "operator", "nobody"]
"""An API key, a user who is logged in, a visitor of an embedded chat, a command on the server itself, or
somebody unknown."""


class Deed(Struct, frozen=True, kw_only=True):
    """Something that was done."""

    workspace: str
    """Empty where it was in none, as a failed login is."""
    actor_kind: ActorKind
    actor_id: str = ""
    actor_name: str = ""
    action: str
    """An operation's id of the OpenAPI document, a socket's command, or one of the command line."""
    target_kind: str = ""
    target_id: str = ""
    address: str = ""
    details: Mapping[str, Any] = {}
    """What else may be known of it. Never a secret, never what users or models said."""


class AuditRow(Deed, frozen=True, kw_only=True):
    """A deed as it is kept."""

    id: int
    ts: float
    """Unix seconds."""


_insert = insert(audit_log).values(
    {column.name: bindparam(column.name) for column in audit_log.c if column.name != "id"}
)


LATER = "audit"
"""The owner of entries that are written later; none waits for another."""


class Audit:
    """The audit log of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = database.prepare(_insert)

    async def record(self, deed: Deed, *, later: bool = False) -> None:
        """Keep what was done; returns when it is on disk. `later`: with the next write of anybody."""
        values = _values(deed)

        def work(connection: Connection) -> int:
            return self._insert.execute(connection, values)

        if not later:
            await self._database.write(work)
            return
        try:
            await self._database.write_later(LATER, work)
        finally:
            self._database.later.forget(LATER)

    async def list(
        self,
        workspace: str,
        *,
        actor: str | None = None,
        action: str | None = None,
        target: str | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int = 50,
        offset: int = 0,
        after: tuple[int] | None = None,
    ) -> tuple[list[AuditRow], int]:
        """Return deeds of a workspace, the newest first, and how many there are.

        Args:
            workspace: Whose.
            actor: Id or name of who did them.
            action: What was done.
            target: Id of what it was done to.
            since: Unix seconds; the first that is taken.
            until: Unix seconds; the first that is taken no more.
            limit: Most of them.
            offset: How many of the newest are left out.
            after: The id of the last that was seen, where the list goes on from there.
        """
        c = audit_log.c
        conditions = [c.workspace == workspace]
        if actor is not None:
            conditions.append((c.actor_id == actor) | (c.actor_name == actor))
        if action is not None:
            conditions.append(c.action == action)
        if target is not None:
            conditions.append(c.target_id == target)
        if since is not None:
            conditions.append(c.ts >= since)
        if until is not None:
            conditions.append(c.ts < until)
        names = AuditRow.__struct_fields__
        wanted = (
            select(*(c[name] for name in names))
            .where(*conditions, *(() if after is None else (c.id < after[0],)))
            .order_by(c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        count = select(func.count()).select_from(audit_log).where(*conditions)

        def work(connection: Connection) -> tuple[list[Any], int]:
            return [*connection.execute(wanted).all()], connection.scalar(count) or 0

        rows, total = await self._database.read(work)
        return [_row(dict(zip(names, row, strict=True))) for row in rows], total

    async def prune(self, before: float) -> int:
        """Drop what was done before a time in Unix seconds; return how many."""
        gone = delete(audit_log).where(audit_log.c.ts < before)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount)


def record(deed: Deed) -> Insert:
    """Return the statement that keeps a deed, for a transaction of which it is a part."""
    return insert(audit_log).values(**_values(deed))


def _values(deed: Deed) -> dict[str, Any]:
    values = msgspec.structs.asdict(deed)
    values["details"] = msgspec.json.encode(values["details"]).decode()
    for name, most in (("actor_name", 255), ("target_id", 255), ("address", 64)):
        values[name] = values[name][:most]
    return values | {"ts": time.time()}


def _row(row: dict[str, Any]) -> AuditRow:
    return msgspec.convert({**row, "details": msgspec.json.decode(row["details"])}, AuditRow)
