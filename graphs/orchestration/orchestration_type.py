"""Kind: what a type of orchestration is: how agents become a graph, and how that is said in words."""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from graphs.document.flow import GraphDefinition
from graphs.orchestration.team import Team
from graphs.values.findings import Finding

__all__ = ["Kind", "PlanStep"]


class PlanStep(Struct, frozen=True, kw_only=True):
    """A part of how a flow runs, for people."""

    title: str
    agents: list[str] = []
    """Names of the agents that work in it."""
    nodes: list[str] = []
    """Ids of the nodes that it is, where a graph_definition says how it runs."""
    mode: Literal["one", "side_by_side", "one_of", "several_of"] = "one"
    """`one` after the other, all `side_by_side`, exactly `one_of` them, or `several_of` them."""
    turns: int = 1
    """How often it is done at most."""
    explanation: str


def _nothing(team: Team) -> list[Finding]:
    return []


class Kind(Struct, frozen=True, kw_only=True):
    """A type of orchestration. One file in this folder has one, as ``KIND``."""

    name: str
    summary: str
    """What it does, a sentence."""
    when: str
    """When to use it, a sentence."""
    build: Callable[[Team], GraphDefinition]
    explain: Callable[[Team], list[PlanStep]]
    calls: Callable[[Team], int]
    """How many answers of models a run takes at most, without repairs, retries and tools."""
    findings: Callable[[Team], list[Finding]] = _nothing
    """What is wrong with a team for this type; pointers begin at the agentflow."""
    unused: frozenset[str] = frozenset()
    """Fields of attached agents that are of no matter here."""
