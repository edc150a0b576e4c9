"""Answering nodes: those whose text, as it streams, is the answer of the run.

A stream of OpenAI's cannot take back what it sent. So the text of a node streams only where the flow's end
gives out that text and nothing else; any other answer is sent when it is known.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping

import msgspec

from graphs.document.flow import GraphDefinition, NodeDocument

__all__ = ["answering_nodes"]

ONE_NODE = re.compile(r"\s*\{\{\s*nodes\.([A-Za-z_][\w-]*)\s*\}\}\s*")
"""A template that is the output of one node."""


def answering_nodes(definition: GraphDefinition) -> frozenset[str]:
    """Return the ids of the nodes whose text is the answer."""
    nodes = {node.id: node for node in definition.nodes}
    ends = [node for node in definition.nodes if node.type == "end"]
    ways = Counter((edge.source, edge.source_handle) for edge in definition.edges)
    parallel = any(count > 1 for count in ways.values())
    found: set[str] = set()
    for end in ends:
        sources = _sources(end, nodes, definition)
        if not (parallel and (len(ends) > 1 or len(sources) > 1)):
            found |= {id for id in sources if id in nodes and _speaks(nodes[id])}
    leads_to = defaultdict[str, list[str]](list)
    for edge in definition.edges:
        leads_to[edge.source].append(edge.target)
    return frozenset(id for id in found if id not in _after(id, leads_to))


def _after(node: str, leads_to: Mapping[str, list[str]]) -> set[str]:
    """Return the nodes that may run after a node: itself too where a loop leads back."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        following = set(leads_to.get(waiting.pop(), ())) - found
        found |= following
        waiting += following
    return found


def _sources(node: NodeDocument, nodes: dict[str, NodeDocument], definition: GraphDefinition) -> set[str]:
    """Return the nodes one of whose outputs an end gives out as it is."""
    if node.data.get("expression"):
        return set()
    if output := node.data.get("output"):
        named = ONE_NODE.fullmatch(str(output))
        return {named[1]} if named else set()
    comes_from = defaultdict[str, list[str]](list)
    for edge in definition.edges:
        comes_from[edge.target].append(edge.source)
    found: set[str] = set()
    waiting, seen = [node.id], {node.id}
    while waiting:
        for id in comes_from[waiting.pop()]:
            if id in seen:
                continue
            seen.add(id)
            source = nodes.get(id)
            if source is not None and source.type == "say":  # it passes on what arrived
                waiting.append(id)
            else:
                found.add(id)
    return found


def _speaks(node: NodeDocument) -> bool:
    """Say whether a node's output is what its model said, word for word."""
    shaped = msgspec.to_builtins(node.data.get("response_format")) or {"type": "text"}
    if node.data.get("output_schema") or shaped.get("type") != "text":
        return False
    return node.type in ("llm", "agent")
