"""The events of an execution: everything that happens in a run, as values in one gap-free sequence."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from msgspec import Struct, field

from graphs.conversation.messages import Attempt, Citation, InputAnswer, InputRequest, ModelRequest

__all__ = [
    "TERMINAL",
    "VISIBILITY",
    "CallKey",
    "CallKind",
    "Event",
    "EventType",
    "Recorder",
    "Visibility",
    "heard_again",
    "shown_to",
]

T = TypeVar("T", bound=Struct)

Visibility = Literal["public", "owner", "debug"]
"""Who may see an event: ``public`` an embed's visitor, ``owner`` the flow's owner, ``debug`` operators."""

EventType = Literal[
    "run.created",
    "run.started",
    "run.resumed",
    "run.paused",
    "run.completed",
    "run.failed",
    "run.cancelled",
    "node.started",
    "node.completed",
    "node.failed",
    "node.retrying",
    "node.skipped",
    "message.started",
    "message.delta",
    "message.reasoning",
    "message.completed",
    "message.reset",
    "tool.started",
    "tool.completed",
    "tool.failed",
    "citation",
    "input.requested",
    "input.received",
    "input.expired",
    "state.delta",
    "usage",
    "budget.refused",
    "budget.alert",
    "custom",
]

TERMINAL: frozenset[str] = frozenset({"run.completed", "run.failed", "run.cancelled"})
"""Exactly one of these ends every execution. A time-out is ``run.failed`` with code ``timeout``."""

VISIBILITY: Mapping[str, Visibility] = {
    "run.created": "public",
    "run.started": "public",
    "run.resumed": "owner",
    "run.paused": "public",
    "run.completed": "public",
    "run.failed": "public",
    "run.cancelled": "public",
    "message.started": "public",
    "message.delta": "public",
    "message.completed": "public",
    "message.reset": "public",
    "citation": "public",
    "state.delta": "debug",
}
"""Default visibility of a type; what is not named here is ``owner``."""


def shown_to(request: InputRequest) -> Visibility:
    """Return who gets to see a question: everybody who may answer it."""
    return "public" if request.audience == "visitor" else "owner"


def heard_again(visibility: Visibility | None) -> Visibility | None:
    """Return who is told that a message begins anew: whoever was told of it."""
    return "debug" if visibility == "debug" else None


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that happened in an execution."""

    seq: int
    """Position in the execution's journal: 1, 2, 3, … without gaps, never reused."""
    type: EventType
    execution_id: str
    session_id: str = ""
    """The caller's name of the session; empty where the run has none."""
    node: str = ""
    """Node id; empty for events of the run itself."""
    path: str = ""
    """Ids of the enclosing frames, joined by ``/``; empty at the top level."""
    attempt: int = 1
    """1 for the first try of the node, one more for every repetition."""
    ts: float
    """Unix time in seconds, to the millisecond."""
    visibility: Visibility = "owner"
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    """Facts of this type of event, plain JSON. ``message.delta`` has ``{"content": str}``,
    ``citation`` a `Citation`."""


CallKind = Literal["model", "tool", "intent", "retry", "node", "input", "clock", "session"]
"""What a call is: a model asked (`ModelAnswer`), a tool used (`ToolResult`), the note that one which must not
be repeated is about to be used (`ToolUse`), a node's failed attempt, a whole node run (`Outcome`), a person
asked (`InputAnswer`), a clock read (`Reading`), what the run found of its session (`SessionStart`). Calls of
each kind are numbered by themselves; a node run has the number of its superstep."""


class CallKey(Struct, frozen=True):
    """Names one call within an execution, the same before and after a crash or a pause."""

    task_id: str
    """The node run: ``/<node>#<visit>``, within a frame ``<outer node run>/<pass>/<node>#<visit>``; at most
    1,000 characters. A node's second attempt by its own `retry` asks as ``<node run>#2``. It is the same
    after a crash, and in a run that goes on from this one."""
    number: int
    """0 for the node run's first call of this kind, then 1, 2, …"""
    request_hash: str
    """Hex SHA-256 of the request as canonical JSON, without secrets; empty where the place says it all."""
    kind: CallKind = "model"


