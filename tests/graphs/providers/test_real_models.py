"""Both adapters, and the built-in runtime, against a real language model: SmolLM2 on llama.cpp."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import psutil
import pytest

from graphs.conversation.messages import Message, ModelRequest
from graphs.model_api.model_interface import ModelError
from graphs.model_calls import ModelSettings, OpenModels, open_models
from tests.graphs.providers.heard import WEATHER, Heard
from tests.runtimes.ollama_bridge import ollama_bridge

SYSTEM = Message(role="system", content="You are a helpful assistant who answers in one short sentence.")


@pytest.fixture(params=["direct", "langchain", "ollama"])
async def real(request: pytest.FixtureRequest, llama: str) -> AsyncIterator[tuple[OpenModels, str]]:
    """Models over the real runtime, and the provider to ask."""
    async with ollama_bridge(llama) as bridge:
        settings = ModelSettings(openai_base_url=llama, ollama_base_url=bridge.url)
        provider = "ollama" if request.param == "ollama" else "openai"
        if request.param == "langchain":
            settings = msgspec.structs.replace(settings, openai_transport="langchain")
        async with open_models(settings) as models:
            yield models, provider


def _ask(provider: str, message: str, **fields: object) -> ModelRequest:
    request = ModelRequest(
        provider=provider,
        model="smollm2",
        messages=[SYSTEM, Message(role="user", content=message)],
        temperature=0.0,
        max_tokens=24,
        seed=1,
    )
    return msgspec.structs.replace(request, **fields)


async def test_a_real_model_answers_and_counts(real: tuple[OpenModels, str]) -> None:
    models, provider = real
    heard = Heard()
    answer = await models.answer(_ask(provider, "What is the capital of France?"), heard)
    assert "Paris" in answer.content
    assert answer.content == heard.said
    assert len(heard.chunks) > 3
    assert not answer.usage.estimated
    assert answer.usage.input_tokens > 10
    assert len(heard.chunks) <= answer.usage.output_tokens <= 24
    assert answer.finish_reason == "stop"


async def test_a_real_model_stops_at_its_limit(real: tuple[OpenModels, str]) -> None:
    models, provider = real
    answer = await models.answer(_ask(provider, "Count from one to a hundred.", max_tokens=5), Heard())
    assert (answer.finish_reason, answer.usage.output_tokens) == ("length", 5)


async def test_a_real_model_calls_a_tool(real: tuple[OpenModels, str]) -> None:
    models, provider = real
    request = _ask(
        provider,
        "What is the weather in Paris over 3 days?",
        tools=[WEATHER],
        tool_choice="required",
        max_tokens=100,
    )
    answer = await models.answer(request, Heard())
    # Asked for one city, so small a model may also call a second time.
    call = answer.tool_calls[0]
    assert (call.name, call.invalid) == ("get_weather", "")
    assert set(call.arguments) == {"city", "days"}
    assert isinstance(call.arguments["days"], int)


async def test_a_real_model_keeps_to_a_schema(real: tuple[OpenModels, str]) -> None:
    models, provider = real
    schema = {
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 20}, "age": {"type": "integer"}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    answer = await models.answer(
        _ask(provider, "Anna is 30.", response_format=wanted, max_tokens=60), Heard()
    )
    assert set(msgspec.json.decode(answer.content)) == {"name", "age"}


async def test_a_real_model_is_free_again_after_a_cancel(real: tuple[OpenModels, str]) -> None:
    models, provider = real
    heard = [Heard(), Heard()]
    # Both of the runtime's slots are taken by answers that would be long.
    calls = [
        asyncio.create_task(models.answer(_ask(provider, "Write a long story.", max_tokens=3000), each))
        for each in heard
    ]
    async with asyncio.timeout(60):
        while not all(len(each.chunks) > 2 for each in heard):  # noqa: ASYNC110 - tokens come when they come
            await asyncio.sleep(0.01)
    for call in calls:
        call.cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert [each.attempts[0].status for each in heard] == ["cancelled", "cancelled"]
    assert all(each.attempts[0].usage.output_tokens > 0 for each in heard)
    assert (await models.answer(_ask(provider, "Say hello.", max_tokens=8), Heard())).content


async def test_a_prompt_beyond_the_context_is_its_own_error(real: tuple[OpenModels, str]) -> None:
    models, provider = real
    with pytest.raises(ModelError) as caught:
        await models.answer(_ask(provider, "word " * 6000), Heard())
    assert caught.value.error_class == "context_length"


async def test_the_local_provider_answers_in_a_process_of_its_own(llama: str) -> None:
    del llama  # Only to skip where the model is missing.
    async with open_models(ModelSettings(local_context=2048)) as models:
        heard = Heard()
        answer = await models.answer(_ask("local", "What is the capital of France?"), heard)
        assert "Paris" in answer.content
        assert answer.content == heard.said
        (child,) = _servers()
        child.kill()
        child.wait()
        again = await models.answer(_ask("local", "What is the capital of Italy?"), Heard())
        assert "Rome" in again.content
        (second,) = _servers()
        assert second.pid != child.pid
        request = _ask("local", "Weather in Bonn for 2 days?", tools=[WEATHER], tool_choice="get_weather")
        called = await models.answer(msgspec.structs.replace(request, max_tokens=100), Heard())
        assert [call.name for call in called.tool_calls] == ["get_weather"]
        assert not {"OPENAI_API_KEY", "AGENTICRAG_SECRET_KEY"} & set(second.environ())
    assert not second.is_running()


def _servers() -> list[psutil.Process]:
    """Return the model servers that this process started for itself, without the fixture's."""
    alive = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "2048" in child.cmdline()]
