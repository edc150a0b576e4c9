"""The TypeScript SDK in a page of another origin: without a bundler, as npm packs it."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.async_api import Page

from tests.conftest import new_database
from tests.sdk.shared import shared_folder
from tests.sdk.typescript_package import install_package
from tests.server.conftest import Running, make_key, quick

MODULE = "/node_modules/agenticrag-client/dist/esm/index.js"
TALK = """
async ({ module, url, key }) => {
  const { AgenticRAGClient, NotFoundError } = await import(module);
  const client = new AgenticRAGClient({ baseUrl: url, apiKey: key });
  const answer = await client.chatflows.chat({ message: 'Hello!', sessionId: 'page' });
  const stream = client.chatflows.chatStream({ message: 'And again', sessionId: 'page' });
  const events = [];
  for await (const event of stream) events.push(event);
  const missing = await client.flows.get('none').catch((error) => error);
  return {
    answer,
    text: events.map((event) => (event.type === 'content' ? event.content : '')).join(''),
    done: events.at(-1),
    executionId: stream.executionId,
    missing: [missing instanceof NotFoundError, missing.status, missing.code],
  };
}
"""
REFUSED = """
async ({ module, url, key }) => {
  const { AgenticRAGClient } = await import(module);
  const client = new AgenticRAGClient({ baseUrl: url, apiKey: key, maxRetries: 0 });
  return await client.agents.list().then(() => 'let in', (error) => error.name);
}
"""


pytestmark = pytest.mark.timeout(400)
"""The first test waits for npm."""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def serve(folder: Path) -> ThreadingHTTPServer:
    """Serve a folder's files on a free port."""
    files = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=files.serve_forever, daemon=True).start()
    return files


@pytest.fixture
def origins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two origins that serve a project with the package installed."""
    folder = install_package(shared_folder(tmp_path_factory)).folder
    both = [serve(folder) for _ in range(2)]
    first, second = (f"http://127.0.0.1:{files.server_port}" for files in both)
    yield first, second
    for files in both:
        files.shutdown()
        files.server_close()


async def test_a_page_of_an_allowed_origin_chats_and_another_is_refused(
    page: Page, origins: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    allowed, other = origins
    settings = replace(quick(new_database("sqlite", request, tmp_path), tmp_path), cors_origins=[allowed])
    server = Running(settings).start()
    try:
        key = await make_key(settings, "default")
        given = {"module": MODULE, "url": server.url, "key": key}
        await page.goto(f"{allowed}/page.html")
        told = await page.evaluate(TALK, given)
        assert told["answer"]["success"] is True
        assert told["text"] == told["done"]["response"] != ""
        assert told["done"]["sessionId"] == "page"
        assert told["executionId"] == told["done"]["executionId"]
        assert told["missing"] == [True, 404, "not_found"]
        await page.goto(f"{other}/page.html")
        assert await page.evaluate(REFUSED, given) == "APIConnectionError"
    finally:
        server.stop()
