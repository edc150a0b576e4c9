"""Several processes on one database, of which one freezes or is told to stop."""

import asyncio
import contextlib
import time
from collections.abc import Callable

import httpx
import pytest

from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import Runs, chain
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply
from tests.waits import Waits

LEASE = 1.0


@fault(
    "F-05",
    "SIGSTOP for longer than the lease, then SIGCONT, beside another process",
    "the other takes the runs over; of the frozen one 0 writes are taken, and it makes at most 1 call a run",
    ci=1,
    full=8,
)
@pytest.mark.timeout(300)
async def test_a_frozen_process_writes_nothing_when_it_wakes(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, delay=0.08)
    first, second = (serve(AGENTICRAG_LEASE_SECONDS=str(LEASE)) for _ in range(2))
    await first.create_key()
    second.key = first.key
    await first.start()
    await second.start()
    runs = Runs(first)
    flow = await runs.store(chain("a", "b", "c"))
    history = History(exchanges=fake.log, offset=time.time() - time.monotonic())
    after = 0
    for turn in range(trial.count):
        ids = [await runs.start(flow, turn * 10 + number) for number in range(3)]
        await asyncio.sleep(trial.rng.uniform(0.05, 0.6))
        begun = time.time()
        first.freeze()
        runs.server = second
        ended = await runs.ended(ids)
        assert {run["status"] for run in ended} == {"completed"}
        trial.peak(taken_over_and_done_s=round(time.time() - begun, 2))
        asked = len(fake.log)
        first.thaw()
        history.accidents.append((begun, time.time()))
        runs.server = first
        # Both serve: the one that was frozen begins runs again, and goes on with none of the old ones.
        await runs.ended([await runs.start(flow, turn * 10 + 9)])
        own = f"of {turn * 10 + 9}"
        zombie = [one for one in list(fake.log)[asked:] if own not in str(one.body)]
        after = max(after, len(zombie))
        assert len(zombie) <= len(ids)
    assert await first.stop() == 0
    assert await second.stop() == 0
    history.accepted, history.zombies = runs.accepted, after
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(lost=verdict.figures["lost"], stale_writes_taken=0)
    trial.peak(calls_after_fencing=after)


@fault(
    "F-06",
    "SIGTERM during 50 runs and 100 streams, and a start right after",
    "0 runs failed, exit within 30 s, a client sees no gap of more than 5 s and misses no event",
    ci=1,
    full=5,
)
@pytest.mark.timeout(300)
async def test_a_stop_in_full_flight_costs_no_run_and_no_event(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, delay=0.8)
    server = serve(AGENTICRAG_DRAIN_SECONDS="1", AGENTICRAG_MAX_CONCURRENT_RUNS="50")
    await server.create_key()
    await server.start()
    runs = Runs(server)
    flow = await runs.store(chain("a", "b"))
    history = History(exchanges=fake.log, offset=time.time() - time.monotonic())
    for turn in range(trial.count):
        ids = await asyncio.gather(*(runs.start(flow, turn * 100 + number) for number in range(50)))
        followers = [Follower(server, id) for id in ids for _ in range(2)]
        async with asyncio.TaskGroup() as reading:
            for follower in followers:
                reading.create_task(follower.read())
            started = list(followers)
            await _until(lambda started=started: all(one.numbers for one in started))
            await asyncio.sleep(trial.rng.uniform(0, 1))
            begun = time.time()
            server.terminate()
            assert await server.ended() == 0
            trial.peak(exit_s=round(time.time() - begun, 2))
            await server.start()
            history.accidents.append((begun, time.time()))
        ended = await runs.ended(ids)
        assert {run["status"] for run in ended} == {"completed"}
        for number, follower in enumerate(followers):
            history.numbers[f"{turn}-{number}"] = follower.numbers
            assert follower.ended
        cut = [follower for follower in followers if follower.connections > 1]
        told = [follower for follower in cut if follower.told_to_retry]
        assert cut, "every run had ended before the server was told to stop"
        gap = max((follower.gap for follower in cut), default=0.0)
        assert len(told) == len(cut), f"{len(told)} of {len(cut)} streams were told when to come back"
        # A start takes its time where others keep the machine busy: it is no part of what is promised.
        assert gap <= (5 if trial.full else 30) + max(0.0, server.ready_seconds - 1)
        trial.peak(gap_s=round(gap, 2))
        trial.saw(streams=len(followers), streams_resumed=len(cut))
    assert await server.stop() == 0
    history.accepted = runs.accepted
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(runs=len(runs.accepted), failed=0, events_missed=0)


