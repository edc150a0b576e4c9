"""A SQLite database as a file: copied from one snapshot of it, and put back in one step."""

import contextlib
import os
import sqlite3
import tempfile
import time
from pathlib import Path

from graphs.node_execution.failpoints import reach
from persistence.storage.migrate import head, revisions, upgrade
from persistence.upkeep.backup_result import BackupError, Restored

__all__ = ["copy", "put_back"]

STEP = 1024
"""Pages that are copied at once."""
MAGIC = b"SQLite format 3\0"


def copy(source: Path, target: Path) -> None:
    """Copy the database as it stands at this moment, and check the copy.

    The copy is made within one reading transaction, which in WAL mode holds up nobody. Without it SQLite
    would begin anew whenever somebody writes.

    Raises:
        BackupError: there is no database, or the copy did not pass its check.
    """
    if not source.is_file():
        raise BackupError(f"There is no database at '{source}'.")
    with (
        contextlib.closing(sqlite3.connect(_read_only(source), uri=True, timeout=10)) as reading,
        contextlib.closing(sqlite3.connect(target)) as writing,
    ):
        reading.isolation_level = None
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM sqlite_master").fetchall()  # the snapshot begins here
        reading.backup(writing, pages=STEP, progress=_copied, sleep=0)
        reading.execute("COMMIT")
        writing.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        _check(writing, target)
    _sync(target)


def put_back(target: Path, file: Path, *, force: bool) -> Restored:
    """Put a copy of `file` in the place of the database; what was there is kept under another name.

    Raises:
        BackupError: see `persistence.upkeep.backup.restore`.
    """
    with file.open("rb") as opened:
        if opened.read(len(MAGIC)) != MAGIC:
            raise BackupError(f"'{file}' is no backup of a SQLite database.")
    there = target.exists() and target.stat().st_size > 0  # an empty file is no database
    if there and not force:
        raise BackupError(
            f"There is a database at '{target}' already. With --force the backup takes its place; it is kept."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.restore")
    part.unlink(missing_ok=True)
    try:
        with (
            contextlib.closing(sqlite3.connect(_read_only(file), uri=True)) as reading,
            contextlib.closing(sqlite3.connect(part)) as writing,
        ):
            try:
                reading.backup(writing)
            except sqlite3.Error as error:
                raise BackupError(f"'{file}' cannot be read: {error}.") from error
            writing.execute("PRAGMA journal_mode = DELETE")
            revision = _check(writing, file)
            _drop_foreign(writing, revision)
            with writing:
                writing.execute("DELETE FROM processes")  # those of then do not live any more
        part.chmod(0o600)
        _sync(part)
        kept = _set_aside(target) if there else ""
        part.rename(target)
        _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return Restored(revision, kept)


def _copied(status: int, remaining: int, total: int) -> None:
    reach("during_export")


def _read_only(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"


def _check(database: sqlite3.Connection, file: Path) -> str:
    """Return the revision of a whole database."""
    try:
        [first, *_] = database.execute("PRAGMA integrity_check").fetchall()
        if first[0] != "ok":
            raise BackupError(f"'{file}' is damaged: {first[0]}.")
        [[revision]] = database.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.DatabaseError, ValueError) as error:
        raise BackupError(f"'{file}' is no whole database of this program: {error}.") from error
    if revision not in revisions():
        raise BackupError(
            f"'{file}' is at revision {revision}, and this program knows {revisions()[0]} to {head()}. "
            "Restore it with the version that made it."
        )
    return str(revision)


def _drop_foreign(database: sqlite3.Connection, revision: str) -> None:
    """Drop what the schema of a revision does not have: triggers and views that would act on all that comes
    later, tables and indexes. What it has and the file spells otherwise is none of it, and is made anew."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "plain.db")
        upgrade(f"sqlite+aiosqlite:///{plain}", revision)
        with contextlib.closing(sqlite3.connect(plain)) as reference:
            known = _schema(reference)
    found = _schema(database)
    with database:
        for (kind, name), sql in found.items():
            quoted = '"' + name.replace('"', '""') + '"'
            if kind in ("trigger", "view") and known.get((kind, name)) != sql:
                database.execute(f"DROP {kind.upper()} {quoted}")
        for kind, name in found:
            quoted = '"' + name.replace('"', '""') + '"'
            if kind in ("index", "table") and (kind, name) not in known:
                database.execute(f"DROP {kind.upper()} IF EXISTS {quoted}")
        for (kind, name), sql in known.items():
            if kind == "trigger" and found.get((kind, name)) != sql:
                database.execute(sql)


def _schema(database: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Return what a database consists of, but for what SQLite makes by itself."""
    rows = database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(kind, name): sql for kind, name, sql in rows if not name.startswith("sqlite_")}


def _set_aside(target: Path) -> str:
    """Give the database that is there another name, with all that belongs to it."""
    kept = target.with_name(f"{target.name}.before-restore-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        # Leaving WAL mode takes the file for oneself alone: it fails while anybody else has it open.
        with contextlib.closing(sqlite3.connect(target, timeout=1)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        raise BackupError(
            f"The database '{target}' is in use ({error}). Stop the server and every other program on it."
        ) from error
    except sqlite3.DatabaseError:  # damaged: it is put away as it is
        for suffix in ("-wal", "-shm"):
            beside = target.with_name(target.name + suffix)
            if beside.exists():
                beside.rename(kept.with_name(kept.name + suffix))
    target.rename(kept)
    return str(kept)


def _sync(path: Path) -> None:
    """See to it that it is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
