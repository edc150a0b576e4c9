"""What answers: the first default, and lists of models."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from graphs.model_api.model_interface import ModelError
from graphs.model_calls import (
    ModelSettings,
    default_model,
    known_providers,
    local_model_available,
    probe,
    probe_all,
    provider_entry,
)
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.ollama_bridge import ollama_bridge

NOWHERE = "http://127.0.0.1:1"
HEAVY = [
    "openai",
    "ollama",
    "langchain_core",
    "langgraph",
    "litestar",
    "sqlalchemy",
    "httpx",
    "httpx2",
    "urllib.request",
]


def _nothing(tmp_path: Path) -> ModelSettings:
    return ModelSettings(ollama_base_url=NOWHERE, local_model=str(tmp_path / "none.gguf"), probe_seconds=5)


async def test_ollama_is_the_first_choice_with_its_first_chat_model(fake: FakeOpenAI) -> None:
    async with ollama_bridge(fake.url, ["nomic-embed-text:latest", "llama3.3:70b", "phi4"]) as bridge:
        settings = ModelSettings(ollama_base_url=bridge.url, openai_api_key="sk-x", probe_seconds=5)
        assert await default_model(settings) == ("ollama", "llama3.3:70b")
        found = await probe("ollama", settings)
    assert found.models == ["llama3.3:70b", "phi4"]
    assert found.detail == f"{bridge.url} answers with 2 models."


async def test_an_ollama_without_models_is_passed_over(fake: FakeOpenAI) -> None:
    async with ollama_bridge(fake.url, []) as bridge:
        settings = ModelSettings(ollama_base_url=bridge.url, openai_api_key="sk-x", probe_seconds=5)
        assert await default_model(settings) == ("openai", settings.openai_model)


async def test_a_server_of_ones_own_is_the_second_choice(fake: FakeOpenAI) -> None:
    settings = ModelSettings(ollama_base_url=NOWHERE, openai_base_url=fake.url, probe_seconds=5)
    assert await default_model(settings) == ("openai", "fake-model")


async def test_a_key_is_the_third_choice() -> None:
    settings = ModelSettings(ollama_base_url=NOWHERE, openai_api_key="sk-x", probe_seconds=5)
    assert await default_model(settings) == ("openai", settings.openai_model)


async def test_the_local_model_comes_before_the_demo(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    settings = ModelSettings(ollama_base_url=NOWHERE, local_model=str(file), probe_seconds=5)
    if not local_model_available(settings):
        reason = "The local model's runtime is not installed."
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason} Under CI=true nothing is skipped.")
        pytest.skip(reason)
    assert (await default_model(settings))[0] == "local"


async def test_the_demo_is_always_there(tmp_path: Path) -> None:
    assert await default_model(_nothing(tmp_path)) == ("demo", "demo")


async def test_every_provider_says_what_it_found_or_what_to_do(tmp_path: Path) -> None:
    found = {each.provider: each for each in await probe_all(_nothing(tmp_path))}
    assert tuple(found) == known_providers()
    assert found["ollama"].detail == f"{NOWHERE} does not answer."
    assert found["openai"].detail == "No key: set OPENAI_API_KEY."
    assert "no model file" in found["local"].detail
    assert found["demo"].answers


async def test_a_server_that_says_nothing_is_given_up_soon() -> None:
    held: list[asyncio.StreamWriter] = []

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    silent = await asyncio.start_server(hold, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}"
    found = await probe("ollama", ModelSettings(ollama_base_url=url), seconds=0.05)
    assert (found.answers, found.detail) == (False, f"{url} did not answer in time.")
    for writer in held:
        writer.close()
    silent.close()


async def test_a_refused_key_and_nonsense_are_said() -> None:
    answers = [
        b"HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
    ]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    settings = ModelSettings(openai_base_url=url, probe_seconds=5)
    assert (await probe("openai", settings, api_key="sk-wrong")).detail == f"{url} refused the key."
    assert (await probe("openai", settings)).detail == f"{url} answered with what is no list of models."
    server.close()


async def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(ModelError, match="'gpt' is not known"):
        await probe("gpt", ModelSettings())
    with pytest.raises(ModelError, match="'gpt' is not known"):
        provider_entry("gpt")


async def test_knowing_the_providers_imports_nothing_heavy() -> None:
    code = f"import sys, graphs.providers; print([name for name in {HEAVY!r} if name in sys.modules])"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code), stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    )
    output, _ = await process.communicate()
    assert output.decode().strip() == "[]"
