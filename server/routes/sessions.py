"""Sessions: conversations, their history, memory, export and import."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from graphs.memory import MemoryConfig, strategies
from persistence.library.flows import Flows
from persistence.library.session_files import Files
from persistence.library.sessions import Sessions
from persistence.storage.ids import new_id
from server.description.operations import operation
from server.http.bodies import uploaded_file
from server.http.cursors import After, TextKey, TimeKey, next_cursor, place_after
from server.http.downloads import download
from server.http.parameters import Limit, Offset, known_id, session_name
from server.http.problems import Fault, Problem, not_found
from server.http.sse_frames import iso
from server.identity.auth import Caller
from server.identity.ownership import visible_to
from server.projections.conversation_files import (
    MEDIA,
    ExportFormat,
    SessionFile,
    as_file,
    content_of,
)
from server.projections.session_views import (
    Cleared,
    Imported,
    MemoryChange,
    MemorySet,
    SessionHistory,
    SessionPage,
    SessionSummary,
    Strategies,
)
from server.requests.chat_sessions import ChatSessions, memory_options
from server.requests.stored_flows import get_flow
from server.runs.langgraph_engine import Engine
from server.settings.sources import Settings

__all__ = ["MemoryController", "SessionsController"]

MEDIA_TYPES = tuple(media.partition(";")[0] for media, _ in MEDIA.values())
FORM = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "A session exported as JSON."}
    },
    "required": ["file"],
}


HistoryLimit = Annotated[
    int | None, QueryParameter(ge=1, le=1000, description="The last so many messages. Left out: all.")
]
HistoryCursor = Annotated[
    str | None,
    QueryParameter(max_length=255, description="Only messages before this one: a `next_cursor`."),
]


class MemoryController(Controller):
    """What memories there are."""

    path = "/chatflow/memory"
    tags = ("Sessions",)

    @get("/strategies", operation_id="listMemoryStrategies", opt=operation(needs="flows:read"))
    async def strategies(self) -> Strategies:
        """List the memory strategies with options and defaults."""
        return Strategies(True, strategies())


class SessionsController(Controller):
    """Conversations of the workspace."""

    path = "/chatflow/sessions"
    tags = ("Sessions",)

    @get("/", operation_id="listSessions", opt=operation(404, 422, needs="runs:read"))
    async def list(
        self,
        sessions: NamedDependency[Sessions],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
        chatflow_id: Annotated[
            str | None, QueryParameter(description="Only sessions of this chatflow.")
        ] = None,
        limit: Limit = 50,
        offset: Offset = 0,
        after: After = None,
    ) -> SessionPage:
        """List sessions, last active first."""
        place = place_after(after, "sessions", (TimeKey, TextKey), begins=offset == 0)
        flow_id = None if chatflow_id is None else known_id("chatflow", chatflow_id)
        rows, total = await sessions.list(
            caller.workspace,
            flow_id=flow_id,
            owner=visible_to(caller),
            limit=limit,
            offset=offset,
            after=place,
        )
        cursor = next_cursor("sessions", rows, limit, lambda row: (row.last_activity_at, row.id))
        memories = {
            each: await chat_sessions.flow_memory(caller, each)
            for each in {row.flow_id for row in rows if not row.memory}
        }
        summaries = [
            SessionSummary(
                id=row.name,
                title=row.title,
                memory_type=(row.memory or memories[row.flow_id]).get("type", "buffer"),
                message_count=row.message_count,
                created_at=iso(row.created_at),
                last_activity_at=iso(row.last_activity_at),
                total_tokens_used=row.total_tokens,
            )
            for row in rows
        ]
        return SessionPage(True, summaries, total, cursor)

    @get("/{session_id:str}", operation_id="getSession", opt=operation(404, 422, needs="runs:read"))
    async def read(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
    ) -> SessionHistory:
        """Return a session with its messages."""
        return await chat_sessions.history(caller, session_id)

    @get(
        "/{session_id:str}/history",
        operation_id="getSessionHistory",
        opt=operation(404, 422, needs="runs:read"),
    )
    async def history(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
        limit: HistoryLimit = None,
        before: HistoryCursor = None,
    ) -> SessionHistory:
        """Return the messages of a session, oldest first.

        With `limit` the last ones; `next_cursor` leads on to those before them.
        """
        return await chat_sessions.history(caller, session_id, limit=limit, before=before)

    @delete(
        "/{session_id:str}",
        operation_id="deleteSession",
        status_code=200,
        opt=operation(404, 422, needs="runs:start"),
    )
    async def delete(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        sessions: NamedDependency[Sessions],
        caller: NamedDependency[Caller],
    ) -> Cleared:
        """Delete a session with its runs and their events. Active runs are cancelled first."""
        row = await chat_sessions.get(caller, session_id)
        await chat_sessions.end_runs(caller, row)
        if not await sessions.delete(caller.workspace, row.name):
            raise not_found("session", session_id)
        return Cleared(row.name, True, "The session is deleted, with its history and executions.")

    @post(
        "/{session_id:str}/clear",
        operation_id="clearSession",
        status_code=200,
        opt=operation(404, 422, needs="runs:start"),
    )
    async def clear(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        sessions: NamedDependency[Sessions],
        caller: NamedDependency[Caller],
    ) -> Cleared:
        """Delete the messages of a session. Active runs are cancelled first."""
        row = await chat_sessions.get(caller, session_id)
        await chat_sessions.end_runs(caller, row)
        await sessions.clear(caller.workspace, row.name)
        return Cleared(row.name, True, "The session's history is empty.")

    @get(
        "/{session_id:str}/export",
        operation_id="exportSession",
        opt=operation(404, 422, needs="runs:read", exports=True),
    )
    async def export(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
    ) -> SessionFile:
        """Export a session as JSON."""
        return await chat_sessions.file(caller, session_id)

    @get(
        "/{session_id:str}/files/{file_id:str}",
        operation_id="getSessionFile",
        opt=operation(404, 422, needs="runs:read", media="application/octet-stream"),
    )
    async def file(
        self,
        session_id: FromPath[str],
        file_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        session_files: NamedDependency[Files],
        caller: NamedDependency[Caller],
    ) -> Response[bytes]:
        """Download a file of a message."""
        row = await chat_sessions.get(caller, session_id)
        id = known_id("file", file_id)
        if (file := (await session_files.read([row.id], [id])).get(id)) is None:
            raise not_found("file", file_id)
        return download(file.content, file.ref.name)

    @post(
        "/{session_id:str}/export",
        operation_id="downloadSession",
        status_code=200,
        opt=operation(404, 422, needs="runs:read", media=MEDIA_TYPES),
    )
    async def download(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
        format: Annotated[ExportFormat, QueryParameter(description="What kind of file.")] = "json",
    ) -> Response[bytes]:
        """Export a session as a file."""
        content, headers, media = as_file(await chat_sessions.file(caller, session_id), format)
        return Response(content, headers=headers, media_type=media)

    @post(
        "/import",
        operation_id="importSession",
        opt=operation(400, 404, 413, 415, 422, needs="runs:start", form=FORM, sdk="sessions.import_file"),
    )
    async def restore(
        self,
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        settings: NamedDependency[Settings],
        sessions: NamedDependency[Sessions],
        engine: NamedDependency[Engine],
        caller: NamedDependency[Caller],
        chatflow_id: Annotated[str | None, QueryParameter(description="The chatflow that it is of.")] = None,
    ) -> Imported:
        """Create a session from a JSON export.

        It keeps its name where that is free, else it gets a new one: an import never changes a session.
        """
        flow_id = None
        if chatflow_id is not None:
            flow_id = (await get_flow(flows, caller.workspace, chatflow_id, "chatflow")).id
        given = await asyncio.to_thread(content_of, await uploaded_file(request), settings.max_body_values)
        memory = _memory(given.memory, pointer="/memory") if given.memory else {}
        wanted = session_name(given.session_id) if given.session_id else new_id()
        if await sessions.get(caller.workspace, wanted) is not None:
            wanted = new_id()
        row = await sessions.create(
            caller.workspace, wanted, flow_id, given.title[:255], memory, caller.owner
        )
        await engine.write_history(row.id, given.messages)
        if given.variables:
            await engine.write_variables(row.id, given.variables)
        count = len(given.messages)
        await sessions.count_messages(caller.workspace, row.name, count)
        return Imported(True, row.name, count, f"The session has {count} messages.")

    @put(
        "/{session_id:str}/memory",
        operation_id="setSessionMemory",
        opt=operation(400, 404, 413, 415, 422, needs="runs:start"),
    )
    async def memory(
        self,
        session_id: FromPath[str],
        data: JSONBody[MemoryChange],
        chat_sessions: NamedDependency[ChatSessions],
        sessions: NamedDependency[Sessions],
        caller: NamedDependency[Caller],
    ) -> MemorySet:
        """Set the memory of a session, from its next message."""
        row = await chat_sessions.get(caller, session_id)
        memory = _memory({**data.memory_config, "type": data.strategy}, pointer="/memory_config")
        if await sessions.set_memory(caller.workspace, row.name, memory) is None:
            raise not_found("session", session_id)
        return MemorySet(True, row.name, data.strategy, memory_options(memory))


def _memory(settings: dict[str, Any], *, pointer: str) -> dict[str, Any]:
    """Return memory settings as they are stored.

    Raises:
        Problem: 422 for settings that do not fit.
    """
    try:
        config = msgspec.convert(settings, MemoryConfig)
    except msgspec.ValidationError as error:
        detail = f"The memory settings do not fit: {error}."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)]) from error
    stored: dict[str, Any] = msgspec.to_builtins(config.strategy())
    return stored
