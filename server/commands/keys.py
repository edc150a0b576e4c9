"""`agenticrag keys`: create, list and revoke API keys."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from server.identity.permissions import Permission, Role
from server.terminal import CommandError, print_json, print_progress, print_table

if TYPE_CHECKING:
    from persistence.storage.database import Database

__all__ = ["keys"]

keys = App(name="keys", help="Create, list and revoke API keys.")

DAY = 86_400


@keys.command
async def create(
    *,
    name: str,
    role: Role = "owner",
    scope: list[Permission] | None = None,
    user: str = "",
    workspace: str = "default",
    days: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
    flow: str = "",
    on_disconnect: Literal["continue", "cancel"] | None = None,
    json: bool = False,
) -> None:
    """Create an API key and print it. Only its hash is stored, so it cannot be shown again.

    Parameters
    ----------
    name
        A name for the key, shown in lists.
    role
        Its role.
    scope
        Limit it to this permission of its role. Repeat the option for more. Default: all of them.
    user
        Email address of its user. The key never has more permissions than the user. Default: no user.
    workspace
        ID or slug of its workspace.
    days
        Days until it expires. Default: it works until it is revoked.
    flow
        ID or slug of the one flow that it may use. Default: all flows of the workspace.
    on_disconnect
        What happens to a run whose client disconnects. Default: the default of each endpoint.
    json
        Print an object with `id`, `name`, `prefix` and `key`.
    """
    from persistence.identity.api_keys import Keys
    from persistence.identity.audit import Audit, Deed
    from server.checkup.command_database import open_store
    from server.identity.permissions import permissions_of
    from server.settings.sources import load_settings
    from server.terminal import operator

    if not 0 < len(name) <= 255:
        raise CommandError("A key's name has 1 to 255 characters.", exit_code=2)
    expires = None if days is None else time.time() + days * DAY
    async with open_store(load_settings()) as database:
        place, user_id = await _place(database, workspace), await _user(database, user)
        if scope and (beyond := sorted({*scope} - permissions_of(role, place))):
            raise CommandError(f"The role {role} does not have {', '.join(beyond)}.", exit_code=2)
        row, key = await Keys(database).create(
            place,
            name,
            expires,
            role=role,
            scopes=scope or None,
            user_id=user_id,
            flow_id=await _flow(database, place, flow),
            on_disconnect=on_disconnect,
        )
        await Audit(database).record(
            Deed(
                workspace=place,
                actor_kind="operator",
                actor_name=operator(),
                action="keys.create",
                target_kind="key",
                target_id=row.id,
                details={"name": name, "role": role},
            )
        )
    if json:
        print_json({"id": row.id, "name": row.name, "prefix": row.prefix, "key": key})
    else:
        print(key)
        print_progress(f"Key '{name}' is made ({row.id}). Keep it: it is not shown again.")


@keys.command(name="list")
async def show(*, workspace: str = "default", json: bool = False) -> None:
    """List the API keys, newest last, without the secret part.

    Parameters
    ----------
    workspace
        ID or slug of the workspace.
    json
        Print `{"keys": [{id, name, prefix, role, created_at, last_used_at, expires_at, revoked_at}]}`.
    """
    from persistence.identity.api_keys import Keys
    from server.checkup.command_database import open_store
    from server.settings.sources import load_settings

    async with open_store(load_settings()) as database:
        rows = await Keys(database).list(await _place(database, workspace))
    if json:
        times = ("created_at", "last_used_at", "expires_at", "revoked_at")
        print_json(
            {
                "keys": [
                    {"id": row.id, "name": row.name, "prefix": row.prefix, "role": row.role}
                    | {name: _moment(getattr(row, name)) or None for name in times}
                    for row in rows
                ]
            }
        )
        return
    now = time.time()
    print_table(
        ("ID", "NAME", "BEGINS WITH", "ROLE", "MADE", "LAST USED", "STATE"),
        [
            (
                row.id,
                row.name,
                row.prefix,
                row.role,
                _moment(row.created_at),
                _moment(row.last_used_at) or "never",
                "revoked"
                if row.revoked_at
                else "expired"
                if row.expires_at and row.expires_at <= now
                else f"until {_moment(row.expires_at)}"
                if row.expires_at
                else "works",
            )
            for row in rows
        ],
    )


@keys.command
async def revoke(key_id: str, /, *, workspace: str = "default") -> None:
    """Revoke an API key permanently. Running servers reject it within a second.

    Parameters
    ----------
    key_id
        The key's ID from `agenticrag keys list`.
    workspace
        ID or slug of its workspace.
    """
    from persistence.identity.api_keys import Keys
    from persistence.identity.audit import Audit, Deed
    from server.checkup.command_database import open_store
    from server.settings.sources import load_settings
    from server.terminal import operator

    async with open_store(load_settings()) as database:
        place = await _place(database, workspace)
        if not await Keys(database).revoke(place, key_id):
            raise CommandError(f"There is no working key '{key_id}': agenticrag keys list shows all.")
        await Audit(database).record(
            Deed(
                workspace=place,
                actor_kind="operator",
                actor_name=operator(),
                action="keys.revoke",
                target_kind="key",
                target_id=key_id,
            )
        )
    print_progress(f"Key {key_id} is revoked.")


async def _place(database: "Database", named: str) -> str:
    """Return the id of a workspace that is named by id or slug."""
    from persistence.identity.workspaces import Workspaces

    row = await Workspaces(database).find(named)
    if row is None:
        raise CommandError(
            f"There is no workspace '{named}'. An owner creates one with POST /workspaces: see "
            "docs/security.md."
        )
    return row.id


async def _user(database: "Database", email: str) -> str | None:
    """Return the id of the user with an address; None for none."""
    from persistence.identity.users import Users

    if not email:
        return None
    row = await Users(database).by_email(email.strip().casefold())
    if row is None:
        raise CommandError(f"There is no user '{email}': agenticrag users list shows all.")
    return row.id


async def _flow(database: "Database", workspace: str, named: str) -> str | None:
    """Return the id of a flow that is named by id or slug; None for none."""
    from persistence.library.flows import Flows

    if not named:
        return None
    row = await Flows(database).named(workspace, named)
    if row is None:
        raise CommandError(f"There is no flow '{named}' in the workspace.")
    return row.id


def _moment(seconds: float | None) -> str:
    """Return Unix seconds as ISO 8601 in UTC; empty for None."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
