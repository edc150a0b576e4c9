"""The server as a service, with a certificate of its own, and under uvicorn."""

import contextlib
import json
import os
import re
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from server.checkup.own_server import complaint_of
from server.serving.tls import Certificate, certificate_of
from server.settings.sources import SettingsError, load_settings
from tests.deploy.certificates import certificate
from tests.deploy.conftest import needed
from tests.ports import lasting_port

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


@contextlib.contextmanager
def process(folder: Path, *command: str, **settings: str) -> Generator[int]:
    """Run a server in a folder of its own until the end of the block; give its port."""
    port = lasting_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")},
        "AGENTICRAG_DATA_DIR": str(folder / "data"),
        "AGENTICRAG_PORT": str(port),
        "AGENTICRAG_DEFAULT_PROVIDER": "demo",
        "AGENTICRAG_START_WAIT_SECONDS": "30",  # a first start beside other tests
        "OLLAMA_BASE_URL": "http://127.0.0.1:9",
        **{f"AGENTICRAG_{name.upper()}": value for name, value in settings.items()},
    }
    words = [sys.executable, "-m", *(word.replace("PORT", str(port)) for word in command)]
    asked = load_settings(environment, directory=folder)
    with subprocess.Popen(words, env=environment, cwd=folder, stdout=subprocess.DEVNULL) as running:
        try:
            deadline = time.monotonic() + 60
            while complaint_of(asked):
                assert running.poll() is None, "it ended"
                assert time.monotonic() < deadline, complaint_of(asked)
                time.sleep(0.1)
            yield port
        finally:
            running.terminate()
            running.wait(40)


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "agenticrag.service"
    text = (ROOT / "deploy/systemd/agenticrag.service").read_text("utf-8")
    assert "ExecStart=/opt/agenticrag/bin/agenticrag serve\n" in text
    unit.write_text(text.replace("/opt/agenticrag/bin/agenticrag", sys.executable))
    done = subprocess.run(
        [needed("systemd-analyze", "Debian's systemd"), "verify", "--man=no", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_renewed_certificate_is_used_and_a_broken_one_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cert, key = certificate(tmp_path, "old.test")
    held = Certificate(str(cert), str(key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    cert.write_text("nonsense")
    held.renew(context)
    assert "the old one stays" in caplog.text
    certificate(tmp_path, "new.test")
    caplog.clear()
    with caplog.at_level("INFO"):
        held.renew(context)
        held.renew(context)
    assert caplog.text.count("was read again") == 1


@pytest.mark.parametrize("missing", ["tls_cert", "tls_key"])
def test_a_certificate_that_cannot_be_used_is_told_before_the_start(tmp_path: Path, missing: str) -> None:
    cert, key = certificate(tmp_path, "a.test")
    pair = {"tls_cert": str(cert), "tls_key": str(key)}
    with pytest.raises(SettingsError, match="go together"):
        load_settings({}, directory=tmp_path, **{**pair, missing: ""})
    wrong = load_settings({}, directory=tmp_path, **{**pair, missing: str(tmp_path / "none.pem")})
    with pytest.raises(SettingsError, match="must be a certificate"):
        certificate_of(wrong)


def test_the_requests_of_the_report_work_on_a_server_that_uvicorn_runs(tmp_path: Path) -> None:
    blocks = FENCE.findall((ROOT / "docs/from-the-report.md").read_text("utf-8"))
    assert len(blocks) == 4
    uvicorn = ("uvicorn", "server.app:app", "--port", "PORT", "--log-level", "warning")
    with process(tmp_path, *uvicorn, metrics_networks="127.0.0.1", model_attempts="1") as port:
        key = tmp_path / "data" / "owner-api-key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        said: list[str] = []
        for block in blocks:
            command = block.replace("localhost:8000", f"127.0.0.1:{port}")
            command = command.replace("YOUR_TOKEN", key.read_text().strip())
            done = subprocess.run(
                ["/bin/sh", "-c", command.replace("curl ", "curl --silent --show-error --fail ", 1)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
            said.append(done.stdout)
    ollama, default, summary, metrics = said
    failed = json.loads(ollama)
    assert (failed["success"], bool(failed["error"]), bool(failed["error_code"])) == (False, True, True)
    assert json.loads(default)["success"] is True
    assert json.loads(summary)["workflows"]["total"] == 2
    assert "agenticrag_workflow_executions_total" in metrics
