"""`agenticrag schedules`, `webhooks` and `webhook-targets` create, list, change and delete on a server."""

import json
import time
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
    times = run("schedules", "times", "0 9 * * MON-FRI", "--timezone", "Asia/Seoul", "--count", "3", *named)
    assert times.out.count("T09:00:00+09:00") == 3
    started = json.loads(run("schedules", "run", "Report", "--json", *named).out)
    assert started["schedule_id"] == listed[0]["id"]
    refused = run("schedules", "create", flow, "0 9 * *", *named)
    assert refused.code == 1
    assert "Five fields" in refused.err
    wrong = run("schedules", "create", flow, "0 9 * * *", "--input", "[]", *named)
    assert wrong.code == 2
    assert "JSON object" in wrong.err
    assert run("schedules", "delete", "Report", *named).code == 0
    missing = run("schedules", "delete", "Report", *named)
    assert missing.code == 1
    assert "no schedule" in missing.err
    _webhooks(run, flow, named)
    _targets(run, flow, named)


def _webhooks(run: Run, flow: str, named: tuple[str, ...]) -> None:
    """Create a webhook of the flow, call its URL, and read what came."""
    created = run("webhooks", "create", flow, "--style", "token", "--input", '{"a": 1}', *named)
    assert created.code == 0, created.err
    address, secret = created.out.split()[-2:]
    assert secret.startswith("whsec_")
    headers = {"X-Webhook-Token": secret}
    assert httpx.post(address, json={}, headers=headers, timeout=30).status_code == 202
    assert httpx.post(address, json={}, timeout=30).status_code == 401
    deadline = time.monotonic() + 30
    while (
        "header 'x-webhook-token' is missing" not in (shown := run("webhooks", "calls", "Report", *named)).out
    ):
        assert time.monotonic() < deadline, shown
    assert "started" in shown.out
    rotated = run("webhooks", "rotate", "Report", "--keep-hours", "0", "--json", *named)
    assert json.loads(rotated.out)["secret"] != secret
    assert "X-Webhook-Token" not in run("webhooks", "list", *named).out
    assert run("webhooks", "pause", "Report", *named).code == 0
    assert run("webhooks", "delete", "Report", *named).code == 0


def _targets(run: Run, flow: str, named: tuple[str, ...]) -> None:
    """Create a webhook target, and read and change it."""
    closed = run("webhook-targets", "create", "http://127.0.0.1:9/", *named)
    assert (closed.code, "closed to flows" in closed.err) == (1, True)
    made = run(
        "webhook-targets", "create", "https://receiver.invalid/", "--flow", flow, "--name", "r", *named
    )
    assert "whsec_" in made.err, made
    assert run("webhook-targets", "pause", "r", *named).code == 0
    assert "paused" in run("webhook-targets", "list", *named).out
    assert run("webhook-targets", "deliveries", "r", "--status", "dead", *named).code == 0
    assert "no webhook target" in run("webhook-targets", "delete", "other", *named).err
