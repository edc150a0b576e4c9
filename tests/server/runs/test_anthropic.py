"""Provider ``anthropic`` through the product over HTTP, against a stand-in that keeps the API's rules."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from graphs.anthropic_messages.message_events import MessageEvents
from tests.conftest import new_database
from tests.runtimes.anthropic_server import (
    SIGNATURE,
    answers,
    events,
    failed,
    text_block,
    thought_block,
    tool_block,
)
from tests.runtimes.wire_server import Asked, Part, WireServer
from tests.server.conftest import Running, connect, make_key, parse_frames, quick

KEY = "sk-ant-of-the-operator-1"
CALL = tool_block("calculator", {"expression": "6*7"})
CACHED = {"cache_read_input_tokens": 1000, "cache_creation_input_tokens": 500}
TOO_LONG = "prompt is too long: 210000 tokens > 200000 maximum"


def _results(asked: Asked) -> list[Any]:
    last = asked.body["messages"][-1]["content"]
    return [one for one in last if one["type"] == "tool_result"] if isinstance(last, list) else []


def _given(asked: Asked) -> Sequence[Part]:
    match asked.model:
        case "agent" | "thinks":
            first = [thought_block("I ", "multiply.")] if "thinking" in asked.body else []
            if results := _results(asked):
                return [events(text_block(f"RESULT {results[0]['content']}"))]
            return [events(*first, text_block("Let me see."), CALL, stop="tool_use")]
        case "cached":
            return [events(text_block("Hello"), usage=CACHED)]
        case "cut":
            return [events(text_block("Hello"), stop="max_tokens")]
        case "refuses":
            return [events(text_block("I"), stop="refusal")]
        case "no_temperature" if "temperature" in asked.body:
            return [failed(400, "invalid_request_error", "`temperature` is deprecated for this model.")]
        case "long":
            return [failed(400, "invalid_request_error", TOO_LONG)]
        case "full":
            return [failed(529, "overloaded_error", "Overloaded")]
        case "limited":
            told = "This request would exceed your organization's rate limit of 50 requests per minute"
            return [failed(429, "rate_limit_error", told, **{"retry-after": "90"})]
        case "broke":
            return [failed(400, "invalid_request_error", "Your credit balance is too low to access the API.")]
        case "gone":
            return [failed(404, "not_found_error", "model: gone")]
        case "key":
            return [failed(401, "authentication_error", "invalid x-api-key")]
        case "breaks":
            error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
            whole = events(text_block("Hel"))
            return [
                whole[: whole.index(b"event: message_delta")]
                + f"event: error\ndata: {json.dumps(error)}\n\n".encode()
            ]
        case "quiet":
            whole = events(text_block("Hel", "lo"))
            ping = b'event: ping\ndata: {"type": "ping"}\n\n'
            start = whole.index(b"event: content_block_start")
            return [whole[:start], 1.2, ping, 1.2, ping, 1.2, whole[start:]]
        case _:
            return [events(text_block("Hel", "lo"))]


def _answers(asked: Asked) -> Sequence[Part]:
    return answers(asked, _given(asked))


@pytest.fixture
async def wire() -> AsyncIterator[WireServer]:
    async with WireServer(_answers) as server:
        yield server


@pytest.fixture
async def client(
    wire: WireServer, request: pytest.FixtureRequest, tmp_path: Path, start: Callable[..., Running]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose provider ``anthropic`` is `wire`."""
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, tmp_path), tmp_path),
        anthropic_base_url=wire.url,
        anthropic_api_key=KEY,
        model_attempts=2,
        model_first_token_seconds=3,
        model_load_seconds=3,
    )
    running = await asyncio.to_thread(start, settings)
    async with connect(running, await make_key(settings, "default")) as opened:
        yield opened


