"""What a node gave, checked and cleaned, so that every database keeps it."""

from typing import Any

import msgspec

from graphs.conversation.complete_tool_calls import complete_tool_calls
from graphs.node.node import Outcome
from graphs.node_execution.compiled_node import Place
from graphs.parsing.text import TextError, clean
from graphs.values.findings import shown
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["accepted"]


def _cleaned(output: Any, view: View, *, passes: bool) -> Any:
    """Return an output that can be kept. What a node passes on, or its passes gave, was looked through."""
    known = (*view.outputs.values(), *view.variables.values(), *view.input.values())
    if (passes and isinstance(output, list)) or any(output is each for each in known):
        return output
    return clean(output)


def accepted(place: Place, outcome: Outcome, view: View, *, passes: bool) -> Outcome:
    """Return what a node gave as it can be kept.

    Args:
        place: Where the node stands.
        outcome: What it gave.
        view: What it was shown.
        passes: Whether its output is what passes through its body gave.

    Raises:
        NodeError: it left by an outlet that it does not have, or gave something other than JSON.
    """
    if place.outlets and outcome.outlet not in place.outlets:
        named = shown(place.id)
        has = " and ".join(shown(outlet) for outlet in place.outlets)
        raise NodeError(
            f"Node {named} chose outlet {shown(outcome.outlet)}; it has {has}.", code="unknown_outlet"
        )
    try:
        return msgspec.structs.replace(
            outcome,
            output=_cleaned(outcome.output, view, passes=passes),
            variables=clean(outcome.variables),
            loop=clean(outcome.loop),
            keeps=clean(outcome.keeps),
            adds=clean(outcome.adds),
            messages=complete_tool_calls(outcome.messages) if outcome.messages else [],
        )
    except TextError as error:
        raise NodeError(
            f"What node {shown(place.id)} gave cannot be kept: {error}", code="bad_output"
        ) from error
