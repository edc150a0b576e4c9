"""Sessions: conversations, their history, memory, export and import."""

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from graphs.memory import strategies
from persistence.library.sessions import SessionRow, Sessions
from server.description.operations import operation
from server.http.cursors import After, TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Limit, Offset, known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.identity.ownership import visible_to
from server.sessions.chat_sessions import ChatSessions, memory_options, stored_memory
from server.sessions.session_edits import SessionEdits
from server.sessions.session_search import SessionSearch
from server.views.session_views import (
    Cleared,
    MemoryChange,
    MemorySet,
    SessionBranch,
    SessionChange,
    SessionHistory,
    SessionPage,
    SessionSummary,
    Strategies,
)

__all__ = ["MemoryController", "SessionsController"]

HistoryLimit = Annotated[
    int | None, QueryParameter(ge=1, le=1000, description="The last so many messages. Left out: all.")
]
HistoryCursor = Annotated[
    str | None,
    QueryParameter(max_length=255, description="Only messages before this one: a `next_cursor`."),
]


Alternatives = Annotated[
    bool, QueryParameter(description="Whether to return messages too that are not on the chosen line.")
]
Search = Annotated[
    str | None,
    QueryParameter(min_length=1, max_length=200, description="Only sessions that have these words."),
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
        session_search: NamedDependency[SessionSearch],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
        chatflow_id: Annotated[
            str | None, QueryParameter(description="Only sessions of this chatflow.")
        ] = None,
        search: Search = None,
        limit: Limit = 50,
        offset: Offset = 0,
        after: After = None,
    ) -> SessionPage:
        """List sessions, last active first.

        With `search`, those whose title, id and messages have all its words, also in alternatives. Words of
        three letters and more also find longer words that begin with them. A request reads the messages of
        `AGENTICRAG_SESSION_SEARCH_SESSIONS` sessions at most; `next_cursor` leads on to the others, also
        from a page without a session.
        """
        place = place_after(after, "sessions", (TimeKey, TextKey), begins=offset == 0)
        flow_id = None if chatflow_id is None else known_id("chatflow", chatflow_id)
        owner = visible_to(caller)
        if search is not None:
            if offset:
                detail = "A search takes no offset. Send the next_cursor of a page as 'after'."
                raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter="offset")])
            found = await session_search.find(
                caller.workspace, search, flow_id=flow_id, owner=owner, limit=limit, after=place
            )
            last = [] if found.last is None else [found.last]
            cursor = next_cursor("sessions", last, 1, _place)
            return SessionPage(
                True, await chat_sessions.summaries(caller, found.matches), len(found.matches), cursor
            )
        rows, total = await sessions.list(
            caller.workspace, flow_id=flow_id, owner=owner, limit=limit, offset=offset, after=place
        )
        cursor = next_cursor("sessions", rows, limit, _place)
        summaries = await chat_sessions.summaries(caller, [(row, None) for row in rows])
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
        alternatives: Alternatives = False,
    ) -> SessionHistory:
        """Return the messages of a session, oldest first.

        With `limit` the last ones; `next_cursor` leads on to those before them. A message with alternatives
        names them. With `alternatives=true` they are returned too.
        """
        return await chat_sessions.history(
            caller, session_id, limit=limit, before=before, everything=alternatives
        )

    @put(
        "/{session_id:str}",
        operation_id="renameSession",
        opt=operation(400, 404, 413, 415, 422, needs="runs:start"),
    )
    async def rename(
        self,
        session_id: FromPath[str],
        data: JSONBody[SessionChange],
        chat_sessions: NamedDependency[ChatSessions],
        sessions: NamedDependency[Sessions],
        caller: NamedDependency[Caller],
    ) -> SessionSummary:
        """Give a session another title."""
        row = await chat_sessions.get(caller, session_id)
        if (renamed := await sessions.set_title(caller.workspace, row.name, data.title)) is None:
            raise not_found("session", session_id)
        return (await chat_sessions.summaries(caller, [(renamed, None)]))[0]

    @post(
        "/{session_id:str}/branch",
        operation_id="branchSession",
        opt=operation(400, 404, 409, 413, 415, 422, needs="runs:start"),
    )
    async def branch(
        self,
        session_id: FromPath[str],
        data: JSONBody[SessionBranch],
        chat_sessions: NamedDependency[ChatSessions],
        session_edits: NamedDependency[SessionEdits],
        caller: NamedDependency[Caller],
    ) -> SessionHistory:
        """Copy a session into a new one, up to a message or as a whole. The session itself stays as it is."""
        made = await session_edits.copy(
            caller, session_id, upto=data.message_id, name=data.session_id, title=data.title
        )
        return await chat_sessions.history(caller, made.name)

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
        opt=operation(404, 409, 422, needs="runs:start"),
    )
    async def clear(
        self,
        session_id: FromPath[str],
        chat_sessions: NamedDependency[ChatSessions],
        caller: NamedDependency[Caller],
    ) -> Cleared:
        """Delete the messages of a session. Active runs are cancelled first."""
        row = await chat_sessions.get(caller, session_id)
        await chat_sessions.clear(caller, row)
        return Cleared(row.name, True, "The session's history is empty.")

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
        memory = stored_memory({**data.memory_config, "type": data.strategy}, pointer="/memory_config")
        if await sessions.set_memory(caller.workspace, row.name, memory) is None:
            raise not_found("session", session_id)
        return MemorySet(True, row.name, data.strategy, memory_options(memory))


def _place(row: SessionRow) -> tuple[float, str]:
    """Return where a session stands in lists."""
    return row.last_activity_at, row.id
