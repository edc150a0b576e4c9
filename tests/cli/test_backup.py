"""`agenticrag db backup`, `restore`, `check` and `prune`, as an operator uses them."""

import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import Run, Served


@pytest.fixture
def chosen(database_url: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> str:
    """A migrated database of either kind, which commands use."""
    monkeypatch.setenv("AGENTICRAG_DATABASE_URL", database_url)
    return database_url


def keys(run: Run) -> list[str]:
    return [key["name"] for key in json.loads(run("keys", "list", "--json").out)["keys"]]


def test_what_was_backed_up_is_what_is_restored(chosen: str, run: Run, folder: Path) -> None:
    assert run("keys", "create", "--name", "before").code == 0
    made = run("db", "backup", "one")
    assert (made.code, "the copy has been checked" in made.err) == (0, True), made.err
    assert stat.S_IMODE((folder / "one").stat().st_mode) == 0o600
    assert run("keys", "create", "--name", "after").code == 0
    refused = run("db", "restore", "one")
    assert (refused.code, "--force" in refused.err) == (1, True)
    assert sorted(keys(run)) == ["after", "before"]
    restored = run("db", "restore", "one", "--force")
    assert restored.code == 0, restored.err
    assert keys(run) == ["before"]
    assert run("db", "current").code == 0
    assert run("db", "check").code == 0
    if chosen.startswith("sqlite"):
        [kept] = folder.glob("test.db.before-restore-*")
        assert str(kept) in restored.err


def test_a_restore_makes_a_database_where_there_is_none(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("db", "upgrade").code == 0
    assert run("keys", "create", "--name", "moved").code == 0
    assert run("db", "backup", "one").code == 0
    monkeypatch.setenv("AGENTICRAG_DATA_DIR", str(folder / "new"))
    assert run("db", "restore", "one").code == 0
    assert keys(run) == ["moved"]
    assert stat.S_IMODE((folder / "new" / "agenticrag.db").stat().st_mode) == 0o600


def test_a_backup_overwrites_nothing_and_leaves_nothing_half_done(
    chosen: str, run: Run, folder: Path
) -> None:
    (folder / "one").write_text("mine")
    refused = run("db", "backup", "one")
    assert (refused.code, "Take another name" in refused.err) == (1, True)
    assert (folder / "one").read_text() == "mine"
    assert not list(folder.glob(".*.part"))


def test_what_is_no_backup_changes_nothing(chosen: str, run: Run, folder: Path) -> None:
    assert run("keys", "create", "--name", "stays").code == 0
    assert run("db", "backup", "good").code == 0
    (folder / "text").write_text("no backup")
    (folder / "cut").write_bytes((folder / "good").read_bytes()[:-5000])
    for name in ("text", "cut", "nothing"):
        refused = run("db", "restore", name, "--force")
        assert (refused.code, name in refused.err) == (1, True), refused.err
    assert keys(run) == ["stays"]
    assert not list(folder.glob("*before-restore*"))


def test_a_newer_backup_is_refused(run: Run, folder: Path) -> None:
    assert run("db", "upgrade").code == 0
    assert run("db", "backup", "one").code == 0
    with sqlite3.connect(folder / "one") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    refused = run("db", "restore", "one", "--force")
    assert (refused.code, "Restore it with the version that made it" in refused.err) == (1, True)


def test_a_backup_of_the_other_kind_is_refused(chosen: str, run: Run, folder: Path) -> None:
    other = b"PGDMP" if chosen.startswith("sqlite") else b"SQLite format 3\0"
    (folder / "other").write_bytes(other + b"\0" * 1000)
    refused = run("db", "restore", "other", "--force")
    assert (refused.code, "is no backup of a" in refused.err) == (1, True)


def test_nothing_is_restored_below_a_running_server(
    chosen: str, run: Run, serve: Callable[..., Served]
) -> None:
    served = serve()
    assert run("db", "backup", "one").code == 0
    refused = run("db", "restore", "one", "--force")
    assert (refused.code, "Stop " in refused.err) == (1, True), refused.err
    assert httpx.get(f"{served.address}/ready").status_code == 200
    served.stop()
    assert run("db", "restore", "one", "--force").code == 0


def test_without_postgresqls_tools_a_sentence_says_what_to_install(
    database_kind: str, chosen: str, run: Run, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    if database_kind == "sqlite":
        return
    monkeypatch.setenv("PATH", str(folder))
    refused = run("db", "backup", "one")
    assert (refused.code, "apt install postgresql-client" in refused.err) == (1, True)
    assert not os.path.lexists(folder / "one")


def test_a_check_names_what_is_broken(run: Run, folder: Path) -> None:
    assert run("db", "upgrade").code == 0
    file = folder / "data" / "agenticrag.db"
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO executions (id, workspace, flow_type, thread_id, status, input, options, position, "
            "claim, recoveries, last_seq, cancel_requested, created_at, completed_at) VALUES "
            "('broken', 'w', 'chatflow', 'broken', 'completed', '{}', '{}', 0, 1, 0, 3, '', 1.0, 2.0)"
        )
        database.execute("INSERT INTO journal VALUES ('broken', 2, 3, ?)", (b"[]",))
        database.execute(
            "INSERT INTO checkpoints VALUES ('nobody', '', '1', NULL, NULL, '[]', '{}', ?)", (b"",)
        )
        database.execute(
            "INSERT INTO executions (id, workspace, flow_type, thread_id, status, input, options, position, "
            "claim, recoveries, last_seq, cancel_requested, created_at) VALUES "
            "('open', 'w', 'chatflow', 'open', 'running', '{}', '{}', 0, 1, 0, 0, '', 1.0)"
        )
    database.close()
    checked = run("db", "check", "--json")
    assert checked.code == 1
    found = {one["name"]: one for one in json.loads(checked.out)["findings"]}
    assert {name: one["state"] for name, one in found.items()} == {
        "Database": "ok",
        "Journals": "broken",
        "Ends": "broken",
        "Checkpoints": "broken",
        "Credentials": "ok",
        "Open runs": "note",
    }
    assert "broken" in found["Journals"]["detail"]
    assert "nobody" in found["Checkpoints"]["detail"]


def test_a_damaged_file_is_said_to_be(run: Run, folder: Path) -> None:
    assert run("db", "upgrade").code == 0
    file = folder / "data" / "agenticrag.db"
    whole = bytearray(file.read_bytes())
    whole[40_000:60_000] = b"\xff" * 20_000
    file.write_bytes(whole)
    checked = run("db", "check")
    assert checked.code == 1
    assert "damaged" in checked.out + checked.err
    assert run("db", "backup", "one").code == 1
    assert not (folder / "one").exists()
