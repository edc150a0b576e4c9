"""Graphs in code under SIGKILL: every run comes to its end, and no stored answer is asked for again."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import Runs
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI

EXAMPLES = Path(__file__).parents[2] / "examples" / "code_graphs"
GIVEN: dict[str, dict[str, Any]] = {
    "plan-execute": {"goal": "G"},
    "map-reduce": {"subjects": ["A", "B", "C"]},
    "supervisor": {"task": "T"},
    "subgraphs": {"topic": "T"},
    "functional": {"topic": "T"},
    "approval": {"topic": "T"},
    "custom-stream": {"rows": ["a", "b"]},
    "react": {"message": "Hi"},
    "swarm": {"message": "Hi"},
    "memory": {"message": "Remember me"},
}
GIVES: dict[str, dict[str, Any]] = {
    "plan-execute": {"steps": [], "results": ["Do: Plan: G (1)", "Do: Plan: G (2)", "Do: Plan: G (3)"]},
    "map-reduce": {"jokes": ["A joke about A", "A joke about B", "A joke about C"]},
    "supervisor": {"done": ["researcher", "writer"]},
    "subgraphs": {"text": "Report: 1. Two"},
    "functional": {
        "accepted": "yes",
        "ratings": [f"{by} rates: An essay about T" for by in ("Ada", "Grace")],
    },
    "approval": {"remarks": ["shorter"], "draft": "Write one sentence about T. shorter"},
    "custom-stream": {"summary": "Sum up: a, b"},
}
"""Fields that the output of each run must have, from a model that repeats what it is asked."""
ANSWERS = {"approval": ["shorter", True], "subgraphs": ["1. Two"], "functional": ["yes"]}
"""What a person says to each question, in turn."""


async def flows_of(server: httpx.AsyncClient) -> dict[str, str]:
    """Return the id of each code graph's flow by its slug."""
    listed = (await server.get("/flows", params={"tags": "code", "page_size": 50})).json()["flows"]
    return {one["slug"]: one["id"] for one in listed}


async def answered(runs: Runs, id: str, answers: list[Any]) -> None:
    """Answer the questions of a run, in turn, until it has ended."""
    for answer in answers:
        while not (question := await open_question(runs, id)):  # noqa: ASYNC110 - it is asked over HTTP
            await asyncio.sleep(0.05)
        body = {"action": "submit", "value": answer, "input_id": question}
        await runs.persist(f"/executions/{id}/respond", body, f"{id}-{question}")


async def open_question(runs: Runs, id: str) -> str:
    """Return the id of a run's open question; empty where there is none, or the server cannot say."""
    try:
        async with runs.server.client() as http:
            answer = await http.get(f"/executions/{id}/inputs")
    except httpx.TransportError:
        return ""
    if answer.status_code != 200:
        return ""
    run = await runs.read(id)
    assert run is None or run["completed_at"] is None, f"It has ended without a question: {run}"
    return next((one["id"] for one in answer.json()["inputs"] if one["status"] == "open"), "")


async def unended(runs: Runs, accepted: dict[str, str]) -> str:
    """Return what is known of the runs that have no end yet, with the last of their events."""
    found: list[str] = []
    async with runs.server.client() as http:
        for id, slug in accepted.items():
            run = await runs.read(id)
            if run is not None and run["completed_at"] is None:
                inputs = (await http.get(f"/executions/{id}/inputs")).json()["inputs"]
                asked = [(one["status"], one["message"]) for one in inputs]
                found.append(f"{slug} {id}: {run['status']}, {run['recoveries']} recoveries, asked {asked}")
    return f"{len(found)} of {len(accepted)} runs have no end:\n" + "\n".join(found[:20])


@fault(
    "F-53",
    "SIGKILL at a random moment of runs of LangGraph graphs in code",
    "lost 0, stored calls repeated 0, one end each",
    ci={"sqlite": 1, "postgresql": 1},
    full={"sqlite": 120, "postgresql": 80},
)
@pytest.mark.timeout(1800)
async def test_killed_code_graphs_lose_nothing_and_ask_nothing_twice(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    server = serve(
        AGENTICRAG_CODE_GRAPHS=str(EXAMPLES),
        AGENTICRAG_DEFAULT_PROVIDER="openai",
        AGENTICRAG_DEFAULT_MODEL="fake-model",
    )
    await server.create_key()
    await server.start()
    runs = Runs(server)
    async with server.client() as http:
        flows = await flows_of(http)
    assert set(flows) == set(GIVEN)
    accepted: dict[str, str] = {}
    tasks: list[asyncio.Task[None]] = []

    async def begin(slug: str, number: int) -> None:
        path, body = f"/flows/{flows[slug]}/execute", {"input_data": GIVEN[slug]}
        run = (await runs.persist(path, body, f"{slug}-{number}"))["id"]
        accepted[run] = slug
        await answered(runs, run, ANSWERS.get(slug, []))

    for number in range(trial.count):
        tasks += [asyncio.create_task(begin(slug, number)) for slug in GIVEN]
        await asyncio.sleep(trial.rng.uniform(0.05, 0.8))
        await server.kill()
        await server.start()
    _, unanswered = await asyncio.wait(tasks, timeout=240 + trial.count * 3)
    if unanswered:
        raise AssertionError(await unended(runs, accepted))
    await asyncio.gather(*tasks)
    ended = await runs.ended(accepted, seconds=300)
    assert await server.stop() == 0
    assert {(accepted[run["id"]], run["status"]) for run in ended} == {(slug, "completed") for slug in GIVEN}
    assert len(ended) == trial.count * len(GIVEN)
    for run in ended:
        wanted = GIVES.get(accepted[run["id"]], {})
        assert {name: run["output_data"][name] for name in wanted} == wanted, run
    history = History(
        accepted=[*accepted],
        accidents=[*server.accidents],
        exchanges=fake.log,
        offset=time.time() - time.monotonic(),
    )
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(**verdict.figures)
