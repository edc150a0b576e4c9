"""API keys: shown once, stored as their hash."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, insert, select, update

from persistence.database import Database
from persistence.executions import new_id
from persistence.tables import api_keys

__all__ = ["KeyRow", "Keys"]

SHOWN = 11
"""Characters of a key that lists show: ``ar_`` and eight more."""
USE_RECORDED_EVERY = 60.0
"""Seconds between two records of a key's use."""


class KeyRow(Struct, frozen=True, kw_only=True):
    """What is known of an API key. Times are Unix seconds."""

    id: str
    workspace: str
    name: str
    prefix: str
    """The key's first characters, for people to tell keys apart."""
    created_at: float
    last_used_at: float | None
    """To the minute."""
    expires_at: float | None
    revoked_at: float | None


class Keys:
    """The API keys of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_hash = database.prepare(
            select(api_keys.c.key_hash, *_columns()).where(api_keys.c.key_hash == bindparam("key_hash"))
        )

    async def create(self, workspace: str, name: str, expires_at: float | None = None) -> tuple[KeyRow, str]:
        """Make a key; it is returned here and never again."""
        key = f"ar_{secrets.token_urlsafe(32)}"
        row = KeyRow(
            id=new_id(),
            workspace=workspace,
            name=name,
            prefix=key[:SHOWN],
            created_at=time.time(),
            last_used_at=None,
            expires_at=expires_at,
            revoked_at=None,
        )
        made = insert(api_keys).values(
            id=row.id,
            workspace=workspace,
            name=name,
            prefix=row.prefix,
            key_hash=_hash(key),
            created_at=row.created_at,
            expires_at=expires_at,
        )
        await self._database.write(lambda connection: connection.execute(made))
        return row, key

    async def find(self, key: str) -> KeyRow | None:
        """Return a key that may be used now: known, not revoked, not expired. Its use is recorded."""
        key_hash = _hash(key)
        rows = await self._database.read(
            lambda connection: self._by_hash.fetch(connection, key_hash=key_hash)
        )
        if not rows or not hmac.compare_digest(rows[0][0], key_hash):
            return None
        row = _row(rows[0][1:])
        now = time.time()
        if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            return None
        if row.last_used_at is None or row.last_used_at < now - USE_RECORDED_EVERY:
            used = update(api_keys).where(api_keys.c.id == row.id).values(last_used_at=now)
            self._database.write(lambda connection: connection.execute(used))  # nobody waits for it
        return row

    async def list(self, workspace: str) -> list[KeyRow]:
        """Return a workspace's keys, the newest first, revoked and expired ones too."""
        wanted = (
            select(*_columns())
            .where(api_keys.c.workspace == workspace)
            .order_by(api_keys.c.created_at.desc(), api_keys.c.id.desc())
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [_row(tuple(row)) for row in rows]

    async def revoke(self, workspace: str, id: str) -> bool:
        """Take a key back at once; False if there is none that was not."""
        revoked = (
            update(api_keys)
            .where(api_keys.c.workspace == workspace, api_keys.c.id == id, api_keys.c.revoked_at.is_(None))
            .values(revoked_at=time.time())
        )

        return await self._database.write(lambda connection: connection.execute(revoked).rowcount > 0)


def _columns() -> list[Any]:
    c = api_keys.c
    return [c.id, c.workspace, c.name, c.prefix, c.created_at, c.last_used_at, c.expires_at, c.revoked_at]


def _row(row: Sequence[Any]) -> KeyRow:
    id, workspace, name, prefix, created_at, last_used_at, expires_at, revoked_at = row
    return KeyRow(
        id=id,
        workspace=workspace,
        name=name,
        prefix=prefix,
        created_at=created_at,
        last_used_at=last_used_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
