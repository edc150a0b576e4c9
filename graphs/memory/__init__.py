"""Memory strategies: which part of a session's history a model is shown."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from graphs.memory.buffer import Buffer
from graphs.memory.strategy import Ask, MaxMessages, Strategy, Window, cut, repair
from graphs.memory.summary import Summary, SummaryThreshold
from graphs.memory.vector import Hybrid, ScoreThreshold, TopK, Vector
from graphs.values.node_error import NodeError

__all__ = [
    "Ask",
    "Buffer",
    "Hybrid",
    "Memory",
    "MemoryConfig",
    "Strategy",
    "StrategyInfo",
    "Summary",
    "Vector",
    "Window",
    "cut",
    "read_memory",
    "repair",
    "strategies",
]

Memory = Buffer | Summary | Vector | Hybrid
"""A strategy with its options, told apart by ``type``."""


class MemoryConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Memory of a chatflow or session. Options of other strategies have no effect."""

    type: Annotated[
        Literal["buffer", "summary", "vector", "hybrid"], Meta(description="The memory strategy.")
    ] = "buffer"
    max_messages: MaxMessages = 10
    summary_threshold: SummaryThreshold = None
    top_k: TopK = 5
    score_threshold: ScoreThreshold = None

    def strategy(self) -> Memory:
        """Return the strategy with the options that it has."""
        match self.type:
            case "buffer":
                return Buffer(max_messages=self.max_messages)
            case "summary":
                return Summary(max_messages=self.max_messages, summary_threshold=self.summary_threshold)
            case "vector":
                return Vector(
                    max_messages=self.max_messages, top_k=self.top_k, score_threshold=self.score_threshold
                )
            case "hybrid":
                return Hybrid(
                    max_messages=self.max_messages,
                    summary_threshold=self.summary_threshold,
                    top_k=self.top_k,
                    score_threshold=self.score_threshold,
                )


class StrategyInfo(Struct, frozen=True):
    """A strategy as a list of them shows it."""

    type: str
    title: str
    description: str
    options: dict[str, Any]
    """JSON Schema of each option, with its default, by name."""
    available: bool = True
    """Always true: a field of earlier releases."""
    problem: str = ""
    """Always empty: a field of earlier releases."""


def read_memory(settings: Mapping[str, Any]) -> Memory:
    """Return the strategy that a session's own settings ask for: `MemoryConfig` as plain JSON.

    Raises:
        NodeError: the settings are not a `MemoryConfig`.
    """
    try:
        return msgspec.convert(dict(settings), MemoryConfig).strategy()
    except msgspec.ValidationError as error:
        raise NodeError(f"The session's memory settings do not fit: {error}.", code="bad_memory") from None


def strategies() -> list[StrategyInfo]:
    """Return the strategies."""
    kinds: tuple[type[Memory], ...] = (Buffer, Summary, Vector, Hybrid)
    return [_describe(kind) for kind in kinds]


def _describe(kind: type[Memory]) -> StrategyInfo:
    ((_, schema),) = msgspec.json.schema_components([kind])[1].items()
    return StrategyInfo(
        type=str(kind.__struct_config__.tag),
        title=kind.title,
        description=inspect.getdoc(kind) or "",
        options={name: option for name, option in schema["properties"].items() if name != "type"},
    )
