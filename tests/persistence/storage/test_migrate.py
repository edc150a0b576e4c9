"""The schema's way up and down, on both databases."""

import asyncio
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from persistence.library.flows import Flows
from persistence.storage import migrate
from persistence.storage.database import Database, open_database
from persistence.storage.tables import metadata


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return [*compare_metadata(context, metadata)]


def tables(connection: Connection) -> list[str]:
    return sorted(inspect(connection).get_table_names())


async def test_a_migrated_database_is_what_the_tables_say(database: Database) -> None:
    assert await database.read(differences) == []
    assert await migrate.revision(database) == migrate.head()
    assert await migrate.is_current(database)


def schema(connection: Connection) -> dict[str, object]:
    """Return all tables with their columns, keys and indexes, in an order that does not matter."""
    seen = inspect(connection)
    columns, keys = seen.get_multi_columns(), seen.get_multi_pk_constraint()
    indexes, unique = seen.get_multi_indexes(), seen.get_multi_unique_constraints()
    foreign = seen.get_multi_foreign_keys()
    return {
        name[1]: (
            sorted(
                (one["name"], str(one["type"]), one["nullable"], str(one["default"])) for one in columns[name]
            ),
            (keys.get(name) or {}).get("constrained_columns"),
            sorted((str(one["name"]), one["column_names"], one["unique"]) for one in indexes.get(name, [])),
            sorted(one["column_names"] for one in unique.get(name, [])),
            sorted(
                (
                    one["constrained_columns"],
                    one["referred_table"],
                    str(one.get("options", {}).get("ondelete")),
                )
                for one in foreign.get(name, [])
            ),
        )
        for name in columns
    }


async def test_every_revision_goes_up_down_and_up_again(empty_database_url: str) -> None:
    async def found() -> dict[str, object]:
        async with open_database(empty_database_url) as database:
            return await database.read(schema)

    assert await asyncio.to_thread(migrate.current, empty_database_url) is None
    schemas: dict[str, dict[str, object]] = {}
    for revision in migrate.revisions():
        await asyncio.to_thread(migrate.upgrade, empty_database_url, revision)
        assert await asyncio.to_thread(migrate.current, empty_database_url) == revision
        schemas[revision] = await found()
    assert [*schemas][-1] == migrate.head()
    for earlier, later in reversed([*itertools.pairwise(schemas)]):
        await asyncio.to_thread(migrate.downgrade, empty_database_url, earlier)
        assert await found() == schemas[earlier], (later, earlier)
    await asyncio.to_thread(migrate.downgrade, empty_database_url, "base")
    assert [*await found()] == ["alembic_version"]
    # Each way down has led to what the way up had left, so that the ways up are the same once more.
    await asyncio.to_thread(migrate.upgrade, empty_database_url)
    assert await found() == schemas[migrate.head()]
    async with open_database(empty_database_url) as database:
        assert await database.read(differences) == []


async def test_an_upgrade_of_an_up_to_date_database_changes_nothing(database_url: str) -> None:
    await asyncio.to_thread(migrate.upgrade, database_url)
    async with open_database(database_url) as database:
        assert await migrate.is_current(database)


async def test_flows_of_the_first_release_are_marked_as_such(database_url: str) -> None:
    documents: dict[str, dict[str, Any]] = {
        "drawn": {"name": "f", "graph_definition": {"nodes": [], "edges": []}},
        "plain": {"name": "f", "graph_definition": None},
    }

    def versions(connection: Connection) -> set[int | None]:
        rows = connection.execute(
            text("SELECT document FROM flows UNION ALL SELECT document FROM flow_versions")
        )
        return {(json.loads(document)["graph_definition"] or {}).get("version") for (document,) in rows}

    async with open_database(database_url) as database:
        for document in (*documents.values(), *[documents["drawn"]] * 250):
            await Flows(database).create("w", "agentflow", name="f", description="", document=document)
        assert await database.read(versions) == {None}
    await asyncio.to_thread(migrate.downgrade, database_url, "0009")
    await asyncio.to_thread(migrate.upgrade, database_url)
    async with open_database(database_url) as database:
        assert await database.read(versions) == {1, None}
    await asyncio.to_thread(migrate.downgrade, database_url, "0009")
    async with open_database(database_url) as database:
        assert await database.read(versions) == {None}


async def test_flows_of_earlier_releases_get_slugs(database_url: str) -> None:
    async with open_database(database_url) as database:
        flows = Flows(database)
        made = [
            await flows.create(workspace, "chatflow", name=name, description="", document={})
            for workspace, name in (
                ("w", "Help"),
                ("w", "help!"),
                ("v", "Help"),
                ("w", "도움"),
                ("w", "Gone"),
            )
        ]
        await flows.delete("w", made[-1].id)
    await asyncio.to_thread(migrate.downgrade, database_url, "0013")
    await asyncio.to_thread(migrate.upgrade, database_url)
    async with open_database(database_url) as database:
        flows = Flows(database)
        named = [("w", "help"), ("w", "help-2"), ("v", "help"), ("w", "chatflow"), ("w", "gone")]
        found = [await flows.named(workspace, slug) for workspace, slug in named]
        assert found == [*made[:4], None]
        assert (
            await flows.create("w", "chatflow", name="Help", description="", document={})
        ).slug == "help-3"


async def test_an_empty_database_is_at_no_revision(empty_database_url: str) -> None:
    async with open_database(empty_database_url) as database:
        assert await migrate.revision(database) is None
        assert not await migrate.is_current(database)


def test_asking_for_the_revision_of_a_missing_file_does_not_make_it(tmp_path: Path) -> None:
    file = tmp_path / "none.db"
    assert migrate.current(f"sqlite+aiosqlite:///{file}") is None
    assert not file.exists()


async def test_a_database_of_a_newer_program_is_refused_with_a_sentence(database_url: str) -> None:
    async with open_database(database_url) as database:
        await database.write(
            lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        )
        assert not await migrate.is_current(database)
    with pytest.raises(migrate.MigrationError, match="at revision 9999; this program knows 0001 to"):
        await asyncio.to_thread(migrate.upgrade, database_url)


async def test_processes_that_upgrade_at_once_do_not_break_each_other(empty_database_url: str) -> None:
    program = "import sys; from persistence.storage.migrate import upgrade; upgrade(sys.argv[1])"
    running = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, empty_database_url, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for process in running:
        _, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
    async with open_database(empty_database_url) as database:
        assert await migrate.is_current(database)
        assert await database.read(differences) == []


def test_reading_revisions_does_not_import_alembic() -> None:
    program = "import sys, persistence.storage.migrate as m; m.head(); assert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
