"""Prices: what a model's tokens cost, by day, in memory where every usage row is priced.

The table only grows: a change is a new row from a time on, so that what was booked keeps its cost. What an
operator has set stands above the list that we carry, whichever is newer.
"""

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, func, insert, select

from graphs.conversation.messages import Usage
from persistence.spending.price_list import ListedPrice, PriceList
from persistence.storage.database import Database
from persistence.storage.tables.identity import connections
from persistence.storage.tables.spending import model_pricing

__all__ = ["FREE", "Price", "Prices", "Seeded", "listed_price"]

FREE = frozenset({"ollama", "local", "demo"})
"""Providers whose models run on the operator's own machines."""
HERE = "runs on machines of yours: no price"
_TUNED = re.compile(r"(ft:[^:]+):")
"""What a fine-tuned model of OpenAI was made of: ``ft:gpt-4o-mini-2024-07-18:acme::9abc``."""
_DATED = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


class Price(Struct, frozen=True, kw_only=True):
    """What a model costs from a time on, in US dollars for a thousand tokens."""

    provider: str
    model: str
    """``*`` for every model of the provider that has no price of its own."""
    input_price_per_1k: float
    output_price_per_1k: float
    cached_input_price_per_1k: float | None = None
    """None: as other input."""
    cache_write_price_per_1k: float | None = None
    """Of input that the provider writes to its cache; None: as other input."""
    reasoning_price_per_1k: float | None = None
    """None: as other output."""
    currency: str = "USD"
    valid_from: float = 0.0
    """Unix seconds; 0 for always."""
    source: str
    edited_by_operator: bool = False

    def cost(self, usage: Usage) -> float:
        """Return what an attempt cost in US dollars."""
        asked, cached = usage.input_tokens, min(usage.cached_input_tokens, usage.input_tokens)
        written = min(usage.cache_write_tokens, asked - cached)
        answered, thought = usage.output_tokens, min(usage.reasoning_tokens, usage.output_tokens)
        cached_price, thought_price = self.cached_input_price_per_1k, self.reasoning_price_per_1k
        write_price = self.cache_write_price_per_1k
        cost = (
            (asked - cached - written) * self.input_price_per_1k
            + written * (self.input_price_per_1k if write_price is None else write_price)
            + cached * (self.input_price_per_1k if cached_price is None else cached_price)
            + (answered - thought) * self.output_price_per_1k
            + thought * (self.output_price_per_1k if thought_price is None else thought_price)
        )
        return round(cost / 1000, 12)


class Seeded(Struct, frozen=True):
    """What a seed did, as ``provider/model`` names."""

    added: list[str]
    changed: list[str]
    kept: int
    edited: list[str]
    """Models whose price an operator has set: that one goes on to count."""


class Prices:
    """The prices of all models. `refresh` reads what changed, here or in another process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str], list[Price]] = {}
        self._own: dict[tuple[str, str], dict[str, Price]] = {}
        """Prices of connections by workspace and name, each by model."""
        self._newest = -1

    @property
    def known(self) -> bool:
        """Whether there is any price."""
        return bool(self._known)

    async def refresh(self) -> None:
        """Read the table if it has grown, and the prices of connections, which are few."""

        def work(connection: Connection) -> tuple[int, list[Price]] | None:
            newest = int(connection.scalar(select(func.max(model_pricing.c.id))) or 0)
            return None if newest == self._newest else (newest, _read(connection))

        read, self._own = await self._database.read(lambda held: (work(held), _of_connections(held)))
        if read is not None:
            self._newest, prices = read
            self._known = _sorted(prices)

    def find(
        self, provider: str, model: str, at: float, *, connection: tuple[str, str] = ("", "")
    ) -> Price | None:
        """Return the price of a model at a time; of ``name-2026-01-31`` and ``name-latest`` that of ``name``
        where they have none of their own, and of a fine-tuned ``ft:name:organization::id`` that of
        ``ft:name``. None where it is not known.

        Args:
            provider: The provider.
            model: Its name there.
            at: Unix seconds.
            connection: Workspace and name of the connection that it is asked by; its own prices count first.
        """
        if own := self._own.get(connection):
            for name in (*_names(model), "*"):
                if name in own:
                    return own[name]
        for name in (*_names(model), "*"):
            for price in self._known.get((provider, name), ()):
                if price.valid_from <= at:
                    return price
        return _free(provider) if provider in FREE else None

    def has_own(self, provider: str, model: str) -> bool:
        """Say whether somebody has stored a price for this model, and not for all of its provider."""
        return any((provider, name) in self._known for name in _names(model))

    def cost(
        self, provider: str, model: str, usage: Usage, at: float, *, connection: tuple[str, str] = ("", "")
    ) -> float | None:
        """Return what an attempt cost in US dollars; None where the price is not known. See `find`."""
        if not usage.input_tokens and not usage.output_tokens:
            return 0.0
        price = self.find(provider, model, at, connection=connection)
        return None if price is None else price.cost(usage)

    def current(self, at: float) -> list[Price]:
        """Return the prices that count at a time, by provider and model."""
        found = (self._current(prices, at) for _, prices in sorted(self._known.items()))
        return [price for price in found if price is not None]

    async def add(self, price: Price) -> None:
        """Let a price count from its time on."""
        await self._database.write(lambda connection: _insert(connection, [price]))
        await self.refresh()

    async def seed(self, listed: PriceList) -> Seeded:
        """Take over a price list: add what is not there, and changes as new versions from now on."""
        now, source = time.time(), f"{listed.source} ({listed.date})"
        by_model: dict[tuple[str, str], list[Price]] = {}
        for one in listed.prices:
            by_model.setdefault((one.provider, one.model), []).append(listed_price(one, source))

        def work(connection: Connection) -> Seeded:
            stored = _sorted(_read(connection))
            added, changed, edited, kept = list[str](), list[str](), list[str](), 0
            rows: list[Price] = []
            for key, wanted in by_model.items():
                known = stored.get(key, [])
                from_lists = [price for price in known if not price.edited_by_operator]
                name = "/".join(key)
                if len(from_lists) < len(known):
                    edited.append(name)
                if not from_lists:
                    rows += wanted
                    added.append(name)
                    continue
                new = _changes(from_lists, wanted, now)
                if new:
                    rows += new
                    changed.append(name)
                else:
                    kept += 1
            if rows:
                _insert(connection, rows)
            return Seeded(added, changed, kept, edited)

        seeded = await self._database.write(work)
        await self.refresh()
        return seeded

    def _current(self, prices: Sequence[Price], at: float) -> Price | None:
        return next((price for price in prices if price.valid_from <= at), None)


def _names(model: str) -> list[str]:
    """Return the names under which a model's price may be stored, the most exact first."""
    names = [model, _DATED.sub("", model)]
    if (tuned := _TUNED.match(model)) is not None:
        names += [tuned[1], _DATED.sub("", tuned[1])]
    return names


