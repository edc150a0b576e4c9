"""Speakers: the nodes of a flow that the user of a chat hears."""

from collections.abc import Callable
from typing import Any

from graphs.document.answering import answering
from graphs.document.flow import GraphDefinition, Step
from graphs.document.topology import survey
from graphs.node.node import Node
from graphs.nodes import decode_node

__all__ = ["speakers"]

Decode = Callable[[str, dict[str, Any]], Node]


def speakers(definition: GraphDefinition, *, decode: Decode = decode_node) -> list[str]:
    """Return the nodes whose text streams to the user, in the document's order; none of a flow with errors.

    These are the nodes whose text becomes the answer, those that say so by `speaks`, and all `say` nodes.
    """
    try:
        decoded = [Step(node.id, decode(node.type, node.data)) for node in definition.nodes]
    except Exception:  # its own check tells
        return []
    steps = [step for step in decoded if step.node.runs]
    shape, _ = survey(steps, definition.edges)
    if shape is None:
        return []
    usual = answering(shape).speakers
    heard: list[str] = []
    for step in steps:
        given = getattr(step.node, "speaks", None)
        given = getattr(step.node, "history", None) if given is None else given
        tells = step.node.__struct_config__.tag == "say" or (step.id in usual if given is None else given)
        if tells:
            heard.append(step.id)
    return heard
