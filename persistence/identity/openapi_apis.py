"""OpenAPI APIs: the APIs of workspaces, read from their documents, with the operations that were chosen."""

import asyncio
import builtins
import time
import zlib
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from graphs.openapi.operations import APIDocument, AuthScheme, Operation
from graphs.openapi.pinned_operations import APISettings
from persistence.identity.credentials import NameTaken
from persistence.storage.change_times import next_change
from persistence.storage.database import Database
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import openapi_apis

__all__ = ["APIRow", "APIRows", "AboutAPI", "new_api"]

_UNPACKED = 100_000_000


class AboutAPI(Struct, frozen=True, kw_only=True):
    """What a document says of the whole API."""

    version: str
    title: str
    api_version: str
    base_url: str
    schemes: list[AuthScheme] = []
    operations: int
    """How many it has."""


class APIRow(Struct, frozen=True, kw_only=True):
    """A stored API. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    settings: APISettings
    about: AboutAPI
    chosen: list[Operation]
    read_at: float
    created_at: float
    updated_at: float


class APIRows:
    """The APIs of all workspaces; each call sees one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, row: APIRow, document: APIDocument) -> None:
        """Store an API.

        Raises:
            NameTaken: there is one of this name.
        """
        values = {
            "id": row.id,
            "workspace": row.workspace,
            "created_at": row.created_at,
            "document": await asyncio.to_thread(_packed, document),
            **_values(row),
        }
        try:
            await self._database.write(lambda held: held.execute(insert(openapi_apis).values(values)))
        except IntegrityError:
            raise NameTaken(row.name) from None

    async def list(self, workspace: str) -> list[APIRow]:
        """Return a workspace's APIs by name."""
        wanted = (
            select(*_columns()).where(openapi_apis.c.workspace == workspace).order_by(openapi_apis.c.name)
        )
        rows = await self._database.read(lambda held: held.execute(wanted).all())
        return [_row(row) for row in rows]

    async def get(self, workspace: str, id: str) -> APIRow | None:
        """Return an API by its id."""
        return await self._one(workspace, openapi_apis.c.id == id)

    async def find(self, workspace: str, name: str) -> APIRow | None:
        """Return an API by its name."""
        return await self._one(workspace, openapi_apis.c.name == name)

    async def document(self, workspace: str, id: str) -> APIDocument | None:
        """Return what is kept of its document."""
        wanted = select(openapi_apis.c.document).where(
            openapi_apis.c.workspace == workspace, openapi_apis.c.id == id
        )
        packed = await self._database.read(lambda held: held.execute(wanted).scalar_one_or_none())
        return None if packed is None else await asyncio.to_thread(_unpacked, packed)

    async def replace(self, known: APIRow, row: APIRow, document: APIDocument | None = None) -> APIRow | None:
        """Store an API anew, with its document where one is given, and return it; None if it was changed or
        deleted since it was read.

        Raises:
            NameTaken: there is another of its name.
        """
        row = msgspec.structs.replace(row, updated_at=next_change(known.updated_at))
        values = _values(row)
        if document is not None:
            values["document"] = await asyncio.to_thread(_packed, document)
        changed = (
            update(openapi_apis)
            .where(
                openapi_apis.c.id == row.id,
                openapi_apis.c.workspace == row.workspace,
                openapi_apis.c.updated_at == known.updated_at,
            )
            .values(values)
        )
        try:
            done = await self._database.write(lambda held: held.execute(changed).rowcount > 0)
        except IntegrityError:
            raise NameTaken(row.name) from None
        return row if done else None

    async def delete(self, workspace: str, id: str) -> bool:
        """Forget an API for good; False if there is none."""
        gone = delete(openapi_apis).where(openapi_apis.c.id == id, openapi_apis.c.workspace == workspace)
        return await self._database.write(lambda held: held.execute(gone).rowcount > 0)

    async def _one(self, workspace: str, condition: Any) -> APIRow | None:
        wanted = select(*_columns()).where(openapi_apis.c.workspace == workspace, condition)
        row = await self._database.read(lambda held: held.execute(wanted).one_or_none())
        return None if row is None else _row(row)


def new_api(workspace: str, name: str, settings: APISettings, about: AboutAPI) -> APIRow:
    """Return a row that is not stored yet."""
    now = time.time()
    return APIRow(
        id=new_id(),
        workspace=workspace,
        name=name,
        settings=settings,
        about=about,
        chosen=[],
        read_at=now,
        created_at=now,
        updated_at=now,
    )


def _columns() -> builtins.list[Any]:
    return [openapi_apis.c[name] for name in APIRow.__struct_fields__]


def _values(row: APIRow) -> builtins.dict[str, Any]:
    return {
        "name": row.name,
        "settings": msgspec.json.encode(row.settings).decode(),
        "about": msgspec.json.encode(row.about).decode(),
        "chosen": msgspec.json.encode(row.chosen).decode(),
        "read_at": row.read_at,
        "updated_at": row.updated_at,
    }


def _row(row: Row[*tuple[Any, ...]]) -> APIRow:
    return APIRow(
        id=row.id,
        workspace=row.workspace,
        name=row.name,
        settings=msgspec.json.decode(row.settings, type=APISettings),
        about=msgspec.json.decode(row.about, type=AboutAPI),
        chosen=msgspec.json.decode(row.chosen, type=list[Operation]),
        read_at=row.read_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _packed(document: APIDocument) -> bytes:
    return zlib.compress(msgspec.json.encode(document))


def _unpacked(packed: bytes) -> APIDocument:
    plain = zlib.decompressobj().decompress(packed, _UNPACKED)
    return msgspec.json.decode(plain, type=APIDocument)
