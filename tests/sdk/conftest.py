"""What the tests of SDKs share: a server that all of them ask."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.conftest import new_database
from tests.server.conftest import Running, make_key, quick


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server for all tests of a module."""
    folder = tmp_path_factory.mktemp("server")
    running = Running(quick(new_database("sqlite", request, folder), folder)).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def key(server: Running) -> str:
    """A key of it."""
    return asyncio.run(make_key(server.settings, "default"))
