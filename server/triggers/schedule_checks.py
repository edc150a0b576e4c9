"""Schedule checks: what a schedule must be before it is stored, and its first time."""

import msgspec

from persistence.triggers.schedules import ScheduleRow, Schedules, TooManySchedules
from server.http.page_bytes import refuse_large
from server.http.parameters import known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.callers import Caller
from server.requests.flow_runs import FlowRuns
from server.settings.sources import Settings
from server.triggers.cron_times import BadCron, check_cron, next_times, zone_of
from server.triggers.schedule_orders import schedule_order
from server.triggers.scheduler import starting_step
from server.views.schedule_views import ScheduleTimes, schedule_time

__all__ = ["CheckedSchedules"]


class CheckedSchedules:
    """Stores schedules whose runs could be started as things are."""

    def __init__(self, settings: Settings, schedules: Schedules, flow_runs: FlowRuns) -> None:
        self.rows = schedules
        self._settings = settings
        self._flow_runs = flow_runs

    async def find(self, caller: Caller, id: str) -> ScheduleRow:
        """Return a schedule.

        Raises:
            Problem: 404 if there is none in the workspace.
        """
        row = await self.rows.get(caller.workspace, known_id("schedule", id))
        if row is None:
            raise not_found("schedule", id)
        return row

    async def times(self, cron: str, zone: str, *, ends_at: float | None, most: int) -> ScheduleTimes:
        """Return the next times of an expression that a schedule may have.

        Raises:
            Problem: 422 where no schedule may have it.
        """
        now = await self.rows.now()
        try:
            check_cron(cron, zone, now, shortest=self._settings.schedule_min_seconds)
            found = next_times(cron, zone, now, most)
            where = zone_of(zone)
        except BadCron as error:
            detail = str(error)
            raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter=error.field)]) from None
        kept = [at for at in found if ends_at is None or at <= ends_at]
        return ScheduleTimes(times=[schedule_time(at, where) for at in kept])

    async def create(self, caller: Caller, row: ScheduleRow) -> ScheduleRow:
        """Store a new schedule, with its next time.

        Raises:
            Problem: 409 where there is no room for it, and what `_checked` raises.
        """
        row = await self._checked(caller, row)
        most = self._settings.max_schedules
        try:
            await self.rows.create(row, most=most)
        except TooManySchedules:
            detail = f"The workspace has {most} schedules, the maximum. Delete one first."
            raise Problem(409, "limit_reached", detail) from None
        return row

    async def change(self, caller: Caller, known: ScheduleRow, row: ScheduleRow) -> ScheduleRow:
        """Store a schedule in place of what was `known` of it. Its runs have the rights of who asks.

        Raises:
            Problem: 409 where it was changed meanwhile, and what `_checked` raises.
        """
        row = msgspec.structs.replace(
            row,
            key_id=caller.key_id,
            user_id=caller.user_id,
            made_by=caller.name,
            stopped="",
            last_error="",
        )
        row = await self._checked(caller, row, known=known)
        if not await self.rows.replace(known, row):
            raise Problem(409, "changed", "The schedule was changed or paused in this moment. Try again.")
        return row

    async def _checked(
        self, caller: Caller, row: ScheduleRow, known: ScheduleRow | None = None
    ) -> ScheduleRow:
        """Return a schedule with its next time, if its runs could be started as things are.

        Raises:
            Problem: 403 for who may start none, 404 or 409 for its flow, 413 for too large an input, 422 for
                what does not fit.
        """
        if "runs:start" not in caller.permissions:
            raise Problem(403, "forbidden", "A schedule starts runs with your rights: it needs runs:start.")
        if known is None or row.input != known.input:
            refuse_large(row.input, self._settings.max_trigger_input_bytes, "input")
        now = await self.rows.now()
        shortest = max(self._settings.schedule_min_seconds, row.jitter_seconds)
        try:
            check_cron(row.cron, row.timezone, now, shortest=shortest)
        except BadCron as error:
            detail = str(error)
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/{error.field}")]) from None
        if row.enabled or known is None:
            order = await schedule_order(self._flow_runs, row, caller, now)
            if not row.name and order.flow is not None:
                row = msgspec.structs.replace(row, name=order.flow.name[:255])
        step = starting_step(row, now)
        return msgspec.structs.replace(
            row,
            next_at=step.next_at if row.enabled else None,
            due_at=step.due_at if row.enabled else None,
            updated_at=now,
        )
