"""Passes: how a container's body or another flow is entered within a node's run, and what comes out of it."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field

from graphs.values.messages import Message

__all__ = ["Call", "Entry", "SubgraphResult", "together"]


class Entry(Struct, frozen=True, kw_only=True):
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


class Call(Struct, frozen=True, kw_only=True):
    """One pass through another flow."""

    flow_id: str
    version: int | None = None
    """None for the one that was current when the run began."""
    input: dict[str, Any] = field(default_factory=dict[str, Any])
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    history: bool = False
    """Whether it sees the session's history and adds to it."""


class SubgraphResult(Struct, frozen=True, kw_only=True):
    """What came out of a pass."""

    output: Any = None
    """What its last nodes gave: the output of the one that led back (or of the end), an object by node id
    where several did, null where none did."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    """Variables that were set in it."""
    messages: list[Message] = []
    """Messages that were added in it, in order."""
    summary: dict[str, Any] | None = None
    """The history's summary where it was folded in it."""


def together(passes: Iterable[SubgraphResult]) -> SubgraphResult:
    """Return what several passes leave behind, laid over one another in their order; the output is theirs."""
    several = list(passes)
    variables: dict[str, Any] = {}
    for passed in several:
        variables |= passed.variables
    return SubgraphResult(
        output=[passed.output for passed in several],
        variables=variables,
        messages=[message for passed in several for message in passed.messages],
        summary=next((passed.summary for passed in reversed(several) if passed.summary is not None), None),
    )
