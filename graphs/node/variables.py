"""Variables: what a flow declares of them, and how several updates of one come together."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, cast

from msgspec import Meta, Struct

from graphs.parsing.numbers import is_number, kind, whole

__all__ = ["Reducer", "VariableDeclaration", "VariableName", "reduced"]

VariableName = Annotated[str, Meta(pattern=r"^(?!__)[^\W\d]\w*$", max_length=64)]

Reducer = Literal["set", "append", "extend", "add", "merge", "max", "min", "first", "last"]
"""How an update changes a variable:

- ``set`` and ``last``: the update is the new value; ``last`` says that several at once are meant
- ``append``: a list gets the update as its last item
- ``extend``: a list gets the items of the update, which is a list
- ``add``: the update is added to a number
- ``merge``: an object is laid over by the update, an object
- ``max`` and ``min``: the greater or lesser of both is kept
- ``first``: the first update is kept
"""

_EMPTY: Mapping[str, Any] = {"append": [], "extend": [], "add": 0, "merge": {}}
"""What a variable without a default is before its first update."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
}


class VariableDeclaration(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A variable that the flow declares."""

    name: Annotated[VariableName, Meta(description="Read as `variables.<name>`.")]
    type: Annotated[
        Literal["any", "string", "number", "integer", "boolean", "object", "array"],
        Meta(description="What JSON it must be."),
    ] = "any"
    description: Annotated[str, Meta(max_length=2000, description="A note for people.")] = ""
    default: Annotated[
        Any,
        Meta(
            description="Its value before the first update; null for nothing, or the reducer's empty value."
        ),
    ] = None
    reducer: Annotated[
        Reducer,
        Meta(
            description="How an update changes it: `set` it, `append` an item, `extend` by a list, `add` a "
            "number, `merge` an object, keep the `max`, `min`, `first` or `last`. All but `set` may be "
            "updated by several nodes at once."
        ),
    ] = "set"
    scope: Annotated[
        Literal["run", "session"],
        Meta(description="Whether it lasts for the run, or for the session from turn to turn."),
    ] = "run"

    def __post_init__(self) -> None:
        """Refuse a default that the variable itself would not take."""
        if self.default is not None and (problem := self.misfit(self.default)):
            raise ValueError(f"default: {problem}")

    def initial(self) -> Any:
        """Return its value before the first update."""
        return _EMPTY.get(self.reducer) if self.default is None else self.default

    def misfit(self, value: Any) -> str:
        """Return why this cannot be its value, a sentence; empty where it can."""
        wanted = self.type
        if wanted == "any":
            wanted = {"append": "array", "extend": "array", "add": "number", "merge": "object"}.get(
                self.reducer, "any"
            )
        if wanted == "any" or value is None:
            return ""
        fits = isinstance(value, _KINDS[wanted]) and (wanted == "boolean") == isinstance(value, bool)
        if fits or (wanted == "integer" and whole(value) is not None):
            return ""
        return f"Variable '{self.name}' takes {wanted}, found {kind(value)}."

    def update_misfit(self, update: Any) -> str:
        """Return why it cannot be updated by this, a sentence; empty where it can."""
        match self.reducer:
            case "append":
                return ""
            case "extend" if not isinstance(update, list):
                expected = "a list"
            case "merge" if not isinstance(update, dict):
                expected = "an object"
            case "add" if not is_number(update):
                expected = "a number"
            case "max" | "min" if not (is_number(update) or isinstance(update, str)):
                expected = "a number or text"
            case _:
                return self.misfit(update)
        return (
            f"An update of variable '{self.name}' with reducer '{self.reducer}' must be {expected}, found "
            f"{kind(update)}."
        )


def reduced(reducer: str, known: bool, old: Any, update: Any) -> Any:
    """Return a variable's value after an update, which never changes the old one in place.

    Args:
        reducer: How it changes it.
        known: Whether it was updated before.
        old: Its value: its initial one where it was not.
        update: One that `VariableDeclaration.update_misfit` finds nothing wrong with.
    """
    match reducer:
        case "append":
            return [*cast("Sequence[Any]", old or ()), update]
        case "extend":
            return [*cast("Sequence[Any]", old or ()), *update]
        case "add":
            return (old or 0) + update
        case "merge":
            return {**(old or {}), **update}
        case "max" | "min":
            if old is None or is_number(old) != is_number(update):
                return update
            return max(old, update) if reducer == "max" else min(old, update)
        case "first":
            return old if known else update
        case _:
            return update
