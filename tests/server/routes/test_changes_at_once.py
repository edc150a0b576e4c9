"""Changes at once: of two changes of one thing that are made at the same moment none is lost.

The first has read the thing when the second is made, through the API, and is stored after it.
"""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from msgspec import Struct

from graphs.mcp.tool_lists import ListedTool
from persistence.identity.connections import Connections
from persistence.identity.credentials import Credentials
from persistence.identity.mcp_servers import MCPServerRows
from persistence.identity.openapi_apis import APIRows
from persistence.library.agents import Agents
from persistence.library.sessions import Sessions
from persistence.storage.database import open_database
from tests.at_once import between
from tests.server.conftest import Running, connect, make_key

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Things", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {
        f"/{name}": {"get": {"operationId": name, "responses": {"200": {"description": "One."}}}}
        for name in ("apples", "pears")
    },
}


class Race(Struct):
    """Two changes of one thing."""

    reads: tuple[type, str]
    """What reads it for a change."""
    path: str
    made: dict[str, Any]
    first: dict[str, Any]
    second: dict[str, Any]
    shown: dict[str, Any]
    """What is to be seen when both were made."""


RACES = {
    "agent": Race(
        (Agents, "get"),
        "/agents",
        {"name": "Ada", "llm_provider": "demo", "llm_model": "demo", "system_prompt": "Count."},
        {"name": "Bea"},
        {"system_prompt": "Add."},
        {"name": "Bea", "system_prompt": "Add."},
    ),
    "connection": Race(
        (Connections, "get"),
        "/connections",
        {"name": "wire", "provider": "openai", "base_url": "https://a.example.com/v1"},
        {"headers": {"X-Team": "one"}},
        {"base_url": "https://b.example.com/v1"},
        {"headers": {"X-Team": "one"}, "base_url": "https://b.example.com/v1"},
    ),
    "credential": Race(
        (Credentials, "get"),
        "/credentials",
        {
            "name": "kept",
            "kind": "bearer",
            "hosts": ["a.example.com", "b.example.com"],
            "secret": "tiger-lily+and/thirty",
        },
        {"secret": "otters+and/forty-lilies"},
        {"hosts": ["a.example.com"]},
        {"hosts": ["a.example.com"]},
    ),
    "MCP server": Race(
        (MCPServerRows, "get"),
        "/mcp-servers",
        {"name": "tools", "url": "https://a.example.com/mcp"},
        {"timeout_seconds": 7.0},
        {"enabled": False},
        {"timeout_seconds": 7.0, "enabled": False},
    ),
    "API": Race(
        (APIRows, "get"),
        "/openapi-tools",
        {"name": "things", "document": DOCUMENT, "operations": ["apples"]},
        {"operations": ["pears"]},
        {"enabled": False},
        {"operations": ["pears"], "enabled": False},
    ),
}


@pytest.fixture
async def client(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(running, await make_key(running.settings, "default")) as client:
        yield client


@pytest.mark.parametrize("name", RACES)
async def test_of_two_changes_at_once_none_is_lost(
    running: Running, client: httpx.AsyncClient, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = RACES[name]
    made = await client.post(race.path, json=race.made)
    assert made.status_code == 201, made.text
    path = f"{race.path}/{made.json()['id']}"

    async def second() -> None:
        async with connect(running, client.headers["authorization"].removeprefix("Bearer ")) as other:
            changed = await other.put(path, json=race.second)
            assert changed.status_code == 200, changed.text

    with monkeypatch.context() as patch:
        left = between(patch, *race.reads, second)
        changed = await client.put(path, json=race.first)
        assert changed.status_code == 200, changed.text
    assert not left
    for shown in (changed.json(), (await client.get(path)).json()):
        assert {field: shown[field] for field in race.shown} == race.shown


async def test_of_two_approvals_at_once_none_is_lost(
    running: Running, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await client.post("/mcp-servers", json={"name": "pins", "url": "https://a.example.com/mcp"})
    path = f"/mcp-servers/{made.json()['id']}"
    tools = [
        ListedTool(name=name, description="", input_schema={}, repeatable=True, hash=name * 8)
        for name in ("apples", "pears")
    ]
    async with open_database(running.settings.database) as database:
        await MCPServerRows(database).keep_tools("default", "pins", tools)

    async def second() -> None:
        async with connect(running, client.headers["authorization"].removeprefix("Bearer ")) as other:
            done = await other.post(f"{path}/approve", json={"tools": {"pears": "pears" * 8}})
            assert done.status_code == 200, done.text

    with monkeypatch.context() as patch:
        left = between(patch, MCPServerRows, "get", second)
        done = await client.post(f"{path}/approve", json={"tools": {"apples": "apples" * 8}})
    assert done.status_code == 200, done.text
    assert not left
    assert {tool["name"]: tool["state"] for tool in (await client.get(f"{path}/tools")).json()["tools"]} == {
        "apples": "approved",
        "pears": "approved",
    }
    stale = await client.post(f"{path}/approve", json={"tools": {"apples": "pears" * 8}})
    assert (stale.status_code, stale.json()["code"]) == (409, "mcp_tool_changed")


async def test_metadata_of_two_changes_of_a_thread_at_once_is_all_kept(
    running: Running, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = f"{running.url}/langgraph/threads"
    made = await client.post(threads, json={"metadata": {"one": 1}})
    path = f"{threads}/{made.json()['thread_id']}"

    async def second() -> None:
        async with connect(running, client.headers["authorization"].removeprefix("Bearer ")) as other:
            assert (await other.patch(path, json={"metadata": {"two": 2}})).status_code == 200

    with monkeypatch.context() as patch:
        left = between(patch, Sessions, "get", second)
        changed = await client.patch(path, json={"metadata": {"three": 3}})
    assert changed.status_code == 200, changed.text
    assert not left
    assert (await client.get(path)).json()["metadata"] == {"one": 1, "two": 2, "three": 3}


async def test_of_two_who_make_one_thread_at_once_the_second_is_told(
    running: Running, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, id = f"{running.url}/langgraph/threads", str(uuid.uuid4())
    body = {"thread_id": id, "metadata": {"first": True}}

    async def second() -> None:
        key = await make_key(running.settings, "default")
        async with connect(running, key) as other:
            made = await other.post(threads, json={"thread_id": id, "metadata": {"second": True}})
            assert made.status_code == 200, made.text

    with monkeypatch.context() as patch:
        left = between(patch, Sessions, "get", second, skip=1)
        refused = await client.post(threads, json=body)
        assert not left
    assert refused.status_code == 409, refused.text
    known = await client.post(threads, json={**body, "if_exists": "do_nothing"})
    assert known.json()["metadata"] == {"second": True}
