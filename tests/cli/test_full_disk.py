"""A first start on a disk that is full says so, and the next one, with room, goes on from there."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.durability.small_disk import small_disk


def test_a_first_start_on_a_full_disk_says_so_and_the_next_one_works(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-m", "server", "db", "upgrade"]
    with small_disk(folder / "small", 1) as disk:
        monkeypatch.setenv("AGENTICRAG_DATA_DIR", str(disk.folder / "data"))
        disk.fill(leave=200_000)
        serve = [sys.executable, "-m", "server", "serve", "--port", "0"]
        full = subprocess.run(serve, capture_output=True, text=True, check=False, timeout=60)
        assert full.returncode == 1, full
        assert "There is no room left for the SQLite file. Free some disk space." in full.stderr, full
        assert "sqlalche.me" not in full.stderr, full
        disk.free()
        subprocess.run(["mount", "-o", "remount,size=32m", str(disk.folder)], check=True, capture_output=True)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done
        assert "The database is at" in done.stderr + done.stdout, done
