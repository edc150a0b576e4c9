"""Announcements: what webhook targets are sent when a run ends or asks, written with it in one transaction.

A row of the outbox is there exactly if the end or the question is. Who sends it comes later, and may die.
"""

import time
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, bindparam, insert, or_, select

from persistence.journal.question_rows import InputRow, add_input
from persistence.spending.ledger import Totals
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow
from persistence.storage.tables.triggers import webhook_deliveries, webhook_targets

__all__ = ["ANNOUNCED", "Announced", "Announcements"]

Announced = Literal["run.completed", "run.failed", "run.cancelled", "input.requested"]
"""The types of events that targets can be sent; they are those of the journal."""
ANNOUNCED: tuple[Announced, ...] = ("run.completed", "run.failed", "run.cancelled", "input.requested")

_of_run = select(webhook_targets.c.id, webhook_targets.c.events).where(
    webhook_targets.c.workspace == bindparam("workspace"),
    webhook_targets.c.enabled,
    or_(webhook_targets.c.flow_id.is_(None), webhook_targets.c.flow_id == bindparam("flow_id")),
)


class Announcements:
    """Adds rows to the outbox. Its statement is compiled once: every run of a stored flow passes here."""

    def __init__(self, database: Database) -> None:
        self._targets = database.prepare(_of_run)

    def ended(self, connection: Connection, run: ExecutionRow, type: str, totals: Totals) -> None:
        """Announce that a run has ended, to the targets that want to know."""
        if run.flow_id is None or not (ids := self._wanting(connection, run, type)):
            return
        usage = {**totals.shown(), "cost_usd": totals.cost_usd}
        facts = {"duration_ms": run.duration_ms, "error": run.error, "usage": usage}
        self._add(connection, run, type, run.last_seq, ids, facts)

    def ask(self, connection: Connection, run: ExecutionRow, seq: int, question: InputRow) -> None:
        """Write a question down and announce it; `seq` is the number of its event."""
        add_input(connection, question)
        if run.flow_id is None or question.request.kind == "timer":
            return
        if ids := self._wanting(connection, run, "input.requested"):
            asked = msgspec.structs.replace(run, status="waiting_approval")
            facts = {"input_id": question.id, "node_id": question.node, "audience": question.request.audience}
            self._add(connection, asked, "input.requested", seq, ids, facts)

    def _wanting(self, connection: Connection, run: ExecutionRow, type: str) -> list[str]:
        found = self._targets.fetch(connection, workspace=run.workspace, flow_id=run.flow_id)
        return [id for id, events in found if type in msgspec.json.decode(events)]

    def _add(
        self,
        connection: Connection,
        run: ExecutionRow,
        type: str,
        seq: int,
        target_ids: list[str],
        facts: dict[str, Any],
    ) -> None:
        data = {
            "execution_id": run.id,
            "flow_id": run.flow_id,
            "flow_name": run.options.get("flow_name", ""),
            "flow_type": run.flow_type,
            "flow_version": run.flow_version,
            "session_id": run.session,
            "schedule_id": run.schedule_id,
            "status": run.status,
            **facts,
        }
        row = {
            "id": f"msg_{run.id.replace('-', '')}_{seq}",
            "workspace": run.workspace,
            "flow_id": run.flow_id,
            "execution_id": run.id,
            "type": type,
            "data": msgspec.json.encode(data).decode(),
            "status": "waiting",
            "attempts": 0,
            "due_at": 0.0,
            "last_error": "",
            "created_at": time.time(),
        }
        connection.execute(insert(webhook_deliveries), [{**row, "target_id": id} for id in target_ids])
