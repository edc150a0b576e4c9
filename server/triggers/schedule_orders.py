"""Schedule orders: what a schedule runs at one of its times, with whose rights."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from graphs.expressions.bounded_evaluation import ExpressionError
from graphs.expressions.json_templates import fill
from persistence.runs.repeated_requests import Idempotency
from persistence.triggers.schedules import ScheduleRow
from server.http.answers.sse_bytes import iso
from server.http.problems import Fault, Problem
from server.identity.callers import Caller
from server.requests.chat_requests import ExecutionRequest
from server.requests.flow_runs import FlowRuns
from server.runs.run_requests import Order
from server.triggers.cron_times import zone_of

__all__ = ["schedule_order"]

ASKED_ALONE = ("config", "edits")
"""What no scheduled message has: a config may hold a key, and an edit names an earlier message."""


async def schedule_order(
    flow_runs: FlowRuns, row: ScheduleRow, caller: Caller, at: float, idempotency: Idempotency | None = None
) -> Order:
    """Return the order of a schedule's run for one of its times.

    Raises:
        Problem: 404 or 409 if its flow cannot be run, 422 for an input that does not fit.
        FlowError: the flow's agents cannot run as they are.
    """
    for name in ASKED_ALONE:
        if name in row.input:
            detail = f"The input of a schedule has no '{name}'. Leave it out."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/input/{name}")])
    scope = _scope(row, at)
    try:
        filled: dict[str, Any] = fill(row.input, scope, names=("schedule",))
    except ExpressionError as error:
        detail = f"A template of the schedule's input cannot be filled: {error}"
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/input")]) from None
    if idempotency is None:
        key = f"{at:.0f}"
        hashed = hashlib.sha256(f"{row.id} {key}".encode()).hexdigest()
        idempotency = Idempotency(f"schedule:{row.id}", key, hashed)
    flow = await flow_runs.wanted(caller, row.flow_id, row.version or None)
    order = await flow_runs.order_of(caller, flow, ExecutionRequest(input_data=filled), idempotency)
    # A question that waits in the session is for people: the message comes after it.
    return msgspec.structs.replace(order, schedule=row.id, answers="")


def _scope(row: ScheduleRow, at: float) -> dict[str, Any]:
    """Return what templates of the input may name: `schedule` alone."""
    local = datetime.fromtimestamp(at, UTC).astimezone(zone_of(row.timezone))
    return {
        "schedule": {
            "id": row.id,
            "name": row.name,
            "time": iso(at),
            "last_time": iso(row.last_at),
            "timezone": row.timezone,
            "local_date": local.date().isoformat(),
            "local_time": local.strftime("%H:%M:%S"),
            "weekday": local.strftime("%A"),
        }
    }
