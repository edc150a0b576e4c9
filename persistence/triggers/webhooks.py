"""Webhooks: what starts flows from outside, and the last calls of each."""

import builtins
import time
from typing import Any, Literal

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from persistence.storage.database import Database
from persistence.storage.named_locks import hold
from persistence.storage.tables.triggers import webhook_calls, webhooks
from persistence.triggers.webhook_secrets import WebhookSecrets, drop_secrets

__all__ = ["AnswerMode", "Style", "TooManyWebhooks", "WebhookCall", "WebhookRow", "Webhooks"]

Style = Literal["token", "hmac", "github", "slack", "standard"]
"""How a call proves that it knows the secret."""
AnswerMode = Literal["async", "sync", "stream"]
Outcome = Literal["started", "repeated", "answered", "refused"]
ERROR = 2000
"""Characters of a sentence that is kept."""
LATER = "webhook calls"
"""The owner of calls, which are kept with the next write of anybody; none waits for another."""


class TooManyWebhooks(Exception):
    """The workspace has as many webhooks as it may have."""


class WebhookRow(Struct, frozen=True, kw_only=True):
    """A stored webhook. Times are Unix seconds; each column says what it holds."""

    id: str
    workspace: str
    name: str
    flow_id: str
    token: str
    style: Style
    header: str
    delivery_header: str
    answer: AnswerMode
    input: dict[str, Any] | None
    version: str
    enabled: bool
    key_id: str
    user_id: str
    made_by: str
    stopped: str
    revision: int
    created_at: float
    updated_at: float


class WebhookCall(Struct, frozen=True, kw_only=True):
    """What came to a webhook."""

    webhook_id: str
    at: float
    outcome: Outcome
    status: int
    """Of the HTTP answer."""
    delivery: str = ""
    """What its sender calls it."""
    execution_id: str | None = None
    detail: str = ""


_stored = WebhookRow.__struct_fields__
_selected = select(*(webhooks.c[name] for name in _stored))


