"""Sub-graph entry: how a node runs a body or another flow, and what it gets back."""

from collections.abc import Iterable
from typing import Any, Protocol

from msgspec import Struct, field

from graphs.conversation.messages import Message

__all__ = ["SubgraphRunner", "SubflowCall", "SubgraphEntry", "SubgraphResult", "together"]


class SubgraphEntry(Struct, frozen=True, kw_only=True):
    """One pass through a body of the node that runs."""

    outlet: str
    """The outlet behind which the body lies."""
    at: str = ""
    """What tells this pass from others of the same node run: an item's index, a branch's name. Events have it
    in their path, the journal in its keys, so it must be the same after a crash."""
    arrives: Any = None
    """What the body's first nodes get as what arrived."""
    loop: dict[str, Any] | None = None
    """What expressions in the body call ``loop``; None for what they would see beside the container."""


class SubflowCall(Struct, frozen=True, kw_only=True):
    """One pass through another flow."""

    flow_id: str
    version: int | str | None = None
    """None for the one that was current when the run began."""
    input: dict[str, Any] = field(default_factory=dict[str, Any])
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    history: bool = False
    """Whether it sees the session's history and adds to it."""
    speaks: bool | None = None
    """Whether its answer streams to the user of a chat; None where the flow around it says so."""
    at: str = ""
    """What tells this pass from others of the same node run, as in `SubgraphEntry.at`."""


class SubgraphResult(Struct, frozen=True, kw_only=True):
    """What came out of a pass."""

    output: Any = None
    """What its last nodes gave: the output of the one that led back (or of the end), an object by node id
    where several did, null where none did."""
    updates: list[tuple[str, Any]] = []
    """Updates of variables that were made in it, by name, in order."""
    messages: list[Message] = []
    """Messages that were added in it, in order."""
    answer: Message | None = None
    """What a model said, where that is the output."""
    summary: dict[str, Any] | None = None
    """The history's summary where it was folded in it."""


class SubgraphRunner(Protocol):
    """What runs the sub-graphs that a node enters: the bodies of a container, or other flows."""

    async def enter(self, entry: SubgraphEntry, key: str) -> SubgraphResult:
        """Run one pass through a body. `key` is what the node's calls are known by in the journal."""
        ...

    async def call(self, call: SubflowCall, key: str) -> SubgraphResult:
        """Run one pass through another flow. `key` is what the node's calls are known by in the journal."""
        ...


def together(passes: Iterable[SubgraphResult]) -> SubgraphResult:
    """Return what several passes leave behind, laid over one another in their order; the output is theirs."""
    several = list(passes)
    return SubgraphResult(
        output=[passed.output for passed in several],
        updates=[update for passed in several for update in passed.updates],
        messages=[message for passed in several for message in passed.messages],
        summary=next((passed.summary for passed in reversed(several) if passed.summary is not None), None),
    )
