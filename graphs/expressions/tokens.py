"""Tokens: the words, numbers, strings and operators of an expression's source."""

import re

from msgspec import Struct

from graphs.expressions.evaluation import ExpressionError
from graphs.values.text import clean

__all__ = ["HINTS", "Token", "tokens", "unescape"]

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<name>[^\W\d]\w*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<string>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')
    |(?P<operator>\*\*|&&|\|\||===|!==|==|!=|<=|>=|\{\{|[-+*/%<>()\[\]{},:.=!?])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "/": "/", "'": "'", '"': '"'}
HINTS = {
    "**": "There is no power operator",
    "&&": "Write 'and' for '&&'",
    "||": "Write 'or' for '||'",
    "!": "Write 'not' for '!'",
    "===": "Write '==' for '==='",
    "!==": "Write '!=' for '!=='",
    "=": "Write '==' to compare",
    "?": "Write 'a if condition else b' for 'condition ? a : b'",
    "{{": "An expression stands without '{{' and '}}'",
}
"""What to write for an operator that other languages have."""


class Token(Struct, frozen=True):
    """A piece of source."""

    kind: str
    """``name``, ``number``, ``string``, ``operator`` or ``end``."""
    text: str
    at: int


def unescape(literal: str, source: str, at: int) -> str:
    """Return what a quoted string stands for.

    Raises:
        ExpressionError: an escape that JSON does not have.
    """

    def character(match: re.Match[str]) -> str:
        escape = match[1]
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPES:
            raise ExpressionError(
                f"There is no escape '\\{escape}'", source=source, position=at + match.start()
            )
        return _ESCAPES[escape]

    return clean(_ESCAPE.sub(character, literal[1:-1]))


def tokens(source: str) -> list[Token]:
    """Return the tokens of a source, the last of kind ``end``.

    Raises:
        ExpressionError: a character that starts no token.
    """
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            what = "a closing quote" if source[at] in "\"'" else "a part of an expression"
            raise ExpressionError(f"Expected {what}, found {source[at]!r}", source=source, position=at)
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return [*found, Token("end", "", at)]
