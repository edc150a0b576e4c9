"""Usage: the tokens and the money of a run, as answers and streams show them."""

from typing import Any

import msgspec
from msgspec import Struct

from graphs.values.events import Event

__all__ = ["TokenUsage", "Usage", "UsageEntry", "seconds", "tokens"]


class Usage(Struct, frozen=True, omit_defaults=True):
    """Tokens of a run, as the providers counted them."""

    input_tokens: int
    output_tokens: int
    total_tokens: int
    estimated: bool = False
    """True where a provider gave no usage and a tokenizer's estimate is part of the sum."""
    cached_input_tokens: int = 0
    """Those of the input that a provider read from its cache."""
    cache_write_tokens: int = 0
    """Those of the input that a provider wrote to its cache."""
    reasoning_tokens: int = 0
    """Those of the output that a model spent on reasoning."""


def tokens(usage: dict[str, Any] | None) -> Usage:
    """Return a run's tokens."""
    known = usage or {}
    return Usage(
        input_tokens=known.get("input_tokens", 0),
        output_tokens=known.get("output_tokens", 0),
        total_tokens=known.get("total_tokens", 0),
        estimated=bool(known.get("estimated")),
        cached_input_tokens=known.get("cached_input_tokens", 0),
        cache_write_tokens=known.get("cache_write_tokens", 0),
        reasoning_tokens=known.get("reasoning_tokens", 0),
    )


def seconds(milliseconds: float | None) -> float:
    """Return milliseconds as seconds, to the millisecond."""
    return round((milliseconds or 0.0) / 1000, 3)


class UsageEntry(Struct, frozen=True, kw_only=True):
    """Tokens of one node with one model."""

    node_id: str
    provider: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    """Null where the price is not known."""


class TokenUsage:
    """Adds usage events up: one entry for each node, provider and model."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str, str], UsageEntry] = {}

    def add(self, event: Event) -> None:
        """Count the event if it is one of usage."""
        if event.type != "usage":
            return
        facts = event.data
        key = (event.node, facts.get("provider", ""), facts.get("model", ""))
        known = self._entries.get(key) or UsageEntry(
            node_id=key[0], provider=key[1], model=key[2], cost_usd=0.0
        )
        cost = facts.get("cost_usd")
        self._entries[key] = msgspec.structs.replace(
            known,
            input_tokens=known.input_tokens + facts.get("input_tokens", 0),
            output_tokens=known.output_tokens + facts.get("output_tokens", 0),
            cost_usd=None if cost is None or known.cost_usd is None else known.cost_usd + cost,
        )

    def entries(self) -> list[UsageEntry]:
        """Return the sums so far, in the order of first use."""
        return list(self._entries.values())
