"""The node that builds another index of a knowledge base."""

from graphs.node.context import Context
from graphs.node.node import Node, Outcome
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["ReindexBase"]


class ReindexBase(Node, frozen=True, kw_only=True, tag="reindex_base"):
    """Embed all passages of a knowledge base with another model, then switch searches to it."""

    knowledge_base_id: str
    index_id: str

    async def run(self, view: View, context: Context) -> Outcome:
        """Build it, in steps that are not repeated after a crash."""
        if context.ingestion is None:
            raise NodeError("This process has no knowledge bases.", code="not_available")
        return Outcome(output=await context.ingestion.reindex(self.knowledge_base_id, self.index_id, context))
