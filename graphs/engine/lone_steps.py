"""Lone steps: the nodes of a flow beside which no other node can run."""

from collections.abc import Iterable, Mapping

from graphs.engine.routing import Routes
from graphs.node_execution.compiled_node import Place

__all__ = ["lone_steps"]

_END = ""
"""What all ways through a flow come to. No node has such an id."""


def lone_steps(routes: Routes) -> frozenset[str]:
    """Return the steps at which a run is at one place alone, whatever ways it has taken.

    Where several edges leave by one outlet, the run is at several places until all of them have come to the
    join that every way leads to, the immediate post-dominator. Where there is none, or where a join on the
    way runs before all edges have come to it, it is at several places to its end.

    Source: Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001), on the reversed edges.
    """
    after = {id: _following(place, routes) for id, place in routes.places.items()}
    parting = [
        (id, targets) for id, place in routes.places.items() if (targets := _side_by_side(place, routes))
    ]
    if not parting:
        return frozenset(after)
    meets = _post_dominators(after)
    beside: set[str] = set()
    for id, targets in parting:
        found = _reached(targets, after, until=meets.get(id, _END))
        if any(routes.places[one].needs for one in found | {meets.get(id, _END)} - {_END}):
            found = _reached(targets, after, until=_END)
        beside |= found
    return frozenset(after) - beside


def _following(place: Place, routes: Routes) -> set[str]:
    """Return the steps that may come after one; the end too where an outlet has no edges."""
    links = [link for link in place.outgoing if link.target in routes.places]
    left = {link.outlet for link in links}
    ways = [place.falls_back.get(outlet, outlet) for outlet in place.outlets]
    after = {link.target for link in links}
    if not after or any(outlet not in left for outlet in ways):
        after.add(_END)
    return after


def _side_by_side(place: Place, routes: Routes) -> set[str]:
    """Return the steps that a run may be at together when it has left one; empty for at most one of them."""
    found: set[str] = set()
    for outlet in place.outlets:
        targets = {
            link.target for link in place.outgoing if link.outlet == outlet and link.target in routes.places
        }
        if len(targets) > 1:
            found |= targets
    return found


def _reached(first: Iterable[str], after: Mapping[str, set[str]], *, until: str) -> set[str]:
    """Return the steps on the ways from some to another, without it."""
    found: set[str] = set()
    waiting = [*first]
    while waiting:
        id = waiting.pop()
        if id not in found and id not in (until, _END):
            found.add(id)
            waiting += after[id]
    return found


def _post_dominators(after: Mapping[str, set[str]]) -> dict[str, str]:
    """Return of each step the nearest one that every way from it to the end goes through."""
    before: dict[str, list[str]] = {id: [] for id in (*after, _END)}
    for id, targets in after.items():
        for target in targets:
            before[target].append(id)
    order = _postorder(before)
    rank = {id: number for number, id in enumerate(order)}
    nearest = {_END: _END}
    changed = True
    while changed:
        changed = False
        for id in reversed(order):
            if id == _END:
                continue
            known = [target for target in after[id] if target in nearest]
            if not known:
                continue
            meet = known[0]
            for other in known[1:]:
                meet = _common(meet, other, nearest, rank)
            if nearest.get(id) != meet:
                nearest[id] = meet
                changed = True
    return nearest


def _common(one: str, other: str, nearest: Mapping[str, str], rank: Mapping[str, int]) -> str:
    while one != other:
        while rank[one] < rank[other]:
            one = nearest[one]
        while rank[other] < rank[one]:
            other = nearest[other]
    return one


def _postorder(before: Mapping[str, list[str]]) -> list[str]:
    """Return the steps from which the end can be reached, each after those that lead to it."""
    order: list[str] = []
    seen = {_END}
    path = [(_END, iter(before[_END]))]
    while path:
        id, rest = path[-1]
        found = next((one for one in rest if one not in seen), None)
        if found is None:
            order.append(id)
            path.pop()
        else:
            seen.add(found)
            path.append((found, iter(before[found])))
    return order
