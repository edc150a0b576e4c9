"""Many messages on one session at once: none is lost, and each policy does what it says."""

import asyncio
import contextlib
import time
from typing import Any

import httpx
import pytest

from graphs.node_execution.failpoints import KILLED, VARIABLE
from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import CHAT, Runs
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

__all__ = ["APPROVAL"]

APPROVAL: dict[str, Any] = {
    "name": "Ask first",
    "graph_definition": {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "ask", "type": "human_approval", "data": {"message": "Go on?"}},
            {
                "id": "act",
                "type": "llm",
                "data": {**CHAT, "prompt": "act on {{ nodes.ask.comment }}", "history": False},
            },
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "1", "source": "start", "target": "ask"},
            {"id": "2", "source": "ask", "sourceHandle": "approved", "target": "act"},
            {"id": "3", "source": "act", "target": "end"},
        ],
    },
}


async def say(http: httpx.AsyncClient, message: str, **config: Any) -> httpx.Response:
    body = {"message": message, "session_id": "busy", "config": {**CHAT, **config}}
    return await http.post("/chatflow/chat", json=body)


async def history_of(http: httpx.AsyncClient) -> list[tuple[str, str]]:
    answer = await http.get("/chatflow/sessions/busy/history")
    return [(message["role"], message["content"]) for message in answer.json()["messages"]]


