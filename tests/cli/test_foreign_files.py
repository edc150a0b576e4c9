"""A data folder of another user, as after one start with sudo: whose it is, who asks, and what to do."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534
PREPARE = f"""
import os
from server.first_run import prepare
from server.settings.sources import load_settings
import asyncio, pwd
settings = load_settings()
asyncio.run(asyncio.sleep(0))
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
try:
    asyncio.run(prepare(settings))
except OSError as error:
    print(error)
"""
"""What `serve` does first, by another user: a process of its own could not read Python where root has it."""


@pytest.fixture
def data() -> Iterator[Path]:
    """A folder that everybody can reach."""
    if os.geteuid():
        pytest.skip("Only root can make files of another user.")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "data"


def prepared(data: Path, *, nobody: bool) -> str:
    command = (
        [sys.executable, "-m", "server", "db", "upgrade"] if not nobody else [sys.executable, "-c", PREPARE]
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")}
    environment = kept | {"AGENTICRAG_DATA_DIR": str(data), "AGENTICRAG_DEFAULT_PROVIDER": "demo"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def test_files_of_another_user_are_told_with_a_remedy(data: Path) -> None:
    prepared(data, nobody=False)
    whole = prepared(data, nobody=True)
    assert f"'{data}' belongs to the user 'root', and this is run by 'nobody'. Run it as 'root', or" in whole
    assert f"sudo chown -R nobody {data}. Or set AGENTICRAG_DATA_DIR to another folder." in whole
    os.chown(data, NOBODY, NOBODY)
    file = prepared(data, nobody=True)
    assert f"'{data / 'agenticrag.db'}' belongs to the user 'root', and" in file
    assert f"sudo chown -R nobody {data}." in file
    key = data / "owner-api-key"
    key.write_text("ar_x\n")
    key.chmod(0o600)
    assert f"'{key}' belongs to the user 'root', and" in prepared(data, nobody=True)
