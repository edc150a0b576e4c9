"""Token reader: steps through the tokens of a source, and tells what it finds where it should not be."""

from collections.abc import Callable

from graphs.expressions.bounded_evaluation import ExpressionError
from graphs.expressions.functions import FUNCTIONS
from graphs.expressions.terms import Term
from graphs.expressions.tokens import HINTS, Token

__all__ = ["MAX_NESTING", "TokenReader"]

MAX_NESTING = 50
"""How many brackets, choices and negations may lie in one another."""


class TokenReader:
    """The tokens of a source, and where a parser stands among them."""

    def __init__(self, source: str, tokens: list[Token]) -> None:
        self._source = source
        self._tokens = tokens
        self._next = 0
        self._nesting = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._next]

    def _error(self, message: str, token: Token) -> ExpressionError:
        return ExpressionError(message, source=self._source, position=token.at)

    def _unexpected(self, expected: str) -> ExpressionError:
        token = self._token
        if token.text in HINTS:
            return self._error(HINTS[token.text], token)
        method = self._source[: token.at].rpartition(".")[2].strip()
        if token.text == "(" and method in FUNCTIONS:
            hint = f"Write '{method}(x)' for 'x.{method}()': functions stand before what they work on"
            return self._error(hint, token)
        found = repr(token.text[:40]) if token.kind != "end" else "the end"
        return self._error(f"Expected {expected}, found {found}", token)

    def _at(self, text: str) -> bool:
        return self._token.text == text and self._token.kind in ("operator", "name")

    def _accept(self, text: str) -> bool:
        """Step over a token that is this operator or word."""
        if not self._at(text):
            return False
        self._next += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self._unexpected(f"'{text}'")

    def _nested(self, parse: Callable[[], Term]) -> Term:
        self._nesting += 1
        if self._nesting > MAX_NESTING + 1:
            raise self._error(f"Expected at most {MAX_NESTING} nested parts, found more", self._token)
        term = parse()
        self._nesting -= 1
        return term
