"""Visits: the node runs of a recorded run, found in the keys of its calls, and what comes after one of them.

A key is ``/<node>#<visit>``, within a frame ``<outer>/<pass>/<node>#<visit>`` (`graphs.run_state.run_scope`).
What a node gave is seen by later supersteps alone, and by no other pass of the containers around it. So what
a run gave up to the superstep of a node run does not depend on it, and what came later may.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from msgspec import Struct

from graphs.run_state.run_scope import key_below
from graphs.values.events import CallKey

__all__ = ["NoSuchVisit", "Visit", "find_visit", "independent", "visits_of"]

FIRST, LAST = -1.0, math.inf


class NoSuchVisit(LookupError):
    """The run has no such run of such a node."""


class Visit(Struct, frozen=True):
    """One run of one node."""

    key: str
    node: str
    path: str
    number: int
    """Which run of the node in its graph, from 0."""
    order: tuple[int, ...]
    """Numbers along the path: node runs of one node at one path happened in this order."""
    superstep: float
    """In its own graph; infinite for one that has not ended."""


class _Part(Struct, frozen=True):
    """A node run within a key."""

    key: str
    node: str
    visit: int
    tries: int
    """The try of the node whose calls these are."""
    at: str
    """The pass that the next part lies in; empty for the last part, and for containers of a single pass."""


def _parts(key: str) -> Iterator[_Part]:
    """Yield the node runs that a key lies in, the outermost first."""
    segments = key.split("/")[1:]
    whole, place = "", 0
    while place < len(segments) and "#" in segments[place]:
        named, _, more = segments[place].partition("#")
        visit, _, tries = more.partition("#")
        if not visit.isdecimal():
            return
        begins = f"{whole}/{named}#{visit}"
        whole, at = f"{whole}/{segments[place]}", ""
        place += 1
        if place < len(segments) and "#" not in segments[place]:
            at = segments[place]
            whole, place = f"{whole}/{at}", place + 1
        yield _Part(begins, unquote(named), int(visit), int(tries) if tries.isdecimal() else 1, unquote(at))


def visits_of(keys: Iterable[CallKey]) -> dict[str, Visit]:
    """Return the node runs that have calls or an outcome, by key."""
    found: dict[str, Visit] = {}
    keys = [*keys]
    ended = {key.task_id: float(key.number) for key in keys if key.kind == "node"}
    for key in keys:
        path, order = "", ()
        for part in _parts(key.task_id):
            order = (*order, part.visit)
            if part.key not in found:
                ends = ended.get(part.key, LAST)
                found[part.key] = Visit(part.key, part.node, path, part.visit, order, ends)
            order = (*order, part.tries)
            here = f"{part.node}[{part.at}]" if part.at else part.node
            path = f"{path}/{here}" if path else here
    return found


def find_visit(
    visits: Mapping[str, Visit],
    node: str,
    path: str,
    occurrence: int,
    *,
    begun: bool,
    open: bool,
    starts: bool,
) -> Visit:
    """Return the run of a node that is asked for.

    Args:
        visits: The node runs that are known.
        node: Its id.
        path: Ids of the frames around it, with their passes: ``each[3]``; empty for the flow itself.
        occurrence: Which run of the node at this path, from 1.
        begun: Whether it began there.
        open: Whether its last run there is not known to have ended.
        starts: Whether the node starts the flow, so that all else comes after it.

    Raises:
        NoSuchVisit: it has not run so often there.
    """
    known = sorted((one for one in visits.values() if (one.node, one.path) == (node, path)), key=_order)
    if 0 < occurrence <= len(known):
        return known[occurrence - 1]
    if not (open or (begun and not known)) or occurrence != len(known) + 1:
        raise NoSuchVisit(f"{len(known)}")
    number = known[-1].number + 1 if known else 0
    around = _around(visits, path)
    if around is None:
        raise NoSuchVisit("0")
    key = key_below(around, node, f"#{number}")
    return Visit(key, node, path, number, (number,), FIRST if starts else LAST)


def independent(visits: Mapping[str, Visit], of: Visit, key: CallKey) -> bool:
    """Say whether a call of a run is kept where a node run and what came after it run again."""
    if key.kind == "session":
        return False
    if key.task_id == of.key or key.task_id.startswith((f"{of.key}/", f"{of.key}#")):
        return False
    mine, theirs = [*_parts(of.key)], [*_parts(key.task_id)]
    for here, there in zip(mine, theirs, strict=False):
        if here.key != there.key:
            reached = of.superstep if here.key == of.key else _superstep(visits, here.key)
            return _superstep(visits, there.key) <= reached
        if len(theirs) > 1 and here.at != there.at and there.at:
            return True  # another pass of the same container
    # A container around it: it is entered again, so it has no outcome, but for what it asked itself.
    return key.kind != "node"


def _superstep(visits: Mapping[str, Visit], key: str) -> float:
    return visits[key].superstep if key in visits else LAST


def _around(visits: Mapping[str, Visit], path: str) -> str | None:
    """Return what the key of a pass begins with that a path names; the last one where there were several."""
    if not path:
        return ""
    below = [one for one in visits.values() if one.path == path]
    if below:
        last = max(below, key=_order)
        return last.key.rpartition("/")[0]
    outer, _, here = path.rpartition("/")
    node, _, at = here.removesuffix("]").partition("[")
    known = [one for one in visits.values() if (one.node, one.path) == (node, outer)]
    around = _around(visits, outer) if not known else None
    if not known and around is None:
        return None
    key = max(known, key=_order).key if known else key_below(around or "", node, "#0")
    return key_below(key, at) if at else key


def _order(visit: Visit) -> tuple[int, ...]:
    return visit.order
