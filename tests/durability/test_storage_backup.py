"""A backup that is made under load, and a server that goes on from it elsewhere."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import Runs, chain
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply


@fault(
    "F-36",
    "A backup under load, restored elsewhere",
    "every run of the backup ends right there, none is repeated that had ended; the first server is unmoved",
    ci=1,
    full=5,
)
@pytest.mark.timeout(180)
async def test_a_backup_under_load_is_whole(
    trial: Trial, database_url: str, empty_database_url: str, serve: Serve, fake: FakeOpenAI, tmp_path: Path
) -> None:
    fake.default = Reply(echo=True, delay=0.05)
    server = serve()
    await server.create_key()
    await server.start()
    runs = Runs(server)
    flow = await runs.store(chain("a", "b", "c"))
    taken = 0
    for turn in range(trial.count):
        work = [asyncio.create_task(runs.start(flow, turn * 100 + number)) for number in range(12)]
        await asyncio.sleep(trial.rng.uniform(0.1, 1.0))
        file = tmp_path / f"backup-{turn}"
        code, said = await server.command("db", "backup", str(file))
        assert code == 0, said
        ended = await runs.ended([await task for task in work])
        assert {run["status"] for run in ended} == {"completed"}
        there = serve(url=empty_database_url)
        code, said = await there.command("db", "restore", str(file), "--force")
        assert code == 0, said
        history = History(offset=time.time() - time.monotonic(), accidents=[time.time()])
        there.key = server.key
        await there.start()
        async with there.client() as http:
            listed = (await http.get("/executions", params={"limit": 100})).json()["executions"]
        found = Runs(there)
        for run in await found.ended([run["id"] for run in listed]):
            assert run["status"] == "completed"
            assert run["output_data"] == f"c of b of a of {run['input_data']['number']}"
        assert await there.stop() == 0
        history.accepted = [run["id"] for run in listed]
        verdict = await check(empty_database_url, history)
        verdict.hold(trial)
        code, said = await there.command("db", "check")
        assert code == 0, said
        taken += len(listed)
    trial.saw(runs_in_backups=taken, lost=0)
