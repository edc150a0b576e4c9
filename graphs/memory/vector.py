"""The vector and the hybrid memory: earlier turns that are close in meaning to the question."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Meta

from graphs.expressions import message_text
from graphs.memory.buffer import Buffer
from graphs.memory.similar_turns import Embed, find_similar, introduce_turns
from graphs.memory.strategy import Ask, Strategy, Window, cut, introduced, turn_of
from graphs.memory.summary import Summary, SummaryThreshold
from graphs.model_api.model_interface import ModelError
from graphs.values.node_error import NodeError

__all__ = ["Hybrid", "ScoreThreshold", "TopK", "Vector"]

TopK = Annotated[int, Meta(ge=1, le=100, description="Number of earlier turns to find.")]
ScoreThreshold = Annotated[
    Annotated[float, Meta(ge=0, le=1)] | None,
    Meta(
        description="Minimum similarity of a turn, 0 to 1. Null: the most similar turns, whatever their "
        "similarity."
    ),
]


class Vector(Strategy, frozen=True, kw_only=True, tag="vector"):
    """Show the model the last messages, and before them the earlier turns that are closest in meaning.

    The server's embedding model compares them. If it fails, the model gets the last messages only, and the
    run has a warning.
    """

    title: ClassVar[str] = "Messages close in meaning"

    top_k: TopK = 5
    score_threshold: ScoreThreshold = None

    async def window(
        self, history: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], ask: Ask, embed: Embed
    ) -> Window:
        """Return `max_messages` messages with similar turns before them; what is kept of turns stays in the
        state's ``summary``."""
        last = await Buffer(max_messages=self.max_messages).window(history, summary, ask, embed)
        return await with_similar(last, history, summary, embed, self)


class Hybrid(Strategy, frozen=True, kw_only=True, tag="hybrid"):
    """Show the model a summary, the last messages, and the earlier turns that are closest in meaning."""

    title: ClassVar[str] = "Summary and messages close in meaning"

    summary_threshold: SummaryThreshold = None
    top_k: TopK = 5
    score_threshold: ScoreThreshold = None

    async def window(
        self, history: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], ask: Ask, embed: Embed
    ) -> Window:
        """Return what `Summary` does, with similar turns before it."""
        fold = Summary(max_messages=self.max_messages, summary_threshold=self.summary_threshold)
        folded = await fold.window(history, summary, ask, embed)
        return await with_similar(folded, history, summary, embed, self)


async def with_similar(
    window: Window,
    history: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    embed: Embed,
    memory: Vector | Hybrid,
) -> Window:
    """Return a window with the similar turns among what is before its last messages."""
    turn = turn_of(history)
    start = cut(history, memory.max_messages + len(history) - turn)
    question = message_text(history[turn].get("content", "")) if turn < len(history) else ""
    update = window.summary
    try:
        found = await find_similar(
            history[:start],
            question,
            summary.get("turns", {}),
            embed,
            most=memory.top_k,
            threshold=memory.score_threshold,
        )
    except (ModelError, NodeError) as error:
        if isinstance(error, NodeError) and error.code == "limit_reached":
            raise
        said = f"Earlier messages could not be searched ({error}); the model gets the last ones only."
        return Window(window.messages, update, " ".join(filter(None, (window.warning, said))))
    if update is not None or found.kept is not None:
        kept = summary.get("turns") if found.kept is None else found.kept
        update = {**summary, **(update or {}), **({"turns": kept} if kept else {})}
    return Window(introduced(introduce_turns(found.turns), window.messages), update, window.warning)
