"""Servers of MCP whose lists of tools are made to take a client's time and memory."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

pytest.importorskip("mcp")

from server.settings.sources import Settings
from tests.server.conftest import quick

EMPTY = {"type": "object", "properties": {}}
Page = tuple[list[dict[str, Any]], str | None]


def a_long_description(cursor: str | None) -> Page:
    return [{"name": "t", "description": "d" * 9_000_000, "inputSchema": EMPTY}], None


def a_long_name(cursor: str | None) -> Page:
    return [{"name": "n" * 9_000_000, "inputSchema": EMPTY}], None


def pages_without_end(cursor: str | None) -> Page:
    number = int(cursor or 0) + 1
    return [{"name": f"t{number}", "description": "d" * 4_000_000, "inputSchema": EMPTY}], str(number)


def small_pages_without_end(cursor: str | None) -> Page:
    number = int(cursor or 0) + 1
    return [{"name": f"t{number}-{at}", "inputSchema": EMPTY} for at in range(100)], str(number)


def very_many_tools(cursor: str | None) -> Page:
    return [{"name": f"t{at}", "inputSchema": EMPTY} for at in range(50_000)], None


def a_wide_schema(cursor: str | None) -> Page:
    wide = {"type": "object", "properties": {f"p{at}": {"type": "string"} for at in range(60_000)}}
    return [{"name": "t", "inputSchema": wide}], None


LISTS: dict[str, Callable[[str | None], Page]] = {
    each.__name__: each
    for each in (
        a_long_description,
        a_long_name,
        pages_without_end,
        small_pages_without_end,
        very_many_tools,
        a_wide_schema,
    )
}


class Hostile(BaseHTTPRequestHandler):
    """Speaks MCP; the path says which list it gives."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer(405, b"")

    do_DELETE = do_GET

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "id" not in body:
            self._answer(202, b"")
            return
        if body["method"] == "initialize":
            result: dict[str, Any] = {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "hostile", "version": "1"},
            }
        elif body["method"] == "tools/list":
            tools, cursor = LISTS[self.path.strip("/")]((body.get("params") or {}).get("cursor"))
            result = {"tools": tools, **({"nextCursor": cursor} if cursor else {})}
        else:
            error = {"code": -32601, "message": "There is no such method."}
            self._answer(200, json.dumps({"jsonrpc": "2.0", "id": body["id"], "error": error}).encode())
            return
        self._answer(200, json.dumps({"jsonrpc": "2.0", "id": body["id"], "result": result}).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def port() -> Iterator[int]:
    """The port of the hostile server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hostile) as listening:
        listening.handle_error = lambda request, client_address: None  # who is refused hangs up
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening.server_address[1]
        listening.shutdown()


@pytest.fixture
def settings(database_url: str, tmp_path: Path, port: int) -> Settings:
    return msgspec.structs.replace(quick(database_url, tmp_path), egress_allow=[f"127.0.0.1:{port}"])


@pytest.mark.threat("T-06", "D-17")
@pytest.mark.parametrize(
    ("name", "tools", "code"),
    [
        ("a_long_description", 1, ""),
        ("a_long_name", 1, ""),
        ("pages_without_end", 0, "mcp_error"),
        ("small_pages_without_end", 500, ""),
        ("very_many_tools", 0, "too_large"),
        ("a_wide_schema", 0, "too_large"),
    ],
)
async def test_a_list_of_tools_has_an_end(
    client: httpx.AsyncClient, port: int, name: str, tools: int, code: str
) -> None:
    made = await client.post("/mcp-servers", json={"name": "web", "url": f"http://127.0.0.1:{port}/{name}"})
    assert made.status_code == 201, made.text
    said = (await client.post(f"/mcp-servers/{made.json()['id']}/check")).json()
    assert (said["ok"], len(said["tools"]), said["code"] or "") == (not code, tools, code), said
    if code:
        assert "more than" in said["message"]
