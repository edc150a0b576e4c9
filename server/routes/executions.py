"""Executions across flows: list, read, follow and cancel."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.parsing.heavy_values import off_the_loop
from persistence.journal.journal import Journal
from persistence.reports.execution_lists import ExecutionLists
from persistence.reports.execution_stats import ExecutionStats
from persistence.runs.executions import ExecutionRow, Executions
from server.description.operations import ENDED, operation
from server.http.page_bytes import PageBytes
from server.http.parameters import known_id
from server.http.problems import not_found
from server.identity.authentication import TOKEN_IN_QUERY, Caller
from server.routes.execution_stats import ExecutionStatistics, statistics
from server.routes.execution_views import (
    EXECUTION_LISTING,
    ExecutionDetails,
    ExecutionListing,
    ExecutionSummary,
    ExecutionView,
    execution_summary,
    execution_view,
    get_execution,
    listed,
    whole_view,
)
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import ExecutionStreams, Place, place_of
from server.settings.sources import Settings
from server.streams.chat_sse import ChatEvent, ChatFrames
from server.streams.execution_sse import ExecutionEvent, ExecutionFrames
from server.streams.journal_sse import Event, NativeFrames, event_list
from server.views.execution_logs import Level, LogLine, as_text, log_lines

__all__ = ["ExecutionsController"]


class ExecutionPage(Struct, frozen=True):
    """A page of executions."""

    executions: list[ExecutionSummary]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


class ExecutionLogs(Struct, frozen=True):
    """What happened in an execution, line by line."""

    execution_id: str
    status: str
    lines: list[LogLine]


class ExecutionsController(Controller):
    """Every execution of the workspace, whatever flow it is of."""

    path = "/executions"
    tags = ("Executions",)
    dependencies = EXECUTION_LISTING

    @get("/", operation_id="listExecutions", opt=operation(404, 422, needs="runs:read"))
    async def list(
        self,
        execution_lists: NamedDependency[ExecutionLists],
        caller: NamedDependency[Caller],
        executions_listing: NamedDependency[ExecutionListing],
        flow_id: Annotated[str | None, QueryParameter(description="Only those of this flow.")] = None,
        session_id: Annotated[str | None, QueryParameter(description="Only those of this session.")] = None,
        schedule_id: Annotated[str | None, QueryParameter(description="Only those of this schedule.")] = None,
    ) -> ExecutionPage:
        """List runs, newest first, without inputs and outputs."""
        flow = None if flow_id is None else known_id("flow", flow_id)
        rows, total, cursor = await listed(
            execution_lists,
            caller,
            executions_listing,
            flow_id=flow,
            session=session_id,
            schedule_id=None if schedule_id is None else known_id("schedule", schedule_id),
        )
        return ExecutionPage(
            [execution_summary(row) for row in rows],
            total,
            executions_listing.limit,
            executions_listing.offset,
            cursor,
        )

    @get("/stats", operation_id="executionStats", opt=operation(404, 422, needs="runs:read"))
    async def stats(
        self,
        execution_stats: NamedDependency[ExecutionStats],
        caller: NamedDependency[Caller],
        days: Annotated[int, QueryParameter(ge=1, le=366, description="Days (UTC), today included.")] = 7,
        flow_id: Annotated[str | None, QueryParameter(description="Of this flow alone.")] = None,
    ) -> ExecutionStatistics:
        """Return statistics of runs: results, durations and usage, also for each flow."""
        known = None if flow_id is None else known_id("flow", flow_id)
        return statistics(await execution_stats.read(caller.workspace, days=days, flow_id=known), days)

    @get(
        "/{execution_id:str}",
        operation_id="getExecution",
        opt=operation(404, sdk_until={"status": ENDED}, needs="runs:read"),
    )
    async def read(
        self,
        execution_id: FromPath[str],
        journal: NamedDependency[Journal],
        executions: NamedDependency[Executions],
        caller: NamedDependency[Caller],
    ) -> ExecutionDetails:
        """Return a run with its nodes."""
        return await whole_view(journal, await get_execution(executions, caller, execution_id))

    @get(
        "/{execution_id:str}/logs",
        operation_id="readExecutionLogs",
        opt=operation(
            404, 422, needs="runs:read", media=("application/json", "text/plain"), sdk="executions.logs"
        ),
    )
    async def logs(
        self,
        execution_id: FromPath[str],
        executions: NamedDependency[Executions],
        journal: NamedDependency[Journal],
        caller: NamedDependency[Caller],
        level: Annotated[Level, QueryParameter(description="The least level of a line.")] = "info",
        format: Annotated[
            Literal["json", "text"], QueryParameter(description="Lines as objects, or as plain text.")
        ] = "json",
        after: Annotated[
            int, QueryParameter(ge=0, le=2**53, description="Begin after the line of this event.")
        ] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=10_000, description="Lines at most.")] = 1_000,
    ) -> Response[bytes]:
        """Return the events of a run as text lines."""
        row = await get_execution(executions, caller, execution_id)
        events = await journal.read(row.id, after, limit=1_000_000)

        def written() -> Response[bytes]:
            lines = log_lines(events, least=level)[:limit]
            if format == "text":
                return Response(as_text(lines).encode(), media_type="text/plain")
            body = msgspec.json.encode(ExecutionLogs(row.id, row.status, lines))
            return Response(body, media_type="application/json")

        return await off_the_loop(events, written)

    @get(
        "/{execution_id:str}/events",
        operation_id="followExecution",
        opt=operation(
            400,
            404,
            422,
            needs="runs:read",
            events=Event,
            listed=Event,
            last=NativeFrames.last,
            sdk_omits=("follow", "limit"),
            opt=TOKEN_IN_QUERY,
        ),
    )
    async def events(
        self,
        execution_id: FromPath[str],
        request: Request[Any, Any, Any],
        executions: NamedDependency[Executions],
        execution_streams: NamedDependency[ExecutionStreams],
        journal: NamedDependency[Journal],
        settings: NamedDependency[Settings],
        caller: NamedDependency[Caller],
        after: Annotated[
            str | None, QueryParameter(description="Begin after this event, as Last-Event-ID does.")
        ] = None,
        follow: Annotated[
            bool, QueryParameter(description="false: a JSON list of what there is, and no more.")
        ] = True,
        limit: Annotated[
            int, QueryParameter(ge=1, le=100_000, description="Events of a list at most.")
        ] = 10_000,
    ) -> ASGIResponse:
        """Stream the events of a run, from the first one or after a number."""
        row = await get_execution(executions, caller, execution_id)
        seq = _after(row, place_of(request))
        if follow:
            return await execution_streams.resume(caller, Place(row.id, seq), NativeFrames())
        events = (await journal.read(row.id, seq, limit=limit))[:limit]
        body = await off_the_loop(events, event_list, events, PageBytes(settings.max_page_bytes))
        return ASGIResponse(body=body, headers={"Cache-Control": "no-store"})

    @get(
        "/{execution_id:str}/stream",
        operation_id="streamExecution",
        opt=operation(
            400,
            404,
            needs="runs:read",
            events=(ChatEvent, ExecutionEvent),
            last=(*ChatFrames.last, *ExecutionFrames.last),
            opt=TOKEN_IN_QUERY,
        ),
    )
    async def stream(
        self,
        execution_id: FromPath[str],
        request: Request[Any, Any, Any],
        executions: NamedDependency[Executions],
        execution_streams: NamedDependency[ExecutionStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Stream a run, live or replayed, in the format of chats or agentflows."""
        row = await get_execution(executions, caller, execution_id)
        place = Place(row.id, _after(row, place_of(request)))
        projection = ChatFrames() if row.flow_type == "chatflow" else ExecutionFrames()
        return await execution_streams.resume(caller, place, projection)

    @post(
        "/{execution_id:str}/cancel",
        operation_id="cancelExecution",
        status_code=200,
        opt=operation(404, needs="runs:start"),
    )
    async def cancel(
        self,
        execution_id: FromPath[str],
        executions: NamedDependency[Executions],
        execution_service: NamedDependency[ExecutionService],
        caller: NamedDependency[Caller],
    ) -> Response[ExecutionView]:
        """Cancel a run. Its usage is recorded and its session is free.

        Answers with the execution as it then stands: `cancelled`, or as it ended before. 202 if another
        process runs it and is still at it."""
        known = await get_execution(executions, caller, execution_id)
        row = await execution_service.cancel(caller.workspace, known.id)
        if row is None:
            raise not_found("execution", execution_id)
        return Response(execution_view(row), status_code=200 if row.completed_at is not None else 202)


def _after(row: ExecutionRow, place: Place | None) -> int:
    """Return the number to go on after, from an id of any of the execution's streams."""
    if place is None:
        return 0
    if place.execution_id and place.execution_id != row.id:
        raise not_found("event", f"{place.execution_id}:{place.seq}")
    return place.seq
