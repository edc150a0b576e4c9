"""Ids and sizes: ids of nodes and edges that cannot be used, and definitions that are too large."""

from collections.abc import Iterator, Mapping, Sequence

from graphs.document.flow import FlowSize, GraphDefinition
from graphs.parsing.text import MAX_DEPTH, nesting
from graphs.values.findings import Finding, shown

__all__ = ["id_findings", "size_findings"]

MAX_ID = 255
"""In characters."""

_JOINERS = {0x200C: None, 0x200D: None}
"""They join letters in several scripts, and emoji; by themselves they are not printable."""


def size_findings(definition: GraphDefinition, size: FlowSize) -> Iterator[Finding]:
    """Yield where a definition is larger than may be."""
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


def id_findings(kind: str, ids: Sequence[str]) -> Iterator[Finding]:
    """Yield what is wrong with the ids of nodes or edges."""
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
