"""A flow that is ready to run: its LangGraph graph, and the bodies of its containers."""

from collections.abc import Mapping
from typing import Any, Protocol

from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import RunControl
from msgspec import Struct

from graphs.document.answering import Answering
from graphs.document.edges import Link
from graphs.document.flow import Flow
from graphs.node.variables import VariableDeclaration
from graphs.run_state.flow_state import SubgraphState

__all__ = ["CompiledBody", "CompiledFlow", "Graph", "Walk"]

Graph = CompiledStateGraph[Any, Any, Any, Any]


class Walk(Protocol):
    """A pass through a graph that runs within a node."""

    async def __call__(self, scope: Any, state: SubgraphState, control: RunControl | None) -> SubgraphState:
        """Run the graph and return its last state; see `graphs.engine.supersteps.walk`."""
        ...


class CompiledBody(Struct, frozen=True, kw_only=True):
    """A body that is ready to run."""

    walk: Walk
    marks: dict[str, Any]
    """The signals that it begins with."""
    back: tuple[Link, ...]
    """The links that lead out of it, back to its container."""


class CompiledFlow(Struct, frozen=True, kw_only=True):
    """A flow that is ready to run, any number of times and at once."""

    flow: Flow
    graph: Graph | None
    """What a run of it goes through; None where it was compiled to run within another flow."""
    walk: Walk
    """What a pass of another flow goes through."""
    bodies: dict[tuple[str, str], CompiledBody]
    """By container and outlet."""
    steps: int
    """The most supersteps that a run can take: LangGraph's recursion limit comes from it."""
    ends: tuple[str, ...]
    """Ids of the nodes whose output is the run's."""
    durable: bool
    """Whether it was compiled with a checkpointer."""
    declared: Mapping[str, VariableDeclaration] = {}
    """The variables that it declares, by name."""
    answering: Answering = Answering()
    """Which nodes speak its answer, and how it is composed."""
    gathers: bool = False
    """Whether its runs write to what grows: it has loops, or variables with a reducer or of the session."""
