"""Checkup: one thing that `agenticrag doctor` has looked at."""

from typing import Literal

from msgspec import Struct

__all__ = ["Checkup"]


class Checkup(Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    state: Literal["ok", "note", "missing"]
    """``note`` is worth knowing, ``missing`` keeps the server from working."""
    detail: str
    """What was found, a sentence."""
    todo: str = ""
    """What to do about it; empty where there is nothing to do."""
