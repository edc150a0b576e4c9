"""What one request to LangGraph's server API, to memories and to conversations may take."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.server.conftest import Running, quick

PAGE = 20_000
MESSAGES = 40


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return msgspec.structs.replace(
        quick(database_url, tmp_path),
        max_page_bytes=PAGE,
        max_session_messages=MESSAGES,
        max_session_bytes=60_000,
        max_memory_entry_bytes=8_000,
    )


@pytest.fixture
async def http(server: Running, key: str) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
        yield client


async def written(http: httpx.AsyncClient, count: int, text: str = "x" * 1_000) -> str:
    """Make a thread of so many messages."""
    messages = [{"role": "user", "content": text} for _ in range(count)]
    steps = [{"updates": [{"values": {"messages": [one]}}]} for one in messages]
    made = await http.post("/langgraph/threads", json={"supersteps": steps})
    assert made.status_code == 200, made.text
    return made.json()["thread_id"]


@pytest.mark.threat("D-17")
async def test_a_history_ends_where_its_page_is_full_and_goes_on_before_it(http: httpx.AsyncClient) -> None:
    thread = await written(http, MESSAGES)
    lengths: list[int] = []
    before: str | None = None
    for _ in range(MESSAGES + 1):
        body = {"limit": 1_000, **({"before": before} if before else {})}
        answer = await http.post(f"/langgraph/threads/{thread}/history", json=body)
        if not (states := answer.json()):
            break
        assert len(states) == 1 or len(answer.content) < 2 * PAGE
        lengths += [len(one["values"].get("messages", [])) for one in states]
        before = states[-1]["checkpoint_id"]
    assert lengths == [*range(MESSAGES, -1, -1)]


@pytest.mark.threat("D-17")
async def test_a_session_takes_so_many_messages_of_such_a_size_and_no_more(http: httpx.AsyncClient) -> None:
    thread = await written(http, MESSAGES, "x")
    more: dict[str, Any] = {"values": {"messages": [{"role": "user", "content": "one more"}]}}
    refused = await http.post(f"/langgraph/threads/{thread}/state", json=more)
    assert (refused.status_code, refused.json()["code"]) == (413, "session_full")
    item = {"type": "message", "role": "user", "content": "one more"}
    refused = await http.post(f"/v1/conversations/conv_{thread}/items", json={"items": [item]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "session_full")
    state = (await http.get(f"/langgraph/threads/{thread}/state")).json()
    first = state["values"]["messages"][0]["id"]
    fewer = {
        "values": {"messages": [{"type": "remove", "id": first}, {"role": "user", "content": "x" * 100}]}
    }
    assert (await http.post(f"/langgraph/threads/{thread}/state", json=fewer)).status_code == 200
    large = {"values": {"messages": [{"role": "user", "content": "x" * 60_000}]}}
    fresh = (await http.post("/langgraph/threads", json={})).json()["thread_id"]
    refused = await http.post(f"/langgraph/threads/{fresh}/state", json=large)
    assert (refused.status_code, refused.json()["code"]) == (413, "session_full")


@pytest.mark.threat("D-17")
async def test_a_list_of_threads_ends_where_its_page_is_full(http: httpx.AsyncClient) -> None:
    made = {await written(http, 15) for _ in range(4)}
    found: list[str] = []
    offset: str | None = "0"
    while offset is not None:
        answer = await http.post("/langgraph/threads/search", json={"limit": 1_000, "offset": int(offset)})
        assert len(answer.json()) == 1
        found += [one["thread_id"] for one in answer.json()]
        offset = answer.headers.get("X-Pagination-Next")
    assert (len(found), {*found}) == (4, made)


async def test_steps_of_a_new_thread_that_are_none_are_refused(http: httpx.AsyncClient) -> None:
    for steps in ([{"updates": {"a": 1}}], [{"updates": [1]}], [{"updates": [{"values": [1]}]}], [1], 1):
        assert (await http.post("/langgraph/threads", json={"supersteps": steps})).status_code == 422
    metadata = {"a": "x" * 40_000}
    assert (await http.post("/langgraph/threads", json={"metadata": metadata})).status_code == 413


@pytest.mark.threat("D-02")
@pytest.mark.parametrize("path", ["/v1/conversations", "/langgraph/threads", "/langgraph/store/items/search"])
async def test_a_body_of_too_many_values_is_not_read(http: httpx.AsyncClient, path: str) -> None:
    body = b'{"metadata":[' + b",".join([b"[]"] * 300_000) + b"]}"
    answer = await http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, "250,000 values" in answer.text) == (413, True)


@pytest.mark.threat("D-17")
async def test_pages_of_memories_are_as_large_as_settings_say(http: httpx.AsyncClient) -> None:
    value = {"text": "x" * 7_000, "kind": "a"}
    names = {f"k{number}" for number in range(9)}
    for name in names:
        item = {"namespace": ["a", name], "key": name, "value": value}
        assert (await http.put("/langgraph/store/items", json=item)).status_code == 204
    large = {"text": "x" * 8_000}
    item = {"namespace": ["a"], "key": "k", "value": large}
    assert (await http.put("/langgraph/store/items", json=item)).status_code == 413
    base = "/api/agent-builder/memories"
    assert (await http.put(base, json={"key": "k", "value": large})).status_code == 413

    found, cursor = list[str](), None
    while True:
        params = {"limit": 100, **({"cursor": cursor} if cursor else {})}
        answer = (await http.get(base, params=params)).json()
        assert len(json.dumps(answer["memories"])) < 2 * PAGE
        found += [one["key"] for one in answer["memories"]]
        if (cursor := answer["next_cursor"]) is None:
            break
    assert (len(found), {*found}) == (9, names)

    search = {"namespace_prefix": ["a"], "limit": 1_000}
    answer = (await http.post("/langgraph/store/items/search", json=search)).json()
    assert len(answer["items"]) == 2
    filtered = {**search, "limit": 2, "offset": 7, "filter": {"kind": "a"}}
    answer = (await http.post("/langgraph/store/items/search", json=filtered)).json()
    assert len(answer["items"]) == 2
    spaces = (await http.post("/langgraph/store/namespaces", json={"prefix": ["a"], "limit": 100})).json()
    assert {one[1] for one in spaces["namespaces"]} == names
