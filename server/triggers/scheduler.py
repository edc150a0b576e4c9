"""Scheduler: starts the runs of schedules whose time has come, beside the work of a process.

Each process looks for them. A schedule is claimed, its runs are accepted one after the other, and with each
the schedule moves on in the same transaction. What a process leaves when it dies is claimed by another.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial

import msgspec
from msgspec import Struct

from persistence.identity.audit import Audit, Deed
from persistence.storage.errors import StorageError
from persistence.triggers.schedules import ClaimedSchedule, Moved, ScheduleRow, Schedules, Step
from server.http.problems import known_problem
from server.identity.callers import Caller, Callers
from server.requests.flow_runs import FlowRuns
from server.runs.execution_service import ExecutionService
from server.settings.sources import Settings
from server.triggers.cron_times import jittered, next_time, passed_times
from server.triggers.schedule_orders import schedule_order
from server.triggers.trigger_makers import as_allowed, maker_of, refusal

__all__ = ["Scheduler", "starting_step"]

LOOKS = 1.0
"""Seconds between two looks for schedules that are due."""
AT_ONCE = 50
"""Schedules that a process claims together."""
COUNTED = 1000
"""Most times that are counted as missed at once."""
AGAIN = 5.0
"""Seconds until a start is tried again that found no room."""

log = logging.getLogger("agenticrag.schedules")


class _Wanted(Struct, frozen=True):
    """Which of the times that have come get a run, in order, and how many get none."""

    times: Sequence[float]
    missed: int


class Scheduler:
    """Starts the runs of all workspaces' schedules. `open` it when runs can be started."""

    def __init__(
        self,
        settings: Settings,
        schedules: Schedules,
        callers: Callers,
        flow_runs: FlowRuns,
        service: ExecutionService,
        audit: Audit,
        counts: Counter[str],
    ) -> None:
        self._settings = settings
        self._schedules = schedules
        self._callers = callers
        self._flow_runs = flow_runs
        self._service = service
        self._audit = audit
        self._counts = counts
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look for schedules that are due."""
        self._task = asyncio.create_task(self._run(), name="schedules")

    async def close(self) -> None:
        """End it. What was claimed and not started is another process's, or the next start's."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        stopping = self._service.stopping
        while not stopping.is_set():
            claimed: list[ClaimedSchedule] = []
            try:
                if await self._schedules.any_due():
                    claimed = await self._schedules.claim(
                        self._service.process_id, lease=self._settings.lease_seconds, limit=AT_ONCE
                    )
                    await self._start(claimed)
            except StorageError as error:
                log.warning("Schedules wait for the database: %s", error)
            except Exception:
                log.exception("Schedules could not be started; trying again.")
            if len(claimed) < AT_ONCE:
                await asyncio.sleep(LOOKS)

    async def _start(self, claimed: list[ClaimedSchedule]) -> None:
        if claimed:
            callers = await self._callers.now(maker_of(each.row) for each in claimed)
            await asyncio.gather(*(self._one(each, callers.get(maker_of(each.row))) for each in claimed))

    async def _one(self, claimed: ClaimedSchedule, caller: Caller | None) -> None:
        row, again_in = claimed.row, None
        caller = as_allowed(caller, self._settings.auth)
        try:
            if (why := refusal(row, caller, auth=self._settings.auth)) or caller is None:
                await self._stop(row, why)
                return
            again_in = await self._catch_up(row, caller, claimed.now)
        except Moved:
            log.info("Schedule %s was changed, or moved on in another process.", row.id)
        except StorageError as error:
            log.warning("Schedule %s waits for the database: %s", row.id, error)
        except Exception:
            log.exception("Schedule %s could not be started; trying again.", row.id)
            again_in = AGAIN
        try:
            await self._schedules.release(row, self._service.process_id, again_in=again_in)
        except StorageError as error:
            log.warning("The claim on schedule %s ends by itself: %s", row.id, error)

    async def _stop(self, row: ScheduleRow, why: str) -> None:
        if await self._schedules.stop(row, f"{why} The schedule is paused. Enable it to run it as you."):
            self._counts["stopped"] += 1
            log.warning("Schedule %s is paused: %s", row.id, why)
            await self._audit.record(
                Deed(
                    workspace=row.workspace,
                    actor_kind="nobody",
                    action="pauseSchedule",
                    target_kind="schedule",
                    target_id=row.id,
                    details={"name": row.name[:255], "reason": why},
                )
            )

    async def _catch_up(self, row: ScheduleRow, caller: Caller, now: float) -> float | None:
        """Start the runs that are due; return after how many seconds it is to be tried again, if it is."""
        wanted = _wanted_times(
            row, now, late=self._settings.schedule_late_seconds, most=self._settings.schedule_missed_runs
        )
        missed = wanted.missed
        if not wanted.times:
            if await self._schedules.step(row, starting_step(row, now, missed=missed)):
                self._counts["missed"] += missed
            return None
        for place, at in enumerate(wanted.times):
            following = wanted.times[place + 1] if place + 1 < len(wanted.times) else None
            step = starting_step(row, now, following, missed=missed)
            again_in = await self._begin(row, caller, at, step, now)
            if again_in is not None:
                return again_in
            self._counts["missed"] += missed
            missed = 0
            row = msgspec.structs.replace(row, next_at=step.next_at, last_at=at)
        return None

    async def _begin(
        self, row: ScheduleRow, caller: Caller, at: float, step: Step, now: float
    ) -> float | None:
        """Start one run and move the schedule on.

        Raises:
            Moved: it does not stand there any more.
        """
        try:
            order = await schedule_order(self._flow_runs, row, caller, at)
            beside = partial(self._schedules.start, row, at, step)
            accepted = await self._service.start(msgspec.structs.replace(order, beside=beside))
        except (Moved, StorageError):
            raise
        except Exception as error:
            problem = known_problem(error)
            if problem is not None and problem.document.status in (429, 503):
                return AGAIN
            if problem is not None and problem.document.status == 404 and not problem.document.errors:
                await self._stop(row, f"Its flow is gone: {problem.document.detail}")
                raise Moved from None
            if problem is None:
                log.exception("A run of schedule %s could not be started.", row.id)
            said = "The server could not start it; its log says why."
            failed = msgspec.structs.replace(step, error=said if problem is None else problem.document.detail)
            if not await self._schedules.step(row, failed):
                raise Moved from None
            self._counts["refused"] += 1
            return None
        if accepted.replayed and not await self._schedules.step(row, step):
            raise Moved
        late = now - jittered(row.id, at, row.jitter_seconds) > self._settings.schedule_late_seconds
        self._counts["late" if late else "started"] += 1
        return None


