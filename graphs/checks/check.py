"""Check: what is wrong with a definition before it runs, each finding with its place and what to do."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from graphs.checks.constant_findings import constant_findings
from graphs.checks.data_flow import References, data_flow_findings
from graphs.checks.env_findings import env_findings
from graphs.checks.id_findings import id_findings, size_findings
from graphs.checks.limit_findings import limit_findings
from graphs.checks.name_findings import name_findings
from graphs.checks.node_findings import Decode, read_node
from graphs.checks.reachable_names import unreachable_names
from graphs.checks.schema_findings import schema_findings
from graphs.checks.subflow_inputs import subflow_input_findings
from graphs.checks.value_findings import value_findings
from graphs.document.document_version import CURRENT, FIRST, as_current
from graphs.document.edges import BREAK, resolve
from graphs.document.flow import Edge, Flow, FlowSize, FlowType, GraphDefinition, Step
from graphs.document.foreign_exports import NOT_YET, foreign_product
from graphs.document.topology import MAX_STEPS, Topology, survey, too_long
from graphs.nodes import decode_node
from graphs.parsing.text import clean
from graphs.tools import ToolKinds
from graphs.values.findings import Finding, FlowError, shown
from graphs.values.run_options import Limits

__all__ = ["MAX_STEPS", "Finding", "FlowError", "check", "read_flow"]

MAX_FINDINGS = 200


def check(
    definition: GraphDefinition,
    *,
    max_steps: int = MAX_STEPS,
    decode: Decode = decode_node,
    tools: ToolKinds | None = None,
    credentials: Collection[str] | None = None,
    size: FlowSize | None = None,
    elsewhere: References | None = None,
    limits: Limits | None = None,
    variables: Mapping[str, bool] | None = None,
) -> list[Finding]:
    """Return everything that is wrong with a definition; never raises.

    A definition without errors compiles, and its runs take at most `max_steps` supersteps. What only
    the whole shows (reach, loops, length) is judged once all nodes and edges are sound, so that one mistake
    is told once. Of very many findings only the first are told, errors before warnings.

    Args:
        definition: What to look at.
        max_steps: The most supersteps that its runs may take.
        decode: From a type and its data to a node.
        tools: The tools that there are; None for the built-in ones.
        credentials: Names of the credentials that there are; None where that is not known.
        size: How large it may be; None for the defaults.
        elsewhere: What it leaves to others, where that is known.
        limits: What its runs may use; None for the defaults.
        variables: Workspace variables that there are, each with whether it is secret; None where that is
            not known.
    """
    findings, shape = _examine(definition, max_steps, decode, tools, credentials, size or FlowSize())[1:]
    if shape is not None:
        for told in (
            unreachable_names(shape),
            name_findings(shape),
            env_findings(shape, variables, tools),
            value_findings(shape, tools),
            schema_findings(shape),
            constant_findings(shape),
            subflow_input_findings(shape, elsewhere or References(), decode),
            limit_findings(shape, limits or Limits()),
            data_flow_findings(shape.nodes, shape.outgoing, decode=decode, tools=tools, elsewhere=elsewhere),
        ):
            findings += _placed(told, definition)
    if len(findings) > MAX_FINDINGS:
        findings.sort(key=lambda finding: finding.severity != "error")
    return findings[:MAX_FINDINGS]


def read_flow(
    definition: GraphDefinition,
    *,
    name: str,
    type: FlowType,
    max_steps: int = MAX_STEPS,
    decode: Decode = decode_node,
    tools: ToolKinds | None = None,
) -> Flow:
    """Return the flow that a definition describes. How large it may be is asked by `check` alone: what was
    taken once runs on when less is taken now.

    Raises:
        FlowError: the definition has errors; `FlowError.findings` has the warnings too.
    """
    steps, findings, _ = _examine(definition, max_steps, decode, tools)
    if any(finding.severity == "error" for finding in findings):
        raise FlowError(findings[:MAX_FINDINGS])
    return Flow(
        name=name,
        type=type,
        steps=tuple(steps),
        edges=tuple(definition.edges),
        fingerprint=fingerprint(definition),
        version=definition.version or CURRENT,
    )


def fingerprint(definition: GraphDefinition) -> str:
    """Return the hex SHA-256 of what a definition does: the same for two that only look different.

    Raises:
        TextError: the data of a node is no clean JSON.
    """
    meaning: list[Any] = [
        [[node.id, node.type, clean(node.data)] for node in definition.nodes],
        [
            [
                edge.id,
                edge.source,
                edge.source_handle,
                edge.target,
                *([BREAK] if edge.target_handle == BREAK else []),
            ]
            for edge in definition.edges
        ],
    ]
    if definition.version not in (None, CURRENT):
        meaning.append([definition.version])
    return hashlib.sha256(msgspec.json.encode(meaning, order="sorted")).hexdigest()


def _examine(
    definition: GraphDefinition,
    max_steps: int,
    decode: Decode,
    tools: ToolKinds | None,
    credentials: Collection[str] | None = None,
    size: FlowSize | None = None,
) -> tuple[list[Step], list[Finding], Topology | None]:
    findings = [] if size is None else [*size_findings(definition, size)]
    if findings:
        return [], findings, None
    findings += id_findings("node", [node.id for node in definition.nodes])
    findings += id_findings("edge", [edge.id for edge in definition.edges])
    confused = bool(findings)
    ids = {document.id for document in definition.nodes}
    steps: list[Step] = []
    drawn: set[str] = set()
    for index, document in enumerate(definition.nodes):
        if definition.version == FIRST:
            document = as_current(document, decode)
        node, wrong = read_node(document, f"/nodes/{index}", decode, ids, tools, credentials)
        findings += wrong
        if node is not None and node.runs:
            steps.append(Step(document.id, node))
        elif node is not None:
            drawn.add(document.id)
    unknown = any(finding.code == "unknown_type" for finding in findings)
    if unknown and (product := foreign_product(msgspec.to_builtins(definition))):
        message = NOT_YET.format(product=product)
        return [], [Finding(code="foreign_export", message=message, pointer="/nodes")], None
    findings += _note_edges(definition.edges, drawn)
    if any(finding.severity == "error" for finding in findings):
        if not confused:
            nodes = {step.id: step.node for step in steps}
            unclear = ids - nodes.keys()
            edges = [edge for edge in definition.edges if unclear.isdisjoint((edge.source, edge.target))]
            findings += _placed(resolve(nodes, edges)[1], definition)
        return [], findings, None
    shape, more = survey(steps, definition.edges)
    findings += _placed(more, definition)
    if shape is not None and shape.steps > max_steps:
        findings.append(too_long(shape, max_steps))
    return steps, findings, shape


def _note_edges(edges: Iterable[Edge], drawn: set[str]) -> Iterator[Finding]:
    for index, edge in enumerate(edges):
        for field, id in (("source", edge.source), ("target", edge.target)):
            if id in drawn:
                yield Finding(
                    code="note_has_edge",
                    message=f"Edge {shown(edge.id)} has {field} {shown(id)}, a note, which never runs. "
                    "Remove the edge.",
                    edge=edge.id,
                    pointer=f"/edges/{index}/{field}",
                )


def _placed(findings: Iterable[Finding], definition: GraphDefinition) -> Iterator[Finding]:
    """Give the findings of `survey` their place in the whole definition."""
    nodes = {node.id: f"/nodes/{index}" for index, node in enumerate(definition.nodes)}
    edges = {edge.id: f"/edges/{index}" for index, edge in enumerate(definition.edges)}
    for finding in findings:
        place = edges.get(finding.edge or "") or nodes.get(finding.node or "") or ""
        yield msgspec.structs.replace(finding, pointer=f"{place}{finding.pointer}")
