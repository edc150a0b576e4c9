"""Fixtures: the scripted model server, the real one, and models whose waits take no time."""

from collections.abc import AsyncIterator, Callable, Iterator

import msgspec
import pytest

from graphs.model_calls import ModelSettings, OpenModels, open_models
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.llama import llama_server


class Waits:
    """A clock, a sleep that only moves it, and a random number that is always the largest."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def clock(self) -> float:
        """Seconds, moved by `sleep` alone."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Remember the wait and move the clock."""
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def settings(fake: FakeOpenAI) -> ModelSettings:
    return ModelSettings(openai_base_url=fake.url, openai_api_key="sk-operators-own-key", demo_delay=0.0)


@pytest.fixture
async def models(settings: ModelSettings, waits: Waits) -> AsyncIterator[OpenModels]:
    async with open_models(settings, clock=waits.clock, sleep=waits.sleep, random=lambda: 1.0) as opened:
        yield opened


@pytest.fixture
async def models_with(settings: ModelSettings, waits: Waits) -> AsyncIterator[Callable[..., OpenModels]]:
    """Give models with some settings changed."""
    opened: list[OpenModels] = []

    def open_(**changes: object) -> OpenModels:
        changed = msgspec.structs.replace(settings, **changes)
        opened.append(open_models(changed, clock=waits.clock, sleep=waits.sleep, random=lambda: 1.0))
        return opened[-1]

    yield open_
    for each in opened:
        await each.close()


@pytest.fixture(scope="session")
def llama() -> Iterator[str]:
    """Base URL of the real model server."""
    with llama_server("--context", "4096") as url:
        yield url
