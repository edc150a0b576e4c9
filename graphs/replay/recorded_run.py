"""A recorded run in memory: gives out what a run's journal has, and asks nobody for what it does not have."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

import msgspec
from msgspec import Struct

from graphs.conversation.messages import InputAnswer, InputRequest
from graphs.node.node import Node
from graphs.replay.visits import Visit
from graphs.testing.recorder import MemoryRecorder
from graphs.values.events import CallKey
from graphs.values.node_view import View

__all__ = ["NotRecorded", "RecordedRun", "Reached", "StateSearch"]

T = TypeVar("T", bound=Struct)


class NotRecorded(Exception):
    """The journal does not have what the run would need to go on."""


class Reached(Exception):
    """The walk came to the node run that was looked for."""

    def __init__(self, view: View) -> None:
        super().__init__("reached")
        self.view = view


class RecordedRun(MemoryRecorder):
    """A recorder that knows the calls of a recorded run and writes to memory alone.

    Args:
        execution_id: The run.
        session_id: The caller's name of its session.
        calls: Its calls with their results as JSON.
        outcomes: Whether outcomes of whole nodes are given out too; without, each node runs again.
    """

    def __init__(
        self, execution_id: str, session_id: str, calls: Iterable[tuple[CallKey, bytes]], *, outcomes: bool
    ) -> None:
        super().__init__(execution_id, session_id)
        self._stored: dict[tuple[str, str], list[tuple[CallKey, bytes]]] = defaultdict(list)
        for key, result in calls:
            if outcomes or key.kind != "node":
                self._stored[key.kind, key.task_id].append((key, result))

    async def recall(self, key: CallKey, type: type[T]) -> T | None:
        """Return what the run recorded of a call."""
        place = self._stored.get((key.kind, key.task_id), [])
        same = [one for one in place if one[0].request_hash == key.request_hash]
        if not same:
            return None
        chosen = next((one for one in same if one[0].number == key.number), same[0])
        place.remove(chosen)
        return msgspec.json.decode(chosen[1], type=type)

    async def request(
        self, key: CallKey, request: InputRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> InputAnswer | None:
        """Return the answer that was given; None where none was."""
        if key not in self.answers:
            known = await self.recall(key, InputAnswer)
            if known is None:
                return None
            self.answers[key] = known
        return self.answers[key]


class StateSearch:
    """Walks a run through what its nodes gave until one node run, and gives what that one saw."""

    def __init__(self, wanted: Visit) -> None:
        self._wanted = wanted

    async def enter(self, key: str, node: Node, view: View) -> None:
        """Stop at the node run that is wanted; let go on what leads there.

        Raises:
            Reached: this is the one.
            NotRecorded: what the node gave is not known, and it does not lead there.
        """
        wanted = self._wanted.key
        if key == wanted:
            raise Reached(view)
        if node.starts or node.ends or wanted.startswith((f"{key}/", f"{key}#")):
            return
        await asyncio.sleep(0.05)  # beside the one that is wanted: it comes in this superstep
        raise NotRecorded(f"The journal does not have what node run '{key}' gave.")

    def called(self, key: CallKey, request: Struct, known: Struct | None, node: str, path: str) -> None:
        """Return where a call's result is known.

        Raises:
            NotRecorded: it is not.
        """
        if known is None:
            raise self.refuse("a call", node)

    def refuse(self, what: str, node: str) -> Exception:
        """Return what to raise for something that no journal has."""
        return NotRecorded(f"Node '{node}' needs {what} that the journal does not have.")
