"""A flow that is ready to run: its LangGraph graphs, and those of its containers."""

from collections.abc import Mapping
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from msgspec import Struct

from graphs.document.answering import Answering
from graphs.document.edges import Link
from graphs.document.flow import Flow
from graphs.node.variables import VariableDeclaration

__all__ = ["CompiledBody", "CompiledFlow", "Graph"]

Graph = CompiledStateGraph[Any, Any, Any, Any]


class CompiledBody(Struct, frozen=True, kw_only=True):
    """A body that is ready to run."""

    graph: Graph
    marks: dict[str, Any]
    """The signals that it begins with."""
    back: tuple[Link, ...]
    """The links that lead out of it, back to its container."""
    longest: int
    """The most supersteps that a pass can take."""


class CompiledFlow(Struct, frozen=True, kw_only=True):
    """A flow that is ready to run, any number of times and at once."""

    flow: Flow
    graph: Graph
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
