"""Calls: functions of the table, and those that look before they fail."""

import difflib
from collections.abc import Sequence
from typing import Any

from graphs.expressions.bounded_evaluation import Evaluation, ExpressionError, MissingError
from graphs.expressions.functions import FUNCTIONS, Arguments
from graphs.expressions.terms import Term

__all__ = ["LOOKS_FIRST", "SPECIAL", "call_term"]

SPECIAL = {
    "default(x, otherwise)": "`x`, or `otherwise` where it is missing or null",
    "exists(x)": "whether `x` is there; null is",
    "has_value(x)": "whether `x` is there and not null",
}
"""How the functions are written that look before they fail, and what they give."""
LOOKS_FIRST = frozenset(usage.partition("(")[0] for usage in SPECIAL)

_CALL = 16
"""What a call costs by itself, in characters."""


def call_term(name: str, arguments: Sequence[Term], source: str, at: int) -> Term:
    """Return the term of a call.

    Raises:
        ExpressionError: there is no such function, or it takes another number of arguments.
    """
    if special := next((usage for usage in SPECIAL if usage.startswith(f"{name}(")), ""):
        usage, least, most = special, special.count(",") + 1, special.count(",") + 1
    elif function := FUNCTIONS.get(name):
        usage, least, most = function.usage, function.least, function.most
    else:
        known = [*FUNCTIONS, *(usage.partition("(")[0] for usage in SPECIAL)]
        near = difflib.get_close_matches(name[:40], known, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise ExpressionError(f"There is no function {name[:80]!r}; {hint}", source=source, position=at)
    if not least <= len(arguments) <= most:
        raise ExpressionError(
            f"Expected {usage}, found {len(arguments)} arguments", source=source, position=at
        )
    match name:
        case "default":
            return Default(at, arguments[0], arguments[1])
        case "exists":
            return Exists(at, arguments[0])
        case "has_value":
            return HasValue(at, arguments[0])
        case _:
            return Call(at, name, tuple(arguments))


class Call(Term, frozen=True):
    """``function(a, b)``."""

    name: str
    arguments: tuple[Term, ...]

    def value(self, evaluation: Evaluation) -> Any:
        """Return what the function gives."""
        evaluation.spend(_CALL, self.at)
        values = [evaluation.plain(argument.value(evaluation)) for argument in self.arguments]
        return evaluation.counted(
            FUNCTIONS[self.name].apply(Arguments(self.name, values, evaluation, self.at))
        )


class Default(Term, frozen=True):
    """``default(a, b)``."""

    wanted: Term
    otherwise: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return the first, or the second where the first is missing or null."""
        try:
            found = self.wanted.value(evaluation)
        except MissingError:
            found = None
        return self.otherwise.value(evaluation) if found is None else found


class Exists(Term, frozen=True):
    """``exists(a)``."""

    wanted: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return whether it is there; null is."""
        try:
            self.wanted.value(evaluation)
        except MissingError:
            return False
        return True


class HasValue(Term, frozen=True):
    """``has_value(a)``."""

    wanted: Term

    def value(self, evaluation: Evaluation) -> Any:
        """Return whether it is there and not null."""
        try:
            return self.wanted.value(evaluation) is not None
        except MissingError:
            return False
