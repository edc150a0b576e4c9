"""Sessions: listed, read, cleared, deleted, exported and imported."""

import csv
import io
import json
from typing import Any

import httpx
import pytest


async def talk(client: httpx.AsyncClient, session: str, *messages: str, url: str = "/chatflow/chat") -> None:
    for message in messages:
        answer = await client.post(url, json={"message": message, "session_id": session})
        assert answer.json()["success"] is True, answer.text


async def upload(client: httpx.AsyncClient, content: bytes, **query: str) -> httpx.Response:
    return await client.post("/chatflow/sessions/import", files={"file": ("s.json", content)}, params=query)


async def test_sessions_are_listed_the_last_active_first(client: httpx.AsyncClient) -> None:
    await talk(client, "first", "My very first words")
    await talk(client, "second", "Hello")
    await talk(client, "first", "Again")
    listed = (await client.get("/chatflow/sessions")).json()
    assert (listed["success"], listed["total"]) == (True, 2)
    assert [session["id"] for session in listed["sessions"]] == ["first", "second"]
    newest = listed["sessions"][0]
    assert (newest["title"], newest["message_count"], newest["memory_type"]) == (
        "My very first words",
        4,
        "buffer",
    )
    assert newest["total_tokens_used"] > 0
    assert newest["last_activity_at"].endswith("Z")
    page = (await client.get("/chatflow/sessions", params={"limit": 1, "offset": 1})).json()
    assert [session["id"] for session in page["sessions"]] == ["second"]


async def test_sessions_of_one_chatflow_are_listed(client: httpx.AsyncClient) -> None:
    flow = (await client.post("/chatflows", json={"name": "C", "memory_config": {"type": "summary"}})).json()
    await talk(client, "of-flow", "Hi", url=f"/chatflow/workflows/{flow['id']}/chat")
    await talk(client, "of-none", "Hi")
    listed = (await client.get("/chatflow/sessions", params={"chatflow_id": flow["id"]})).json()
    assert [(each["id"], each["memory_type"]) for each in listed["sessions"]] == [("of-flow", "summary")]


async def test_a_history_has_the_fields_of_the_contract(client: httpx.AsyncClient) -> None:
    await talk(client, "known", "Hi")
    history = (await client.get("/chatflow/sessions/known/history")).json()
    assert history.keys() >= {"success", "session", "session_id", "messages", "message_count"}
    assert history["session"].keys() >= {
        "id", "chatflow_id", "title", "memory_type", "memory_config", "status", "message_count", "created_at",
        "last_activity_at",
    }  # fmt: skip
    for message in history["messages"]:
        assert message.keys() >= {"id", "role", "content", "created_at", "message_metadata"}
    assert history == (await client.get("/chatflow/sessions/known")).json()


async def test_a_session_may_have_any_printable_name(client: httpx.AsyncClient) -> None:
    for name in ("with space", "ünïcödé 😀", "q?&=#+%", "x" * 255, "...", "clear", "a/b", "a%2Fb", "/"):
        await talk(client, name, "Hi")
        history = await client.get(f"/chatflow/sessions/{_quoted(name)}/history")
        assert history.status_code == 200
        assert history.json()["session_id"] == name


async def test_a_session_has_a_name_that_a_path_can_hold(client: httpx.AsyncClient) -> None:
    for name in (".", "..", "%2e%2e", "%2E", "a/..", "../a"):
        refused = await client.post("/chatflow/chat", json={"message": "Hi", "session_id": name})
        assert refused.status_code == 422
        assert "no path could name" in refused.json()["detail"]
        assert (await client.get(f"/chatflow/sessions/{_quoted(name)}/history")).status_code == 404


def _quoted(name: str) -> str:
    """Percent-encode everything, so that no client reads meaning into it."""
    return "".join(f"%{byte:02X}" for byte in name.encode())


async def test_clearing_empties_the_history_and_keeps_the_session(client: httpx.AsyncClient) -> None:
    await talk(client, "kept", "Hi")
    cleared = (await client.post("/chatflow/sessions/kept/clear")).json()
    assert (cleared["session_id"], cleared["cleared"]) == ("kept", True)
    assert (await client.get("/chatflow/sessions/kept")).json()["message_count"] == 0
    answer = await client.post("/chatflow/chat", json={"message": "New", "session_id": "kept"})
    assert answer.json()["message_count"] == 2


async def test_deleting_takes_history_and_executions_and_is_honest_about_it(
    client: httpx.AsyncClient,
) -> None:
    await talk(client, "gone", "Hi")
    deleted = (await client.delete("/chatflow/sessions/gone")).json()
    assert (deleted["session_id"], deleted["cleared"]) == ("gone", True)
    assert deleted["message"]
    for method in ("GET", "DELETE"):
        assert (await client.request(method, "/chatflow/sessions/gone")).status_code == 404
    assert (await client.get("/executions")).json()["total"] == 0


