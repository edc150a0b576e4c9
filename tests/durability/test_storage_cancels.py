"""Cancels at random points: nothing stays open behind them, on either side."""

import asyncio
import random
import sqlite3
import time
from typing import Any

import asyncpg
import httpx
import pytest

from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.runs import CHAT, Runs
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply, question

SIDE_BY_SIDE = 8
"""Clients that start and cancel at once, each on sessions of its own."""


@fault(
    "F-16",
    "Clients cancel at random points",
    "open transactions 0, runs left open 0, upstream connections left 0, sessions unusable 0, leaks 0",
    ci=64,
    full=1000,
)
@pytest.mark.timeout(400)
async def test_cancels_leave_nothing_behind(
    trial: Trial, database_url: str, database_kind: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(tokens=40, delay=0.02)
    server = serve()
    await server.create_key()
    await server.start()
    await Runs(server).chat("warm", "up")
    before = server.footprint()
    asked: dict[str, float] = {}
    each = [trial.count // SIDE_BY_SIDE] * SIDE_BY_SIDE
    each[0] += trial.count % SIDE_BY_SIDE
    seeds = [random.Random(trial.rng.random()) for _ in each]
    work = zip(range(SIDE_BY_SIDE), each, seeds, strict=True)
    await asyncio.gather(*(_client(server, fake, client, times, rng, asked) for client, times, rng in work))
    async with server.client() as http:
        still = [
            (await http.get("/executions", params={"status": status})).json()["total"]
            for status in ("running", "pending", "waiting_approval")
        ]
    assert still == [0, 0, 0]
    await fake.until(lambda: all(exchange.end for exchange in fake.log))
    if database_kind == "sqlite":
        other = sqlite3.connect(database_url.removeprefix("sqlite+aiosqlite:///"), timeout=0.5)
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
        other.close()
    else:
        connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
        idle = await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND state LIKE 'idle in transaction%' AND now() - state_change > interval '1 second'"
        )
        await connection.close()
        assert idle == 0
    fake.default = Reply(echo=True)
    runs = Runs(server)
    for client in range(SIDE_BY_SIDE):
        assert (await runs.chat(f"client-{client}", "usable?"))["response"].endswith("usable?")
    after = await server.settled(before)
    # What the warm-up did not need stays open by design: the pools of readers and of model connections.
    assert after.descriptors - before.descriptors <= 30, (before, after)
    assert after.children == before.children
    closing = sorted(
        exchange.ended - asked[_asked(exchange.body)]
        for exchange in fake.log
        if exchange.end == "peer_closed" and exchange.ended is not None and _asked(exchange.body) in asked
    )
    assert await server.stop() == 0
    trial.saw(cancels=trial.count, open_transactions=0, unusable_sessions=0)
    trial.saw(cut_off_model_calls=len(closing))
    trial.peak(upstream_closed_p99_ms=round(closing[int(len(closing) * 0.99)] * 1000))
    assert closing[int(len(closing) * 0.99)] <= 5  # 250 ms, on a machine that does nothing else


async def _client(
    server: ServerProcess,
    fake: FakeOpenAI,
    client: int,
    times: int,
    rng: random.Random,
    asked: dict[str, float],
) -> None:
    """Start a chat, cancel it after a while, and again; `asked` gets when which message was cancelled."""
    session = f"client-{client}"
    seen: set[str] = set()
    async with server.client() as http:
        for turn in range(times):
            message = f"{session} turn {turn}"
            body = {"message": message, "session_id": session, "config": CHAT}
            asking = asyncio.create_task(http.post("/chatflow/chat/stream", json=body))
            await asyncio.sleep(rng.uniform(0, 0.3))
            if turn % 2:  # in the middle of the model's words, however slow the machine is
                await fake.until(
                    lambda message=message: any(one.body and _asked(one.body) == message for one in fake.log)
                )
            while (id := await _new_run(http, session, seen)) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            seen.add(id)
            if rng.random() < 0.3:  # who leaves ends nothing: the cancel comes from elsewhere
                asking.cancel()
            asked[message] = time.monotonic()
            cancelled = await http.post(f"/executions/{id}/cancel")
            assert cancelled.status_code in (200, 202), cancelled.text
            await asyncio.wait({asking})


async def _new_run(http: httpx.AsyncClient, session: str, seen: set[str]) -> str | None:
    """Return the id of a session's newest run, once there is one that was not seen before."""
    answer = await http.get("/executions", params={"session_id": session, "limit": 1})
    newest = [run["id"] for run in answer.json()["executions"]]
    return newest[0] if newest and newest[0] not in seen else None


def _asked(body: Any) -> str:
    """Return the newest question: those of turns that were cut off stand before it in the same message."""
    return question(body).rpartition("\n\n")[2]
