"""Every example's recorded run replays equal where nothing can be reached but the database."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.identity.permissions import WORKSPACE
from server.settings.sources import Settings
from tests.conftest import new_database
from tests.newcomer.hour import GIVEN
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.recorded_runs.offline import replayed_offline

EXAMPLES = {path.stem: path.read_bytes() for path in sorted(Path("examples").glob("*.json"))}


def test_the_examples_are_there() -> None:
    assert len(EXAMPLES) >= 12


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return quick(new_database(request.param, request, tmp_path), tmp_path)


@pytest.mark.timeout(300)
async def test_every_examples_recorded_run_replays_equal_without_a_network(both: Settings) -> None:
    settings = both
    server = Running(settings).start()
    ran: dict[str, str] = {}
    try:
        async with connect(server, await make_key(settings, WORKSPACE)) as client:
            client.timeout = httpx.Timeout(240)
            files = [json.loads(file) for file in EXAMPLES.values()]
            ran = dict(
                zip(await asyncio.gather(*(example(client, file) for file in files)), EXAMPLES, strict=True)
            )
    finally:
        server.stop()
    reports = await replayed_offline(msgspec.structs.replace(settings, port=0), [*ran])
    wrong = {ran[id]: report for id, report in reports.items() if report.get("equal") is not True}
    assert (len(reports), wrong) == (len(EXAMPLES), {})
    assert sum(report["calls"] for report in reports.values()) > 20


async def example(client: httpx.AsyncClient, file: dict[str, Any]) -> str:
    """Run an example to its end, answering what it asks people, and return the execution."""
    brought = (await client.post("/flows/import", json=file)).json()
    assert brought["imported"], brought
    if brought["flow_type"] == "chatflow":
        asked = (file.get("chat_config") or {}).get("suggested_questions") or ["What can you do?"]
        path, body = f"/chatflow/workflows/{brought['id']}/chat", {"message": asked[0]}
    else:
        given = GIVEN["graph" if file.get("graph_definition") else "chat"]
        path, body = f"/agentflows/{brought['id']}/execute", {"input_data": given}
    answer = await client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    id = answer.json()["execution_id"]
    for _ in range(600):
        run = (await client.get(f"/executions/{id}")).json()
        if run["completed_at"] is not None:
            assert run["status"] == "completed", run
            return id
        await asyncio.sleep(0.1)
        if run["status"] == "waiting_approval":
            await client.post(f"/executions/{id}/respond", json={"action": "approve"})
    raise AssertionError(f"{brought['name']} does not end")
