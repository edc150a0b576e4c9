"""`agenticrag keys`: create, list and revoke API keys."""

import time
from datetime import UTC, datetime
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from server.terminal import CommandError, print_json, print_progress, print_table

__all__ = ["keys"]

keys = App(name="keys", help="Create, list and revoke API keys.")

DAY = 86_400


@keys.command
async def create(
    *,
    name: str,
    days: Annotated[float | None, Parameter(validator=Number(gt=0))] = None,
    json: bool = False,
) -> None:
    """Make an API key and print it. It is stored as a hash: this is the only time it can be seen.

    Parameters
    ----------
    name
        What the key is for, as lists show it.
    days
        The key stops working after so many days. Without it, it works until it is revoked.
    json
        Print an object with `id`, `name`, `prefix` and `key`.
    """
    from persistence.keys import Keys
    from server.auth import WORKSPACE
    from server.settings import load_settings
    from server.store import open_store

    if not 0 < len(name) <= 255:
        raise CommandError("A key's name has 1 to 255 characters.", exit_code=2)
    expires = None if days is None else time.time() + days * DAY
    async with open_store(load_settings()) as database:
        row, key = await Keys(database).create(WORKSPACE, name, expires)
    if json:
        print_json({"id": row.id, "name": row.name, "prefix": row.prefix, "key": key})
    else:
        print(key)
        print_progress(f"Key '{name}' is made ({row.id}). Keep it: it is not shown again.")


@keys.command(name="list")
async def show(*, json: bool = False) -> None:
    """List the API keys, newest last, by what can be shown of them.

    Parameters
    ----------
    json
        Print `{"keys": [{id, name, prefix, created_at, last_used_at, expires_at, revoked_at}]}`.
    """
    from persistence.keys import Keys
    from server.auth import WORKSPACE
    from server.settings import load_settings
    from server.store import open_store

    async with open_store(load_settings()) as database:
        rows = await Keys(database).list(WORKSPACE)
    if json:
        times = ("created_at", "last_used_at", "expires_at", "revoked_at")
        print_json(
            {
                "keys": [
                    {"id": row.id, "name": row.name, "prefix": row.prefix}
                    | {name: _moment(getattr(row, name)) or None for name in times}
                    for row in rows
                ]
            }
        )
        return
    now = time.time()
    print_table(
        ("ID", "NAME", "BEGINS WITH", "MADE", "LAST USED", "STATE"),
        [
            (
                row.id,
                row.name,
                row.prefix,
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
async def revoke(key_id: str, /) -> None:
    """Make an API key stop working, for good. A running server notices within a second.

    Parameters
    ----------
    key_id
        The key's id, as `agenticrag keys list` shows it.
    """
    from persistence.keys import Keys
    from server.auth import WORKSPACE
    from server.settings import load_settings
    from server.store import open_store

    async with open_store(load_settings()) as database:
        if not await Keys(database).revoke(WORKSPACE, key_id):
            raise CommandError(f"There is no working key '{key_id}': agenticrag keys list shows all.")
    print_progress(f"Key {key_id} is revoked.")


def _moment(seconds: float | None) -> str:
    """Return Unix seconds as ISO 8601 in UTC; empty for None."""
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
