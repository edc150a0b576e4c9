"""Failpoints: named places where a process can be made to die, so that what a crash leaves can be tried.

`AGENTICRAG_FAILPOINTS="after_accept=exit"` ends the process, as SIGKILL would, where it first gets to that
place; ``=exit@3`` where it gets there for the third time; several are separated by commas. Without the
variable, which is read once, a place costs a call that does nothing.
"""

import os
from asyncio import Future
from typing import Literal, get_args

__all__ = [
    "KILLED",
    "POINTS",
    "VARIABLE",
    "FailpointError",
    "Point",
    "armed",
    "parse",
    "reach",
    "reach_after",
]

Point = Literal[
    "after_accept",
    "after_enqueue",
    "after_claim",
    "before_call",
    "after_call_before_journal",
    "after_journal",
    "after_node_before_put_writes",
    "between_put_writes_and_put",
    "after_put",
    "before_terminal_update",
    "after_terminal_before_event",
    "during_prune",
    "during_migration",
    "during_export",
    "during_split",
    "during_embedding",
    "during_publish",
    "during_ingestion_end",
]
POINTS: tuple[Point, ...] = get_args(Point)
"""Every place, in the order in which a run gets to them."""

VARIABLE = "AGENTICRAG_FAILPOINTS"
KILLED = 137
"""The exit code of a process that a shell saw die of SIGKILL."""


class FailpointError(ValueError):
    """The variable names no place, or says something else than ``exit``."""


def parse(text: str) -> dict[str, int]:
    """Return the places that a value of the variable names, each with the visit that is its process's last.

    Raises:
        FailpointError: it cannot be read.
    """
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, action = part.partition("=")
        word, at, visit = action.partition("@")
        visits = visit.isascii() and visit.isdecimal() and int(visit) > 0
        if name not in POINTS or word != "exit" or (at and not visits):
            raise FailpointError(
                f"{VARIABLE} has '{part}'; expected NAME=exit or NAME=exit@VISIT, separated by commas, "
                f"where NAME is one of {', '.join(POINTS)}. Unset it on a server that is to live."
            )
        found[name] = int(visit or 1)
    return found


armed: dict[str, int] = parse(os.environ.get(VARIABLE, ""))
"""The places that end this process, each with the visits that are left; empty where nobody tries it."""


def reach(point: Point) -> None:
    """Say that the process has come to a place."""
    if armed and point in armed:
        armed[point] -= 1
        if armed[point] == 0:
            os._exit(KILLED)


def reach_after(point: Point, done: Future[None]) -> None:
    """Say that the process has come to a place, where a write has succeeded."""
    if not done.cancelled() and done.exception() is None:
        reach(point)
