"""Session edits: messages chosen and deleted, sessions copied and restored, each at once or not at all."""

import time
from typing import TYPE_CHECKING, Any

from msgspec import structs

from graphs.conversation.files import parted
from graphs.run_state.message_tree import active_line, chosen, continued_after, followed_by, without
from persistence.library.session_changes import NameTaken, counting, deleting, making
from persistence.library.sessions import SessionRow
from persistence.storage.ids import new_id
from server.compilation.langgraph_engine import Engine
from server.http.parameters import session_name
from server.http.problems import Fault, Problem
from server.identity.callers import Caller
from server.sessions.chat_sessions import ChatSessions, exclusive_change
from server.sessions.message_branches import message_of
from server.views.session_views import DeletedMessages

if TYPE_CHECKING:
    from graphs.run_state.session_history import SessionState
    from persistence.checkpoints.exclusive import Exclusive

__all__ = ["SessionEdits"]


class SessionEdits:
    """Changes sessions while no run of them is under way."""

    def __init__(self, sessions: ChatSessions, engine: Engine) -> None:
        self._sessions = sessions
        self._engine = engine

    async def choose(self, caller: Caller, session_id: str, message_id: str) -> None:
        """Let a session go on with a message and the newest of what follows it.

        Raises:
            Problem: 404 if there is no such session or message.
            SessionBusy: a run of it is under way.
        """
        row = await self._sessions.get(caller, session_id)

        def work(state: "SessionState") -> "Exclusive":
            message_of(state.messages, message_id)
            count = len(active_line(chosen(state.messages, message_id)))
            return exclusive_change(row, counting(row.id, count))

        await self._engine.sessions.choose_message(row.id, message_id, work)

    async def delete(self, caller: Caller, session_id: str, message_id: str) -> DeletedMessages:
        """Delete a message with all that followed it, the runs that answered it, and their files.

        Raises:
            Problem: 404 if there is no such session or message.
            SessionBusy: a run of it is under way.
        """
        row = await self._sessions.get(caller, session_id)
        deleted = DeletedMessages(row.name, [], 0)

        def work(state: "SessionState") -> "tuple[list[dict[str, Any]], Exclusive]":
            nonlocal deleted
            message_of(state.messages, message_id)
            ids = followed_by(state.messages, message_id)
            left = without(state.messages, ids)
            gone = [one for one in state.messages if one["id"] in ids]
            runs = {str(one.get("metadata", {}).get("execution_id", "")) for one in gone}
            files = _files(gone) - _files(left)
            count = len(active_line(left))
            deleted = DeletedMessages(row.name, [one["id"] for one in gone], count)
            beside = deleting(row.id, count, message_ids=ids, run_ids=runs, file_ids=files)
            return left, exclusive_change(row, beside, forgets=True)

        await self._engine.sessions.change(row.id, work)
        return deleted

    async def copy(
        self, caller: Caller, session_id: str, *, upto: str | None, name: str | None, title: str | None
    ) -> SessionRow:
        """Copy a session, with the line up to a message, or without one with all messages.

        Raises:
            Problem: 404 if there is no such session or message, 409 if the name of the copy is taken.
        """
        row = await self._sessions.get(caller, session_id)
        state = await self._engine.sessions.read(row.id)
        messages = state.messages
        if upto is not None:
            message_of(messages, upto)
            messages = active_line(continued_after(messages, upto))
            messages = [{key: value for key, value in one.items() if key != "parent"} for one in messages]
        copies = {id: new_id() for id in _files(messages)}
        made = structs.replace(
            row,
            id=new_id(),
            name=new_id() if name is None else session_name(name, pointer="/session_id"),
            title=row.title if title is None else title,
            message_count=len(active_line(messages)),
            total_tokens=0,
            created_at=time.time(),
            last_activity_at=time.time(),
            owner=caller.owner or None,
        )
        messages = [_with_files(one, copies) for one in messages]
        await self.make(made, messages, state.variables, copied_from=row.id, files=copies)
        return made

    async def make(
        self,
        row: SessionRow,
        messages: list[dict[str, Any]],
        variables: dict[str, Any],
        *,
        copied_from: str = "",
        files: dict[str, str] | None = None,
    ) -> None:
        """Make a session with messages and variables.

        Raises:
            Problem: 409 if there is one of that name.
        """
        beside = making(row, copied_from=copied_from, files=files)
        change = exclusive_change(row, beside)
        try:
            await self._engine.sessions.make(row.id, messages, variables, change)
        except NameTaken as taken:
            detail = f"There is a session '{taken.name}' already. Choose another session_id, or leave it out."
            raise Problem(409, "name_taken", detail, errors=[Fault(detail, pointer="/session_id")]) from taken


def _files(messages: list[dict[str, Any]]) -> set[str]:
    return {file.id for one in messages for file in parted(one.get("content", ""))[1]}


def _with_files(message: dict[str, Any], copies: dict[str, str]) -> dict[str, Any]:
    """Return a message that names the copies of its files."""
    content = message.get("content", "")
    if not isinstance(content, list):
        return message
    parts: list[Any] = [
        {**part, "id": copies[part["id"]]}
        if part.get("type") == "file" and part.get("id") in copies
        else part
        for part in content
    ]
    return {**message, "content": parts}
