"""`agenticrag db backup`, `restore`, `check` and `prune`, as an operator uses them."""

import asyncio
import contextlib
import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import asyncpg
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
        "Large values": "ok",
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


FOREIGN = {
    "sqlite": (
        "CREATE TRIGGER raised AFTER INSERT ON members BEGIN UPDATE members SET role = 'owner'; END",
        "CREATE TRIGGER execution_inserted_too AFTER INSERT ON executions BEGIN DELETE FROM audit_log; END",
        "CREATE VIEW shown AS SELECT * FROM api_keys",
        'CREATE TABLE "their""s" (a TEXT)',
        "CREATE INDEX more ON executions (status, input)",
    ),
    "postgresql": (
        "CREATE FUNCTION raise_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "UPDATE members SET role = 'owner' WHERE role <> 'owner'; RETURN NULL; END $$",
        "CREATE TRIGGER raised AFTER INSERT ON members EXECUTE FUNCTION raise_all()",
        "CREATE OR REPLACE FUNCTION count_executions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "DELETE FROM members; RETURN NULL; END $$",
        "CREATE VIEW shown AS SELECT * FROM api_keys",
        "CREATE RULE silent AS ON INSERT TO audit_log DO INSTEAD NOTHING",
        'CREATE TABLE "their""s\n" (a TEXT DEFAULT $$\\! touch run-by-psql$$)',
        'INSERT INTO "their""s\n" VALUES (\'\\.\')',
        "CREATE INDEX more ON executions (status, thread_id)",
        "ALTER TABLE users ALTER COLUMN name SET DEFAULT current_setting('data_directory')",
    ),
}
"""What somebody may put into a database before its backup is made, or into a backup."""


def change(url: str, *statements: str) -> None:
    """Run statements as somebody does who is not this program."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.partition(":///")[2])) as database, database:
            for statement in statements:
                database.execute(statement)
        return

    async def run() -> None:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def schema(url: str) -> set[tuple[str, ...]]:
    """Return all that a database consists of, with its definitions."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(url.partition(":///")[2])) as database:
            return {*database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")}
    asked = """
        SELECT 'relation', relname, relkind::text, coalesce(pg_get_viewdef(c.oid), '') FROM pg_class c
            WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger', tgname, tgenabled::text, pg_get_triggerdef(oid) FROM pg_trigger
            WHERE NOT tgisinternal
        UNION ALL SELECT 'function', proname, '', prosrc FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT 'rule', rulename, '', definition FROM pg_rules WHERE schemaname = 'public'
        UNION ALL SELECT 'default', table_name || '.' || column_name, data_type, coalesce(column_default, '')
            FROM information_schema.columns WHERE table_schema = 'public'
        UNION ALL SELECT 'constraint', conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace"""

    async def run() -> set[tuple[str, ...]]:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        found = {tuple(row) for row in await connection.fetch(asked)}
        await connection.close()
        return found

    return asyncio.run(run())


@pytest.mark.threat("R-11")
def test_a_backup_brings_rows_and_nothing_else(
    database_kind: str, empty_database_url: str, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trigger in it would act on all that comes later, as whoever runs the server."""
    monkeypatch.setenv("AGENTICRAG_DATABASE_URL", empty_database_url)
    assert run("db", "upgrade").code == 0
    assert run("keys", "create", "--name", "kept").code == 0
    assert run("users", "create", "--email", "ada@example.com", "--role", "viewer").code == 0
    own = schema(empty_database_url)
    if database_kind == "postgresql":
        change(empty_database_url, "SELECT setval(pg_get_serial_sequence('usage', 'id'), 7)")
    change(empty_database_url, *FOREIGN[database_kind])
    assert schema(empty_database_url) - own
    assert run("db", "backup", "one").code == 0
    restored = run("db", "restore", "one", "--force")
    assert restored.code == 0, restored.err
    assert schema(empty_database_url) == own
    assert keys(run) == ["kept"]
    assert "viewer" in run("users", "list").out
    assert not [*folder.rglob("run-by-psql")]
    assert run("db", "check").code == 0
    assert run("keys", "create", "--name", "later").code == 0
