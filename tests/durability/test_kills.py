"""SIGKILL at random moments: no accepted run is lost, no journalled call is asked again, sessions go on."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI


def model_node(node: str, prompt: str) -> dict[str, Any]:
    data = {"provider": "openai", "model": "fake-model", "prompt": prompt, "history": False}
    return {"id": node, "type": "llm", "data": data}


def edge(source: str, target: str) -> dict[str, Any]:
    return {"id": f"{source}-{target}", "source": source, "target": target}


FLOW = {
    "name": "Five calls, two side by side",
    "graph_definition": {
        "nodes": [
            {"id": "start", "type": "start"},
            model_node("a", "a of {{ input.number }}"),
            model_node("b", "b of {{ nodes.a }}"),
            model_node("c", "c of {{ nodes.a }}"),
            {"id": "both", "type": "merge", "data": {"mode": "text"}},
            model_node("d", "d of {{ nodes.both }}"),
            model_node("e", "e of {{ nodes.d }}"),
            {"id": "end", "type": "end"},
        ],
        "edges": [
            edge("start", "a"),
            edge("a", "b"),
            edge("a", "c"),
            edge("b", "both"),
            edge("c", "both"),
            edge("both", "d"),
            edge("d", "e"),
            edge("e", "end"),
        ],
    },
}


class Client:
    """Asks for runs and chats, and asks again, with the same key, whatever a kill left unanswered."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.accepted: list[str] = []
        self.answers: dict[str, dict[str, Any]] = {}

    async def persist(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """POST until an answer comes; the idempotency key makes it one request."""
        while True:
            try:
                async with self.server.client() as client:
                    answer = await client.post(path, json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code in (409, 503):
                await asyncio.sleep(0.1)
                continue
            assert answer.status_code in (200, 202), answer.text
            return answer.json()

    async def execute(self, flow: str, number: int) -> None:
        """Start a run in the background and remember that it was accepted."""
        body = {"input_data": {"number": number}}
        answer = await self.persist(f"/flows/agentflows/{flow}/execute", body, f"run-{number}")
        self.accepted.append(answer["id"])

    async def chat(self, session: str, number: int) -> None:
        """Say something in a session and keep the answer."""
        config = {"provider": "openai", "model": "fake-model"}
        body = {"message": f"message {number}", "session_id": session, "config": config}
        self.answers[f"{session}-{number}"] = await self.persist(
            "/chatflow/chat", body, f"{session}-{number}"
        )


@fault(
    "F-01",
    "SIGKILL at a random moment of its work",
    "lost 0, committed nodes repeated 0, stored calls repeated 0, a call in flight at most once more a kill",
    ci={"sqlite": 25, "postgresql": 10},
    full={"sqlite": 130, "postgresql": 70},
)
@pytest.mark.timeout(1200)
async def test_random_kills_lose_no_run_and_repeat_no_journalled_call(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    history = History(offset=time.time() - time.monotonic(), exchanges=fake.log)
    server = serve()
    await server.create_key()
    await server.start()
    client = Client(server)
    async with server.client() as http:
        created = await http.post("/agentflows", json=FLOW)
        assert created.status_code == 201, created.text
        flow = created.json()["id"]
    work: list[asyncio.Task[None]] = []
    for number in range(trial.count):
        work.append(asyncio.create_task(client.execute(flow, number)))
        work.append(asyncio.create_task(client.chat(f"session-{number % 3}", number)))
        await asyncio.sleep(trial.rng.uniform(0.02, 0.6))
        await server.kill()
        await server.start()
    await asyncio.gather(*work)
    finished = await _ended(server, client.accepted)
    async with server.client() as http:
        for session in ("session-0", "session-1", "session-2"):
            again = {"message": "and now?", "session_id": session}
            config = {"provider": "openai", "model": "fake-model"}
            answer = await http.post("/chatflow/chat", json={**again, "config": config})
            assert answer.json()["response"] == "and now?", answer.text
        histories = {
            session: (await http.get(f"/chatflow/sessions/{session}/history")).json()["messages"]
            for session in ("session-0", "session-1", "session-2")
        }
    assert await server.stop() == 0
    assert len(client.accepted) == trial.count
    assert {run["status"] for run in finished.values()} == {"completed"}, (str(trial), finished)
    for run in finished.values():
        number = run["input_data"]["number"]
        expected = f"e of d of b of a of {number}\n\nc of a of {number}"
        assert _text(run["output_data"]) == expected, (str(trial), run)
    for key, answer in client.answers.items():
        assert answer["response"] == f"message {key.rsplit('-', 1)[1]}", (str(trial), key, answer)
    for session, messages in histories.items():
        _check_history(session, messages, trial.count, str(trial))
    history.accepted, history.accidents = client.accepted, [*server.accidents]
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(**verdict.figures)


async def _ended(server: ServerProcess, ids: list[str]) -> dict[str, Any]:
    """Wait for executions to end and return them."""
    found: dict[str, Any] = {}
    async with asyncio.timeout(60), server.client() as client:
        for execution in ids:
            while True:
                run = (await client.get(f"/executions/{execution}")).json()
                if run["completed_at"] is not None:
                    found[execution] = run
                    break
                await asyncio.sleep(0.1)
    return found


def _text(output: Any) -> str:
    if isinstance(output, dict):
        return output.get("response") or output.get("output") or ""
    return str(output)


def _check_history(session: str, messages: list[dict[str, Any]], count: int, context: str) -> None:
    """Every turn once, a question then its answer, in one chain."""
    numbers = [number for number in range(count) if f"session-{number % 3}" == session]
    questions = [message["content"] for message in messages if message["role"] == "user"]
    assert sorted(questions[:-1]) == sorted(f"message {number}" for number in numbers), (context, session)
    assert questions[-1] == "and now?"
    pairs = list(zip(messages[::2], messages[1::2], strict=True))
    assert all((a["role"], b["role"]) == ("user", "assistant") for a, b in pairs), (context, session)
    assert all(a["content"] == b["content"] for a, b in pairs), (context, session)
