"""Missing keys: stored credentials that this installation cannot read, and how to bring the key."""

from pathlib import Path

from persistence.identity.credentials import Credentials
from persistence.storage.database import Database
from persistence.storage.encryption import Cipher
from server.settings.data_folder import SECRET_KEY, encryption_keys
from server.settings.sources import Settings

__all__ = ["missing_keys"]


async def missing_keys(database: Database, settings: Settings) -> str:
    """Return a sentence about credentials whose key is not here and what to do; empty where all are read."""
    path = Path(settings.data_dir, SECRET_KEY)
    key, old = _keys(settings, path)
    missing = await Credentials(database, Cipher(key, old)).unreadable()
    if not missing:
        return ""
    count, numbers = sum(missing.values()), ", ".join(sorted(missing))
    # A key that is here may have encrypted others.
    bring = "Put its text into AGENTICRAG_ENCRYPTION_KEYS_OLD" if key else f"Copy it to '{path}'"
    return (
        f"{count:,} stored credentials cannot be read: their encryption key (number {numbers}) is not here. "
        f"It is in the file '{SECRET_KEY}' of the server that was backed up, or its AGENTICRAG_SECRET_KEY or "
        f"AGENTICRAG_ENCRYPTION_KEY. {bring}. Without it, store the credentials again."
    )


def _keys(settings: Settings, path: Path) -> tuple[str, list[str]]:
    """Return the key that there is and the old ones; none is made here, where one is missing."""
    if settings.secret_key or path.is_file():
        return encryption_keys(settings)
    return settings.encryption_key, settings.encryption_keys_old
