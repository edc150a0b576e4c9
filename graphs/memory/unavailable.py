"""Memory strategies that need an embedding model, which this version cannot use yet."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from graphs.memory.strategy import Ask, Strategy, Window
from graphs.values.node_error import NodeError

__all__ = ["Hybrid", "ScoreThreshold", "TopK", "Vector"]

TopK = Annotated[int, Meta(ge=1, le=100, description="Number of earlier messages to find.")]
ScoreThreshold = Annotated[float, Meta(ge=0, le=1, description="Minimum similarity.")]


class _NeedsEmbeddings(Strategy, frozen=True, kw_only=True):
    """A strategy that finds messages by their meaning."""

    top_k: TopK = 5
    score_threshold: ScoreThreshold = 0.7

    def problem(self) -> str:
        """Return that it is not available, and what is."""
        return (
            f"Memory of type '{self.__struct_config__.tag}' needs an embedding model, which this version "
            "cannot use yet; choose type 'buffer' or 'summary'."
        )

    async def window(
        self, history: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], ask: Ask
    ) -> Window:
        """Refuse.

        Raises:
            NodeError: always, with code ``memory_unavailable``.
        """
        raise NodeError(self.problem(), code="memory_unavailable")


class Vector(_NeedsEmbeddings, frozen=True, kw_only=True, tag="vector"):
    """Show the model the last messages and older ones close in meaning (not available yet)."""

    title: ClassVar[str] = "Messages close in meaning"


class Hybrid(_NeedsEmbeddings, frozen=True, kw_only=True, tag="hybrid"):
    """Show the model the last messages, a summary and older ones close in meaning (not available yet)."""

    title: ClassVar[str] = "Summary and messages close in meaning"
