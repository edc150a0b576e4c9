"""Session files: sessions exported and imported, and the files of their messages."""

import asyncio
import time
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from persistence.library.flows import Flows
from persistence.library.session_files import Files
from persistence.library.sessions import SessionRow, Sessions
from persistence.storage.ids import new_id
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.http.answers.downloads import download
from server.http.bodies import uploaded_file
from server.http.parameters import known_id, session_name
from server.http.problems import not_found
from server.identity.authentication import Caller
from server.sessions.chat_sessions import ChatSessions, stored_memory
from server.sessions.session_edits import SessionEdits
from server.settings.sources import Settings
from server.views.conversation_files import MEDIA, ExportFormat, SessionFile, as_file, content_of
from server.views.session_views import Imported

__all__ = ["SessionFilesController"]

MEDIA_TYPES = tuple(media.partition(";")[0] for media, _ in MEDIA.values())
FORM = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "A session exported as JSON."}
    },
    "required": ["file"],
}


class SessionFilesController(Controller):
    """Conversations of the workspace as files."""

    path = "/chatflow/sessions"
    tags = ("Sessions",)

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
        session_edits: NamedDependency[SessionEdits],
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
        memory = stored_memory(given.memory, pointer="/memory") if given.memory else {}
        wanted = session_name(given.session_id) if given.session_id else new_id()
        if await sessions.get(caller.workspace, wanted) is not None:
            wanted = new_id()
        count = len(given.messages)
        now = time.time()
        row = SessionRow(
            id=new_id(),
            workspace=caller.workspace,
            name=wanted,
            flow_id=flow_id,
            title=given.title[:255],
            memory=memory,
            status="active",
            message_count=count,
            total_tokens=0,
            created_at=now,
            last_activity_at=now,
            owner=caller.owner or None,
        )
        await session_edits.make(row, given.messages, given.variables)
        return Imported(True, row.name, count, f"The session has {count} messages.")
