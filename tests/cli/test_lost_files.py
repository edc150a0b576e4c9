"""A server whose files were lost, exchanged or left open: it says so, and overwrites nothing."""

import asyncio
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.first_run import prepare, prepare_here
from server.settings.data_folder import database_file
from server.settings.sources import load_settings
from tests.cli.conftest import Run, Served


@pytest.fixture
def url(empty_database_url: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    """An empty database that commands and servers of this test use."""
    monkeypatch.setenv("AGENTICRAG_DATABASE_URL", empty_database_url)
    return empty_database_url


def files(folder: Path) -> dict[str, bytes]:
    """Return what is in the data folder."""
    return {path.name: path.read_bytes() for path in (folder / "data").iterdir()}


@pytest.mark.threat("A-11")
@pytest.mark.parametrize("tables", [False, True], ids=["no tables", "tables"])
def test_an_empty_database_beside_an_owners_key_is_refused(
    tables: bool, url: str, run: Run, folder: Path
) -> None:
    """It was lost, or a setting names another: a new owner would take the place of the key."""
    (folder / "data").mkdir()
    (folder / "data" / "owner-api-key").write_text("ar_of-another-time\n")
    if tables:
        assert run("db", "upgrade").code == 0
    before = files(folder)
    for start in (lambda: asyncio.run(prepare(load_settings())), lambda: prepare_here(load_settings())):
        with pytest.raises(OSError, match=r"is the key of an owner, but the database .* has no user"):
            start()
    assert files(folder) == before
    if tables:
        # Keys that were made meanwhile by hand do not make it the database of that owner.
        assert run("keys", "create", "--name", "by hand").code == 0
        with pytest.raises(OSError, match="Nothing was changed"):
            asyncio.run(prepare(load_settings()))
        assert files(folder) == before
        assert [key["name"] for key in json.loads(run("keys", "list", "--json").out)["keys"]] == ["by hand"]


def test_a_lost_database_is_restored_where_it_was(run: Run, folder: Path) -> None:
    asyncio.run(prepare(load_settings()))
    key = (folder / "data" / "owner-api-key").read_text()
    assert run("db", "backup", "one").code == 0
    for left in (folder / "data").glob("agenticrag.db*"):
        left.unlink()
    (folder / "data" / "agenticrag.db").touch()  # what some other program, or a full disk, has left
    with pytest.raises(OSError, match="agenticrag db restore"):
        asyncio.run(prepare(load_settings()))
    assert run("db", "restore", "one").code == 0
    prepared = asyncio.run(prepare(load_settings()))
    assert (prepared.key, prepared.key_is_new) == (key.strip(), False)


def finding(run: Run, command: str, list_name: str, name: str) -> dict[str, Any]:
    """Return what `db check` or `doctor` says of something."""
    told = json.loads(run(*command.split(), "--json").out)
    return next(one for one in told[list_name] if one["name"] == name)


def test_a_restore_without_the_key_says_which_is_missing_and_how_to_bring_it(
    url: str, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "secret").write_text("hidden-of-the-vendor")
    assert run("db", "upgrade").code == 0
    for name in ("one", "two"):
        made = run(
            *("credentials", "create", "--name", name, "--kind", "bearer"),
            *("--host", "api.example.com", "--secret-file", "secret"),
        )
        assert made.code == 0, made.err
    assert run("db", "backup", "copy").code == 0
    own = folder / "data" / "secret-key"
    kept = own.read_text()
    assert kept.strip().encode() not in (folder / "copy").read_bytes()

    monkeypatch.setenv("AGENTICRAG_DATA_DIR", str(folder / "new"))
    restored = run("db", "restore", "copy", "--force")
    assert restored.code == 0
    there = folder / "new" / "secret-key"
    there.parent.mkdir(exist_ok=True)
    for said in (
        restored.err,
        finding(run, "db check", "findings", "Credentials")["detail"],
        finding(run, "doctor", "checks", "Database")["detail"],
    ):
        assert "2 stored secrets cannot be read" in said
        assert f"Copy it to '{there}'" in said
    assert not there.exists(), "looking made a key that would be in the way"
    shutil.copy(own, there)
    assert finding(run, "db check", "findings", "Credentials")["state"] == "ok"
    assert finding(run, "doctor", "checks", "Database")["state"] == "ok"

    # A server that has made a key of its own keeps it, and is told of the old one.
    there.write_text("made by a first start " * 3)
    assert "AGENTICRAG_ENCRYPTION_KEYS_OLD" in finding(run, "db check", "findings", "Credentials")["detail"]
    monkeypatch.setenv("AGENTICRAG_ENCRYPTION_KEYS_OLD", kept.strip())
    assert run("credentials", "rotate-key").code == 0
    monkeypatch.delenv("AGENTICRAG_ENCRYPTION_KEYS_OLD")
    assert finding(run, "db check", "findings", "Credentials")["state"] == "ok"


def open_files(folder: Path) -> list[str]:
    """Return the files of a folder that others can read."""
    return [path.name for path in folder.iterdir() if stat.S_IMODE(path.stat().st_mode) & 0o077]


@pytest.mark.threat("P-06")
def test_nobody_else_can_read_a_database_in_a_folder_that_was_there(
    run: Run, folder: Path, serve: Callable[..., Served]
) -> None:
    """Also one that another program made open, with what SQLite lays beside it."""
    data = folder / "data"
    data.mkdir(mode=0o755)
    before = os.umask(0o022)
    try:
        assert run("db", "upgrade").code == 0
        assert open_files(data) == []
        for path in data.iterdir():
            path.chmod(0o644)
        served = serve()
        assert (data / "agenticrag.db-wal").exists()
        assert open_files(data) == []
        served.stop()
        assert finding(run, "doctor", "checks", "Private files")["state"] == "ok"
        assert run("db", "backup", "copy").code == 0
        assert run("db", "restore", "copy", "--force").code == 0
        assert open_files(data) == []
        file = database_file(load_settings())
        assert file is not None
        file.chmod(0o644)
        found = finding(run, "doctor", "checks", "Private files")
        assert found["state"] == "note"
        assert "(mode 644)" in found["detail"]
        assert f"chmod 600 {file}" in found["todo"]
    finally:
        os.umask(before)