def _changes(known: list[Price], wanted: list[Price], now: float) -> list[Price]:
    """Return the versions of a list that say something new: `known` has the newest first."""
    times = {price.valid_from for price in known}
    new = [price for price in wanted if price.valid_from > now and price.valid_from not in times]
    before = next((price for price in known if price.valid_from <= now), known[-1])
    after = max((price for price in wanted if price.valid_from <= now), key=lambda price: price.valid_from)
    if _terms(before) != _terms(after):
        since = after.valid_from if after.valid_from > before.valid_from else now
        new.append(msgspec.structs.replace(after, valid_from=since))
    return new


def _terms(price: Price) -> tuple[float | None, ...]:
    return (
        price.input_price_per_1k,
        price.output_price_per_1k,
        price.cached_input_price_per_1k,
        price.cache_write_price_per_1k,
        price.reasoning_price_per_1k,
    )


def listed_price(listed: ListedPrice, source: str = "") -> Price:
    """Return a price of the list as one that counts."""

    def thousand(million: float | None) -> float | None:
        return None if million is None else round(million / 1000, 12)

    since = datetime.fromisoformat(listed.since).replace(tzinfo=UTC).timestamp() if listed.since else 0.0
    return Price(
        provider=listed.provider,
        model=listed.model,
        input_price_per_1k=round(listed.input / 1000, 12),
        output_price_per_1k=round(listed.output / 1000, 12),
        cached_input_price_per_1k=thousand(listed.cached_input),
        cache_write_price_per_1k=thousand(listed.cache_write),
        reasoning_price_per_1k=thousand(listed.reasoning),
        valid_from=since,
        source=HERE if listed.provider in FREE else source,
    )


def _free(provider: str) -> Price:
    """Return the price of what runs here, for a table that does not say otherwise."""
    return Price(provider=provider, model="*", input_price_per_1k=0.0, output_price_per_1k=0.0, source=HERE)


_columns = [model_pricing.c[name] for name in Price.__struct_fields__]


def _read(connection: Connection) -> list[Price]:
    rows = connection.execute(select(*_columns).order_by(model_pricing.c.id))
    return [Price(**dict(zip(Price.__struct_fields__, row, strict=True))) for row in rows]


def _of_connections(held: Connection) -> dict[tuple[str, str], dict[str, Price]]:
    wanted = select(
        connections.c.workspace, connections.c.name, connections.c.provider, connections.c.prices
    ).where(connections.c.prices != "{}")
    return {
        (workspace, name): {
            model: Price(provider=provider, model=model, source=f"connection '{name}'", **amounts)
            for model, amounts in msgspec.json.decode(prices).items()
        }
        for workspace, name, provider, prices in held.execute(wanted)
    }


def _sorted(prices: list[Price]) -> dict[tuple[str, str], list[Price]]:
    """Return prices by model, each with the one first that counts before the others."""
    known: dict[tuple[str, str], list[Price]] = {}
    for price in reversed(prices):  # of two from the same time the later written counts
        known.setdefault((price.provider, price.model), []).append(price)
    for versions in known.values():
        versions.sort(key=lambda price: (price.edited_by_operator, price.valid_from), reverse=True)
    return known


def _insert(connection: Connection, prices: Sequence[Price]) -> None:
    now = time.time()
    rows: list[dict[str, Any]] = [
        {name: getattr(price, name) for name in price.__struct_fields__} | {"created_at": now}
        for price in prices
    ]
    connection.execute(insert(model_pricing), rows)
