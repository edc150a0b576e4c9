"""Missing keys: stored secrets that this installation cannot read, and how to bring the key."""

from collections import Counter
from pathlib import Path

from persistence.identity.credentials import Credentials
from persistence.identity.variables import Variables
from persistence.storage.database import Database
from persistence.storage.encryption import Cipher
from persistence.triggers.webhook_secrets import WebhookSecrets
from server.settings.data_folder import SECRET_KEY, encryption_keys
from server.settings.sources import Settings

__all__ = ["missing_keys"]


async def missing_keys(database: Database, settings: Settings) -> str:
    """Return a sentence about secrets whose key is not here and what to do; empty where all are read."""
    path = Path(settings.data_dir, SECRET_KEY)
    key, old = _keys(settings, path)
    sealer, missing = Cipher(key, old), Counter[str]()
    for store in (
        Credentials(database, sealer),
        Variables(database, sealer),
        WebhookSecrets(database, sealer),
    ):
        missing.update(await store.unreadable())
    if not missing:
        return ""
    count, numbers = sum(missing.values()), ", ".join(sorted(missing))
    # A key that is here may have encrypted others.
    bring = "Put its text into AGENTICRAG_ENCRYPTION_KEYS_OLD" if key else f"Copy it to '{path}'"
    return (
        f"{count:,} stored secrets cannot be read: their encryption key (number {numbers}) is not here. "
        f"It is in the file '{SECRET_KEY}' of the server that was backed up, or its AGENTICRAG_SECRET_KEY or "
        f"AGENTICRAG_ENCRYPTION_KEY. {bring}. Without it, store them again."
    )


def _keys(settings: Settings, path: Path) -> tuple[str, list[str]]:
    """Return the key that there is and the old ones; none is made here, where one is missing."""
    if settings.secret_key or path.is_file():
        return encryption_keys(settings)
    return settings.encryption_key, settings.encryption_keys_old
