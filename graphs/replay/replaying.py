"""Replaying: a recorded run once more, each node by itself, with the recorded answers of models and tools."""

import difflib
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.messages import ModelRequest, ToolResult
from graphs.node.node import Node
from graphs.values.events import CallKey, Event
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = [
    "Difference",
    "Differs",
    "Replay",
    "call_difference",
    "event_differences",
    "request_lines",
    "text_diff",
    "told_of",
]

LINES = 400
"""Lines of a text that a diff compares; more are not looked at."""
SHOWN = 200


class Difference(Struct, frozen=True, kw_only=True):
    """The first thing in which a replay is not what was recorded."""

    node: str
    path: str
    what: str
    """``model``, ``tool``, ``node``, ``input`` or ``run``."""
    message: str
    """A sentence."""
    diff: list[str] = []
    """Lines of a unified diff, the recorded text first."""


class Differs(Exception):
    """The run made a call that was not recorded."""

    def __init__(self, key: CallKey, request: Struct, node: str, path: str) -> None:
        super().__init__(f"Node '{node}' made a call that the run did not make.")
        self.key = key
        self.request = request
        self.node = node
        self.path = path


class Replay:
    """Lets a run's nodes run again, and its calls come from the journal alone.

    Args:
        events: The recorded run's: they say which calls failed.
    """

    def __init__(self, events: Iterable[Event]) -> None:
        self.requests: dict[tuple[str, str, int], Struct] = {}
        """What was asked, by kind, node run and number."""
        self.told: list[dict[str, Any]] = []
        """What was answered, as `told_of` has it of events."""
        self._failures: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        for event in events:
            if event.type in ("node.failed", "node.retrying"):
                failure = (event.data.get("code", ""), event.data.get("error", ""))
                self._failures[event.path, event.node].append(failure)

    async def enter(self, key: str, node: Node, view: View) -> None:
        """Let every node run."""

    def called(self, key: CallKey, request: Struct, known: Struct | None, node: str, path: str) -> None:
        """Note a call, and return where its result is known.

        Raises:
            NodeError: it failed in the recorded run too.
            Differs: it was not made there.
        """
        self.requests[key.kind, key.task_id, key.number] = request
        if known is None:
            if failures := self._failures[path, node]:
                code, message = failures.pop(0)
                raise NodeError(message, code=code, node=node)
            raise Differs(key, request, node, path)
        if isinstance(known, ToolResult) and known.status == "completed":
            output = known.content if known.value is None else known.value
            self.told.append(_entry("tool", node, path, output))

    def refuse(self, what: str, node: str) -> Exception:
        """Return what to raise for something that no journal has."""
        return NodeError(
            f"Node '{node}' needs {what}, which no journal has. This run cannot be replayed offline.",
            code="not_recorded",
        )


