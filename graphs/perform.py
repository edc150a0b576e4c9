"""Perform: one run of one node, with its events before and after, whichever way it ends."""

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
from langgraph.errors import GraphBubbleUp

from graphs.findings import shown
from graphs.messages import Message
from graphs.node import NodeError, Outcome, View
from graphs.node_run import NodeRun
from graphs.routing import Place
from graphs.running import Running
from graphs.text import TextError, clean

if TYPE_CHECKING:
    from graphs.frames import Frame

__all__ = ["perform", "stamped"]


async def perform(
    running: Running,
    place: Place,
    view: View,
    *,
    task_id: str,
    checkpoint_id: str,
    path: str = "",
    frame: "Frame | None" = None,
) -> Outcome:
    """Run a node and return its outcome, fit for the state: clean JSON, a known outlet.

    Args:
        running: The run that it is part of.
        place: The node.
        view: What it sees.
        task_id: What its calls are known by: LangGraph's task id, or in a frame a path that begins with it.
        checkpoint_id: LangGraph's checkpoint that the task began from, the outer one's within a frame.
        path: Ids of the frames around it, joined by ``/``.
        frame: What a container enters its bodies by.

    Raises:
        NodeError: the node failed; the journal has its ``node.failed``.
        Exception: what kept the recorder from writing, unchanged.
    """
    node, attempt = place.node, running.attempt(checkpoint_id)
    began = time.perf_counter()

    def emit(type: Any, **data: Any) -> None:
        running.recorder.emit(type, node=place.id, path=path, attempt=attempt, **data)

    def failed(error: str, code: str) -> None:
        emit("node.failed", error=error, code=code, duration_ms=_since(began))

    arrived = view.input if node.starts else view.arrived()
    emit("node.started", node_type=place.type, label=node.label or place.id, input=arrived)
    try:
        context = NodeRun(running, place.id, task_id, attempt, path=path, frame=frame)
        outcome = _accepted(place, await node.run(view, context))
        if running.broken is not None:
            raise running.broken
    except asyncio.CancelledError:
        if running.overdue():
            failed("The run's time was up.", "timeout")
        else:
            failed("The run was stopped before the node was done.", "cancelled")
        raise
    except GraphBubbleUp:
        raise
    except Exception as error:
        if running.broken is not None:
            raise running.broken from None
        if isinstance(error, NodeError):
            failed(str(error), error.code)
            raise
        named = shown(place.id)
        logging.getLogger(__name__).exception(
            "Node %s failed in execution %s", named, running.run.execution_id
        )
        unexpected = NodeError(
            f"Node {named} failed unexpectedly ({type(error).__name__}). The server's log tells more.",
            code="internal",
        )
        failed(str(unexpected), unexpected.code)
        raise unexpected from error
    chosen = {"outlet": outcome.outlet} if len(place.outlets) > 1 else {}
    emit("node.completed", output=outcome.output, duration_ms=_since(began), **chosen)
    return outcome


def stamped(message: Message, execution_id: str, origin: str, number: int) -> dict[str, Any]:
    """Return a message as the state keeps it, with an id that is the same when its node runs again.

    Args:
        message: What to keep.
        execution_id: The run that it belongs to.
        origin: What it comes from within the run: a task's id, or ``input``.
        number: Which of that task's messages it is.
    """
    return msgspec.to_builtins(
        msgspec.structs.replace(
            message,
            content=clean(message.content),
            id=message.id or str(uuid5(NAMESPACE_OID, f"{execution_id}/{origin}/{number}")),
            created_at=message.created_at or time.time(),
            metadata={"execution_id": execution_id, **clean(message.metadata)},
        )
    )


def _accepted(place: Place, outcome: Outcome) -> Outcome:
    named = shown(place.id)
    if place.outlets and outcome.outlet not in place.outlets:
        has = " and ".join(shown(outlet) for outlet in place.outlets)
        raise NodeError(
            f"Node {named} chose outlet {shown(outcome.outlet)}; it has {has}.", code="unknown_outlet"
        )
    try:
        return msgspec.structs.replace(
            outcome,
            output=clean(outcome.output),
            variables=clean(outcome.variables),
            loop=clean(outcome.loop),
        )
    except TextError as error:
        raise NodeError(f"What node {named} gave cannot be kept: {error}", code="bad_output") from error


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)
