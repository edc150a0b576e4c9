"""The data folder, and the secrets of the server that lie in it, readable by its owner alone."""

import os
import secrets
import stat
from pathlib import Path

from server.settings.sources import Settings

__all__ = [
    "SECRET_KEY",
    "database_file",
    "encryption_keys",
    "has_database",
    "open_data_dir",
    "protect_database",
    "secret_key",
    "write_secret",
]

SECRET_KEY = "secret-key"  # noqa: S105  # a file's name
"""File in the data folder, mode 0600, that holds the secret key where no setting does."""


def open_data_dir(settings: Settings) -> Path:
    """Return the data folder, made if need be, and readable by its owner alone.

    Raises:
        OSError: it cannot be made or written.
    """
    folder = Path(settings.data_dir)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(
            f"The data folder '{folder}' cannot be made: {error.strerror}. Set AGENTICRAG_DATA_DIR."
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise OSError(f"The data folder '{folder}' cannot be written. Set AGENTICRAG_DATA_DIR to another.")
    return folder


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
