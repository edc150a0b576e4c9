"""Node types of flows that the server itself runs: no palette shows them, and no user's flow can use them."""

from collections.abc import Mapping
from types import MappingProxyType

from graphs.node.node import Node

__all__ = ["server_node_types"]


def server_node_types() -> Mapping[str, type[Node]]:
    """Return the types by name."""
    from graphs.server_nodes.ingest_document import IngestDocument
    from graphs.server_nodes.reindex_base import ReindexBase
    from graphs.server_nodes.run_code_graph import CodeGraphNode

    kinds: tuple[type[Node], ...] = (CodeGraphNode, IngestDocument, ReindexBase)
    return MappingProxyType({str(kind.__struct_config__.tag): kind for kind in kinds})
