"""The buffer memory."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from graphs.memory.similar_turns import Embed
from graphs.memory.strategy import Ask, Strategy, Window, cut, repair, turn_of

__all__ = ["Buffer"]


class Buffer(Strategy, frozen=True, kw_only=True, tag="buffer"):
    """Show the model the last messages before the one that it answers, word for word, and forget the rest."""

    title: ClassVar[str] = "Last messages"

    async def window(
        self, history: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], ask: Ask, embed: Embed
    ) -> Window:
        """Return `max_messages` messages and this turn's, which they are counted without; asks nobody."""
        turn = turn_of(history)
        return Window(repair(history[cut(history, self.max_messages + len(history) - turn) :]))
