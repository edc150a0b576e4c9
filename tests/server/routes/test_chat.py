"""Chats: whole answers, streams, reconnecting, and what makes a repeated request the same one."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.server.conftest import API, Frame, Running, connect, make_key, parse_frames

CHAT = "/chatflow/chat"
STREAM = "/chatflow/chat/stream"


async def say(client: httpx.AsyncClient, message: str, **more: Any) -> dict[str, Any]:
    answer = await client.post(CHAT, json={"message": message, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def stream(client: httpx.AsyncClient, **body: Any) -> list[Frame]:
    answer = await client.post(STREAM, json=body)
    assert answer.status_code == 200, answer.text
    return parse_frames(answer.text)


async def executions(client: httpx.AsyncClient) -> int:
    return (await client.get("/executions")).json()["total"]


async def read_until(
    client: httpx.AsyncClient, method: str, url: str, frames: int, **request: Any
) -> list[Frame]:
    """Read some frames of a stream and hang up."""
    text = ""
    async with client.stream(method, url, **request) as answer:
        assert answer.status_code == 200
        async for piece in answer.aiter_text():
            text += piece
            if len(parse_frames(text)) >= frames:
                return parse_frames(text)[:frames]
    raise AssertionError(f"the stream ended before frame {frames}: {text}")


async def test_a_bare_message_is_answered(client: httpx.AsyncClient) -> None:
    answer = await say(client, "Hello")
    assert answer["success"] is True
    assert answer["response"]
    assert answer["error"] is None
    assert answer["message_count"] == 2
    assert answer["status"] == "completed"
    usage = answer["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 0


async def test_a_session_keeps_its_history(client: httpx.AsyncClient) -> None:
    await say(client, "My name is Ada.", session_id="talk")
    answer = await say(client, "And now?", session_id="talk")
    assert answer["session_id"] == "talk"
    assert answer["message_count"] == 4
    history = (await client.get("/chatflow/sessions/talk/history")).json()
    assert [m["role"] for m in history["messages"]] == ["user", "assistant", "user", "assistant"]
    assert history["messages"][0]["content"] == "My name is Ada."


async def test_a_stream_has_start_content_and_done_in_order(client: httpx.AsyncClient) -> None:
    frames = await stream(client, message="Hello", session_id="streamed")
    names = [frame.event for frame in frames]
    assert names[0] == "start"
    assert names[-1] == "done"
    assert names.count("done") == 1
    data = [json.loads(frame.data) for frame in frames]
    assert [each["type"] for each in data] == names
    content = [each["content"] for each in data if each["type"] == "content"]
    assert len(content) > 1
    assert "".join(content) == data[-1]["response"]
    assert data[0]["session_id"] == data[-1]["session_id"] == "streamed"
    assert {"usage", "cost_usd", "response_time", "execution_id"} <= data[-1].keys()
    assert len({frame.id for frame in frames}) == len(frames)


async def test_a_stream_cut_at_every_frame_and_resumed_equals_an_uncut_one(
    client: httpx.AsyncClient, settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    uncut = await stream(client, message="Count to five", session_id="cut")
    other_process = connect(start(settings), key)
    async with other_process:
        for number, frame in enumerate(uncut[:-1]):
            for resumed_at in (client, other_process):
                answer = await resumed_at.post(
                    STREAM, json={"message": "Count to five"}, headers={"Last-Event-ID": frame.id}
                )
                assert uncut[: number + 1] + parse_frames(answer.text) == uncut
        answer = await other_process.post(
            STREAM, json={"message": "x"}, headers={"Last-Event-ID": uncut[-1].id}
        )
        assert (answer.status_code, answer.text) == (204, "")
    assert await executions(client) == 1


async def test_a_client_that_leaves_in_the_middle_misses_nothing_and_the_run_goes_on(
    client: httpx.AsyncClient,
) -> None:
    body = {"message": "Tell me a long story about otters and rivers", "session_id": "left"}
    seen = await read_until(client, "POST", STREAM, 4, json=body)
    while seen[-1].event not in ("done", "error"):
        rest = await client.post(STREAM, json=body, headers={"Last-Event-ID": seen[-1].id})
        seen += parse_frames(rest.text)
    uncut = await client.get(f"/executions/{seen[0].id.partition(':')[0]}/stream")
    assert seen == parse_frames(uncut.text)
    assert await executions(client) == 1


async def test_an_event_source_that_reconnects_never_starts_a_second_run(
    server: Running, client: httpx.AsyncClient
) -> None:
    ticket = (await client.post("/tickets", json={})).json()["ticket"]
    query = {"message": "Hello there, tell me more", "session_id": "es", "token": ticket}
    async with httpx.AsyncClient(base_url=server.url + API, timeout=30) as browser:
        first = await read_until(browser, "GET", STREAM, 1, params=query)
        again = await read_until(browser, "GET", STREAM, 3, params=query)
        assert again[:1] == first, "without an id it begins again, at the same run"
        rest = await browser.get(STREAM, params=query, headers={"Last-Event-ID": again[-1].id})
        whole = again + parse_frames(rest.text)
        assert whole[-1].event == "done"
        done = await browser.get(STREAM, params=query, headers={"Last-Event-ID": whole[-1].id})
        assert done.status_code == 204
        assert await executions(client) == 1
    history = (await client.get("/chatflow/sessions/es")).json()
    assert history["message_count"] == 2


async def test_the_same_words_said_again_to_an_event_source_are_a_new_turn(
    server: Running, client: httpx.AsyncClient
) -> None:
    ticket = (await client.post("/tickets", json={})).json()["ticket"]
    query = {"message": "yes", "session_id": "twice", "token": ticket}
    async with httpx.AsyncClient(base_url=server.url + API, timeout=30) as browser:
        for turn in (1, 2):
            frames = parse_frames((await browser.get(STREAM, params=query)).text)
            assert json.loads(frames[-1].data)["message_count"] == 2 * turn
    assert await executions(client) == 2


async def test_an_idempotency_key_makes_one_run_of_many_requests(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "only-once"}
    body = {"message": "Hello", "session_id": "once"}
    answers = await asyncio.gather(*(client.post(CHAT, json=body, headers=headers) for _ in range(10)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    for answer in answers:
        if answer.status_code == 409:
            assert answer.headers["retry-after"] == "1"
            assert answer.json()["code"] == "in_flight"
    first = next(answer for answer in answers if answer.status_code == 200)
    repeated = await client.post(CHAT, json=body, headers=headers)
    assert repeated.headers["idempotent-replayed"] == "true"
    assert repeated.json() == first.json()
    other = await client.post(CHAT, json={**body, "message": "Bye"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert await executions(client) == 1


async def test_streams_with_one_idempotency_key_watch_one_run(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "watched"}
    body = {"message": "Hello all of you"}
    answers = await asyncio.gather(*(client.post(STREAM, json=body, headers=headers) for _ in range(4)))
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 3
    assert await executions(client) == 1


async def test_a_silent_stream_has_a_heartbeat(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    quick = start(msgspec.structs.replace(settings, heartbeat_seconds=0.05))
    async with connect(quick, key) as client:
        blocked = asyncio.create_task(
            say(client, "A very long answer with many words please " * 20, session_id="slow")
        )
        await asyncio.sleep(0.05)
        answer = await client.post(STREAM, json={"message": "Me too", "session_id": "slow"})
        await blocked
    assert ": heartbeat\n\n" in answer.text
    assert parse_frames(answer.text)[-1].event == "done"


async def test_stream_headers_keep_proxies_from_holding_it_back(client: httpx.AsyncClient) -> None:
    answer = await client.post(STREAM, json={"message": "Hello"})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["x-accel-buffering"] == "no"
    assert "no-cache" in answer.headers["cache-control"]


async def test_a_stored_chatflow_answers_with_its_own_settings(client: httpx.AsyncClient) -> None:
    config = {"llm_provider": "demo", "llm_model": "demo", "system_prompt": "Be kind."}
    created = (await client.post("/chatflows", json={"name": "Kind", "chat_config": config})).json()
    for url, body in (
        (f"/chatflow/workflows/{created['id']}/chat", {"message": "Hi"}),
        (
            CHAT,
            {"message": "Hi", "workflow_id": created["id"], "config": {"provider": "nobody", "model": "x"}},
        ),
        (f"/flows/chatflows/{created['id']}/chat", {"message": "Hi"}),
    ):
        answer = (await client.post(url, json=body)).json()
        assert answer["success"] is True, answer
    listed = (await client.get(f"/flows/{created['id']}/executions")).json()
    assert listed["total"] == 3


async def test_a_run_that_fails_is_an_answer_and_not_an_http_error(client: httpx.AsyncClient) -> None:
    config = {"provider": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    answer = await say(client, "Hello", config=config)
    assert answer["success"] is False
    assert answer["status"] == "failed"
    assert "allowed" in answer["error"]
    frames = await stream(client, message="Hello", config=config)
    assert frames[-1].event == "error"
    assert json.loads(frames[-1].data)["error"] == answer["error"]


@pytest.mark.threat("I-04")
async def test_another_workspace_sees_nothing(client: httpx.AsyncClient, server: Running) -> None:
    frames = await stream(client, message="Secret", session_id="mine")
    execution = frames[0].id.partition(":")[0]
    async with connect(server, await make_key(server.settings, "other")) as stranger:
        for url in (
            f"/executions/{execution}",
            f"/executions/{execution}/events",
            f"/executions/{execution}/stream",
            "/chatflow/sessions/mine",
            "/chatflow/sessions/mine/export",
        ):
            assert (await stranger.get(url)).status_code == 404, url
        for url in (f"/executions/{execution}/cancel", "/chatflow/sessions/mine/clear"):
            assert (await stranger.post(url)).status_code == 404, url
        resumed = await stranger.post(STREAM, json={"message": "x"}, headers={"Last-Event-ID": frames[0].id})
        assert resumed.status_code == 404
        assert await executions(stranger) == 0
        assert (await say(stranger, "Mine too", session_id="mine"))["message_count"] == 2


async def test_a_busy_session_refuses_a_second_run_that_will_not_wait(client: httpx.AsyncClient) -> None:
    long = asyncio.create_task(say(client, "Tell a long story " * 30, session_id="busy"))
    while not (await client.get("/executions", params={"status": "running"})).json()["total"]:
        pass
    refused = await client.post(
        CHAT, json={"message": "Now!", "session_id": "busy", "config": {"on_busy": "refuse"}}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "session_busy")
    assert (await long)["success"] is True


@pytest.mark.threat("L-07")
async def test_a_runs_own_api_key_is_kept_nowhere(client: httpx.AsyncClient, settings: Settings) -> None:
    config = {"provider": "demo", "model": "demo", "api_key": "sk-canary-4711"}
    answer = await say(client, "Hello", config=config, session_id="keyed")
    for url in (
        f"/executions/{answer['execution_id']}",
        f"/executions/{answer['execution_id']}/events?follow=false",
        "/chatflow/sessions/keyed/export",
    ):
        assert "canary" not in (await client.get(url)).text
