"""AG-UI: its client, of two versions and unmodified, talks with chatflows."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import Running, make_key, quick
from tests.server.protocols.npm_clients import NpmClients
from tests.server.protocols.test_openai import runs, store
from tests.server.protocols.test_vercel import prepare

pytestmark = pytest.mark.timeout(400)
"""The first test waits for npm."""

PAGE = Path(__file__).parents[3] / "docs" / "ag-ui.md"
(PROGRAM,) = re.findall(r"^```typescript\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
HELLO = "Hello there, friend."


@pytest.fixture
async def fake() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(Reply(text=HELLO)) as server:
        yield server


@pytest.fixture
def settings(database_url: str, tmp_path: Path, fake: FakeOpenAI) -> Settings:
    base = quick(database_url, tmp_path)
    return msgspec.structs.replace(base, openai_base_url=fake.url, openai_api_key="sk-test")


@pytest.mark.parametrize("version", ["0", "1"])
async def test_the_agent_of_ag_ui_talks_with_chatflows(
    server: Running,
    client: httpx.AsyncClient,
    key: str,
    fake: FakeOpenAI,
    npm_clients: NpmClients,
    version: str,
) -> None:
    await prepare(client, fake)
    told = await npm_clients.run(
        "agui.mjs", version, AGENTICRAG_URL=server.url, AGENTICRAG_API_KEY=key, MODEL_URL=fake.url
    )
    found = json.loads(told)
    assert found["first"][0] == "RUN_STARTED"
    assert found["first"][-1] == "RUN_FINISHED"
    assert found["first"].count("STEP_STARTED") == found["first"].count("STEP_FINISHED") > 0
    assert found["one"] == [["user", "Hi"], ["assistant", HELLO]]
    assert found["two"] == [*found["one"], ["user", "Again"], ["assistant", HELLO]]
    assert found["three"] == [*found["one"], ["user", "Edited"], ["assistant", HELLO]], found["three"]
    assert {"TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "TOOL_CALL_RESULT"} <= {*found["called"]}
    assert found["message"] == "May I?"
    assert "approve" in found["actions"]
    assert found["answered"][-1] == ["assistant", "Done."]
    assert found["stop"] == 204
    assert found["ends"] == ["cancelled"]
    assert found["rejoined"][:2] == ["RUN_STARTED", "MESSAGES_SNAPSHOT"]
    history = (await client.get(f"/chatflow/sessions/kind-{version}")).json()["messages"]
    assert [one["id"] for one in history][::2] == ["u1", "u3"]


async def test_the_same_run_id_is_the_same_run_and_strangers_see_nothing(
    server: Running, client: httpx.AsyncClient, key: str, settings: Settings
) -> None:
    await store(client, "Kind")
    known = {"Authorization": f"Bearer {key}"}
    foreign = {"Authorization": f"Bearer {await make_key(settings, 'elsewhere')}"}
    body: dict[str, Any] = {
        "threadId": "t",
        "runId": "r1",
        "messages": [{"id": "u1", "role": "user", "content": "Hi"}],
        "tools": [],
        "context": [],
    }
    async with httpx.AsyncClient(base_url=server.url) as raw:
        first, again = [await raw.post("/ag-ui/kind", json=body, headers=known) for _ in range(2)]
        assert first.text.count("TEXT_MESSAGE_START") == 1
        assert re.findall(r'"delta":"[^"]*"', first.text) == re.findall(r'"delta":"[^"]*"', again.text)
        assert len(await runs(client)) == 1
        for method, path, headers, status in (
            ("POST", "/ag-ui/none", known, 404),
            ("POST", "/ag-ui/kind", foreign, 404),
            ("GET", "/ag-ui/kind/threads/t/events", foreign, 404),
            ("POST", "/ag-ui/kind/threads/t/stop", foreign, 404),
            ("POST", "/ag-ui/kind", {}, 401),
            ("POST", "/ag-ui/kind", {"Authorization": "Bearer emb_visitor"}, 401),
        ):
            answer = await raw.request(method, path, json=body, headers=headers)
            assert answer.status_code == status, path
        empty = await raw.post("/ag-ui/kind", json={**body, "runId": "r2", "messages": []}, headers=known)
        assert empty.status_code == 422


async def test_the_program_of_the_page_works(
    server: Running, client: httpx.AsyncClient, key: str, npm_clients: NpmClients
) -> None:
    await store(client, "Kind")
    program = npm_clients.write("page.mts", PROGRAM.replace("'@ag-ui/client'", "'agui1'"))
    told = await npm_clients.run(program, "kind", AGENTICRAG_URL=server.url, AGENTICRAG_API_KEY=key)
    assert told == f"{HELLO}\n"
