"""Flow document: a graph in code as the flow that the API shows and runs: start, the graph, end."""

from typing import Any

from graphs.code_graphs.code_graph import CodeGraph
from graphs.document.document_version import CURRENT

__all__ = ["document_of"]


def document_of(graph: CodeGraph) -> dict[str, Any]:
    """Return the document of a graph's flow. It changes when the source does."""
    kept = {
        "graph": graph.name,
        "label": graph.name,
        "source": graph.source,
        "source_hash": graph.source_hash,
        "drawing": graph.drawing,
    }
    nodes = [
        {"id": "start", "type": "start", "data": {}},
        {"id": "graph", "type": "code_graph", "data": kept},
        {"id": "end", "type": "end", "data": {}},
    ]
    edges = [
        {"id": "to-graph", "source": "start", "target": "graph"},
        {"id": "to-end", "source": "graph", "target": "end"},
    ]
    shared: dict[str, Any] = {
        "name": graph.name,
        "description": graph.description,
        "graph_definition": {"version": CURRENT, "nodes": nodes, "edges": edges},
        "limits": None,
        "tags": ["code"],
        "category": "code",
        "is_active": True,
        "is_public": False,
    }
    if graph.chat:
        return {**shared, "chat_config": {}, "memory_config": {}, "rag_config": {}}
    return {**shared, "orchestration_type": "sequential", "supervisor_config": None, "agents": []}
