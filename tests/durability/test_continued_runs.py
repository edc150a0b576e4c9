"""Runs that continue or repeat others: nothing before their node is asked again, also under SIGKILL."""

import asyncio
import time
from collections import Counter
from typing import Any

import pytest

from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import CHAT, Runs
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

FAILS = Reply(match="FAIL", status=400)
PLACES = ("a", "d2", "b", "c")


def model(id: str, prompt: str = "", place: str = "") -> dict[str, Any]:
    """Return a model node whose prompt has the run's number, and asks to fail where the input says so."""
    place = place or f"'{id}'"
    text = f"{{{{ 'FAIL ' if input.fails == {place} else '' }}}}{prompt or id} of {{{{ input.number }}}}"
    return {"id": id, "type": "llm", "data": {**CHAT, "prompt": text, "history": False}}


def work() -> dict[str, Any]:
    """Return a flow whose run may fail before, in and after an iteration."""
    edges = ["start>a", "a>each", "each:body>d", "d>mark", "mark>each", "each:done>b", "b>c", "c>end"]
    return {
        "name": "Work",
        "graph_definition": {
            "nodes": [
                {"id": "start", "type": "start"},
                model("a"),
                {"id": "each", "type": "iteration", "data": {"items": "[1, 2, 3]", "max_concurrency": 1}},
                model("d", "d{{ loop.item }}", "'d2' and loop.index == 1"),
                {"id": "mark", "type": "template", "data": {"template": "{{ nodes.d }}!"}},
                model("b"),
                model("c"),
                {"id": "end", "type": "end"},
            ],
            "edges": [
                {
                    "id": one,
                    "source": one.partition(">")[0].partition(":")[0],
                    "target": one.partition(">")[2],
                }
                | ({"sourceHandle": one.partition(">")[0].partition(":")[2]} if ":" in one else {})
                for one in edges
            ],
        },
    }


def answered(fake: FakeOpenAI) -> Counter[str]:
    """Return how often each prompt got a whole answer."""
    return Counter(
        one.body["messages"][-1]["content"].removeprefix("FAIL ")
        for one in fake.log
        if one.end == "finished" and one.output_tokens
    )


async def begun(runs: Runs, flow: str, number: int, fails: str) -> str:
    """Start a run that fails at a place; none if it is empty."""
    body = {"input_data": {"number": number, "fails": fails}}
    return (await runs.persist(f"/flows/agentflows/{flow}/execute", body, f"run-{number}"))["id"]


async def served(serve: Serve) -> tuple[ServerProcess, Runs, str]:
    """Return a started server and a stored flow."""
    server = serve()
    await server.create_key()
    await server.start()
    runs = Runs(server)
    return server, runs, await runs.store(work())


@fault(
    "F-51",
    "SIGKILL at a random moment of a run that continues or repeats another",
    "calls before its node 0, stored calls repeated 0, one end each",
    ci={"sqlite": 4, "postgresql": 2},
    full={"sqlite": 60, "postgresql": 30},
)
@pytest.mark.timeout(900)
async def test_killed_runs_that_go_on_ask_for_nothing_before_their_node(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    server, runs, flow = await served(serve)
    fake.script(FAILS)
    failed, whole = await begun(runs, flow, 0, "b"), await begun(runs, flow, 1, "")
    first = {run["id"]: run for run in await runs.ended([failed, whole])}
    assert (first[failed]["status"], first[whole]["status"]) == ("failed", "completed")
    before = len(fake.log)
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        (failed, "resume", {}),
        (whole, "fork", {"node": "d", "path": "each[1]"}),
    ]
    work: list[asyncio.Task[dict[str, Any]]] = []
    for number in range(trial.count):
        for id, how, body in bodies:
            going = runs.persist(f"/executions/{id}/{how}", body, f"{how}-{number}")
            work.append(asyncio.create_task(going))
        await asyncio.sleep(trial.rng.uniform(0.02, 0.5))
        await server.kill()
        await server.start()
    accepted = [(await one)["id"] for one in work]
    ended = await runs.ended(accepted, seconds=120)
    assert await server.stop() == 0
    asked = {one.body["messages"][-1]["content"] for one in [*fake.log][before:] if one.body}
    assert asked == {"FAIL b of 0", "c of 0", "d2 of 1", "b of 1", "c of 1"}, (str(trial), asked)
    assert len({run["id"] for run in ended}) == 2 * trial.count
    assert {(run["status"], run["output_data"]) for run in ended} == {
        ("completed", "c of 0"),
        ("completed", "c of 1"),
    }, (str(trial), ended)
    history = History(
        accepted=[failed, whole, *accepted],
        accidents=[*server.accidents],
        exchanges=fake.log,
        offset=time.time() - time.monotonic(),
    )
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(**verdict.figures, calls_before_the_node=0)


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_fifty_failed_runs_go_on_and_pay_for_nothing_twice(
    serve: Serve, fake: FakeOpenAI, database_kind: str
) -> None:
    del database_kind
    _, runs, flow = await served(serve)
    fake.default = Reply(echo=True)
    fake.script(*[FAILS] * 50)
    ids = await asyncio.gather(*(begun(runs, flow, number, PLACES[number % 4]) for number in range(50)))
    assert {run["status"] for run in await runs.ended(ids)} == {"failed"}
    again = await asyncio.gather(*(runs.persist(f"/executions/{id}/resume", {}, f"again-{id}") for id in ids))
    ended = await runs.ended(one["id"] for one in again)
    assert {run["status"] for run in ended} == {"completed"}, ended
    calls = answered(fake)
    assert calls == Counter(
        f"{place} of {number}" for number in range(50) for place in ("a", "d1", "d2", "d3", "b", "c")
    )
    async with runs.server.client() as http:
        spent = [(await http.get(f"/executions/{one['id']}/events", params={"follow": "false"})).json()
            for one in again]  # fmt: skip
    paid = sum(event["type"] == "usage" for events in spent for event in events)
    left = {"a": 6, "d2": 4, "b": 2, "c": 1}
    assert paid == sum(left[PLACES[number % 4]] for number in range(50))