def told_of(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return what events tell that a replay must tell too: without times, ids, deltas and repetitions.

    What happened within a container whose outcome was reused was told by the run that it is of.
    """
    told: list[dict[str, Any]] = []
    for event in events:
        data = event.data
        match event.type:
            case "node.completed":
                told.append(_entry("node", event.node, event.path, [data.get("outlet"), data.get("output")]))
            case "node.failed" if data.get("code") not in ("cancelled", "timeout"):
                told.append(_entry("failed", event.node, event.path, data.get("code")))
            case "node.skipped":
                told.append(_entry("skipped", event.node, event.path, None))
            case "tool.completed":
                told.append(_entry("tool", event.node, event.path, data.get("output")))
            case _:
                pass
    return told


def event_differences(events: Sequence[Event], again: Sequence[Mapping[str, Any]]) -> Difference | None:
    """Return the first difference between what two runs told of their nodes; None where there is none.

    Nodes side by side may come in another order, so those of one place are compared in their order.

    Args:
        events: Of the recorded run.
        again: What the replay told, as `told_of` has it.
    """
    first, second = _by_place(told_of(events)), _by_place(again)
    reused = {(event.path, event.node) for event in events if event.data.get("reused")}
    for place in dict.fromkeys([*first, *second]):
        before, after = first.get(place, []), second.get(place, [])
        if before == after or _within(place[2], reused) or (place[2], place[1]) in reused:
            continue
        pairs = zip(before, after, strict=False)
        unlike = next(((a.value, b.value) for a, b in pairs if a != b), None)
        what, node, path = place
        if unlike is None:
            message = f"It was told {len(before)} times of '{node}' ({what}), and now {len(after)} times."
            return Difference(node=node, path=path, what=what, message=message)
        return Difference(
            node=node,
            path=path,
            what=what,
            message=f"'{node}' gave something else ({what}).",
            diff=text_diff(*(_text(msgspec.json.decode(_sorted(value))) for value in unlike)),
        )
    return None


def call_difference(differs: Differs, recorded: Mapping[tuple[str, str, int], Struct]) -> Difference:
    """Return how a call differs from the one that the recorded run made in its place."""
    key = differs.key
    what = "model" if isinstance(differs.request, ModelRequest) else "tool"
    before = recorded.get((key.kind, key.task_id, key.number))
    place = {"node": differs.node, "path": differs.path, "what": what}
    now = request_lines(differs.request)
    if before is None:
        message = f"'{differs.node}' makes a call of a {what} that the recorded run did not make."
        return Difference(**place, message=message, diff=[f"+{line}" for line in now])
    message = (
        f"'{differs.node}' asks its {what} something else: call number {key.number + 1} of this node run."
    )
    return Difference(**place, message=message, diff=text_diff(request_lines(before), now))


def _within(path: str, reused: Collection[tuple[str, str]]) -> bool:
    """Say whether a path lies in a container whose outcome was reused."""
    around = ""
    for part in path.split("/") if path else []:
        if (around, part.partition("[")[0]) in reused:
            return True
        around = f"{around}/{part}" if around else part
    return False


class _Told:
    """A value that is compared by the hash of its JSON: a second copy of all values of a run is too much."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.hash = hashlib.blake2b(_sorted(value)).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Told) and self.hash == other.hash


def _by_place(told: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str], list[_Told]]:
    places: dict[tuple[str, str, str], list[_Told]] = defaultdict(list)
    for one in told:
        places[one["what"], one["node"], one["path"]].append(_Told(one["value"]))
    return places


def _sorted(value: Any) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _entry(what: str, node: str, path: str, value: Any) -> dict[str, Any]:
    return {"what": what, "node": node, "path": path, "value": value}


def request_lines(request: Struct) -> list[str]:
    """Return a request as lines: settings first, then each message, then tools."""
    if not isinstance(request, ModelRequest):
        return _text(msgspec.to_builtins(request))
    plain: dict[str, Any] = msgspec.to_builtins(request)
    messages: list[dict[str, Any]] = plain.pop("messages", [])
    tools: list[Any] = plain.pop("tools", [])
    lines = [f"{name}: {msgspec.json.encode(value).decode()}" for name, value in plain.items() if value]
    for message in messages:
        content = message.get("content", "")
        text = content if isinstance(content, str) else msgspec.json.encode(content).decode()
        lines += [f"[{message.get('role', '')}]", *text.splitlines()]
    lines += [f"tool: {msgspec.json.encode(tool).decode()}" for tool in tools]
    return lines


def _text(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.splitlines()
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode().splitlines()


def text_diff(
    before: list[str], after: list[str], *, names: tuple[str, str] = ("recorded", "now")
) -> list[str]:
    """Return a unified diff of two texts, both cut to what may be compared."""
    old, new = ([line[:2000] for line in text[:LINES]] for text in (before, after))
    lines = difflib.unified_diff(old, new, *names, lineterm="", n=2)
    return [line for _, line in zip(range(SHOWN), lines, strict=False)]
