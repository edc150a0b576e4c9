"""Functions of expressions as Python: how each call is written."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from graphs.expressions import terms
from graphs.expressions.terms import Term

__all__ = [
    "ADDED",
    "AND",
    "ATOM",
    "COMPARED",
    "FUNCTIONS",
    "NOT",
    "OR",
    "POWER",
    "TERNARY",
    "TIMES",
    "UNARY",
    "Code",
    "is_text",
]

TERNARY, OR, AND, NOT, COMPARED, ADDED, TIMES, UNARY, POWER, ATOM = range(1, 11)
"""How strongly code binds, the weakest first."""

Code = tuple[str, int]
"""Source, and how strongly it binds."""


class Translates(Protocol):
    """What translates the arguments of a call."""

    def python(self, term: Term) -> str:
        """Return the Python of a term."""
        ...

    def at(self, term: Term, level: int) -> str:
        """Return it in parentheses where it binds less than what is around it."""
        ...

    def helper(self, name: str) -> str:
        """Use a function of the support code, and return its name."""
        ...

    def refuse(self, message: str) -> str:
        """Note that something has no equal; return code that stands in its place."""
        ...


def is_text(term: Term) -> bool:
    """Say whether a term is a text that is written down."""
    return isinstance(term, terms.Literal) and isinstance(term.content, str)


Rule = Callable[[Translates, Sequence[Term]], Code]


def _helper(name: str) -> Rule:
    def rule(to: Translates, given: Sequence[Term]) -> Code:
        return f"{to.helper(name)}({', '.join(map(to.python, given))})", ATOM

    return rule


def _method(name: str) -> Rule:
    def rule(to: Translates, given: Sequence[Term]) -> Code:
        return f"{to.at(given[0], ATOM)}.{name}({', '.join(map(to.python, given[1:]))})", ATOM

    return rule


def _builtin(name: str, form: str = "{}") -> Rule:
    return lambda to, given: (form.format(f"{name}({', '.join(map(to.python, given))})"), ATOM)


def _part(to: Translates, given: Sequence[Term]) -> Code:
    bounds = ":".join(to.python(one) for one in given[1:])
    return f"{to.at(given[0], ATOM)}[{bounds if len(given) > 2 else bounds + ':'}]", ATOM


def _chosen(name: str) -> Rule:
    def rule(to: Translates, given: Sequence[Term]) -> Code:
        return f"{to.helper('extreme')}({name}, {', '.join(map(to.python, given))})", ATOM

    return rule


def _reversed(to: Translates, given: Sequence[Term]) -> Code:
    return f"{to.at(given[0], ATOM)}[::-1]", ATOM


def _without_arguments(name: str) -> Rule:
    def rule(to: Translates, given: Sequence[Term]) -> Code:
        if given and to.python(given[0]) != "'UTC'":
            return to.refuse(f"'{name}' with a time zone has no equal. Leave the zone out: it is UTC."), ATOM
        return f"{to.helper(name)}()", ATOM

    return rule


def _pattern(name: str) -> Rule:
    """Python's patterns go back, and do not know all that the server's do."""

    def rule(to: Translates, given: Sequence[Term]) -> Code:
        if not is_text(given[1]):
            return to.refuse(
                f"'{name}' with a pattern that is computed has no equal. Write the pattern down."
            ), ATOM
        return _helper(name)(to, given)

    return rule


FUNCTIONS: Mapping[str, Rule] = {
    **{name: _helper(name) for name in ("first", "last", "join", "flatten", "pluck", "unique", "difference")},
    **{name: _helper(name) for name in ("intersection", "chunk", "average", "number", "kind", "title")},
    **{name: _method(name) for name in ("lower", "upper", "replace", "split")},
    "floor": lambda to, given: (f"int({to.at(given[0], TIMES)} // 1)", ATOM),
    "ceil": lambda to, given: (f"-int(-{to.at(given[0], UNARY)} // 1)", UNARY),
    "trim": _method("strip"),
    "starts_with": _method("startswith"),
    "ends_with": _method("endswith"),
    "lines": _method("splitlines"),
    "length": _builtin("len"),
    "abs": _builtin("abs"),
    "any": _builtin("any"),
    "all": _builtin("all"),
    "boolean": _helper("boolean"),
    "integer": _builtin("int"),
    "round": _builtin("round"),
    "keys": _builtin("list"),
    "range": _builtin("range", "list({})"),
    "values": lambda to, given: (f"list({to.at(given[0], ATOM)}.values())", ATOM),
    "items": _helper("pairs"),
    "slice": _part,
    "reverse": _reversed,
    "string": _helper("text"),
    "json": _helper("to_json"),
    "zip": _helper("zipped"),
    "enumerate": _helper("numbered"),
    "merge": _helper("merged"),
    "pick": _helper("picked"),
    "omit": _helper("omitted"),
    "sort": _helper("ordered"),
    "sum": _helper("total"),
    "get": _helper("at_path"),
    "min": _chosen("min"),
    "max": _chosen("max"),
    "count": lambda to, given: (_builtin("len") if len(given) == 1 else _helper("count"))(to, given),
    "match": _pattern("match"),
    "find_all": _pattern("find_all"),
    "today": _without_arguments("today"),
    "now": _without_arguments("now"),
    "repeat": lambda to, given: (f"{to.at(given[0], TIMES)} * {to.at(given[1], UNARY)}", TIMES),
}
"""How each function of expressions is written; those that are missing have no equal."""
