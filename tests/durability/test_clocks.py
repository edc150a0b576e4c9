"""Wall clocks that jump while servers work: nobody loses a run, and no time is counted that did not pass."""

import asyncio
import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from persistence.storage.migrate import upgrade
from tests.durability.conftest import Serve
from tests.durability.forks import Nursery
from tests.durability.private_postgresql import private_postgresql
from tests.durability.rows import fault
from tests.durability.runs import Runs, chain
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.durability.wall_clock import WallClock
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply
from tests.server.conftest import parse_frames

LEASE = 6.0
JUMPS = (3600, -3600, 2 * 86400, -2 * 86400)
"""Seconds: an hour, as by a wrong time zone, and two days."""
LONG = 60_000
"""Milliseconds that nothing of these tests takes."""


@pytest.fixture(scope="module")
def nursery_of_clocks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """What forks servers whose clocks tests can set."""
    with Nursery(WallClock(tmp_path_factory.mktemp("clock")).environment) as nursery:
        yield nursery


async def events(server: ServerProcess, id: str) -> list[dict[str, Any]]:
    """Return all events of a run that has ended."""
    async with server.client() as http:
        answer = await http.get(f"/executions/{id}/events", params={"follow": "false"})
    assert answer.status_code == 200, answer.text
    return [json.loads(frame.data) for frame in parse_frames(answer.text)]


async def check(server: ServerProcess, runs: Runs, ids: list[str]) -> float:
    """Hold that runs ended by themselves, in the time that they took; return the longest in seconds."""
    longest = 0.0
    for run in await runs.ended(ids):
        assert run["status"] == "completed", run
        assert 0 < run["duration_ms"] < LONG, run
        told = await events(server, run["id"])
        assert "run.resumed" not in [event["type"] for event in told], "somebody took it over"
        for event in told:
            assert (event["data"].get("duration_ms") or 0) < LONG, event
        moments = [event["ts"] for event in told[1:]]
        assert all(earlier <= later for earlier, later in pairwise(moments)), moments
        longest = max(longest, run["duration_ms"] / 1000)
    return longest


@fault(
    "F-46",
    "The wall clock of one server or of two jumps by an hour or two days, forth or back, during runs",
    "0 runs are taken over, 0 calls repeated, no duration counts the jump; a frozen server loses its runs",
    ci=1,
    full=8,
)
@pytest.mark.timeout(300)
async def test_a_jump_of_the_wall_clock_takes_nothing(
    trial: Trial,
    database_url: str,
    serve: Serve,
    fake: FakeOpenAI,
    nursery_of_clocks: Nursery,
    tmp_path: Path,
) -> None:
    fake.default = Reply(echo=True, delay=0.12)
    clocks = [WallClock(tmp_path, f"clock-{number}") for number in range(2)]
    servers = [
        serve(forked_by=nursery_of_clocks, AGENTICRAG_LEASE_SECONDS=str(LEASE), **clock.environment)
        for clock in clocks
    ]
    await servers[0].create_key()
    servers[1].key = servers[0].key
    for server in servers:
        await server.start()
    both = [Runs(server) for server in servers]
    flow = await both[0].store(chain("a", "b", "c"))
    number = 0
    for turn in range(trial.count):
        jumps = [0, 0]
        for which in trial.rng.choice([(0,), (1,), (0, 1)]):
            jumps[which] = trial.rng.choice(JUMPS)
        asked = len(fake.log)
        ids = [[await runs.start(flow, number := number + 1) for _ in range(3)] for runs in both]
        await asyncio.sleep(trial.rng.uniform(0.05, 0.3))
        for clock, jump in zip(clocks, jumps, strict=True):
            clock.jump(jump)
        await asyncio.sleep(1.3 * LEASE)  # each beats, and looks for what others have left
        for server, runs, theirs in zip(servers, both, ids, strict=True):
            trial.peak(longest_run_s=round(await check(server, runs, theirs), 2))
        assert len(fake.log) - asked == 3 * sum(map(len, ids)), "a call was repeated"
        if turn == trial.count - 1:
            await takes_over(servers, both, flow, trial)
        for clock in clocks:
            clock.jump(0)
    for server in servers:
        assert await server.stop() == 0
    trial.saw(taken_over=0, calls_repeated=0)


async def takes_over(servers: list[ServerProcess], both: list[Runs], flow: str, trial: Trial) -> None:
    """Hold that a server that does nothing any more loses its runs, whatever the clocks say."""
    id = await both[0].start(flow, 1_000_000)
    servers[0].freeze()
    began = time.monotonic()
    [run] = await both[1].ended([id])
    assert run["status"] == "completed"
    trial.peak(taken_over_and_done_s=round(time.monotonic() - began, 2))
    servers[0].thaw()


