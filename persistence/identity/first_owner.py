"""The first owner: made by the first start, once, whatever else starts at the same moment."""

import time

from msgspec import Struct
from sqlalchemy import Connection, inspect, select, update

from persistence.identity.key_hash_comparison import hash_of
from persistence.identity.users import join
from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import api_keys, users

__all__ = ["OWNER", "FirstOwner", "knows_owner", "make_first_owner"]

OWNER = "owner"
"""The first owner's address, which nobody can log in with before it has a password; and their key's name."""


class FirstOwner(Struct, frozen=True):
    """The owner that was made now."""

    user_id: str
    has_key: bool
    """Whether a key of theirs was there before: servers had owners' keys before they had users."""


async def knows_owner(database: Database, key: str) -> bool:
    """Say whether a database has a user, or this key of a release that had no users; no where it has no
    tables."""

    def work(connection: Connection) -> bool:
        tables = set(inspect(connection).get_table_names())
        if users.name in tables and connection.scalar(select(users.c.id).limit(1)) is not None:
            return True
        known = select(api_keys.c.id).where(api_keys.c.key_hash == hash_of(key))
        return api_keys.name in tables and connection.scalar(known) is not None

    return await database.read(work)


async def make_first_owner(database: Database, workspace: str) -> FirstOwner | None:
    """Make the first owner; None if there are users already, also of this very moment."""

    def work(connection: Connection) -> FirstOwner | None:
        if connection.scalar(select(users.c.id).limit(1)) is not None:
            return None
        user_id, now = new_id(), time.time()
        made = connection.execute(
            insert_into(connection.dialect.name, users)
            .values(id=user_id, email=OWNER, name="Owner", created_at=now)
            .on_conflict_do_nothing()
        )
        if made.rowcount != 1:  # another process was first, at this very moment
            return None
        join(connection, workspace, user_id, "owner", now)
        mine = (
            update(api_keys)
            .where(api_keys.c.workspace == workspace, api_keys.c.name == OWNER, api_keys.c.user_id.is_(None))
            .values(user_id=user_id)
        )
        return FirstOwner(user_id, connection.execute(mine).rowcount > 0)

    return await database.write(work)
