"""Turns of workflows: what is sent to one, what its scripted models answer, and what must come out."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from tests.runtimes.replies import Reply

__all__ = ["FOLDER", "JSON", "Turn", "answered", "said"]

FOLDER = Path(__file__).parents[3] / "examples" / "workflows"
JSON = {"Content-Type": "application/json"}


class Turn(Struct):
    """What is sent, what the models answer, and what comes out."""

    sent: Any
    """A message, or an agentflow's input."""
    replies: list[Any]
    """Texts, or values that are sent as JSON; in pairs, with what the request says, where calls race."""
    gives: Any
    files: list[dict[str, str]] = []
    answers: list[dict[str, Any]] = []
    """What people answer in between: bodies of ``respond``."""


def said(text: str, value: Any) -> Reply:
    """Return an answer to the request that contains a text."""
    return Reply(match=text, text=value if isinstance(value, str) else msgspec.json.encode(value).decode())


async def answered(client: httpx.AsyncClient, flow: dict[str, Any], name: str, turn: Turn) -> Any:
    """Send a turn, answer for people, and return what comes out."""
    if flow["flow_type"] == "agentflow":
        url, body = f"/agentflows/{flow['id']}/execute", {"input_data": turn.sent}
    else:
        url, body = f"/chatflow/workflows/{flow['id']}/chat", {"message": turn.sent, "session_id": name}
        body |= {"files": turn.files} if turn.files else {}
    done = (await client.post(url, json=body)).json()
    if not turn.answers:
        return done["response"] if done.get("success") and "response" in done else done.get("output") or done
    id = done["execution_id"]
    for answer in turn.answers:
        await reached(client, id, "waiting_approval")
        given = await client.post(f"/executions/{id}/respond", json=answer)
        assert given.status_code == 200, given.text
    read = await reached(client, id, "completed", "failed")
    return read["output_data"] or read


async def reached(client: httpx.AsyncClient, id: str, *states: str) -> dict[str, Any]:
    """Return a run that has one of some states."""
    while True:
        read = (await client.get(f"/executions/{id}")).json()
        if read["status"] in states:
            return read
        await asyncio.sleep(0.05)
