"""The grammar of expressions: from source text to terms, by a parser that knows nothing of Python."""

import math
from collections.abc import Callable, Collection
from typing import Any

from graphs.expressions import comprehensions, operation_terms, terms
from graphs.expressions.bounded_evaluation import ExpressionError
from graphs.expressions.calls import LOOKS_FIRST, call_term
from graphs.expressions.token_reader import MAX_NESTING, TokenReader
from graphs.expressions.tokens import HINTS, Token, comprehension_names, name_hint, tokens, unescape

__all__ = ["MAX_LENGTH", "MAX_NESTING", "Parser"]

MAX_LENGTH = 4_000
"""Characters that an expression may have."""

_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_KEYWORDS = {*_CONSTANTS, "and", "or", "not", "in", "if", "else", "for"}
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">=", "in", "not in"}
_LEVELS = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6} | dict.fromkeys(_COMPARISONS, 4)
_NOT_LEVEL, _COMPARISON_LEVEL, _MINUS_LEVEL = 3, 4, 7


class Parser(TokenReader):
    """Parses one source; used once."""

    def __init__(
        self,
        source: str,
        names: Collection[str],
        *,
        given: Collection[str] = (),
        begins: int = 0,
        ends: int | None = None,
        later: bool = False,
    ) -> None:
        """Read the tokens of a source.

        Args:
            source: What the expression stands in.
            names: The names of the scope.
            given: Names of items that something around the expression has given.
            begins: Where it begins.
            ends: Where it ends; None for the source's end.
            later: Whether to tell of unknown names by `unknown`.
        """
        length = (len(source) if ends is None else ends) - begins
        if length > MAX_LENGTH:
            raise ExpressionError(
                f"Expected an expression of at most {MAX_LENGTH:,} characters, found {length:,}; "
                "compute in several nodes"
            )
        super().__init__(source, tokens(source, begins, ends))
        self._names = names
        self._locals: list[str] = [*given]
        self._later = later
        self.paths: list[tuple[str, ...]] = []
        """The literal look-ups that were found: ``nodes.a["b"].c`` as ``("nodes", "a", "b", "c")``."""
        self.certain: list[tuple[str, ...]] = []
        """Those of the look-ups that each evaluation makes, and fails where nothing is there."""
        self.functions: set[str] = set()
        """The functions that are called."""
        self.unknown: ExpressionError | None = None
        """What is wrong with the first name that is not known, where `later` is given: then `parse` does not
        raise it."""

    def parse_for(self) -> "tuple[comprehensions.For, terms.Term | None]":
        """Return the ``for`` and the ``if`` that the whole source is: ``a, b in c if d``.

        Raises:
            ExpressionError: the source is none.
        """
        clause = self._items_named(self._token.at)
        sure = len(self.certain)
        condition = self._operation(1) if self._accept("if") else None
        del self.certain[sure:]
        if self._token.kind != "end":
            raise self._unexpected("an operator or the end")
        return clause, condition

    def parse(self) -> terms.Term:
        """Return the term that the whole source stands for.

        Raises:
            ExpressionError: the source is not in the grammar.
        """
        term = self._nested(self._choice)
        if self._token.kind != "end":
            raise self._unexpected("an operator or the end")
        return term

    def _value(self) -> terms.Term:
        return self._nested(self._choice)

    def _choice(self) -> terms.Term:
        sure = len(self.certain)
        term = self._operation(1)
        at = self._token.at
        if self._accept("if"):
            del self.certain[sure:]
            condition = self._operation(1)
            sure = len(self.certain)
            self._expect("else")
            otherwise = self._nested(self._choice)
            del self.certain[sure:]
            return operation_terms.Choice(at, condition, term, otherwise)
        return term

    def _operator(self) -> str:
        token = self._token
        if token.kind not in ("operator", "name"):
            return ""
        if token.text == "not":
            after = self._tokens[self._next + 1]
            return "not in" if after.text == "in" and after.kind == "name" else ""
        return token.text

    def _take(self, operator: str) -> int:
        at = self._token.at
        self._next += 2 if operator == "not in" else 1
        return at

    def _operation(self, level: int) -> terms.Term:
        term = self._prefix(level)
        while (found := _LEVELS.get(operator := self._operator(), 0)) >= level:
            at = self._token.at
            if found == _COMPARISON_LEVEL:
                self._take(operator)
                term = operation_terms.Comparison(at, operator, term, self._operation(found + 1))
                if self._operator() in _COMPARISONS:
                    raise self._error("Join comparisons with 'and'", self._token)
            elif operator in ("and", "or"):
                operands = [term]
                sure = len(self.certain)
                while self._accept(operator):
                    operands.append(self._operation(found + 1))
                del self.certain[sure:]
                term = operation_terms.Logic(at, operator, tuple(operands))
            else:
                rest: list[tuple[str, int, terms.Term]] = []
                while _LEVELS.get(operator := self._operator()) == found:
                    rest.append((operator, self._take(operator), self._operation(found + 1)))
                term = operation_terms.Chain(at, term, tuple(rest))
        return term

    def _prefix(self, level: int) -> terms.Term:
        at = self._token.at
        if level <= _NOT_LEVEL and self._accept("not"):
            return operation_terms.Negation(at, "not", self._nested(lambda: self._operation(_NOT_LEVEL)))
        if self._accept("-"):
            return operation_terms.Negation(at, "-", self._nested(lambda: self._operation(_MINUS_LEVEL)))
        term = self._lookup()
        at = self._token.at
        if self._at("%") and not self._begins_value(self._tokens[self._next + 1]):
            self._next += 1
            term = operation_terms.Percent(at, term)
        at = self._token.at
        if self._accept("**"):
            return operation_terms.Power(at, term, self._nested(lambda: self._prefix(_MINUS_LEVEL)))
        return term

    def _begins_value(self, token: Token) -> bool:
        match token.kind:
            case "number" | "string":
                return True
            case "name":
                return token.text in _CONSTANTS or token.text == "not" or token.text not in _KEYWORDS
            case _:
                return token.text in ("(", "[", "{", "-")

    def _lookup(self) -> terms.Term:
        token = self._token
        base = self._atom()
        path = [base.name] if isinstance(base, terms.Name) else None
        keys: list[terms.Term] = []
        fixed = True
        while True:
            if self._accept("."):
                key = self._dotted()
            elif self._accept("["):
                key = None if self._at(":") else self._value()
                if self._at(":"):
                    base = self._slice(terms.Lookup(token.at, base, tuple(keys)) if keys else base, key)
                    keys, fixed = [], False
                    continue
                self._expect("]")
                assert key is not None
            else:
                break
            keys.append(key)
            fixed = fixed and isinstance(key, terms.Literal)
            if path is not None and fixed and isinstance(key, terms.Literal):
                path.append(str(key.content))
        if path is not None:
            self.paths.append(tuple(path))
            self.certain.append(tuple(path))
        return terms.Lookup(token.at, base, tuple(keys)) if keys else base

    def _slice(self, base: terms.Term, start: terms.Term | None) -> terms.Term:
        at = self._token.at
        parts: list[terms.Term | None] = [start]
        while len(parts) < 3 and self._accept(":"):
            parts.append(None if self._at(":") or self._at("]") else self._value())
        self._expect("]")
        return terms.Slice(at, base, *parts, *[None] * (3 - len(parts)))

    def _dotted(self) -> terms.Term:
        token = self._token
        if token.kind == "name" and token.text.startswith("__"):
            raise self._error(f"A key after a dot cannot start with '__', found {token.text!r}", token)
        if token.kind != "name" and not (token.kind == "number" and token.text.isdecimal()):
            raise self._unexpected("a key after '.' (others are written [\"like this\"])")
        self._next += 1
        return terms.Literal(token.at, token.text)

    def _atom(self) -> terms.Term:
        token = self._token
        match token.kind, token.text:
            case "number", text:
                self._next += 1
                return terms.Literal(token.at, self._number(text, token))
            case "string", text:
                self._next += 1
                return terms.Literal(token.at, unescape(text, self._source, token.at))
            case "name", text if text in _CONSTANTS:
                self._next += 1
                return terms.Literal(token.at, _CONSTANTS[text])
            case "name", text if text not in _KEYWORDS:
                self._next += 1
                return self._call(token) if self._accept("(") else self._name(token)
            case "operator", "(":
                self._next += 1
                term = self._value()
                self._expect(")")
                return term
            case "operator", "[":
                self._next += 1
                if made := self._comprehension(token, "]"):
                    return made
                return terms.NewList(token.at, tuple(self._until("]", self._value)))
            case "operator", "{":
                self._next += 1
                if made := self._comprehension(token, "}"):
                    return made
                return terms.NewObject(token.at, tuple(self._until("}", self._item)))
            case _:
                raise self._unexpected("a value")

    def _number(self, text: str, token: Token) -> float:
        number = float(text)
        if text.isdecimal() and len(text) <= 20 and int(text) < 2**64:
            return int(text)
        if text.isdecimal() or not math.isfinite(number):
            raise self._error("Expected a number within 64 bits; write a longer one as text", token)
        return number

    def _until(self, closing: str, parse: Callable[[], Any]) -> list[Any]:
        found: list[Any] = []
        while not self._accept(closing):
            if found:
                self._expect(",")
                if self._accept(closing):
                    break
            found.append(parse())
        return found

    def _item(self) -> tuple[str | terms.Term, terms.Term]:
        token = self._token
        if token.kind in ("name", "string") and self._tokens[self._next + 1].text == ":":
            self._next += 1
            key = token.text if token.kind == "name" else unescape(token.text, self._source, token.at)
        elif token.kind == "end" or token.text in HINTS or token.text in (":", ",", "}"):
            raise self._unexpected("a key")
        else:
            made = self._value()
            alone = isinstance(made, terms.NewList) and len(made.items) == 1
            key = made.items[0] if alone and isinstance(made, terms.NewList) else made
        self._expect(":")
        return key, self._value()

    def _comprehension(self, opening: Token, closing: str) -> terms.Term | None:
        """Return what stands up to a closing bracket if it has a ``for`` of its own."""
        begins = self._next
        names = comprehension_names(self._tokens, begins)
        if not names:
            return None
        known, sure = len(self._locals), len(self.certain)
        self._locals += names
        key = None
        item = self._value()
        if closing == "}":
            self._expect(":")
            key, item = item, self._value()
        del self._locals[known:]
        clauses: list[comprehensions.For | comprehensions.Filter] = []
        while not clauses or not self._at(closing):
            clauses.append(self._clause("'for'" if not clauses else f"'for', 'if' or '{closing}'"))
        self._expect(closing)
        del self._locals[known:], self.certain[sure:]
        length = self._next - begins
        if key is not None:
            return comprehensions.ObjectFrom(opening.at, tuple(clauses), length, key, item)
        return comprehensions.ListFrom(opening.at, tuple(clauses), length, item)

    def _clause(self, expected: str) -> "comprehensions.For | comprehensions.Filter":
        at = self._token.at
        if "if" in expected and self._accept("if"):
            return comprehensions.Filter(at, self._operation(1))
        if not self._accept("for"):
            raise self._unexpected(expected)
        return self._items_named(at)

    def _items_named(self, at: int) -> "comprehensions.For":
        names: list[str] = []
        while not names or self._accept(","):
            token = self._token
            if token.kind != "name" or token.text in _KEYWORDS or token.text.startswith("__"):
                raise self._unexpected("a name for the items")
            self._next += 1
            names.append(token.text)
        self._expect("in")
        source = self._nested(lambda: self._operation(1))
        self._locals += names
        return comprehensions.For(at, tuple(names), source)

    def _name(self, token: Token) -> terms.Term:
        if token.text in self._locals:
            return terms.Local(token.at, token.text)
        if token.text not in self._names:
            hint = name_hint(token.text, [*self._names, *self._locals])
            unknown = self._error(f"There is no name {token.text[:80]!r}; {hint}", token)
            if not self._later:
                raise unknown
            self.unknown = self.unknown or unknown
        return terms.Name(token.at, token.text)

    def _call(self, token: Token) -> terms.Term:
        name, sure = token.text, len(self.certain)
        made = self._comprehension(token, ")")
        arguments = (made,) if made else tuple(self._until(")", self._value))
        if name in LOOKS_FIRST:
            del self.certain[sure:]
        self.functions.add(name)
        return call_term(name, arguments, self._source, token.at)