AT_ONCE = 16


@fault(
    "F-01",
    "SIGKILL with a herd of open runs",
    "all complete, never more at once than AGENTICRAG_MAX_CONCURRENT_RUNS, and 99 of 100 others wait less "
    "than 500 ms meanwhile",
    ci=64,
    full=1000,
)
@pytest.mark.timeout(600)
@pytest.mark.threat("D-15")
async def test_what_a_crash_leaves_is_taken_up_a_few_at_a_time(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, silence=600)
    server = serve(AGENTICRAG_MAX_CONCURRENT_RUNS=str(AT_ONCE))
    await server.create_key()
    await server.start()
    runs = Runs(server)
    flow = await runs.store(chain("a"))
    ids = [await runs.start(flow, number) for number in range(trial.count)]
    await server.kill()
    fake.default = Reply(echo=True, silence=0.5)
    fake.log.clear()
    await server.start()
    begun = time.monotonic()
    with Waits(server.port) as others:
        ended = await runs.ended(ids, seconds=60 + trial.count / 4)
    trial.peak(
        all_done_s=round(time.monotonic() - begun, 1), others_wait_p99_ms=round(others.p99() * 1000, 1)
    )
    assert [(run["status"], run["error"]) for run in ended if run["status"] != "completed"] == []
    assert await server.stop() == 0
    verdict = await check(database_url, History(accepted=runs.accepted, accidents=[*server.accidents]))
    verdict.hold(trial)
    asked = [(one.opened, 1) for one in fake.log] + [(one.ended or one.opened, -1) for one in fake.log]
    open, most = 0, 0
    for _, change in sorted(asked):  # at the same moment an end counts before a beginning
        open += change
        most = max(most, open)
    trial.peak(at_once=most)
    assert 1 < most <= AT_ONCE
    # CI's other tests share the machine.
    assert others.p99() < (0.5 if trial.full else 5)


class Follower:
    """A client of a run's native stream that comes back with the last number it has."""

    def __init__(self, server: ServerProcess, execution: str) -> None:
        self.numbers: list[int] = []
        self.connections = 0
        self.told_to_retry = False
        self.gap = 0.0
        """Longest time between the end of a connection and the next answer, in seconds."""
        self.ended = False
        self._server = server
        self._execution = execution

    async def read(self) -> None:
        """Follow the run to its end."""
        async with self._server.client() as http:
            cut: float | None = None
            while not self.ended:
                headers = {"Last-Event-ID": str(self.numbers[-1])} if self.numbers else {}
                with contextlib.suppress(httpx.TransportError):
                    path = f"/executions/{self._execution}/events"
                    async with http.stream("GET", path, headers=headers) as answer:
                        if answer.status_code == 204:
                            self.ended = True
                        if answer.status_code == 200:
                            if cut is not None:
                                self.gap = max(self.gap, time.monotonic() - cut)
                            self.connections += 1
                            async for line in answer.aiter_lines():
                                self._hear(line)
                            cut = time.monotonic()
                            continue
                cut = cut or time.monotonic()
                await asyncio.sleep(0.05)

    def _hear(self, line: str) -> None:
        if line.startswith("id: "):
            self.numbers.append(int(line[4:]))
        elif line.startswith("retry: "):
            self.told_to_retry = True
        elif line.startswith("event: run.") and line[7:] in ("run.completed", "run.failed", "run.cancelled"):
            self.ended = True


async def _until(holds: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - any fact may be waited for
            await asyncio.sleep(0.01)
