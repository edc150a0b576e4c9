"""Webhook targets: where workspaces have it sent that a run ended or asks."""

import builtins
import time
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from persistence.storage.database import Database
from persistence.storage.named_locks import hold
from persistence.storage.tables.triggers import webhook_deliveries, webhook_targets
from persistence.triggers.webhook_secrets import WebhookSecrets, drop_secrets

__all__ = ["MailRoute", "TargetCounts", "TargetRow", "TooManyTargets", "WebhookTargets"]

ERROR = 2000
"""Characters of a sentence that is kept."""


class TooManyTargets(Exception):
    """The workspace has as many webhook targets as it may have."""


class MailRoute(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail server, and who gets the questions."""

    host: str
    """Host of the mail server."""
    to: str
    """Who gets the questions: one email address."""
    sender: str
    """Email address of the sender."""
    port: int = 587
    encryption: Literal["starttls", "tls", "none"] = "starttls"
    """`starttls` (usually port 587), `tls` from the start (465), or `none`."""
    credential: str = ""
    """Name of a credential of kind `basic`. Empty: none."""


class TargetRow(Struct, frozen=True, kw_only=True):
    """A stored target. Times are Unix seconds; each column says what it holds."""

    id: str
    workspace: str
    name: str
    flow_id: str | None
    url: str
    mail: MailRoute | None
    events: list[str]
    with_output: bool
    enabled: bool
    key_id: str
    user_id: str
    made_by: str
    stopped: str
    revision: int
    created_at: float
    updated_at: float


class TargetCounts(Struct, frozen=True):
    """How the deliveries of a target stand."""

    waiting: int = 0
    dead: int = 0


_stored = TargetRow.__struct_fields__
_selected = select(*(webhook_targets.c[name] for name in _stored))


class WebhookTargets:
    """The webhook targets of all workspaces. Management sees one workspace; `by_id` sees all."""

    def __init__(self, database: Database, secrets: WebhookSecrets) -> None:
        self.secrets = secrets
        self._database = database

    async def create(self, row: TargetRow, secret: str, *, most: int) -> None:
        """Store a target with its secret.

        Raises:
            TooManyTargets: the workspace has `most` already.
        """
        c = webhook_targets.c
        count = select(func.count()).select_from(webhook_targets).where(c.workspace == row.workspace)

        def work(held: Connection) -> None:
            hold(held, f"webhook targets of {row.workspace}")
            if (held.scalar(count) or 0) >= most:
                raise TooManyTargets
            held.execute(insert(webhook_targets).values(**_values(row)))
            self.secrets.add(held, row.workspace, row.id, secret)

        await self._database.write(work)

    async def list(
        self, workspace: str, *, flow_id: str | None, limit: int, after: tuple[float, str] | None
    ) -> tuple[builtins.list[TargetRow], int]:
        """Return targets from the newest, and how many there are."""
        c = webhook_targets.c
        where: builtins.list[ColumnElement[bool]] = [c.workspace == workspace]
        if flow_id is not None:
            where.append(c.flow_id == flow_id)
        page = _selected.where(*where).order_by(c.created_at.desc(), c.id.desc()).limit(limit)
        if after is not None:
            page = page.where(or_(c.created_at < after[0], (c.created_at == after[0]) & (c.id < after[1])))

        def work(held: Connection) -> tuple[builtins.list[TargetRow], int]:
            total = held.scalar(select(func.count()).select_from(webhook_targets).where(*where)) or 0
            return [_row(row) for row in held.execute(page)], total

        return await self._database.read(work)

    async def get(self, workspace: str, id: str) -> TargetRow | None:
        """Return a target of a workspace."""
        found = await self.by_id(id)
        return found if found is not None and found.workspace == workspace else None

    async def by_id(self, id: str) -> TargetRow | None:
        """Return a target, for who sends what waits for it."""
        wanted = _selected.where(webhook_targets.c.id == id)
        row = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        return None if row is None else _row(row)

    async def counts(self, ids: builtins.list[str]) -> builtins.dict[str, TargetCounts]:
        """Return how many deliveries of each target wait, and how many were given up."""
        c = webhook_deliveries.c
        wanted = (
            select(c.target_id, c.status, func.count())
            .where(c.target_id.in_(ids), c.status.in_(("waiting", "dead")))
            .group_by(c.target_id, c.status)
        )
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        found: builtins.dict[str, builtins.dict[str, int]] = {}
        for id, status, count in rows:
            found.setdefault(id, {})[status] = int(count)
        return {id: TargetCounts(**counts) for id, counts in found.items()}

    async def replace(self, known: TargetRow, row: TargetRow) -> bool:
        """Store a target anew; False if it was changed or deleted since it was read."""
        values = _values(msgspec.structs.replace(row, revision=known.revision + 1))
        c = webhook_targets.c
        changed = update(webhook_targets).where(c.id == known.id, c.revision == known.revision).values(values)
        return await self._database.write(lambda held: held.execute(changed).rowcount > 0)

    async def stop(self, row: TargetRow, why: str) -> bool:
        """Pause a target to which nothing may be sent any more; False if it was changed meanwhile."""
        stopped = msgspec.structs.replace(row, enabled=False, stopped=why[:ERROR], updated_at=time.time())
        return await self.replace(row, stopped)

    async def delete(self, workspace: str, id: str) -> bool:
        """Delete a target with its secrets and deliveries; False if there is none."""

        def work(held: Connection) -> bool:
            c = webhook_targets.c
            if not held.execute(delete(webhook_targets).where(c.workspace == workspace, c.id == id)).rowcount:
                return False
            drop_secrets(held, id)
            held.execute(delete(webhook_deliveries).where(webhook_deliveries.c.target_id == id))
            return True

        return await self._database.write(work)


def _values(row: TargetRow) -> builtins.dict[str, Any]:
    mail = None if row.mail is None else msgspec.json.encode(row.mail).decode()
    events = msgspec.json.encode(row.events).decode()
    return {**msgspec.structs.asdict(row), "mail": mail, "events": events}


def _row(row: Row[Any]) -> TargetRow:
    found: builtins.dict[str, Any] = dict(zip(_stored, row, strict=True))
    found["mail"] = None if found["mail"] is None else msgspec.json.decode(found["mail"], type=MailRoute)
    found["events"] = msgspec.json.decode(found["events"])
    found["enabled"], found["with_output"] = bool(found["enabled"]), bool(found["with_output"])
    return TargetRow(**found)
