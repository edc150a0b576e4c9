"""Run origin: where a run comes from that goes on from another one, and what is changed on the way."""

from typing import Any, Literal

from msgspec import Struct, field

__all__ = ["RunOrigin", "SessionStart"]


class SessionStart(Struct, frozen=True, kw_only=True):
    """What a run found of its session, besides the messages: it is stored when the run begins."""

    after: str = ""
    """Id of the last message before the run's own; empty where there was none."""
    summary: dict[str, Any] = field(default_factory=dict[str, Any])
    """What memory strategies had folded: see `graphs.run_state.flow_state.FlowState.summary`."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    """Variables of the session, by name."""


class RunOrigin(Struct, frozen=True, kw_only=True):
    """Where a run comes from: the one whose results it reuses, and from where on it runs by itself."""

    parent: str
    """Id of the other run."""
    kind: Literal["resume", "fork"]
    """``resume`` goes on after a failure; ``fork`` runs again from a node on."""
    node: str = ""
    """The node from which it runs."""
    path: str = ""
    occurrence: int = 1
    """Which run of that node at that path, from 1."""
    key: str = ""
    """What the node run is known by in the journal; empty where nothing is changed there."""
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    """Variables that have other values from the node on."""
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    """Outputs of earlier nodes that are others from the node on, by node id."""
    tools: list[str] = []
    """Tools that must not be repeated and that the part that runs again used: each use asks first."""
    session: SessionStart | None = None
    """What the other run found of its session: this one begins with it."""
    stamps: str = ""
    """The run that the input's message is of, where both are of one session; empty for this one."""
