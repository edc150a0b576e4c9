"""Answering nodes: those whose text, as it streams, is the answer of the run.

A stream of another protocol cannot take back what it sent. So the text of a node streams only where the
flow's end gives out that text and nothing else; any other answer is sent when it is known.
"""

from collections import Counter

import msgspec

from graphs.analysis.chatflow import definition_of
from graphs.document.flow import GraphDefinition
from persistence.library.flows import Flows
from persistence.storage.execution_rows import ExecutionRow

__all__ = ["answering_nodes", "answering_of"]


def answering_nodes(definition: GraphDefinition) -> frozenset[str]:
    """Return the ids of the nodes whose text is the answer."""
    from graphs.analysis.speakers import shape_of
    from graphs.document.answering import answering

    shape = shape_of(definition)
    if shape is None:
        return frozenset()
    ways = Counter((link.source, link.outlet) for links in shape.outgoing.values() for link in links)
    if any(count > 1 for count in ways.values()):
        ends = sum(node.ends for node in shape.nodes.values())
        into = Counter(link.target for links in shape.outgoing.values() for link in links)
        if ends > 1 or any(node.ends and into[id] > 1 for id, node in shape.nodes.items()):
            return frozenset()
    return frozenset(id for id in answering(shape).alone if shape.nodes[id].gives_text())


async def answering_of(flows: Flows, row: ExecutionRow) -> frozenset[str]:
    """Return the nodes whose text is the answer, of a flow as a run has it."""
    from graphs.analysis.pinned_versions import PinnedVersions, with_pinned_versions

    document = row.document
    if document is None and row.flow_id is not None and row.flow_version is not None:
        document = await flows.version(row.flow_id, row.flow_version)
    if document is None or row.flow_type != "chatflow":
        return frozenset()
    definition = definition_of(document)
    if pins := row.options.get("pins"):
        definition = with_pinned_versions(definition, msgspec.convert(pins, PinnedVersions))
    return answering_nodes(definition)
