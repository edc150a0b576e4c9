"""Prices: a list that is taken over, what an operator sets, and what is not known."""

import time

import msgspec
import pytest

from graphs.conversation.messages import Usage
from persistence.spending.price_list import ListedPrice, PriceList, read_price_list
from persistence.spending.prices import Price, Prices
from persistence.storage.database import Database

LIST = PriceList(
    source="a list",
    date="2026-01-01",
    licence="none",
    prices=[
        ListedPrice(provider="openai", model="old", input=10, output=40, since="2020-01-01"),
        ListedPrice(provider="openai", model="old", input=2, output=8, since="2025-06-10"),
        ListedPrice(provider="openai", model="plain", input=1, output=2, cached_input=0.5),
        ListedPrice(provider="demo", model="*", input=0, output=0),
    ],
)
YEAR_2023, NOW = 1_672_531_200.0, 1_780_000_000.0


async def test_seeding_adds_once_and_tells_what_changed(database: Database) -> None:
    prices = Prices(database)
    first = await prices.seed(LIST)
    assert (first.added, first.changed, first.kept) == (["openai/old", "openai/plain", "demo/*"], [], 0)
    again = await prices.seed(LIST)
    assert (again.added, again.changed, again.kept) == ([], [], 3)
    dearer = ListedPrice(provider="openai", model="plain", input=3, output=4)
    newer = msgspec.structs.replace(LIST, prices=[*LIST.prices[:2], dearer])
    before = time.time()
    third = await prices.seed(newer)
    assert (third.added, third.changed, third.kept) == ([], ["openai/plain"], 1)
    asked = Usage(input_tokens=1000)
    assert prices.cost("openai", "plain", asked, before - 1) == pytest.approx(0.001)
    assert prices.cost("openai", "plain", asked, time.time() + 1) == pytest.approx(0.003)
    assert (await prices.seed(newer)).changed == []


async def test_what_an_operator_has_set_stays_above_every_list(database: Database) -> None:
    prices, elsewhere = Prices(database), Prices(database)
    await prices.seed(LIST)
    await elsewhere.refresh()
    own = Price(
        provider="openai",
        model="plain",
        input_price_per_1k=0.5,
        output_price_per_1k=0.5,
        valid_from=YEAR_2023,
        source="operator",
        edited_by_operator=True,
    )
    await prices.add(own)
    newer = msgspec.structs.replace(
        LIST, prices=[ListedPrice(provider="openai", model="plain", input=9, output=9, since="2026-02-01")]
    )
    seeded = await prices.seed(newer)
    assert (seeded.changed, seeded.edited) == (["openai/plain"], ["openai/plain"])
    assert prices.find("openai", "plain", NOW) == own
    assert prices.find("openai", "plain", YEAR_2023 - 1) != own
    await elsewhere.refresh()
    assert elsewhere.find("openai", "plain", NOW) == own


async def test_a_price_is_that_of_its_day_and_of_every_name_of_its_model(database: Database) -> None:
    prices = Prices(database)
    await prices.seed(LIST)
    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    assert prices.cost("openai", "old", usage, YEAR_2023) == pytest.approx(50)
    assert prices.cost("openai", "old", usage, NOW) == pytest.approx(10)
    assert prices.cost("openai", "plain-2026-04-14", usage, NOW) == pytest.approx(3)
    assert prices.cost("openai", "plain-latest", usage, NOW) == pytest.approx(3)
    cached = Usage(input_tokens=1000, cached_input_tokens=400)
    assert prices.cost("openai", "plain", cached, NOW) == pytest.approx((600 + 400 * 0.5) / 1_000_000)


async def test_a_fine_tuned_model_costs_what_is_listed_for_those_of_its_name(database: Database) -> None:
    prices = Prices(database)
    tuned = [ListedPrice(provider="openai", model=name, input=8, output=9) for name in ("ft:plain",)]
    await prices.seed(msgspec.structs.replace(LIST, prices=[*LIST.prices, *tuned]))
    usage = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
    for name in ("ft:plain", "ft:plain:acme::9abc", "ft:plain-2026-04-14:acme:mail:9abc"):
        assert prices.cost("openai", name, usage, NOW) == pytest.approx(17), name
        assert prices.has_own("openai", name)
    assert prices.cost("openai", "ft:old:acme::9abc", usage, NOW) is None, "not that of the model alone"


async def test_what_is_not_known_is_unknown_and_what_runs_here_is_free(database: Database) -> None:
    prices = Prices(database)
    await prices.seed(LIST)
    usage = Usage(input_tokens=5, output_tokens=5)
    assert prices.cost("openai", "nobody-knows", usage, NOW) is None
    assert prices.cost("openai", "nobody-knows", Usage(), NOW) == 0
    assert prices.cost("ollama", "anything", usage, NOW) == 0
    free = prices.find("local", "smollm2", NOW)
    assert free is not None
    assert "no price" in free.source


async def test_the_list_that_is_shipped_has_a_source_a_day_and_sound_prices(database: Database) -> None:
    listed = read_price_list()
    assert listed.source.startswith("genai-prices ")
    assert "MIT" in listed.licence
    assert listed.date >= "2026-11-01"
    assert all(price.input >= 0 and price.output >= 0 for price in listed.prices)
    assert all(price.cached_input is None or price.cached_input <= price.input for price in listed.prices)
    prices = Prices(database)
    await prices.seed(listed)
    for provider, model in (("openai", "gpt-4.1-mini"), ("anthropic", "claude-3-haiku"), ("ollama", "x")):
        assert prices.find(provider, model, NOW) is not None
