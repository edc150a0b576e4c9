"""Logins: who is logged in, each a chain of refresh tokens of which the newest is good, once."""

import time
from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from persistence.storage.database import Database
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import logins, members, users

__all__ = ["Logins", "Standing"]


class Standing(Struct, frozen=True):
    """How somebody stands in a workspace at this moment."""

    user_id: str
    name: str
    role: str


class Logins:
    """The logins of all users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, user_id: str, seconds: float, *, password_hash: str) -> str | None:
        """Log a user in for at most so many seconds without a refresh; return the login's id.

        None if they have another password than that of this hash by now, or are kept out: what ends their
        logins then ends this one too.
        """
        login_id, now = new_id(), time.time()
        made = insert(logins).values(
            id=login_id,
            user_id=user_id,
            generation=1,
            created_at=now,
            refreshed_at=now,
            expires_at=now + seconds,
        )
        same = select(users.c.id).where(
            users.c.id == user_id, users.c.password_hash == password_hash, users.c.disabled_at.is_(None)
        )

        def work(connection: Connection) -> str | None:
            if connection.scalar(same.with_for_update(read=True)) is None:
                return None
            connection.execute(made)
            return login_id

        return await self._database.write(work)

    async def refresh(self, login_id: str, generation: int, seconds: float) -> str | None:
        """Use a generation up and return whose login it is; None if it cannot be used.

        One that was used before is in two hands: the login ends, whichever of them is the thief.
        """
        now = time.time()
        next_one = (
            update(logins)
            .where(
                logins.c.id == login_id,
                logins.c.generation == generation,
                logins.c.revoked_at.is_(None),
                logins.c.expires_at > now,
            )
            .values(generation=generation + 1, refreshed_at=now, expires_at=now + seconds)
            .returning(logins.c.user_id)
        )
        stolen = (
            update(logins)
            .where(logins.c.id == login_id, logins.c.generation > generation, logins.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )

        def work(connection: Connection) -> str | None:
            user_id = connection.scalar(next_one)
            if user_id is None:
                connection.execute(stolen)
            return user_id

        return await self._database.write(work)

    async def end(self, login_id: str) -> None:
        """Log out."""
        ended = (
            update(logins)
            .where(logins.c.id == login_id, logins.c.revoked_at.is_(None))
            .values(revoked_at=time.time())
        )
        await self._database.write(lambda connection: connection.execute(ended))

    async def end_all(self, user_id: str) -> None:
        """Log a user out everywhere."""
        ended = (
            update(logins)
            .where(logins.c.user_id == user_id, logins.c.revoked_at.is_(None))
            .values(revoked_at=time.time())
        )
        await self._database.write(lambda connection: connection.execute(ended))

    async def standing(self, asked: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], Standing]:
        """Return how users stand, of those asked for as (user, workspace, login) who may be let in.

        A login that ended lets nobody in; an empty one is not looked at.
        """
        found: dict[tuple[str, str, str], Standing] = {}
        user_ids = sorted({user_id for user_id, _, _ in asked})
        login_ids = sorted({login_id for _, _, login_id in asked if login_id})

        def work(connection: Connection) -> None:
            roles = {
                (user_id, workspace): Standing(user_id, name, role)
                for user_id, workspace, name, role in connection.execute(
                    select(users.c.id, members.c.workspace, users.c.name, members.c.role)
                    .join(members, members.c.user_id == users.c.id)
                    .where(users.c.id.in_(user_ids), users.c.disabled_at.is_(None))
                    .where(members.c.disabled_at.is_(None))
                )
            }
            working = {
                (login_id, user_id)
                for login_id, user_id in connection.execute(
                    select(logins.c.id, logins.c.user_id).where(
                        logins.c.id.in_(login_ids),
                        logins.c.revoked_at.is_(None),
                        logins.c.expires_at > time.time(),
                    )
                )
            }
            for user_id, workspace, login_id in asked:
                role = roles.get((user_id, workspace))
                if role is not None and (not login_id or (login_id, user_id) in working):
                    found[user_id, workspace, login_id] = role

        await self._database.read(work)
        return found

    async def prune(self, before: float) -> int:
        """Drop logins that could not be used any more at a time in Unix seconds; return how many."""
        gone = delete(logins).where(logins.c.expires_at < before)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount)
