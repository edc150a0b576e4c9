"""Sub-flow inputs: what a node gives a flow that it calls, against the inputs that this flow declares."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from graphs.checks.data_flow import References
from graphs.checks.field_lookups import field_finding, meant
from graphs.document.flow import GraphDefinition
from graphs.document.topology import Topology
from graphs.expressions.templates import parse as parse_template
from graphs.node.input_declaration import Input
from graphs.node.node import Node
from graphs.nodes import NodeTypeError, decode_node
from graphs.nodes.start import Start
from graphs.nodes.subflow import Subflow
from graphs.values.findings import Finding, shown
from graphs.values.node_error import NodeError

__all__ = ["declared_start", "parameters_of", "subflow_input_findings"]

Decode = Callable[[str, dict[str, Any]], Node]


def subflow_input_findings(shape: Topology, elsewhere: References, decode: Decode) -> Iterator[Finding]:
    """Warn of inputs that a called flow does not take, and of required ones that it does not get.

    Pointers are relative to the node. A node that names a version of its flow is not looked at.
    """
    for id, node in shape.nodes.items():
        if not isinstance(node, Subflow) or node.version is not None or node.input is None:
            continue
        called = elsewhere.flows.get(node.flow_id)
        start = None if called is None else declared_start(called, decode)
        if start is not None and start.inputs:
            yield from _inputs(id, node.input, start)


def declared_start(definition: GraphDefinition, decode: Decode) -> Start | None:
    """Return the start node of a flow; None where it cannot be read."""
    for document in definition.nodes:
        try:
            node = decode(document.type, document.data) if document.type == "start" else None
        except (NodeTypeError, NodeError, msgspec.ValidationError):
            return None  # its own check tells
        if isinstance(node, Start):
            return node
    return None


def parameters_of(definition: GraphDefinition, *, is_chat: bool) -> dict[str, Any]:
    """Return a JSON Schema of what a flow takes; a message where it declares nothing.

    Args:
        definition: The flow.
        is_chat: Whether it is a chatflow, which needs a message.
    """
    start = declared_start(definition, decode_node)
    inputs = [] if start is None else start.inputs
    properties: dict[str, Any] = {one.name: one.schema() for one in inputs}
    required = [one.name for one in inputs if one.required and one.default is None]
    if is_chat or not inputs:
        properties.setdefault("message", {"type": "string", "description": "What the flow is to work on."})
        required = [*dict.fromkeys([*required, "message"])]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _inputs(id: str, given: Mapping[str, Any], start: Start) -> Iterator[Finding]:
    declared = {one.name: one for one in start.inputs}
    takes = f"It takes {', '.join(declared)}."
    for name, value in given.items():
        if name not in declared and name != "message":
            message = f"the flow that it calls takes no input {shown(name)}. {meant(name, declared) or takes}"
            yield field_finding("unknown_subflow_input", id, f"input.{name}", message)
        elif name in declared and not _looks_up(value) and (problem := _problem(declared[name], value)):
            yield field_finding("bad_subflow_input", id, f"input.{name}", problem)
    for name, one in declared.items():
        if one.required and one.default is None and given.get(name) is None:
            yield field_finding(
                "missing_subflow_input",
                id,
                "input",
                f"the flow that it calls needs the input {shown(name)}, which is not given. {takes}",
            )


def _problem(declared: Input, value: Any) -> str:
    return "" if value is None else declared.problem(value)


def _looks_up(value: Any) -> bool:
    """Say whether only a run knows a value: a template, or a list or object that may hold one."""
    if isinstance(value, str):
        return any(not isinstance(part, str) for part in parse_template(value).parts)
    return isinstance(value, list | dict)
