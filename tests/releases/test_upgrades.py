"""Runs that an earlier release had in flight when its process died are taken up by this one.

``0.1-in-flight.db.xz`` is the SQLite file of release 0.1 after SIGKILL. Each run had a model call that never
came back, with ``HANG`` in its prompt (the agent's: its second, whose last message is the result ``2`` of a
tool); one waits for an approval. The journal knows its calls by LangGraph's task id.
"""

import asyncio
import lzma
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import msgspec

from persistence.storage.migrate import upgrade
from server.identity.permissions import WORKSPACE
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply
from tests.server.conftest import Running, connect, make_key, quick

WRITTEN = Path(__file__).parent / "0.1-in-flight.db.xz"
ASKED = [
    "2",
    "HANG each h2",
    "HANG inner y",
    "HANG line b of line a",
    "HANG loop f2",
    "HANG pay h",
    "HANG talk b of talk a of two",
    "HANG wide c",
    "agent z",
    "ask z",
    "each d3",
    "each h3",
    "sub z",
]
"""What had no answer yet: each is asked once, and nothing else."""
GIVEN: list[Any] = [
    "HANG line b of line a",
    "HANG pay h",
    "HANG talk b of talk a of two",
    "agent z",
    "ask z",
    "sub z",
    "talk b of talk a of one",
    "wide b\n\nHANG wide c",
    ["each h1", "HANG each h2", "each h3"],
    ["loop f1", "HANG loop f2"],
]


async def test_runs_of_the_last_release_are_taken_up_without_a_second_call(tmp_path: Path) -> None:
    (tmp_path / "old.db").write_bytes(lzma.decompress(WRITTEN.read_bytes()))
    url = f"sqlite+aiosqlite:///{tmp_path / 'old.db'}"
    await asyncio.to_thread(upgrade, url)
    async with FakeOpenAI(Reply(echo=True)) as fake:
        settings = msgspec.structs.replace(
            quick(url, tmp_path), openai_base_url=fake.url, openai_api_key="none", retention_days=0
        )
        server = await asyncio.to_thread(Running(settings).start)
        try:
            async with connect(server, await make_key(settings, WORKSPACE)) as client:
                ended = await _ended(client)
                talk = await client.get("/chatflow/sessions/s/history")
        finally:
            await asyncio.to_thread(server.stop)
        asked = Counter(one.body["messages"][-1]["content"] for one in fake.log)
    assert asked == Counter(ASKED)
    assert {run["status"] for run in ended} == {"completed"}
    assert sorted((run["output_data"] for run in ended), key=str) == sorted(GIVEN, key=str)
    said = [message["content"] for message in talk.json()["messages"]]
    assert said == ["one", "talk b of talk a of one", "two", "HANG talk b of talk a of two"]


async def _ended(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """Approve what waits, and return all runs when they have ended."""
    async with asyncio.timeout(60):
        while True:
            runs = (await client.get("/executions", params={"limit": 100})).json()["executions"]
            for run in runs:
                if run["status"] == "waiting_approval":
                    await client.post(f"/executions/{run['id']}/respond", json={"action": "approve"})
            if all(run["completed_at"] for run in runs):
                ids = [run["id"] for run in runs]
                return [(await client.get(f"/executions/{id}")).json() for id in ids]
            await asyncio.sleep(0.05)
