"""The longest hold of the event loop is told with what held it, also where no other thread could run."""

import asyncio
import re
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from graphs.parsing.yaml_text import read_yaml
from server.metrics.loop_watch import LoopWatch
from tests.server.metrics.test_metrics import scrape

TICK = 0.01


@pytest.fixture
async def watch() -> AsyncIterator[LoopWatch]:
    made = LoopWatch(TICK)
    made.open()
    yield made
    made.close()


async def test_a_hold_is_told_with_its_task_and_its_code(watch: LoopWatch) -> None:
    async def imports() -> None:
        read_yaml(b"- a\n" * 75_000)

    await asyncio.sleep(5 * TICK)
    began = time.monotonic()
    await asyncio.create_task(imports())
    took = time.monotonic() - began
    await asyncio.sleep(2 * TICK)
    hold = watch.longest()
    assert took - 2 * TICK < hold.seconds <= took + 2 * TICK
    assert hold.task.endswith("imports")
    assert hold.code.startswith("graphs.parsing.yaml_text.")
    assert 0 < hold.cpu <= took + 2 * TICK


async def test_a_call_that_lets_no_other_thread_run_is_seen_all_the_same(watch: LoopWatch) -> None:
    async def searches() -> None:
        re.search(r"(?:a|a)*b", "a" * 22)  # holds the interpreter's lock to its end

    await asyncio.sleep(5 * TICK)
    await asyncio.create_task(searches())
    await asyncio.sleep(2 * TICK)
    assert watch.longest().seconds > 5 * TICK
    assert watch.longest().task.endswith("searches")


async def test_the_longest_of_a_minute_counts_and_what_is_over_is_forgotten(
    watch: LoopWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in (0.2, 0.05):
        time.sleep(seconds)  # noqa: ASYNC251  # that is what is looked for
        await asyncio.sleep(2 * TICK)
    assert watch.longest().seconds > 0.2 - 2 * TICK
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 61)
    assert watch.longest().seconds == 0


async def test_a_server_tells_of_its_longest_hold(client: httpx.AsyncClient) -> None:
    told = {key: value for key, value in (await scrape(client)).items() if "longest_hold" in key[0]}
    [(_, labels)] = told
    assert [name for name, _ in labels] == ["code", "task"]
    assert 0 <= told["agenticrag_event_loop_longest_hold_seconds", labels] < 60
