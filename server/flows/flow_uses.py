"""Flow uses: the credentials, connections and variables that flows and agents name, wherever they do."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from graphs.analysis.chatflow import definition_of
from graphs.parsing.text import TextError, clean
from graphs.tools import ToolEntryError, ToolKinds, read_tool
from graphs.values.findings import FlowError
from server.requests.stored_uses import Use, variable_uses

__all__ = ["APART", "uses_of_agent", "uses_of_flow"]

APART = frozenset({"name", "description", "tags", "category", "is_active", "is_public"})
"""Fields of flows and agents that have no part in what runs."""


def uses_of_flow(document: Mapping[str, Any], tools: ToolKinds | None) -> list[Use]:
    """Return what a flow names. What does not decode cannot run, and uses nothing.

    Args:
        document: The flow, or a draft of one.
        tools: The tools that there are; None for the built-in ones.
    """
    from graphs.nodes import NodeTypeError, decode_node  # every node type

    try:
        definition = definition_of(document)
    except FlowError:
        return []
    drawn = bool(document.get("graph_definition"))
    uses: list[Use] = []
    for index, written in enumerate(definition.nodes):
        try:
            node = decode_node(written.type, clean(written.data))
        except (NodeTypeError, TextError, msgspec.ValidationError):
            continue
        place = f"/graph_definition/nodes/{index}/data" if drawn else ""
        found = [Use("credential", name, _pointer(field)) for field, name in node.credentials().items()]
        found += [Use("connection", name, _pointer(field)) for field, name in node.connections().items()]
        for field, entry in node.tool_entries().items():
            found += _uses_of_tool(entry, _pointer(field), tools)
        found += variable_uses(written.data)
        uses += [msgspec.structs.replace(use, pointer=place + use.pointer if drawn else "") for use in found]
    return uses


def uses_of_agent(document: Mapping[str, Any], tools: ToolKinds | None) -> list[Use]:
    """Return what a stored agent names.

    Args:
        document: The agent.
        tools: The tools that there are; None for the built-in ones.
    """
    uses: list[Use] = []
    if name := document.get("credential"):
        uses.append(Use("credential", name, "/credential"))
    if name := document.get("connection"):
        uses.append(Use("connection", name, "/connection"))
    for index, entry in enumerate(document.get("tools") or []):
        uses += _uses_of_tool(entry, f"/tools/{index}", tools)
    return uses + variable_uses({name: value for name, value in document.items() if name not in APART})


def _uses_of_tool(entry: Any, pointer: str, tools: ToolKinds | None) -> Iterator[Use]:
    try:
        tool = read_tool(entry, tools)
    except ToolEntryError:
        return
    for field, name in tool.credentials().items():
        yield Use("credential", name, pointer + _pointer(field))
    for field, name in tool.connections().items():
        yield Use("connection", name, pointer + _pointer(field))


def _pointer(path: str) -> str:
    parts = path.replace("[", ".").replace("]", "").split(".")
    return "".join(f"/{part}" for part in parts if part)
