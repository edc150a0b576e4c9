"""Drawn graph: nodes and edges of a graph in code, as its flow keeps them for pictures."""

from typing import Any

__all__ = ["drawn"]


def drawn(graph: Any) -> dict[str, Any]:
    """Return nodes and edges, those of sub-graphs included: ``{"nodes": [{id, label}], "edges": [...]}``.

    A graph that cannot say what it is made of is one node.
    """
    try:
        shape = graph.get_graph(xray=True)
    except Exception:  # what nodes of others say of themselves may fail
        return {"nodes": [], "edges": []}
    kept = [id for id in shape.nodes if not id.rpartition(":")[2].startswith("__")]
    nodes = [{"id": id, "label": shape.nodes[id].name.rpartition(":")[2] or id} for id in kept]
    edges = [
        {"source": edge.source, "target": edge.target, "label": str(edge.data or "")}
        for edge in shape.edges
        if edge.source in kept and edge.target in kept
    ]
    return {"nodes": nodes, "edges": edges}
