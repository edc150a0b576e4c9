"""Connections: named model addresses of workspaces. A key is in a credential, which they name."""

import time
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from graphs.model_api.connection import Connection
from persistence.identity.credentials import NameTaken
from persistence.storage.change_times import next_change
from persistence.storage.database import Database
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import connections

__all__ = ["ConnectionRow", "Connections"]


class ConnectionRow(Struct, frozen=True, kw_only=True):
    """A stored connection. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    connection: Connection
    created_at: float
    updated_at: float


class Connections:
    """The connections of all workspaces; each call sees one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, workspace: str, name: str, connection: Connection) -> ConnectionRow:
        """Store a connection.

        Raises:
            NameTaken: there is one of this name.
        """
        now = time.time()
        row = ConnectionRow(
            id=new_id(), workspace=workspace, name=name, connection=connection, created_at=now, updated_at=now
        )
        values = {"id": row.id, "workspace": workspace, "created_at": now, **_values(row)}
        try:
            await self._database.write(lambda held: held.execute(insert(connections).values(values)))
        except IntegrityError:
            raise NameTaken(name) from None
        return row

    async def list(self, workspace: str) -> list[ConnectionRow]:
        """Return a workspace's connections by name."""
        wanted = select(connections).where(connections.c.workspace == workspace).order_by(connections.c.name)
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        return [_row(row) for row in rows]

    async def get(self, workspace: str, id: str) -> ConnectionRow | None:
        """Return a connection by its id."""
        return await self._one(workspace, connections.c.id == id)

    async def find(self, workspace: str, name: str) -> Connection | None:
        """Return a connection by its name, as runs use it."""
        row = await self._one(workspace, connections.c.name == name)
        return None if row is None else row.connection

    async def names(self, workspace: str) -> frozenset[str]:
        """Return the names of a workspace's connections."""
        wanted = select(connections.c.name).where(connections.c.workspace == workspace)
        return frozenset(await self._database.read(lambda held: held.scalars(wanted).all()))

    async def replace(self, known: ConnectionRow, name: str, connection: Connection) -> ConnectionRow | None:
        """Give a connection another name and other values; None if it was changed or deleted since it was
        read.

        Raises:
            NameTaken: there is another of this name.
        """
        row = msgspec.structs.replace(
            known, name=name, connection=connection, updated_at=next_change(known.updated_at)
        )
        changed = (
            update(connections)
            .where(
                connections.c.id == row.id,
                connections.c.workspace == row.workspace,
                connections.c.updated_at == known.updated_at,
            )
            .values(_values(row))
        )
        try:
            done = await self._database.write(lambda held: held.execute(changed).rowcount > 0)
        except IntegrityError:
            raise NameTaken(name) from None
        return row if done else None

    async def delete(self, workspace: str, id: str) -> bool:
        """Forget a connection for good; False if there is none."""
        gone = delete(connections).where(connections.c.workspace == workspace, connections.c.id == id)
        return await self._database.write(lambda held: held.execute(gone).rowcount > 0)

    async def _one(self, workspace: str, condition: Any) -> ConnectionRow | None:
        wanted = select(connections).where(connections.c.workspace == workspace, condition)
        row = await self._database.read(lambda held: held.execute(wanted).first())
        return None if row is None else _row(row)


def _values(row: ConnectionRow) -> dict[str, Any]:
    told = row.connection
    return {
        "name": row.name,
        "provider": told.provider,
        "base_url": told.base_url,
        "credential": told.credential,
        "profile": told.profile,
        "headers": msgspec.json.encode(told.headers).decode(),
        "defaults": msgspec.json.encode(told.defaults).decode(),
        "prices": msgspec.json.encode(told.prices).decode(),
        "updated_at": row.updated_at,
    }


def _row(row: Row[Any]) -> ConnectionRow:
    return ConnectionRow(
        id=row.id,
        workspace=row.workspace,
        name=row.name,
        connection=Connection(
            provider=row.provider,
            base_url=row.base_url,
            credential=row.credential,
            profile=row.profile,
            headers=msgspec.json.decode(row.headers),
            defaults=msgspec.json.decode(row.defaults),
            prices=msgspec.json.decode(row.prices),
        ),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
