"""Value findings: fields of texts, arguments that a tool does not take, and addresses that are none."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from msgspec import Struct

from graphs.checks.field_lookups import field_finding, lookups, meant
from graphs.document.topology import Topology
from graphs.expressions.templates import parse as parse_template
from graphs.node.node import Node
from graphs.nodes.http_request import HttpRequest
from graphs.nodes.tool import ToolNode
from graphs.tools import ToolEntryError, ToolKinds, read_tool
from graphs.values.findings import Finding, shown

__all__ = ["value_findings"]

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_OF_THE_WHOLE = ("required", "additionalProperties", "unevaluatedProperties", "type")
"""Rules of an object that hold whatever its templates give."""


class _Unknown(Struct, frozen=True):
    """Where in a value something stands that only a run knows."""

    place: tuple[str | int, ...]
    is_text: bool
    """Whether it will be text: a template that is more than one look-up."""


def value_findings(shape: Topology, tools: ToolKinds | None = None) -> Iterator[Finding]:
    """Warn of values that cannot fit where they are used; all sources parse by now.

    Pointers are relative to the node.

    Args:
        shape: The flow.
        tools: The tools that there are; None for the built-in ones.
    """
    texts = {id for id, node in shape.nodes.items() if _gives_text(node)}
    for id, node in shape.nodes.items():
        yield from _fields_of_texts(id, node, shape, texts)
        if isinstance(node, ToolNode):
            yield from _arguments(id, node, tools)
        if isinstance(node, HttpRequest):
            yield from _address(id, node)


def _gives_text(node: Node) -> bool:
    """Say whether what a node gives is text in every run, also where it fails and the run goes on."""
    if node.on_error == "outlet" or (node.on_error == "continue" and not isinstance(node.default, str)):
        return False
    return node.gives_text()


def _fields_of_texts(id: str, node: Node, shape: Topology, texts: set[str]) -> Iterator[Finding]:
    before = [link.source for link in shape.forward[id]]
    arrives_text = len(before) == 1 and before[0] in texts and not shape.nodes[before[0]].bodies()
    for field, path, _ in lookups(node):
        match path:
            case ("nodes", other, key, *_) if other in texts and not _is_index(key):
                what, source = f"node {shown(other)}", f"nodes.{other}"
            case ("arrived", key, *_) if arrives_text and not _is_index(key):
                what, source = f"node {shown(before[0])}", "arrived"
            case ("message", key, *_) if not _is_index(key):
                what, source = "the message", "message"
            case _:
                continue
        advice = (
            "input.message has it with its parts."
            if source == "message"
            else "let the node answer in JSON by a schema ('response_format' or 'output_schema'), or read "
            f"its text with parse_json({source})."
        )
        yield field_finding(
            "field_of_text",
            id,
            field,
            f"it looks up {shown(key)} in {what}, which is text and has no fields. Look up {source} alone; "
            f"for a field, {advice}",
        )


def _is_index(key: str) -> bool:
    return key.removeprefix("-").isdecimal()


def _arguments(id: str, node: ToolNode, tools: ToolKinds | None) -> Iterator[Finding]:
    try:
        tool = read_tool(node.tool, tools)
    except ToolEntryError:
        return
    schema = tool.parameters()
    properties: Mapping[str, Any] = schema.get("properties") or {}
    takes = f"It takes {', '.join(properties)}." if properties else "It takes none."
    for name in schema.get("required") or ():
        if name not in node.arguments:
            yield field_finding(
                "missing_argument",
                id,
                "arguments",
                f"tool {shown(tool.called)} needs the argument {shown(name)}, which is not given. {takes}",
            )
    if schema.get("additionalProperties") is False:
        for name in node.arguments:
            if name not in properties:
                yield field_finding(
                    "unknown_argument",
                    id,
                    f"arguments.{name}",
                    f"tool {shown(tool.called)} takes no argument {shown(name)}. "
                    f"{meant(name, properties) or takes}",
                )
    for name, value in node.arguments.items():
        if isinstance(properties.get(name), dict):
            yield from _misfits(id, f"arguments.{name}", tool.called, schema, properties[name], value)


def _misfits(
    id: str, field: str, tool: str, whole: Mapping[str, Any], schema: Mapping[str, Any], value: Any
) -> Iterator[Finding]:
    """Tell where a value does not fit its schema, whatever its templates give."""
    from graphs.parsing.schemas import SchemaError, misfits

    unknown = [*_unknown(value, ())]
    known = {**schema, **{name: whole[name] for name in ("$defs", "definitions") if name in whole}}
    try:
        found = misfits(known, value)
    except SchemaError:
        return  # the tool's own fault
    for one in found:
        inside = [each for each in unknown if each.place[: len(one.place)] == one.place]
        at = next((each for each in unknown if each.place == one.place[: len(each.place)]), None)
        if at is not None and not (at.is_text and one.rule == "type"):
            continue
        if at is None and inside and one.rule not in _OF_THE_WHOLE:
            continue
        place = "".join(f".{step}" for step in one.place)
        given = "a template gives text here" if at is not None else one.message
        advice = " Make it one look-up, which keeps its type." if at is not None else ""
        yield field_finding(
            "bad_argument",
            id,
            f"{field}{place}",
            f"it does not fit what tool {shown(tool)} takes: {given}.{advice}",
        )
        return


def _unknown(value: Any, place: tuple[str | int, ...]) -> Iterator[_Unknown]:
    match value:
        case str():
            parts = parse_template(value).parts
            if any(not isinstance(part, str) for part in parts):
                yield _Unknown(place, len(parts) > 1)
        case list():
            for index, item in enumerate(cast("Sequence[Any]", value)):
                yield from _unknown(item, (*place, index))
        case dict():
            for key, item in cast("Mapping[str, Any]", value).items():
                yield from _unknown(item, (*place, key))
        case _:
            pass


def _address(id: str, node: HttpRequest) -> Iterator[Finding]:
    """Tell where an address begins with text that is no scheme."""
    parts = parse_template(node.url).parts
    first = parts[0] if parts and isinstance(parts[0], str) else ""
    begins = first.lstrip()
    if not begins or _SCHEME.match(begins) or (len(parts) > 1 and "://".startswith(begins)):
        return
    if len(parts) > 1 and any(scheme.startswith(begins.lower()) for scheme in ("http://", "https://")):
        return  # the rest of the scheme is looked up
    if other := _OTHER_SCHEME.match(begins):
        message = f"the address has the scheme {shown(other[1])}; only http:// and https:// can be asked."
    else:
        message = (
            f"the address {shown(node.url)} has no scheme. Begin it with https://, or with a look-up that "
            "gives the whole beginning."
        )
    yield field_finding("bad_url", id, "url", message)
