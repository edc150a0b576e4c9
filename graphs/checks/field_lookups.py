"""Look-ups: what the expressions and templates of a node look up, and findings about one of its fields."""

import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from graphs.expressions import UPDATE_NAMES, Expression
from graphs.expressions import parse as parse_expression
from graphs.expressions.templates import Template
from graphs.expressions.templates import parse as parse_template
from graphs.node.node import Node
from graphs.values.findings import Finding, shown

__all__ = ["Lookup", "field_finding", "lookups", "meant", "written", "written_terms"]


class Lookup(NamedTuple):
    """A path that a field of a node looks up."""

    field: str
    path: tuple[str, ...]
    certain: bool
    """Whether each run of the node looks it up, and fails where nothing is there."""


def lookups(node: Node) -> Iterator[Lookup]:
    """Yield what a node looks up; all its sources parse by now."""
    for field, source in node.expressions().items():
        yield from _of(field, parse_expression(source))
    for field, source in node.templates().items():
        yield from _of(field, parse_template(source))
    if not node.sets_itself:
        for name, source in node.set.items():
            yield from _of(f"set.{name}", parse_expression(source, names=UPDATE_NAMES))


def written_terms(node: Node) -> Iterator[tuple[str, Any, str]]:
    """Yield of each expression and template the field, the term or the parts, and the source; all parse."""
    for field, source in node.expressions().items():
        yield field, parse_expression(source).term, source
    for field, source in node.templates().items():
        yield field, parse_template(source).parts, source
    if not node.sets_itself:
        for name, source in node.set.items():
            yield f"set.{name}", parse_expression(source, names=UPDATE_NAMES).term, source


def _of(field: str, parsed: Expression | Template) -> Iterator[Lookup]:
    certain = {*parsed.certain}
    for path in parsed.paths:
        yield Lookup(field, path, path in certain)


def field_finding(code: str, id: str, field: str, message: str) -> Finding:
    """Return a warning about a field of a node; its pointer is relative to the node."""
    parts = [part for part in re.split(r"[\[\].]", field) if part]
    return Finding(
        code=code,
        message=f"Node {shown(id)}, field '{field}': {message}",
        node=id,
        severity="warning",
        pointer="/data" + "".join(f"/{part}" for part in parts),
    )


def meant(name: str, known: Collection[str]) -> str:
    """Return ``Did you mean 'x'?`` where a known name is near; empty where none is."""
    near = difflib.get_close_matches(name[:64], known, 1, 0.75)
    return f"Did you mean {shown(near[0])}?" if near else ""


def written(path: Sequence[str]) -> str:
    """Return a path as an expression has it: ``nodes.a["two words"][0]``."""
    parts = [path[0]]
    for key in path[1:]:
        if key.isdecimal():
            parts.append(f"[{key}]")
        else:
            parts.append(f".{key}" if _PLAIN.fullmatch(key) else f'["{key}"]')
    return "".join(parts)


_PLAIN = re.compile(r"[^\W\d][\w]*")
