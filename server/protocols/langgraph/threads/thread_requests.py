"""Thread requests: what clients of LangGraph ask of threads, read for sessions."""

import re
import time
from collections.abc import Sequence
from typing import Any, cast

import msgspec
from msgspec import Struct

from graphs.conversation.messages import Message
from persistence.library.sessions import SessionRow
from persistence.runs.executions import ExecutionRow
from persistence.storage.ids import new_id
from server.http.problems import Fault, Problem
from server.protocols.langgraph.threads.lc_messages import SentMessage
from server.protocols.langgraph.threads.thread_states import Conversation, Place
from server.protocols.openai.given_messages import read_message

__all__ = [
    "NewThread",
    "StateChange",
    "ThreadSearch",
    "agentflow_values",
    "operations_of",
    "place_of",
    "taken",
    "thread_id_of",
    "thread_name",
    "told_together",
]

UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Update(Struct, frozen=True, kw_only=True):
    """Values that a new thread gets. What else a client sends is ignored."""

    values: Any = None


class SuperStep(Struct, frozen=True, kw_only=True):
    """Updates that were made in one step."""

    updates: list[Update] | None = None


class NewThread(Struct, frozen=True, kw_only=True):
    """A thread to make. What else a client sends is ignored."""

    thread_id: str | None = None
    metadata: dict[str, Any] | None = None
    if_exists: str | None = None
    graph_id: str | None = None
    supersteps: list[SuperStep] | None = None


class ThreadSearch(Struct, frozen=True, kw_only=True):
    """Which threads to list. What else a client sends is ignored."""

    metadata: dict[str, Any] | None = None
    values: dict[str, Any] | None = None
    ids: list[str] | None = None
    status: str | None = None
    limit: int = 10
    offset: int = 0
    sort_by: str | None = None
    sort_order: str | None = None
    select: list[str] | None = None


class StateChange(Struct, frozen=True, kw_only=True):
    """Values that are written to a thread's state."""

    values: Any = None
    as_node: str | None = None
    checkpoint: dict[str, Any] | None = None
    checkpoint_id: str | None = None


def told_together(steps: Sequence[SuperStep]) -> dict[str, Any] | None:
    """Return the values that steps lead to, one after the other; None where they have none.

    Checkpoints are places in the conversation, so one write of all messages makes the same ones.

    Raises:
        Problem: 422 for values that are no object.
    """
    values: dict[str, Any] = {}
    messages: list[Any] = []
    for at, step in enumerate(steps):
        for number, update in enumerate(step.updates or []):
            if update.values is not None and not isinstance(update.values, dict):
                detail = "Expected an object with 'messages' and other values."
                pointer = f"/supersteps/{at}/updates/{number}/values"
                raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)])
            given = dict(cast("dict[str, Any]", update.values or {}))
            said = given.pop("messages", None) or []
            messages += cast("list[Any]", said) if isinstance(said, list) else [said]
            values |= given
    return {**values, **({"messages": messages} if messages else {})} or None


def thread_name(thread_id: str) -> str:
    """Return the name of a thread's session.

    Raises:
        Problem: 422 for what is no UUID.
    """
    if UUID.fullmatch(thread_id) is None:
        raise Problem(422, "invalid", f"Invalid thread ID: '{thread_id[:80]}' must be a UUID.")
    return thread_id.lower()


def thread_id_of(row: SessionRow) -> str:
    """Return what LangGraph's clients call a session."""
    return row.name if UUID.fullmatch(row.name) else row.id


def place_of(conversation: Conversation, checkpoint: str) -> Place:
    """Return the place of a checkpoint.

    Raises:
        Problem: 404 if there is none.
    """
    place = conversation.place(checkpoint)
    if place is None:
        raise Problem(404, "not_found", f"The thread has no checkpoint '{checkpoint[:80]}'.")
    return place


def agentflow_values(run: ExecutionRow | None) -> dict[str, Any]:
    """Return what a thread's state has of the last run of an agentflow."""
    if run is None or run.flow_type != "agentflow":
        return {}
    given = {name: value for name, value in run.input.items() if name != "messages"}
    output: Any = (run.output or {}).get("output")
    fields = cast("dict[str, Any]", output) if isinstance(output, dict) else {}
    return {**given, **fields, **(run.output or {})}


def operations_of(messages: Sequence[SentMessage]) -> list[dict[str, Any]]:
    """Return what messages of a client change in a history.

    Raises:
        Problem: 422 for one that is no message of text.
    """
    now = time.time()
    found: list[dict[str, Any]] = []
    for place, one in enumerate(messages):
        if one.role == "remove":
            found.append({"role": "remove", "id": one.id})
            continue
        message: Message = read_message(one.given, f"/values/messages/{place}")
        stamped = msgspec.structs.replace(message, id=one.id or new_id(), created_at=now)
        found.append(msgspec.to_builtins(stamped))
    return found


def taken(name: str) -> Problem:
    """Return the problem that there is a thread of an id already."""
    return Problem(409, "name_taken", f"Thread with ID {name} already exists.")
