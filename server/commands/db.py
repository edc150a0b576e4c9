"""`agenticrag db`: bring the database up to date, say where it stands, keep copies of it, look it through."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from server.terminal import CommandError, print_json, print_progress, print_table

if TYPE_CHECKING:
    from server.settings.sources import Settings

__all__ = ["db"]

db = App(name="db", help="Migrate, back up, restore and check the database.")


@db.command
def upgrade() -> None:
    """Create or migrate the database for this version. Repeating it changes nothing.

    Several processes can run it at the same time: one works, the others wait. `agenticrag serve` runs it
    automatically.
    """
    from persistence.storage.migrate import current, head
    from persistence.storage.migrate import upgrade as bring_up
    from server.settings.data_folder import open_data_dir, protect_database
    from server.settings.sources import load_settings
    from server.settings.url_passwords import shown_url

    settings = load_settings()
    with _in_words(shown_url(settings.database)):
        if not settings.database_url:
            open_data_dir(settings)
        protect_database(settings)
        before = current(settings.database)
        if before != head():
            print_progress(
                f"Migrating {shown_url(settings.database)} from {before or 'nothing'} to {head()} …"
            )
        bring_up(settings.database)
    print_progress(f"The database is at {head()}.")


@db.command(name="current")
def show_current(*, json: bool = False) -> None:
    """Show the revision of the database and the required one. Exit code 1 if they differ.

    Parameters
    ----------
    json
        Print an object with `database`, `current` and `head`.
    """
    from persistence.storage.migrate import current, head
    from server.settings.sources import load_settings
    from server.settings.url_passwords import shown_url

    settings = load_settings()
    where = shown_url(settings.database)
    with _in_words(where):
        found = current(settings.database)
    if json:
        print_json({"database": where, "current": found, "head": head()})
    else:
        print(f"{where} is at {found or 'nothing yet'}; this version needs {head()}.")
    if found != head():
        raise CommandError("The database is not up to date: agenticrag db upgrade")


@db.command
def backup(file: Path) -> None:
    """Back up the database to a file, also while servers use it.

    The file contains everything but the key that encrypts stored credentials. Back up that key apart: see
    docs/operations.md.
    For SQLite it is a SQLite file. For PostgreSQL, `pg_dump` must be installed.

    Parameters
    ----------
    file
        The file to create. An existing file is not overwritten.
    """
    from persistence.upkeep.backup import back_up

    settings, where = _existing()
    if not file.absolute().parent.is_dir():
        raise CommandError(f"There is no folder '{file.absolute().parent}' for the backup. Make it first.")
    with _in_words(where):
        size = back_up(settings.database, file)
    print_progress(f"{where} is backed up in '{file}' ({size:,} bytes), and the copy has been checked.")


@db.command(name="restore")
def put_back(file: Path, *, force: bool = False) -> None:
    """Restore the database from a backup, completely or not at all. Stop all servers first.

    Runs that were active then resume at the next start.

    Parameters
    ----------
    file
        A file from `agenticrag db backup`.
    force
        Replace an existing database. An existing SQLite file is kept under another name.
    """
    from persistence.storage.migrate import head
    from persistence.upkeep.backup import restore
    from server.settings.data_folder import open_data_dir
    from server.settings.sources import load_settings
    from server.settings.url_passwords import shown_url

    settings = load_settings()
    if not settings.database_url:
        open_data_dir(settings)
    where = shown_url(settings.database)
    with _in_words(where):
        restored = restore(settings.database, file, force=force)
    print_progress(f"{where} is what '{file}' holds.")
    if restored.kept:
        print_progress(f"What was there before is kept in '{restored.kept}'.")
    if restored.revision != head():
        print_progress(
            f"It is at {restored.revision}; the next start, or 'db upgrade', brings it to {head()}."
        )
    if missing := asyncio.run(_missing_keys(settings)):
        print_progress(missing)


@db.command
async def check(*, json: bool = False) -> None:
    """Check the consistency of the database, also while servers use it. Exit code 1 if it found an error.

    Parameters
    ----------
    json
        Print `{"ok", "findings": [{name, state, detail}]}`; a state is `ok`, `note` or `broken`.
    """
    from persistence.upkeep.consistency import Finding, examine
    from server.checkup.command_database import open_store
    from server.checkup.missing_keys import missing_keys
    from server.settings.sources import load_settings

    settings = load_settings()
    async with open_store(settings) as database:
        findings = await examine(database, lease=settings.lease_seconds)
        missing = await missing_keys(database, settings)
    findings.append(
        Finding("Credentials", "note" if missing else "ok", missing or "Each can be read with the keys here.")
    )
    broken = [finding.name for finding in findings if finding.state == "broken"]
    if json:
        print_json({"ok": not broken, "findings": findings})
    else:
        print_table(("", "WHAT", "FOUND"), [(f.state, f.name, f.detail) for f in findings])
    if broken:
        raise CommandError(
            f"Broken: {', '.join(broken)}. Restore a backup made before: agenticrag db restore"
        )


@db.command(name="prune")
async def drop_old(*, json: bool = False) -> None:
    """Delete expired data now. A running server does it every hour.

    Parameters
    ----------
    json
        Print how much was deleted.
    """
    from persistence.upkeep.retention import prune
    from server.checkup.command_database import open_store
    from server.runs.retention import policy_of
    from server.settings.sources import load_settings

    settings = load_settings()
    async with open_store(settings) as database:
        pruned = await prune(database, policy_of(settings))
    if json:
        print_json(pruned)
    else:
        print(
            f"Dropped: {pruned.journals:,} journals, {pruned.idempotency_keys:,} idempotency keys, "
            f"{pruned.outcomes:,} cached outcomes, "
            f"{pruned.values:,} large values, {pruned.processes:,} processes. "
            f"Looked over {pruned.threads:,} threads."
        )


async def _missing_keys(settings: "Settings") -> str:
    from persistence.storage.database import open_database
    from server.checkup.missing_keys import missing_keys

    async with open_database(settings.database) as database:
        return await missing_keys(database, settings)


def _existing() -> "tuple[Settings, str]":
    """Return the settings and the shown address of a database that must be there."""
    from server.checkup.command_database import has_file
    from server.settings.sources import load_settings
    from server.settings.url_passwords import shown_url

    settings = load_settings()
    if not settings.database_url and not has_file(settings):
        raise CommandError(f"There is no database in '{settings.data_dir}' to back up.")
    return settings, shown_url(settings.database)


@contextmanager
def _in_words(where: str) -> Generator[None]:
    from persistence.storage.dialects.sqlite import told_as_storage_errors
    from persistence.storage.errors import StorageError
    from persistence.storage.migrate import MigrationError
    from persistence.upkeep.backup_result import BackupError

    try:
        with told_as_storage_errors():
            yield
    except (MigrationError, BackupError) as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        named = f"'{error.filename}'" if error.filename else f"The database {where}"
        raise CommandError(f"{named} cannot be used: {error.strerror or error}.") from error
    except StorageError as error:
        raise CommandError(f"The database {where} cannot be used: {error}") from error
