"""Large values: stored once for all that hold them, shown whole, dropped with the last that holds them."""

import itertools
from typing import Any

import httpx
from sqlalchemy import text

from persistence.storage.database import Database, open_database
from persistence.upkeep.consistency import examine
from persistence.upkeep.retention import Policy, prune
from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key

LARGE = 900_000
NODES = 40
COLUMNS = {
    "large_values": "body",
    "journal": "body",
    "calls": "result",
    "checkpoints": "checkpoint",
    "checkpoint_writes": "value",
    "executions": "coalesce(output, '')",
    "outcomes": "outcome",
}


def passing_on(template: str, count: int = NODES) -> dict[str, Any]:
    """Return nodes in a row that each give what the one before gave."""
    names = ["start", *(f"n{number}" for number in range(count)), "end"]
    nodes = [
        {
            "id": name,
            "type": "transform",
            "data": {"expression": template if name == "n0" else f"nodes.{before}"},
        }
        for before, name in itertools.pairwise(names[:-1])
    ]
    return {
        "nodes": [{"id": "start", "type": "start"}, *nodes, {"id": "end", "type": "end"}],
        "edges": [{"id": one, "source": one, "target": other} for one, other in itertools.pairwise(names)],
    }


async def stored_bytes(database: Database) -> dict[str, int]:
    """Return how many bytes each table has of what runs pass on."""
    found: dict[str, int] = {}
    for table, column in COLUMNS.items():
        statement = text(f"SELECT coalesce(sum(length({column})), 0) FROM {table}")
        found[table] = await database.read(lambda c, wanted=statement: int(c.scalar(wanted) or 0))
    return found


async def say(client: httpx.AsyncClient, session: str, value: str) -> None:
    """Say something in a session of a chatflow that answers with it."""
    flow = {"name": "Says it again", "graph_definition": passing_on("input.message", 2)}
    made = await client.post("/chatflows", json=flow)
    assert made.status_code == 201, made.text
    body = {"message": value, "session_id": session}
    answer = await client.post(f"/chatflow/workflows/{made.json()['id']}/chat", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["response"] == value


async def run(client: httpx.AsyncClient, graph: dict[str, Any], value: Any) -> dict[str, Any]:
    made = await client.post("/agentflows", json={"name": "Passes on", "graph_definition": graph})
    assert made.status_code == 201, made.text
    body = {"input_data": {"value": value}}
    answer = await client.post(f"/agentflows/{made.json()['id']}/execute", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"], answer.text
    return answer.json()


async def test_forty_nodes_that_pass_a_large_value_on_store_it_once(
    server: Running, settings: Settings
) -> None:
    value = {"text": "ü" * (LARGE // 2), "rows": [{"n": number} for number in range(20)]}
    async with connect(server, await make_key(settings, "default")) as client:
        answer = await run(client, passing_on("input.value"), value)
        assert answer["output"] == value
        execution = answer["execution_id"]
        shown = (await client.get(f"/executions/{execution}")).json()
        assert shown["output_data"] == value
        events = (await client.get(f"/executions/{execution}/events")).text
        assert events.count("ü" * 1000) >= NODES * (LARGE // 2000), "clients see whole values as before"
    async with open_database(settings.database) as database:
        sizes = await stored_bytes(database)
        # The text of the last output, as the session's history has it, is another value.
        assert LARGE <= sizes["large_values"] < 2.1 * LARGE, sizes
        assert sum(sizes.values()) <= 3 * LARGE, sizes
        found = {one.name: one for one in await examine(database, lease=60)}
        assert found["Large values"].state == "ok", found["Large values"]


async def test_a_large_list_and_a_large_object_are_stored_once_too(
    server: Running, settings: Settings
) -> None:
    value = {"rows": [{"name": f"row {number}", "of": [number, None, 1.5]} for number in range(3000)]}
    async with connect(server, await make_key(settings, "default")) as client:
        answer = await run(client, passing_on("input.value", 6), value)
        assert answer["output"] == value
    async with open_database(settings.database) as database:
        sizes = await stored_bytes(database)
        assert sum(sizes.values()) < 300_000, sizes


async def test_a_value_goes_with_the_last_that_holds_it(server: Running, settings: Settings) -> None:
    value = "kept " * 20_000
    async with connect(server, await make_key(settings, "default")) as client:
        for session in ("one", "two"):
            await say(client, session, value)
        other = await make_key(settings, "elsewhere")
        async with connect(server, other) as stranger:
            await say(stranger, "one", value)
        async with open_database(settings.database) as database:

            async def names() -> list[Any]:
                wanted = text("SELECT workspace FROM large_values ORDER BY 1")
                return await database.read(lambda connection: [*connection.scalars(wanted)])

            assert await names() == ["default", "elsewhere"], "a workspace shares with no other"
            assert (await client.delete("/chatflow/sessions/one")).is_success
            assert await names() == ["default", "elsewhere"]
            assert (await client.delete("/chatflow/sessions/two")).is_success
            assert await names() == ["elsewhere"]
            await prune(database, Policy(journal_days=0))
            assert await names() == ["elsewhere"], "the output is kept, and needs it"
            found = {one.name: one for one in await examine(database, lease=60)}
            assert found["Large values"].state == "ok", found["Large values"]


async def test_what_is_lost_is_found(server: Running, settings: Settings) -> None:
    async with connect(server, await make_key(settings, "default")) as client:
        await run(client, passing_on("input.value", 2), "lost " * 20_000)
    async with open_database(settings.database) as database:
        for table, state in (("run_values", "broken"), ("checkpoint_values", "broken")):
            await database.write(lambda c, table=table: c.execute(text(f"DELETE FROM {table}")))
            found = {one.name: one for one in await examine(database, lease=60)}
            assert found["Large values"].state == state, found["Large values"]
        for table in ("journal", "calls", "checkpoint_writes", "checkpoints"):
            await database.write(lambda c, table=table: c.execute(text(f"DELETE FROM {table}")))
        await database.write(lambda c: c.execute(text("UPDATE executions SET output = NULL, pruned_at = 1")))
        found = {one.name: one for one in await examine(database, lease=60)}
        assert found["Large values"].state == "note", found["Large values"]
        assert (await prune(database)).values == 1
