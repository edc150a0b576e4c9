"""Thread states: a session's state as LangGraph shows it, and its history, a checkpoint for each message.

A checkpoint is a place in the conversation: the line up to one message, on whatever branch. Its id comes from
the message, so that every process gives the same one, and no pruning of stored states takes it away.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.inputs import actions
from graphs.run_state.message_tree import active_line, parents_of
from persistence.journal.question_rows import InputRow
from server.http.answers.sse_bytes import iso
from server.http.page_bytes import PageBytes
from server.protocols.langgraph.threads.lc_messages import shown_messages

__all__ = ["Conversation", "Place", "checkpoint_id", "interrupt", "interrupts_of", "task_id"]


class Place(Struct, frozen=True):
    """A place in a conversation: behind a message, or before the first."""

    message: Mapping[str, Any] | None
    """None for the beginning."""
    parent: str
    """Id of the message before it; empty for none."""
    step: int

    @property
    def message_id(self) -> str:
        """The message that it is behind; empty for the beginning."""
        return "" if self.message is None else str(self.message["id"])


def checkpoint_id(thread_id: str, message: Mapping[str, Any] | None) -> str:
    """Return the id of a place: a UUID that sorts by the time of its message."""
    at = 0 if message is None else int(float(message.get("created_at") or 0.0) * 1000)
    named = f"{thread_id}/{'' if message is None else message['id']}"
    hashed = hashlib.sha256(named.encode()).digest()
    kept = int.from_bytes(at.to_bytes(6, "big") + hashed[:10], "big")
    marked = kept & ~(0xF000 << 64) & ~(0xC000 << 48) | (0x7000 << 64) | (0x8000 << 48)
    return str(uuid.UUID(int=marked))


def task_id(input_id: str) -> str:
    """Return the id of the task that asks a question."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"task/{input_id}"))


def interrupt(question: InputRow) -> dict[str, Any]:
    """Return an open question as an interrupt."""
    request = question.request
    if request.interrupt:
        return {"id": question.id, "value": request.value}
    return {
        "id": question.id,
        "value": {
            "question": request.message,
            "kind": request.kind,
            "actions": [*actions(request)],
            "labels": request.labels,
            "schema": request.schema,
            "value": request.value,
        },
        "response_schema": request.schema,
    }


def interrupts_of(questions: Sequence[InputRow]) -> dict[str, list[dict[str, Any]]]:
    """Return open questions by the tasks that ask them."""
    return {task_id(one.id): [interrupt(one)] for one in questions}


