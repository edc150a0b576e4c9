"""Lists whose items may be large: of schedules, webhooks and events."""

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.server.conftest import quick

LARGE = {"text": "x" * 6_000}
NODES = 12


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    base = quick(database_url, tmp_path)
    return msgspec.structs.replace(base, max_page_bytes=20_000, max_trigger_input_bytes=5_000)


async def chain(client: httpx.AsyncClient) -> str:
    """Store a flow whose nodes hand on what they get."""
    ids = ["start", *(f"n{number}" for number in range(NODES)), "end"]
    nodes: list[dict[str, Any]] = [
        {"id": "start", "type": "start"},
        *({"id": id, "type": "transform", "data": {"expression": "input.text"}} for id in ids[1:-1]),
        {"id": "end", "type": "end", "data": {"output": "done"}},
    ]
    edges = [{"id": f"e{at}", "source": ids[at], "target": ids[at + 1]} for at in range(len(ids) - 1)]
    graph = {"nodes": nodes, "edges": edges}
    made = await client.post("/agentflows", json={"name": "Chain", "graph_definition": graph})
    assert made.status_code == 201, made.text
    return made.json()["id"]


@pytest.mark.threat("D-17")
async def test_an_input_of_a_schedule_or_webhook_is_small(client: httpx.AsyncClient) -> None:
    flow = await chain(client)
    for path, more in (("/schedules", {"cron": "0 0 1 1 *"}), ("/webhooks", {"style": "token"})):
        body = {"flow_id": flow, **more}
        refused = await client.post(path, json={**body, "input": LARGE})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (413, "/input"), refused.text
        made = await client.post(path, json={**body, "input": {"text": "x"}})
        assert made.status_code == 201, made.text
        refused = await client.put(f"{path}/{made.json()['id']}", json={"input": LARGE})
        assert refused.status_code == 413, refused.text


@pytest.mark.threat("D-17")
async def test_a_list_of_events_ends_where_its_page_is_full_and_goes_on(client: httpx.AsyncClient) -> None:
    flow = await chain(client)
    run = await client.post(f"/agentflows/{flow}/execute", json={"input_data": LARGE})
    id = run.json().get("execution_id") or run.json()["id"]
    await client.get(f"/executions/{id}/events")  # to the end
    seqs: list[int] = []
    pages = 0
    while True:
        params = {"follow": "false", **({"after": str(seqs[-1])} if seqs else {})}
        answer = await client.get(f"/executions/{id}/events", params=params)
        assert len(answer.content) < 30_000
        if not (events := answer.json()):
            break
        pages += 1
        seqs += [one["seq"] for one in events]
    assert pages > 3
    assert seqs == [*range(1, seqs[-1] + 1)]
    assert answer.status_code == 200
