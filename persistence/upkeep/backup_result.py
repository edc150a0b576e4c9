"""How a backup or a restore ended."""

from msgspec import Struct

__all__ = ["BackupError", "Restored"]


class BackupError(Exception):
    """A backup or a restore was refused or failed, and changed nothing. The message says what to do."""


class Restored(Struct, frozen=True):
    """What a restore has done."""

    revision: str
    """The revision that the database is at now; the next start brings it up to date."""
    kept: str = ""
    """Where the database that was there before is kept; empty where there was none, or it is not kept."""
