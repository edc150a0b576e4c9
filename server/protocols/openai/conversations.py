"""Conversations: sessions as OpenAI's Conversations API shows them, with their messages as items."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
from msgspec import Struct

from graphs.conversation.messages import Message
from graphs.run_state.message_tree import active_line, applied
from persistence.library.session_changes import counting
from persistence.library.sessions import SessionRow, Sessions
from persistence.reports.execution_lists import ExecutionLists, Wanted
from persistence.storage.ids import new_id
from server.compilation.langgraph_engine import Engine
from server.http.problems import Fault, Problem
from server.identity.callers import Caller
from server.protocols.openai.response_requests import read_item
from server.sessions.chat_sessions import ChatSessions, exclusive_change

if TYPE_CHECKING:
    from graphs.run_state.session_history import SessionState
    from persistence.checkpoints.exclusive import Exclusive

__all__ = ["CONVERSATION", "ConversationChange", "ConversationItems", "Conversations", "NewConversation"]

CONVERSATION = "conv_"
"""Begins the id of a conversation; the name of the session follows."""
ITEMS = 20
"""Items that one request may add."""
LABELS, NAME, VALUE = 16, 64, 512
"""How many labels a conversation has, and how long they are."""
ROLES = ("user", "assistant", "system")


class ConversationChange(Struct, frozen=True, kw_only=True):
    """New metadata of a conversation. What else a client sends is ignored."""

    metadata: dict[str, Any] | None = None


class ConversationItems(Struct, frozen=True, kw_only=True):
    """Messages that are added to a conversation."""

    items: list[dict[str, Any]]


class NewConversation(Struct, frozen=True, kw_only=True):
    """A conversation as it is asked for."""

    items: list[dict[str, Any]] | None = None
    metadata: dict[str, Any] | None = None


class Conversations:
    """Makes, reads and changes conversations."""

    def __init__(
        self, sessions: Sessions, chat_sessions: ChatSessions, lists: ExecutionLists, engine: Engine
    ) -> None:
        self._sessions = sessions
        self._chat_sessions = chat_sessions
        self._lists = lists
        self._engine = engine

    async def create(self, caller: Caller, wanted: NewConversation) -> dict[str, Any]:
        """Begin a conversation, with messages where the client brings some.

        Raises:
            Problem: 422 for items or metadata that are not taken.
        """
        labels = _labels(wanted.metadata)
        messages = _messages(wanted.items or [])
        row = await self._sessions.add(caller.workspace, new_id(), owner=caller.owner, labels=labels)
        assert row is not None, "nobody else has this name"
        if messages:
            await self._change(row, lambda _: messages)
        return _shown(row)

    async def read(self, caller: Caller, id: str) -> dict[str, Any]:
        """Return a conversation.

        Raises:
            Problem: 404.
        """
        return _shown(await self.find(caller, id))

    async def change(self, caller: Caller, id: str, wanted: ConversationChange) -> dict[str, Any]:
        """Give a conversation other metadata.

        Raises:
            Problem: 404, or 422 for metadata that is not taken.
        """
        row = await self.find(caller, id)
        row = await self._sessions.set_labels(caller.workspace, row.name, _labels(wanted.metadata)) or row
        return _shown(row)

    async def delete(self, caller: Caller, id: str) -> dict[str, Any]:
        """Delete a conversation with its runs.

        Raises:
            Problem: 404.
        """
        row = await self.find(caller, id)
        await self._chat_sessions.end_runs(caller, row)
        await self._sessions.delete(caller.workspace, row.name)
        return {"id": id, "object": "conversation.deleted", "deleted": True}

    async def items(
        self, caller: Caller, id: str, *, limit: int, order: str, after: str | None
    ) -> dict[str, Any]:
        """Return messages, the last one first unless `order` is ``asc``.

        Raises:
            Problem: 404.
        """
        data = [_item(one) for one in await self._history(await self.find(caller, id))]
        if order != "asc":
            data.reverse()
        begin = 0
        if after is not None:
            begin = next((place for place, one in enumerate(data, 1) if one["id"] == after), len(data))
        return _page(data[begin : begin + limit], more=begin + limit < len(data))

    async def add(self, caller: Caller, id: str, wanted: ConversationItems) -> dict[str, Any]:
        """Add messages to the end of a conversation.

        Raises:
            Problem: 404, 409 while a run of it is open, 422 for items that are not taken.
        """
        row = await self.find(caller, id)
        added = _messages(wanted.items)
        await self._check_idle(row)
        await self._change(row, lambda known: applied(known, added))
        return _page([_item(one) for one in added], more=False)

    async def item(self, caller: Caller, id: str, item_id: str) -> dict[str, Any]:
        """Return a message.

        Raises:
            Problem: 404.
        """
        row = await self.find(caller, id)
        for one in await self._history(row):
            if one.get("id") == item_id:
                return _item(one)
        raise _no_item(item_id)

    async def delete_item(self, caller: Caller, id: str, item_id: str) -> dict[str, Any]:
        """Take a message out of a conversation, and return the conversation.

        Raises:
            Problem: 404, or 409 while a run of it is open.
        """
        row = await self.find(caller, id)
        await self._check_idle(row)

        def without(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
            kept = applied(known, [{"role": "remove", "id": item_id}])
            if len(kept) == len(known):
                raise _no_item(item_id)
            return kept

        await self._change(row, without)
        return _shown(row)

    async def find(self, caller: Caller, id: str) -> SessionRow:
        """Return the session of a conversation.

        Raises:
            Problem: 404.
        """
        if id.startswith(CONVERSATION):
            try:
                return await self._chat_sessions.get(caller, id.removeprefix(CONVERSATION))
            except Problem:
                pass
        detail = f"Conversation '{id[:80]}' does not exist. POST /v1/conversations makes one."
        raise Problem(404, "conversation_not_found", detail, errors=[Fault(detail)])

    async def _history(self, row: SessionRow) -> list[dict[str, Any]]:
        return [one for one in await self._engine.sessions.history(row.id) if one.get("role") in ROLES]

    async def _change(
        self, row: SessionRow, changed: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]
    ) -> None:
        def work(state: "SessionState") -> "tuple[list[dict[str, Any]], Exclusive]":
            messages = changed(state.messages)
            return messages, exclusive_change(row, counting(row.id, len(active_line(messages))))

        await self._engine.sessions.change(row.id, work)

    async def _check_idle(self, row: SessionRow) -> None:
        for status in ("running", "pending", "waiting_approval"):
            rows, _ = await self._lists.page(row.workspace, Wanted(session=row.name, status=status), limit=1)
            if rows:
                detail = f"Execution '{rows[0].id}' of the conversation is open. Wait for it, or cancel it."
                raise Problem(409, "busy", detail, execution_id=rows[0].id)


def _messages(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return items as messages of a history.

    Raises:
        Problem: 422 for one that is no message of text.
    """
    if len(items) > ITEMS:
        _refuse(f"Expected at most {ITEMS} items, found {len(items)}.", "/items")
    now = time.time()
    found: list[dict[str, Any]] = []
    for place, item in enumerate(items):
        pointer = f"/items/{place}"
        given = read_item(item, pointer)
        if given is None:
            _refuse("Expected an item of type 'message'.", f"{pointer}/type")
        role = "system" if given.role == "developer" else given.role
        if role not in ROLES:
            known = "user, assistant, system or developer"
            _refuse(f"Expected a role {known}, found '{role[:40]}'.", f"{pointer}/role")
        parts = (
            given.content if isinstance(given.content, list) else [{"type": "text", "text": given.content}]
        )
        if any(part.get("type") != "text" for part in parts):
            _refuse("Items take text. Send files with a response.", f"{pointer}/content")
        text = "\n".join(str(part["text"] or "") for part in parts)
        message = Message(role=role, content=text, id=new_id(), created_at=now)  # pyright: ignore[reportArgumentType]: one of ROLES
        found.append(msgspec.to_builtins(message))
    return found


