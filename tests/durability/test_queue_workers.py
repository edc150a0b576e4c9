"""Workers that take runs from a queue, and what kills, freezes and lost messages do to them."""

import asyncio
import time

import pytest
from redis.asyncio import Redis

from persistence.runs.executions import Executions
from persistence.storage.database import open_database
from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import Runs, chain
from tests.durability.server_process import ServerProcess
from tests.durability.test_workers import Follower
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

REDIS = "redis://127.0.0.1:6379/0"
ALIKE = {"AGENTICRAG_EXECUTOR": "saq", "AGENTICRAG_QUEUE_URL": REDIS, "AGENTICRAG_LEASE_SECONDS": "2"}


async def started(
    serve: Serve, workers: int, **environment: str
) -> tuple[ServerProcess, list[ServerProcess]]:
    """Start a server and workers of one queue."""
    server = serve(**{**ALIKE, **environment})
    await server.create_key()
    await server.start()
    made = [serve(worker=True, **{**ALIKE, **environment}) for _ in range(workers)]
    await asyncio.gather(*(worker.start() for worker in made))
    return server, made


@fault(
    "F-04",
    "SIGKILL of one of the workers again and again, under load",
    "lost 0, committed nodes repeated 0, stored calls repeated 0, the backlog drained within 60 s",
    ci=2,
    full=60,
)
@pytest.mark.timeout(900)
async def test_killed_workers_lose_and_repeat_nothing(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, delay=0.02)
    number = 4 if trial.full else 2
    every = 3.0 if trial.full else 0.6
    lease = {"AGENTICRAG_LEASE_SECONDS": "15"} if trial.full else {}
    server, workers = await started(serve, number, AGENTICRAG_WORKER_CONCURRENCY="8", **lease)
    runs = Runs(server)
    flow = await runs.store(chain("a", "b", "c"))
    history = History(exchanges=fake.log, offset=time.time() - time.monotonic())
    loading = asyncio.create_task(load(runs, flow, rate=6 if trial.full else 15))
    for _ in range(trial.count):
        await asyncio.sleep(every)
        worker = trial.rng.choice(workers)
        begun = time.time()
        await worker.kill()
        await worker.start()
        trial.peak(start_s=round(time.time() - begun, 1))
    loading.cancel()
    await asyncio.gather(loading, return_exceptions=True)
    begun = time.monotonic()
    ended = await runs.ended(runs.accepted, seconds=120)
    drained = time.monotonic() - begun
    assert {run["status"] for run in ended} == {"completed"}
    assert drained < 60
    for worker in workers:
        history.accidents += worker.accidents
        assert await worker.stop() == 0
    assert await server.stop() == 0
    history.accepted = runs.accepted
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(**verdict.figures)
    trial.peak(drained_s=round(drained, 1))


async def load(runs: Runs, flow: str, *, rate: float) -> None:
    """Start runs at a steady rate until it is cancelled; one that is being started is seen through."""
    starting: set[asyncio.Task[str]] = set()
    number = 0
    try:
        while True:
            starting.add(asyncio.create_task(runs.start(flow, number)))
            number += 1
            await asyncio.sleep(1 / rate)
    finally:
        await asyncio.gather(*starting)


@fault(
    "F-05",
    "SIGSTOP of a worker for longer than its lease, then SIGCONT",
    "another takes its runs over, and the history holds; a stream on a server misses no event",
    ci=0,
    full=8,
)
@pytest.mark.timeout(300)
async def test_a_frozen_worker_is_replaced_and_writes_nothing(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, delay=0.08)
    # Its pid lives while it is frozen, so the lease alone tells.
    server, workers = await started(serve, 2, AGENTICRAG_LEASE_SECONDS="1")
    runs = Runs(server)
    flow = await runs.store(chain("a", "b", "c"))
    history = History(exchanges=fake.log, offset=time.time() - time.monotonic())
    for turn in range(trial.count):
        ids = [await runs.start(flow, turn * 10 + number) for number in range(4)]
        followers = [Follower(server, id) for id in ids]
        async with asyncio.TaskGroup() as reading:
            for follower in followers:
                reading.create_task(follower.read())
            await asyncio.sleep(trial.rng.uniform(0.2, 0.6))
            begun = time.time()
            frozen = trial.rng.choice(workers)
            frozen.freeze()
        trial.peak(taken_over_and_done_s=round(time.time() - begun, 2))
        ended = await runs.ended(ids)
        assert {run["status"] for run in ended} == {"completed"}
        asked = len(fake.log)
        frozen.thaw()
        history.accidents.append((begun, time.time()))
        await runs.ended([await runs.start(flow, turn * 10 + 9)])
        own = f"of {turn * 10 + 9}"
        zombie = [one for one in list(fake.log)[asked:] if own not in str(one.body)]
        assert len(zombie) <= len(ids)
        history.zombies = max(history.zombies, len(zombie))
        for number, follower in enumerate(followers):
            history.numbers[f"{turn}-{number}"] = follower.numbers
    for process in (*workers, server):
        assert await process.stop() == 0
    history.accepted = runs.accepted
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(lost=verdict.figures["lost"])


