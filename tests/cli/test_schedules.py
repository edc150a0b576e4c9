"""`agenticrag schedules`: schedules of a running server are created, listed, paused, resumed and deleted."""

import json
from collections.abc import Callable

import httpx

from tests.cli.conftest import Run, Served

FLOW = {
    "name": "Report",
    "graph_definition": {
        "nodes": [{"id": "s", "type": "start"}, {"id": "e", "type": "end"}],
        "edges": [{"id": "a", "source": "s", "target": "e"}],
    },
}


def test_schedules_are_created_paused_resumed_and_deleted(run: Run, serve: Callable[..., Served]) -> None:
    server = serve()
    named = ("--url", server.address, "--key", server.key)
    headers = {"Authorization": f"Bearer {server.key}"}
    made = httpx.post(
        f"{server.address}/api/agent-builder/agentflows", json=FLOW, headers=headers, timeout=30
    )
    flow = made.json()["id"]
    created = run("schedules", "create", flow, "0 9 * * MON-FRI", "--timezone", "Asia/Seoul", *named)
    assert created.code == 0, created.err
    assert "'Report'" in created.err
    assert "Next: " in created.err
    listed = json.loads(run("schedules", "list", "--json", *named).out)["schedules"]
    assert [(one["cron"], one["timezone"]) for one in listed] == [("0 9 * * MON-FRI", "Asia/Seoul")]
    assert run("schedules", "pause", "Report", *named).code == 0
    assert "paused" in run("schedules", "list", *named).out
    assert run("schedules", "resume", listed[0]["id"], *named).code == 0
    refused = run("schedules", "create", flow, "0 9 * *", *named)
    assert refused.code == 1
    assert "Five fields" in refused.err
    wrong = run("schedules", "create", flow, "0 9 * * *", "--input", "[]", *named)
    assert wrong.code == 1
    assert "JSON object" in wrong.err
    assert run("schedules", "delete", "Report", *named).code == 0
    missing = run("schedules", "delete", "Report", *named)
    assert missing.code == 1
    assert "no schedule" in missing.err
