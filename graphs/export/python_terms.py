"""Expressions as Python: each term of the grammar, and each function, in the words of the exported code."""

import builtins
import keyword
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from graphs.export.problems import Gaps
from graphs.export.python_functions import (
    ADDED,
    AND,
    ATOM,
    COMPARED,
    FUNCTIONS,
    NOT,
    OR,
    POWER,
    TERNARY,
    TIMES,
    UNARY,
    Code,
    is_text,
)
from graphs.export.support_code import Uses, all_names
from graphs.expressions import calls, comprehensions, operation_terms, terms
from graphs.expressions.terms import Term

__all__ = ["Reader", "Translator"]

_LEVELS = {"+": ADDED, "-": ADDED, "*": TIMES, "%": TIMES}
_TAKEN = frozenset({"state", "arrived", "output", *keyword.kwlist, *dir(builtins), *all_names()})


class Reader(Struct, frozen=True, kw_only=True):
    """Where expressions of a node look."""

    node: str
    gathered: Mapping[str, str] = field(default_factory=dict[str, str])
    """The channels of the state that hold variables with a reducer, by name."""
    loops: Sequence[str] = ()
    """The loops and iterations around the node, the innermost first."""
    chat: bool = False


class Translator:
    """Translates the expressions of one field."""

    def __init__(self, reader: Reader, uses: Uses, gaps: Gaps, field: str) -> None:
        self.reader = reader
        self.uses = uses
        self._gaps = gaps
        self._field = field
        self._names: dict[str, str] = {}
        self.looks_at_arrived = False
        self.variables: set[str] = set()
        """Names of workspace variables that are looked up."""

    def refuse(self, message: str) -> str:
        """Note that something has no equal; return code that stands in its place."""
        self._gaps.refuse(self.reader.node, self._field, message)
        return "None"

    def python(self, term: Term) -> str:
        """Return the Python of a term."""
        return self._code(term)[0]

    def helper(self, name: str) -> str:
        """Use a function of the support code, and return its name."""
        return self.uses.take("expressions", name)

    def at(self, term: Term, level: int) -> str:
        """Return the Python of a term, in parentheses where it binds less than what is around it."""
        code, binds = self._code(term)
        return code if binds >= level else f"({code})"

    def _code(self, term: Term) -> Code:
        match term:
            case terms.Literal(content=content):
                return repr(content), UNARY if isinstance(content, int | float) and content < 0 else ATOM
            case terms.Local(name=name):
                return self._names[name], ATOM
            case terms.Name() | terms.Lookup():
                return self._looked_up(term)
            case terms.Slice(base=base, start=start, end=end, step=step):
                parts = ["" if part is None else self.python(part) for part in (start, end, step)]
                return f"{self.at(base, ATOM)}[{':'.join(parts if step is not None else parts[:2])}]", ATOM
            case terms.NewList(items=items):
                return f"[{', '.join(map(self.python, items))}]", ATOM
            case terms.NewObject(items=items):
                fields = [f"{self._key(key)}: {self.python(item)}" for key, item in items]
                return f"{{{', '.join(fields)}}}", ATOM
            case calls.Call():
                return self._called(term)
            case calls.Default() | calls.Exists() | calls.HasValue():
                return self._looked_first(term)
            case comprehensions.ListFrom() | comprehensions.ObjectFrom():
                return self._comprehension(term), ATOM
            case _:
                return self._operation(term)

    def _key(self, key: str | Term) -> str:
        return repr(key) if isinstance(key, str) else f"{self.helper('key_text')}({self.python(key)})"

    def _operation(self, term: Term) -> Code:
        match term:
            case operation_terms.Negation(operator="not", operand=operand):
                return f"not {self.at(operand, NOT)}", NOT
            case operation_terms.Negation(operand=operand):
                return f"-{self.at(operand, UNARY)}", UNARY
            case operation_terms.Logic(operator=operator, operands=operands):
                level = OR if operator == "or" else AND
                return f" {operator} ".join(self.at(one, level + 1) for one in operands), level
            case operation_terms.Choice(condition=condition, then=then, otherwise=otherwise):
                code = f"{self.at(then, OR)} if {self.at(condition, OR)} else {self.at(otherwise, TERNARY)}"
                return code, TERNARY
            case operation_terms.Comparison():
                return self._compared(term)
            case operation_terms.Chain(first=first, rest=rest):
                return self._chained(first, rest)
            case operation_terms.Power(base=base, exponent=exponent):
                return f"{self.at(base, ATOM)} ** {self.at(exponent, UNARY)}", POWER
            case operation_terms.Percent(operand=operand):
                return f"{self.helper('divide')}({self.python(operand)}, 100)", ATOM
            case _:
                return self.refuse(
                    f"{type(term).__name__} in an expression has no equal. Write it otherwise."
                ), ATOM

    def _chained(self, first: Term, rest: Sequence[tuple[str, int, Term]]) -> Code:
        code, level = self._code(first)
        for operator, _, operand in rest:
            if operator == "/":
                code, level = f"{self.helper('divide')}({code}, {self.python(operand)})", ATOM
                continue
            binds = _LEVELS[operator]
            left = code if level >= binds else f"({code})"
            code, level = f"{left} {operator} {self.at(operand, binds + 1)}", binds
        return code, level

    def _compared(self, term: operation_terms.Comparison) -> Code:
        operator, left, right = term.operator, term.left, term.right
        if operator in ("==", "!="):
            constants = [one.content for one in (left, right) if isinstance(one, terms.Literal)]
            singleton = any(constant is None or isinstance(constant, bool) for constant in constants)
            if singleton and len(constants) == 1:
                operator = "is" if operator == "==" else "is not"
            elif not any(isinstance(constant, str) for constant in constants):
                code = f"{self.helper('equal')}({self.python(left)}, {self.python(right)})"
                return (code, ATOM) if operator == "==" else (f"not {code}", NOT)
        if operator in ("in", "not in") and not is_text(left):
            code = f"{self.helper('contains')}({self.python(right)}, {self.python(left)})"
            texts = isinstance(right, terms.NewList) and all(map(is_text, right.items))
            if not texts:
                return (code, ATOM) if operator == "in" else (f"not {code}", NOT)
        return f"{self.at(left, ADDED)} {operator} {self.at(right, ADDED)}", COMPARED

    def _looked_up(self, term: terms.Name | terms.Lookup) -> Code:
        base, keys = (term, ()) if isinstance(term, terms.Name) else (term.base, term.keys)
        if isinstance(base, terms.Name):
            code, keys = self._named(base.name, list(keys))
        else:
            code = self.at(base, ATOM)
        for key in keys:
            code = self._subscript(code, key)
        return code, ATOM

    def _subscript(self, code: str, key: Term) -> str:
        if isinstance(key, terms.Literal):
            content = key.content
            if isinstance(content, int) or (
                isinstance(content, str) and not content.removeprefix("-").isdecimal()
            ):
                return f"{code}[{content!r}]"
        return f"{self.helper('look_up')}({code}, {self.python(key)})"

    def _named(self, name: str, keys: list[Term]) -> tuple[str, Sequence[Term]]:
        """Return the code for a name of the scope with the keys that it takes itself, and the others."""
        first = keys[0].content if keys and isinstance(keys[0], terms.Literal) else None
        match name:
            case "input":
                return "state['input']", keys
            case "message":
                return f"{self.helper('message_text')}(state['input'].get('message'))", keys
            case "nodes":
                if isinstance(first, str):
                    return f"state['outputs'][{first!r}]", keys[1:]
                return "state['outputs']", keys
            case "variables":
                if isinstance(first, str) and first in self.reader.gathered:
                    return f"state[{self.reader.gathered[first]!r}]", keys[1:]
                if not isinstance(first, str) and self.reader.gathered:
                    return self.refuse(
                        "'variables' as a whole has no equal where variables have reducers. Name one of them."
                    ), keys
                return "state['variables']", keys
            case "arrived":
                self.looks_at_arrived = True
                return "arrived", keys
            case "output":
                return "output", keys
            case "loop":
                return self._loop(keys)
            case "env" if isinstance(first, str):
                self.variables.add(first)
                self.uses.names.setdefault("", {})["os"] = None
                return f"os.environ[{first!r}]", keys[1:]
            case _:
                return self.refuse(
                    f"'{name}' is known to the server alone. Pass what you need as an input of the flow."
                ), ()

    def _loop(self, keys: list[Term]) -> tuple[str, Sequence[Term]]:
        around = [*self.reader.loops]
        while keys and isinstance(keys[0], terms.Literal) and keys[0].content == "parent":
            around, keys = around[1:], keys[1:]
        if not around:
            return "{}", keys
        return f"state['loops'][{around[0]!r}]", keys

    def _looked_first(self, term: Term) -> Code:
        match term:
            case calls.Default(wanted=wanted, otherwise=otherwise):
                simple = isinstance(otherwise, terms.Literal) or (
                    isinstance(otherwise, terms.NewList | terms.NewObject) and not otherwise.items
                )
                code = self.python(otherwise) if simple else f"lambda: {self.python(otherwise)}"
                return f"{self.helper('default')}(lambda: {self.python(wanted)}, {code})", ATOM
            case calls.Exists(wanted=wanted):
                held = self._held(wanted)
                if held:
                    return held, COMPARED
                return f"{self.helper('is_there')}(lambda: {self.python(wanted)})", ATOM
            case calls.HasValue(wanted=wanted):
                return f"{self.helper('has_value')}(lambda: {self.python(wanted)})", ATOM
            case _:
                raise AssertionError(type(term).__name__)

    def _held(self, wanted: Term) -> str:
        """Return whether a state has a node's output, a variable or an input; empty for other look-ups."""
        match wanted:
            case terms.Lookup(base=terms.Name(name="nodes"), keys=(terms.Literal(content=str() as key),)):
                return f"{key!r} in state['outputs']"
            case terms.Lookup(base=terms.Name(name="input"), keys=(terms.Literal(content=str() as key),)):
                return f"{key!r} in state['input']"
            case terms.Lookup(base=terms.Name(name="variables"), keys=(terms.Literal(content=str() as key),)):
                return "" if key in self.reader.gathered else f"{key!r} in state['variables']"
            case _:
                return ""

    def _comprehension(self, term: Any) -> str:
        known = dict(self._names)
        clauses = "".join(
            f" if {self.at(one.condition, OR)}" if isinstance(one, comprehensions.Filter) else self.for_(one)
            for one in term.clauses
        )
        item = self.python(term.item)
        key = "" if isinstance(term, comprehensions.ListFrom) else f"{self._key(term.key)}: "
        self._names = known
        return f"{{{key}{item}{clauses}}}" if key else f"[{item}{clauses}]"

    def for_(self, one: comprehensions.For) -> str:
        """Return a ``for`` with its names, which are known from here on."""
        source = self.at(one.source, OR)
        if len(one.names) == 2:
            source = f"{self.helper('pairs')}({self.python(one.source)})"
        for name in one.names:
            plain = name if name.isascii() else f"item{len(self._names)}"
            self._names[name] = f"{plain}_" if plain in _TAKEN else plain
        return f" for {', '.join(self._names[name] for name in one.names)} in {source}"

    def names(self) -> dict[str, str]:
        """Return the names of items that are known now."""
        return dict(self._names)

    def restore(self, names: dict[str, str]) -> None:
        """Go back to the names that were known before."""
        self._names = names

    def _called(self, term: calls.Call) -> Code:
        known = FUNCTIONS.get(term.name)
        if known is None:
            return self.refuse(
                f"The function '{term.name}' has no equal in exported code. Compute it in another way."
            ), ATOM
        return known(self, term.arguments)
