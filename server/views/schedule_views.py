"""Schedules as the API gives them."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from msgspec import Struct

from persistence.triggers.schedules import ScheduleRow
from server.http.answers.sse_bytes import iso

__all__ = ["ScheduleTime", "ScheduleTimes", "ScheduleView", "schedule_time", "schedule_view"]


class ScheduleView(Struct, frozen=True, kw_only=True):
    """A schedule, and how it stands."""

    id: str
    name: str
    flow_id: str
    cron: str
    timezone: str
    input: dict[str, Any]
    version: str
    missed: str
    ends_at: str | None
    jitter_seconds: float
    enabled: bool
    made_by: str
    """Name of the key or user whose rights its runs have."""
    stopped: str
    """Why the server paused it. Empty: it did not."""
    next_at: str | None
    """The next time; null if there is none, or it is paused."""
    last_at: str | None
    """The time of the last run."""
    last_execution_id: str | None
    last_status: str | None
    """Status of the last run."""
    last_error: str
    """Why the last run was not started. Empty: it was."""
    runs: int
    """How many runs it has started."""
    missed_runs: int
    """How many times it left out."""
    created_at: str
    updated_at: str


class ScheduleTime(Struct, frozen=True, kw_only=True):
    """A time of a cron expression."""

    at: str
    local: str
    """What the clock of the time zone shows then, with its distance from UTC."""


class ScheduleTimes(Struct, frozen=True, kw_only=True):
    """The next times of a cron expression, in order."""

    times: list[ScheduleTime]
    """Fewer than were asked for where there are no more, or `ends_at` comes before."""


def schedule_time(at: float, where: tzinfo) -> ScheduleTime:
    """Return a time as the API gives it, in UTC and in a time zone."""
    local = datetime.fromtimestamp(at, UTC).astimezone(where)
    return ScheduleTime(at=iso(at) or "", local=local.isoformat(timespec="seconds"))


def schedule_view(row: ScheduleRow) -> ScheduleView:
    """Return a schedule as the API gives it."""
    return ScheduleView(
        id=row.id,
        name=row.name,
        flow_id=row.flow_id,
        cron=row.cron,
        timezone=row.timezone,
        input=row.input,
        version=row.version,
        missed=row.missed,
        ends_at=iso(row.ends_at),
        jitter_seconds=row.jitter_seconds,
        enabled=row.enabled,
        made_by=row.made_by,
        stopped=row.stopped,
        next_at=iso(row.next_at),
        last_at=iso(row.last_at),
        last_execution_id=row.last_execution_id,
        last_status=row.last_status,
        last_error=row.last_error,
        runs=row.runs,
        missed_runs=row.missed_runs,
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
    )
