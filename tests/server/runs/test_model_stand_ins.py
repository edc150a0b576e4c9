"""Agents with tools on stand-ins that refuse what the real servers refuse in their second request."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from server.settings.sources import Settings
from tests.graphs.providers.wire_shapes import chunk, finish, tool
from tests.runtimes.wire_server import Asked, Part, WireServer, refused, sse, tool_results
from tests.server.conftest import Running, connect, make_key

ARGUMENTS = '{"expression": "6*7"}'


def _turns(asked: Asked) -> list[dict[str, Any]]:
    return [one for one in asked.body["messages"] if one["role"] == "assistant" and one.get("tool_calls")]


def _gemini(asked: Asked) -> str:
    calls = [call for one in _turns(asked) for call in one["tool_calls"]]
    if any(
        (call.get("extra_content") or {}).get("google", {}).get("thought_signature") != "SIG"
        for call in calls
    ):
        return "Function call is missing a thought_signature in functionCall parts."
    return ""


def _deepseek(asked: Asked) -> str:
    if any(one.get("reasoning_content") != "I add." for one in _turns(asked)):
        return "Missing `reasoning_content` field in the assistant message at message index 1."
    return ""


def _kimi(asked: Asked) -> str:
    if any("reasoning_content" not in one for one in _turns(asked)):
        return (
            "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1"
        )
    return ""


def _mistral(asked: Asked) -> str:
    for one in asked.body["messages"]:
        ids = [call["id"] for call in one.get("tool_calls") or []] + [one.get("tool_call_id", "a" * 9)]
        wrong = next((each for each in ids if not re.fullmatch("[a-zA-Z0-9]{9}", each)), None)
        if wrong is not None:
            return f"Tool call id was {wrong} but must be a-z, A-Z, 0-9, with a length of 9."
    roles = [one["role"] for one in asked.body["messages"]]
    if ("tool", "user") in itertools.pairwise(roles):
        return "Unexpected role 'user' after role 'tool'"
    return ""


def _ollama(asked: Asked) -> str:
    if any(one.get("content") is None for one in _turns(asked)):
        return "invalid message content type: <nil>"
    named = [one.get("name") for one in asked.body["messages"] if one["role"] == "tool"]
    return "" if all(named) else "tool message without a name"


def _groq(asked: Asked) -> str:
    if any("name" in one for one in asked.body["messages"]):
        return "'messages.2' : for 'role:tool' ('messages.2.name' : property 'name' is unsupported)"
    if any("reasoning_content" in one for one in asked.body["messages"]):
        return "'messages.1' : property 'reasoning_content' is unsupported"
    return ""


def _litellm(asked: Asked) -> str:
    """Anthropic's thinking behind a gateway wants its signed blocks back, whole."""
    wanted = [{"type": "thinking", "thinking": "I add.", "signature": "SIG"}]
    if any(one.get("thinking_blocks") != wanted for one in _turns(asked)):
        return "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`."
    return ""


def _openrouter(asked: Asked) -> str:
    wanted = [{"type": "reasoning.text", "text": "I add.", "signature": "SIG", "index": 0, "format": "x"}]
    if any(one.get("reasoning_details") != wanted for one in _turns(asked)):
        return "reasoning_details must be passed back unmodified"
    return ""


THOUGHTS: dict[str, list[dict[str, Any]]] = {
    "litellm": [
        {"reasoning_content": "I ", "thinking_blocks": [{"type": "thinking", "thinking": "I "}]},
        {"reasoning_content": "add.", "thinking_blocks": [{"type": "thinking", "thinking": "add."}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "", "signature": "SIG"}]},
    ],
    "openrouter": [
        {
            "reasoning": part,
            "reasoning_details": [{"type": "reasoning.text", "text": part, "index": 0, "format": "x"} | more],
        }
        for part, more in (("I ", {}), ("add.", {}), ("", {"signature": "SIG"}))
    ],
}
CALLS: dict[str, Any] = {
    "gemini": tool(
        0, "function-call-1", "calculator", ARGUMENTS, extra_content={"google": {"thought_signature": "SIG"}}
    ),
    "mistral": tool(0, "call_of_another_length", "calculator", ARGUMENTS),
}
RULES: dict[str, Callable[[Asked], str]] = {
    "gemini": _gemini,
    "deepseek": _deepseek,
    "kimi": _kimi,
    "mistral": _mistral,
    "ollama": _ollama,
    "groq": _groq,
    "litellm": _litellm,
    "openrouter": _openrouter,
}


def _answers(asked: Asked) -> list[Part]:
    if wrong := RULES[asked.model](asked):
        return [refused(wrong)]
    if told := tool_results(asked):
        return [sse(chunk({"content": f"RESULT {' | '.join(told)}"}), finish())]
    call = CALLS.get(asked.model) or tool(0, "call_1", "calculator", ARGUMENTS)
    thoughts = THOUGHTS.get(asked.model, [{"reasoning_content": "I add."}])
    return [sse(*map(chunk, thoughts), chunk({"tool_calls": [call]}), finish("tool_calls"))]


@pytest.fixture
async def wire() -> AsyncIterator[WireServer]:
    async with WireServer(_answers) as server:
        yield server


@pytest.mark.parametrize("model", RULES)
@pytest.mark.parametrize("profile", ["", "own"])
async def test_an_agent_finishes_its_second_call(
    wire: WireServer, settings: Settings, start: Callable[[Settings], Running], model: str, profile: str
) -> None:
    named = {"kimi": "moonshot"}.get(model, model) if profile else ""
    changed = msgspec.structs.replace(settings, openai_base_url=wire.url, openai_profile=named)
    running = await asyncio.to_thread(start, changed)
    async with connect(running, await make_key(changed, "default")) as client:
        for _ in range(2):
            config = {"provider": "openai", "model": model, "tools": ["calculator"]}
            body = {"message": "What is 6*7?", "session_id": "s", "config": config}
            answer = (await client.post("/chatflow/chat", json=body)).json()
            assert answer["success"], answer
            assert answer["response"].endswith("42"), answer
    if profile and model != "ollama":
        assert len(wire.log) == 4, "the profile knows, nothing has to be learned"
