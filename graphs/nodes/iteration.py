"""The iteration node."""

from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from typing import Annotated, Any, ClassVar, Literal, cast

from msgspec import Meta

from graphs import expressions
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.node.parallel_passes import as_completed
from graphs.node.subgraph_entry import SubgraphEntry, SubgraphResult, together
from graphs.parsing.numbers import kind
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Iteration"]


class Iteration(Node, frozen=True, kw_only=True, tag="iteration"):
    """Run a body once for each item of a list, several items in parallel, then continue at `done`.

    The body starts at the outlet `body`, and its last node leads back to this node. Nodes in the body read
    `loop.item`, `loop.index` (0, 1, …) and `loop.count`. The first one gets the item as `arrived`. The output
    at `done` is the list of the outputs of the last node, in the order of the items.

    Each item starts with the variables and history as they were before. When all items are done, their
    changes are merged in the order of the items. Nodes outside cannot read the outputs of single nodes in the
    body.
    """

    frames: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Each city",
            data={"items": "variables.cities", "max_concurrency": 2},
            variables={"cities": ["Oslo", "Lima"]},
            passes=["cold", "mild"],
            output=["cold", "mild"],
            outlet="done",
        ),
        Example(
            title="Leave out what fails",
            data={"items": "arrived", "on_item_error": "drop"},
            outputs={"search": ["a", "b", "c"]},
            passes=["A", {"error": "No answer."}, "C"],
            output=["A", "C"],
            outlet="done",
        ),
        Example(title="Nothing to do", data={"items": "[]"}, output=[], outlet="done"),
    )

    items: Annotated[str, Meta(min_length=1, description="Expression that returns a list.")]
    max_concurrency: Annotated[
        int, Meta(ge=1, le=100, description="Maximum number of items in parallel.")
    ] = 5
    on_item_error: Annotated[
        Literal["fail", "continue", "drop"],
        Meta(
            description="If the body fails for an item: `fail` and cancel the others, `continue` with "
            "null in its place, or `drop` it from the list. An event `custom` with code `items_failed` "
            "or `items_dropped` reports how many failed, and why."
        ),
    ] = "fail"
    max_items: Annotated[
        int, Meta(ge=1, le=10_000, description="Maximum length of the list. A longer list is an error.")
    ] = 1000

    def outlets(self) -> tuple[str, ...]:
        """Return the way into the body and the way on."""
        return ("body", "done")

    def gives_schema(self) -> Mapping[str, Any]:
        """Return that its output is a list."""
        return {"type": "array"}

    def bodies(self) -> tuple[str, ...]:
        """Return the outlet of the body."""
        return ("body",)

    def enters(self, outlet: str) -> bool:
        """Say whether the list is written down here and not empty."""
        return expressions.is_filled(self.items)

    def expressions(self) -> dict[str, str]:
        """Return the expression of the list."""
        return {"items": self.items}

    async def run(self, view: View, context: Context) -> Outcome:
        """Run the body for each item."""
        items = await aside(lambda: self._items(view))
        jobs = [
            partial(
                _entered,
                context,
                SubgraphEntry(
                    outlet="body",
                    at=str(index),
                    arrives=item,
                    loop={"index": index, "item": item, "count": len(items)},
                ),
            )
            for index, item in enumerate(items)
        ]
        done: dict[int, SubgraphResult] = {}
        failed: dict[int, NodeError] = {}
        async with aclosing(as_completed(jobs, limit=self.max_concurrency)) as ending:
            async for index, passed in ending:
                if not isinstance(passed, NodeError):
                    done[index] = passed
                elif self.on_item_error == "fail":
                    raise NodeError(f"Item {index}: {passed}", code=passed.code, node=passed.node)
                else:
                    failed[index] = passed
        if failed:
            self._warn(context, failed, len(items))
        left = together(done[index] for index in sorted(done))
        kept = sorted(done) if self.on_item_error == "drop" else range(len(items))
        return Outcome(
            outlet="done",
            output=[done[index].output if index in done else None for index in kept],
            updates=left.updates,
            messages=left.messages,
            summary=left.summary,
        )

    def _warn(self, context: Context, failed: Mapping[int, NodeError], count: int) -> None:
        """Tell how many items have no result, and why the first of them has none."""
        first = min(failed)
        dropped = self.on_item_error == "drop"
        what = ("was " if len(failed) == 1 else "were ") + ("left out" if dropped else "replaced by null")
        context.emit(
            "custom",
            name="warning",
            code="items_dropped" if dropped else "items_failed",
            message=f"{len(failed)} of {count} items failed and {what}. "
            f"The first was item {first} ({failed[first].code}): {failed[first]}",
            dropped=len(failed),
            count=count,
            items=sorted(failed)[:100],
        )

    def _items(self, view: View) -> list[Any]:
        items = expressions.parse(self.items).evaluate(expressions.scope(view))
        if not isinstance(items, list):
            raise NodeError(
                f"'items' must give a list, found {kind(items)}; the expression is {self.items!r}."
            )
        found = cast("list[Any]", items)
        if len(found) > self.max_items:
            raise NodeError(
                f"'items' gave {len(found):,} items, 'max_items' allows {self.max_items:,}; raise it (10,000 "
                "at most) or take a part with slice(…).",
                code="limit_reached",
            )
        return found


async def _entered(context: Context, entry: SubgraphEntry) -> SubgraphResult:
    return await context.enter(entry)
