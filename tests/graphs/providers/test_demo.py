"""Provider ``demo``: deterministic, and honest about what it is."""

import msgspec
import pytest

from graphs.conversation.messages import Message, ToolCall, ToolSpec
from graphs.model_calls import OpenModels
from graphs.providers.schema_sample import sample
from tests.graphs.providers.heard import WEATHER, Heard, ask


async def test_it_answers_word_by_word_counts_and_says_that_it_is_a_demo(models: OpenModels) -> None:
    heard = Heard()
    answer = await models.answer(ask("How are you?", provider="demo"), heard)
    assert answer.content == heard.said
    assert "demo, no language model" in answer.content
    assert "How are you?" in answer.content
    assert len(heard.chunks) == answer.usage.output_tokens == len(answer.content.split())
    assert (answer.usage.input_tokens, answer.usage.estimated) == (3, False)
    assert answer.content == (await models.answer(ask("How are you?", provider="demo"), Heard())).content


async def test_it_stops_at_max_tokens(models: OpenModels) -> None:
    answer = await models.answer(ask(provider="demo", max_tokens=3), Heard())
    assert (len(answer.content.split()), answer.finish_reason) == (3, "length")


@pytest.mark.parametrize(
    ("message", "choice"),
    [
        ("Hello", "required"),
        ("Hello", "get_weather"),
        ("Please use get_weather", ""),
        ("Call a tool", "auto"),
    ],
)
async def test_it_calls_a_tool_when_asked_to(models: OpenModels, message: str, choice: str) -> None:
    request = ask(message, provider="demo", tools=[WEATHER], tool_choice=choice)
    answer = await models.answer(request, Heard())
    (call,) = answer.tool_calls
    assert (call.name, call.arguments) == ("get_weather", {"city": message, "days": 0})
    assert answer.finish_reason == "tool_calls"


@pytest.mark.parametrize(("message", "choice"), [("Hello", ""), ("Use get_weather", "none")])
async def test_it_calls_none_when_not_asked_to(models: OpenModels, message: str, choice: str) -> None:
    request = ask(message, provider="demo", tools=[WEATHER], tool_choice=choice)
    assert (await models.answer(request, Heard())).tool_calls == []


async def test_it_answers_from_a_tools_result(models: OpenModels) -> None:
    called = Message(role="assistant", tool_calls=[ToolCall(id="c", name="get_weather")])
    result = Message(role="tool", tool_call_id="c", name="get_weather", content="Rain, 12 °C")
    question = Message(role="user", content="Use get_weather")
    request = ask(provider="demo", tools=[WEATHER], messages=[question, called, result])
    answer = await models.answer(request, Heard())
    assert "'get_weather' answered: Rain, 12 °C" in answer.content


async def test_it_keeps_to_a_json_schema(models: OpenModels) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "verdict", "schema": schema}}
    answer = await models.answer(ask(provider="demo", response_format=wanted), Heard())
    assert msgspec.json.decode(answer.content) == {"ok": True}
    answer = await models.answer(ask(provider="demo", response_format={"type": "json_object"}), Heard())
    assert msgspec.json.decode(answer.content) == {"demo": True, "message": "Hello there"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"enum": ["b", "a"]}, "b"),
        ({"const": 3}, 3),
        ({"type": "integer", "minimum": 4, "multipleOf": 5}, 5),
        ({"type": "integer", "exclusiveMinimum": 4}, 5),
        ({"type": "number", "maximum": -2}, -2),
        ({"type": "string", "maxLength": 2}, "hi"),
        ({"type": "string", "minLength": 6}, "hi youxx"[:6]),
        ({"type": "string", "format": "date"}, "2024-01-01"),
        ({"type": ["null", "string"]}, None),
        ({"type": "array", "minItems": 2, "items": {"type": "boolean"}}, [True, True]),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, 0),
        ({"properties": {"a": {"type": "string"}, "b": {"type": "null"}}}, {"a": "hi you"}),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "boolean"}}}, True),
        ({"allOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]}, {"type": "object"}]}, {"a": 1}),
        ({}, "hi you"),
    ],
)
def test_a_sample_is_what_its_schema_asks_for(schema: dict[str, object], value: object) -> None:
    assert sample(schema, "hi you") == value


def test_a_schema_that_contains_itself_has_an_end() -> None:
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
    assert "next" in sample(schema)


def test_a_tool_without_parameters_gets_none() -> None:
    tool = ToolSpec("now", "The time", {"type": "object", "properties": {}})
    assert sample(tool.parameters) == {}
