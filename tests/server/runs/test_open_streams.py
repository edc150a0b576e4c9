"""How many streams one caller, and all together, may hold open on one process."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import msgspec
import pytest

from persistence.runs.executions import Executions
from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key

SLOW = {
    "nodes": [
        {"id": "in", "type": "start"},
        {"id": "wait", "type": "delay", "data": {"seconds": 5}},
        {"id": "wait_more", "type": "delay", "data": {"seconds": 5}},
        {"id": "out", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "in", "target": "wait"},
        {"id": "2", "source": "wait", "target": "wait_more"},
        {"id": "3", "source": "wait_more", "target": "out"},
    ],
}


@asynccontextmanager
async def listening(client: httpx.AsyncClient, execution: str) -> AsyncGenerator[None]:
    """Hold a stream of a run open, of which something has come."""
    async with client.stream("GET", f"/executions/{execution}/events") as answer:
        assert answer.status_code == 200
        frames = answer.aiter_bytes()  # held, since it ends the stream where nobody does
        await anext(frames)
        yield


async def refused(client: httpx.AsyncClient, execution: str) -> str:
    """Return why a further stream is refused."""
    answer = await client.get(f"/executions/{execution}/events")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_streams")
    assert int(answer.headers["retry-after"]) > 0
    return answer.json()["detail"]


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_streams_are_bounded_for_each_caller_and_in_all(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    settings = msgspec.structs.replace(settings, max_streams=3, max_streams_per_caller=2, drain_seconds=0)
    server = start(settings)
    async with AsyncExitStack() as stack:
        one, two = [
            await stack.enter_async_context(connect(server, await make_key(settings, "default")))
            for _ in range(2)
        ]
        flow = (await one.post("/agentflows", json={"name": "Slow", "graph_definition": SLOW})).json()["id"]
        run = (await one.post(f"/flows/{flow}/execute", json={})).json()["id"]

        await stack.enter_async_context(listening(one, run))
        async with listening(one, run):
            assert "This caller holds 2 streams" in await refused(one, run)
            chat = await one.post("/chatflow/chat/stream", json={"message": "Hi"})
            assert (chat.status_code, chat.json()["code"]) == (429, "too_many_streams")
            listed = (await one.get("/executions")).json()["executions"]
            assert [each["id"] for each in listed] == [run], "who is refused has started nothing"

            await stack.enter_async_context(listening(two, run))
            assert "This server holds as many" in await refused(two, run)
            assert (await two.get(f"/executions/{run}")).status_code == 200, "all else is answered"

        for _ in range(500):  # the server hears a moment later that the client has left
            if len(server.runtime.process.streams) < 3:
                break
            await asyncio.sleep(0.01)
        async with listening(two, run):
            assert "This server holds as many" in await refused(one, run)
        assert (await one.post(f"/executions/{run}/cancel")).status_code == 200


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_streams_that_are_opened_at_once_are_no_more_than_may_be(
    settings: Settings, start: Callable[[Settings], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = msgspec.structs.replace(settings, max_streams_per_caller=2, drain_seconds=0)
    server = start(settings)
    async with connect(server, await make_key(settings, "default")) as client:
        flow = (await client.post("/agentflows", json={"name": "Slow", "graph_definition": SLOW})).json()[
            "id"
        ]
        run = (await client.post(f"/flows/{flow}/execute", json={})).json()["id"]
        get = Executions.get

        async def slow(*args: Any, **named: Any) -> Any:
            await asyncio.sleep(0.5)
            return await get(*args, **named)

        async def status() -> int:
            async with client.stream("GET", f"/executions/{run}/events") as answer:
                if answer.status_code == 200:
                    await anext(answer.aiter_bytes())
                    await asyncio.sleep(1)
                return answer.status_code

        with monkeypatch.context() as patch:
            patch.setattr(Executions, "get", slow)
            found = await asyncio.gather(*(status() for _ in range(5)))
        assert sorted(found) == [200, 200, 429, 429, 429]
        assert (await client.get("/executions/none/events")).status_code == 404
        assert (await client.get("/executions/none/events")).status_code == 404
        assert (await client.get("/executions/none/events")).status_code == 404, "they are open no more"
        assert (await client.post(f"/executions/{run}/cancel")).status_code == 200
