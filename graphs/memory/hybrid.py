"""The hybrid memory, which is not available yet."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from graphs.memory.strategy import Ask, Strategy, Window
from graphs.memory.vector import ScoreThreshold, TopK
from graphs.values.node_error import NodeError

__all__ = ["Hybrid"]


class Hybrid(Strategy, frozen=True, kw_only=True, tag="hybrid"):
    """Show the model the last messages, a summary and older ones close in meaning (not available yet)."""

    title: ClassVar[str] = "Summary and messages close in meaning"

    top_k: TopK = 5
    score_threshold: ScoreThreshold = 0.7

    def problem(self) -> str:
        """Return that it is not available, and what is."""
        return (
            "Memory of type 'hybrid' needs an embedding model, which this version cannot use yet; "
            "choose type 'buffer' or 'summary'."
        )

    async def window(
        self, history: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], ask: Ask
    ) -> Window:
        """Refuse.

        Raises:
            NodeError: always, with code ``memory_unavailable``.
        """
        raise NodeError(self.problem(), code="memory_unavailable")
