"""Constants: what an expression or a template has written down and can never work, found before it runs.

A part that looks nothing up is evaluated. Where only some parts are constants, those are judged that fail
whatever the others are: a pattern, a time zone, a unit, an operand of the wrong kind.
"""

import re
from collections.abc import Set as AbstractSet
from typing import Any, cast

from msgspec import Struct

from graphs.expressions import Expression
from graphs.expressions.bounded_evaluation import Evaluation, ExpressionError, MissingError
from graphs.expressions.calls import Call, Default, Exists, HasValue
from graphs.expressions.comprehensions import Filter, For, ListFrom, ObjectFrom
from graphs.expressions.functions import FUNCTIONS, READS_CLOCK, Arguments
from graphs.expressions.long_work import SHORT, Lengthy
from graphs.expressions.operation_terms import Chain, Comparison, Power
from graphs.expressions.operators import calculate, contains, ordered, power
from graphs.expressions.terms import Local, Name, NewObject, Slice, Term, key_text
from graphs.parsing.numbers import is_number

__all__ = ["constant_faults", "constant_value"]

_WORK = 20_000
"""Characters of work after which a constant is not judged."""
_GROUP = re.compile(r"\$[1-9&]|\$\{\w+\}|\$<\w+>|\\g<\w+>")
"""A group as other languages write it where matches are replaced."""
_NONE: Any = object()
"""Stands for a value that only a run knows."""


def constant_faults(whole: Any, source: str) -> list[ExpressionError]:
    """Return why constants of an expression or a template fail in each evaluation that comes to them.

    Args:
        whole: The term, or the parts of a template.
        source: What it was parsed from.
    """
    search = _Search(source)
    before = SHORT.set(_WORK)
    try:
        search.walk(whole)
    finally:
        SHORT.reset(before)
    return search.found


def constant_value(whole: Expression | Term) -> list[Any]:
    """Return what an expression gives if it looks nothing up, alone in a list; nothing where only a run knows
    it, and where it fails or is long work."""
    search = _Search("")
    before = SHORT.set(_WORK)
    try:
        value = search.known(whole.term if isinstance(whole, Expression) else whole)
    finally:
        SHORT.reset(before)
    return [] if value is _NONE else [value]