async def test_a_session_survives_export_and_import(client: httpx.AsyncClient) -> None:
    await talk(client, "origin", "Hi", "And more")
    exported = await client.get("/chatflow/sessions/origin/export")
    before = (await client.get("/chatflow/sessions/origin")).json()
    copy = (await upload(client, exported.content)).json()
    assert copy["session_id"] != "origin"
    assert copy["message_count"] == 4
    await client.delete("/chatflow/sessions/origin")
    restored = (await upload(client, exported.content)).json()
    assert restored["session_id"] == "origin"
    after = (await client.get("/chatflow/sessions/origin")).json()
    assert after["messages"] == before["messages"]
    assert after["session"]["title"] == before["session"]["title"]
    answer = await client.post("/chatflow/chat", json={"message": "Go on", "session_id": "origin"})
    assert answer.json()["message_count"] == 6


async def test_a_session_is_downloaded_in_every_format(client: httpx.AsyncClient) -> None:
    await talk(client, "files", "=1+1")
    files = {}
    for format in ("json", "csv", "txt", "markdown"):
        answer = await client.post("/chatflow/sessions/files/export", params={"format": format})
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        files[format] = answer.content.decode("utf-8-sig")
    assert json.loads(files["json"])["messages"][0]["content"] == "=1+1"
    rows = list(csv.reader(io.StringIO(files["csv"])))
    assert rows[0] == ["id", "role", "content", "created_at"]
    assert rows[1][1:3] == ["user", "'=1+1"], "no spreadsheet takes it for a formula"
    assert files["txt"].startswith("user: =1+1")
    assert "## Assistant" in files["markdown"]


async def test_memory_strategies_are_described(client: httpx.AsyncClient) -> None:
    body = (await client.get("/chatflow/memory/strategies")).json()
    available = {each["type"]: each["available"] for each in body["strategies"]}
    assert available == dict.fromkeys(("buffer", "summary", "vector", "hybrid"), True)
    assert body["strategies"][0]["options"]["max_messages"]["default"] == 10


@pytest.mark.parametrize("strategy", ["vector", "hybrid"])
async def test_a_session_with_a_memory_by_meaning_reads_earlier_turns(
    client: httpx.AsyncClient, strategy: str
) -> None:
    name = f"by {strategy}"
    await talk(client, name, "My pump is green.")
    body = {"strategy": strategy, "memory_config": {"max_messages": 1, "top_k": 1}}
    set_ = await client.put(f"/chatflow/sessions/{name}/memory", json=body)
    assert set_.json()["memory_config"]["top_k"] == 1, set_.text
    for message in ("Trains run late.", "What is my pump?"):
        answer = await client.post("/chatflow/chat", json={"message": message, "session_id": name})
        events = await client.get(f"/executions/{answer.json()['execution_id']}/events")
        assert answer.json()["success"], answer.text
        assert "memory_warning" not in events.text
    run = (await client.get(f"/executions/{answer.json()['execution_id']}")).json()
    assert len(run["token_usage"]) == 2, run["token_usage"]


async def test_a_session_may_have_a_memory_of_its_own(client: httpx.AsyncClient) -> None:
    await talk(client, "own", "Hi")
    body: dict[str, Any] = {"strategy": "summary", "memory_config": {"max_messages": 4}}
    set_to = (await client.put("/chatflow/sessions/own/memory", json=body)).json()
    assert (set_to["strategy"], set_to["memory_config"]["max_messages"]) == ("summary", 4)
    session = (await client.get("/chatflow/sessions/own")).json()["session"]
    assert (session["memory_type"], session["memory_config"]["max_messages"]) == ("summary", 4)
    await talk(client, "own", "Still there?")
    for bad in (
        {"strategy": "buffer", "memory_config": {"max": 1}},
        {"strategy": "x"},
    ):
        assert (await client.put("/chatflow/sessions/own/memory", json=bad)).status_code == 422
    assert (await client.put("/chatflow/sessions/other/memory", json=body)).status_code == 404


async def test_a_history_comes_in_parts_the_last_first(client: httpx.AsyncClient) -> None:
    await talk(client, "long", "one", "two", "three")
    whole = (await client.get("/chatflow/sessions/long/history")).json()
    assert (len(whole["messages"]), whole["next_cursor"]) == (6, None)
    found: list[Any] = []
    query: dict[str, Any] = {"limit": 4}
    while True:
        part = (await client.get("/chatflow/sessions/long/history", params=query)).json()
        assert part["message_count"] == 6
        found = part["messages"] + found
        if part["next_cursor"] is None:
            break
        query["before"] = part["next_cursor"]
    assert found == whole["messages"]
    unknown = await client.get("/chatflow/sessions/long/history", params={"before": "nothing"})
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/before")


async def test_a_text_names_its_charset_once(client: httpx.AsyncClient) -> None:
    await talk(client, "text", "Grüße")
    for format in ("csv", "txt", "markdown"):
        answer = await client.post("/chatflow/sessions/text/export", params={"format": format})
        assert answer.headers["content-type"].count("charset") == 1, answer.headers["content-type"]
        assert answer.content.startswith(b"\xef\xbb\xbf") == (format == "csv")
    for path in ("/metrics/prometheus", "/../../schema/"):
        media = (await client.get(path)).headers["content-type"]
        assert media.count("charset") == 1, media
