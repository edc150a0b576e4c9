"""A scripted model and servers that end with the test, and whose logs are shown if it fails."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.durability.forks import Nursery
from tests.durability.server_process import ServerProcess
from tests.durability.trial import OUTCOME
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

Serve = Callable[..., ServerProcess]


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    """A model that answers with the question, 10 ms a word."""
    async with FakeOpenAI(Reply(echo=True, delay=0.01)) as fake:
        yield fake


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """What forks this worker's servers."""
    with Nursery() as nursery:
        yield nursery


@pytest.fixture
async def serve(
    request: pytest.FixtureRequest, tmp_path: Path, database_url: str, fake: FakeOpenAI, nursery: Nursery
) -> AsyncIterator[Serve]:
    """Make servers over this test's database and model: ``serve(AGENTICRAG_DRAIN_SECONDS="2")``.

    They are numbered and not started; what still runs at the end is killed. ``plain=True`` makes one that
    starts as users start it, two seconds slower.
    """
    made: list[ServerProcess] = []

    def make(
        *,
        model_url: str = "",
        url: str = "",
        plain: bool = False,
        forked_by: Nursery | None = None,
        worker: bool = False,
        **environment: str,
    ) -> ServerProcess:
        server = ServerProcess(
            tmp_path,
            url or database_url,
            model_url or fake.url,
            number=len(made),
            environment=environment,
            nursery=None if plain else forked_by or nursery,
            worker=worker,
        )
        made.append(server)
        return server

    yield make
    failed = not request.node.stash.get(OUTCOME, False)
    for server in made:
        await server.close()
        if failed:
            sys.stdout.write(f"--- {server.log.name} ---\n{server.tail(6000)}\n")