class _Search:
    """Looks through one source."""

    def __init__(self, source: str) -> None:
        self.found: list[ExpressionError] = []
        self._source = source
        self._open: dict[int, bool] = {}

    def walk(self, one: Any, *, may_lack: bool = False) -> None:
        """Judge a term, the parts of a template, or what they are made of.

        Args:
            one: What to judge.
            may_lack: Whether something around it takes what is missing for an answer.
        """
        match one:
            case Term() if not isinstance(one, For | Filter) and self._constant(one):
                self._value(one, may_lack)
            case Default(wanted=wanted, otherwise=otherwise):
                self.walk(wanted, may_lack=True)
                self.walk(otherwise, may_lack=may_lack)
            case Exists(wanted=wanted) | HasValue(wanted=wanted):
                self.walk(wanted, may_lack=True)
            case Struct():
                for name in one.__struct_fields__:
                    self.walk(getattr(one, name), may_lack=may_lack)
                self._parts(one)
            case tuple():
                for part in cast("tuple[Any, ...]", one):
                    self.walk(part, may_lack=may_lack)
            case _:
                pass

    def _value(self, term: Term, may_lack: bool) -> None:
        evaluation = Evaluation({}, self._source)
        try:
            evaluation.size(term.value(evaluation), term.at)
        except Lengthy:
            pass
        except MissingError as error:
            if not may_lack:
                self.found.append(error)
        except ExpressionError as error:
            self.found.append(error)

    def known(self, term: Term | None) -> Any:
        """Return the value of a constant; `_NONE` where it is none, or fails itself."""
        if term is None or not self._constant(term):
            return _NONE
        try:
            return term.value(Evaluation({}, self._source))
        except (ExpressionError, Lengthy):
            return _NONE

    def _parts(self, one: Struct) -> None:
        """Judge the constants among the parts of a term that is none itself."""
        evaluation = Evaluation({}, self._source)
        try:
            match one:
                case Call(name=name, arguments=arguments, at=at):
                    self._arguments(name, [self.known(argument) for argument in arguments], evaluation, at)
                case Chain(first=first, rest=rest):
                    self._operands(self.known(first), rest, evaluation)
                case Comparison(operator=operator, left=left, right=right, at=at):
                    self._compared(operator, self.known(left), self.known(right), evaluation, at)
                case Power(base=base, exponent=exponent, at=at):
                    for pair in ((self.known(base), 1), (1, self.known(exponent))):
                        if _NONE not in pair:
                            power(*pair, evaluation, at)
                case Slice(base=base):
                    part = self.known(base)
                    like = Slice(one.at, _Given(one.at, "" if part is _NONE else part), *self._bounds(one))
                    like.value(evaluation)
                case For(names=names, source=source, at=at):
                    items = self.known(source)
                    if items is not _NONE:
                        For(at, names, _Given(at, items)).each(evaluation, lambda: None, 1)
                case NewObject(items=items):
                    for key in (key for key, _ in items if isinstance(key, Term)):
                        self._key(key, evaluation)
                case ObjectFrom(key=key):
                    self._key(key, evaluation)
                case _:
                    pass
        except ExpressionError as error:
            self.found.append(error)
        except Lengthy:
            pass

    def _arguments(self, name: str, values: list[Any], evaluation: Evaluation, at: int) -> None:
        function = FUNCTIONS[name]
        call = Arguments(name, values, evaluation, at)
        for index, value in enumerate(values):
            reader = function.reader(index)
            if reader is not None and value is not _NONE:
                reader(call, index)
        if name == "replace_pattern" and isinstance(new := values[-1], str) and (group := _GROUP.search(new)):
            raise call.error(f"{group[0]!r} stays as it is written; '\\\\1' is what the first group matched")

    def _operands(self, first: Any, rest: tuple[tuple[str, int, Term], ...], evaluation: Evaluation) -> None:
        """Calculate each constant with one of its kind in place of what is not known."""
        result = first
        for operator, at, term in rest:
            value = self.known(term)
            if value is not _NONE:
                result = calculate(
                    operator, _like(value, operator) if result is _NONE else result, value, evaluation, at
                )
            elif result is not _NONE:
                result = calculate(operator, result, _like(result, operator), evaluation, at)
            elif operator != "+":
                result = 1
            if is_number(result):
                result = 1  # which one, only a run knows

    def _compared(self, operator: str, left: Any, right: Any, evaluation: Evaluation, at: int) -> None:
        if operator in ("in", "not in"):
            if right is not _NONE:
                contains(right, "" if left is _NONE else left, evaluation, at)
        elif operator not in ("==", "!="):
            for value in (left, right):
                if value is not _NONE and not (is_number(value) or isinstance(value, str)):
                    ordered(operator, *((1, value) if left is _NONE else (value, 1)), evaluation, at)

    def _key(self, key: Term, evaluation: Evaluation) -> None:
        if (value := self.known(key)) is not _NONE:
            key_text(value, evaluation, key.at)

    def _bounds(self, one: Slice) -> list[Term | None]:
        known = [(part, self.known(part)) for part in (one.start, one.end, one.step)]
        return [None if part is None or value is _NONE else part for part, value in known]

    def _constant(self, term: Any) -> bool:
        """Say whether a part looks nothing up and depends on nothing else."""
        found = self._open.get(id(term))
        if found is None:
            found = self._open[id(term)] = not _free(term, frozenset())
        return found


class _Given(Term, frozen=True):
    """A value in place of a term."""

    content: Any

    def value(self, evaluation: Evaluation) -> Any:
        return self.content


def _like(value: Any, operator: str) -> Any:
    """Return an operand with which an operator can work on a value, where there is one."""
    return 1 if operator != "+" or not isinstance(value, str | list) else type(cast("Any", value))()


def _free(one: Any, bound: AbstractSet[str]) -> bool:
    """Say whether a part needs something from around it."""
    match one:
        case Name():
            return True
        case Local(name=name):
            return name not in bound
        case Call(name=name) if name in READS_CLOCK:
            return True
        case ListFrom() | ObjectFrom():
            for clause in one.clauses:
                if _free(clause.source if isinstance(clause, For) else clause.condition, bound):
                    return True
                bound = {*bound, *clause.names} if isinstance(clause, For) else bound
            made = (one.key, one.item) if isinstance(one, ObjectFrom) else (one.item,)
            return any(_free(part, bound) for part in made)
        case tuple():
            return any(_free(part, bound) for part in cast("tuple[Any, ...]", one))
        case Struct():
            return any(_free(getattr(one, name), bound) for name in one.__struct_fields__)
        case _:
            return False
