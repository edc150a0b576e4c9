"""One request sent many times: one run, one answer."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from graphs.node_execution.failpoints import KILLED, VARIABLE
from tests.durability.conftest import Serve
from tests.durability.history import History, check
from tests.durability.rows import fault
from tests.durability.runs import CHAT, Runs, chain
from tests.durability.test_sessions import APPROVAL
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

CHAT_BODY = {"message": "Hello there", "config": CHAT}
RUN_BODY = {"input_data": {"number": 1}}
WHOLE = {
    "/chatflow/chat": CHAT_BODY,
    "/agentflows/{flow}/execute": RUN_BODY,
    "/flows/agentflows/{flow}/execute": RUN_BODY,
    "/flows/{flow}/execute": RUN_BODY,
}
STREAMED = {"/chatflow/chat/stream": CHAT_BODY, "/agentflows/{flow}/execute/stream": RUN_BODY}


async def post(http: httpx.AsyncClient, path: str, body: dict[str, Any], key: str) -> httpx.Response:
    return await http.post(path, json=body, headers={"Idempotency-Key": key})


async def until_answered(
    http: httpx.AsyncClient, path: str, body: dict[str, Any], key: str
) -> httpx.Response:
    while True:
        answer = await post(http, path, body, key)
        if answer.status_code != 409:
            return answer
        await asyncio.sleep(0.05)


def asked(fake: FakeOpenAI) -> int:
    return sum(one.path.endswith("/chat/completions") for one in fake.log)


@fault(
    "F-07",
    "The same POST many times at once, on every address that starts or resumes a run",
    "one run an address; meanwhile 409 or the run's own stream, then one answer; 422 for another body",
    ci=20,
    full=200,
)
async def test_a_request_sent_many_times_runs_once(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True, delay=0.1)
    server = serve()
    await server.create_key()
    await server.start()
    flow = await Runs(server).store(chain("a"))
    differing = 0
    async with server.client() as http:
        for number, (template, body) in enumerate(WHOLE.items()):
            path, before = template.format(flow=flow), asked(fake)
            answers = await asyncio.gather(
                *(post(http, path, body, f"whole-{number}") for _ in range(trial.count))
            )
            firsts = [one for one in answers if one.is_success and "idempotent-replayed" not in one.headers]
            late = [one for one in answers if not one.is_success]
            assert len(firsts) == 1, (template, [one.status_code for one in answers])
            assert {one.status_code for one in late} <= {409}, [one.text for one in late[:3]]
            assert all(int(one.headers["retry-after"]) >= 1 for one in late)
            again = await until_answered(http, path, body, f"whole-{number}")
            assert again.headers["idempotent-replayed"] == "true"
            assert (again.status_code, again.content) == (firsts[0].status_code, firsts[0].content)
            same = [one for one in answers if one.is_success]
            differing += sum(one.content != firsts[0].content for one in same)
            other = await post(http, path, {**body, "variables": {"x": 1}}, f"whole-{number}")
            if "variables" not in body and template == "/chatflow/chat":
                other = await post(http, path, {**body, "message": "Else"}, f"whole-{number}")
            assert other.status_code == 422, other.text
            await fake.until(lambda before=before: asked(fake) == before + 1)
        for number, (template, body) in enumerate(STREAMED.items()):
            path, before = template.format(flow=flow), asked(fake)
            answers = await asyncio.gather(
                *(post(http, path, body, f"stream-{number}") for _ in range(trial.count))
            )
            assert {one.status_code for one in answers} == {200}
            texts = {_frames(one.text) for one in answers}
            differing += len(texts) - 1
            assert asked(fake) == before + 1, template
        paused = await Runs(server).store(APPROVAL)
        run = (await http.post(f"/agentflows/{paused}/execute", json=RUN_BODY)).json()["execution_id"]
        path, body = f"/executions/{run}/respond", {"action": "approve", "comment": "yes"}
        answers = await asyncio.gather(*(post(http, path, body, "respond") for _ in range(trial.count)))
        assert {one.status_code for one in answers} <= {200, 409}, [one.text for one in answers]
        taken = [one for one in answers if one.is_success and "idempotent-replayed" not in one.headers]
        assert len(taken) == 1
        again = await until_answered(http, path, body, "respond")
        assert again.headers["idempotent-replayed"] == "true"
        assert again.json()["input"] == taken[0].json()["input"]
        assert (await post(http, path, {**body, "comment": "no"}, "respond")).status_code == 422
        await Runs(server).ended([run])
    assert await server.stop() == 0
    assert differing == 0
    history = History(exchanges=fake.log, offset=time.time() - time.monotonic())
    verdict = await check(database_url, history)
    verdict.hold(trial)
    addresses = len(WHOLE) + len(STREAMED) + 1
    assert verdict.figures["runs"] == addresses
    trial.saw(addresses=addresses, runs=verdict.figures["runs"], differing_answers=differing)


@fault(
    "F-07",
    "A POST again after the server died right after accepting it",
    "one run an address, and its answer",
    ci=1,
    full=5,
)
@pytest.mark.timeout(300)
async def test_a_request_sent_again_after_a_crash_runs_once(
    trial: Trial, database_url: str, serve: Serve, fake: FakeOpenAI
) -> None:
    fake.default = Reply(echo=True)
    server = serve()
    await server.create_key()
    await server.start()
    flow = await Runs(server).store(chain("a"))
    await server.stop()
    for turn in range(trial.count):
        for number, (template, body) in enumerate({**WHOLE, **STREAMED}.items()):
            path, key = template.format(flow=flow), f"crash-{turn}-{number}"
            await server.start(environment={VARIABLE: "after_accept=exit"})
            async with server.client() as http:
                with pytest.raises(httpx.TransportError):
                    await post(http, path, body, key)
            assert await server.ended() == KILLED
            server.accidents.append((time.time() - 1, time.time()))
            await server.start()
            async with server.client() as http:
                answer = await until_answered(http, path, body, key)
                assert answer.is_success, answer.text
                if "background" not in template and not template.startswith("/flows"):
                    assert "Hello there" in answer.text or "a of 1" in answer.text, answer.text
            await server.stop()
    history = History(
        exchanges=fake.log, offset=time.time() - time.monotonic(), accidents=[*server.accidents]
    )
    await server.start()
    async with server.client() as http:
        listed = (await http.get("/executions", params={"limit": 100})).json()["executions"]
        await Runs(server).ended([run["id"] for run in listed])
    await server.stop()
    verdict = await check(database_url, history)
    verdict.hold(trial)
    assert verdict.figures["runs"] == trial.count * (len(WHOLE) + len(STREAMED))
    trial.saw(runs=verdict.figures["runs"], calls_repeated=verdict.figures["stored_calls_repeated"])


def _frames(text: str) -> str:
    """Return a stream without its comments, which come by the clock."""
    return "\n\n".join(block for block in text.split("\n\n") if not block.startswith(":"))
