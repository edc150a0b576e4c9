"""Replays: what a request is answered that repeats one, by its ``Idempotency-Key``."""

from persistence.runs.executions import Accepted
from server.http.problems import Problem

__all__ = ["in_flight", "replayed"]


def in_flight(accepted: Accepted) -> Problem:
    """Return the 409 for a request that repeats one that has no answer yet."""
    return Problem(
        409,
        "in_flight",
        "The first request with this Idempotency-Key is under way. Ask again in a moment for its answer.",
        headers={"Retry-After": "1"},
        execution_id=accepted.execution.id,
    )


def replayed(accepted: Accepted) -> dict[str, str]:
    """Return the headers that tell a first answer from a repeated one."""
    named = {"X-Execution-Id": accepted.execution.id}
    return {**named, "Idempotent-Replayed": "true"} if accepted.replayed else named
