"""Tools and settings of OpenAI's clients: a plain chat passes them to its model."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openai
import pytest
from openai import AsyncOpenAI
from pydantic import BaseModel

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply, ScriptedCall
from tests.server.conftest import Running, quick
from tests.server.protocols.npm_clients import NpmClients

WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
CALL = ScriptedCall(id="call_w1", name="weather", arguments='{"city":"Oslo"}')
QUESTION: dict[str, Any] = {"role": "user", "content": "How is Oslo?"}
DRAWN = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "say", "type": "llm", "data": {"provider": "openai", "model": "gpt-4.1-mini", "seed": 7}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "say"},
        {"id": "b", "source": "say", "target": "end"},
    ],
}
RUN_TOOLS = """
import OpenAI from 'openai';
const client = new OpenAI({
  baseURL: process.env.AGENTICRAG_URL + '/v1', apiKey: process.env.AGENTICRAG_API_KEY,
});
for (const stream of [false, true]) {
  const runner = client.chat.completions.runTools({
    model: process.argv[2]!, stream,
    messages: [{ role: 'user', content: 'How is Oslo?' }],
    tools: [{ type: 'function', function: {
      name: 'weather', description: 'Tells the weather.', parse: JSON.parse,
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
      function: async (given: { city: string }) => 'rain in ' + given.city,
    } }],
  } as any);
  console.log(await runner.finalContent());
}
"""


class Report(BaseModel):
    """What is asked for in a form."""

    city: str
    degrees: int


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(Reply(text="It rains.")) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, fake: FakeOpenAI) -> Settings:
    base = quick(database_url, tmp_path)
    return msgspec.structs.replace(base, openai_base_url=fake.url, openai_api_key="sk-test")


@pytest.fixture
async def ai(server: Running, key: str) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=key) as client:
        yield client


@pytest.fixture(params=["settings", "drawn"])
async def model(request: pytest.FixtureRequest, client: httpx.AsyncClient) -> str:
    """A plain chat: by its settings, and as a drawing."""
    config = {"llm_provider": "openai", "llm_model": "gpt-4.1-mini", "seed": 7}
    body = {"chat_config": config} if request.param == "settings" else {"graph_definition": DRAWN}
    answer = await client.post("/chatflows", json={"name": "Plain", **body})
    assert answer.status_code == 201, answer.text
    return answer.json()["slug"]


@pytest.mark.parametrize("session", [None, "weather-talk"])
@pytest.mark.parametrize("stream", [False, True])
async def test_the_client_runs_the_tools_that_it_offers(
    ai: Any,
    client: httpx.AsyncClient,
    fake: FakeOpenAI,
    model: str,
    session: str | None,
    stream: bool,
) -> None:
    fake.script(Reply(text="", tool_calls=[CALL]))
    more: dict[str, Any] = {"extra_headers": {"X-Session-Id": session}} if session else {}
    asked: dict[str, Any] = {"model": model, "tools": [WEATHER], **more}
    asked |= {"tool_choice": "required", "parallel_tool_calls": False}
    if stream:
        async with ai.chat.completions.stream(messages=[QUESTION], **asked) as events:
            completion: Any = await events.get_final_completion()
    else:
        completion = await ai.chat.completions.create(messages=[QUESTION], **asked)
    [choice] = completion.choices
    assert choice.finish_reason == "tool_calls"
    assert not choice.message.content
    [call] = choice.message.tool_calls
    assert (call.id, call.function.name) == ("call_w1", "weather")
    assert json.loads(call.function.arguments) == {"city": "Oslo"}
    body = fake.log[-1].body
    assert (body["tools"], body["tool_choice"]) == ([WEATHER], "required")
    assert body["parallel_tool_calls"] is False
    said: dict[str, Any] = {
        "role": "assistant",
        "content": None,
        "tool_calls": [call.model_dump(include={"id", "type"})],
    }
    said["tool_calls"][0]["function"] = {"name": "weather", "arguments": call.function.arguments}
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "rain"}
    after = await ai.chat.completions.create(
        model=model, tools=[WEATHER], messages=[QUESTION, said, result], **more
    )
    assert (after.choices[0].message.content, after.choices[0].finish_reason) == ("It rains.", "stop")
    told = fake.log[-1].body["messages"]
    assert [one["role"] for one in told] == ["user", "assistant", "tool"]
    assert told[1]["tool_calls"][0]["id"] == told[2]["tool_call_id"] == "call_w1"
    assert told[2]["content"] == "rain"
    stored = (await client.get("/executions")).json()["executions"]
    assert [one["status"] for one in stored] == ["completed", "completed"]
    assert after.usage is not None
    assert after.usage.total_tokens > 0


async def test_an_answer_in_a_form_is_asked_for_again_until_it_fits(
    ai: Any, fake: FakeOpenAI, model: str
) -> None:
    fits = '{"city": "Oslo", "degrees": 4}'
    fake.script(Reply(text="Sure: {}"), Reply(text=f"```json\n{fits}\n```"))
    parsed = await ai.chat.completions.parse(model=model, messages=[QUESTION], response_format=Report)  # pyright: ignore[reportArgumentType]
    assert parsed.choices[0].message.parsed == Report(city="Oslo", degrees=4)
    assert len(fake.log) == 2
    assert fake.log[0].body["response_format"]["json_schema"]["name"] == "Report"
    fake.script(Reply(text="Sure: {}"), Reply(text=fits))
    async with ai.chat.completions.stream(  # pyright: ignore[reportUnknownVariableType]
        model=model,
        messages=[QUESTION],  # pyright: ignore[reportArgumentType]
        response_format=Report,
    ) as events:
        streamed: Any = await events.get_final_completion()
    assert streamed.choices[0].message.parsed == Report(city="Oslo", degrees=4)
    fake.script(Reply(text="no"), Reply(text="never"))
    with pytest.raises(openai.APIStatusError) as raised:
        await ai.chat.completions.create(
            model=model,
            messages=[QUESTION],  # pyright: ignore[reportArgumentType]
            response_format={"type": "json_object"},
        )
    assert (raised.value.status_code, raised.value.code) == (424, "bad_response")


async def test_settings_count_where_the_flow_has_none(ai: Any, fake: FakeOpenAI, model: str) -> None:
    await ai.chat.completions.create(
        model=model,
        messages=[QUESTION],  # pyright: ignore[reportArgumentType]
        temperature=0,
        top_p=0.5,
        max_completion_tokens=50,
        stop="END",
        seed=1,
        n=1,
        presence_penalty=0.5,
    )
    body = fake.log[-1].body
    assert {name: body[name] for name in ("temperature", "top_p", "stop", "seed", "presence_penalty")} == {
        "temperature": 0,
        "top_p": 0.5,
        "stop": ["END"],
        "seed": 7,
        "presence_penalty": 0.5,
    }
    assert 50 in (body.get("max_tokens"), body.get("max_completion_tokens"))


async def test_responses_have_the_tools_and_the_settings_too(ai: Any, fake: FakeOpenAI, model: str) -> None:
    fake.script(Reply(text="", tool_calls=[CALL]))
    tool = {"type": "function", **WEATHER["function"]}
    asked: dict[str, Any] = {"model": model, "tools": [tool, {"type": "web_search"}], "temperature": 0.5}
    async with ai.responses.stream(
        input="How is Oslo?",
        max_output_tokens=50,
        tool_choice={"type": "function", "name": "weather"},
        reasoning={"effort": "low"},
        **asked,
    ) as events:
        first: Any = await events.get_final_response()
    [call] = first.output
    assert (call.type, call.call_id, call.name) == ("function_call", "call_w1", "weather")
    body = fake.log[-1].body
    assert (body["tools"], body["tool_choice"]["function"]) == ([WEATHER], {"name": "weather"})
    assert (body["max_tokens"], body["temperature"], body["reasoning_effort"]) == (50, 0.5, "low")
    assert (first.max_output_tokens, first.temperature) == (50, 0.5)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    made = {"type": "function_call", "call_id": "call_w1", "name": "weather", "arguments": call.arguments}
    for given in (
        {"input": [result], "previous_response_id": first.id},
        {"input": [result], "previous_response_id": first.id},  # a fork
        {"input": [{"role": "user", "content": "How is Oslo?"}, made, result]},
    ):
        after = await ai.responses.create(**asked, **given)
        told = fake.log[-1].body["messages"]
        assert after.output_text == "It rains."
        assert [one["role"] for one in told] == ["user", "assistant", "tool"]
        assert (told[1]["tool_calls"][0]["id"], told[2]["content"]) == ("call_w1", "rain")
    fits = '{"city": "Oslo", "degrees": 4}'
    fake.script(Reply(text="Sure: {}"), Reply(text=fits))
    parsed = await ai.responses.parse(model=model, input="How is Oslo?", text_format=Report)
    assert parsed.output_parsed == Report(city="Oslo", degrees=4)
    with pytest.raises(openai.BadRequestError) as raised:
        await ai.responses.create(model=model, input="Hi", text={"format": {"type": "xml"}})
    assert raised.value.param == "text.format"


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"n": 2}, "n"),
    ({"logprobs": True}, "logprobs"),
    ({"temperature": 3}, "temperature"),
    ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0]"),
    ({"tools": [WEATHER], "tool_choice": "always"}, "tool_choice"),
    ({"response_format": {"type": "xml"}}, "response_format"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": 1}}}},
        "response_format.json_schema.schema",
    ),
    (
        {"messages": [QUESTION, {"role": "tool", "tool_call_id": "none", "content": "rain"}]},
        "messages[1].tool_call_id",
    ),
]


async def test_what_cannot_be_done_is_said_and_runs_nothing(
    ai: Any, fake: FakeOpenAI, client: httpx.AsyncClient, model: str
) -> None:
    said: list[str | None] = []
    for wrong, _ in REFUSED:
        with pytest.raises(openai.BadRequestError) as raised:
            await ai.chat.completions.create(**{"model": model, "messages": [QUESTION], **wrong})
        said.append(raised.value.param)
    assert said == [param for _, param in REFUSED]
    assert (len(fake.log), (await client.get("/executions")).json()["executions"]) == (0, [])


async def test_the_tool_runner_of_the_npm_client_ends_with_the_answer(
    server: Running, key: str, fake: FakeOpenAI, model: str, npm_clients: NpmClients
) -> None:
    fake.script(Reply(text="", tool_calls=[CALL]), Reply(text="Wet."))
    fake.script(Reply(text="", tool_calls=[CALL]), Reply(text="Wet again."))
    program = npm_clients.write("tools.mts", RUN_TOOLS)
    told = await npm_clients.run(program, model, AGENTICRAG_URL=server.url, AGENTICRAG_API_KEY=key)
    assert told == "Wet.\nWet again.\n"
    assert fake.log[-1].body["messages"][-1]["content"] == "rain in Oslo"
