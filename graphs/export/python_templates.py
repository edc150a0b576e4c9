"""Templates as Python: f-strings, or functions that put parts together where a template has blocks."""

from collections.abc import Sequence
from typing import Any

from graphs.export.python_terms import Translator
from graphs.expressions import templates
from graphs.expressions.template_parts import ForBlock, IfBlock, Part
from graphs.expressions.terms import Literal, Term

__all__ = ["filled", "rendered"]

_LONG = 88


def rendered(source: str, to: Translator, indent: int) -> str:
    """Return an expression of the text that a template gives.

    Args:
        source: The template.
        to: What translates its look-ups.
        indent: Columns before it, for the lines after the first.
    """
    return _text(templates.parse(source).parts, to, indent)


def filled(value: Any, to: Translator) -> str:
    """Return an expression of a JSON value whose texts are templates."""
    match value:
        case str():
            parts = templates.parse(value).parts
            if len(parts) == 1 and isinstance(parts[0], Term):
                return to.python(parts[0])
            return _text(parts, to, 8)
        case list():
            return f"[{', '.join(filled(item, to) for item in value)}]"
        case dict():
            return f"{{{', '.join(f'{key!r}: {filled(item, to)}' for key, item in value.items())}}}"
        case _:
            return repr(value)


def _text(parts: Sequence[Part], to: Translator, indent: int) -> str:
    """Return an expression of the text of parts."""
    if not parts:
        return '""'
    pieces: list[str] = []
    for line in _lines(parts):
        fields = [part for part in line if not isinstance(part, str)]
        if all(isinstance(part, Term) for part in fields):
            pieces.append(_f_string(line, to))
        else:
            pieces += [
                _f_string([part], to) if isinstance(part, str | Term) else _block(part, to, indent)
                for part in line
            ]
    if len(pieces) == 1:
        return pieces[0]
    plain = all(piece.startswith(('"', "'", 'f"', "f'")) for piece in pieces)
    space = "\n" + " " * (indent + 4)
    joint = space if plain else space + "+ "
    return f"({space}{joint.join(pieces)}\n{' ' * indent})"


def _lines(parts: Sequence[Part]) -> list[list[Part]]:
    """Return parts by line, so that code has the lines that the text has."""
    lines: list[list[Part]] = [[]]
    for part in parts:
        if not isinstance(part, str):
            lines[-1].append(part)
            continue
        for piece in part.splitlines(keepends=True):
            lines[-1].append(piece)
            if piece.endswith("\n"):
                lines.append([])
    return [line for line in lines if line]


def _f_string(line: Sequence[Part], to: Translator) -> str:
    """Return a line of a template as a string of Python: plain, or with fields."""
    if all(isinstance(part, str) for part in line):
        return "\n".join([_quoted("".join(part for part in line if isinstance(part, str)))])
    text = ""
    for part in line:
        if isinstance(part, str):
            text += _escaped(part).replace("{", "{{").replace("}", "}}")
            continue
        assert isinstance(part, Term)
        code = _as_text(part, to)
        if any(letter in code for letter in '"\\\n') or code.startswith("{"):
            pieces = [
                _quoted(one) if isinstance(one, str) else _as_text(one, to)
                for one in line
                if isinstance(one, str | Term)
            ]
            return f"({' + '.join(pieces)})"
        text += f"{{{code}}}"
    return f'f"{text}"'


def _as_text(term: Term, to: Translator) -> str:
    if isinstance(term, Literal) and isinstance(term.content, str):
        return repr(term.content)
    code = to.python(term)
    return (
        code
        if code.startswith(("text(", "to_json(", "message_text(")) and _whole(code)
        else f"{to.uses.take('expressions', 'text')}({code})"
    )


def _whole(code: str) -> bool:
    """Say whether a call is all that a piece of code is."""
    depth = 0
    for place, letter in enumerate(code):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and letter == ")":
            return place == len(code) - 1
    return False


def _escaped(text: str) -> str:
    """Return a text as it stands between double quotes."""
    return "".join('\\"' if one == '"' else one if one == "'" else repr(one)[1:-1] for one in text)


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _block(part: Part, to: Translator, indent: int) -> str:
    """Return an expression of the text of a block."""
    match part:
        case IfBlock(cases=cases, otherwise=otherwise):
            code = _text(otherwise, to, indent)
            for condition, then in reversed(cases):
                code = f"({_text(then, to, indent)} if {to.python(condition)} else {code})"
            return code
        case ForBlock(items=items, parts=parts, condition=condition, otherwise=otherwise):
            known = to.names()
            each = to.for_(items)
            only = f" if {to.python(condition)}" if condition is not None else ""
            code = f'("".join({_text(parts, to, indent)}{each}{only}))'
            to.restore(known)
            if otherwise:
                return f"({code} or {_text(otherwise, to, indent)})"
            return code
        case _:
            raise AssertionError(type(part).__name__)
