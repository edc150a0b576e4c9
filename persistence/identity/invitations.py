"""Invitations: a workspace names an address and a role; only who has the address becomes a member."""

import time

from msgspec import Struct
from sqlalchemy import Connection, delete, select

from persistence.identity.users import join
from persistence.storage.database import Database
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import invitations, users, workspaces
from persistence.storage.upsert import insert_into

__all__ = ["InvitationRow", "Invitations"]


class InvitationRow(Struct, frozen=True, kw_only=True):
    """An invitation that is open. Times are Unix seconds."""

    id: str
    workspace: str
    workspace_name: str
    email: str
    role: str
    created_at: float


class Invitations:
    """The open invitations of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def invite(self, workspace: str, email: str, role: str) -> InvitationRow:
        """Return the invitation of an address, with this role: a later one takes an earlier one's place."""

        def work(connection: Connection) -> InvitationRow:
            here = (invitations.c.workspace == workspace, invitations.c.email == email)
            connection.execute(delete(invitations).where(*here))
            connection.execute(
                insert_into(connection.dialect.name, invitations)
                .values(id=new_id(), workspace=workspace, email=email, role=role, created_at=time.time())
                .on_conflict_do_nothing()
            )
            return _rows(connection, *here)[0]

        return await self._database.write(work)

    async def of_workspace(self, workspace: str) -> list[InvitationRow]:
        """Return a workspace's invitations, the oldest first."""
        return await self._database.read(
            lambda connection: _rows(connection, invitations.c.workspace == workspace)
        )

    async def of_user(self, user_id: str) -> list[InvitationRow]:
        """Return the invitations of a user's address."""
        theirs = select(users.c.email).where(users.c.id == user_id).scalar_subquery()
        return await self._database.read(lambda connection: _rows(connection, invitations.c.email == theirs))

    async def accept(self, user_id: str, id: str) -> InvitationRow | None:
        """Make a user a member as an invitation of theirs says, and use it up; None if there is none."""

        def work(connection: Connection) -> InvitationRow | None:
            theirs = select(users.c.email).where(users.c.id == user_id).scalar_subquery()
            found = _rows(connection, invitations.c.id == id, invitations.c.email == theirs)
            gone = connection.execute(delete(invitations).where(invitations.c.id == id)) if found else None
            if gone is None or gone.rowcount != 1:
                return None
            join(connection, found[0].workspace, user_id, found[0].role, time.time())
            return found[0]

        return await self._database.write(work)

    async def decline(self, user_id: str, id: str) -> bool:
        """Use an invitation of a user's up without becoming a member; say whether there was one."""
        theirs = select(users.c.email).where(users.c.id == user_id).scalar_subquery()
        gone = delete(invitations).where(invitations.c.id == id, invitations.c.email == theirs)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount == 1)

    async def withdraw(self, workspace: str, id: str) -> bool:
        """Take a workspace's invitation back; say whether there was one."""
        gone = delete(invitations).where(invitations.c.id == id, invitations.c.workspace == workspace)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount == 1)


def _rows(connection: Connection, *conditions: object) -> list[InvitationRow]:
    wanted = (
        select(
            invitations.c.id,
            invitations.c.workspace,
            workspaces.c.name,
            invitations.c.email,
            invitations.c.role,
            invitations.c.created_at,
        )
        .join(workspaces, workspaces.c.id == invitations.c.workspace)
        .where(*conditions)  # pyright: ignore[reportArgumentType]  # conditions on columns
        .order_by(invitations.c.created_at, invitations.c.id)
    )
    return [
        InvitationRow(id=id, workspace=place, workspace_name=name, email=email, role=role, created_at=at)
        for id, place, name, email, role, at in connection.execute(wanted)
    ]