class Recorder(Protocol):
    """Where a run writes what happens. The journal is the real one; `graphs.testing` has one in memory."""

    open_nodes: frozenset[str]
    """Nodes outside of frames that a crash has left begun: running, or done with their end untold."""
    done_nodes: frozenset[str]
    """Nodes outside of frames whose end was told before this process took the run up."""
    reused: frozenset[str]
    """Node runs whose outcome comes from the run that this one goes on from, and is not told yet."""
    cited: list[Citation]
    """What the run has cited before this process took it up, in order; what only owners see is left out."""
    cited_aside: list[tuple[str, Citation]]
    """What nodes outside of frames have cited so for owners alone, with the node."""

    @property
    def written(self) -> int:
        """Bytes of JSON that the run has stored by now, before compression."""
        ...

    def emit(
        self,
        type: EventType,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        visibility: Visibility | None = None,
        **data: Any,
    ) -> None:
        """Append an event. Returns at once; order of calls is order of sequence numbers."""
        ...

    async def ready(self) -> None:
        """Return when more may be emitted, and is worth it: call it in loops that emit without end.

        Where many runs are busy it waits for this one's turn, so that a stream is read in few larger pieces.
        """
        ...

    async def settled(self) -> None:
        """Return when all that the run has written so far is durable: before something is done outside."""
        ...

    async def recall(self, key: CallKey, type: type[T]) -> T | None:
        """Return what is stored of this call, decoded as `type`, or None if it never came to a result.

        Calls made side by side within one task are matched by request hash first, then by number. What is
        stored serves one call.
        """
        ...

    async def store(
        self,
        key: CallKey,
        result: Struct,
        *,
        node: str = "",
        path: str = "",
        attempt: int = 1,
        later: bool = False,
    ) -> None:
        """Make a call's result durable, together with every event emitted so far.

        Of a `ModelAnswer` it writes the usage rows too and emits ``usage`` for each attempt. A message that
        the caller has started it completes, in the same transaction: the caller emits ``message.started``
        and the deltas, this emits ``message.completed``. `later`: it returns before all that is durable,
        as `note` does.
        """
        ...

    def note(self, key: CallKey, result: Struct) -> None:
        """Make a result durable with the next commit, before what is written later. Returns at once.

        Who does something outside because of it waits by `settled`.
        """
        ...

    def told(self, key: CallKey) -> None:
        """Keep, with the events so far, that a node run of `reused` was told: not again after a crash."""
        ...

    async def request(
        self, key: CallKey, request: InputRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> InputAnswer | None:
        """Return a question's answer; None where there is none yet, and then the question is durable.

        One whose time has passed before it is asked is ``expired`` at once.

        Emits ``input.requested`` when a question is new, ``input.received`` or ``input.expired`` when its
        answer is first given out. A question is known by its whole key.
        """
        ...

    async def admit(
        self, request: ModelRequest, *, node: str = "", path: str = "", attempt: int = 1
    ) -> tuple[ModelRequest, str]:
        """Return what may be sent of a request under the run's budgets, and what `Attempt.held` is to say.

        Raises:
            ModelError: a budget does not allow it (class ``budget``); ``budget.refused`` is emitted.
        """
        ...

    def interrupted(self, *, node: str = "", path: str = "") -> str | None:
        """Return what had come of the answer that a node waited for when its process died; None for no such.

        It says so once for each taking up of the run.
        """
        ...

    async def kept(self, key: str) -> bytes | None:
        """Return an outcome that a run of this flow kept under a key, as JSON, while it may be reused."""
        ...

    async def keep(self, key: str, outcome: bytes, seconds: float) -> None:
        """Keep an outcome for the next runs of this flow."""
        ...

    def book(self, attempts: Sequence[Attempt], *, node: str = "", path: str = "", attempt: int = 1) -> None:
        """Write the usage rows of a call that gave no answer (failed, cancelled). Returns at once."""
        ...