class Webhooks:
    """The webhooks of all workspaces. Management sees one workspace; `find` sees all."""

    def __init__(self, database: Database, secrets: WebhookSecrets, *, kept: int) -> None:
        self.secrets = secrets
        self._database = database
        self._kept = kept

    async def create(self, row: WebhookRow, secret: str, *, most: int) -> None:
        """Store a webhook with its secret.

        Raises:
            TooManyWebhooks: the workspace has `most` already.
        """
        count = select(func.count()).select_from(webhooks).where(webhooks.c.workspace == row.workspace)

        def work(held: Connection) -> None:
            hold(held, f"webhooks of {row.workspace}")
            if (held.scalar(count) or 0) >= most:
                raise TooManyWebhooks
            held.execute(insert(webhooks).values(**_values(row)))
            self.secrets.add(held, row.workspace, row.id, secret)

        await self._database.write(work)

    async def list(
        self, workspace: str, *, flow_id: str | None, limit: int, after: tuple[float, str] | None
    ) -> tuple[builtins.list[WebhookRow], int]:
        """Return webhooks from the newest, and how many there are."""
        c = webhooks.c
        where: builtins.list[ColumnElement[bool]] = [c.workspace == workspace]
        if flow_id is not None:
            where.append(c.flow_id == flow_id)
        page = _selected.where(*where).order_by(c.created_at.desc(), c.id.desc()).limit(limit)
        if after is not None:
            page = page.where(or_(c.created_at < after[0], (c.created_at == after[0]) & (c.id < after[1])))

        def work(held: Connection) -> tuple[builtins.list[WebhookRow], int]:
            total = held.scalar(select(func.count()).select_from(webhooks).where(*where)) or 0
            return [_row(row) for row in held.execute(page)], total

        return await self._database.read(work)

    async def get(self, workspace: str, id: str) -> WebhookRow | None:
        """Return a webhook of a workspace."""
        return await self._one(webhooks.c.workspace == workspace, webhooks.c.id == id)

    async def find(self, token: str) -> WebhookRow | None:
        """Return the webhook whose URL has a token."""
        return await self._one(webhooks.c.token == token)

    async def replace(self, known: WebhookRow, row: WebhookRow) -> bool:
        """Store a webhook anew; False if it was changed or deleted since it was read."""
        values = _values(msgspec.structs.replace(row, revision=known.revision + 1))
        changed = (
            update(webhooks)
            .where(webhooks.c.id == known.id, webhooks.c.revision == known.revision)
            .values(values)
        )
        return await self._database.write(lambda held: held.execute(changed).rowcount > 0)

    async def stop(self, row: WebhookRow, why: str) -> bool:
        """Pause a webhook that may not start runs any more; False if it was changed meanwhile."""
        stopped = msgspec.structs.replace(row, enabled=False, stopped=why[:ERROR], updated_at=time.time())
        return await self.replace(row, stopped)

    async def delete(self, workspace: str, id: str) -> bool:
        """Delete a webhook with its secrets and calls; False if there is none. Its runs stay."""

        def work(held: Connection) -> bool:
            gone = delete(webhooks).where(webhooks.c.workspace == workspace, webhooks.c.id == id)
            if not held.execute(gone).rowcount:
                return False
            drop_secrets(held, id)
            held.execute(delete(webhook_calls).where(webhook_calls.c.webhook_id == id))
            return True

        return await self._database.write(work)

    async def keep_call(self, call: WebhookCall) -> None:
        """Keep a call.

        Only the last ones are kept: of those that proved nothing, which anybody can make who has the URL, of
        those that were refused all the same, and of the others.
        """
        c = webhook_calls.c
        refused = call.outcome == "refused"
        kind = (c.outcome == "refused") if refused else (c.outcome != "refused")
        proven = () if not refused else (c.status == 401 if call.status == 401 else c.status != 401,)
        same = (c.webhook_id == call.webhook_id, kind, *proven)
        oldest = select(c.id).where(*same).order_by(c.id.desc()).offset(self._kept).limit(1)
        values = msgspec.structs.asdict(call) | {"detail": call.detail[:ERROR]}

        def work(held: Connection) -> None:
            held.execute(insert(webhook_calls).values(values))
            if (last := held.scalar(oldest)) is not None:
                held.execute(delete(webhook_calls).where(*same, c.id <= last))

        try:
            await self._database.write_later(LATER, work)
        finally:
            self._database.later.forget(LATER)

    async def calls(
        self, webhook_id: str, *, limit: int, after: int | None
    ) -> builtins.list[tuple[int, WebhookCall]]:
        """Return calls of a webhook with their numbers, the newest first."""
        c = webhook_calls.c
        columns = [c[name] for name in WebhookCall.__struct_fields__]
        wanted = select(c.id, *columns).where(c.webhook_id == webhook_id).order_by(c.id.desc()).limit(limit)
        if after is not None:
            wanted = wanted.where(c.id < after)
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        names = WebhookCall.__struct_fields__
        return [(number, WebhookCall(**dict(zip(names, values, strict=True)))) for number, *values in rows]

    async def _one(self, *where: ColumnElement[bool]) -> WebhookRow | None:
        wanted = _selected.where(*where)
        row = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        return None if row is None else _row(row)


def _values(row: WebhookRow) -> builtins.dict[str, Any]:
    encoded = None if row.input is None else msgspec.json.encode(row.input).decode()
    return {**msgspec.structs.asdict(row), "input": encoded}


def _row(row: Row[Any]) -> WebhookRow:
    found: builtins.dict[str, Any] = dict(zip(_stored, row, strict=True))
    found["input"] = None if found["input"] is None else msgspec.json.decode(found["input"])
    found["enabled"] = bool(found["enabled"])
    return WebhookRow(**found)
