"""Live edges: those that a step was reached by, found when it has nothing more to wait for."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from graphs.document.edges import Link

__all__ = ["Arrival", "live_sources", "used_up"]


class Arrival(Struct, frozen=True):
    """What a step finds when it is triggered and has nothing to wait for."""

    incoming: list[str]
    """Where live edges come from, in the document's order; empty where all are dead."""
    runs: bool
    """False for a join that nothing reached: it is skipped."""
    taken: dict[str, Any]
    """Signals that change by this: those that are used up, and what a join remembers of itself."""
    late: bool = False
    """True for what comes to a join that ran already: nothing runs and nothing is skipped."""
    broken: bool = False
    """True for a loop that its body ends."""


def live_sources(links: Iterable[Link], known: Iterable[Any]) -> list[str]:
    """Return where the live ones of links come from, in order, each once; `known` says which are live."""
    return list(dict.fromkeys(link.source for link, live in zip(links, known, strict=True) if live))


def used_up(links: Iterable[Link]) -> dict[str, Any]:
    """Return the signals of links as they are once a step has taken them."""
    return {link.edge: None for link in links}
