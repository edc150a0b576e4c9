"""Execution stream: an execution as a stream of frames, from any point of it, resumed after a cut."""

import asyncio
import sys
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.values.events import TERMINAL, Event
from persistence.journal.journal import Journal
from persistence.runs.accept import created_event
from persistence.runs.executions import Accepted, ExecutionRow, Executions
from server.http.answers.sse_bytes import Projection
from server.http.problems import Problem, not_found
from server.identity.bound_keys import is_within
from server.identity.callers import Caller
from server.identity.ownership import visible_to
from server.runs.dropped_streams import EventStream, Streams
from server.runs.execution_service import ExecutionService

__all__ = ["ExecutionStreams", "Place", "opening_event", "place_of"]


class Place(Struct, frozen=True):
    """How far a client has come: what it sends as ``Last-Event-ID`` or ``?after=``."""

    execution_id: str
    """Empty where the address names the execution."""
    seq: int


def place_of(request: Request[Any, Any, Any]) -> Place | None:
    """Return the place that a request goes on from; None for one that starts at the beginning.

    Raises:
        Problem: 400 for an id that is none of ours.
    """
    given = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    if not given:
        return None
    execution_id, _, seq = given.rpartition(":")
    # Sixteen digits stay below 64 bits, so that no database is asked for what it cannot hold.
    if not (seq.isascii() and seq.isdecimal() and len(seq) <= 16) or (
        execution_id and not _is_uuid(execution_id)
    ):
        raise Problem(
            400,
            "malformed",
            f"'{given[:80]}' is no event id. Send that of the last frame which arrived, or none to begin.",
        )
    return Place(execution_id, int(seq))


class ExecutionStreams:
    """Follows executions for those who asked for them: as streams that can be resumed, or to their end."""

    def __init__(
        self, executions: Executions, journal: Journal, service: ExecutionService, streams: Streams
    ) -> None:
        self._executions = executions
        self._journal = journal
        self._service = service
        self._streams = streams

    async def resume(
        self, caller: Caller, place: Place, projection: Projection, *, flow_id: str | None = None
    ) -> ASGIResponse:
        """Return the rest of an execution's stream; 204, which tells an EventSource to stop, if there is
        none.

        Raises:
            Problem: 404 if the workspace has no such execution, 400 if it has not come that far.
        """
        row = await self._executions.get(caller.workspace, place.execution_id, owner=visible_to(caller))
        theirs = row is not None and is_within(caller, row.flow_id)
        if row is None or not theirs or (flow_id is not None and row.flow_id != flow_id):
            raise not_found("execution", place.execution_id)
        if row.completed_at is not None:
            if place.seq >= row.last_seq + (1 if projection.whole else 0):
                return ASGIResponse(status_code=204)
        elif place.seq and not await self._journal.read(row.id, place.seq - 1, limit=1):
            raise Problem(
                400, "malformed", f"Execution '{row.id}' has no event {place.seq} yet. Begin without an id."
            )
        return self.watch(row, projection, after=place.seq)

    def watch(
        self,
        row: ExecutionRow,
        projection: Projection,
        *,
        after: int = 0,
        headers: dict[str, str] | None = None,
        before_end: Callable[[], Awaitable[None]] | None = None,
    ) -> EventStream:
        """Return an execution's stream from the frame after `after` on.

        `before_end` is awaited when only the last frame is left to send, and the client is still there.
        """
        return EventStream(
            self._frames(row.id, projection, after, before_end),
            self._streams,
            headers={"X-Execution-Id": row.id, **(headers or {})},
        )

    def begun(
        self,
        accepted: Accepted,
        projection: Projection,
        *,
        headers: dict[str, str] | None = None,
        before_end: Callable[[], Awaitable[None]] | None = None,
    ) -> EventStream:
        """Return the stream of what a request has begun; where it let a run go on, from there on."""
        row = accepted.execution
        opening = [] if projection.whole or not accepted.after else [opening_event(row, accepted.after)]
        return EventStream(
            self._frames(row.id, projection, accepted.after, before_end, opening),
            self._streams,
            headers={"X-Execution-Id": row.id, **(headers or {})},
        )

    async def ended(self, row: ExecutionRow) -> list[Event]:
        """Return the whole journal of an execution once it has ended or waits for people.

        Raises:
            Problem: 503 if this server stops first; the run goes on in another.
        """
        events: list[Event] = []
        async with aclosing(self._service.follow(row.id, patient=True)) as followed:
            async for event in followed:
                events.append(event)
                if event.type == "run.paused" and await self._waits_for_people(row.id):
                    known = await self._journal.read(row.id, limit=sys.maxsize)
                    if known[-1].type == "run.paused":
                        return known
        if not events or events[-1].type not in TERMINAL:
            raise Problem(
                503,
                "stopping",
                "The server stops; the run goes on in the next one. "
                f"See /api/agent-builder/executions/{row.id}.",
                headers={"Retry-After": "2"},
                execution_id=row.id,
            )
        return events

    async def _waits_for_people(self, execution_id: str) -> bool:
        row = await self._executions.get(None, execution_id)
        return row is not None and row.status == "waiting_approval"

    async def _frames(
        self,
        execution_id: str,
        projection: Projection,
        after: int,
        before_end: Callable[[], Awaitable[None]] | None,
        opening: Sequence[Event] = (),
    ) -> AsyncGenerator[bytes]:
        for event in opening:
            for _, shown in projection.frames(event):
                yield shown
        events = self._service.follow(execution_id, 0 if projection.whole else after)
        try:
            async for event in events:
                if before_end is not None and event.type in TERMINAL:
                    await asyncio.sleep(0)  # a client that has left is noticed here, and nothing more is done
                    await before_end()
                for seq, shown in projection.frames(event):
                    if seq > after:
                        yield shown
        finally:
            await events.aclose()


def opening_event(row: ExecutionRow, seq: int) -> Event:
    """Return the first event of a run as who joins it after `seq` is told it."""
    return msgspec.structs.replace(created_event(row), seq=seq)


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False
