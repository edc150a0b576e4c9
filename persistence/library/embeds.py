"""Embeds: chatflows that strangers may chat with from other sites, each under a token of its own."""

import re
import secrets
import time
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, select, update

from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.ids import new_id
from persistence.storage.tables.library import embeds

__all__ = ["EmbedRow", "Embeds"]


class EmbedRow(Struct, frozen=True, kw_only=True):
    """An embed as it is stored. Times are Unix seconds."""

    id: str
    workspace: str
    flow_id: str
    token: str
    """``emb_…``: publishable, it stands in the pages that show the chat."""
    config: dict[str, Any]
    is_active: bool
    created_at: float
    updated_at: float


_TOKEN = re.compile(r"emb_[\w-]{1,60}", re.ASCII)
_COLUMNS = [embeds.c[name] for name in EmbedRow.__struct_fields__]


class Embeds:
    """The embeds of all workspaces, at most one a chatflow."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_token = database.prepare(select(*_COLUMNS).where(embeds.c.token == bindparam("token")))

    async def put(
        self, workspace: str, flow_id: str, config: dict[str, Any], *, is_active: bool = True
    ) -> EmbedRow:
        """Make a chatflow's embed, or change the one that it has; its token stays."""
        now = time.time()
        kept = msgspec.json.encode(config).decode()
        made = (
            insert_into(self._database.dialect, embeds)
            .values(
                id=new_id(),
                workspace=workspace,
                flow_id=flow_id,
                token=_new_token(),
                config=kept,
                is_active=is_active,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_update(
                index_elements=["workspace", "flow_id"],
                set_={"config": kept, "is_active": is_active, "updated_at": now},
            )
        )

        def work(connection: Connection) -> EmbedRow:
            connection.execute(made)
            row = _find(connection, workspace, flow_id)
            assert row is not None, "the row was just written"
            return row

        return await self._database.write(work)

    async def get(self, workspace: str, flow_id: str) -> EmbedRow | None:
        """Return a chatflow's embed."""
        return await self._database.read(lambda connection: _find(connection, workspace, flow_id))

    async def find(self, token: str) -> EmbedRow | None:
        """Return the embed that a token opens, whosever it is; None for one that opens none."""
        if not _TOKEN.fullmatch(token):  # not everything that an address may hold can be asked of a database
            return None
        rows = await self._database.read(lambda connection: self._by_token.fetch(connection, token=token))
        return _row(rows[0]) if rows else None

    async def rotate(self, workspace: str, flow_id: str) -> EmbedRow | None:
        """Give an embed another token; the one before opens nothing from then on."""
        changed = (
            update(embeds)
            .where(embeds.c.workspace == workspace, embeds.c.flow_id == flow_id)
            .values(token=_new_token(), updated_at=time.time())
        )

        def work(connection: Connection) -> EmbedRow | None:
            connection.execute(changed)
            return _find(connection, workspace, flow_id)

        return await self._database.write(work)

    async def delete(self, workspace: str, flow_id: str) -> bool:
        """Take a chatflow's embed away; False if it has none."""
        gone = delete(embeds).where(embeds.c.workspace == workspace, embeds.c.flow_id == flow_id)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount > 0)

    async def open(self, tokens: Collection[str]) -> dict[str, EmbedRow]:
        """Return the embeds that some tokens open now, by token; those that open none are left out."""
        wanted = select(*_COLUMNS).where(embeds.c.token.in_(tokens), embeds.c.is_active.is_(True))
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return {row.token: row for row in (_row(tuple(each)) for each in rows)}


def _new_token() -> str:
    return f"emb_{secrets.token_urlsafe(24)}"


def _find(connection: Connection, workspace: str, flow_id: str) -> EmbedRow | None:
    wanted = select(*_COLUMNS).where(embeds.c.workspace == workspace, embeds.c.flow_id == flow_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _row(tuple(row))


def _row(row: Sequence[Any]) -> EmbedRow:
    id, workspace, flow_id, token, config, is_active, created_at, updated_at = row
    return EmbedRow(
        id=id,
        workspace=workspace,
        flow_id=flow_id,
        token=token,
        config=msgspec.json.decode(config),
        is_active=bool(is_active),
        created_at=created_at,
        updated_at=updated_at,
    )
