"""Message branches: where a session goes on when one of its messages is edited, or answered again."""

import time
from typing import Any

from msgspec import Struct

from graphs.conversation.files import FileRef, parted
from graphs.run_state.message_tree import alternatives_of, parents_of
from graphs.values.run_options import Branch
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import FlowRow, Flows
from persistence.library.sessions import SessionRow, Sessions
from persistence.runs.accept import Beside
from persistence.runs.executions import ExecutionRow, Executions
from persistence.runs.open_branches import counting_branches
from server.compilation.langgraph_engine import Engine
from server.flow_choice.stored_flows import stored_flow
from server.flow_choice.wanted_versions import at_version
from server.http.parameters import session_name
from server.http.problems import Fault, Problem, not_found
from server.identity.callers import Caller
from server.identity.ownership import may_see

__all__ = ["FoundBranch", "MessageBranches", "message_of"]


class FoundBranch(Struct, frozen=True):
    """Where a run goes on with a session, and what is known of the message that it answers."""

    branch: Branch
    session: SessionRow
    text: str
    """The message as it is."""
    files: list[FileRef]
    """What it came with."""
    run: ExecutionRow | None
    """The run that answered it first; None where there is none any more."""
    beside: Beside | None = None
    """Refuses the run where others have left no room for it, in the transaction that accepts it."""

    @property
    def flow_id(self) -> str | None:
        """The flow that answered it."""
        return self.session.flow_id if self.run is None or self.run.flow_id is None else self.run.flow_id

    @property
    def inputs(self) -> dict[str, Any]:
        """What its run was given beside the message."""
        given = {} if self.run is None else self.run.input
        return {name: value for name, value in given.items() if name != "message"}

    @property
    def variables(self) -> dict[str, Any]:
        """The variables that its run was given."""
        return {} if self.run is None else self.run.options.get("variables", {})


class MessageBranches:
    """Finds messages of sessions by their ids."""

    def __init__(
        self,
        sessions: Sessions,
        executions: Executions,
        engine: Engine,
        flows: Flows,
        versions: FlowVersions,
        *,
        most: int,
    ) -> None:
        self._flows = flows
        self._versions = versions
        self._sessions = sessions
        self._executions = executions
        self._engine = engine
        self._most = most

    async def find(
        self, caller: Caller, session_id: str | None, message_id: str, *, again: bool
    ) -> FoundBranch:
        """Return where the session goes on for another wording of a message, or `again` for another answer.

        Raises:
            Problem: 404 without such a session or message, 422 where the message is none that can be changed
                so, 409 where it has too many alternatives.
        """
        name = session_name(session_id or "", pointer="/session_id")
        row = await self._sessions.get(caller.workspace, name)
        if row is None or not may_see(caller, row):
            raise not_found("session", name)
        read_at = time.time()
        messages = await self._engine.sessions.messages(row.id)
        message = message_of(messages, message_id)
        parents = parents_of(messages)
        if again:
            known = {one["id"]: one for one in messages}
            while message["role"] != "user" and parents[message["id"]]:
                message = known[parents[message["id"]]]
        if message["role"] != "user":
            wanted = (
                "No message of a user comes before it." if again else "Only messages of users are edited."
            )
            detail = f"Message '{message_id[:80]}' is of role '{message['role']}'. {wanted}"
            raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter="message_id")])
        following = message["id"] if again else parents[message["id"]]
        count = self._count(messages, following)
        shown = {str(one.get("metadata", {}).get("execution_id", "")) for one in messages}
        self._refuse_too_many(count)
        beside = counting_branches(
            row.id,
            following,
            read_at=read_at,
            shown=shown,
            refuse=lambda others: self._refuse_too_many(count + others),
        )
        text, files = parted(message.get("content", ""))
        execution_id = str(message.get("metadata", {}).get("execution_id", ""))
        run = await self._executions.get(caller.workspace, execution_id) if execution_id else None
        if run is not None and run.session_id != row.id:  # an imported message can name any run
            run = None
        return FoundBranch(Branch(following, says=not again), row, text, files, run, beside)

    async def flow(
        self, caller: Caller, session_id: str, message_id: str, version: str | int | None, *, again: bool
    ) -> FlowRow | None:
        """Return the stored chatflow that answered a message, in a wanted version; None for no wanted one.

        Raises:
            Problem: as `find`; 404 if there is no such version, 422 if no stored chatflow answered.
        """
        if version is None:
            return None
        found = await self.find(caller, session_id, message_id, again=again)
        if found.flow_id is None:
            detail = "No stored chatflow has answered this message, so there is no version. Give 'config'."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/flow_version")])
        flow = await stored_flow(self._flows, caller.workspace, found.flow_id, "chatflow")
        return await at_version(self._versions, flow, str(version), caller=caller)

    def _count(self, messages: list[dict[str, Any]], parent: str) -> int:
        """Return how many messages follow a message as alternatives of each other."""
        parents = parents_of(messages)
        family = next((id for id, one in parents.items() if one == parent), "")
        return len(alternatives_of(messages).get(family, [family] if family else []))

    def _refuse_too_many(self, count: int) -> None:
        if count >= self._most:
            raise Problem(
                409,
                "too_many_alternatives",
                f"The message has {count} alternatives; AGENTICRAG_MAX_ALTERNATIVES allows no more. Delete "
                "one of them first.",
            )


def message_of(messages: list[dict[str, Any]], message_id: str) -> dict[str, Any]:
    """Return a message by its id.

    Raises:
        Problem: 404 if there is none.
    """
    found = next((one for one in messages if one.get("id") == message_id), None)
    if found is None:
        raise not_found("message", message_id)
    return found
