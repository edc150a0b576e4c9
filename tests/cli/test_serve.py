"""`agenticrag serve`: the first minute, and every start after it."""

import contextlib
import json
import os
import re
import shlex
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, Served
from tests.ports import lasting_port

Serve = Callable[..., Served]
EXAMPLES = len([*(Path(__file__).parents[2] / "examples").glob("*.json")])


def request(address: str, path: str, key: str = "", body: Any = None, method: str | None = None) -> Any:
    """Return the JSON of an answer."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    content = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(address + path, data=content, headers=headers, method=method)
    with urllib.request.urlopen(asked, timeout=30) as response:
        text = response.read()
    return json.loads(text) if text else None


def paste(line: str) -> Any:
    """Do what a shell does with the greeting's line, in its words: address, headers and body."""
    kept = re.search(r"\$\(cat ([^)]+)\)", line)
    if kept is not None:
        line = line.replace(kept[0], Path(shlex.split(kept[1])[0]).read_text().strip())
    words = shlex.split(line)
    assert words[0] == "curl"
    headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
    body = words[words.index("-d") + 1]
    asked = urllib.request.Request(words[1], data=body.encode(), headers=headers)
    with urllib.request.urlopen(asked, timeout=30) as response:
        return json.loads(response.read())


@pytest.mark.threat("A-01", "L-09")
def test_the_first_start_prints_a_line_that_answers(serve: Serve, folder: Path) -> None:
    served = serve()
    answer = paste(served.curl)
    assert answer["success"] is True
    assert "demo" in answer["response"]
    key = folder / "data" / "owner-api-key"
    assert served.key not in served.greeting, "what it prints may end in a log"
    assert key.read_text().strip() == served.key
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert "Model    demo / demo: AGENTICRAG_DEFAULT_PROVIDER" in served.greeting


def test_every_example_is_there_and_runs(serve: Serve) -> None:
    served = serve()
    flows = request(served.address, "/api/agent-builder/workflows", served.key)["workflows"]
    files = [
        json.loads(file.read_text("utf-8")) for file in Path(__file__).parents[2].glob("examples/*.json")
    ]
    assert {flow["name"] for flow in flows} == {file["name"] for file in files}
    for flow in flows:
        path = f"/api/agent-builder/workflows/{flow['id']}/execute"
        ran = request(served.address, path, served.key, {"input_data": {"message": "Why do otters swim?"}})
        waits = flow["name"] == "Approve before sending"
        assert ran["status"] == ("waiting_approval" if waits else "completed"), ran
        assert ran["inputs"] if waits else ran["output"]


def test_an_example_that_was_deleted_does_not_come_back(serve: Serve) -> None:
    served = serve()
    found = request(served.address, "/api/agent-builder/flows?flow_type=chatflow", served.key)["flows"]
    request(served.address, f"/api/agent-builder/chatflows/{found[0]['id']}", served.key, method="DELETE")
    served.stop()
    again = serve()
    key = Path("data/owner-api-key").read_text().strip()
    left = request(again.address, "/api/agent-builder/flows?flow_type=chatflow", key)["flows"]
    assert found[0]["id"] not in [flow["id"] for flow in left]
    assert len(left) == len(found) - 1


def test_a_later_start_keeps_the_key_and_leaves_it_out_of_a_log(serve: Serve, folder: Path) -> None:
    first = serve()
    first.stop()
    again = serve()
    assert first.key not in again.greeting
    assert "owner-api-key" in again.curl
    shell = again.curl.replace("$(cat ", "").replace(")", "", 1)
    assert str(folder / "data" / "owner-api-key") in shell
    assert request(again.address, "/api/agent-builder/flows", first.key)["total"] == EXAMPLES


