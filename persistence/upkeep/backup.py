"""Backup: a database as one file, made while servers write to it, and a database made of such a file."""

from pathlib import Path

from sqlalchemy import make_url

from persistence.upkeep.backup_result import BackupError, Restored

__all__ = ["back_up", "restore"]


def back_up(url: str, file: Path) -> int:
    """Write the database at `url` as it stands at this moment to `file`; return its size in bytes. Blocks.

    Writers are not held up meanwhile. The file appears when it is whole and has been checked.

    Raises:
        BackupError: the file is there already, or the tool that it takes is not.
    """
    parsed = make_url(url)
    if file.exists():
        raise BackupError(f"'{file}' is there already, and a backup overwrites nothing. Take another name.")
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        part.touch(mode=0o600)
        if parsed.get_backend_name() == "sqlite":
            from persistence.upkeep.sqlite_backup import copy

            copy(Path(parsed.database or ""), part)
        else:
            from persistence.upkeep.postgresql_backup import dump

            dump(parsed, part)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path, *, force: bool = False) -> Restored:
    """Make the database at `url` what it was when `file` was made: all of it or nothing. Blocks.

    Runs that were under way then are taken up by the next server.

    Args:
        url: Of the database. No server may run on it.
        file: What `back_up` wrote, of the same kind of database.
        force: Also where there is a database already.

    Raises:
        BackupError: the file is none, is damaged or is newer than this program; a server runs on the
            database; or there is a database already.
    """
    if not file.is_file():
        raise BackupError(f"There is no file '{file}'.")
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        from persistence.upkeep.sqlite_backup import put_back

        return put_back(Path(parsed.database or ""), file, force=force)
    from persistence.upkeep.postgresql_backup import load

    return load(parsed, file, force=force)
