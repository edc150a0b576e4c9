"""Ids of checkpoints: a thread's newest has the greatest, also where the wall clock has gone back.

LangGraph makes them from the wall clock (UUID version 6), each greater than the one before it in the process.
A thread that a process wrote with its clock ahead would keep its old state: what is added would be older.
"""

from importlib import import_module
from typing import Any
from uuid import UUID

__all__ = ["go_on_after"]

_ids: Any = import_module("langgraph.checkpoint.base.id")


def go_on_after(checkpoint_id: str) -> None:
    """Let ids that are made from now on in this process be greater than that of a stored checkpoint."""
    try:
        id = UUID(checkpoint_id)
    except ValueError:
        return
    if id.version == 6:
        stamp = (id.int >> 80) << 12 | (id.int >> 64) & 0x0FFF
        _ids._last_v6_timestamp = max(stamp, _ids._last_v6_timestamp or 0)
