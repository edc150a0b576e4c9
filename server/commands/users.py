"""`agenticrag users`: make users, give them roles and passwords, keep them out and let them in again."""

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from cyclopts import App

from server.identity.permissions import Role
from server.terminal import CommandError, operator, print_json, print_progress, print_table

if TYPE_CHECKING:
    from persistence.identity.users import UserRow
    from persistence.storage.database import Database

__all__ = ["users"]

users = App(name="users", help="Create, update and disable users.")


@users.command
async def create(
    *,
    email: str,
    role: Role,
    name: str = "",
    workspace: str = "default",
    password_stdin: bool = False,
    json: bool = False,
) -> None:
    """Create a user as a member of a workspace.

    Parameters
    ----------
    email
        The email address for the login.
    role
        The role in the workspace.
    name
        A name for lists. Default: the email address.
    workspace
        ID or slug of the workspace.
    password_stdin
        Read the password from standard input: one line. Without it, the user cannot log in with a password.
    json
        Print an object with `id`, `email` and `role`.
    """
    from persistence.identity.users import Users

    hashed = await _hashed() if password_stdin else None
    async with _open() as database:
        place = await _place(database, workspace)
        row = await Users(database).create(
            place, role, email=email.strip().casefold(), name=name, password_hash=hashed
        )
        if row is None:
            raise CommandError(f"A user has the address '{email}' already: agenticrag users list.")
        await _record(database, place, "users.create", row, role=role)
    if json:
        print_json({"id": row.id, "email": row.email, "role": role})
    else:
        print_progress(f"User {row.email} is made ({row.id}).")


@users.command(name="list")
async def show(*, workspace: str = "default", json: bool = False) -> None:
    """List the users of a workspace.

    Parameters
    ----------
    workspace
        ID or slug of the workspace.
    json
        Print `{"users": [{id, email, name, role, disabled}]}`.
    """
    from persistence.identity.users import Users

    async with _open() as database:
        found = await Users(database).of_workspace(await _place(database, workspace))
    if json:
        print_json(
            {
                "users": [
                    {
                        "id": each.user.id,
                        "email": each.user.email,
                        "name": each.user.name,
                        "role": each.role,
                        "disabled": each.user.disabled_at is not None,
                    }
                    for each in found
                ]
            }
        )
        return
    print_table(
        ("ID", "EMAIL", "NAME", "ROLE", "STATE"),
        [
            (
                each.user.id,
                each.user.email or "",
                each.user.name,
                each.role,
                "kept out" if each.user.disabled_at else "works",
            )
            for each in found
        ],
    )


@users.command
async def role(email: str, role: Role, /, *, workspace: str = "default") -> None:
    """Set a user's role in a workspace. The user becomes a member if necessary.

    Parameters
    ----------
    email
        The user's email address.
    role
        The new role.
    workspace
        ID or slug of the workspace.
    """
    from persistence.identity.workspaces import LastOwner, Workspaces

    async with _open() as database:
        place, user = await _place(database, workspace), await _user(database, email)
        workspaces = Workspaces(database)
        try:
            if not await workspaces.set_role(place, user.id, role):
                await workspaces.add(place, user.id, role)
        except LastOwner as error:
            raise CommandError(f"{email} is the last owner of '{workspace}': make another first.") from error
        await _record(database, place, "users.role", user, role=role)
    print_progress(f"{email} is {role} of '{workspace}'.")


@users.command
async def disable(email: str, /) -> None:
    """Disable a user in all workspaces. Their logins end and their keys stop working.

    Parameters
    ----------
    email
        The user's email address.
    """
    await _set_disabled(email, True)
    print_progress(f"{email} is kept out.")


@users.command
async def enable(email: str, /) -> None:
    """Re-enable a disabled user.

    Parameters
    ----------
    email
        The user's email address.
    """
    await _set_disabled(email, False)
    print_progress(f"{email} is let in.")


@users.command
async def password(email: str, /) -> None:
    """Set a user's password from standard input (one line). All logins of the user end.

    Parameters
    ----------
    email
        The user's email address.
    """
    from persistence.identity.logins import Logins
    from persistence.identity.users import Users

    hashed = await _hashed()
    async with _open() as database:
        user = await _user(database, email)
        await Users(database).set_password(user.id, hashed)
        await Logins(database).end_all(user.id)
        await _record(database, "", "users.password", user)
    print_progress(f"{email} has a new password.")


async def _set_disabled(email: str, disabled: bool) -> None:
    from persistence.identity.workspaces import LastOwner, Workspaces

    async with _open() as database:
        user = await _user(database, email)
        try:
            await Workspaces(database).set_disabled(user.id, disabled)
        except LastOwner as error:
            raise CommandError(f"{email} is the last owner of a workspace: make another first.") from error
        await _record(database, "", "users.disable" if disabled else "users.enable", user)


@asynccontextmanager
async def _open() -> "AsyncGenerator[Database]":
    from server.checkup.command_database import open_store
    from server.settings.sources import load_settings

    async with open_store(load_settings()) as database:
        yield database


async def _place(database: "Database", named: str) -> str:
    from persistence.identity.workspaces import Workspaces

    row = await Workspaces(database).find(named)
    if row is None:
        raise CommandError(
            f"There is no workspace '{named}'. An owner creates one with POST /workspaces: see "
            "docs/security.md."
        )
    return row.id


async def _user(database: "Database", email: str) -> "UserRow":
    from persistence.identity.users import Users

    row = await Users(database).by_email(email.strip().casefold())
    if row is None:
        raise CommandError(f"There is no user '{email}': agenticrag users list shows all.")
    return row


async def _hashed() -> str:
    from server.identity.passwords import LONGEST, SHORTEST, Passwords

    given = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST <= len(given) <= LONGEST:
        raise CommandError(f"A password has {SHORTEST} to {LONGEST} characters; this one has {len(given)}.")
    return await Passwords().hash(given)


async def _record(database: "Database", workspace: str, action: str, user: "UserRow", **details: Any) -> None:
    from persistence.identity.audit import Audit, Deed
    from persistence.identity.workspaces import Workspaces

    places = [workspace] if workspace else [row.id for row, _ in await Workspaces(database).of_user(user.id)]
    for place in places:
        await Audit(database).record(
            Deed(
                workspace=place,
                actor_kind="operator",
                actor_name=operator(),
                action=action,
                target_kind="user",
                target_id=user.id,
                details={"name": user.name, **details},
            )
        )
