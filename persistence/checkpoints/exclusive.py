"""Exclusive changes of a session's state: made without a run, and only while no run of the session is open.

LangGraph stores such a change in two steps, writes and then a checkpoint. Both go into one transaction here,
which locks the session's row, as accepting a run does. So a change and a run never overwrite one another.
"""

from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from msgspec import UNSET, Struct, UnsetType, field
from sqlalchemy import Connection, func, select

from persistence.checkpoints.checkpoint_pruning import drop_task_states, prune_thread
from persistence.storage.errors import SessionBusy
from persistence.storage.execution_rows import refuse_open_run
from persistence.storage.tables.checkpoints import checkpoints
from persistence.storage.value_references import Kept

__all__ = ["Exclusive", "check_idle", "exclusive_of", "finish"]


class Exclusive(Struct, eq=False):
    """A change that is made while no run of the session is open, or not at all. Make one for each change."""

    workspace: str
    """Whose session it is."""
    beside: Callable[[Connection], None] | None = None
    """What else is written in its transaction, behind it."""
    forgets: bool = False
    """Whether all earlier states of the session are deleted with it."""
    read_at: str | UnsetType | None = UNSET
    """The checkpoint that the change was made from, None where there was none: if it is no longer the latest,
    nothing is written. Unset: the change holds for any state."""
    held: list[tuple[list[dict[str, Any]], Kept]] = field(
        default_factory=list[tuple[list[dict[str, Any]], Kept]]
    )
    """Its writes, until the checkpoint that they are stored with."""


def exclusive_of(config: RunnableConfig) -> Exclusive | None:
    """Return how a change is to be made; None for the writes of a run."""
    found: Mapping[str, Any] = config.get("configurable") or {}
    return found.get("exclusive")


def check_idle(connection: Connection, thread_id: str, change: Exclusive, parent_id: str | None) -> None:
    """Lock a session, and return if no run of it is open and its latest checkpoint is still the one that the
    change was made from and is stored behind.

    Raises:
        SessionBusy: otherwise. Nothing was written.
    """
    refuse_open_run(connection, thread_id)
    now = connection.scalar(
        select(func.max(checkpoints.c.checkpoint_id)).where(
            checkpoints.c.thread_id == thread_id, checkpoints.c.checkpoint_ns == ""
        )
    )
    if now != parent_id or change.read_at not in (UNSET, parent_id):
        raise SessionBusy


def finish(connection: Connection, thread_id: str, change: Exclusive) -> None:
    """Do what belongs to a change, when its checkpoint is written: nothing needs the states before it."""
    if change.forgets:
        prune_thread(connection, thread_id)
        drop_task_states(connection, [thread_id])
    if change.beside is not None:
        change.beside(connection)
