"""The queue of turns, on Redis and on PostgreSQL: a flood of one workspace is one message."""

import json
import uuid
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from persistence.runs.waiting_runs import Place
from server.workers.turn_queue import QueueDown, TurnQueue
from tests.server.conftest import REDIS


@pytest.fixture
async def queue(empty_database_url: str) -> AsyncIterator[TurnQueue]:
    """A queue of this test's own: on Redis in the place of SQLite."""
    url = empty_database_url.replace("+asyncpg", "") if "postgresql" in empty_database_url else REDIS
    queue = TurnQueue(url, uuid.uuid4().hex[:12])
    yield queue
    await queue.close()


async def test_workspaces_take_turns_whatever_one_of_them_has_waiting(queue: TurnQueue) -> None:
    await queue.check()
    for _ in range(50):
        queue.call(Place("default", "flood"))
    first = await queue.next("default", seconds=5)
    queue.call(Place("default", "other"))
    turns = [first]
    for _ in range(4):
        turn = await queue.next("default", seconds=2)
        if turn is not None:
            queue.call(Place("default", turn))  # it has more
        turns.append(turn)
    assert "other" in turns[:4], "behind the messages that were on their way, not behind fifty"
    assert turns.count("flood") <= 4


async def test_a_queue_has_its_own_messages(queue: TurnQueue) -> None:
    queue.call(Place("slow", "w"))
    assert await queue.next("default", seconds=0.3) is None
    assert await queue.next("slow", seconds=5) == "w"
    assert await queue.next("slow", seconds=0.3) is None


async def test_a_queue_that_does_not_answer_says_so_and_keeps_nobody_waiting() -> None:
    gone = TurnQueue("redis://127.0.0.1:1/0", "gone")
    gone.call(Place("default", "w"))
    with pytest.raises(QueueDown):
        await gone.next("default", seconds=1)
    await gone.close()


@pytest.mark.threat("R-13")
async def test_messages_that_nobody_here_wrote_are_thrown_away_and_the_next_one_comes() -> None:
    namespace = uuid.uuid4().hex[:12]
    turns, redis = TurnQueue(REDIS, namespace), Redis.from_url(REDIS)
    queue = f"agenticrag-{namespace}-default"
    message = {"function": "turn", "queue": queue, "key": "x"}
    for number, body in enumerate(
        (
            b"\xff\xfe no text",
            b"[1]",
            b"7",
            b"{}",
            b"[" * 100_000,
            json.dumps({**message, "queue": "of another"}),
            json.dumps({**message, "unknown": 1}),
            json.dumps({**message, "kwargs": [1]}),
            json.dumps({**message, "kwargs": {}}),
            json.dumps({**message, "kwargs": {"workspace": ["w"]}}),
            json.dumps({**message, "kwargs": {"workspace": "a\0b"}}),
            json.dumps({**message, "kwargs": {"workspace": "a\ud800b"}}),
            json.dumps({**message, "kwargs": {"workspace": "x" * 1_000_000}}),
            json.dumps({**message, "ttl": "soon", "kwargs": {"workspace": "w"}}),
        )
    ):
        await redis.set(f"saq:job:{queue}:{number}", body)
        await redis.rpush(f"saq:{queue}:queued", f"saq:job:{queue}:{number}")
        assert await turns.next("default", seconds=0.5) is None
    await redis.rpush(f"saq:{queue}:queued", "named, and not there")
    assert await turns.next("default", seconds=0.5) is None
    await turns.sweep(["default"])
    turns.call(Place("default", "w"))
    assert await turns.next("default", seconds=5) == "w"
    assert await redis.llen(f"saq:{queue}:active") <= 1, "what cannot be read does not pile up"
    async for key in redis.scan_iter(f"saq:*{namespace}*"):
        await redis.delete(key)
    await redis.aclose()
    await turns.close()
