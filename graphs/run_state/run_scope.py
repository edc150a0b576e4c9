"""Run scope: one graph under way within a run, its place among the others and its counted steps."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphs.node.node import Outcome
from graphs.run_state.compiled_flow import CompiledFlow
from graphs.run_state.run_state import RunState
from graphs.values.events import CallKey
from graphs.values.node_error import NodeError

__all__ = ["Scope", "key_below"]


BEGUN, RAN, AHEAD = "__begun", "__ran/", "__ahead"
"""Signals by which the state keeps the number of the run's first superstep, how often a node in a loop has
run, and how many nodes shared a step with the one before them. No edge has such an id."""
MAX_KEY = 900
"""Characters of a key in the journal; longer ones end with a hash."""


@dataclass(eq=False, slots=True)
class Scope:
    """One graph under way within a run: the flow itself, or one pass through a body or a sub-flow."""

    running: RunState
    compiled: CompiledFlow
    """The flow that the graph is of."""
    key: str = ""
    """What its nodes' keys begin with; empty for the flow itself, whose tasks LangGraph keeps."""
    path: str = ""
    """What its nodes' events have as path."""
    checkpoint_id: str = ""
    """LangGraph's checkpoint that the outermost task began from."""
    enclosing: dict[str, Any] = field(default_factory=dict[str, Any])
    """What expressions call ``loop`` outside of the graph's own loops."""
    depth: int = 0
    """How many sub-flows it lies in."""
    below: int = 0
    """Supersteps that the graphs around it had taken when it began."""
    begun: int | None = None
    """LangGraph's number of its first superstep: those of a session go on from run to run."""
    taken: int = 0
    """Supersteps that it has taken itself."""
    inside: int = 0
    """Supersteps that passes within it have taken: of each container the longest."""
    level: int = 0
    """How many passes it lies in."""
    held: int = 0
    """Bytes of what its nodes gave."""
    speaks: bool = True
    """Whether the flow's answer is that of the chat."""
    takes_part: bool = False
    """Whether it lies in a sub-flow that takes part in the conversation."""
    visits: Counter[str] = field(default_factory=Counter[str])
    """How often each node ran."""
    failures: dict[str, Exception] = field(default_factory=dict[str, Exception])
    """By node what it raised, where what came before it in its step is to be kept first."""

    def step(self, number: int) -> int:
        """Count a superstep of this graph and return how many lie on the way to it from the run's start.

        Raises:
            NodeError: the run may not take so many (code ``limit_reached``).
        """
        self.running.bounds.check()
        if self.begun is None:
            self.begun = number
        self.taken = max(self.taken, number - self.begun + 1)
        reached = self.below + self.inside + self.taken
        most = self.running.run.limits.max_steps
        if reached > most:
            message = (
                f"The run has taken the {most:,} steps that max_steps allows. Raise that limit, or lower "
                "max_iterations of the flow's loops."
            )
            raise self.running.exhaust(NodeError(message, code="limit_reached"))
        return reached

    def visit(self, node: str) -> str:
        """Count a run of a node in a body and return what it is known by."""
        visit = self.visits[node]
        self.visits[node] += 1
        return key_below(self.key, node, f"#{visit}")

    def outer_visit(
        self, node: str, *, repeats: bool, signals: Mapping[str, Any], number: int
    ) -> tuple[str, dict[str, Any]]:
        """Return what a run of a node of the flow itself is known by, and the signals that count it.

        Args:
            node: The node.
            repeats: Whether it can run more than once: in a loop.
            signals: The state's, where the counts are kept, since a crash must not forget them.
            number: LangGraph's number of the superstep.
        """
        marks: dict[str, Any] = {}
        self.begun = signals.get(BEGUN)
        if self.begun is None:
            marks[BEGUN] = self.begun = number
        visit = 0
        if repeats:
            visit = signals.get(f"{RAN}{node}", 0)
            marks[f"{RAN}{node}"] = visit + 1
        return key_below("", node, f"#{visit}"), marks

    async def recall(self, key: CallKey) -> Outcome | None:
        """Return what a node gave before a crash, a pause or a drain."""
        return await self.running.guarded(self.running.recorder.recall(key, Outcome))

    async def store(self, key: CallKey, outcome: Outcome, node: str) -> None:
        """Make what a node gave durable, with the events so far: only then may others follow on it.

        Outside of frames the step's checkpoint, which is written after it, is what others wait for.
        """
        if self.key:
            await self.running.guarded(self.running.recorder.store(key, outcome, node=node, path=self.path))
        else:
            self.running.recorder.note(key, outcome)


def key_below(key: str, name: str, more: str = "") -> str:
    """Return the key of something within what another key stands for, the same in every attempt."""
    escaped = name.replace("%", "%25").replace("/", "%2F").replace("#", "%23")
    whole = f"{key}/{escaped}{more}"
    if len(whole) <= MAX_KEY:
        return whole
    return f"{whole[: MAX_KEY - 65]}~{hashlib.sha256(whole.encode()).hexdigest()}"