async def runs_of(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Return the session's executions in the order in which they were accepted."""
    listed = (await http.get("/executions", params={"limit": 100})).json()["executions"]
    return sorted(listed, key=lambda run: run["id"])


async def _accepted_at(http: httpx.AsyncClient, execution_id: str) -> str:
    """Return when an execution was written down, to the millisecond."""
    return (await http.get(f"/executions/{execution_id}")).json()["created_at"]


async def working(fake: FakeOpenAI, count: int = 1) -> None:
    """Return when the model works on so many requests and has said something to each."""
    await fake.until(lambda: sum(one.end == "" and one.deltas > 2 for one in fake.log) >= count)


@fault(
    "F-08",
    "Messages sent at once to one session that lets them wait",
    "each answered, lost 0, in the order of acceptance",
    ci=60,
    full=500,
)
async def test_messages_that_wait_are_answered_in_order(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True)
    server = serve()
    await server.create_key()
    await server.start()
    async with server.client() as http:
        sent = [f"message {number}" for number in range(trial.count)]
        answers = await asyncio.gather(*(say(http, message) for message in sent))
        assert {answer.status_code for answer in answers} == {200}
        wrong = [one for one in zip(sent, answers, strict=True) if one[1].json()["response"] != one[0]]
        assert wrong == []
        told = await history_of(http)
        when = {id: await _accepted_at(http, id) for id in (one.json()["execution_id"] for one in answers)}
    assert await server.stop() == 0
    questions = [content for role, content in told if role == "user"]
    assert [content for role, content in told if role == "assistant"] == questions
    assert sorted(questions) == sorted(sent)
    by_id = {answer.json()["execution_id"]: message for message, answer in zip(sent, answers, strict=True)}
    accepted = [by_id[id] for id in sorted(by_id, key=lambda id: (when[id], questions.index(by_id[id])))]
    out_of_order = sum(question != message for question, message in zip(questions, accepted, strict=True))
    assert out_of_order == 0
    history = History(accepted=list(by_id), exchanges=fake.log, offset=time.time() - time.monotonic())
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(
        lost=trial.count - len(questions), stored_calls_repeated=verdict.figures["stored_calls_repeated"]
    )


@fault(
    "F-08",
    "Messages sent at once to one session that refuses while it is busy",
    "one is answered, the others get 409 with Retry-After, and are not in the history",
    ci=20,
    full=100,
)
async def test_messages_that_are_refused_leave_nothing(trial: Trial, serve: Serve, fake: FakeOpenAI) -> None:
    fake.default = Reply(echo=True, delay=0.2)
    server = serve()
    await server.create_key()
    await server.start()
    async with server.client() as http:
        first = asyncio.create_task(say(http, "one two three four five six seven eight"))
        await working(fake)
        others = await asyncio.gather(
            *(say(http, f"no {number}", on_busy="refuse") for number in range(trial.count))
        )
        assert {answer.status_code for answer in others} == {409}
        assert all(answer.json()["code"] == "session_busy" for answer in others), others[0].text
        assert (await first).json()["response"].startswith("one two")
        assert len(await history_of(http)) == 2
        assert len(await runs_of(http)) == 1
    trial.saw(refused=len(others))


@fault(
    "F-08",
    "Messages that interrupt, or roll back, the run of their session",
    "each earlier run ends cancelled; of one rolled back nothing stays, of none a partial answer",
    ci=3,
    full=50,
)
@pytest.mark.parametrize("policy", ["interrupt", "rollback"])
async def test_a_newer_message_ends_the_run_before_it(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI, policy: str
) -> None:
    server = serve()
    await server.create_key()
    await server.start()
    slow = Reply(echo=True, delay=0.3, match="slow")
    async with server.client() as http:
        assert (await say(http, "before")).json()["response"] == "before"
        for number in range(trial.count):
            fake.script(slow)
            earlier = asyncio.create_task(say(http, f"slow {number} " + "word " * 20))
            await working(fake)
            newer = await say(http, f"newer {number}", on_busy=policy)
            assert newer.json()["response"].endswith(f"newer {number}"), newer.text
            answer = (await earlier).json()
            assert answer["success"] is False, answer
            assert answer["response"] == ""
        # The model is not kept busy for answers that nobody wants.
        await fake.until(lambda: all(one.end for one in fake.log))
        assert sum(one.end == "peer_closed" for one in fake.log) == trial.count
        told = await history_of(http)
        statuses = [run["status"] for run in await runs_of(http)]
    assert await server.stop() == 0
    assert statuses.count("cancelled") == trial.count
    # The echo tells the question of an interrupted turn too: it stands before the newer one in one message.
    assert [content.rpartition("\n\n")[2] for role, content in told if role == "assistant"] == [
        "before",
        *(f"newer {number}" for number in range(trial.count)),
    ]
    # The question of an interrupted run stays: it was said. Rolled back, it was not.
    asked = [content for role, content in told if role == "user" and content.startswith("slow")]
    assert len(asked) == (trial.count if policy == "interrupt" else 0), told
    history = History(offset=time.time() - time.monotonic(), may_fork=policy == "rollback")
    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(cancelled=trial.count, partial_answers_kept=0)


@fault(
    "F-08",
    "Answers that race for one approval",
    "exactly one is taken, the others get 409; the run acts once, on the one that was taken",
    ci=20,
    full=100,
)
async def test_one_of_many_answers_is_taken(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    server = serve()
    await server.create_key()
    await server.start()
    runs = Runs(server)
    flow = await runs.store(APPROVAL)
    async with server.client() as http:
        body = {"input_data": {"number": 1}}
        paused = (await http.post(f"/agentflows/{flow}/execute", json=body)).json()
        assert paused["status"] == "waiting_approval", paused
        run = paused["execution_id"]
        answers = await asyncio.gather(
            *(
                http.post(
                    f"/executions/{run}/respond",
                    json={"action": "approve", "comment": f"answer {number}"},
                )
                for number in range(trial.count)
            )
        )
        codes = [answer.status_code for answer in answers]
        assert sorted(set(codes)) == [200, 409], codes
        assert codes.count(200) == 1
        taken = codes.index(200)
        (ended,) = await runs.ended([run])
        assert ended["output_data"] == f"act on answer {taken}"
    assert await server.stop() == 0
    assert len(fake.log) - sum(one.path.endswith("/models") for one in fake.log) == 1
    history = History(accepted=[run], exchanges=fake.log, offset=time.time() - time.monotonic())
    (await check(database_url, history)).hold(trial)
    trial.saw(taken=1, refused=codes.count(409))


async def test_a_kill_leaves_an_edit_or_a_deletion_done_or_not_begun(
    database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    server = serve()
    await server.create_key()

    async def dies_at(point: str, method: str, path: str, body: Any = None) -> list[tuple[str, str]]:
        """Return the history after a request during which the server dies at a point."""
        await server.start(environment={VARIABLE: f"{point}=exit"})
        with contextlib.suppress(httpx.HTTPError):
            async with server.client() as http:
                await http.request(method, f"/chatflow/sessions/busy{path}", json=body)
        assert await server.ended() == KILLED
        await server.start()
        async with server.client() as http:
            for _ in range(100):
                if all(run["completed_at"] for run in await runs_of(http)):
                    break
                await asyncio.sleep(0.1)
            found = await history_of(http)
        await server.stop()
        return found

    await server.start()
    async with server.client() as http:
        fake.script(Reply(text="1"), Reply(text="2"))
        await say(http, "One?")
        await say(http, "Two?")
        ids = [m["id"] for m in (await http.get("/chatflow/sessions/busy/history")).json()["messages"]]
    await server.stop()
    before = [("user", "One?"), ("assistant", "1"), ("user", "Two?"), ("assistant", "2")]
    deletion = ("DELETE", f"/messages/{ids[2]}")
    assert await dies_at("between_put_writes_and_put", *deletion) == before
    fake.script(Reply(text="3"))
    edited = await dies_at("after_put", "PUT", f"/messages/{ids[2]}", {"content": "Three?"})
    assert edited == [*before[:2], ("user", "Three?"), ("assistant", "3")]
    assert await dies_at("after_put", "DELETE", f"/messages/{ids[0]}") == []
    assert sum("completions" in exchange.path for exchange in fake.log) == 3
