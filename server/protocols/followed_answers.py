"""Followed answers: a run's journal, read until an answer is complete."""

from contextlib import aclosing

from graphs.values.events import Event
from server.http.problems import Problem
from server.protocols.answer_parts import AnswerParts, Stretch
from server.runs.execution_service import ExecutionService

__all__ = ["stopping", "until_answered"]


async def until_answered(service: ExecutionService, stretch: Stretch) -> list[Event]:
    """Return a run's events from its first on, to where an answer is complete.

    Raises:
        Problem: 503 if this server stops first; the run goes on in another.
    """
    reading = AnswerParts(frozenset(), stretch.after, retracts=True)
    events: list[Event] = []
    async with aclosing(service.follow(stretch.execution_id)) as followed:
        async for event in followed:
            events.append(event)
            reading.add(event)
            if reading.ended:
                return events
    raise stopping(stretch.execution_id)


def stopping(execution_id: str) -> Problem:
    """Return the problem that this server stops while a run goes on."""
    return Problem(
        503,
        "stopping",
        "The server stops; the run goes on in the next one. "
        f"See /api/agent-builder/executions/{execution_id}.",
        headers={"Retry-After": "2"},
        execution_id=execution_id,
    )
