"""A server on loopback, over a database of the test's own."""

import asyncio
import contextlib
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest
from uvicorn.config import Config
from uvicorn.server import Server

from persistence.identity.api_keys import Keys
from persistence.storage.database import open_database
from server.app import create_app
from server.limits.limit_stores import RedisStore
from server.runtime import Runtime
from server.serving.http_connections import connections
from server.serving.websocket_protocol import socket_options
from server.settings.sources import Settings
from tests.conftest import new_database

if TYPE_CHECKING:
    from tests.server.embedding import Owner

API = "/api/agent-builder"
REDIS = "redis://127.0.0.1:6379/9"
DEMO = {"provider": "demo", "model": "demo"}


class Running:
    """One server, in a thread of its own with an event loop of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", settings.port))
        self.port: int = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        app = create_app(settings)
        self.runtime: Runtime = app.state["runtime"]
        config = Config(
            app,
            http=connections(settings.linger_bytes),
            lifespan="on",
            log_config=None,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
            **socket_options(settings.max_socket_bytes),
        )
        self.server = Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})

    def start(self) -> "Running":
        """Serve; returns when it is ready for work."""
        self.thread.start()
        deadline, said = time.monotonic() + 30, b""
        while time.monotonic() < deadline:
            # A client of httpx would cost more than the server's start.
            with contextlib.suppress(OSError, HTTPException), closing(self._connection()) as connection:
                connection.request("GET", "/ready")
                answer = connection.getresponse()
                said = answer.read()
                if answer.status == 200:
                    return self
            time.sleep(0.02)
        raise AssertionError(f"not ready: {said.decode()}")

    def _connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=10)

    def stop(self) -> None:
        """Stop as on SIGTERM and wait until it has."""
        self.server.should_exit = True
        self.thread.join(30)
        self.socket.close()
        assert not self.thread.is_alive(), "the server did not stop"


def quick(database_url: str, folder: Path) -> Settings:
    """Return settings of a quick server whose default model is the built-in demo."""
    return Settings(
        port=0,
        data_dir=str(folder),
        database_url=database_url,
        default_provider="demo",
        default_model="demo",
        drain_seconds=2,
        key_cache_seconds=0.05,
        rate_new_users=0,
    )


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a quick server whose default model is the built-in demo."""
    return quick(database_url, tmp_path)


@pytest.fixture
def start() -> Iterator[Callable[[Settings], Running]]:
    """Start servers that are stopped with the test."""
    running: list[Running] = []

    def begin(settings: Settings) -> Running:
        running.append(Running(settings).start())
        return running[-1]

    yield begin
    for server in running:
        if server.thread.is_alive():
            server.stop()


@pytest.fixture
def server(settings: Settings, start: Callable[[Settings], Running]) -> Running:
    """A running server."""
    return start(settings)


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One quick server on SQLite for all tests of a file; each has flows and sessions of its own."""
    folder = tmp_path_factory.mktemp("running")
    server = Running(quick(new_database("sqlite", request, folder), folder)).start()
    yield server
    server.stop()


@pytest.fixture
async def owner(running: Running) -> AsyncIterator["Owner"]:
    """Who puts chatflows on other sites, by `running`."""
    from tests.server.embedding import owner_of  # which imports this module

    found = await owner_of(running)
    yield found
    await found.close()


@pytest.fixture
async def redis() -> AsyncIterator[RedisStore]:
    """Redis, where limits are counted."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", 6379)
        writer.close()
    except OSError as error:
        reason = f"Redis does not answer on 127.0.0.1:6379: {error}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}. Under CI=true nothing is skipped.")
        pytest.skip(reason)
    store = RedisStore(REDIS, patience=10)
    yield store
    await store.close()


@pytest.fixture
async def key(settings: Settings) -> str:
    """An API key of workspace ``default``."""
    return await make_key(settings, "default")


@pytest.fixture
async def client(server: Running, key: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the server's API, with a key."""
    async with connect(server, key) as client:
        yield client


async def make_key(settings: Settings, workspace: str) -> str:
    """Return a new API key of a workspace."""
    async with open_database(settings.database) as database:
        return (await Keys(database).create(workspace, "test"))[1]


def connect(server: Running, key: str) -> httpx.AsyncClient:
    """Return a client of the server's API."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.AsyncClient(base_url=server.url + API, headers=headers, timeout=30, verify=False)


class Frame(msgspec.Struct, frozen=True):
    """A Server-Sent Event as a client reads it."""

    id: str
    event: str
    data: str


def parse_frames(text: str) -> list[Frame]:
    """Return the whole frames of a stream; comments and a cut end are left out."""
    frames: list[Frame] = []
    for block in text.split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if "data" in fields:
            frames.append(Frame(fields.get("id", ""), fields.get("event", ""), fields["data"]))
    return frames
