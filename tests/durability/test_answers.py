"""Answers that come while a run is about to wait: one is taken, or all are told to come again."""

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import Runs
from tests.durability.test_sessions import APPROVAL
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI

AT_ONCE = 6
"""Answers of one round."""
BESIDE = 8
"""Rounds beside each other."""


@fault(
    "F-08",
    "Six answers to a run that is about to wait, on PostgreSQL over two servers",
    "exactly one is taken, or all are told that nothing is asked yet; no run waits although its answer came",
    ci=16,
    full={"sqlite": 1_000, "postgresql": 500},
)
@pytest.mark.timeout(600)
async def test_answers_that_race_a_pause_are_taken_or_told_to_come_again(
    trial: Trial, database_url: str, database_kind: str, serve: Serve, fake: FakeOpenAI
) -> None:
    servers = [serve() for _ in range(1 if database_kind == "sqlite" else 2)]
    await servers[0].create_key()
    for server in servers:
        server.key = servers[0].key
        await server.start()
    runs = Runs(servers[0])
    flow = await runs.store(APPROVAL)
    seen: Counter[str] = Counter()

    async def answer(http: httpx.AsyncClient, run: str, name: str, seconds: float = 0.0) -> httpx.Response:
        await asyncio.sleep(seconds)
        return await http.post(f"/executions/{run}/respond", json={"action": "approve", "comment": name})

    async def go_round(clients: list[httpx.AsyncClient], number: int) -> None:
        run = await runs.start(flow, number)
        begin = trial.rng.uniform(0, 0.05)
        came = await asyncio.gather(
            *(
                answer(clients[each % len(clients)], run, f"{each}", begin + trial.rng.uniform(0, 0.01))
                for each in range(AT_ONCE)
            )
        )
        taken = [f"{each}" for each, one in enumerate(came) if one.status_code == 200]
        codes = Counter(one.json()["code"] for one in came if one.status_code != 200)
        assert {one.status_code for one in came} <= {200, 409}
        if taken:
            assert len(taken) == 1
            assert set(codes) <= {"not_asked_yet", "already_answered", "not_waiting"}
        else:
            assert codes == {"not_asked_yet": AT_ONCE}
            assert all(one.headers["retry-after"] for one in came)
            await _waits(runs, run)
            last = await answer(clients[-1], run, "later")
            assert last.status_code == 200, last.text
            taken = ["later"]
            seen["told to come again"] += 1
        (ended,) = await runs.ended([run], 20)
        assert ended["output_data"] == f"act on {taken[0]}"
        seen["taken"] += 1

    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(server.client()) for server in servers]
        for start in range(0, trial.count, BESIDE):
            rounds = range(start, min(start + BESIDE, trial.count))
            await asyncio.gather(*(go_round(clients, number) for number in rounds))
    for server in servers:
        assert await server.stop() == 0
    history = History(accepted=runs.accepted, exchanges=fake.log, offset=time.time() - time.monotonic())
    (await check(database_url, history)).hold(trial)
    trial.saw(**{name.replace(" ", "_"): count for name, count in seen.items()})


async def _waits(runs: Runs, run: str) -> None:
    """Return when a run waits for a person."""
    async with asyncio.timeout(20):
        while True:
            row = await runs.read(run)
            if row is not None and row["status"] == "waiting_approval":
                return
            await asyncio.sleep(0.02)
