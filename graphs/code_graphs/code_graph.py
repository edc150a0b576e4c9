"""CodeGraph: a graph of the operator's own, with all that is known of it without running it."""

from typing import Any

from msgspec import Struct

__all__ = ["CodeGraph", "CodeGraphError"]


class CodeGraphError(ValueError):
    """A graph in code cannot be used. The message names the graph, and says what to change."""

    def __init__(self, source: str, reason: str) -> None:
        """Keep which graph, and why."""
        super().__init__(f"The code graph {source} cannot be used. {reason}")
        self.source = source
        self.reason = reason


class CodeGraph(Struct, frozen=True, kw_only=True):
    """A graph of the operator's own."""

    name: str
    """Its slug: lower-case letters, digits and hyphens."""
    description: str
    source: str
    """The file and the name in it, or the entry point."""
    source_hash: str
    """Hex SHA-256 of the file and of the files next to it that it imports."""
    graph: Any
    """The compiled graph: a ``langgraph.pregel.Pregel``."""
    drawing: dict[str, Any]
    """``{"nodes": [{"id", "label"}], "edges": [{"source", "target", "label"}]}``; a node of a sub-graph has
    the id ``<sub-graph>:<node>``."""
    chat: bool
    """Whether its input is ``messages`` alone: then it is a chatflow."""
    takes_messages: bool
    """Whether its input has ``messages``."""
