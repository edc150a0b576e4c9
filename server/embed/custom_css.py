"""Custom CSS: what an embed's owner may restyle, read by an allow-list and written anew.

Nothing of what was sent is handed on as it stands: rules are taken apart, and only known properties with
plain values are put together again. So no rule loads anything, none leaves the chat's own shadow tree, and
none lays the chat over the page around it.
"""

import re
from collections.abc import Iterator

__all__ = ["clean_css"]

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_SELECTOR = re.compile(
    r"[\w\s.#>+~,\-]+(?::(?:hover|focus|focus-visible|active|disabled|first-child|last-child))?"
)
_VALUE = re.compile(r"[\w\s.,%#/()+*\-'\"]+")
_FUNCTION = re.compile(r"(?<![\w-])([\w-]*+)\(")
FUNCTIONS = frozenset({"rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "clamp", "linear-gradient", ""})
_NAMES = """
accent-color align-items background background-color border border-block border-block-end
border-block-start border-bottom border-color border-inline border-inline-end border-inline-start
border-left border-radius border-right border-style border-top border-width box-shadow caret-color
color column-gap font font-family font-size font-style font-variant font-weight gap justify-content
letter-spacing line-height list-style-type margin margin-block margin-bottom margin-inline
margin-left margin-right margin-top max-height max-width min-height min-width height width opacity
outline outline-color outline-offset padding padding-block padding-bottom padding-inline
padding-left padding-right padding-top row-gap scrollbar-color scrollbar-width text-align
text-decoration text-decoration-color text-indent text-shadow text-transform white-space
word-spacing
"""
PROPERTIES = frozenset(_NAMES.split())
"""Colours, type, spacing and sizes. Not: what places, layers, moves or hides things, and what loads."""


def clean_css(source: str) -> tuple[str, list[str]]:
    """Return the rules that may stand, and a sentence for everything that was left out."""
    kept: list[str] = []
    dropped: list[str] = []
    for selector, body, wrong in _rules(_COMMENT.sub(" ", source)):
        shown = " ".join(selector.split())[:60]
        if wrong:
            dropped.append(f"'{shown}': {wrong}")
            continue
        if not all(_SELECTOR.fullmatch(one.strip()) for one in selector.split(",")):
            dropped.append(
                f"'{shown}': a selector may name classes, ids and elements, and states such as :hover."
            )
            continue
        declarations: list[str] = []
        for name, value in _declarations(body):
            if (fault := _fault(name, value)) is None:
                declarations.append(f"{name}: {value}")
            else:
                dropped.append(f"'{shown}', '{name[:40]}': {fault}")
        if declarations:
            kept.append(f"{' '.join(selector.split())} {{ {'; '.join(declarations)} }}")
    return "\n".join(kept), dropped


def _rules(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield selector, body and, where the rule cannot be read, why."""
    place = 0
    while (opening := source.find("{", place)) >= 0:
        selector = source[place:opening].strip()
        closing = source.find("}", opening)
        inner = source.find("{", opening + 1)
        if closing < 0:
            yield selector, "", "the rule has no end."
            return
        if selector.startswith("@") or 0 <= inner < closing:
            place = _end(source, opening)
            yield selector, "", "at-rules and rules in rules are not taken."
            continue
        yield selector, source[opening + 1 : closing], ""
        place = closing + 1
    if rest := source[place:].strip():
        yield rest, "", "this is no rule."


def _end(source: str, opening: int) -> int:
    """Return where the block ends that begins at a brace."""
    depth = 0
    for place in range(opening, len(source)):
        depth += (source[place] == "{") - (source[place] == "}")
        if depth == 0:
            return place + 1
    return len(source)


def _declarations(body: str) -> Iterator[tuple[str, str]]:
    for declaration in body.split(";"):
        name, colon, value = declaration.partition(":")
        if declaration.strip():
            yield name.strip().lower(), " ".join(value.split()) if colon else ""


def _fault(name: str, value: str) -> str | None:
    """Return why a declaration may not stand, as a sentence; None where it may."""
    if name not in PROPERTIES:
        return "the property is not among those that may be set."
    if len(value) > 500 or not _VALUE.fullmatch(value):
        return "the value has characters that are not taken."
    if unknown := {each.lower() for each in _FUNCTION.findall(value)} - FUNCTIONS:
        return f"the function {min(unknown)}() is not taken."
    if value.count("'") % 2 or value.count('"') % 2 or value.count("(") != value.count(")"):
        return "a quote or bracket is not closed."
    return None
