"""`agenticrag db`: bring the database up to date, and say where it stands."""

from collections.abc import Generator
from contextlib import contextmanager

from cyclopts import App

from server.terminal import CommandError, print_json, print_progress

__all__ = ["db"]

db = App(name="db", help="Migrate the database.")


@db.command
def upgrade() -> None:
    """Bring the database up to this version, making it where there is none. Doing it again changes nothing.

    Several processes may do it at once: one works, the others wait. `agenticrag serve` does it by itself.
    """
    from persistence.migrate import current, head
    from persistence.migrate import upgrade as bring_up
    from server.first_run import open_data_dir
    from server.settings import load_settings
    from server.store import shown_url

    settings = load_settings()
    if not settings.database_url:
        open_data_dir(settings)
    with _in_words(shown_url(settings.database)):
        before = current(settings.database)
        if before != head():
            print_progress(
                f"Migrating {shown_url(settings.database)} from {before or 'nothing'} to {head()} …"
            )
        bring_up(settings.database)
    print_progress(f"The database is at {head()}.")


@db.command(name="current")
def show_current(*, json: bool = False) -> None:
    """Say which revision the database is at and which one this version needs. Ends with 1 where they differ.

    Parameters
    ----------
    json
        Print an object with `database`, `current` and `head`.
    """
    from persistence.migrate import current, head
    from server.settings import load_settings
    from server.store import shown_url

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


@contextmanager
def _in_words(where: str) -> Generator[None]:
    from persistence.errors import StorageError
    from persistence.migrate import MigrationError

    try:
        yield
    except MigrationError as error:
        raise CommandError(str(error)) from error
    except (OSError, StorageError) as error:
        raise CommandError(f"The database {where} cannot be used: {error}") from error
