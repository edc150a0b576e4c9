"""Document versions: a document keeps meaning what it meant when it was written.

Version 1 is what the first release wrote. In it ``exists(x)`` was false for null, ``{% if %}`` in a template
was text, and nodes that a turn of a loop skipped still showed what an earlier turn gave. In version 2 a
message waited until the question before it was answered elsewhere.
"""

from collections.abc import Callable, Collection
from typing import Any, cast

import msgspec

from graphs.document.flow import NodeDocument
from graphs.expressions import ExpressionError
from graphs.expressions.templates import tags_as_text
from graphs.expressions.tokens import tokens
from graphs.node.node import Node

__all__ = ["CURRENT", "FIRST", "TALKS", "as_current"]

FIRST, TALKS, CURRENT = 1, 3, 3
"""The first version, the first whose questions are part of the conversation, and the present one."""

Decode = Callable[[str, dict[str, Any]], Node]


def as_current(node: NodeDocument, decode: Decode) -> NodeDocument:
    """Return a node of a document of version 1 by the present rules; one that does not decode as it is."""
    try:
        return msgspec.structs.replace(node, data=_data(node, decode))
    except Exception:  # also of a type from elsewhere; who looks at it next tells
        return node


def _data(node: NodeDocument, decode: Decode) -> dict[str, Any]:
    decoded = decode(node.type, node.data)
    data = _rewritten(node.data, {*decoded.expressions().values()}, _as_it_was)
    data = _rewritten(data, {*decoded.templates().values()}, tags_as_text)
    return {**data, "keep_outputs": True} if node.type == "loop" and "keep_outputs" not in data else data


def _rewritten(value: Any, sources: Collection[str], rewrite: Callable[[str], str]) -> Any:
    match value:
        case str() if value in sources:
            return rewrite(value)
        case list():
            return [_rewritten(item, sources, rewrite) for item in cast("list[Any]", value)]
        case dict():
            fields = cast("dict[str, Any]", value)
            return {key: _rewritten(item, sources, rewrite) for key, item in fields.items()}
        case _:
            return value


def _as_it_was(source: str) -> str:
    """Return an expression that calls ``has_value`` wherever this one calls ``exists``."""
    if "exists" not in source:
        return source
    try:
        found = tokens(source)
    except ExpressionError:
        return source
    parts: list[str] = []
    at = 0
    for place, token in enumerate(found):
        if (token.kind, token.text) != ("name", "exists") or found[place + 1].text != "(":
            continue
        if place and found[place - 1].text == ".":
            continue
        parts += [source[at : token.at], "has_value"]
        at = token.at + len("exists")
    return "".join([*parts, source[at:]])
