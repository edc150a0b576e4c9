"""Session states: histories and variables of sessions, read and changed outside of runs."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from graphs.run_state.message_tree import active_line, applied
from persistence.runs.conversation_questions import ConversationQuestions

if TYPE_CHECKING:
    from persistence.checkpoints.checkpointer import Checkpointer
    from persistence.checkpoints.exclusive import Exclusive

__all__ = ["SessionStates"]


class SessionStates:
    """What the checkpoints hold of sessions, by their threads. Changes are exclusive: no run is open then.

    Args:
        checkpointer: Returns the checkpointer, opened if need be.
        questions: What runs under way have asked.
    """

    def __init__(
        self, checkpointer: "Callable[[], Awaitable[Checkpointer]]", questions: ConversationQuestions
    ) -> None:
        self._checkpointer = checkpointer
        self._questions = questions

    async def messages(self, thread_id: str) -> list[dict[str, Any]]:
        """Return a thread's messages with their alternatives, as `graphs.run_state.message_tree` has them."""
        from graphs.run_state.session_history import read_messages

        return await read_messages(await self._checkpointer(), thread_id)

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

    async def write_history(
        self,
        thread_id: str,
        messages: list[dict[str, Any]],
        exclusive: "Exclusive",
        variables: Mapping[str, Any] | None = None,
        *,
        keeps_summary: bool = False,
    ) -> None:
        """Make these the thread's messages, whatever it held; see `session_history.write_history`.

        Raises:
            SessionBusy: the session has an open run. Nothing was written.
        """
        from graphs.run_state.session_history import write_history

        await write_history(
            await self._checkpointer(), thread_id, messages, exclusive, variables, keeps_summary
        )

    async def fold(self, thread_id: str, workspace: str) -> None:
        """Store a thread as one state, without what its runs have left in it.

        Raises:
            SessionBusy: the session has an open run. Nothing was changed.
        """
        from persistence.checkpoints.exclusive import Exclusive

        messages = await self.messages(thread_id)
        await self.write_history(thread_id, messages, Exclusive(workspace, forgets=True), keeps_summary=True)

    async def choose_message(self, thread_id: str, id: str, exclusive: "Exclusive") -> None:
        """Let the thread's line go through a message.

        Raises:
            SessionBusy: the session has an open run. Nothing was written.
        """
        from graphs.run_state.session_history import choose_message

        await choose_message(await self._checkpointer(), thread_id, id, exclusive)

    async def variables(self, thread_id: str) -> dict[str, Any]:
        """Return a session's variables by name."""
        from graphs.run_state.session_history import read_variables

        return await read_variables(await self._checkpointer(), thread_id)

    async def write_variables(
        self, thread_id: str, values: Mapping[str, Any], exclusive: "Exclusive"
    ) -> None:
        """Give variables of a session other values; null takes one away.

        Raises:
            SessionBusy: the session has an open run. Nothing was written.
        """
        from graphs.run_state.session_history import write_variables

        await write_variables(await self._checkpointer(), thread_id, values, exclusive)
