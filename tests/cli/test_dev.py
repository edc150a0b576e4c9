"""`agenticrag dev`: graphs in a folder are served, and a change of a file is a new version."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.ports import lasting_port

ROOT = Path(__file__).parents[2]


def until(version: int, url: str) -> dict[str, Any]:
    """Return the flow `approval` when it has a version."""
    for _ in range(300):
        try:
            answer = httpx.get(url, params={"tags": "code"}, timeout=5)
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 200:
            flows = [one for one in answer.json()["flows"] if one["slug"] == "approval"]
            if flows and flows[0]["version"] == version:
                return flows[0]
        time.sleep(0.1)
    raise AssertionError("It did not come.")


def test_a_file_is_served_and_a_change_of_it_is_a_new_version(tmp_path: Path) -> None:
    file = tmp_path / "approval.py"
    shutil.copy(ROOT / "examples" / "code_graphs" / "approval.py", file)
    command = [sys.executable, "-m", "server", "dev", f"{file}:graph"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")}
    environment |= {"AGENTICRAG_DEFAULT_PROVIDER": "demo", "PYTHONPATH": str(ROOT)}
    broken = tmp_path / "broken.py"
    broken.write_text("graph = 1\n")
    refused = subprocess.run(
        [sys.executable, "-m", "server", "dev", str(broken), "--check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (refused.returncode, "found int" in refused.stderr) == (1, True), refused.stderr
    broken.unlink()
    port = lasting_port()
    with subprocess.Popen(
        [*command, "-p", str(port)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}/api/agent-builder/agentflows"
            first = until(1, url)
            file.write_text(
                file.read_text("utf-8").replace("one sentence", "two sentences"), encoding="utf-8"
            )
            until(2, url)
            ran = httpx.post(
                f"{url}/{first['id']}/execute", json={"input_data": {"topic": "tea"}}, timeout=30
            )
            assert "two sentences" in ran.json()["inputs"][0]["value"]["draft"], ran.text
        finally:
            process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=20)
    assert process.returncode == 0, told.decode()
    assert "approval.py changed. Restarting." in (out + told).decode()
    assert f"http://127.0.0.1:{port}" in out.decode()
