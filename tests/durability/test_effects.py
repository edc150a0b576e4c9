"""Death as a node begins to act outside: what it acts on is stored by then, whatever the node is."""

import asyncio
import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Connection, select

from graphs.node_execution.failpoints import KILLED, VARIABLE
from persistence.journal.journal import Journal
from persistence.storage.database import open_database
from persistence.storage.tables.checkpoints import checkpoint_writes
from persistence.storage.tables.runs import calls, executions
from tests.durability.conftest import Serve
from tests.durability.runs import CHAT, Runs
from tests.runtimes.fake_openai import FakeOpenAI

ACTING: Mapping[str, Mapping[str, Any]] = {
    "agent": {**CHAT, "prompt": "{{ nodes.last }}"},
    "classify": {
        **CHAT,
        "prompt": "{{ nodes.last }}",
        "classes": [{"name": "a", "description": "A"}, {"name": "b", "description": "B"}],
    },
    "guardrail": {
        "text": "{{ nodes.last }}",
        "model": {**CHAT, "question": "Does the text ask for medical advice?"},
    },
    "http_request": {"url": "https://api.example.com/{{ nodes.last }}"},
    "llm": {**CHAT, "prompt": "{{ nodes.last }}"},
    "memory": {"action": "save", "scope": "flow", "key": "k", "value": {"text": "{{ nodes.last }}"}},
    "tool": {"tool": "calculator", "arguments": {"expression": "1 + 1"}},
}
"""Nodes that act by the run's own doors, by type."""


@pytest.mark.parametrize("type", ACTING)
async def test_what_a_node_acts_on_is_stored_before_it_acts(
    serve: Serve, database_url: str, fake: FakeOpenAI, type: str
) -> None:
    server = serve()
    await server.create_key()
    await server.start()
    runs = Runs(server)
    flow = await runs.store(_then(type))
    await server.stop()
    await server.start(environment={VARIABLE: "before_call=exit"})
    starting = asyncio.create_task(runs.start(flow, 7))
    assert await server.ended() == KILLED
    starting.cancel()

    def stored(connection: Connection) -> tuple[str, set[str], set[str]]:
        (id,) = connection.scalars(select(executions.c.id))
        given = connection.scalars(select(calls.c.task_id).where(calls.c.kind == "node"))
        written = connection.scalars(select(checkpoint_writes.c.channel))
        return id, {*given}, {*written}

    async with open_database(database_url) as database:
        id, given, written = await database.read(stored)
        told = [(one.type, one.node) for one in await Journal(database).read(id)]
    assert given == {"/first#0", "/say#0", "/last#0"}
    assert "outputs" in written
    assert ("message.completed", "say") in told
    assert ("node.completed", "last") in told
    assert ("node.started", "act") in told
    assert not any(exchange.body for exchange in fake.log)


def _then(type: str) -> dict[str, Any]:
    """Return a flow of nodes that only compute and say, and then one that acts."""
    nodes: list[dict[str, Any]] = [
        {"id": "start", "type": "start"},
        {"id": "first", "type": "transform", "data": {"expression": "input.number + 1"}},
        {"id": "say", "type": "say", "data": {"text": "A moment."}},
        {"id": "last", "type": "template", "data": {"template": "{{ nodes.first }}"}},
        {"id": "act", "type": type, "data": ACTING[type]},
    ]
    edges = [
        {"id": f"{a['id']}-{b['id']}", "source": a["id"], "target": b["id"]}
        for a, b in itertools.pairwise(nodes)
    ]
    # Beside it, since not all of them have the same outlets.
    nodes.append({"id": "end", "type": "end"})
    edges.append({"id": "last-end", "source": "last", "target": "end"})
    return {"name": type, "graph_definition": {"nodes": nodes, "edges": edges}}
