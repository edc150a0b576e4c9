"""Tokens: the words, numbers, strings and operators of an expression's source."""

import difflib
import re

from msgspec import Struct

from graphs.expressions.bounded_evaluation import ExpressionError
from graphs.parsing.text import clean

__all__ = ["HINTS", "Token", "comprehension_names", "name_hint", "tokens", "unescape"]

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<name>[^\W\d]\w*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<string>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')
    |(?P<operator>\*\*|//|&&|\|\||\?\?|===|!==|==|!=|<=|>=|=>|<>|\{\{|[-+*/%<>()\[\]{},:.=!?|^])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "/": "/", "'": "'", '"': '"'}
HINTS = {
    "//": "Write 'floor(a / b)' for '//'",
    "??": "Write 'default(a, b)' for '??'",
    "|": "Write 'upper(x)' for 'x | upper': functions stand before what they work on",
    "=>": "Write '[a for a in list]' for 'list.map(a => …)'",
    "&&": "Write 'and' for '&&'",
    "||": "Write 'or' for '||'",
    "!": "Write 'not' for '!'",
    "===": "Write '==' for '==='",
    "!==": "Write '!=' for '!=='",
    "=": "Write '==' to compare",
    "<>": "Write '!=' for '<>'",
    "^": "Write 'a ** b' for 'a ^ b'",
    "?": "Write 'a if condition else b' for 'condition ? a : b'",
    "{{": "An expression stands without '{{' and '}}'",
}
"""What to write for an operator that other languages have."""


_CHARACTERS = {
    "$": "Write names without '$', such as input.name",
    "`": "Write text between ' or \"",
    "&": "Write 'and' for '&', and '+' to join texts",
    ";": "Write one expression, without ';'",
    **dict.fromkeys("\u201c\u201d\u2018\u2019\u00ab\u00bb", "Write text between straight quotes, ' or \""),
}
"""What to write for a character that begins no part of an expression."""


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
                f"There is no escape '\\{escape}'; write '\\\\{escape}' for a backslash before '{escape}'",
                source=source,
                position=at + match.start(),
            )
        return _ESCAPES[escape]

    return clean(_ESCAPE.sub(character, literal[1:-1]))


def tokens(source: str, begins: int = 0, ends: int | None = None) -> list[Token]:
    """Return the tokens of a source, or of a part of it, the last of kind ``end``.

    Raises:
        ExpressionError: a character that starts no token.
    """
    found: list[Token] = []
    at, last = begins, len(source) if ends is None else ends
    while at < last:
        match = _TOKEN.match(source, at, last)
        if match is None:
            what = "a closing quote" if source[at] in "\"'" else "a part of an expression"
            said = _CHARACTERS.get(source[at]) or f"Expected {what}, found {source[at]!r}"
            raise ExpressionError(said, source=source, position=at)
        if match.lastgroup != "space":
            found.append(Token(str(match.lastgroup), match[0], at))
        at = match.end()
    return [*found, Token("end", "", at)]


def comprehension_names(found: list[Token], begins: int) -> tuple[str, ...]:
    """Return the names that the ``for`` parts of a bracket give to items; none where it has no such part.

    Args:
        found: The tokens of the source.
        begins: The number of the first token in the bracket.
    """
    names: list[str] = []
    depth, listening = 0, False
    for place in range(begins, len(found)):
        token = found[place]
        if token.kind == "operator":
            depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
            if depth < 0:
                break
        elif depth == 0 and token.kind == "name":
            if listening and token.text == "in":
                listening = False
            elif listening:
                names.append(token.text)
            elif token.text == "for" and found[place - 1].text != "." and found[place + 1].text != ":":
                listening = True
    return tuple(names)


def name_hint(name: str, known: list[str]) -> str:
    """Return what to tell of a name that is not there: the one that was meant, or those there are."""
    near = (
        [f"loop.{name}"]
        if name in ("item", "index")
        else difflib.get_close_matches(name[:40], known, 1, 0.75)
    )
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
