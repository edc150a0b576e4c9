"""Streams of a visitor's session with several processes: counted together in Redis, not for long after."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import msgspec
import pytest

from persistence.storage.ids import new_id
from server.embed.stream_slots import StreamSlots
from server.limits.limit_stores import RedisStore
from server.settings.sources import Settings
from tests.server.conftest import API, REDIS, Running
from tests.server.embedding import asking, owner_of, session_of


@pytest.fixture
def session() -> str:
    """The name of a session that no other test has."""
    return new_id()


async def test_seats_are_counted_together_and_free_when_their_holder_is_dead(
    redis: RedisStore, session: str
) -> None:
    one, other = StreamSlots(redis), StreamSlots(redis)
    taken = await asyncio.gather(
        *(seats.take(session, new_id(), 2) for _ in range(20) for seats in (one, other))
    )
    assert sum(taken) == 2
    assert await one.take(f"{session}-other", "a", 2)

    brief = StreamSlots(redis, lease=1.0)
    for seat in ("kept", "dead"):
        assert await brief.take(f"{session}-brief", seat, 2)
    for _ in range(8):
        await asyncio.sleep(0.2)
        await brief.keep([(f"{session}-brief", "kept"), (f"{session}-brief", "left before")])
    granted = [await brief.take(f"{session}-brief", seat, 2) for seat in ("new", "too many")]
    assert granted == [True, False]
    await brief.leave(f"{session}-brief", "kept")
    assert await brief.take(f"{session}-brief", "newer", 2)


async def test_where_redis_does_not_answer_none_is_refused(session: str) -> None:
    gone = RedisStore("redis://127.0.0.1:1/0")
    seats = StreamSlots(gone)
    assert all([await seats.take(session, str(number), 1) for number in range(3)])
    await seats.keep([(session, "0")])
    await seats.leave(session, "0")
    await gone.close()


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.threat("E-09")
async def test_a_session_has_two_streams_with_all_processes_together(
    settings: Settings, start: Callable[[Settings], Running], redis: RedisStore
) -> None:
    settings = msgspec.structs.replace(settings, redis_url=REDIS)
    servers = [start(settings), start(settings)]
    owner = await owner_of(servers[0])
    embed = await owner.embed(await owner.flow(asking("team")))
    visitor = owner.visitor(embed)
    await session_of(visitor)
    execution = (await visitor.post("/chat", json={"message": "Hi"})).json()["execution_id"]
    paths = [f"{server.url}{API}/embed/public/{embed['embed_token']}/chat/stream" for server in servers]
    params = {"execution_id": execution}

    async def opened(stack: AsyncExitStack, place: int) -> int:
        stream = visitor.stream("GET", paths[place], params=params)
        return (await stack.enter_async_context(stream)).status_code

    async with AsyncExitStack() as first, AsyncExitStack() as second:
        assert await opened(first, 0) == 200
        assert await opened(second, 1) == 200
        for path in paths:
            refused = await visitor.get(path, params=params)
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        sent = await visitor.post(paths[1], json={"message": "Hi"})
        assert sent.status_code == 429
        await first.aclose()
        async with asyncio.timeout(5):
            while (freed := await opened(first, 1)) != 200:
                assert freed == 429
                await asyncio.sleep(0.05)
        await asyncio.to_thread(servers[1].stop)
        assert [await opened(first, 0), await opened(first, 0)] == [200, 200], "who stops gives all back"
        assert await opened(first, 0) == 429
    await owner.close()
