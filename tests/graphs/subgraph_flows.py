"""Flows with containers, of the product's node types and those of the tests."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from graphs.checks.check import read_flow
from graphs.conversation.messages import InputRequest
from graphs.document.flow import Flow
from graphs.node.context import Context
from graphs.node.node import Node, Outcome
from graphs.nodes import decode_node
from graphs.values.node_view import View
from tests.graphs.flows import TYPES, definition

__all__ = ["Gate", "Question", "decode", "flow", "iterate", "transform"]

INSIDE: list[str] = []


class Gate(Node, frozen=True, kw_only=True, tag="gate"):
    """Give how many of its kind were under way at once."""

    async def run(self, view: View, context: Context) -> Outcome:
        """Count who is inside."""
        INSIDE.append(context.path)
        most = 0
        for _ in range(50):
            most = max(most, len(INSIDE))
            await asyncio.sleep(0)
        INSIDE.remove(context.path)
        return Outcome(output=most)


class Question(Node, frozen=True, kw_only=True, tag="question"):
    """Ask somebody and give the answer."""

    async def run(self, view: View, context: Context) -> Outcome:
        """Ask."""
        answer = await context.request_input(InputRequest(kind="input", message=f"{view.arrived()}?"))
        return Outcome(output=answer.value)


KINDS: Mapping[str, type[Node]] = {**TYPES, "gate": Gate, "question": Question}


def decode(type: str, data: Mapping[str, Any]) -> Node:
    """Decode the product's node types and those of the tests."""
    return msgspec.convert(dict(data), KINDS[type]) if type in KINDS else decode_node(type, data)


def flow(nodes: Mapping[str, Any], *edges: str) -> Flow:
    """Return a flow with a start and an end."""
    drawn = definition({"start": "start", "end": "end", **nodes}, *edges)
    return read_flow(drawn, name="test", type="agentflow", decode=decode)


def iterate(nodes: Mapping[str, Any], *edges: str, items: str = "input.items", **data: Any) -> Flow:
    """Return a flow with an iteration ``each``, whose body the edges draw."""
    each = ("iteration", {"items": items, **data})
    return flow({"each": each, **nodes}, "start>each", *edges, "each:done>end")


def transform(expression: Any) -> tuple[str, dict[str, Any]]:
    """Return a transform node."""
    return "transform", {"expression": expression}
