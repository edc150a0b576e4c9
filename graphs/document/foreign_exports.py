"""Exports of other products: recognised by their shape, so that a message can say what a file is."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

__all__ = ["NOT_YET", "foreign_product"]

NOT_YET = (
    "This is an export of {product}. Importing it is not possible yet. Draw the flow with the node types of "
    "this server; docs/flows.md shows how."
)
"""What people are told; `product` is the name that `foreign_product` gives."""

_FLOWISE_DATA = frozenset({"inputAnchors", "inputParams", "outputAnchors", "baseClasses"})
_FLOWISE_LISTS = frozenset({"ChatFlow", "AgentFlow", "AgentFlowV2"})
_LOOKED_AT = 20
"""Nodes of an export that are looked at."""


def foreign_product(value: Any) -> str:
    """Return whose export a JSON value is: ``Flowise``, ``Dify``, ``Langflow`` or ``n8n``; empty for none."""
    for one in _candidates(value):
        if found := _product(one):
            return found
    return ""


def _candidates(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects that may be an export: the value, its first item, and what wraps a graph."""
    if isinstance(value, list) and value:
        value = cast("list[Any]", value)[0]
    if not isinstance(value, dict):
        return
    whole = cast("Mapping[str, Any]", value)
    yield whole
    for name in ("graph_definition", "data", "graph", "workflow"):
        if isinstance(inner := whole.get(name), dict):
            yield inner
    flows = whole.get("flows")
    if isinstance(flows, list) and flows and isinstance(flows[0], dict):
        yield flows[0]
        if isinstance(inner := cast("Mapping[str, Any]", flows[0]).get("data"), dict):
            yield inner


def _product(value: Mapping[str, Any]) -> str:
    nodes = _nodes(value)
    data = [one["data"] for one in nodes if isinstance(one.get("data"), dict)]
    if isinstance(value.get("connections"), dict) and any("typeVersion" in one for one in nodes):
        return "n8n"
    if any("typeVersion" in one and "parameters" in one for one in nodes):
        return "n8n"
    if value.get("kind") == "app" and isinstance(value.get("app"), dict):
        return "Dify"
    if any(_is_dify(one) for one in nodes):
        return "Dify"
    if any(isinstance(one.get("node"), dict) and "template" in one["node"] for one in data):
        return "Langflow"
    if any(one.get("type") == "genericNode" for one in nodes):
        return "Langflow"
    if any(not _FLOWISE_DATA.isdisjoint(one) for one in data) or isinstance(value.get("flowData"), str):
        return "Flowise"
    if any(isinstance(value.get(name), list) for name in _FLOWISE_LISTS):
        return "Flowise"
    return ""


def _is_dify(node: Mapping[str, Any]) -> bool:
    match node:
        case {"type": "custom" | "custom-iteration-start", "data": {"type": str(), "title": str()}}:
            return True
        case _:
            return False


def _nodes(value: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    nodes = value.get("nodes")
    if not isinstance(nodes, list):
        return []
    return [one for one in cast("list[Any]", nodes)[:_LOOKED_AT] if isinstance(one, dict)]
