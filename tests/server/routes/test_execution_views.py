"""What executions look like: in lists, in full, as logs and in sums."""

import asyncio
from typing import Any

import httpx

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key

GRAPH: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start"},
        {"id": "n", "type": "transform", "data": {"expression": "number(input.text)", "label": "Read"}},
        {"id": "say", "type": "llm", "data": {"provider": "demo", "model": "demo", "prompt": "Hello"}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "n"},
        {"id": "2", "source": "n", "target": "say"},
        {"id": "3", "source": "say", "target": "end"},
    ],
}


async def flow_with_runs(client: httpx.AsyncClient, *texts: str) -> tuple[str, list[str]]:
    created = await client.post("/agentflows", json={"name": "Reader", "graph_definition": GRAPH})
    assert created.status_code == 201, created.text
    id = created.json()["id"]
    runs = [
        (await client.post(f"/agentflows/{id}/execute", json={"input_data": {"text": text}})).json()
        for text in texts
    ]
    return id, [run["execution_id"] for run in runs]


async def test_lists_filter_by_flow_status_and_time_and_count_exactly(
    client: httpx.AsyncClient, settings: Settings, server: Running
) -> None:
    id, runs = await flow_with_runs(client, "1", "x", "2", "3")
    chat = (await client.post("/chatflow/chat", json={"message": "Hi", "session_id": "s"})).json()

    async def found(path: str = "/executions", **query: Any) -> tuple[list[str], int]:
        answer = await client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        return [each["id"] for each in page["executions"]], page["total"]

    newest = [chat["execution_id"], *runs[::-1]]
    assert await found() == (newest, 5)
    assert await found(limit=2, offset=1) == (newest[1:3], 5)
    assert await found(limit=2, offset=4) == (newest[4:], 5)
    assert await found(offset=9) == ([], 5)
    assert await found(status="failed") == ([runs[1]], 1)
    assert await found(flow_id=id, status="completed") == ([runs[3], runs[2], runs[0]], 3)
    assert await found(session_id="s") == ([chat["execution_id"]], 1)
    assert await found(session_id="nobody") == ([], 0)
    times = {
        each["id"]: each["created_at"] for each in (await client.get("/executions")).json()["executions"]
    }
    assert (await found(**{"from": times[runs[0]]}))[1] == 5
    assert await found(to=times[runs[0]]) == ([], 0)
    assert await found(**{"from": "2000-01-01", "to": "2000-01-02"}) == ([], 0)
    for path in (f"/agentflows/{id}/executions", f"/flows/{id}/executions", f"/workflows/{id}/executions"):
        assert await found(path, limit=3) == (runs[:0:-1], 4)
        assert await found(path, status="failed") == ([runs[1]], 1)
    wrong = await client.get("/executions", params={"from": "yesterday"})
    assert (wrong.status_code, wrong.json()["errors"][0]["parameter"]) == (422, "from")
    await client.delete("/chatflow/sessions/s")
    assert await found() == (newest[1:], 4), "what is deleted is counted no more"
    async with connect(server, await make_key(settings, "another")) as stranger:
        assert (await stranger.get("/executions")).json()["total"] == 0
        assert (await stranger.get("/executions", params={"flow_id": id})).json()["total"] == 0


async def test_totals_stay_exact_while_many_runs_begin_and_end_at_once(client: httpx.AsyncClient) -> None:
    id, _ = await flow_with_runs(client)
    bodies = [{"input_data": {"text": "x" if number % 4 == 0 else "1"}} for number in range(24)]
    await asyncio.gather(*(client.post(f"/agentflows/{id}/execute", json=body) for body in bodies))
    for query, count in (({}, 24), ({"status": "failed"}, 6), ({"status": "completed"}, 18)):
        page = (await client.get(f"/flows/{id}/executions", params={"limit": 100, **query})).json()
        assert (page["total"], len(page["executions"])) == (count, count)


