"""What can be wrong with what is stored, whatever was asked of it.

StorageError                the database could not do its work
├── StorageBusy             another program holds it; asking again later helps
├── StorageFull             no room left; reading goes on
└── StorageUnavailable      it cannot be reached, or was lost in the middle
CheckpointUnreadable        a checkpoint's bytes are not what this program writes
SessionBusy                 the session has an open run, so its state cannot be changed
"""

__all__ = [
    "CheckpointUnreadable",
    "SessionBusy",
    "StorageBusy",
    "StorageError",
    "StorageFull",
    "StorageUnavailable",
]


class StorageError(Exception):
    """The database could not do its work; what was asked is not at fault and not done."""


class StorageBusy(StorageError):
    """Another program kept the database locked for longer than writers wait."""


class StorageFull(StorageError):
    """There is no room left to write to."""


class StorageUnavailable(StorageError):
    """The database cannot be reached."""


class CheckpointUnreadable(Exception):
    """Stored state cannot be read, or only by running what it names, which this program never does."""


class SessionBusy(Exception):
    """A session's state was not changed: a run of it is open, or another change came first."""

    def __init__(self, execution_id: str = "") -> None:
        super().__init__(f"Execution '{execution_id}'" if execution_id else "another change")
        self.execution_id = execution_id
        """The open run; empty where there was another change."""
