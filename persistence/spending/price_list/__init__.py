"""The price list that we carry: what models cost by their makers' lists, with the day and the source."""

from pathlib import Path

import msgspec
from msgspec import Struct

__all__ = ["ListedPrice", "PriceList", "read_price_list"]


class ListedPrice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a model costs from a day on, in US dollars for a million tokens."""

    provider: str
    model: str
    """``*`` for every model of the provider."""
    input: float
    output: float
    cached_input: float | None = None
    """Input that the provider reads from its cache; None where it costs what other input costs."""
    cache_write: float | None = None
    """Input that the provider writes to its cache; None where it costs what other input costs."""
    reasoning: float | None = None
    """None where reasoning costs what other output costs."""
    since: str = ""
    """The day, as ``2026-11-23``; empty for always."""


class PriceList(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices, and where they are from."""

    source: str
    date: str
    """The day on which the source had these prices."""
    licence: str
    prices: list[ListedPrice]


def read_price_list() -> PriceList:
    """Return the list as it was shipped."""
    return msgspec.json.decode(Path(__file__).with_name("models.json").read_bytes(), type=PriceList)