def _labels(metadata: dict[str, Any] | None) -> dict[str, str]:
    """Return metadata as it is kept.

    Raises:
        Problem: 422 for too much of it, or values that are no texts.
    """
    given = metadata or {}
    fits = all(
        isinstance(value, str) and len(name) <= NAME and len(value) <= VALUE for name, value in given.items()
    )
    if len(given) > LABELS or not fits:
        detail = f"Expected at most {LABELS} texts of {VALUE} characters, with names of {NAME}."
        _refuse(detail, "/metadata")
    return given


def _item(message: dict[str, Any]) -> dict[str, Any]:
    content: Any = message.get("content") or ""
    if isinstance(content, list):
        parts: list[dict[str, Any]] = content
        content = "\n".join(str(part["text"]) for part in parts if part.get("type") == "text")
    by_model = message.get("role") == "assistant"
    part = {"type": "output_text", "text": content, "annotations": []}
    return {
        "id": message.get("id", ""),
        "type": "message",
        "role": message.get("role"),
        "status": "completed",
        "content": [part if by_model else {"type": "input_text", "text": content}],
    }


def _page(data: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"object": "list", "data": data, "first_id": ends[0], "last_id": ends[1], "has_more": more}


def _shown(row: SessionRow) -> dict[str, Any]:
    return {
        "id": f"{CONVERSATION}{row.name}",
        "object": "conversation",
        "created_at": int(row.created_at),
        "metadata": {name: value for name, value in row.labels.items() if isinstance(value, str)},
    }


def _no_item(item_id: str) -> Problem:
    detail = f"The conversation has no item '{item_id[:80]}'."
    return Problem(404, "item_not_found", detail, errors=[Fault(detail)])


def _refuse(detail: str, pointer: str) -> NoReturn:
    raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)])