@fault(
    "F-47",
    "The clock of the PostgreSQL server jumps by an hour or two days, forth or back, during runs",
    "0 runs are taken over from a server that lives, 0 calls repeated, nobody waits for a limit to end",
    ci=1,
    full=4,
)
@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_kind", ["postgresql"])
async def test_a_jump_of_the_databases_clock_takes_nothing(
    trial: Trial, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, delay=0.12)
    with private_postgresql() as database:
        clock = WallClock(database.folder)
        database.kill()
        database.start(environment=clock.environment)
        url = database.url()
        await asyncio.to_thread(upgrade, url)
        servers = [serve(url=url, AGENTICRAG_LEASE_SECONDS=str(LEASE)) for _ in range(2)]
        await servers[0].create_key()
        servers[1].key = servers[0].key
        for server in servers:
            await server.start()
        both = [Runs(server) for server in servers]
        flow = await both[0].store(chain("a", "b", "c"))
        number = 0
        for _ in range(trial.count):
            asked = len(fake.log)
            ids = [[await runs.start(flow, number := number + 1) for _ in range(3)] for runs in both]
            await asyncio.sleep(trial.rng.uniform(0.05, 0.3))
            clock.jump(trial.rng.choice(JUMPS))
            await asyncio.sleep(1.3 * LEASE)
            for server, runs, theirs in zip(servers, both, ids, strict=True):
                trial.peak(longest_run_s=round(await check(server, runs, theirs), 2))
            assert len(fake.log) - asked == 3 * sum(map(len, ids)), "a call was repeated"
            clock.jump(0)
            await asyncio.sleep(1.3 * LEASE)
        for server in servers:
            assert await server.stop() == 0
    trial.saw(taken_over=0, calls_repeated=0)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_jump_moves_the_waits_of_days_by_its_length_and_loses_none(
    database_url: str, serve: Serve, nursery_of_clocks: Nursery, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    server = serve(forked_by=nursery_of_clocks, AGENTICRAG_LEASE_SECONDS="2", **clock.environment)
    await server.create_key()
    await server.start()
    runs = Runs(server)
    ask = await runs.store(waiting("human_approval", message="Go on?", expires_after_seconds=3_600))
    patient = await runs.store(waiting("human_approval", message="Go on?"))
    delay = await runs.store(waiting("delay", seconds=2 * 3_600))

    async def settled(seconds: float, *open: str) -> None:
        """Let the clock jump, and hold that these runs wait when the server has looked at it."""
        clock.jump(seconds)
        await asyncio.sleep(2)
        for id in open:
            run = await runs.read(id)
            assert run is not None, server.tail()
            assert run["completed_at"] is None, run

    async def answered(id: str) -> None:
        async with server.client() as http:
            answer = await http.post(f"/executions/{id}/respond", json={"action": "approve"})
        assert answer.status_code == 200, answer.text

    hour, hours, ever = [await runs.start(flow, number) for number, flow in enumerate((ask, delay, patient))]
    await settled(0, hour, hours, ever)
    await settled(-3_600, hour, hours, ever)
    await settled(3_660, hours, ever)  # an hour has passed by this clock, two have not
    [expired] = await runs.ended([hour], 10)
    assert expired["output_data"]["action"] == "expired"
    await settled(2 * 86_400, ever)
    [delayed] = await runs.ended([hours], 10)
    late = await runs.start(ask, 3)
    await settled(0, ever, late)  # its hour begins two days from now
    await answered(late)
    await answered(ever)
    for run in [expired, delayed, *await runs.ended([late, ever], 10)]:
        assert run["status"] == "completed", run
        assert run["duration_ms"] >= 0, run
    assert await server.stop() == 0


def waiting(type: str, **data: Any) -> dict[str, Any]:
    """Return an agentflow of one node that waits, whatever comes of it."""
    outlets = ("approved", "rejected", "expired") if type == "human_approval" else ("out",)
    edges = [("start", "out", "wait"), *(("wait", outlet, "end") for outlet in outlets)]
    return {
        "name": f"{type} for {data.get('expires_after_seconds', 'any time')}",
        "graph_definition": {
            "nodes": [
                {"id": "start", "type": "start"},
                {"id": "wait", "type": type, "data": data},
                {"id": "end", "type": "end"},
            ],
            "edges": [
                {"id": f"{source}-{outlet}", "source": source, "target": target, "sourceHandle": outlet}
                for source, outlet, target in edges
            ],
        },
    }