@fault(
    "F-21",
    "messages of the queue deleted, and runs accepted without a message",
    "all complete: the next look at the database finds them",
    ci=1,
    full=5,
)
@pytest.mark.timeout(120)
async def test_runs_whose_messages_are_lost_are_found(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True)
    server, [worker] = await started(serve, 1)
    runs = Runs(server)
    flow = await runs.store(chain("a"))
    await runs.ended([await runs.start(flow, 0)])
    for turn in range(trial.count):
        worker.freeze()
        ids = [await runs.start(flow, turn * 10 + number) for number in range(1, 4)]
        async with Redis.from_url(REDIS) as redis:
            for key in [key async for key in redis.scan_iter("saq:*agenticrag*")]:
                await redis.delete(key)
        begun = time.monotonic()
        worker.thaw()
        ended = await runs.ended(ids)
        assert {run["status"] for run in ended} == {"completed"}
        trial.peak(found_s=round(time.monotonic() - begun, 2))
    assert await worker.stop() == 0
    assert await server.stop() == 0
    verdict = await check(database_url, History(accepted=runs.accepted))
    verdict.hold(trial)


@fault(
    "F-03",
    "a run whose worker dies every time it drives it",
    "it fails with recovery_exhausted after 3 recoveries, and its session goes on",
    ci=0,
    full=3,
)
@pytest.mark.timeout(120)
async def test_a_run_that_kills_its_workers_is_given_up(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True)
    server, workers = await started(serve, 1, AGENTICRAG_MAX_RECOVERIES="3")
    runs = Runs(server)
    flow = await runs.store(chain("a"))
    [worker] = workers
    await worker.stop()
    for turn in range(trial.count):
        id = await runs.start(flow, turn)
        deaths = 0
        ended = False
        while not ended:
            # It dies with the call that it is about to make.
            await worker.launch(environment={"AGENTICRAG_FAILPOINTS": "before_call=exit"})
            async with asyncio.timeout(30):
                while worker.running and not ended:
                    await asyncio.sleep(0.05)
                    ended = ((await runs.read(id)) or {}).get("completed_at") is not None
            deaths += not worker.running
            await worker.close()
        async with open_database(database_url) as database:
            row = await Executions(database).get(None, id)
        assert row is not None
        assert (row.status, (row.error or {}).get("code")) == ("failed", "recovery_exhausted")
        assert deaths == 4, "the first time, and three recoveries"
        trial.peak(deaths=deaths)
    await worker.start()
    assert (await runs.chat("again", "hello"))["success"]
    assert await worker.stop() == 0
    assert await server.stop() == 0


async def test_a_cancel_is_answered_alike_wherever_the_run_is(
    database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, silence=60)
    server, [worker] = await started(serve, 1)
    runs = Runs(server)
    flow = await runs.store(chain("a"))
    running = await runs.start(flow, 1)
    async with asyncio.timeout(20):
        while not fake.log:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    async with server.client() as http:
        cancelled = (await http.post(f"/executions/{running}/cancel")).json()
        worker.freeze()
        waiting = await runs.start(flow, 2)
        before = (await http.post(f"/executions/{waiting}/cancel")).json()
        worker.thaw()
    assert (cancelled["status"], before["status"]) == ("cancelled", "cancelled")
    assert cancelled.keys() == before.keys()
    assert await worker.stop() == 0
    assert await server.stop() == 0
    (await check(database_url, History(accepted=runs.accepted, exchanges=[]))).hold()