def test_an_owner_who_took_the_key_away_does_not_get_another(serve: Serve, run: Run, folder: Path) -> None:
    serve().stop()
    (folder / "data" / "owner-api-key").unlink()
    again = serve()
    assert "agenticrag keys create" in again.greeting
    assert not (folder / "data" / "owner-api-key").exists()
    made = json.loads(run("keys", "create", "--name", "mine", "--json").out)
    assert request(again.address, "/api/agent-builder/flows", made["key"])["total"] == EXAMPLES
    run("keys", "revoke", made["id"])
    time.sleep(1.2)  # a key that was found is trusted for a second
    with pytest.raises(urllib.error.HTTPError, match="401"):
        request(again.address, "/api/agent-builder/flows", made["key"])


def test_with_auth_off_the_line_needs_no_key(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTICRAG_AUTH", "off")
    served = serve()
    assert "Authorization" not in served.curl
    assert paste(served.curl)["success"] is True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly(serve: Serve, number: int) -> None:
    served = serve()
    said = served.stop(number)
    assert served.process.returncode == 0
    assert said.strip() == "Stopped."


def test_a_stop_leaves_a_database_that_is_whole(serve: Serve, folder: Path) -> None:
    served = serve()
    paste(served.curl)
    served.stop()
    with sqlite3.connect(folder / "data" / "agenticrag.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT status FROM executions").fetchall() == [("completed",)]
    connection.close()


def test_a_port_that_is_taken_is_told_before_anything_is_made(run: Run, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "server", "serve", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert f"--port {port + 1}" in done.stderr
    assert list(folder.iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("AGENTICRAG_DATA_DIR", str(folder / "file" / "data"))
    done = subprocess.run(
        [sys.executable, "-m", "server", "serve", "--port", "0"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "AGENTICRAG_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTICRAG_DATABASE_URL", "postgresql+asyncpg://me:secret@127.0.0.1:9/none")
    done = subprocess.run(
        [sys.executable, "-m", "server", "serve", "--port", "0"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "127.0.0.1:9/none" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_the_metrics_port_has_metrics_alone_and_asks_for_no_key(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = lasting_port()
    monkeypatch.setenv("AGENTICRAG_METRICS_PORT", str(port))
    served = serve("--workers", "2")

    def status(address: str) -> int:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def scrape() -> tuple[str, bytes]:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(urllib.error.HTTPError):  # 503 of the worker that is not ready yet
                with urllib.request.urlopen(f"{own}/metrics", timeout=30) as answer:
                    return answer.headers["content-type"], answer.read()
        raise AssertionError("no worker is ready")

    own = f"http://127.0.0.1:{port}"
    media, text = scrape()
    assert media.startswith("text/plain; version=0.0.4")
    assert b"\nagenticrag_processes " in text
    assert status(f"{own}/api/agent-builder/metrics/prometheus") == 404
    assert status(f"{own}/api/agent-builder/executions") == 404
    assert status(f"{served.address}/metrics") == 401
    assert status(f"{served.address}/api/agent-builder/metrics/prometheus") == 401
    assert served.stop().rstrip().endswith("Stopped.")


def test_several_workers_share_the_port_and_one_that_dies_is_replaced(serve: Serve) -> None:
    served = serve("--workers", "2")
    assert paste(served.curl)["success"] is True
    first = workers(served.process.pid)
    assert len(first) == 2
    os.kill(min(first), signal.SIGKILL)
    deadline = time.monotonic() + 30
    while len(now := workers(served.process.pid)) < 2 or min(first) in now:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert request(served.address, "/health") is not None
    served.stop()
    assert served.process.returncode == 0
    assert [pid for pid in now if alive(pid)] == []


def test_workers_do_not_outlive_a_parent_that_was_killed(serve: Serve) -> None:
    served = serve("--workers", "2")
    request(served.address, "/health")
    left = workers(served.process.pid)
    served.process.kill()
    served.process.wait()
    deadline = time.monotonic() + 30
    while any(alive(pid) for pid in left):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def workers(parent: int) -> set[int]:
    """Return the process ids of a server's workers."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [re.split(r"\s+", line.strip(), maxsplit=2) for line in listed.splitlines()[1:]]
    return {
        int(pid)
        for pid, above, arguments in rows
        if int(above) == parent and "server.serving.serve" in arguments
    }


def alive(pid: int) -> bool:
    """Say whether a process runs, a zombie not counted."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