async def _chat(client: httpx.AsyncClient, model: str, **config: Any) -> dict[str, Any]:
    body = {"message": "What is 6*7?", "config": {"provider": "anthropic", "model": model} | config}
    answer = await client.post("/chatflow/chat", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_chat_sends_what_the_api_takes_and_nothing_else(
    client: httpx.AsyncClient, wire: WireServer
) -> None:
    answer = await _chat(client, "plain", system_prompt="Be brief.", stop=["x"], user="u-1", top_k=5)
    assert (answer["response"], answer["finish_reason"]) == ("Hello", "stop")
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (12, 20)
    sent = wire.log[-1]
    assert KEY in (
        sent.headers.get("x-api-key"),
        sent.headers.get("authorization", "").removeprefix("Bearer "),
    )
    assert sent.headers["idempotency-key"]
    turns = [{"role": "user", "content": "What is 6*7?"}]
    assert sent.body == {
        "model": "plain",
        "max_tokens": 8192,
        "system": "Be brief.",
        "messages": turns,
        "stop_sequences": ["x"],
        "top_k": 5,
        "metadata": {"user_id": "u-1"},
        "stream": True,
    }


async def test_a_stream_is_told_as_it_comes_and_pings_are_life(client: httpx.AsyncClient) -> None:
    body = {"message": "Hi", "config": {"provider": "anthropic", "model": "quiet"}}
    answer = await client.post("/chatflow/chat/stream", json=body)
    frames = [json.loads(frame.data) for frame in parse_frames(answer.text)]
    assert "".join(one["content"] for one in frames if one["type"] == "content") == "Hello"
    assert (frames[-1]["type"], frames[-1]["finish_reason"]) == ("done", "stop")


@pytest.mark.parametrize("think", [None, True])
async def test_an_agent_uses_a_tool_and_its_thoughts_go_back_signed(
    client: httpx.AsyncClient, wire: WireServer, think: bool | None
) -> None:
    answer: dict[str, Any] = {}
    for _ in range(2):
        body = {
            "message": "What is 6*7?",
            "session_id": "s",
            "config": {
                "provider": "anthropic",
                "model": "thinks",
                "tools": ["calculator"],
                "temperature": 0.5,
                "think": think,
            },
        }
        answer = (await client.post("/chatflow/chat", json=body)).json()
        assert answer["success"], answer
        assert answer["response"] == "RESULT 42"
        assert len(answer["warnings"]) == (1 if think else 0)
    assert len(wire.log) == 4
    turn = [one for one in wire.log[-1].body["messages"] if one["role"] == "assistant"][-1]
    kinds = [block["type"] for block in turn["content"]]
    assert kinds == ["thinking", "text", "tool_use"] if think else ["text", "tool_use"]
    if think:
        assert turn["content"][0] == {
            "type": "thinking",
            "thinking": "I multiply.",
            "signature": SIGNATURE,
        }
        history = await client.get("/chatflow/sessions/s/history")
        events = await client.get(f"/executions/{answer['execution_id']}/events?follow=false")
        assert SIGNATURE not in history.text
        assert SIGNATURE not in events.text
        assert "I multiply." in events.text, "thinking is the owner's reasoning"


async def test_cache_reads_and_writes_are_in_the_ledger(client: httpx.AsyncClient) -> None:
    answer = await _chat(client, "cached", extra_body={"cache_control": {"type": "ephemeral"}})
    assert answer["usage"]["input_tokens"] == 1512
    told = await client.get(f"/executions/{answer['execution_id']}/events?follow=false")
    usage = next(one["data"] for one in told.json() if one["type"] == "usage")
    assert (usage["cached_input_tokens"], usage["cache_write_tokens"]) == (1000, 500)


@pytest.mark.parametrize(
    ("model", "code", "requests"),
    [
        ("long", "context_length", 1),
        ("full", "overloaded", 2),
        ("limited", "rate_limited", 1),
        ("broke", "quota", 1),
        ("gone", "unknown_model", 1),
        ("key", "auth", 1),
        ("refuses", "content_filter", 2),
        ("breaks", "overloaded", 2),
    ],
)
async def test_errors_come_in_our_classes(
    client: httpx.AsyncClient, wire: WireServer, model: str, code: str, requests: int
) -> None:
    answer = await _chat(client, model)
    assert (answer["success"], answer["error_code"]) == (False, code), answer
    assert len(wire.log) == requests
    assert KEY not in json.dumps(answer)


async def test_a_cut_answer_warns_and_a_refused_parameter_is_left_out(
    client: httpx.AsyncClient, wire: WireServer
) -> None:
    cut = await _chat(client, "cut")
    assert (cut["success"], cut["finish_reason"]) == (True, "length")
    assert "max_tokens" in cut["warnings"][0]
    for requests in (3, 4):
        answer = await _chat(client, "no_temperature", temperature=0.2)
        assert answer["response"] == "Hello", answer
        assert len(wire.log) == requests, "what was learned is kept"


async def test_json_is_asked_for_in_words(client: httpx.AsyncClient, wire: WireServer) -> None:
    await _chat(client, "plain", response_format={"type": "json_object"})
    assert "JSON" in wire.log[0].body["system"]


async def test_a_base_url_of_a_flow_goes_by_the_rules_and_without_the_operators_key(
    client: httpx.AsyncClient, wire: WireServer
) -> None:
    elsewhere = wire.url.replace("127.0.0.1", "localhost")
    answer = await _chat(client, "plain", base_url=elsewhere)
    assert not answer["success"]
    assert "AGENTICRAG_ALLOWED_BASE_URLS" in answer["error"]
    assert not wire.log


@pytest.mark.parametrize("size", [1, 7, 64])
def test_any_cut_of_the_stream_gives_the_same(size: int) -> None:
    whole = events(thought_block("hm"), text_block("Grüße", " 👋"), CALL, stop="tool_use").partition(
        b"\r\n\r\n"
    )[2]
    for text in (whole, whole.replace(b"\n", b"\r\n")):
        reader = MessageEvents("anthropic", 100_000)
        pieces = [one for at in range(0, len(text), size) for one in reader.feed(text[at : at + size])]
        pieces += reader.end()
        assert "".join(one.text for one in pieces) == "Grüße 👋"
        assert "".join(one.reasoning for one in pieces) == "hm"
        arguments = "".join(tool.arguments for one in pieces for tool in one.tools)
        assert json.loads(arguments) == {"expression": "6*7"}
        assert pieces[-1].finish_reason == "tool_use"
        echo = pieces[-1].echo or {}
        assert echo["thinking_blocks"][0]["signature"] == SIGNATURE
