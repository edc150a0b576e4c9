"""Check: what is wrong with a definition before it runs, each finding with its place and what to do."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from graphs.analysis.data_flow import References, data_flow_findings
from graphs.analysis.name_findings import name_findings
from graphs.analysis.node_findings import Decode, read_node
from graphs.analysis.reachable_names import unreachable_names
from graphs.document.document_version import CURRENT, FIRST, as_current
from graphs.document.edges import BREAK, resolve
from graphs.document.flow import Edge, Flow, FlowSize, FlowType, GraphDefinition, Step
from graphs.document.topology import MAX_STEPS, Topology, survey, too_long
from graphs.nodes import decode_node
from graphs.parsing.text import MAX_DEPTH, clean, nesting
from graphs.tools import ToolKinds
from graphs.values.findings import Finding, FlowError, shown

__all__ = ["MAX_STEPS", "Finding", "FlowError", "check", "read_flow"]

MAX_FINDINGS = 200
MAX_ID = 255
"""In characters."""

_JOINERS = {0x200C: None, 0x200D: None}
"""They join letters in several scripts, and emoji; by themselves they are not printable."""


def check(
    definition: GraphDefinition,
    *,
    max_steps: int = MAX_STEPS,
    decode: Decode = decode_node,
    tools: ToolKinds | None = None,
    credentials: Collection[str] | None = None,
    size: FlowSize | None = None,
    elsewhere: References | None = None,
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
    """
    findings, shape = _examine(definition, max_steps, decode, tools, credentials, size or FlowSize())[1:]
    if shape is not None:
        told = data_flow_findings(
            shape.nodes, shape.outgoing, decode=decode, tools=tools, elsewhere=elsewhere
        )
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
    findings = [] if size is None else [*_size(definition, size)]
    if findings:
        return [], findings, None
    findings += _ids("node", [node.id for node in definition.nodes])
    findings += _ids("edge", [edge.id for edge in definition.edges])
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
    if shape is not None:
        findings += _placed(unreachable_names(shape), definition)
        findings += _placed(name_findings(shape), definition)
        if shape.steps > max_steps:
            findings.append(too_long(shape, max_steps))
    return steps, findings, shape


def _size(definition: GraphDefinition, size: FlowSize) -> Iterator[Finding]:
    for field, found, most in (
        ("nodes", len(definition.nodes), size.nodes),
        ("edges", len(definition.edges), size.edges),
    ):
        if found > most:
            yield Finding(
                code="too_large",
                message=f"The flow has {found:,} {field}; at most {most:,} are allowed. Split it up.",
                pointer=f"/{field}",
            )
    if size.depth >= MAX_DEPTH:  # which `clean` looks at
        return
    for index, node in enumerate(definition.nodes[: size.nodes]):
        if nesting(node.data, size.depth) > size.depth:
            yield Finding(
                code="too_large",
                message=f"Node {shown(node.id)}: its data nest deeper than the {size.depth} lists and "
                "objects within one another that are allowed. Flatten them.",
                node=node.id[:MAX_ID],
                pointer=f"/nodes/{index}/data",
            )


def _ids(kind: str, ids: Sequence[str]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, id in enumerate(ids):
        if wrong := _id(kind, id, seen):
            place = {kind: id[:MAX_ID]}
            yield Finding(
                code=wrong[0],
                message=f"The {kind} id {shown(id)} {wrong[1]}",
                pointer=f"/{kind}s/{index}/id",
                node=place.get("node"),
                edge=place.get("edge"),
            )
        seen.setdefault(id, index)


def _id(kind: str, id: str, seen: Mapping[str, int]) -> tuple[str, str] | None:
    if not id:
        return "empty_id", f"is empty. Give it one that no other {kind} has."
    if len(id) > MAX_ID:
        return "bad_id", f"has {len(id):,} characters; at most {MAX_ID} are allowed. Shorten it."
    if not id.translate(_JOINERS).isprintable():
        return "bad_id", "has characters that cannot be printed. Take them out."
    if id.startswith("__"):
        return "reserved_id", "is reserved: ids may not begin with '__'. Rename it."
    if kind == "node" and (":" in id or "|" in id):
        return "reserved_id", "is reserved: ids of nodes may not have ':' or '|'. Rename it."
    if id in seen:
        return "duplicate_id", f"is also that of {kind} number {seen[id] + 1}. Rename one of them."
    return None


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
