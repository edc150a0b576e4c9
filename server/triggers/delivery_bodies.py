"""Delivery bodies: what a webhook target is sent, composed from the event and what the database has of it."""

from typing import Any

import msgspec

from persistence.runs.executions import Executions
from persistence.runs.question_answers import Inputs
from persistence.triggers.outbox import DeliveryRow
from persistence.triggers.webhook_targets import TargetRow
from server.http.answers.sse_bytes import iso
from server.requests.input_answers import InputView, input_view
from server.views.run_outputs import output_of

__all__ = ["DeliveryBodies"]


class DeliveryBodies:
    """Composes bodies; `most` is the longest output in bytes."""

    def __init__(self, executions: Executions, inputs: Inputs, *, most: int) -> None:
        self._executions = executions
        self._inputs = inputs
        self._most = most

    async def body(self, target: TargetRow, row: DeliveryRow) -> bytes:
        """Return the JSON of a delivery: ``type``, ``timestamp`` and ``data``.

        It is the same for each attempt, as long as the run is kept.
        """
        data = dict(row.data)
        if row.type == "input.requested":
            asked = await self.question(row)
            data["input"] = None if asked is None else asked_of(asked)
        elif target.with_output:
            data |= await self._output(row)
        told = {"type": row.type, "timestamp": iso(row.created_at), "data": data}
        return msgspec.json.encode(told)

    async def question(self, row: DeliveryRow) -> InputView | None:
        """Return the question that a delivery tells of; None where it is kept no more."""
        found = [each for each in await self._inputs.of(row.execution_id) if each.id == row.data["input_id"]]
        return input_view(found[0]) if found else None

    async def hops(self, row: DeliveryRow) -> int:
        """Return how many runs led to the run that a delivery tells of."""
        run = await self._executions.get(None, row.execution_id)
        return 0 if run is None else run.options.get("hops", 0)

    async def _output(self, row: DeliveryRow) -> dict[str, Any]:
        run = await self._executions.get(None, row.execution_id)
        output = None if run is None else run.output
        if run is not None and output is not None:
            shown: Any = output.get("response", "") if run.flow_type == "chatflow" else output_of(output)
            if len(msgspec.json.encode(shown)) <= self._most:
                return {"output": shown}
            return {"output": None, "output_omitted": True}
        return {"output": None}


def asked_of(question: InputView) -> dict[str, Any]:
    """Return a question as it is asked: how it was answered by now is left out, so that it stays the same."""
    names = ("id", "node_id", "kind", "message", "actions", "schema", "value", "requested_at", "expires_at")
    shown: dict[str, Any] = msgspec.to_builtins(question)
    return {name: shown[name] for name in names}
