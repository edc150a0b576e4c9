"""How several updates of one channel of the state come together."""

from typing import Any

__all__ = [
    "FORGET",
    "merge",
    "merge_passes",
    "append",
    "extend",
    "add",
    "lay_over",
    "greater",
    "lesser",
    "first",
    "last",
]

FORGET = ""
"""Key of an update with the names that are taken out."""


def merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Lay an update over what is there; what it has as None under `FORGET` goes."""
    gone: list[str] = right.get(FORGET) or []
    laid = {**left, **right}
    return {name: value for name, value in laid.items() if name != FORGET and name not in gone}


def merge_passes(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Add what single items of iterations gave; those of an iteration under `FORGET` go."""
    kept = {name: passes for name, passes in left.items() if name not in (right.get(FORGET) or [])}
    added = {name: passes for name, passes in right.items() if name != FORGET}
    return {**kept, **{name: {**kept.get(name, {}), **passes} for name, passes in added.items()}}


def append(left: list[Any], right: Any) -> list[Any]:
    """Put an item behind a list."""
    return [*(left or ()), right]


def extend(left: list[Any], right: list[Any]) -> list[Any]:
    """Put items behind a list."""
    return [*(left or ()), *right]


def add(left: Any, right: Any) -> Any:
    """Add a number."""
    return (left or 0) + right


def lay_over(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Lay an object over another."""
    return {**(left or {}), **right}


def greater(left: Any, right: Any) -> Any:
    """Keep the greater one."""
    return right if left is None else max(left, right)


def lesser(left: Any, right: Any) -> Any:
    """Keep the lesser one."""
    return right if left is None else min(left, right)


def first(left: Any, right: Any) -> Any:
    """Keep the first one."""
    return right if left is None else left


def last(left: Any, right: Any) -> Any:
    """Take the new one."""
    return right
