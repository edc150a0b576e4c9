"""Executions across flows: list, read, follow and cancel."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.events import Event
from persistence.executions import ExecutionRow
from server.auth import TOKEN_IN_QUERY, Caller
from server.openapi import operation
from server.problems import not_found
from server.projections.chat import ChatEvent, ChatFrames
from server.projections.execution import ExecutionEvent, ExecutionFrames
from server.projections.native import NativeFrames
from server.routes.execution_views import ExecutionView, execution_view
from server.routes.parameters import Limit, Offset, StatusWord, known_id
from server.runtime import Runtime
from server.watching import Place, place_of, resume

__all__ = ["ExecutionsController"]


class ExecutionPage(Struct, frozen=True):
    """A page of executions."""

    executions: list[ExecutionView]
    total: int
    limit: int
    offset: int


class ExecutionsController(Controller):
    """Every execution of the workspace, whatever flow it is of."""

    path = "/executions"
    tags = ("Executions",)

    @get("/", operation_id="listExecutions", opt=operation(422))
    async def list(
        self,
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
        limit: Limit = 50,
        offset: Offset = 0,
        status: Annotated[StatusWord | None, QueryParameter(description="Only those of this status.")] = None,
        flow_id: Annotated[str | None, QueryParameter(description="Only those of this flow.")] = None,
        session_id: Annotated[str | None, QueryParameter(description="Only those of this session.")] = None,
    ) -> ExecutionPage:
        """List executions, the newest first."""
        rows, total = await runtime.ready.executions.list(
            caller.workspace,
            flow_id=None if flow_id is None else known_id("flow", flow_id),
            session=session_id,
            status=status,
            limit=limit,
            offset=offset,
        )
        return ExecutionPage([execution_view(row) for row in rows], total, limit, offset)

    @get("/{execution_id:str}", operation_id="getExecution", opt=operation(404))
    async def read(
        self, execution_id: FromPath[str], runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]
    ) -> ExecutionView:
        """Return an execution."""
        return execution_view(await _execution(runtime, caller, execution_id))

    @get(
        "/{execution_id:str}/events",
        operation_id="followExecution",
        opt=operation(400, 404, 422, events=Event, opt=TOKEN_IN_QUERY),
    )
    async def events(
        self,
        execution_id: FromPath[str],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
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
        """Follow an execution as it happens: its journal, from its first event or after one, to its end."""
        row = await _execution(runtime, caller, execution_id)
        seq = _after(row, place_of(request))
        if follow:
            return await resume(runtime, caller.workspace, Place(row.id, seq), NativeFrames())
        events = (await runtime.ready.journal.read(row.id, seq, limit=limit))[:limit]
        return ASGIResponse(body=msgspec.json.encode(events), headers={"Cache-Control": "no-store"})

    @get(
        "/{execution_id:str}/stream",
        operation_id="streamExecution",
        opt=operation(400, 404, events=(ChatEvent, ExecutionEvent), opt=TOKEN_IN_QUERY),
    )
    async def stream(
        self,
        execution_id: FromPath[str],
        request: Request[Any, Any, Any],
        runtime: NamedDependency[Runtime],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Stream an execution, live or replayed, in the frames of its kind: a chat's or an agentflow's."""
        row = await _execution(runtime, caller, execution_id)
        place = Place(row.id, _after(row, place_of(request)))
        projection = ChatFrames() if row.flow_type == "chatflow" else ExecutionFrames()
        return await resume(runtime, caller.workspace, place, projection)

    @post("/{execution_id:str}/cancel", operation_id="cancelExecution", status_code=200, opt=operation(404))
    async def cancel(
        self, execution_id: FromPath[str], runtime: NamedDependency[Runtime], caller: NamedDependency[Caller]
    ) -> Response[ExecutionView]:
        """Cancel an execution: its model's connection is closed, what it used is booked, its session is free.

        Answers with the execution as it then stands: `cancelled`, or as it ended before. 202 if another
        process runs it and is still at it."""
        row = await runtime.ready.service.cancel(caller.workspace, known_id("execution", execution_id))
        if row is None:
            raise not_found("execution", execution_id)
        return Response(execution_view(row), status_code=200 if row.completed_at is not None else 202)


async def _execution(runtime: Runtime, caller: Caller, execution_id: str) -> ExecutionRow:
    row = await runtime.ready.executions.get(caller.workspace, known_id("execution", execution_id))
    if row is None:
        raise not_found("execution", execution_id)
    return row


def _after(row: ExecutionRow, place: Place | None) -> int:
    """Return the number to go on after, from an id of any of the execution's streams."""
    if place is None:
        return 0
    if place.execution_id and place.execution_id != row.id:
        raise not_found("event", f"{place.execution_id}:{place.seq}")
    return place.seq
