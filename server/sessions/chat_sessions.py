"""Chat sessions: a session with its history and its memory, and the end of what runs on it."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.memory import MemoryConfig
from graphs.run_state.message_tree import active_line
from persistence.library.flows import Flows
from persistence.library.session_changes import Beside
from persistence.library.sessions import SessionRow, Sessions
from persistence.reports.execution_lists import ExecutionLists, Wanted
from persistence.storage.errors import SessionBusy
from server.compilation.langgraph_engine import Engine
from server.http.answers.sse_bytes import iso
from server.http.parameters import session_name
from server.http.problems import Fault, Problem, not_found
from server.identity.callers import Caller
from server.identity.ownership import may_see
from server.runs.execution_service import ExecutionService
from server.views.conversation_files import SessionFile, session_file, shown_messages
from server.views.session_views import SessionDetails, SessionHistory, SessionMatch, SessionSummary

if TYPE_CHECKING:
    from persistence.checkpoints.exclusive import Exclusive

__all__ = ["ChatSessions", "exclusive_change", "memory_options", "stored_memory"]

TRIES = 5
"""How often the runs of a session are ended before it is cleared, as new ones begin."""


class ChatSessions:
    """Reads the sessions of a workspace with what their checkpoints hold."""

    def __init__(
        self,
        sessions: Sessions,
        flows: Flows,
        engine: Engine,
        lists: ExecutionLists,
        service: ExecutionService,
    ) -> None:
        self._sessions = sessions
        self._flows = flows
        self._engine = engine
        self._lists = lists
        self._service = service

    async def get(self, caller: Caller, session_id: str) -> SessionRow:
        """Return a session that the caller may see.

        Raises:
            Problem: 404 if there is none of that name, or it is another's; 422 for what is no name.
        """
        name = session_name(session_id, parameter="session_id")
        row = await self._sessions.get(caller.workspace, name)
        if row is None or not may_see(caller, row):
            raise not_found("session", session_id)
        return row

    async def history(
        self,
        caller: Caller,
        session_id: str,
        *,
        limit: int | None = None,
        before: str | None = None,
        everything: bool = False,
    ) -> SessionHistory:
        """Return a session with the messages of its chosen line, or with `everything` also those that are not
        on it; with a `limit` the last ones, before the message `before`.

        Raises:
            Problem: 404 if there is none of that name, 422 for what is no name, and for no message of it.
        """
        row = await self.get(caller, session_id)
        tree = await self._engine.sessions.conversation(row.id)
        messages = shown_messages(tree, everything=everything)
        end = len(messages)
        if before is not None:
            end = next((place for place, one in enumerate(messages) if one.id == before), -1)
            if end < 0:
                raise Problem(
                    422,
                    "invalid",
                    f"The session has no message {before[:80]!r}: "
                    "'before' takes the next_cursor of an answer.",
                    errors=[Fault("There is no such message.", pointer="/before")],
                )
        begin = 0 if limit is None else max(0, end - limit)
        part = messages[begin:end]
        count = len(messages) if not everything else len(active_line(tree))
        return SessionHistory(
            success=True,
            session=await self._details(caller, row, count),
            session_id=row.name,
            messages=part,
            message_count=count,
            next_cursor=part[0].id if begin and part else None,
        )

    async def _details(self, caller: Caller, row: SessionRow, messages: int) -> SessionDetails:
        memory = row.memory or await self.flow_memory(caller, row.flow_id)
        return SessionDetails(
            id=row.name,
            chatflow_id=row.flow_id,
            title=row.title,
            memory_type=memory.get("type", "buffer"),
            memory_config=memory_options(memory),
            status=row.status,
            message_count=messages,
            created_at=iso(row.created_at),
            last_activity_at=iso(row.last_activity_at),
            total_tokens_used=row.total_tokens,
        )

    async def summaries(
        self, caller: Caller, found: Sequence[tuple[SessionRow, SessionMatch | None]]
    ) -> list[SessionSummary]:
        """Return sessions as lists show them, each with where a search has found it."""
        memories = {
            each: await self.flow_memory(caller, each)
            for each in {row.flow_id for row, _ in found if not row.memory}
        }
        return [
            SessionSummary(
                id=row.name,
                title=row.title,
                memory_type=(row.memory or memories[row.flow_id]).get("type", "buffer"),
                message_count=row.message_count,
                created_at=iso(row.created_at),
                last_activity_at=iso(row.last_activity_at),
                total_tokens_used=row.total_tokens,
                match=match,
            )
            for row, match in found
        ]

    async def flow_memory(self, caller: Caller, flow_id: str | None) -> dict[str, Any]:
        """Return the memory settings of a session's flow; the defaults where it has none."""
        row = None if flow_id is None else await self._flows.get(caller.workspace, flow_id)
        found: Any = None if row is None else row.document.get("memory_config")
        return found if isinstance(found, dict) else msgspec.to_builtins(MemoryConfig())

    async def end_runs(self, caller: Caller, row: SessionRow) -> None:
        """End the session's runs, so that none writes to it any more."""
        for status in ("pending", "running", "waiting_approval"):
            wanted = Wanted(session=row.name, status=status)
            rows, _ = await self._lists.page(caller.workspace, wanted, limit=100)
            for each in rows:
                await self._service.cancel(caller.workspace, each.id)

    async def clear(self, caller: Caller, row: SessionRow) -> None:
        """End the session's runs, and empty its history.

        Raises:
            SessionBusy: new runs begin all the time, or one does not end. Nothing was deleted.
        """
        for left in reversed(range(TRIES)):
            await self.end_runs(caller, row)
            try:
                await self._sessions.clear(caller.workspace, row.name)
            except SessionBusy:  # one began since
                if not left:
                    raise
            else:
                return

    async def file(self, caller: Caller, session_id: str) -> SessionFile:
        """Return a session as an export has it.

        Raises:
            Problem: 404 if there is none of that name, 422 for what is no name.
        """
        row = await self.get(caller, session_id)
        return session_file(
            row,
            await self._engine.sessions.history(row.id),
            await self._engine.sessions.variables(row.id),
            now=time.time(),
        )


def exclusive_change(row: SessionRow, beside: Beside | None = None, *, forgets: bool = False) -> "Exclusive":
    """Return how the state of a session is changed without a run; see `persistence.checkpoints.exclusive`."""
    from persistence.checkpoints.exclusive import Exclusive

    return Exclusive(row.workspace, beside, forgets)


def memory_options(memory: dict[str, Any]) -> dict[str, Any]:
    """Return memory settings without their type."""
    return {name: value for name, value in memory.items() if name != "type"}


def stored_memory(settings: dict[str, Any], *, pointer: str) -> dict[str, Any]:
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
