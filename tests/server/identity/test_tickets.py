"""Tickets for streams, and streams that end when their caller's right to them does."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable

import httpx
import msgspec
import pytest

from persistence.identity.api_keys import Keys
from persistence.storage.database import Database, open_database
from server.identity.login_tokens import Ticket, Tokens
from server.settings.data_folder import secret_key
from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key, parse_frames

WAITING = {
    "name": "waits",
    "graph_definition": {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "ask", "type": "human_approval", "data": {"message": "May I?"}},
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "a", "source": "start", "target": "ask"},
            {"id": "b", "source": "ask", "sourceHandle": "approved", "target": "end"},
        ],
    },
}


@pytest.fixture
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The server's database."""
    async with open_database(settings.database) as database:
        yield database


async def waiting_run(client: httpx.AsyncClient) -> tuple[str, str]:
    """Return the ids of a flow and of a run on it that goes on for as long as nobody answers."""
    flow = (await client.post("/agentflows", json=WAITING)).json()
    started = await client.post(f"/flows/agentflows/{flow['id']}/execute", json={"input_data": {}})
    assert started.status_code == 202, started.text
    return flow["id"], started.json()["id"]


async def test_a_ticket_opens_the_streams_that_it_is_for_and_nothing_else(
    server: Running, settings: Settings, client: httpx.AsyncClient, key: str
) -> None:
    flow, execution = await waiting_run(client)
    other = (await client.post("/agentflows", json=WAITING)).json()["id"]
    made = await client.post("/tickets", json={"execution_id": execution})
    assert made.status_code == 201
    assert made.json().keys() == {"ticket", "expires_at"}
    assert key not in made.text
    ticket = made.json()["ticket"]
    await client.post(f"/executions/{execution}/cancel")
    async with connect(server, "") as browser:

        async def status(path: str, token: str, **query: str) -> int:
            return (await browser.get(path, params={"token": token, **query})).status_code

        for _ in range(2):  # an EventSource comes back with the same address
            assert await status(f"/executions/{execution}/events", ticket) == 200
        assert await status(f"/executions/{execution}/stream", ticket) == 200
        assert await status("/chatflow/chat/stream", ticket, message="Hi") == 401
        assert await status(f"/executions/{execution}", ticket) == 401
        assert (await browser.get("/flows", headers={"Authorization": f"Bearer {ticket}"})).status_code == 401
        for_flow = (await client.post("/tickets", json={"flow_id": flow})).json()["ticket"]
        assert await status(f"/executions/{execution}/events", for_flow) == 401
        tokens = Tokens(secret_key(settings))
        known = tokens.read_ticket(ticket)
        assert known is not None
        forged = [
            ticket[:-1] + ("A" if ticket[-1] != "A" else "B"),
            Tokens("x" * 48).ticket(known),
            tokens.ticket(Ticket(exp=time.time() - 1, workspace="default", key_id=known.key_id)),
            tokens.ticket(Ticket(exp=time.time() + 60, workspace="default", key_id=other)),
            "st_",
            "st_e30.",
            "st_....",
        ]
        for token in forged:
            assert await status(f"/executions/{execution}/events", token) == 401, token
        assert await status(f"/executions/{execution}/events", ticket[:-2] + "\u00e9") == 401


async def test_tickets_for_what_another_workspace_has_are_not_made(
    server: Running, settings: Settings, client: httpx.AsyncClient
) -> None:
    flow, execution = await waiting_run(client)
    await client.post(f"/executions/{execution}/cancel")
    async with connect(server, await make_key(settings, "elsewhere")) as stranger:
        for wanted in ({"flow_id": flow}, {"execution_id": execution}):
            assert (await stranger.post("/tickets", json=wanted)).status_code == 404
        ticket = (await stranger.post("/tickets", json={})).json()["ticket"]
        stream = await stranger.get(
            f"/executions/{execution}/events", params={"token": ticket}, headers={"Authorization": ""}
        )
        assert stream.status_code == 404
        both = {"flow_id": flow, "execution_id": execution}
        assert (await client.post("/tickets", json=both)).status_code == 422


async def test_a_key_in_an_address_is_taken_where_the_operator_says_so(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    server = start(msgspec.structs.replace(settings, keys_in_query="on"))
    async with connect(server, "") as browser:
        query = {"token": key, "message": "Hi"}
        assert (await browser.get("/chatflow/chat/stream", params=query)).status_code == 200


@pytest.mark.threat("I-08")
async def test_streams_end_soon_after_their_key_is_revoked_or_may_no_more(
    server: Running, opened: Database, client: httpx.AsyncClient
) -> None:
    _, execution = await waiting_run(client)
    keys = Keys(opened)
    revoked, revoked_key = await keys.create("default", "revoked")
    _, expiring = await keys.create("default", "expiring", expires_at=time.time() + 2)
    _, kept = await keys.create("default", "kept")

    async def last_frame(key: str, *, ticket: bool) -> tuple[str, str, float]:
        async with connect(server, key) as client:
            query: dict[str, str] = {}
            if ticket:
                query["token"] = (await client.post("/tickets", json={})).json()["ticket"]
                client.headers.pop("authorization")
            answer = await client.get(f"/executions/{execution}/events", params=query)
            frame = parse_frames(answer.text)[-1]
            assert not frame.id
            return frame.event, json.loads(frame.data)["code"], time.monotonic()

    async with (
        connect(server, kept) as friend,
        friend.stream("GET", f"/executions/{execution}/events") as stays,
    ):
        listening = [
            asyncio.create_task(last_frame(key, ticket=ticket))
            for key in (revoked_key, expiring)
            for ticket in (False, True)
        ]
        await asyncio.sleep(0.5)
        began = time.monotonic()
        assert await keys.revoke("default", revoked.id)
        ends = await asyncio.gather(*listening)
        assert [end[:2] for end in ends] == [("error", "revoked")] * 2 + [("error", "token_expired")] * 2
        assert max(end[2] for end in ends) - began < 5
        still = asyncio.create_task(stays.aread())
        await client.post(f"/executions/{execution}/cancel")
        frames = parse_frames((await still).decode())
        assert frames[-1].event == "run.cancelled", "whose key works hears the end"
