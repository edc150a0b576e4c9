"""The input of a run: what is missing is filled in, and what does not fit is refused."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["KINDS", "complete"]

KINDS: dict[str, type | tuple[type, ...]] = {
    "number": (int, float),
    "integer": (int, float),
    "boolean": bool,
    "object": dict,
    "array": list,
    "json": object,
    "select": object,
}


def complete(given: Mapping[str, Any], declared: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an input with its defaults.

    Raises:
        ValueError: an input is missing, does not fit or is not declared.
    """
    completed = dict(given)
    unknown = [name for name in given if name != "message" and name not in {one["name"] for one in declared}]
    if unknown:
        raise ValueError(f"There is no input {unknown[0]!r}.")
    for one in declared:
        name, value = one["name"], given.get(one["name"])
        if value is None:
            if one.get("required") and one.get("default") is None:
                raise ValueError(f"Input {name!r} is missing.")
            completed[name] = one.get("default")
            continue
        kind = one.get("type", "string")
        if not isinstance(value, KINDS.get(kind, str)) or (
            kind in ("number", "integer") and isinstance(value, bool)
        ):
            raise ValueError(f"Input {name!r} takes {kind}, found {value!r}.")
        if one.get("choices") and value not in one["choices"]:
            raise ValueError(f"Input {name!r} takes one of {one['choices']}, found {value!r}.")
        if one.get("max_length") and len(value) > one["max_length"]:
            raise ValueError(f"Input {name!r} takes {one['max_length']} at most, found {len(value)}.")
        completed[name] = int(value) if kind == "integer" else value
    return completed
