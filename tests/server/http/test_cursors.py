"""Lists page by page: after a cursor, so that nothing is skipped or repeated while rows come and go."""

import base64
from typing import Any

import httpx

from tests.server.conftest import DEMO

GRAPH = {
    "nodes": [{"id": "start", "type": "start"}, {"id": "end", "type": "end"}],
    "edges": [{"id": "a", "source": "start", "target": "end"}],
}
ASKS = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "ask", "type": "human_approval", "data": {"message": "May it?"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "ask"},
        {"id": "b", "source": "ask", "sourceHandle": "approved", "target": "end"},
    ],
}


async def made(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def pages(
    client: httpx.AsyncClient, path: str, field: str, size: str = "limit", **query: Any
) -> list[list[Any]]:
    """Return the pages of a list, two items each, as its cursors lead from one to the next."""
    found: list[list[Any]] = []
    after: dict[str, str] = {}
    while True:
        answer = await client.get(path, params={size: 2, **query, **after})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found.append(page[field])
        if page["next_cursor"] is None:
            return found
        after = {"after": page["next_cursor"]}


async def test_every_list_goes_on_after_its_cursor(client: httpx.AsyncClient) -> None:
    chat = await made(client, "/chatflows", name="talk")
    flow = await made(client, "/agentflows", name="flow 0", graph_definition=GRAPH)
    asks = await made(client, "/agentflows", name="flow 1", graph_definition=ASKS)
    await made(client, "/agentflows", name="FLOW 2", graph_definition=GRAPH)
    for number in range(3):
        await made(client, "/agents", name=f"agent {number}")
        await made(client, f"/agentflows/{flow['id']}/execute", input_data={})
        await made(client, f"/agentflows/{asks['id']}/execute", input_data={})
        await made(client, "/chatflow/chat", message="Hi", session_id=f"s{number}", config=DEMO)
    for path, field, size, key in (
        ("/agentflows", "flows", "page_size", "id"),
        ("/chatflows", "flows", "page_size", "id"),
        ("/flows", "flows", "page_size", "id"),
        ("/workflows", "workflows", "limit", "id"),
        ("/agents", "agents", "page_size", "id"),
        ("/executions", "executions", "limit", "id"),
        (f"/flows/{flow['id']}/executions", "executions", "limit", "id"),
        (f"/agentflows/{flow['id']}/executions", "executions", "limit", "id"),
        (f"/workflows/{flow['id']}/executions", "executions", "limit", "id"),
        ("/chatflow/sessions", "sessions", "limit", "id"),
        ("/inputs", "inputs", "limit", "id"),
        ("/audit", "entries", "limit", "id"),
        (f"/embed/{chat['id']}/feedback", "feedback", "limit", "execution_id"),
    ):
        whole = (await client.get(path, params={size: 100})).json()
        assert whole["next_cursor"] is None, path
        found = [item[key] for page in await pages(client, path, field, size) for item in page]
        assert found == [item[key] for item in whole[field]], path
        assert len(found) == whole["total"], path


async def test_cursors_follow_every_order(client: httpx.AsyncClient) -> None:
    for name in ("beta", "Alpha", "alpha", "ßeta", "日本", "x" * 250, "x" * 250):
        await made(client, "/agents", name=name, description="d")
        await made(client, "/chatflows", name=name)
    for sort_by in ("name", "created_at", "updated_at"):
        for sort_order in ("asc", "desc"):
            query = {"sort_by": sort_by, "sort_order": sort_order}
            for path, field in (("/agents", "agents"), ("/flows", "flows")):
                whole = (await client.get(path, params={"page_size": 100, **query})).json()[field]
                parts = await pages(client, path, field, "page_size", **query)
                found = [item["id"] for page in parts for item in page]
                assert found == [item["id"] for item in whole], query
                assert len(set(found)) == 7


async def test_deleting_while_going_through_skips_nothing(client: httpx.AsyncClient) -> None:
    for number in range(7):
        await made(client, "/agents", name=f"agent {number}")
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (await client.get("/agents", params={"page_size": 3, **after})).json()
        for agent in page["agents"]:
            seen.append(agent["name"])
            assert (await client.delete(f"/agents/{agent['id']}")).is_success
        await made(client, "/agents", name="made meanwhile")
        if page["next_cursor"] is None:
            break
        after = {"after": page["next_cursor"]}
    assert seen == [f"agent {number}" for number in reversed(range(7))]


async def test_old_page_numbers_stay(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await made(client, "/agents", name=f"agent {number}")
    page = (await client.get("/agents", params={"page": 2, "page_size": 2})).json()
    assert ([agent["name"] for agent in page["agents"]], page["page"]) == (["agent 0"], 2)


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


STRANGE = [
    "", "x", "ä", "====", cursor("[]"), cursor("{}"), cursor('["agents created_at desc"]'),
    cursor('["agents created_at desc", "now", "id"]'), cursor('["agents created_at desc", 1e400, "id"]'),
    cursor('["agents name desc", "a", "b"]'), cursor('["agents created_at desc", 1, "\\u0000"]'),
    cursor('["agents created_at desc", 1, "\\ud800"]'), cursor('["agents created_at desc", 1, 2, 3]'),
    cursor("[" * 5000), "A" * 5000,
]  # fmt: skip


async def test_a_cursor_of_something_else_is_refused_with_a_sentence(client: httpx.AsyncClient) -> None:
    for after in STRANGE:
        answer = await client.get("/agents", params={"after": after})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), (after[:80], answer.text)
        assert answer.json()["errors"][0]["parameter"] == "after"


async def test_a_cursor_does_not_go_with_a_page(client: httpx.AsyncClient) -> None:
    for path, query in (
        ("/agents", {"page": 2}),
        ("/executions", {"offset": 1}),
        ("/workflows", {"skip": 1}),
    ):
        answer = await client.get(path, params={"after": cursor("[]"), **query})
        assert (answer.status_code, "pages and offsets" in answer.json()["detail"]) == (422, True)
