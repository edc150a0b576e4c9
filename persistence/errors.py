"""What can be wrong with the database itself, whatever it was asked.

StorageError
├── StorageBusy         another program holds it; asking again later helps
├── StorageFull         no room left; reading goes on
└── StorageUnavailable  it cannot be reached, or was lost in the middle
"""

__all__ = ["StorageBusy", "StorageError", "StorageFull", "StorageUnavailable"]


class StorageError(Exception):
    """The database could not do its work; what was asked is not at fault and not done."""


class StorageBusy(StorageError):
    """Another program kept the database locked for longer than writers wait."""


class StorageFull(StorageError):
    """There is no room left to write to."""


class StorageUnavailable(StorageError):
    """The database cannot be reached."""
