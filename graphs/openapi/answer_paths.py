"""Answer paths: which parts of an answer are kept, such as ``items.*.name``."""

from collections.abc import Iterator, Sequence
from typing import Any, cast

__all__ = ["MAX_PATHS", "kept_parts", "outline", "path_problem"]

MAX_PATHS = 50
_Tree = dict[str, "_Tree | None"]
"""Steps that are kept; None for all that is below."""
EVERY = "*"
"""Each item of a list, or each value of an object."""


def path_problem(path: str) -> str:
    """Return why a path cannot be used, a sentence; empty where it can."""
    steps = _steps(path)
    if not steps or not all(steps) or len(steps) > 30 or len(path) > 500:
        return f"Expected a path such as items.*.name, found {path[:80]!r}."
    return ""


def kept_parts(value: Any, paths: Sequence[str]) -> Any:
    """Return an answer with the parts that paths name, in their places.

    A path is of keys, joined by dots; ``*`` is each item of a list, and may be left out: a list is walked
    where a key meets one. What is not there is left out.
    """
    tree: _Tree = {}
    for path in paths:
        place = tree
        steps = _steps(path)
        for step in steps[:-1]:
            below = place.setdefault(step, {})
            if below is None:
                break
            place = below
        else:
            place[steps[-1]] = None
    return _kept(value, tree)


def outline(value: Any, most: int = 40) -> list[str]:
    """Return the first paths that an answer has."""
    found: dict[str, None] = {}
    for path in _paths(value, (), 0):
        found.setdefault(path)
        if len(found) == most:
            break
    return [*found]


def _steps(path: str) -> list[str]:
    return path.replace("[*]", ".*").replace("[]", ".*").removeprefix("$.").removeprefix(".").split(".")


def _kept(value: Any, tree: _Tree) -> Any:
    match value:
        case list():
            items = cast("list[Any]", value)
            below = tree.get(EVERY, tree)
            return items if below is None else [_kept(item, below) for item in items]
        case dict():
            made: dict[str, Any] = {}
            for name, each in cast("dict[str, Any]", value).items():
                if name not in tree and EVERY not in tree:
                    continue
                below = tree[name] if name in tree else tree[EVERY]
                if below is None:
                    made[name] = each
                elif isinstance(each, dict | list):
                    made[name] = _kept(each, below)
            return made
        case _:
            return value


def _paths(value: Any, place: tuple[str, ...], depth: int) -> Iterator[str]:
    if depth < 6 and isinstance(value, dict) and value:
        for name, each in list(cast("dict[str, Any]", value).items())[:100]:
            yield from _paths(each, (*place, name), depth + 1)
    elif depth < 6 and isinstance(value, list) and value:
        yield from _paths(cast("list[Any]", value)[0], (*place, EVERY), depth + 1)
    elif place:
        yield ".".join(place)
