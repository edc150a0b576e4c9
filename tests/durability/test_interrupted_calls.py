"""What was in flight at a SIGKILL is in the ledger: an estimate, marked, once for each taking up."""

import asyncio
from typing import Any

import pytest

from persistence.storage.database import open_database
from persistence.storage.tables.spending import usage
from tests.durability.conftest import Serve
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply

ASKS = {"provider": "openai", "model": "m", "prompt": "How is the weather in {{ input.city }}?"}
STREAMS = 3
KILLS = 2


def asked(fake: FakeOpenAI) -> int:
    return sum(one.path.endswith("/chat/completions") for one in fake.log)


async def test_the_ledger_has_every_request_that_the_model_server_saw(serve: Serve, fake: FakeOpenAI) -> None:
    fake.default = Reply(text="one two three four five six seven eight", stall_at=4, stall=60)
    server = serve()
    await server.create_key()
    await server.start()
    body = {"config": {"provider": "openai", "model": "m"}}
    async with server.client() as http:
        chats = [
            asyncio.create_task(
                http.post("/chatflow/chat", json={"message": f"Question {number}", **body}, timeout=120)
            )
            for number in range(STREAMS)
        ]
        for kill in range(1, KILLS + 1):
            # The first words are in the journal when the next ones could be: they are written at once.
            await fake.until(lambda kill=kill: asked(fake) == STREAMS * kill)  # type: ignore[misc]
            await asyncio.sleep(0.5)
            await server.kill()
            if kill == KILLS:
                fake.default = Reply(text="one two three four")
            await server.start()
        await asyncio.gather(*chats, return_exceptions=True)
        for _ in range(200):
            listed = (await http.get("/executions")).json()["executions"]
            if all(one["status"] == "completed" for one in listed):
                break
            await asyncio.sleep(0.1)
        spent = (await http.get("/cost-tracking/dashboard")).json()
    assert asked(fake) == STREAMS * (KILLS + 1)
    async with open_database(server.database_url) as database:
        rows = await database.read(lambda connection: connection.execute(usage.select()).all())
    marked = [row for row in rows if row.status == "interrupted"]
    assert (len(rows), len(marked)) == (STREAMS * (KILLS + 1), STREAMS * KILLS)
    assert all(row.estimated and row.input_tokens > 0 and row.output_tokens > 0 for row in marked)
    assert not any(row.estimated for row in rows if row.status == "completed")
    assert spent["summary"]["request_count"] == len(rows), spent


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.parametrize("recoveries", [0, 1])
async def test_what_a_run_asked_that_is_given_up_is_in_the_ledger_too(
    serve: Serve, fake: FakeOpenAI, database_kind: str, recoveries: int
) -> None:
    del database_kind
    fake.default = Reply(text="one two three four five six seven eight", stall_at=4, stall=60)
    server = serve(AGENTICRAG_MAX_RECOVERIES=str(recoveries))
    await server.create_key()
    await server.start()
    async with server.client() as http:
        flow = await http.post(
            "/agentflows",
            json={
                "name": "Beside",
                "graph_definition": {
                    "nodes": [
                        {"id": "start", "type": "start"},
                        {"id": "wait", "type": "delay", "data": {"seconds": 60}},
                        {"id": "ask", "type": "llm", "data": ASKS},
                        {"id": "end", "type": "end"},
                    ],
                    "edges": [
                        {"id": "1", "source": "start", "target": "wait"},
                        {"id": "2", "source": "start", "target": "ask"},
                        {"id": "3", "source": "wait", "target": "end"},
                        {"id": "4", "source": "ask", "target": "end"},
                    ],
                },
            },
        )
        given = {"input_data": {"city": "Oslo"}}
        run = (await http.post(f"/flows/{flow.json()['id']}/execute", json=given)).json()["id"]
        execution: dict[str, Any] = {}
        for kill in range(recoveries + 1):
            await fake.until(lambda kill=kill: asked(fake) == kill + 1)  # type: ignore[misc]
            await asyncio.sleep(0.5)
            await server.kill()
            await server.start()
        for _ in range(200):
            execution = (await http.get(f"/executions/{run}")).json()
            if execution["status"] == "failed":
                break
            await asyncio.sleep(0.1)
        assert execution["error"]["code"] == "recovery_exhausted", execution
    assert asked(fake) == recoveries + 1
    async with open_database(server.database_url) as database:
        rows = await database.read(lambda connection: connection.execute(usage.select()).all())
    assert [(row.status, row.node, row.model, row.estimated) for row in rows] == [
        ("interrupted", "ask", "m", True)
    ] * (recoveries + 1)
    assert all(row.input_tokens > 5 and row.output_tokens > 0 for row in rows)
    assert len({row.input_tokens for row in rows}) == 1