class Conversation:
    """A session's conversation with its branches, as states.

    Args:
        thread_id: What clients call the session.
        tree: Its messages with their alternatives.
        more: What else its values have.
        questions: What its last run asks.
        open: Whether a run of it is under way.
        shows_nodes: Whether node ids may be shown.
        metadata: The thread's.
    """

    def __init__(
        self,
        thread_id: str,
        tree: list[dict[str, Any]],
        more: Mapping[str, Any],
        questions: Sequence[InputRow] = (),
        *,
        open: bool = False,
        shows_nodes: bool = False,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        self.thread_id = thread_id
        self.tree = tree
        self._more = more
        self.questions = questions
        self._open = open
        self._shows_nodes = shows_nodes
        self._metadata = metadata or {}
        self._parents = parents_of(tree)
        self._known = {one["id"]: one for one in tree}

    def line_to(self, message_id: str) -> list[dict[str, Any]]:
        """Return the messages up to one of them, oldest first; empty for none."""
        line: list[dict[str, Any]] = []
        seen: set[str] = set()
        while message_id and message_id in self._known and message_id not in seen:
            seen.add(message_id)
            line.append(self._known[message_id])
            message_id = self._parents[message_id]
        return line[::-1]

    def is_leaf(self, message_id: str) -> bool:
        """Say whether the chosen line ends with a message; empty: whether there is no message."""
        return self._leaf == message_id

    def first_after(self, message_id: str) -> str:
        """Return the id of a message of a user that follows another; empty for none."""
        for id, parent in self._parents.items():
            if parent == message_id and self._known[id]["role"] == "user":
                return id
        return ""

    def values(self, messages: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
        """Return the values of a state; without messages those of the chosen line."""
        line = active_line(self.tree) if messages is None else messages
        if not line and not self._more:
            return {}
        return {**self._more, "messages": shown_messages(line)}

    def place(self, id: str) -> Place | None:
        """Return the place of a checkpoint; None for an id that is none."""
        return next((one for one in self.places() if checkpoint_id(self.thread_id, one.message) == id), None)

    def places(self) -> list[Place]:
        """Return every place, the latest first, that of the chosen line before all others."""
        steps = {"": -1}
        for id, parent in self._parents.items():
            steps[id] = steps.get(parent, -1) + 1
        found = [Place(one, self._parents[one["id"]], steps[one["id"]]) for one in self.tree]
        found.sort(key=lambda one: float((one.message or {}).get("created_at") or 0.0))
        line = active_line(self.tree)
        if line:
            leaf = next(one for one in found if one.message_id == line[-1]["id"])
            found.remove(leaf)
            found.append(leaf)
        some = found or self._more or self.questions or self._open
        return [*reversed(found), Place(None, "", -1)] if some else []

    def state(self, place: Place | None = None) -> dict[str, Any]:
        """Return the state at a place; without one that which the session has now."""
        latest = place is None
        if place is None:
            places = self.places()
            place = places[0] if places else None
        if place is None:
            return self._shown(None, [], latest=True)
        latest = latest or place.message_id == self._leaf
        return self._shown(place, self.line_to(place.message_id), latest=latest)

    def history(
        self, *, limit: int, before: str | None, metadata: Mapping[str, Any], page: PageBytes
    ) -> list[dict[str, Any]]:
        """Return states, the latest first, as far as they fit on a page.

        Args:
            limit: How many at most.
            before: The checkpoint before which they begin.
            metadata: What theirs must have.
            page: Counts them: each state has all messages before it.
        """
        places = self.places()
        if before is not None:
            ids = [checkpoint_id(self.thread_id, one.message) for one in places]
            places = places[ids.index(before) + 1 :] if before in ids else []
        sizes = {one["id"]: len(msgspec.json.encode(one)) for one in self.tree}
        beside = len(msgspec.json.encode([self._more, self._metadata]))
        states: list[dict[str, Any]] = []
        for place in places:
            if len(states) >= limit:
                break
            facts = self._facts(place)
            if any(facts.get(name) != value for name, value in metadata.items()):
                continue
            line = self.line_to(place.message_id)
            if not page.fits_bytes(beside + sum(sizes[one["id"]] for one in line)):
                break
            states.append(self._shown(place, line, latest=place.message_id == self._leaf))
        return states

    @cached_property
    def _leaf(self) -> str:
        line = active_line(self.tree)
        return str(line[-1]["id"]) if line else ""

    def _shown(
        self, place: Place | None, line: Sequence[Mapping[str, Any]], *, latest: bool
    ) -> dict[str, Any]:
        questions = self.questions if latest else ()
        tasks = [
            {
                "id": task_id(one.id),
                "name": self._named(one.node),
                "path": ["__pregel_pull", self._named(one.node)],
                "error": None,
                "interrupts": [interrupt(one)],
                "checkpoint": None,
                "state": None,
                "result": None,
            }
            for one in questions
        ]
        waiting = [self._named(one.node) for one in questions]
        here = None if place is None else self._checkpoint(place.message)
        before = None
        if place is not None and place.message is not None:
            before = self._checkpoint(self._known.get(place.parent))
        message = None if place is None else place.message
        metadata = {} if place is None else self._facts(place)
        return {
            "values": self.values(line) if place is not None or self._more else {},
            "next": waiting or (["agent"] if latest and self._open else []),
            "tasks": tasks,
            "metadata": metadata,
            "created_at": None if message is None else iso(message.get("created_at") or 0.0),
            "checkpoint": here,
            "parent_checkpoint": before,
            "interrupts": [interrupt(one) for one in questions],
            "checkpoint_id": None if here is None else here["checkpoint_id"],
            "parent_checkpoint_id": None if before is None else before["checkpoint_id"],
        }

    def _facts(self, place: Place) -> dict[str, Any]:
        message = place.message or {}
        by_user = message.get("role") in ("user", None)
        run: dict[str, Any] = {}
        if id := (message.get("metadata") or {}).get("execution_id"):
            run["run_id"] = id
        return {
            **self._metadata,
            "source": "input" if by_user else "loop",
            "step": place.step,
            "parents": {},
            "thread_id": self.thread_id,
            **run,
        }

    def _checkpoint(self, message: Mapping[str, Any] | None) -> dict[str, Any]:
        id = checkpoint_id(self.thread_id, message)
        return {"thread_id": self.thread_id, "checkpoint_ns": "", "checkpoint_id": id, "checkpoint_map": None}

    def _named(self, node: str) -> str:
        return node if self._shows_nodes else "agent"
