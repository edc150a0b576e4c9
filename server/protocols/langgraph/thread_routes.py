"""Routes of LangGraph's server: threads, their states, and their streams of events."""

import asyncio
from typing import Annotated, Any, cast

from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response.base import ASGIResponse

from server.description.operations import operation
from server.http.bodies import shape
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import Caller
from server.protocols.langgraph.assistants.assistant_routes import body_of, paged
from server.protocols.langgraph.thread_events import Wanted
from server.protocols.langgraph.thread_streams import Command, ThreadStreams
from server.protocols.langgraph.threads.thread_requests import NewThread, StateChange, ThreadSearch
from server.protocols.langgraph.threads.threads import Threads

__all__ = ["LangGraphThreadsController"]

READ = operation(404, needs="runs:read", bound=True)
CHANGE = operation(404, 409, needs="runs:start", bound=True)
HISTORY = 1000


class LangGraphThreadsController(Controller):
    """Threads: the sessions of a workspace."""

    path = "/langgraph/threads"
    include_in_schema = False
    opt = ANY_QUERY

    @post("/", operation_id="langgraphCreateThread", status_code=200, opt=CHANGE)
    async def create(
        self,
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Make a thread."""
        return await langgraph_threads.create(caller, shape(await body_of(request), NewThread))

    @post("/search", operation_id="langgraphSearchThreads", status_code=200, opt=READ)
    async def search(
        self,
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> Response[Any]:
        """List threads."""
        wanted = shape(await body_of(request), ThreadSearch)
        found, total = await langgraph_threads.search(caller, wanted)
        return paged(found, total, wanted.offset)

    @post("/count", operation_id="langgraphCountThreads", status_code=200, opt=READ)
    async def count(
        self,
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> int:
        """Count threads."""
        wanted = shape({**await body_of(request), "limit": 0, "offset": 0}, ThreadSearch)
        return (await langgraph_threads.search(caller, wanted))[1]

    @post("/prune", operation_id="langgraphPruneThreads", status_code=200, opt=CHANGE)
    async def prune(
        self,
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, int]:
        """Delete threads, or all but their latest states."""
        body = await body_of(request)
        rows = [
            row
            for id in cast("list[Any]", body.get("thread_ids") or [])
            if (row := await langgraph_threads.look(caller, str(id))) is not None
        ]
        for row in rows:
            if body.get("strategy", "delete") == "delete":
                await langgraph_threads.delete(caller, row)
            else:
                await langgraph_threads.fold(row)
        return {"pruned_count": len(rows)}

    @get("/{thread_id:str}", operation_id="langgraphGetThread", opt=READ)
    async def read(
        self,
        thread_id: FromPath[str],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return a thread."""
        return await langgraph_threads.shown(caller, await langgraph_threads.find(caller, thread_id))

    @patch("/{thread_id:str}", operation_id="langgraphUpdateThread", opt=CHANGE)
    async def change(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Give a thread more metadata."""
        row = await langgraph_threads.find(caller, thread_id)
        wanted = shape(await body_of(request), NewThread)
        return await langgraph_threads.change(caller, row, wanted.metadata or {})

    @delete("/{thread_id:str}", operation_id="langgraphDeleteThread", status_code=204, opt=CHANGE)
    async def remove(
        self,
        thread_id: FromPath[str],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> None:
        """Delete a thread with its runs."""
        await langgraph_threads.delete(caller, await langgraph_threads.find(caller, thread_id))

    @post("/{thread_id:str}/copy", operation_id="langgraphCopyThread", status_code=200, opt=CHANGE)
    async def copy(
        self,
        thread_id: FromPath[str],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Copy a thread."""
        return await langgraph_threads.copy(caller, await langgraph_threads.find(caller, thread_id))

    @get("/{thread_id:str}/state", operation_id="langgraphGetState", opt=READ)
    async def state(
        self,
        thread_id: FromPath[str],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return the state of a thread."""
        return await langgraph_threads.state(caller, await langgraph_threads.find(caller, thread_id))

    @get("/{thread_id:str}/state/{checkpoint:str}", operation_id="langgraphGetStateAt", opt=READ)
    async def state_at(
        self,
        thread_id: FromPath[str],
        checkpoint: FromPath[str],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return the state of a thread at a checkpoint."""
        row = await langgraph_threads.find(caller, thread_id)
        return await langgraph_threads.state(caller, row, checkpoint)

    @post(
        "/{thread_id:str}/state/checkpoint",
        operation_id="langgraphPostStateAt",
        status_code=200,
        opt=READ,
    )
    async def post_state_at(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Return the state of a thread at a checkpoint."""
        row = await langgraph_threads.find(caller, thread_id)
        wanted = shape(await body_of(request), StateChange)
        named = wanted.checkpoint_id or (wanted.checkpoint or {}).get("checkpoint_id")
        return await langgraph_threads.state(caller, row, None if named is None else str(named))

    @post("/{thread_id:str}/state", operation_id="langgraphUpdateState", status_code=200, opt=CHANGE)
    async def write(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Write to the state of a thread."""
        row = await langgraph_threads.find(caller, thread_id)
        return await langgraph_threads.write(caller, row, shape(await body_of(request), StateChange))

    @get("/{thread_id:str}/history", operation_id="langgraphGetHistory", opt=READ)
    async def history(
        self,
        thread_id: FromPath[str],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
        limit: Annotated[int, QueryParameter(ge=1, le=HISTORY)] = 10,
        before: Annotated[str | None, QueryParameter()] = None,
    ) -> list[dict[str, Any]]:
        """List the states of a thread, the latest first."""
        row = await langgraph_threads.find(caller, thread_id)
        return await langgraph_threads.history(caller, row, limit=limit, before=before, metadata=None)

    @post("/{thread_id:str}/history", operation_id="langgraphPostHistory", status_code=200, opt=READ)
    async def post_history(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_threads: NamedDependency[Threads],
        caller: NamedDependency[Caller],
    ) -> list[dict[str, Any]]:
        """List the states of a thread, the latest first."""
        row = await langgraph_threads.find(caller, thread_id)
        body = await body_of(request)
        given = body.get("limit")
        limit = min(given, HISTORY) if isinstance(given, int) and given > 0 else 10
        before: Any = body.get("before")
        named = cast("dict[str, Any]", before).get("configurable", before) if isinstance(before, dict) else {}
        at = before if isinstance(before, str) else cast("dict[str, Any]", named).get("checkpoint_id")
        metadata: Any = body.get("metadata")
        return await langgraph_threads.history(
            caller, row, limit=limit, before=at, metadata=metadata if isinstance(metadata, dict) else None
        )

    @post("/{thread_id:str}/commands", operation_id="langgraphCommand", status_code=200, opt=CHANGE)
    async def command(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_events: NamedDependency[ThreadStreams],
        caller: NamedDependency[Caller],
    ) -> dict[str, Any]:
        """Begin a run of a thread, or answer what one asks."""
        wanted = shape(await body_of(request), Command)
        return await asyncio.shield(langgraph_events.command(request, caller, thread_id, wanted))

    @post("/{thread_id:str}/stream/events", operation_id="langgraphEvents", status_code=200, opt=READ)
    async def events(
        self,
        thread_id: FromPath[str],
        request: Request[Any, Any, Any],
        langgraph_events: NamedDependency[ThreadStreams],
        caller: NamedDependency[Caller],
    ) -> ASGIResponse:
        """Stream the events of a thread over all its runs."""
        wanted = shape(await body_of(request), Wanted)
        cursor = request.headers.get("last-event-id", "")
        if wanted.since is None and cursor.isascii() and cursor.isdecimal() and len(cursor) <= 16:
            wanted = Wanted(
                channels=wanted.channels,
                namespaces=wanted.namespaces,
                depth=wanted.depth,
                since=int(cursor),
            )
        return langgraph_events.streamed(caller, thread_id, wanted)