def _wanted_times(row: ScheduleRow, now: float, *, late: float, most: int) -> _Wanted:
    """Return which times of a schedule get a run now.

    Args:
        row: The schedule, which stands at the first time that had no run.
        now: The time now, in Unix seconds.
        late: After how many seconds a time is missed.
        most: How many missed ones a schedule that runs all of them starts.
    """
    if row.next_at is None:
        return _Wanted((), 0)
    until = now if row.ends_at is None else min(now, row.ends_at)
    passed = passed_times(row.cron, row.timezone, row.next_at, until, max(COUNTED, most))
    due = [(at, jittered(row.id, at, row.jitter_seconds)) for at in passed]
    fresh = [at for at, moment in due if now - late <= moment <= now]
    old = [at for at, moment in due if moment < now - late]
    match row.missed:
        case "skip":
            kept: list[float] = []
        case "once":
            kept = [] if fresh else old[-1:]
        case "all":
            kept = old[-most:]
    return _Wanted([*kept, *fresh], len(old) - len(kept))


def starting_step(row: ScheduleRow, now: float, following: float | None = None, *, missed: int = 0) -> Step:
    """Return the step to the time `following`, or to the first one that has not come yet."""
    if following is None:
        # A time that has come and waits for its jitter is the next one.
        passed = passed_times(row.cron, row.timezone, now - row.jitter_seconds, now, COUNTED)
        waiting = [at for at in passed if jittered(row.id, at, row.jitter_seconds) > now]
        following = waiting[0] if waiting else next_time(row.cron, row.timezone, now)
    if following is None or (row.ends_at is not None and following > row.ends_at):
        return Step(next_at=None, due_at=None, missed=missed)
    return Step(next_at=following, due_at=jittered(row.id, following, row.jitter_seconds), missed=missed)
