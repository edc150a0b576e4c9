"""The node that runs a graph in code."""

from typing import Any, ClassVar

from msgspec import field

from graphs.node.context import Context
from graphs.node.node import Node, Outcome
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["CodeGraphNode"]


class CodeGraphNode(Node, frozen=True, kw_only=True, tag="code_graph"):
    """Run a LangGraph graph that the operator of the server wrote in Python."""

    asks_context: ClassVar[bool] = True
    speaks_text: ClassVar[bool] = True

    graph: str
    source: str = ""
    source_hash: str = ""
    drawing: dict[str, Any] = field(default_factory=dict[str, Any])

    async def run(self, view: View, context: Context) -> Outcome:
        """Run it from where it stands."""
        if context.code_graphs is None:
            raise NodeError(
                "This run has no code graphs: it is walked again, or of another workspace.",
                code="not_available",
            )
        return Outcome(output=await context.code_graphs.run(self.graph, self.source_hash, view, context))
