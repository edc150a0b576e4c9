"""What an export cannot say: each node and field without an equal, with the remedy, and what differs."""

from msgspec import Struct

__all__ = ["ExportError", "Gap", "Gaps"]


class Gap(Struct, frozen=True, kw_only=True):
    """A part of a flow that has no equal in plain LangGraph."""

    node: str
    """The node's id; empty for what is the flow's own."""
    field: str
    message: str
    """A sentence: what has no equal and what to do."""


class Gaps:
    """What is found on the way through one flow."""

    def __init__(self) -> None:
        self.refused: list[Gap] = []
        """What keeps the flow from being exported."""
        self.differs: list[Gap] = []
        """What the project does in another way, told in its README."""

    def refuse(self, node: str, field: str, message: str) -> None:
        """Add what has no equal; each once."""
        gap = Gap(node=node, field=field, message=message)
        if gap not in self.refused:
            self.refused.append(gap)

    def differ(self, node: str, field: str, message: str) -> None:
        """Add what is done in another way; each once."""
        gap = Gap(node=node, field=field, message=message)
        if gap not in self.differs:
            self.differs.append(gap)


class ExportError(Exception):
    """A flow has parts without an equal: nothing of it is exported."""

    def __init__(self, gaps: list[Gap]) -> None:
        count = "1 part" if len(gaps) == 1 else f"{len(gaps)} parts"
        super().__init__(
            f"The flow cannot be exported: {count} of it cannot be said in plain LangGraph. Change or remove "
            "what is named, or run the flow on the server."
        )
        self.gaps = gaps
