"""What the tests of SDKs share: a server that all of them ask, and the Python SDK installed."""

import asyncio
from collections.abc import Iterator

import pytest

from server.app import document
from tests.conftest import new_database
from tests.sdk.python_package import Interpreter, found, install_wheel, of_tests
from tests.sdk.shared import shared_folder
from tests.server.conftest import Running, make_key, quick


@pytest.fixture(scope="session")
def openapi() -> str:
    """The OpenAPI document of the server, as JSON."""
    return document()


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try the Python SDK on the Python of the tests, or with `--pythons` on every one that is found."""
    if "python" in metafunc.fixturenames:
        everywhere = found() if metafunc.config.getoption("pythons") else [of_tests()]
        metafunc.parametrize(
            "python", everywhere, indirect=True, scope="session", ids=lambda python: python.name
        )


@pytest.fixture(scope="session")
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    """An environment of its own that has the SDK's wheel."""
    return install_wheel(shared_folder(tmp_path_factory), request.param)
