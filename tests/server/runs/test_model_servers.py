"""Chats with servers as they are: through the product over HTTP, whole, streamed, and with a tool."""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.graphs.providers.wire_answers import ANSWERS
from tests.graphs.providers.wire_calls import CALLS
from tests.graphs.providers.wire_failures import FAILURES
from tests.graphs.providers.wire_shapes import chunk, counted, finish, tool
from tests.graphs.providers.wire_vendor_answers import VENDOR_CALLS
from tests.runtimes.wire_server import Asked, Part, WireServer, refused, sse, tool_results
from tests.server.conftest import Running, connect, make_key, parse_frames

SHAPES = {shape.name: shape for shape in (*ANSWERS, *CALLS, *FAILURES, *VENDOR_CALLS)}
WITH_TOOLS = (*CALLS, *VENDOR_CALLS)
ANSWER = sse(chunk({"content": "Hello"}), finish(), counted())
CALL = tool(0, "call-1-of-mine", "calculator", '{"expression": "6*7"}')
Rule = Callable[[Asked], str]


def _result(asked: Asked) -> list[Part]:
    return [sse(chunk({"content": "RESULT "}), chunk({"content": " | ".join(tool_results(asked))}), finish())]


def _answers(asked: Asked) -> list[Part]:
    if tool_results(asked):
        return _result(asked)
    shape = SHAPES.get(asked.model)
    return [*shape.reply] if shape else RULES[asked.model](asked)


def _without(field: str, message: str, status: int = 400, **more: Any) -> Callable[[Asked], list[Part]]:
    """Return a server that refuses a request that has a field."""

    def answers(asked: Asked) -> list[Part]:
        return [refused(message, status, **more)] if field in asked.body else [ANSWER]

    return answers


def _said(asked: Asked, role: str) -> str:
    return " ".join(str(one.get("content")) for one in asked.body["messages"] if one["role"] == role)


def _strict(asked: Asked) -> list[Part]:
    """Roles must alternate, and there is no system."""
    roles = [one["role"] for one in asked.body["messages"]]
    if "system" in roles:
        return [refused("System role not supported")]
    if any(one == other for one, other in itertools.pairwise(roles)) or roles[0] != "user":
        return [refused("Conversation roles must alternate user/assistant/user/assistant/...")]
    return [ANSWER]


def _no_schema(asked: Asked) -> list[Part]:
    kind = (asked.body.get("response_format") or {}).get("type")
    if kind == "json_schema":
        return [
            refused("Invalid value for 'response_format': 'json_schema' is not supported with this model.")
        ]
    if kind == "json_object" and asked.model == "no_json":
        return [refused("response_format is not supported")]
    asks = "JSON Schema" in _said(asked, "system") + _said(asked, "user")
    return [sse(chunk({"content": json.dumps({"asked": asks})}), finish())]


def _empty_once(asked: Asked) -> list[Part]:
    return [sse(finish())]


RULES: dict[str, Callable[[Asked], list[Part]]] = {
    "no_stream_options": _without("stream_options", "stream_options: Extra inputs are not permitted", 422),
    "no_temperature": _without(
        "temperature",
        "Unsupported value: 'temperature' does not support 0.7 with this model. Only the default (1) value "
        "is supported.",
        param="temperature",
        code="unsupported_value",
    ),
    "no_max_tokens": _without(
        "max_tokens",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
        "instead.",
        param="max_tokens",
        code="unsupported_parameter",
    ),
    "no_seed": _without("seed", "Unknown parameter: 'seed'.", param="seed"),
    "no_tools": _without("tools", "registry.ollama.ai/library/x:latest does not support tools"),
    "no_parallel": _without("parallel_tool_calls", "parallel_tool_calls is not supported by this model"),
    "strict": _strict,
    "no_schema": _no_schema,
    "no_json": _no_schema,
    "empty": _empty_once,
}


@pytest.fixture
async def wire() -> AsyncIterator[WireServer]:
    async with WireServer(_answers) as server:
        yield server


