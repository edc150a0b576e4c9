"""Users: people who may call, each a member of workspaces in a role."""

import time
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, exists, func, select, update

from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import invitations, members, users

__all__ = ["Member", "UserRow", "Users", "join", "member_columns", "read_member", "user_columns"]


class UserRow(Struct, frozen=True, kw_only=True):
    """A user. Times are Unix seconds."""

    id: str
    email: str | None
    """Case-folded: what a login names. None where an outside issuer named none that was free."""
    name: str
    created_at: float
    disabled_at: float | None
    subject: str | None = None
    """Whom an outside issuer knows them as; None for those who are known here alone."""


class Member(Struct, frozen=True, kw_only=True):
    """A user in a workspace."""

    user: UserRow
    role: str


class Users:
    """The users of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, workspace: str, role: str, *, email: str, name: str, password_hash: str | None = None
    ) -> UserRow | None:
        """Make a user who is a member of a workspace; None if one has the address already, also at this
        very moment. One who is a member of nothing any more gives it up."""
        row = UserRow(id=new_id(), email=email, name=name or email, created_at=time.time(), disabled_at=None)

        def work(connection: Connection) -> UserRow | None:
            connection.execute(
                update(users)
                .where(users.c.email == email, ~exists().where(members.c.user_id == users.c.id))
                .values(email=None)
            )
            made = connection.execute(
                insert_into(connection.dialect.name, users)
                .values(
                    id=row.id,
                    email=row.email,
                    name=row.name,
                    password_hash=password_hash,
                    created_at=row.created_at,
                )
                .on_conflict_do_nothing()
            )
            if made.rowcount != 1:
                return None
            join(connection, workspace, row.id, role, row.created_at)
            mine = (invitations.c.workspace == workspace, invitations.c.email == email)
            connection.execute(delete(invitations).where(*mine))  # whoever is here needs none
            return row

        return await self._database.write(work)

    async def get(self, user_id: str) -> UserRow | None:
        """Return a user."""
        found = await self._rows(users.c.id == user_id)
        return found[0] if found else None

    async def by_email(self, email: str) -> UserRow | None:
        """Return the user whose address this is."""
        found = await self._rows(users.c.email == email)
        return found[0] if found else None

    async def password_hash(self, email: str) -> tuple[UserRow, str | None] | None:
        """Return the user whose address this is, and the hash of their password."""
        wanted = select(*user_columns(), users.c.password_hash).where(users.c.email == email)
        row = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if row is None else (read_user(tuple(row)[:-1]), row[-1])

    async def set_password(self, user_id: str, password_hash: str, *, was: str | None = None) -> bool:
        """Change a password; say whether there is such a user, whose hash is still the one before where one
        is given. Their logins are the caller's to revoke."""
        changed = update(users).where(users.c.id == user_id).values(password_hash=password_hash)
        if was is not None:
            changed = changed.where(users.c.password_hash == was)
        return await self._database.write(lambda connection: connection.execute(changed).rowcount == 1)

    async def rename(self, user_id: str, name: str) -> bool:
        """Change a name; say whether there is such a user."""
        return await self._change(user_id, {"name": name})

    async def outsider(self, subject: str, *, email: str, name: str) -> UserRow:
        """Return the user whom an outside issuer knows as `subject`, made at their first call.

        Their address is kept where it is nobody's yet: what an issuer says of addresses makes nobody another.
        """

        def work(connection: Connection) -> UserRow:
            wanted = select(*user_columns()).where(users.c.subject == subject)
            if (row := connection.execute(wanted).one_or_none()) is not None:
                return read_user(tuple(row))
            taken = connection.scalar(select(users.c.id).where(users.c.email == email)) if email else None
            connection.execute(
                insert_into(connection.dialect.name, users)
                .values(
                    id=new_id(),
                    email=None if taken or not email else email,
                    subject=subject,
                    name=name,
                    created_at=time.time(),
                )
                .on_conflict_do_nothing()
            )
            return read_user(tuple(connection.execute(wanted).one()))

        return await self._database.write(work)

    async def of_workspace(self, workspace: str) -> list[Member]:
        """Return the members of a workspace, in the order in which they joined it."""
        wanted = (
            select(*member_columns())
            .join(members, members.c.user_id == users.c.id)
            .where(members.c.workspace == workspace)
            .order_by(members.c.created_at, users.c.id)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [read_member(tuple(row)) for row in rows]

    async def _rows(self, condition: Any) -> list[UserRow]:
        wanted = select(*user_columns()).where(condition)
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [read_user(tuple(row)) for row in rows]

    async def _change(self, user_id: str, values: dict[str, Any]) -> bool:
        changed = update(users).where(users.c.id == user_id).values(values)
        return await self._database.write(lambda connection: connection.execute(changed).rowcount == 1)


def user_columns() -> list[Any]:
    """Return the columns of a `UserRow`, in its order."""
    return [users.c[name] for name in UserRow.__struct_fields__]


def member_columns() -> list[Any]:
    """Return the columns of a `Member`, of users joined with members: kept out by the server or here."""
    kept_out = func.coalesce(users.c.disabled_at, members.c.disabled_at)
    return [*(kept_out if one is users.c.disabled_at else one for one in user_columns()), members.c.role]


def read_user(row: Sequence[Any]) -> UserRow:
    """Return the user of a row of `user_columns`."""
    return UserRow(**dict(zip(UserRow.__struct_fields__, row, strict=True)))


def read_member(row: Sequence[Any]) -> Member:
    """Return the member of a row of `user_columns` and a role."""
    return Member(user=read_user(row[:-1]), role=row[-1])


def join(connection: Connection, workspace: str, user_id: str, role: str, moment: float) -> bool:
    """Make a user a member; False if they are."""
    made = connection.execute(
        insert_into(connection.dialect.name, members)
        .values(workspace=workspace, user_id=user_id, role=role, created_at=moment)
        .on_conflict_do_nothing()
    )
    return made.rowcount == 1
