"""Invitations: a workspace names an address and a role; only who has the address becomes a member."""

import time
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import Connection, delete, select, update

from persistence.identity.users import join
from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import invitations, users, workspaces
from persistence.storage.tables.spending import budgets

__all__ = ["InvitationRow", "Invitations"]


class InvitationRow(Struct, frozen=True, kw_only=True):
    """An invitation that is open. Times are Unix seconds."""

    id: str
    workspace: str
    workspace_name: str
    email: str
    role: str
    created_at: float
    name: str | None = None
    """What the workspace calls one whom it made a user; None for a plain invitation."""
    disabled_at: float | None = None
    """Since when the workspace keeps such a one out."""


class Invitations:
    """The open invitations of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def invite(
        self, workspace: str, email: str, role: str, *, name: str | None = None
    ) -> InvitationRow:
        """Return the invitation of an address, with this role: a later one takes an earlier one's place.

        With a `name` it is an awaited user: it stands among the workspace's users as an account made for it
        would, since nobody there may learn that the address has an account already.
        """

        def work(connection: Connection) -> InvitationRow:
            here = (invitations.c.workspace == workspace, invitations.c.email == email)
            connection.execute(delete(invitations).where(*here))
            connection.execute(
                insert_into(connection.dialect.name, invitations)
                .values(
                    id=new_id(),
                    workspace=workspace,
                    email=email,
                    role=role,
                    created_at=time.time(),
                    name=name,
                )
                .on_conflict_do_nothing()
            )
            return _rows(connection, *here)[0]

        return await self._database.write(work)

    async def of_workspace(self, workspace: str) -> list[InvitationRow]:
        """Return a workspace's plain invitations, the oldest first."""
        return await self._database.read(
            lambda connection: _rows(
                connection, invitations.c.workspace == workspace, invitations.c.name.is_(None)
            )
        )

    async def awaited(self, workspace: str, id: str | None = None) -> list[InvitationRow]:
        """Return a workspace's awaited users, the oldest first; with an id that one alone."""
        one = () if id is None else (invitations.c.id == id,)
        return await self._database.read(
            lambda connection: _rows(
                connection, invitations.c.workspace == workspace, invitations.c.name.is_not(None), *one
            )
        )

    async def change(self, workspace: str, id: str, *, was: str, **values: str | float | None) -> bool:
        """Change the role, name or `disabled_at` of an awaited user; False if there is none in the role
        `was`, as after they have accepted."""
        changed = (
            update(invitations)
            .where(
                invitations.c.id == id,
                invitations.c.workspace == workspace,
                invitations.c.name.is_not(None),
                invitations.c.role == was,
            )
            .values(**values)
        )
        return await self._database.write(lambda connection: connection.execute(changed).rowcount == 1)

    async def of_user(self, user_id: str) -> list[InvitationRow]:
        """Return the invitations of a user's address."""
        theirs = select(users.c.email).where(users.c.id == user_id).scalar_subquery()
        return await self._database.read(lambda connection: _rows(connection, *_open(theirs)))

    async def accept(self, user_id: str, id: str) -> InvitationRow | None:
        """Make a user a member as an invitation of theirs says, and use it up; None if there is none.

        Budgets that the workspace made for the awaited user are theirs from now on.
        """

        def work(connection: Connection) -> InvitationRow | None:
            theirs = select(users.c.email).where(users.c.id == user_id).scalar_subquery()
            found = _rows(connection, invitations.c.id == id, *_open(theirs))
            # Another server may change it since it was read: what is deleted is what counts.
            gone = delete(invitations).where(invitations.c.id == id, *_open(theirs))
            role = connection.scalar(gone.returning(invitations.c.role)) if found else None
            if role is None:
                return None
            join(connection, found[0].workspace, user_id, role, time.time())
            of_user = (budgets.c.workspace == found[0].workspace, budgets.c.scope == "user")
            connection.execute(
                update(budgets)
                .where(*of_user, budgets.c.scope_id == id)
                .values(scope_id=user_id, revision=budgets.c.revision + 1)
            )
            return structs.replace(found[0], role=role)

        return await self._database.write(work)

    async def decline(self, user_id: str, id: str) -> bool:
        """Use an invitation of a user's up without becoming a member; say whether there was one."""
        theirs = select(users.c.email).where(users.c.id == user_id).scalar_subquery()
        gone = delete(invitations).where(invitations.c.id == id, *_open(theirs))
        return await self._database.write(lambda connection: connection.execute(gone).rowcount == 1)

    async def withdraw(self, workspace: str, id: str, *, awaited: bool = False) -> bool:
        """Take a workspace's plain invitation or awaited user back; say whether there was one."""
        kind = invitations.c.name.is_not(None) if awaited else invitations.c.name.is_(None)
        gone = delete(invitations).where(invitations.c.id == id, invitations.c.workspace == workspace, kind)
        return await self._database.write(lambda connection: connection.execute(gone).rowcount == 1)


def _open(theirs: Any) -> tuple[Any, ...]:
    """Return the conditions of what an address may accept: nothing of a workspace that keeps it out."""
    return invitations.c.email == theirs, invitations.c.disabled_at.is_(None)


def _rows(connection: Connection, *conditions: object) -> list[InvitationRow]:
    wanted = (
        select(
            invitations.c.id,
            invitations.c.workspace,
            workspaces.c.name,
            invitations.c.email,
            invitations.c.role,
            invitations.c.created_at,
            invitations.c.name,
            invitations.c.disabled_at,
        )
        .join(workspaces, workspaces.c.id == invitations.c.workspace)
        .where(*conditions)  # pyright: ignore[reportArgumentType]  # conditions on columns
        .order_by(invitations.c.created_at, invitations.c.id)
    )
    return [
        InvitationRow(**dict(zip(InvitationRow.__struct_fields__, row, strict=True)))
        for row in connection.execute(wanted)
    ]