@pytest.fixture
async def client(
    wire: WireServer, settings: Settings, start: Callable[[Settings], Running]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server whose provider ``openai`` is `wire`."""
    changed = msgspec.structs.replace(
        settings, openai_base_url=wire.url, openai_api_key="sk-of-the-operator-1", model_attempts=2
    )
    running = await asyncio.to_thread(start, changed)
    async with connect(running, await make_key(changed, "default")) as opened:
        yield opened


async def _chat(client: httpx.AsyncClient, model: str, **config: Any) -> dict[str, Any]:
    body = {"message": "What is 6*7?", "config": {"provider": "openai", "model": model} | config}
    answer = await client.post("/chatflow/chat", json=body, timeout=90)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_every_shape_comes_out_of_a_chat_as_it_was_meant(client: httpx.AsyncClient) -> None:
    wrong: list[str] = []
    seats = asyncio.Semaphore(8)

    async def look(name: str) -> None:
        shape = SHAPES[name]
        # What asks to wait for long is looked at elsewhere.
        if (shape.wait or 0) > 2:
            return
        tools = [name for name in ("calculator", "current_time") if shape in WITH_TOOLS]
        async with seats:
            answer = await _chat(client, name, **({"tools": tools} if tools else {}))
        if shape.error:
            right = not answer["success"] and answer["error_code"] in shape.error
        elif shape.calls:
            right = answer["success"] and answer["response"].startswith("RESULT ")
            if all(called == "calculator" for called, _ in shape.calls) and "argument" not in name:
                told = [
                    {"6*7": "42", "10+1": "11"}.get(str(given.get("expression")), "")
                    for _, given in shape.calls
                ]
                right = right and (answer["response"] == f"RESULT {' | '.join(told)}" or "" in told)
        else:
            usage = (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"])
            right = answer["success"] and answer["response"] == shape.text
            right = right and shape.usage in (None, usage) and answer["finish_reason"] == shape.ending
        if not right:
            wrong.append(f"{name}: {answer}")

    await asyncio.gather(*map(look, SHAPES))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("model", "config", "first"),
    [
        ("no_temperature", {}, 1),
        ("no_temperature", {"temperature": 0.7}, 2),
        ("no_max_tokens", {"max_tokens": 500}, 2),
        ("no_stream_options", {}, 2),
        ("no_seed", {"seed": 7}, 2),
        ("no_tools", {"tools": ["calculator"]}, 2),
        ("no_parallel", {"tools": ["calculator"], "parallel_tool_calls": False}, 2),
        ("strict", {"system_prompt": "Be brief."}, 2),
    ],
)
async def test_a_refused_parameter_costs_one_request_and_no_more(
    client: httpx.AsyncClient, wire: WireServer, model: str, config: dict[str, Any], first: int
) -> None:
    answer = await _chat(client, model, **config)
    assert (answer["success"], answer["response"]) == (True, "Hello"), answer
    assert len(wire.log) == first
    assert (await _chat(client, model, **config))["response"] == "Hello"
    assert len(wire.log) == first + 1, "what was learned is kept"
    if model == "strict":
        assert "Be brief." in _said(wire.log[-1], "user")
    if model == "no_tools":
        assert "takes no tools" in answer["warnings"][0]


async def test_what_runs_learn_at_once_is_all_kept(client: httpx.AsyncClient, wire: WireServer) -> None:
    def two(asked: Asked) -> list[Part]:
        for field in ("seed", "top_p"):
            if field in asked.body:
                return [0.2, refused(f"Unknown parameter: '{field}'.", param=field)]
        return [ANSWER]

    wire.answers = two
    config = {"seed": 7, "top_p": 0.5}
    for answer in await asyncio.gather(*(_chat(client, "both", **config) for _ in range(3))):
        assert answer["response"] == "Hello", answer
    assert len(wire.log) <= 3 * 3
    before = len(wire.log)
    assert (await _chat(client, "both", **config))["response"] == "Hello"
    assert len(wire.log) == before + 1, "nothing that one run learned was lost by another"


@pytest.mark.parametrize(("model", "used"), [("no_schema", "json_object"), ("no_json", "instruction")])
async def test_a_form_of_json_that_is_refused_steps_down_and_says_so(
    client: httpx.AsyncClient, model: str, used: str
) -> None:
    schema = {"type": "object", "properties": {"asked": {"type": "boolean"}}}
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    answer = await _chat(client, model, response_format=form)
    assert answer["success"], answer
    assert json.loads(answer["response"]) == {"asked": True}
    events = await client.get(f"/executions/{answer['execution_id']}/logs")
    assert f'"{used}"' in events.text or used in events.text


async def test_a_conversation_that_a_strict_template_took_goes_on_after_a_failed_turn(
    client: httpx.AsyncClient, wire: WireServer
) -> None:
    body = {"session_id": "s", "message": "Hello", "config": {"provider": "openai", "model": "strict"}}
    await client.post("/chatflow/chat", json=body)
    failed = body | {"config": {"provider": "openai", "model": "empty"}}
    assert (await client.post("/chatflow/chat", json=failed)).json()["error_code"] == "empty_answer"
    assert len(wire.log) == 3, "an empty answer is asked for once more"
    again = (await client.post("/chatflow/chat", json=body)).json()
    assert again["response"] == "Hello", again
    roles = [one["role"] for one in wire.log[-1].body["messages"]]
    assert roles == ["user", "assistant", "user"]


async def test_a_stream_takes_back_what_turned_out_to_be_reasoning(client: httpx.AsyncClient) -> None:
    config = {"provider": "openai", "model": "think_no_opener"}
    answer = await client.post("/chatflow/chat/stream", json={"message": "Hi", "config": config})
    frames = [json.loads(frame.data) for frame in parse_frames(answer.text)]
    said = ""
    for frame in frames:
        said = (
            ""
            if frame["type"] == "reset"
            else said + frame["content"]
            if frame["type"] == "content"
            else said
        )
    assert said == "Hello"
    assert (frames[-1]["response"], frames[-1]["finish_reason"]) == ("Hello", "stop")
    thoughts = [frame["content"] for frame in frames if frame["type"] == "reasoning"]
    assert thoughts[-1] == "hm"


async def test_a_cut_answer_counts_and_warns(client: httpx.AsyncClient) -> None:
    answer = await _chat(client, "finish_max_tokens")
    assert (answer["success"], answer["response"], answer["finish_reason"]) == (True, "Hello", "length")
    assert "max_tokens" in answer["warnings"][0]


async def test_reasoning_that_ate_the_budget_says_so(client: httpx.AsyncClient) -> None:
    answer = await _chat(client, "empty_reasoning", max_tokens=100)
    assert (answer["success"], answer["error_code"]) == (False, "empty_answer")
    assert re.search(r"spent all of its tokens on reasoning.*max_tokens \(100\)", answer["error"])
