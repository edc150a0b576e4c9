"""Plan: how a flow would run, in sentences and bounds, read off its document without running it."""

import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from msgspec import Struct

from graphs.analysis.chatflow import definition_of
from graphs.checks.check import read_flow
from graphs.document.topology import Topology, survey
from graphs.model_nodes.model_node import ModelNode
from graphs.node.node import Node
from graphs.orchestration.compose import team_of
from graphs.orchestration.orchestration_type import PlanStep
from graphs.tools import ToolKinds
from graphs.values.findings import Finding

__all__ = ["Plan", "plan_of"]


class Plan(Struct, frozen=True, kw_only=True):
    """How a flow would run."""

    source: Literal["agents", "graph_definition"]
    """What decides it: attached agents and their type, or the graph."""
    summary: str
    steps: list[PlanStep]
    most_steps: int
    """Supersteps that a run takes at most: nodes side by side share one."""
    most_model_calls: int
    """Answers of models that a run takes at most, without repairs, retries and turns with tools."""
    findings: list[Finding]


def plan_of(
    document: Mapping[str, Any], *, max_steps: int, max_model_calls: int, tools: ToolKinds | None = None
) -> Plan:
    """Return the plan of an agentflow's document.

    Args:
        document: The agentflow.
        max_steps: Supersteps that a run may take.
        max_model_calls: Answers of models that a run may take; a plan that may need more says so.
        tools: The tools that there are; None for the built-in ones.

    Raises:
        FlowError: the agentflow cannot run; all that is wrong is in it.
    """
    definition = definition_of(document)
    flow = read_flow(definition, name="plan", type="agentflow", max_steps=max_steps, tools=tools)
    shape, _ = survey(flow.steps, flow.edges)
    assert shape is not None, "read_flow lets no flow pass that has none"
    if document.get("graph_definition") is not None:
        summary = (
            f"Runs its graph_definition, {_many(len(shape.nodes), 'node')} from {_name(shape, shape.start)}."
        )
        calls, findings, steps = _calls(shape), [], _drawn(shape)
        source = "graph_definition"
    else:
        kind, team, findings = team_of(document)
        summary, steps, calls, source = kind.summary, kind.explain(team), kind.calls(team), "agents"
    if calls > max_model_calls:
        findings = [*findings, _costly(calls, max_model_calls)]
    return Plan(
        source=source,
        summary=summary,
        steps=steps,
        most_steps=shape.steps,
        most_model_calls=calls,
        findings=findings,
    )


def _drawn(shape: Topology) -> list[PlanStep]:
    """Return the steps of a graph: nodes at the same distance from the start, where side by side, are one."""
    depth: dict[str, int] = {}
    missing = {id: len(shape.forward[id]) for id in shape.nodes}
    after: dict[str, list[str]] = {}
    for id in shape.nodes:
        for link in shape.forward[id]:
            after.setdefault(link.source, []).append(id)
    waiting = [id for id, count in missing.items() if not count]
    for id in waiting:  # read_flow has made sure that links which do not lead back lead forward
        depth[id] = 1 + max((depth[link.source] for link in shape.forward[id]), default=0)
        for later in after.get(id, ()):
            missing[later] -= 1
            if not missing[later]:
                waiting.append(later)
    levels: dict[tuple[int, int], list[str]] = {}
    for id in sorted(shape.nodes, key=lambda id: depth[id]):
        levels.setdefault((depth[id], _turns(shape, id)), []).append(id)
    return [
        PlanStep(
            title=", ".join(_name(shape, id) for id in ids),
            nodes=ids,
            mode="side_by_side" if len(ids) > 1 else "one",
            turns=turns,
            explanation=" ".join(_explained(shape, id) for id in ids),
        )
        for (_, turns), ids in levels.items()
    ]


def _explained(shape: Topology, id: str) -> str:
    node = shape.nodes[id]
    what = _summary(type(node))
    after = [_name(shape, link.source) for link in shape.forward[id]]
    when = f" after {' and '.join(dict.fromkeys(after))}" if after else ""
    return f"{_name(shape, id)} ({node.__struct_config__.tag}){when}: {what}."


@lru_cache
def _summary(kind: type[Node]) -> str:
    """Return what a node type does, in the words of its docstring."""
    return (inspect.getdoc(kind) or "").partition("\n")[0].rstrip(".")


def _name(shape: Topology, id: str) -> str:
    return shape.nodes[id].label or id


def _turns(shape: Topology, id: str) -> int:
    """Return how often a node runs at most, by the loops around it."""
    turns = 1
    while loop := shape.enclosing.get(id):
        turns *= shape.nodes[loop].turns()
        id = loop
    return turns


def _calls(shape: Topology) -> int:
    return sum(_turns(shape, id) for id, node in shape.nodes.items() if isinstance(node, ModelNode))


def _costly(calls: int, most: int) -> Finding:
    return Finding(
        code="many_model_calls",
        message=f"A run may call models {calls:,} times, but the limit is {most:,}. Lower max_iterations, or "
        "ask the operator to raise max_model_calls.",
        severity="warning",
    )


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
