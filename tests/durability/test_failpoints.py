"""Death at named points, between any two writes of a run: nothing is lost, nothing committed repeated."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from graphs.node_execution.failpoints import KILLED, POINTS, VARIABLE, FailpointError, Point, parse
from persistence.journal.journal import Journal
from persistence.storage.database import open_database
from persistence.storage.migrate import current, head
from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import Runs, chain
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI

OF_RUNS: Sequence[Point] = [point for point in POINTS if not point.startswith("during_")]


@fault(
    "F-02",
    "Death at each named point of a run",
    "lost 0, committed nodes repeated 0, stored calls repeated 0, recovery begins within 10 s",
    ci=len(OF_RUNS),
    full=len(OF_RUNS),
)
@pytest.mark.timeout(300)
async def test_a_run_survives_death_at_every_point(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    history = History(offset=time.time() - time.monotonic(), exchanges=fake.log)
    server = serve()
    await server.create_key()
    await server.start()
    runs = Runs(server)
    flow = await runs.store(chain("a", "b"))
    await server.stop()
    started: list[asyncio.Task[str]] = []
    recoveries: list[float] = []
    for number, point in enumerate(OF_RUNS):
        await server.launch(environment={VARIABLE: f"{point}=exit"})
        started.append(asyncio.create_task(runs.start(flow, number)))
        assert await server.ended() == KILLED, point
        died = time.time()
        await asyncio.sleep(0.1)  # the scripted model reads what is still in its sockets
        history.accidents.append((died, time.time()))
        if trial.full or point == OF_RUNS[-1]:
            again = time.time()
            await server.start()
            await runs.ended([await task for task in started])
            recoveries.append(await _recovered(database_url, runs.accepted, again))
            if point != OF_RUNS[-1]:
                await server.stop()
    ended = await runs.ended(runs.accepted)
    assert [run["status"] for run in ended] == ["completed"] * len(OF_RUNS)
    for run in ended:
        assert run["output_data"] == f"b of a of {run['input_data']['number']}"
    assert await server.stop() == 0
    history.accepted = runs.accepted
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(**verdict.figures)
    trial.peak(recovery_s=max(recoveries))
    assert max(recoveries) <= 10


async def _recovered(database_url: str, ids: Sequence[str], since: float) -> float:
    """Return how long after a start the last run was taken up that was taken up in it."""
    async with open_database(database_url) as database:
        journal = Journal(database)
        resumed = [
            event.ts - since
            for id in ids
            for event in await journal.read(id)
            if event.type == "run.resumed" and event.ts > since
        ]
    return max(resumed, default=0.0)


@fault("F-02", "Death while pruning", "the database is as before, and is pruned the next time", ci=1, full=3)
async def test_retention_survives_death(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    for number in range(trial.count):
        server = serve(AGENTICRAG_RETENTION_DAYS="0.0000001")
        await server.create_key()
        await server.start()
        runs = Runs(server)
        await runs.ended([await runs.start(await runs.store(chain("a")), number)])
        assert await server.stop() == 0
        deadly = {VARIABLE: "during_prune=exit"}
        assert (await server.command("db", "prune", environment=deadly))[0] == KILLED
        assert (await server.command("db", "check"))[0] == 0
        code, said = await server.command("db", "prune")
        assert (code, said.split(",")[0]) == (0, "Dropped: 1 journals")
        code, said = await server.command("db", "check")
        assert code == 0, said


@fault(
    "F-02", "Death while migrating", "the database is as before, and is migrated the next time", ci=1, full=3
)
async def test_a_migration_survives_death(trial: Trial, empty_database_url: str, serve: Serve) -> None:
    server = serve(url=empty_database_url)
    for _ in range(trial.count):
        deadly = {VARIABLE: "during_migration=exit"}
        assert (await server.command("db", "upgrade", environment=deadly))[0] == KILLED
        assert await asyncio.to_thread(current, empty_database_url) is None
    assert (await server.command("db", "upgrade"))[0] == 0
    assert await asyncio.to_thread(current, empty_database_url) == head()


@fault("F-02", "Death while a backup is written", "no file, the server unmoved", ci=1, full=3)
async def test_a_backup_survives_death(trial: Trial, serve: Serve, tmp_path: Path) -> None:
    server = serve()
    await server.create_key()
    await server.start()
    file = tmp_path / "backup"
    for _ in range(trial.count):
        deadly = {VARIABLE: "during_export=exit"}
        assert (await server.command("db", "backup", str(file), environment=deadly))[0] == KILLED
        assert not file.exists()
    assert (await server.command("db", "backup", str(file)))[0] == 0
    assert file.exists()
    assert (await Runs(server).chat("s", "still there?"))["response"] == "still there?"


@fault(
    "F-03",
    "A run whose process dies of it every time",
    "recovered 3 times, then failed with recovery_exhausted; its session is free within 1 s",
    ci=1,
    full=3,
)
async def test_a_crash_loop_ends(trial: Trial, serve: Serve, fake: FakeOpenAI) -> None:
    for number in range(trial.count):
        session = f"session-{number}"
        server = serve(AGENTICRAG_MAX_RECOVERIES="3")
        await server.create_key()
        deadly = {VARIABLE: "after_call_before_journal=exit"}
        await server.launch(environment=deadly)
        asking = asyncio.create_task(_ask_once(server, session))
        deaths = 0
        for _ in range(4):
            assert await server.ended() == KILLED
            deaths += 1
            await server.launch(environment={} if deaths == 4 else deadly)
        await asking
        runs = Runs(server)
        [run] = await runs.ended([await _only_run(server, session)])
        assert (run["status"], run["error"]["code"]) == ("failed", "recovery_exhausted")
        failed = time.monotonic()
        assert (await runs.chat(session, "and now?"))["response"].endswith("and now?")
        idle = time.monotonic() - failed
        keys = [exchange.headers["idempotency-key"] for exchange in fake.log if exchange.body]
        assert (keys.count(keys[0]), len(set(keys))) == (4, 2)
        fake.log.clear()
        trial.saw(recoveries=deaths - 1)
        trial.peak(session_free_s=idle)
        assert idle <= 5  # a second, on a machine that does nothing else
        await server.stop()


async def _ask_once(server: ServerProcess, session: str) -> None:
    """Send a message until a server takes it, and do not wait for its answer."""
    body = {
        "message": "deadly",
        "session_id": session,
        "config": {"provider": "openai", "model": "fake-model"},
    }
    while True:
        try:
            async with server.client() as http:
                answer = await http.post("/chatflow/chat", json=body, headers={"Idempotency-Key": session})
            if answer.status_code != 503:
                return
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return
        except httpx.TransportError:
            await asyncio.sleep(0.02)


async def _only_run(server: ServerProcess, session: str) -> str:
    while True:
        with contextlib.suppress(httpx.TransportError):
            async with server.client() as http:
                answer = await http.get("/executions", params={"session_id": session})
            if answer.status_code == 200:
                [run] = answer.json()["executions"]
                return run["id"]
        await asyncio.sleep(0.02)


def test_what_the_variable_says_is_read_or_refused() -> None:
    assert parse("") == {}
    assert parse("after_put=exit, before_call=exit@3") == {"after_put": 1, "before_call": 3}
    for wrong in ("after_lunch=exit", "after_put", "after_put=sleep", "after_put=exit@0", "after_put=exit@x"):
        with pytest.raises(FailpointError, match="expected NAME=exit"):
            parse(wrong)


async def test_a_server_says_loudly_that_it_is_to_die(serve: Serve, database_url: str) -> None:
    server = serve(**{VARIABLE: "after_accept=exit@9"})
    await server.start()
    assert "FAILPOINTS ARE ON: this process dies at after_accept" in server.tail()
    _, said = await server.command("doctor")
    assert "servers die on purpose" in said
