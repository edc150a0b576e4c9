"""A key is cut out of an answer where it is a secret; a word that serves as a key is left in any answer."""

import json
from collections.abc import Callable

import pytest

from graphs.model_api.model_interface import ModelError
from graphs.model_calls import OpenModels
from tests.graphs.providers.heard import WEATHER, Heard, ask
from tests.graphs.providers.wire_shapes import chunk, counted, finish, tool
from tests.runtimes.wire_server import WireServer, refused, sse

Opener = Callable[..., OpenModels]
SECRETS = (
    "sk-proj-4fJ2kd93LQpz81mXv0",
    "sk-ant-api03-Zk3mQ81bL0",
    "gsk_8d7f6a5s4d3f2g1h",
    "AIzaSyD3x4mpl3K3yF0rT3sts",
    "hf_QmZkLwPxTrYv",
    "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "correct-horse-battery-staple-and-more",
)
WORDS = (
    "ollama",
    "none",
    "dummy",
    "sk-no-key-required",
    "lm-studio",
    "EMPTY",
    "sk-xxxx",
    "your-api-key-here",
)


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize("size", [1, 3, 50])
async def test_a_secret_is_in_no_part_of_an_answer(models_with: Opener, key: str, size: int) -> None:
    text = f"Your key is {key}, keep it."
    cuts = [text[at : at + size] for at in range(0, len(text), size)]
    arguments = json.dumps({"city": key, "days": 1})
    call = tool(0, "call_1", "get_weather", arguments)
    reply = [
        *(chunk({"reasoning_content": cut}) for cut in cuts),
        *(chunk({"content": cut}) for cut in cuts),
        chunk({"tool_calls": [call]}),
        finish("tool_calls"),
        counted(),
    ]
    heard = Heard()
    async with WireServer(lambda _: [sse(*reply)]) as server:
        models = models_with(openai_base_url=server.url, openai_api_key=key, max_attempts=1)
        answer = await models.answer(ask(tools=[WEATHER]), heard)
    assert server.log[0].headers["authorization"] == f"Bearer {key}"
    assert key not in f"{answer} {heard.said} {heard.thoughts}"
    assert heard.said.startswith("Your key is ")
    assert heard.said.endswith(", keep it.")


@pytest.mark.parametrize("key", WORDS)
async def test_a_word_that_serves_as_a_key_stays_in_answers_and_arguments(
    models_with: Opener, key: str
) -> None:
    text = f"Start it with {key} as the key."
    call = tool(0, "call_1", "get_weather", json.dumps({"city": key, "days": 1}))
    reply = sse(chunk({"content": text}), chunk({"tool_calls": [call]}), finish("tool_calls"), counted())
    async with WireServer(lambda _: [reply]) as server:
        models = models_with(openai_base_url=server.url, openai_api_key=key, max_attempts=1)
        answer = await models.answer(ask(tools=[WEATHER]), Heard())
    assert answer.content == text
    assert answer.tool_calls[0].arguments["city"] == key


async def test_a_secret_is_in_no_error(models_with: Opener) -> None:
    for key in SECRETS:
        async with WireServer(lambda _, key=key: [refused(f"Incorrect API key: {key}", 401)]) as server:
            models = models_with(openai_base_url=server.url, openai_api_key=key, max_attempts=1)
            with pytest.raises(ModelError) as failed:
                await models.answer(ask(), Heard())
        assert failed.value.error_class == "auth"
        assert key not in str(failed.value)
