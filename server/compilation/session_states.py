"""Session states: histories and variables of sessions, read and changed outside of runs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.run_state.message_tree import active_line, applied
from persistence.runs.conversation_questions import ConversationQuestions
from persistence.storage.errors import SessionBusy
from server.http.problems import Problem
from server.settings.sources import Settings

if TYPE_CHECKING:
    from graphs.run_state.session_history import SessionState
    from persistence.checkpoints.checkpointer import Checkpointer
    from persistence.checkpoints.exclusive import Exclusive

__all__ = ["SessionStates"]

TRIES = 10
"""How often a change is made anew since another came first."""


class SessionStates:
    """What the checkpoints hold of sessions, by their threads. Changes are exclusive: no run is open then.

    Args:
        checkpointer: Returns the checkpointer, opened if need be.
        questions: What runs under way have asked.
        settings: How many and how large messages a change may leave a session with, unless it had more.
    """

    def __init__(
        self,
        checkpointer: "Callable[[], Awaitable[Checkpointer]]",
        questions: ConversationQuestions,
        settings: Settings,
    ) -> None:
        self._most_messages = settings.max_session_messages
        self._most_bytes = settings.max_session_bytes
        self._checkpointer = checkpointer
        self._questions = questions

    async def read(self, thread_id: str) -> "SessionState":
        """Return what a thread holds; nothing for one that never ran."""
        from graphs.run_state.session_history import read_state

        return await read_state(await self._checkpointer(), thread_id)

    async def messages(self, thread_id: str) -> list[dict[str, Any]]:
        """Return a thread's messages with their alternatives, as `graphs.run_state.message_tree` has them."""
        return (await self.read(thread_id)).messages

    async def history(self, thread_id: str, *, asked: bool = True) -> list[dict[str, Any]]:
        """Return the messages of a thread's chosen line, oldest first; empty for a thread that never ran.

        With `asked` also what a run that is under way has asked whom it talks with, and was answered.
        """
        messages = active_line(await self.messages(thread_id))
        return [*messages, *await self.asked(thread_id, messages)] if asked else messages

    async def conversation(self, thread_id: str) -> list[dict[str, Any]]:
        """Return a thread's messages with their alternatives, and what a run under way has asked."""
        messages = await self.messages(thread_id)
        return applied(messages, await self.asked(thread_id, active_line(messages)))

    async def asked(self, thread_id: str, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return what a run under way has asked and was answered, as messages that are not in the history."""
        return await self._questions.messages(thread_id, messages)

    async def make(
        self,
        thread_id: str,
        messages: list[dict[str, Any]],
        variables: Mapping[str, Any],
        exclusive: "Exclusive",
    ) -> None:
        """Give a new thread messages and variables.

        Raises:
            SessionBusy: the thread is not new. Nothing was written.
            Problem: 413 for too many messages, or too large ones.
        """
        await self._refuse_large([], messages)
        from graphs.run_state.session_history import write_history

        exclusive.read_at = None
        await write_history(await self._checkpointer(), thread_id, messages, variables, exclusive)

    async def change(
        self,
        thread_id: str,
        work: "Callable[[SessionState], tuple[list[dict[str, Any]], Exclusive] | None]",
        *,
        keeps_summary: bool = False,
    ) -> None:
        """Give a thread other messages; nothing else of its runs is kept but its variables.

        Args:
            thread_id: The thread.
            work: Returns, of what the thread holds, the messages that it shall hold and how they are stored;
                None: nothing changes. Where a run or another change came between, it is called again.
            keeps_summary: Whether the summary of earlier messages still holds.

        Raises:
            SessionBusy: the session has an open run, or changes all the time. Nothing was written.
            Problem: 413 where there were more messages than before and too many, or too large ones.
        """
        from graphs.run_state.session_history import write_history

        async def write(state: "SessionState") -> None:
            if (wanted := work(state)) is not None:
                messages, exclusive = wanted
                await self._refuse_large(state.messages, messages)
                exclusive.read_at = state.checkpoint_id
                await write_history(
                    await self._checkpointer(), thread_id, messages, state.variables, exclusive, keeps_summary
                )

        await self._of_latest(thread_id, write)

    async def _refuse_large(self, before: list[dict[str, Any]], messages: list[dict[str, Any]]) -> None:
        if len(messages) > max(self._most_messages, len(before)):
            raise _full(f"{len(messages):,} messages", f"{self._most_messages:,}")
        size = await asyncio.to_thread(_size, messages)
        if size > self._most_bytes and size > await asyncio.to_thread(_size, before):
            raise _full(f"messages of {size:,} bytes", f"{self._most_bytes:,} bytes")

    async def choose_message(
        self, thread_id: str, id: str, work: "Callable[[SessionState], Exclusive]"
    ) -> None:
        """Let the thread's line go through a message; `work` returns how that is stored, as for `change`.

        Raises:
            SessionBusy: the session has an open run, or changes all the time. Nothing was written.
        """
        from graphs.run_state.session_history import choose_message

        async def write(state: "SessionState") -> None:
            exclusive = work(state)
            exclusive.read_at = state.checkpoint_id
            await choose_message(await self._checkpointer(), thread_id, id, exclusive)

        await self._of_latest(thread_id, write)

    async def _of_latest(self, thread_id: str, write: "Callable[[SessionState], Awaitable[None]]") -> None:
        """Write what follows from what a thread holds, anew where it no longer held that."""
        for left in reversed(range(TRIES)):
            try:
                await write(await self.read(thread_id))
            except SessionBusy as busy:
                if busy.execution_id or not left:
                    raise
                await asyncio.sleep(0)
            else:
                return

    async def fold(self, thread_id: str, workspace: str) -> None:
        """Store a thread as one state, without what its runs have left in it.

        Raises:
            SessionBusy: the session has an open run. Nothing was changed.
        """
        from persistence.checkpoints.exclusive import Exclusive

        await self.change(
            thread_id,
            lambda state: (state.messages, Exclusive(workspace, forgets=True)),
            keeps_summary=True,
        )

    async def variables(self, thread_id: str) -> dict[str, Any]:
        """Return a session's variables by name."""
        return (await self.read(thread_id)).variables

    async def write_variables(
        self, thread_id: str, values: Mapping[str, Any], exclusive: "Exclusive"
    ) -> None:
        """Give variables of a session other values; null takes one away.

        Raises:
            SessionBusy: the session has an open run. Nothing was written.
        """
        from graphs.run_state.session_history import write_variables

        await write_variables(await self._checkpointer(), thread_id, values, exclusive)


def _size(messages: list[dict[str, Any]]) -> int:
    return len(msgspec.json.encode(messages))


def _full(found: str, most: str) -> Problem:
    detail = f"The session would have {found}; it takes {most}. Delete messages of it, or begin another one."
    return Problem(413, "session_full", detail)
