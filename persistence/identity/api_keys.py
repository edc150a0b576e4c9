"""API keys: shown once, stored as their hash."""

import secrets
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Select, and_, bindparam, func, insert, select, update

from persistence.identity.key_hash_comparison import hash_of, is_hash_of
from persistence.storage.database import Database
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import api_keys, members, users

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
    role: str = "owner"
    scopes: list[str] | None = None
    """The permissions that it has, of those of its role; None for all of them."""
    user_id: str | None = None
    """Whose it is; None for a key that was made on the server itself and is nobody's."""
    flow_id: str | None = None
    """The one flow that it may use; None for all of the workspace."""
    on_disconnect: str | None = None
    """``continue`` or ``cancel``: what happens to a run whose client disconnects; None for the default."""
    user_role: str | None = None
    """Their role in the workspace at this moment, where the key was looked up to be used."""


class Keys:
    """The API keys of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_hash = database.prepare(_used().where(api_keys.c.key_hash == bindparam("key_hash")))
        self._by_id = database.prepare(_used().where(api_keys.c.id == bindparam("id")))

    async def create(
        self,
        workspace: str,
        name: str,
        expires_at: float | None = None,
        *,
        role: str = "owner",
        scopes: Sequence[str] | None = None,
        user_id: str | None = None,
        flow_id: str | None = None,
        on_disconnect: str | None = None,
    ) -> tuple[KeyRow, str]:
        """Make a key; it is returned here and never again.

        Whether who asks may give away so much is the caller's to check.
        """
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
            role=role,
            scopes=None if scopes is None else [*scopes],
            user_id=user_id,
            flow_id=flow_id,
            on_disconnect=on_disconnect,
        )
        made = insert(api_keys).values(
            id=row.id,
            workspace=workspace,
            name=name,
            prefix=row.prefix,
            key_hash=hash_of(key),
            created_at=row.created_at,
            expires_at=expires_at,
            role=role,
            scopes=None if scopes is None else msgspec.json.encode(row.scopes).decode(),
            user_id=user_id,
            flow_id=flow_id,
            on_disconnect=on_disconnect,
        )
        await self._database.write(lambda connection: connection.execute(made))
        return row, key

    async def find(self, key: str) -> KeyRow | None:
        """Return a key that may be used now: known, not revoked, not expired, and of nobody who was kept out.

        Its use is recorded.
        """
        key_hash = hash_of(key)
        rows = await self._database.read(
            lambda connection: self._by_hash.fetch(connection, key_hash=key_hash)
        )
        if not rows or not is_hash_of(rows[0][0], key):
            return None
        row, now = _usable(rows[0][1:]), time.time()
        if row is None:
            return None
        if row.last_used_at is None or row.last_used_at < now - USE_RECORDED_EVERY:
            used = update(api_keys).where(api_keys.c.id == row.id).values(last_used_at=now)
            self._database.write(lambda connection: connection.execute(used))  # nobody waits for it
        return row

    async def standing(self, key_ids: Sequence[str]) -> dict[str, KeyRow]:
        """Return those of some keys that may be used now, by their ids."""

        def work(connection: Connection) -> Sequence[Sequence[Any]]:
            if len(key_ids) == 1:  # of a socket that says something
                return self._by_id.fetch(connection, id=key_ids[0])
            return connection.execute(_used().where(api_keys.c.id.in_(key_ids))).all()

        usable = [_usable(tuple(row)[1:]) for row in await self._database.read(work)]
        return {row.id: row for row in usable if row is not None}

    async def get(self, workspace: str, id: str) -> KeyRow | None:
        """Return a workspace's key, also one that works no more."""
        wanted = select(*_columns()).where(api_keys.c.workspace == workspace, api_keys.c.id == id)
        row = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if row is None else _row(tuple(row))

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
    return [api_keys.c[name] for name in KeyRow.__struct_fields__ if name != "user_role"]


def _used() -> Select[*tuple[Any, ...]]:
    """Return the query of a key that is about to be used, with how its user stands."""
    return (
        select(
            api_keys.c.key_hash,
            *_columns(),
            members.c.role,
            func.coalesce(users.c.disabled_at, members.c.disabled_at),
        )
        .outerjoin(users, users.c.id == api_keys.c.user_id)
        .outerjoin(
            members, and_(members.c.user_id == users.c.id, members.c.workspace == api_keys.c.workspace)
        )
    )


def _usable(found: Sequence[Any]) -> KeyRow | None:
    """Return the key if it may be used now."""
    *row, user_role, disabled_at = found
    key = _row(row, user_role)
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= time.time()):
        return None
    if key.user_id is not None and (user_role is None or disabled_at is not None):
        return None  # its user was kept out, or is no member any more
    return key


def _row(row: Sequence[Any], user_role: str | None = None) -> KeyRow:
    fields = dict(zip((column.name for column in _columns()), row, strict=True))
    scopes = fields.pop("scopes")
    kept = None if scopes is None else msgspec.json.decode(scopes, type=list[str])
    return KeyRow(**fields, scopes=kept, user_role=user_role)
