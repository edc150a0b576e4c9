"""Runs as clients start them and wait for them, whatever happens to the server meanwhile."""

import asyncio
import itertools
import time
from collections.abc import Iterable
from typing import Any

import httpx

from tests.durability.server_process import ServerProcess

__all__ = ["CHAT", "Runs", "chain"]

CHAT: dict[str, Any] = {"provider": "openai", "model": "fake-model"}
"""The ``config`` of a chat with the scripted model."""


def chain(*nodes: str) -> dict[str, Any]:
    """Return an agentflow of model nodes one after the other: each says its id, then what it was told."""
    names = ["start", *nodes, "end"]
    told = {"start": "{{ input.number }}"} | {node: f"{{{{ nodes.{node} }}}}" for node in nodes}
    models = [
        {
            "id": node,
            "type": "llm",
            "data": {**CHAT, "prompt": f"{node} of {told[before]}", "history": False},
        }
        for before, node in zip(names, nodes, strict=False)
    ]
    return {
        "name": " then ".join(nodes),
        "graph_definition": {
            "nodes": [{"id": "start", "type": "start"}, *models, {"id": "end", "type": "end"}],
            "edges": [
                {"id": f"{source}-{target}", "source": source, "target": target}
                for source, target in itertools.pairwise(names)
            ],
        },
    }


class Runs:
    """A client that asks again, with the same idempotency key, for what was left unanswered."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.accepted: list[str] = []
        """Ids of the runs that were answered 2xx."""
        self.refused: list[httpx.Response] = []
        """Answers that were no 2xx, in the order in which they came."""

    async def store(self, flow: dict[str, Any]) -> str:
        """Store an agentflow and return its id."""
        async with self.server.client() as http:
            created = await http.post("/agentflows", json=flow)
        assert created.status_code == 201, created.text
        return created.json()["id"]

    async def start(self, flow: str, number: int) -> str:
        """Start a background run; return its id when it is accepted."""
        body = {"input_data": {"number": number}}
        answer = await self.persist(f"/flows/agentflows/{flow}/execute", body, f"run-{number}")
        self.accepted.append(answer["id"])
        return answer["id"]

    async def chat(self, session: str, message: str) -> dict[str, Any]:
        """Say something in a session and return the whole answer."""
        body = {"message": message, "session_id": session, "config": CHAT}
        return await self.persist("/chatflow/chat", body, f"{session}-{hash(message)}")

    async def persist(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        """POST until an answer comes; the idempotency key makes it one request."""
        while True:
            try:
                async with self.server.client() as http:
                    answer = await http.post(path, json=body, headers={"Idempotency-Key": key})
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.is_success:
                return answer.json()
            self.refused.append(answer)
            assert answer.status_code in (409, 503), answer.text
            await asyncio.sleep(0.1)

    async def ended(self, ids: Iterable[str], seconds: float = 60) -> list[dict[str, Any]]:
        """Return executions when they have ended."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + seconds
        for id in ids:
            while True:
                run = await self.read(id)
                if run is not None and run["completed_at"] is not None:
                    found.append(run)
                    break
                assert time.monotonic() < deadline, f"{id} has not ended: {run}\n{self.server.tail()}"
                await asyncio.sleep(0.05)
        return found

    async def read(self, id: str) -> dict[str, Any] | None:
        """Return an execution; None while the server cannot say."""
        try:
            async with self.server.client() as http:
                answer = await http.get(f"/executions/{id}")
        except httpx.TransportError:
            return None
        return answer.json() if answer.status_code == 200 else None
