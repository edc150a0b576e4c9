"""Wake-ups between processes: heard in time, and all looked at again after a lost connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from persistence.storage.database import open_database
from persistence.storage.ids import new_id
from persistence.wakeups.postgresql_notices import postgresql_link
from persistence.wakeups.wakeups import Signals, Wakeups
from server.workers.redis_wakeups import redis_link
from tests.server.conftest import REDIS

Pair = tuple[Wakeups, Wakeups, Signals]


@pytest.fixture
async def pair(database_url: str) -> AsyncIterator[Pair]:
    """Two processes' wake-ups and the signals of the second: on Redis in the place of SQLite."""
    link = postgresql_link(database_url) if "postgresql" in database_url else redis_link(REDIS)
    heard = Signals()
    one, other = Wakeups(link, Signals()), Wakeups(link, heard)
    one.open()
    other.open()
    await until(lambda: one.connected and other.connected)
    yield one, other, heard
    await asyncio.gather(one.close(), other.close())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - any fact may be waited for
            await asyncio.sleep(0.005)


async def test_what_is_said_once_watching_has_begun_is_heard(pair: Pair) -> None:
    one, other, heard = pair
    for _ in range(20):
        run = new_id()
        signal = heard.of(run)
        begun = other.watch(run)
        assert begun is not None
        await begun
        one.publish(new_id())
        one.publish(run)
        began = time.monotonic()
        await signal.wait(0, 10)
        assert signal.count == 1, f"not heard within {time.monotonic() - began:.1f} s"
        other.unwatch(run)


async def test_who_is_alone_says_nothing(pair: Pair) -> None:
    one, other, heard = pair
    run = new_id()
    signal = heard.of(run)
    begun = other.watch(run)
    assert begun is not None
    await begun
    one.alone = lambda: True
    one.publish(run)
    one.alone = lambda: False
    await signal.wait(0, 0.3)
    assert signal.count == 0


async def test_who_waits_for_the_end_is_not_woken_before(pair: Pair) -> None:
    one, other, heard = pair
    run = new_id()
    signal = heard.of(run)
    begun = other.watch(run)
    assert begun is not None
    await begun
    one.publish(run, turn=False)
    await signal.wait(0, 10)
    assert (signal.count, signal.turns) == (1, 0)
    one.publish(run, turn=True)
    one.publish(run, turn=False)  # told in one message: it stays a turn
    await signal.wait(0, 10, turns=True)
    assert signal.turns == 1


async def test_a_lost_connection_is_made_anew_and_all_look_again(
    pair: Pair, database_kind: str, database_url: str
) -> None:
    one, other, heard = pair
    run = new_id()
    signal = heard.of(run)
    begun = other.watch(run)
    assert begun is not None
    await begun
    if database_kind == "postgresql":
        async with open_database(database_url) as database:
            ended = text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'agenticrag-wakeups' AND datname = current_database()"
            )
            await database.read(lambda connection: connection.execute(ended).all())
    else:
        async with Redis.from_url(REDIS) as redis:
            for client in await redis.client_list():
                if client["name"] == "agenticrag-wakeups":
                    await redis.client_kill(client["addr"])
    await signal.wait(0, 10)
    assert signal.count >= 1, "told to look, since what was said meanwhile is lost"
    await until(lambda: one.connected and other.connected)
    seen = signal.count
    one.publish(run)
    await signal.wait(seen, 10)
    assert signal.count > seen
