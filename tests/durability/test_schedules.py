"""Schedules over two servers, of which one is killed again and again: no time is missed, none comes twice."""

import asyncio
import time
from collections import Counter
from datetime import datetime

import msgspec
import pytest
from sqlalchemy import select

from persistence.storage.database import open_database
from persistence.storage.tables.runs import executions
from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.runs import Runs
from tests.durability.trial import Trial

FLOW = {
    "name": "scheduled",
    "graph_definition": {
        "nodes": [{"id": "s", "type": "start"}, {"id": "e", "type": "end", "data": {"output": "done"}}],
        "edges": [{"id": "a", "source": "s", "target": "e"}],
    },
}


@fault(
    "F-52",
    "SIGKILL of one of two servers again and again while schedules start runs every second",
    "each time of each schedule has one run: 0 are missed, 0 come twice",
    ci=2,
    full=10,
)
@pytest.mark.timeout(600)
async def test_each_time_of_a_schedule_has_one_run_whatever_is_killed(
    trial: Trial, database_url: str, serve: Serve
) -> None:
    quick = {
        "AGENTICRAG_LEASE_SECONDS": "2",
        "AGENTICRAG_SCHEDULE_MIN_SECONDS": "1",
        "AGENTICRAG_MAX_OPEN_RUNS": "0",
    }
    first, second = (serve(**quick) for _ in range(2))
    await first.create_key()
    second.key = first.key
    await first.start()
    await second.start()
    flow = await Runs(second).store(FLOW)
    ids: list[str] = []
    async with second.client() as http:
        for number in range(20 if trial.full else 5):
            body = {
                "flow_id": flow,
                "name": f"schedule {number}",
                "cron": "* * * * * *",
                "missed": "all",
                "input": {"time": "{{ schedule.time }}"},
            }
            answer = await http.post("/schedules", json=body)
            assert answer.status_code == 201, answer.text
            ids.append(answer.json()["id"])
    for _ in range(trial.count):
        await asyncio.sleep(trial.rng.uniform(2, 20 if trial.full else 4))
        await first.kill()
        await asyncio.sleep(trial.rng.uniform(0, 3))
        await first.start()
    async with second.client() as http:
        stopped_at = time.time()
        await asyncio.sleep(1)
        deadline = time.monotonic() + 60
        for id in ids:  # all that was due by then has been started
            while _moment((await http.get(f"/schedules/{id}")).json()["next_at"]) <= stopped_at:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.2)
            await http.put(f"/schedules/{id}", json={"enabled": False})
    wanted = select(executions.c.schedule_id, executions.c.input).where(executions.c.flow_id == flow)
    async with open_database(database_url) as database:
        rows = await database.read(lambda held: held.execute(wanted).all())
    times: dict[str, Counter[float]] = {id: Counter() for id in ids}
    for id, given in rows:
        times[id][_moment(msgspec.json.decode(given)["time"])] += 1
    missed = sum(int(max(found) - min(found)) + 1 - len(found) for found in times.values())
    twice = sum(count - 1 for found in times.values() for count in found.values())
    trial.saw(times=len(rows), missed=missed, twice=twice)
    assert (missed, twice) == (0, 0)
    assert len(rows) >= len(ids) * trial.count * 2
    assert await first.stop() == 0
    assert await second.stop() == 0


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
