"""The node that reads one document into its knowledge base."""

from graphs.node.context import Context
from graphs.node.node import Node, Outcome
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["IngestDocument"]


class IngestDocument(Node, frozen=True, kw_only=True, tag="ingest_document"):
    """Parse a document, embed its passages and show them to searches."""

    document_id: str

    async def run(self, view: View, context: Context) -> Outcome:
        """Read it in, in steps that are not repeated after a crash."""
        if context.ingestion is None:
            raise NodeError("This process has no knowledge bases.", code="not_available")
        return Outcome(output=await context.ingestion.ingest(self.document_id, context))
