"""Schedules: flows that start by themselves at the times of a cron expression."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from persistence.triggers.schedules import Schedules, new_schedule
from server.description.operations import operation
from server.http.cursors import TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Limit, idempotency_of, known_id, moment
from server.http.problems import not_found
from server.identity.authentication import Caller
from server.requests.flow_runs import FlowRuns
from server.requests.replays import replayed
from server.routes.execution_views import ExecutionView, execution_view
from server.routes.flow_lists import Deleted
from server.runs.execution_service import ExecutionService
from server.triggers.schedule_checks import CheckedSchedules
from server.triggers.schedule_orders import schedule_order
from server.views.schedule_views import ScheduleTimes, ScheduleView, schedule_view

__all__ = ["SchedulesController"]

ORDER = "schedules"
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Cron = Annotated[str, Meta(min_length=1, max_length=255)]
Zone = Annotated[str, Meta(min_length=1, max_length=64)]
Version = Annotated[str, Meta(max_length=64)]
Jitter = Annotated[float, Meta(ge=0, le=86_400)]
MissedWord = Literal["skip", "once", "all"]
Cursor = Annotated[
    str | None, QueryParameter(max_length=4000, description="The `next_cursor` of the page before.")
]


class NewSchedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a flow starts by itself, and with which input."""

    flow_id: str
    cron: Cron
    """Minute, hour, day of the month, month and day of the week, as in `0 9 * * MON-FRI`. Six fields begin
    with seconds."""
    timezone: Zone = "UTC"
    """IANA name of the time zone whose clock counts, as in `Europe/Berlin`."""
    name: Annotated[str, Meta(max_length=255)] = ""
    """Empty: the name of the flow."""
    input: dict[str, Any] = {}
    """Input of each run: `input_data` of an agentflow, `message` and the like of a chatflow. Texts are
    templates that may name `schedule.time`, `local_date`, `local_time`, `weekday`, `last_time` and `name`."""
    version: Version = ""
    """Version to run: a number, a label or `draft`. Empty: the current one."""
    missed: MissedWord = "once"
    """Runs that were missed, as while no server ran: `skip` them, start the last `once`, or start `all`."""
    ends_at: str | None = None
    """ISO 8601 time after which nothing starts."""
    jitter_seconds: Jitter = 0
    """Each run starts up to this much later, so that many schedules do not start in one second."""
    enabled: bool = True
    """False: paused."""


class ScheduleChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of a schedule. Missing fields stay unchanged. Runs have the rights of who changed it last."""

    cron: Cron | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    input: dict[str, Any] | UnsetType = UNSET
    version: Version | UnsetType = UNSET
    missed: MissedWord | UnsetType = UNSET
    ends_at: str | UnsetType | None = UNSET
    jitter_seconds: Jitter | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class ScheduleList(Struct, frozen=True, kw_only=True):
    """A page of schedules, the newest first."""

    schedules: list[ScheduleView]
    total: int
    next_cursor: str | None


class SchedulesController(Controller):
    """Create, read, change, run and delete schedules."""

    path = "/schedules"
    tags = ("Schedules",)

    @post(
        "/",
        operation_id="createSchedule",
        opt=operation(400, 404, 409, 413, 415, 422, needs="schedules:write"),
    )
    async def create(
        self,
        data: JSONBody[NewSchedule],
        checked_schedules: NamedDependency[CheckedSchedules],
        caller: NamedDependency[Caller],
    ) -> ScheduleView:
        """Have a flow start at the times of a cron expression, with the rights of who asks."""
        row = new_schedule(
            workspace=caller.workspace,
            name=data.name,
            flow_id=known_id("flow", data.flow_id),
            cron=" ".join(data.cron.split()),
            timezone=data.timezone,
            input=data.input,
            version=data.version,
            missed=data.missed,
            ends_at=_end(data.ends_at),
            jitter_seconds=data.jitter_seconds,
            enabled=data.enabled,
            key_id=caller.key_id,
            user_id=caller.user_id,
            made_by=caller.name,
            next_at=None,
            due_at=None,
        )
        return schedule_view(await checked_schedules.create(caller, row))

    @get("/", operation_id="listSchedules", opt=operation(404, 422, needs="schedules:read"))
    async def list(
        self,
        schedules: NamedDependency[Schedules],
        caller: NamedDependency[Caller],
        flow_id: Annotated[str | None, QueryParameter(description="Only those of this flow.")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> ScheduleList:
        """List schedules with their next and last times, the newest first."""
        place: Any = place_after(cursor, ORDER, (TimeKey, TextKey))
        rows, total = await schedules.list(
            caller.workspace,
            flow_id=None if flow_id is None else known_id("flow", flow_id),
            limit=limit,
            after=place,
        )
        return ScheduleList(
            schedules=[schedule_view(row) for row in rows],
            total=total,
            next_cursor=next_cursor(ORDER, rows, limit, lambda row: (row.created_at, row.id)),
        )

    @get("/times", operation_id="listScheduleTimes", opt=operation(422, needs="schedules:read"))
    async def times(
        self,
        checked_schedules: NamedDependency[CheckedSchedules],
        cron: Annotated[
            str, QueryParameter(min_length=1, max_length=255, description="As `cron` of a schedule.")
        ],
        timezone: Annotated[
            str, QueryParameter(min_length=1, max_length=64, description="IANA name of the time zone.")
        ] = "UTC",
        ends_at: Annotated[
            str | None, QueryParameter(description="ISO 8601 time after which no times are listed.")
        ] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100, description="Most times to list.")] = 5,
    ) -> ScheduleTimes:
        """List the next times of a cron expression, without a schedule: to look before one is created."""
        return await checked_schedules.times(
            " ".join(cron.split()), timezone, ends_at=_end(ends_at), most=limit
        )

    @get("/{schedule_id:str}", operation_id="getSchedule", opt=operation(404, needs="schedules:read"))
    async def read(
        self,
        schedule_id: FromPath[str],
        checked_schedules: NamedDependency[CheckedSchedules],
        caller: NamedDependency[Caller],
    ) -> ScheduleView:
        """Return a schedule."""
        return schedule_view(await checked_schedules.find(caller, schedule_id))

    @put(
        "/{schedule_id:str}",
        operation_id="updateSchedule",
        opt=operation(400, 404, 409, 413, 415, 422, needs="schedules:write"),
    )
    async def update(
        self,
        schedule_id: FromPath[str],
        data: JSONBody[ScheduleChange],
        checked_schedules: NamedDependency[CheckedSchedules],
        caller: NamedDependency[Caller],
    ) -> ScheduleView:
        """Update, pause or resume a schedule. From then on its runs have the rights of who asks."""
        known = await checked_schedules.find(caller, schedule_id)
        said = {name: getattr(data, name) for name in data.__struct_fields__}
        changed = {name: value for name, value in said.items() if value is not UNSET}
        if "ends_at" in changed:
            changed["ends_at"] = _end(changed["ends_at"])
        if "cron" in changed:
            changed["cron"] = " ".join(changed["cron"].split())
        row = msgspec.structs.replace(known, **changed)
        return schedule_view(await checked_schedules.change(caller, known, row))

    @delete(
        "/{schedule_id:str}",
        operation_id="deleteSchedule",
        status_code=200,
        opt=operation(404, needs="schedules:write"),
    )
    async def delete(
        self,
        schedule_id: FromPath[str],
        schedules: NamedDependency[Schedules],
        checked_schedules: NamedDependency[CheckedSchedules],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete a schedule. Its runs stay."""
        known = await checked_schedules.find(caller, schedule_id)
        if not await schedules.delete(caller.workspace, known.id):
            raise not_found("schedule", schedule_id)
        return Deleted(known.id, True, f"The schedule '{known.name}' is deleted.")

    @post(
        "/{schedule_id:str}/run",
        operation_id="runSchedule",
        status_code=202,
        opt=operation(404, 409, 422, needs="runs:start", starts_run=True),
    )
    async def run(
        self,
        schedule_id: FromPath[str],
        request: Request[Any, Any, Any],
        schedules: NamedDependency[Schedules],
        checked_schedules: NamedDependency[CheckedSchedules],
        flow_runs: NamedDependency[FlowRuns],
        execution_service: NamedDependency[ExecutionService],
        caller: NamedDependency[Caller],
    ) -> Response[ExecutionView]:
        """Start a run of a schedule now, with the rights of who asks. Its next time does not change."""
        row = await checked_schedules.find(caller, schedule_id)
        now = await schedules.now()
        idempotency = idempotency_of(request, f"schedule.run:{row.id}", {})
        order = await schedule_order(flow_runs, row, caller, now, idempotency)
        if idempotency is None:
            order = msgspec.structs.replace(order, idempotency=None)
        accepted = await execution_service.start(order)
        return Response(execution_view(accepted.execution), headers=replayed(accepted))


def _end(value: str | None) -> float | None:
    return moment(value, "ends_at")
