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
_N8N_TYPES = ("n8n-nodes-", "@n8n/")
_WRAPPED = 3
"""How many wrappers an export may lie in."""
_LOOKED_AT = 20
"""Nodes of an export that are looked at."""


def foreign_product(value: Any) -> str:
    """Return whose export a JSON value is: ``Flowise``, ``Dify``, ``Langflow`` or ``n8n``; empty for none."""
    for one in _candidates(value):
        if found := _product(one):
            return found
    return ""


def _candidates(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """Yield the objects that may be an export: the value, its first item, and what wraps a graph."""
    if isinstance(value, list) and value:
        value = cast("list[Any]", value)[0]
    if not isinstance(value, dict) or depth > _WRAPPED:
        return
    whole = cast("Mapping[str, Any]", value)
    yield whole
    for name in ("graph_definition", "data", "graph", "workflow", "flows"):
        if isinstance(inner := whole.get(name), dict | list):
            yield from _candidates(inner, depth + 1)


def _product(value: Mapping[str, Any]) -> str:
    nodes = _nodes(value)
    data = [one["data"] for one in nodes if isinstance(one.get("data"), dict)]
    if isinstance(value.get("connections"), dict) and any("typeVersion" in one for one in nodes):
        return "n8n"
    if any("typeVersion" in one and "parameters" in one for one in nodes):
        return "n8n"
    if any(str(one.get("type")).startswith(_N8N_TYPES) for one in nodes):
        return "n8n"
    if isinstance(value.get("app"), dict) and (value.get("kind") == "app" or "mode" in value["app"]):
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
    if any(_is_flowise(one) for one in nodes):
        return "Flowise"
    return ""


def _is_dify(node: Mapping[str, Any]) -> bool:
    match node:
        case {"type": "custom" | "custom-iteration-start", "data": {"type": str(), "title": str()}}:
            return True
        case _:
            return False


def _is_flowise(node: Mapping[str, Any]) -> bool:
    match node:
        case {"type": "agentFlow" | "customNode", "data": {"name": str(), "inputs": dict() | list()}}:
            return True
        case _:
            return False


def _nodes(value: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    nodes = value.get("nodes")
    if not isinstance(nodes, list):
        return []
    return [one for one in cast("list[Any]", nodes)[:_LOOKED_AT] if isinstance(one, dict)]