async def test_an_execution_tells_what_each_node_did_and_its_log_reads_well(
    client: httpx.AsyncClient,
) -> None:
    _, (good, bad) = await flow_with_runs(client, "1", "x")
    whole = (await client.get(f"/executions/{good}")).json()
    nodes = {node["node_id"]: node for node in whole["node_executions"]}
    assert list(nodes) == ["start", "n", "say", "end"]
    assert (nodes["n"]["input"], nodes["n"]["output"], nodes["n"]["label"]) == ({"text": "1"}, 1, "Read")
    assert nodes["say"]["input_tokens"] > 0
    assert nodes["say"]["output_tokens"] == whole["token_usage"][0]["output_tokens"]
    assert nodes["say"]["started_at"] <= nodes["say"]["completed_at"] <= whole["completed_at"]
    failed = (await client.get(f"/executions/{bad}")).json()["node_executions"][-1]
    assert (failed["status"], failed["attempt"]) == ("failed", 1)
    assert "expected a number" in failed["error"]

    log = (await client.get(f"/executions/{bad}/logs")).json()
    assert log["status"] == "failed"
    assert [(line["level"], line["node"]) for line in log["lines"][-2:]] == [("error", "n"), ("error", "")]
    errors = (await client.get(f"/executions/{bad}/logs", params={"level": "error"})).json()["lines"]
    assert errors == log["lines"][-2:]
    text = await client.get(f"/executions/{bad}/logs", params={"format": "text"})
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    first, *_, last = text.text.splitlines()
    assert first.endswith("Z INFO    The run was accepted.")
    assert " ERROR   The run ended failed after " in last
    assert (await client.get("/executions/nonsense/logs")).status_code == 404


async def test_an_execution_is_found_under_its_own_flow_and_kind_alone(client: httpx.AsyncClient) -> None:
    id, (run,) = await flow_with_runs(client, "1")
    chat = (await client.post("/chatflows", json={"name": "Chat"})).json()["id"]
    said = (await client.post(f"/chatflow/workflows/{chat}/chat", json={"message": "Hi"})).json()
    spoken = said["execution_id"]

    async def status(path: str) -> int:
        return (await client.get(path)).status_code

    for path in (f"/agentflows/{id}/executions/{run}", f"/workflows/{id}/executions/{run}"):
        found = (await client.get(path)).json()
        assert (found["id"], found["workflow_id"], found["status"]) == (run, id, "completed")
        assert found["execution_context"]["node_executions"][0]["node_id"] == "start"
    assert await status(f"/workflows/{chat}/executions/{spoken}") == 200
    for path in (
        f"/agentflows/{chat}/executions/{spoken}",
        f"/agentflows/{id}/executions/{spoken}",
        f"/workflows/{chat}/executions/{run}",
        f"/workflows/nonsense/executions/{run}",
        f"/workflows/{id}/executions/nonsense",
        f"/agentflows/{chat}/executions",
    ):
        assert await status(path) == 404, path
    await client.delete(f"/agentflows/{id}")
    assert await status(f"/agentflows/{id}/executions") == 404
    assert await status(f"/agentflows/{id}/executions/{run}") == 200, "what has run stays readable"


async def test_statistics_sum_up_runs_durations_and_tokens_by_flow(client: httpx.AsyncClient) -> None:
    id, _ = await flow_with_runs(client, "1", "x", "2")
    await client.post("/chatflow/chat", json={"message": "Hi"})
    stats = (await client.get("/executions/stats", params={"days": 1})).json()
    assert (stats["total"], stats["by_status"]) == (4, {"completed": 3, "failed": 1})
    assert stats["success_rate"] == 0.75
    assert 0 < stats["durations"]["p50_ms"] <= stats["durations"]["p95_ms"]
    assert stats["durations"]["sampled"] == 4
    assert (stats["requests"], stats["total_tokens"] > 0) == (3, True)
    assert [(flow["flow_id"], flow["total"]) for flow in stats["flows"]] == [(id, 3), (None, 1)]
    only = (await client.get("/executions/stats", params={"flow_id": id})).json()
    assert (only["total"], only["success_rate"], len(only["flows"])) == (3, 0.6667, 1)
    assert (await client.get("/executions/stats", params={"days": 0})).status_code == 422


async def test_a_flow_of_either_kind_is_validated_in_sentences(client: httpx.AsyncClient) -> None:
    id, _ = await flow_with_runs(client)
    assert (await client.get(f"/flows/{id}/validate")).json() == {
        "valid": True,
        "errors": [],
        "warnings": [],
        "speaks": [],
    }
    chat = (await client.post("/chatflows", json={"name": "Chat"})).json()["id"]
    assert (await client.get(f"/flows/{chat}/validate")).json()["valid"] is True
