"""`agenticrag mcp` and what the doctor says of the operator's servers, with a real server."""

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("mcp")

from tests.cli.conftest import Run


def test_a_server_of_the_operator_is_listed_checked_and_approved(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mcp.json"
    time = {"command": sys.executable, "args": ["-m", "mcp_server_time", "--local-timezone", "UTC"]}
    dead = {"command": "/no/such/program"}
    file.write_text(json.dumps({"mcpServers": {"time": time, "dead": dead}}), "utf-8")
    monkeypatch.setenv("AGENTICRAG_MCP_SERVERS_FILE", str(file))
    assert run("db", "upgrade").code == 0
    listed = json.loads(run("mcp", "list", "--json").out)["mcp_servers"]
    assert [(one["name"], one["kind"], one["tools"]) for one in listed] == [
        ("dead", "stdio", 0),
        ("time", "stdio", 0),
    ]
    looked = run("mcp", "check", "time")
    assert looked.code == 0, looked.err
    assert "get_current_time" in looked.out
    assert "new" in looked.out
    said = json.loads(run("mcp", "check", "time", "--approve", "--json").out)
    assert {one["state"] for one in said["tools"]} == {"approved"}
    listed = json.loads(run("mcp", "list", "--json").out)["mcp_servers"]
    assert listed[1]["approved"] == listed[1]["tools"] == 2
    failed = run("mcp", "check", "dead")
    assert failed.code == 1
    assert "cannot be started" in failed.err
    assert "/no/such/program" in run("doctor").out
    unknown = run("mcp", "check", "nothing")
    assert unknown.code == 1
    file.write_text('{"servers": {}}', "utf-8")
    broken = run("mcp", "list")
    assert "mcpServers" in broken.err
    assert "mcpServers" in run("doctor").out
