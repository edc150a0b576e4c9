"""Rates: never more than there is, whoever asks at once; the same on both databases."""

import asyncio

from persistence.counters.request_rates import Grant, Rate, RequestRates
from persistence.storage.database import Database

MINUTE = Rate(60, 60.0)


async def test_all_of_a_window_is_there_at_once_and_then_nothing(database: Database) -> None:
    rates = RequestRates(database)
    assert await rates.take("a", 40, MINUTE) == Grant(40, 0.0)
    assert await rates.take("a", 40, MINUTE) == Grant(20, 0.0)
    refused = await rates.take("a", 1, MINUTE)
    assert refused.granted == 0
    assert 0 < refused.wait <= 1.0
    assert await rates.take("b", 1, MINUTE) == Grant(1, 0.0)


async def test_what_was_spent_comes_back_evenly(database: Database) -> None:
    rates, quick = RequestRates(database), Rate(20, 1.0)
    assert (await rates.take("a", 100, quick)).granted == 20
    await asyncio.sleep(0.26)
    assert 5 <= (await rates.take("a", 100, quick)).granted <= 10
    await asyncio.sleep(1.1)
    assert (await rates.take("a", 100, quick)).granted == 20


async def test_takers_at_once_get_no_more_than_there_is(database: Database) -> None:
    rates = [RequestRates(database), RequestRates(database)]
    grants = await asyncio.gather(
        *(rates[number % 2].take("a", 1, Rate(60, 3600.0)) for number in range(200))
    )
    assert sum(grant.granted for grant in grants) == 60


async def test_what_was_had_without_asking_is_counted(database: Database) -> None:
    rates = RequestRates(database)
    assert (await rates.take("a", 30, MINUTE, owed=40)).granted == 20
    refused = await rates.take("a", 1, MINUTE, owed=60)
    assert refused.granted == 0
    assert 60 < refused.wait <= 61
    assert (await rates.take("b", 1, MINUTE, owed=100)).granted == 0


async def test_those_who_may_have_all_again_are_forgotten(database: Database) -> None:
    rates = RequestRates(database)
    await rates.take("short", 1, Rate(1000, 1.0))
    await rates.take("long" * 100, 1, Rate(1, 3600.0))
    await asyncio.sleep(0.05)
    assert await rates.prune() == 1
    assert (await rates.take("long" * 100, 1, Rate(1, 3600.0))).granted == 0
