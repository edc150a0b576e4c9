"""The grammar of expressions: from source text to terms, by a parser that knows nothing of Python."""

import difflib
import math
from collections.abc import Callable, Collection
from typing import Any

from graphs.expressions import terms
from graphs.expressions.evaluation import ExpressionError
from graphs.expressions.functions import FUNCTIONS
from graphs.expressions.tokens import HINTS, Token, tokens, unescape

__all__ = ["MAX_LENGTH", "MAX_NESTING", "Parser"]

MAX_LENGTH = 4_000
"""Characters that an expression may have."""
MAX_NESTING = 50
"""How many brackets, choices and negations may lie in one another."""

_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "null": None, "None": None}
_KEYWORDS = {*_CONSTANTS, "and", "or", "not", "in", "if", "else"}
_COMPARISONS = {"==", "!=", "<", "<=", ">", ">=", "in", "not in"}
_LEVELS = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6} | dict.fromkeys(_COMPARISONS, 4)
_NOT_LEVEL, _COMPARISON_LEVEL, _MINUS_LEVEL = 3, 4, 7


class Parser:
    """Parses one source; used once."""

    def __init__(self, source: str, names: Collection[str]) -> None:
        if len(source) > MAX_LENGTH:
            raise ExpressionError(
                f"Expected an expression of at most {MAX_LENGTH:,} characters, found {len(source):,}; "
                "compute in several nodes"
            )
        self._source = source
        self._names = names
        self._tokens = tokens(source)
        self._next = 0
        self._nesting = 0
        self.paths: list[tuple[str, ...]] = []
        """The literal look-ups that were found: ``nodes.a["b"].c`` as ``("nodes", "a", "b", "c")``."""

    def parse(self) -> terms.Term:
        """Return the term that the whole source stands for.

        Raises:
            ExpressionError: the source is not in the grammar.
        """
        term = self._nested(self._choice)
        if self._token.kind != "end":
            raise self._unexpected("an operator or the end")
        return term

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _error(self, message: str, token: Token) -> ExpressionError:
        return ExpressionError(message, source=self._source, position=token.at)

    def _unexpected(self, expected: str) -> ExpressionError:
        token = self._token
        if token.text in HINTS:
            return self._error(HINTS[token.text], token)
        found = repr(token.text[:40]) if token.kind != "end" else "the end"
        return self._error(f"Expected {expected}, found {found}", token)

    def _accept(self, text: str) -> bool:
        """Step over a token that is this operator or word."""
        if self._token.text != text or self._token.kind not in ("operator", "name"):
            return False
        self._next += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(f"'{text}'")

    def _nested(self, parse: Callable[[], terms.Term]) -> terms.Term:
        self._nesting += 1
        if self._nesting > MAX_NESTING + 1:
            raise self._error(f"Expected at most {MAX_NESTING} nested parts, found more", self._token)
        term = parse()
        self._nesting -= 1
        return term

    def _choice(self) -> terms.Term:
        term = self._operation(1)
        at = self._token.at
        if self._accept("if"):
            condition = self._operation(1)
            self._expect("else")
            return terms.Choice(at, condition, term, self._nested(self._choice))
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
                term = terms.Comparison(at, operator, term, self._operation(found + 1))
                if self._operator() in _COMPARISONS:
                    raise self._error("Join comparisons with 'and'", self._token)
            elif operator in ("and", "or"):
                operands = [term]
                while self._accept(operator):
                    operands.append(self._operation(found + 1))
                term = terms.Logic(at, operator, tuple(operands))
            else:
                rest: list[tuple[str, int, terms.Term]] = []
                while _LEVELS.get(operator := self._operator()) == found:
                    rest.append((operator, self._take(operator), self._operation(found + 1)))
                term = terms.Chain(at, term, tuple(rest))
        return term

    def _prefix(self, level: int) -> terms.Term:
        at = self._token.at
        if level <= _NOT_LEVEL and self._accept("not"):
            return terms.Negation(at, "not", self._nested(lambda: self._operation(_NOT_LEVEL)))
        if self._accept("-"):
            return terms.Negation(at, "-", self._nested(lambda: self._operation(_MINUS_LEVEL)))
        return self._lookup()

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
                key = self._nested(self._choice)
                self._expect("]")
            else:
                break
            keys.append(key)
            fixed = fixed and isinstance(key, terms.Literal)
            if path is not None and fixed and isinstance(key, terms.Literal):
                path.append(str(key.content))
        if path is not None:
            self.paths.append(tuple(path))
        return terms.Lookup(token.at, base, tuple(keys)) if keys else base

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
                term = self._nested(self._choice)
                self._expect(")")
                return term
            case "operator", "[":
                self._next += 1
                return terms.NewList(token.at, tuple(self._until("]", lambda: self._nested(self._choice))))
            case "operator", "{":
                self._next += 1
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

    def _item(self) -> tuple[str, terms.Term]:
        token = self._token
        if token.kind not in ("name", "string"):
            raise self._unexpected("a key")
        self._next += 1
        self._expect(":")
        key = token.text if token.kind == "name" else unescape(token.text, self._source, token.at)
        return key, self._nested(self._choice)

    def _name(self, token: Token) -> terms.Term:
        if token.text not in self._names:
            known = ", ".join(self._names)
            raise self._error(f"There is no name {token.text[:80]!r}; there are {known}", token)
        return terms.Name(token.at, token.text)

    def _call(self, token: Token) -> terms.Term:
        name = token.text
        arguments = tuple(self._until(")", lambda: self._nested(self._choice)))
        usage, least, most = {"default": ("default(x, otherwise)", 2, 2), "exists": ("exists(x)", 1, 1)}.get(
            name, ("", 0, 0)
        )
        if function := FUNCTIONS.get(name):
            usage, least, most = function.usage, function.least, function.most
        if not usage:
            near = difflib.get_close_matches(name[:40], FUNCTIONS, 1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else f"there are {', '.join([*FUNCTIONS, 'default', 'exists'])}"
            )
            raise self._error(f"There is no function {name[:80]!r}; {hint}", token)
        if not least <= len(arguments) <= most:
            raise self._error(f"Expected {usage}, found {len(arguments)} arguments", token)
        match name:
            case "default":
                return terms.Default(token.at, *arguments)
            case "exists":
                return terms.Exists(token.at, *arguments)
            case _:
                return terms.Call(token.at, name, arguments)
