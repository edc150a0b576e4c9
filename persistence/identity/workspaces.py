"""Workspaces: what divides one tenant from another, and who is a member of which in what role.

A workspace always keeps an owner who can log in or hold a key: whatever would take the last one away is
refused, also when two requests try it at the same moment.
"""

import time
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, exists, func, select, update

from persistence.identity.users import Member, join, member_columns, read_member
from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.ids import new_id
from persistence.storage.tables.identity import logins, members, users, workspaces

__all__ = ["LastOwner", "WorkspaceRow", "Workspaces"]


class LastOwner(Exception):
    """What was asked would leave a workspace without an owner."""


class WorkspaceRow(Struct, frozen=True, kw_only=True):
    """A workspace."""

    id: str
    slug: str
    """Its name in addresses and tokens."""
    name: str
    created_at: float
    """Unix seconds."""


class Workspaces:
    """All workspaces, and their members."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, slug: str, name: str, owner: str | None) -> WorkspaceRow | None:
        """Make a workspace that a user owns; None if another has the slug."""
        row = WorkspaceRow(id=new_id(), slug=slug, name=name, created_at=time.time())

        def work(connection: Connection) -> WorkspaceRow | None:
            made = connection.execute(
                insert_into(connection.dialect.name, workspaces)
                .values(id=row.id, slug=slug, name=name, created_at=row.created_at)
                .on_conflict_do_nothing()
            )
            if made.rowcount != 1:
                return None
            if owner is not None:
                join(connection, row.id, owner, "owner", row.created_at)
            return row

        return await self._database.write(work)

    async def find(self, named: str) -> WorkspaceRow | None:
        """Return the workspace with this id or slug."""
        found = await self._rows((workspaces.c.id == named) | (workspaces.c.slug == named))
        return found[0] if found else None

    async def all(self) -> list[WorkspaceRow]:
        """Return all workspaces, the oldest first."""
        return await self._rows(workspaces.c.id.is_not(None))

    async def of_user(self, user_id: str) -> list[tuple[WorkspaceRow, str]]:
        """Return the workspaces that a user is a member of, each with the role, in the order of joining."""
        wanted = (
            select(*_columns(), members.c.role)
            .join(members, members.c.workspace == workspaces.c.id)
            .where(members.c.user_id == user_id, members.c.disabled_at.is_(None))
            .order_by(members.c.created_at, workspaces.c.id)
        )
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [(_row(row[:-1]), row[-1]) for row in map(tuple, rows)]

    async def rename(self, workspace: str, name: str) -> bool:
        """Change a workspace's name; say whether there is one."""
        changed = update(workspaces).where(workspaces.c.id == workspace).values(name=name)
        return await self._database.write(lambda connection: connection.execute(changed).rowcount == 1)

    async def member(self, workspace: str, user_id: str) -> Member | None:
        """Return a user as a member of a workspace."""
        wanted = (
            select(*member_columns())
            .join(members, members.c.user_id == users.c.id)
            .where(members.c.workspace == workspace, users.c.id == user_id)
        )
        row = await self._database.read(lambda connection: connection.execute(wanted).one_or_none())
        return None if row is None else read_member(tuple(row))

    async def add(self, workspace: str, user_id: str, role: str) -> bool:
        """Make a user a member; False if they are one."""
        return await self._database.write(
            lambda connection: join(connection, workspace, user_id, role, time.time())
        )

    async def put(self, workspace: str, user_id: str, role: str) -> None:
        """Make a user a member in a role, or none where the role is empty, as an outside issuer says."""

        def work(connection: Connection) -> None:
            here = (members.c.workspace == workspace, members.c.user_id == user_id)
            if not role:
                connection.execute(delete(members).where(*here))
            elif not join(connection, workspace, user_id, role, time.time()):
                connection.execute(update(members).where(*here).values(role=role))

        await self._database.write(work)

    async def set_role(self, workspace: str, user_id: str, role: str, *, was: str | None = None) -> bool:
        """Change a member's role; say whether they are one, in the role `was` where one is given.

        Raises:
            LastOwner: they are the last owner, and would be one no more.
        """
        changed = update(members).where(*_here(workspace, user_id, was)).values(role=role)
        return await self._guarded([workspace], user_id, changed, leaves=role != "owner")

    async def remove(self, workspace: str, user_id: str, *, was: str | None = None) -> bool:
        """Make a user a member no more; say whether they were one, in the role `was` where one is given.
        Their keys of it stop working.

        Raises:
            LastOwner: they are the last owner.
        """
        gone = delete(members).where(*_here(workspace, user_id, was))
        return await self._guarded([workspace], user_id, gone, leaves=True)

    async def places(self, user_id: str) -> int:
        """Return of how many workspaces a user is a member, kept out or not."""
        counted = select(func.count()).select_from(members).where(members.c.user_id == user_id)
        return await self._database.read(lambda connection: connection.scalar(counted) or 0)

    async def set_member_disabled(
        self, workspace: str, user_id: str, disabled: bool, *, was: str | None = None
    ) -> bool:
        """Keep a member out of one workspace, or let them in again; say whether they are one, in the role
        `was` where one is given.

        Raises:
            LastOwner: they are its last owner.
        """
        changed = (
            update(members)
            .where(*_here(workspace, user_id, was))
            .values(disabled_at=time.time() if disabled else None)
        )
        return await self._guarded([workspace], user_id, changed, leaves=disabled)

    async def set_disabled(self, user_id: str, disabled: bool, *, only: str | None = None) -> bool:
        """Keep a user out, or let them in again; say whether there is one, who is a member of the workspace
        `only` and of no other where one is given. Who is kept out is logged out.

        Raises:
            LastOwner: they are the last owner of one of their workspaces.
        """
        now = time.time()
        changed = update(users).where(users.c.id == user_id).values(disabled_at=now if disabled else None)
        if only is not None:
            changed = changed.where(
                ~exists().where(members.c.user_id == user_id, members.c.workspace != only)
            )
        done = await self._guarded(None, user_id, changed, leaves=disabled)
        if disabled and done:
            ended = (
                update(logins)
                .where(logins.c.user_id == user_id, logins.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            await self._database.write(lambda connection: connection.execute(ended))
        return done

    async def _guarded(self, owned: list[str] | None, user_id: str, statement: Any, *, leaves: bool) -> bool:
        """Execute a statement after which each of the workspaces, or of the user's, still has an owner."""
        theirs = select(members.c.workspace).where(
            members.c.user_id == user_id, members.c.disabled_at.is_(None)
        )

        def work(connection: Connection) -> bool | LastOwner:
            for workspace in sorted(connection.scalars(theirs).all() if owned is None else owned):
                connection.execute(  # whoever changes the same workspace's owners waits here
                    select(workspaces.c.id).where(workspaces.c.id == workspace).with_for_update()
                )
                if leaves and _is_last(connection, workspace, user_id):
                    return LastOwner(workspace)
            return connection.execute(statement).rowcount == 1

        done = await self._database.write(work)
        if isinstance(done, LastOwner):
            raise done
        return done

    async def _rows(self, condition: Any) -> list[WorkspaceRow]:
        wanted = select(*_columns()).where(condition).order_by(workspaces.c.created_at, workspaces.c.id)
        rows = await self._database.read(lambda connection: connection.execute(wanted).all())
        return [_row(tuple(row)) for row in rows]


def _here(workspace: str, user_id: str, was: str | None) -> list[ColumnElement[bool]]:
    """Return the conditions of a user as a member of a workspace, in a role where one is given."""
    here = [members.c.workspace == workspace, members.c.user_id == user_id]
    return here if was is None else [*here, members.c.role == was]


def _is_last(connection: Connection, workspace: str, user_id: str) -> bool:
    """Say whether a user is a workspace's only owner who is not kept out."""
    owners = (
        select(members.c.user_id)
        .join(users, users.c.id == members.c.user_id)
        .where(members.c.workspace == workspace, members.c.role == "owner", users.c.disabled_at.is_(None))
        .where(members.c.disabled_at.is_(None))
    ).subquery()
    mine = select(func.count()).select_from(owners).where(owners.c.user_id == user_id)
    all_of_them = select(func.count()).select_from(owners)
    return bool(connection.scalar(mine)) and connection.scalar(all_of_them) == 1


def _columns() -> list[Any]:
    return [workspaces.c[name] for name in WorkspaceRow.__struct_fields__]


def _row(row: tuple[Any, ...]) -> WorkspaceRow:
    return WorkspaceRow(**dict(zip(WorkspaceRow.__struct_fields__, row, strict=True)))
