"""Compression: answers are small on the wire, and what should not be guessed at is sent as it is."""

import gzip
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import zstandard

from server.app import create_app
from server.description.openapi import describe_app
from server.http.answers.compression import coding_of
from server.settings.sources import Settings
from tests.server.conftest import API, Running, connect, make_key

PAGES = Path(__file__).parents[3] / "server" / "pages" / "console"
ASSETS = [
    max(PAGES.glob(f"assets/*.{kind}"), key=lambda file: file.stat().st_size).relative_to(PAGES).as_posix()
    for kind in ("js", "css")
]
"""The largest built files of the console."""
SECRETS = re.compile(r"(^|_)(key|token|ticket|secret|password)$")
"""Fields of answers that hand something out which opens something."""


async def fetched(client: httpx.AsyncClient, path: str, coding: str) -> tuple[httpx.Response, bytes]:
    """Return an answer and its bytes as they came."""
    request = client.build_request("GET", path, headers={"Accept-Encoding": coding})
    answer = await client.send(request, stream=True)
    raw = b"".join([part async for part in answer.aiter_raw()])
    await answer.aclose()
    return answer, raw


async def test_json_pages_and_scripts_are_small_on_the_wire(
    server: Running, client: httpx.AsyncClient
) -> None:
    await client.post("/chatflows", json={"name": "Long", "description": "word " * 1000})
    root = server.url
    for path in (
        f"{root}{API}/flows",
        f"{root}/schema",
        *(f"{root}/console/{file}" for file in ASSETS),
        f"{root}/schema/openapi.json",
        f"{root}{API}/embed/widget.js",
        f"{root}{API}/embed/assets/chat.js",
        f"{root}/metrics",
    ):
        plain, whole = await fetched(client, path, "identity")
        assert "content-encoding" not in plain.headers
        assert plain.headers["vary"] == "Accept-Encoding", path
        for coding, unpack in (("gzip", gzip.decompress), ("zstd", _unzstd)):
            answer, raw = await fetched(client, path, coding)
            assert answer.headers["content-encoding"] == coding, path
            assert answer.headers["vary"] == "Accept-Encoding"
            assert len(raw) == int(answer.headers["content-length"]) < len(whole)
            if path != f"{root}/metrics":  # which tells of the machine as it is now
                assert unpack(raw) == whole
        assert plain.headers.get("etag", "W/").startswith("W/"), "the tag is of the file, packed or not"


async def test_streams_and_short_answers_are_sent_as_they_are(client: httpx.AsyncClient) -> None:
    headers = {"Accept-Encoding": "zstd, gzip"}
    said = {"message": "word " * 400}
    async with client.stream("POST", "/chatflow/chat/stream", json=said, headers=headers) as answer:
        assert "content-encoding" not in answer.headers
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert b"event: done" in await answer.aread()
    assert "content-encoding" not in (await client.get("/flows", params={"search": "none such"})).headers


async def test_an_answer_with_a_secret_is_never_compressed_and_no_length_can_be_told(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    settings = msgspec.structs.replace(settings, compression_min_bytes=1)
    key = await make_key(settings, "default")
    async with connect(start(settings), key) as client:
        client.headers["Accept-Encoding"] = "zstd"
        made = await client.post("/keys", json={"name": "x" * 100, "scopes": ["flows:read"]})
        assert made.json()["key"]
        assert "content-encoding" not in made.headers
        assert "content-encoding" not in (await client.post("/tickets", json={})).headers
        for coding in ("zstd", "gzip"):
            lengths = {len((await fetched(client, "/node-types", coding))[1]) for _ in range(12)}
            assert len(lengths) > 3, "equal answers have many lengths"
    off = msgspec.structs.replace(settings, compression="off")
    async with connect(start(off), key) as client:
        assert "content-encoding" not in (await client.get("/node-types")).headers


NO_SECRETS = {
    *("listVariables", "createVariable", "getVariable", "updateVariable", "importFlow"),
    *("putMemory", "listMemories", "deleteMemory"),
}
"""Their `key` is a name, and their `secret` says whether a variable is one."""


def test_every_answer_that_hands_out_a_secret_is_marked() -> None:
    app = create_app(Settings())
    document = describe_app(app)
    given = {
        operation["operationId"]
        for item in document["paths"].values()
        for operation in item.values()
        if any(SECRETS.search(name) for name in _fields(document, _answers(operation)))
    }
    marked = {
        handler.operation_id
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if handler.opt.get("secret")
    }
    assert {"createKey", "login", "refreshLogin", "createTicket"} <= given
    assert given - NO_SECRETS <= marked


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate, br", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("gzip;q=0, *", "zstd"),
        ("*;q=0", None),
        ("*", "zstd"),
        ("gzip;q=0", None),
        ("gzip;q=nonsense", None),
        ("gzip ; q=0.1", "gzip"),
        ("x" * 10_000, None),
    ],
)
def test_the_client_chooses(accepted: str, coding: str | None) -> None:
    assert coding_of(accepted.encode()) == coding


async def test_every_text_answer_names_its_charset_once(server: Running, client: httpx.AsyncClient) -> None:
    session = (await client.post("/chatflow/chat", json={"message": "Hi"})).json()["session_id"]
    run = (await client.get("/executions")).json()["executions"][0]["id"]
    exports = [
        ("POST", f"/chatflow/sessions/{session}/export?format={name}") for name in ("csv", "txt", "markdown")
    ]
    pages = (
        "/",
        *(f"/console/{file}" for file in ASSETS),
        "/schema",
        "/metrics",
        f"{API}/embed/widget.js",
    )
    asked = [
        *exports,
        *(("GET", server.url + path) for path in pages),
        ("GET", "/metrics/prometheus"),
        ("GET", f"/executions/{run}/logs?format=text"),
        ("GET", f"/executions/{run}/graph?format=mermaid"),
        ("GET", f"/executions/{run}/graph?format=dot"),
    ]
    for method, path in asked:
        answer = await client.request(method, path)
        assert answer.status_code == 200, path
        kind = answer.headers["content-type"]
        assert kind.startswith("text/"), path
        assert kind.count("charset") == 1, path


def _unzstd(packed: bytes) -> bytes:
    """Unpack as browsers do, which skip what is to be skipped."""
    with zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True) as reader:
        return reader.read()


def _answers(operation: dict[str, Any]) -> list[Any]:
    return [
        content["schema"]
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for content in answer.get("content", {}).values()
        if "schema" in content
    ]


def _fields(document: dict[str, Any], schemas: list[Any]) -> Iterator[str]:
    """Yield the names of all fields in some schemas, and in those that they refer to."""
    seen: set[str] = set()
    queue = [*schemas]
    while queue:
        schema = queue.pop()
        if isinstance(schema, dict):
            reference = schema.get("$ref")
            if reference and reference not in seen:
                seen.add(reference)
                queue.append(document["components"]["schemas"][reference.rpartition("/")[2]])
            yield from schema.get("properties", {})
            queue.extend(schema.values())
        elif isinstance(schema, list):
            queue.extend(schema)
