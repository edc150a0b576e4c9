"""The data folder, and the secrets of the server that lie in it, readable by its owner alone."""

import os
import secrets
import shlex
import stat
from pathlib import Path

from server.settings.sources import Settings

__all__ = [
    "OWNER_KEY",
    "SECRET_KEY",
    "database_file",
    "encryption_keys",
    "has_database",
    "open_data_dir",
    "protect_database",
    "secret_key",
    "write_secret",
]

OWNER_KEY = "owner-api-key"
"""File in the data folder, mode 0600, that holds the owner's API key."""
SECRET_KEY = "secret-key"  # noqa: S105  # a file's name
"""File in the data folder, mode 0600, that holds the secret key where no setting does."""


def open_data_dir(settings: Settings) -> Path:
    """Return the data folder, made if need be, and readable by its owner alone.

    Raises:
        OSError: it cannot be made or written, or files in it are another user's.
    """
    folder = Path(settings.data_dir)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"The data folder '{folder}' cannot be made: {error.strerror}. Set AGENTICRAG_DATA_DIR."
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        reason = _whose(folder) or f"The data folder '{folder}' cannot be written."
        raise OSError(f"{reason} Or set AGENTICRAG_DATA_DIR to another folder.")
    needed = [(folder / name, os.R_OK) for name in (OWNER_KEY, SECRET_KEY)]
    if (database := database_file(settings)) is not None:
        beside = (database, *(database.with_name(database.name + suffix) for suffix in ("-wal", "-shm")))
        needed += [(path, os.R_OK | os.W_OK) for path in beside]
    for path, mode in needed:
        if path.exists() and not os.access(path, mode):
            kind = "written" if mode & os.W_OK else "read"
            raise OSError(_whose(path) or f"'{path}' cannot be {kind}. Change its permissions.")
    return folder


def _whose(path: Path) -> str:
    """Return what to do about a file of another user; nothing where it is this user's, or nobody can say."""
    try:
        from pwd import getpwuid

        owner, user = path.owner(), getpwuid(os.geteuid()).pw_name
    except (ImportError, KeyError, NotImplementedError, OSError):
        return ""
    if owner == user:
        return ""
    folder = path if path.is_dir() else path.parent
    return (
        f"'{path}' belongs to the user '{owner}', and this is run by '{user}'. Run it as '{owner}', or give "
        f"the folder to '{user}': sudo chown -R {user} {shlex.quote(str(folder))}."
    )


def database_file(settings: Settings) -> Path | None:
    """Return the file of a SQLite database; None for another kind."""
    kind, _, path = settings.database.partition(":///")
    return Path(path.partition("?")[0]) if kind.startswith("sqlite") and path else None


def has_database(settings: Settings) -> bool:
    """Say whether there may be a database: not where its file is missing or empty."""
    path = database_file(settings)
    return path is None or (path.is_file() and path.stat().st_size > 0)


def protect_database(settings: Settings) -> None:
    """Make a SQLite database's file if it is not there, and let its owner alone read it. What SQLite lays
    beside it has the same mode.

    Raises:
        OSError: it is not this user's.
    """
    if (path := database_file(settings)) is None:
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    for each in (path, *(path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))):
        if each.exists() and stat.S_IMODE(each.stat().st_mode) & 0o077:
            each.chmod(0o600)


def secret_key(settings: Settings) -> str:
    """Return the key that signs what the server hands out: the setting, or the one of the data folder."""
    if settings.secret_key:
        return settings.secret_key
    path = open_data_dir(settings) / SECRET_KEY
    if not path.is_file():
        write_secret(path, secrets.token_urlsafe(48))
    return path.read_text("utf-8").strip()


def encryption_keys(settings: Settings) -> tuple[str, list[str]]:
    """Return the key that encrypts stored secrets, and those that may have encrypted them before."""
    old, own = settings.encryption_keys_old, secret_key(settings)
    return (settings.encryption_key, [*old, own]) if settings.encryption_key else (own, old)


def write_secret(path: Path, secret: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(
        os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(secret + "\n")
    partial.replace(path)
