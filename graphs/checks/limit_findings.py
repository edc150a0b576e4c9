"""Limit findings: iterations whose number of items is written down and passes a limit of the run."""

from collections.abc import Callable, Iterator, Mapping

from graphs import expressions
from graphs.checks.field_lookups import field_finding
from graphs.document.topology import Topology
from graphs.expressions.bounded_evaluation import ExpressionError
from graphs.model_nodes.model_node import ModelNode
from graphs.node.node import Node
from graphs.nodes.http_request import HttpRequest
from graphs.nodes.iteration import Iteration
from graphs.nodes.tool import ToolNode
from graphs.values.findings import Finding
from graphs.values.run_options import Limits

__all__ = ["limit_findings"]

_USUAL = Iteration(items="[]").max_items
"""The longest list of an iteration that does not say."""


def limit_findings(shape: Topology, limits: Limits) -> Iterator[Finding]:
    """Warn of iterations that need more calls than a run has, or more items than they take.

    Each model node in a body counts as one call. Pointers are relative to the node.
    """
    counts = {id: _count(node) for id, node in shape.nodes.items()}
    around = {step: region.container for region in shape.regions for step in region.steps}
    for id, node in shape.nodes.items():
        if not isinstance(node, Iteration):
            continue
        count = counts[id]
        if count is None and node.max_items == _USUAL:
            continue  # nobody has thought of so many
        if count is not None and count > node.max_items:
            yield field_finding(
                "limit_reached",
                id,
                "items",
                f"it gives {count:,} items, and 'max_items' allows {node.max_items:,}. Raise 'max_items' "
                "(10,000 at most), or take a part of the list.",
            )
            continue
        for what, most, name, calls in (
            ("calls of models", limits.max_model_calls, "max_model_calls", _asks),
            ("tool calls", limits.max_tool_calls, "max_tool_calls", _uses),
        ):
            items = node.max_items if count is None else count
            needed = items * _needed(shape, id, counts, around, calls)
            if needed > most:
                may = "up to " if count is None else ""
                yield field_finding(
                    "limit_reached",
                    id,
                    "items",
                    f"its {may}{items:,} items need {needed:,} {what}, and a run has {most:,}: it "
                    f"{'may' if may else 'will'} end with 'limit_reached'. Take fewer items, "
                    f"or raise '{name}' of the flow or the server.",
                )


def _count(node: Node) -> int | None:
    """Return how many items an iteration has whatever the run is given; None where only a run knows."""
    if not isinstance(node, Iteration):
        return None
    parsed = expressions.parse(node.items)
    if parsed.paths or parsed.reads_clock():
        return None
    try:
        found = parsed.evaluate({})
    except ExpressionError:
        return None
    return len(found) if isinstance(found, list) else None  # pyright: ignore[reportUnknownArgumentType]


def _needed(
    shape: Topology,
    id: str,
    counts: Mapping[str, int | None],
    around: Mapping[str, str],
    calls: Callable[[Node], bool],
) -> int:
    """Return how many calls one item of an iteration needs, those of iterations in it included."""
    total = 0
    for step, node in shape.nodes.items():
        if not calls(node):
            continue
        times, inside = 1, around[step]
        while inside and inside != id:
            known = counts[inside]
            times *= 1 if known is None else known
            inside = around[inside]
        total += times if inside == id else 0
    return total


def _asks(node: Node) -> bool:
    return isinstance(node, ModelNode)


def _uses(node: Node) -> bool:
    return isinstance(node, HttpRequest | ToolNode)
