"""Speakers: the nodes of a flow that the user of a chat hears."""

from collections.abc import Callable
from typing import Any

from graphs.document.answering import answering
from graphs.document.flow import GraphDefinition, Step
from graphs.document.topology import Topology, survey
from graphs.node.node import Node
from graphs.nodes import decode_node

__all__ = ["shape_of", "speakers"]

Decode = Callable[[str, dict[str, Any]], Node]


def speakers(definition: GraphDefinition, *, decode: Decode = decode_node) -> list[str]:
    """Return the nodes whose text streams to the user, in the document's order; none of a flow with errors.

    These are the nodes whose text becomes the answer, those that say so by `speaks`, and all `say` nodes.
    """
    shape = shape_of(definition, decode=decode)
    if shape is None:
        return []
    usual = answering(shape).speakers
    heard: list[str] = []
    for id, node in shape.nodes.items():
        given = getattr(node, "speaks", None)
        given = getattr(node, "history", None) if given is None else given
        tells = node.__struct_config__.tag == "say" or (id in usual if given is None else given)
        if tells:
            heard.append(id)
    return heard


def shape_of(definition: GraphDefinition, *, decode: Decode = decode_node) -> Topology | None:
    """Return the shape of a flow; None of one with errors, which its own check tells."""
    try:
        decoded = [Step(node.id, decode(node.type, node.data)) for node in definition.nodes]
    except Exception:
        return None
    steps = [step for step in decoded if step.node.runs]
    shape, _ = survey(steps, definition.edges)
    return shape
