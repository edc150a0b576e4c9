"""The loop node."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs import expressions
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.parsing.numbers import kind
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Loop"]


class Loop(Node, frozen=True, kw_only=True, tag="loop"):
    """Run a body several times, then continue at `done`.

    The body starts at the outlet `body`, and its last node leads back to this node. With `items`, there is
    one round for each item of a list. With `while`, rounds repeat while an expression is true. With neither,
    there are `max_iterations` rounds. A list with more items than `max_iterations` is an error. If `while`
    is still true then, the loop continues at `exhausted`, or at `done` if nothing is connected there.

    Nodes in the body read `loop.index` (0, 1, …), `loop.item` and `loop.count` (the number of rounds,
    null with `while`). The first one gets the item as `arrived`. The output at `done` is the list of the
    outputs of the last node. `loop.parent` is the loop around this one.

    A round sees itself: the output of a node that the round skipped is missing. A node that has not run yet
    in the round has its output of the round before, which is also `loop.previous.<id>`. An edge from the body
    back to the loop ends the round. With the `targetHandle` `break` it ends the loop.
    """

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    loops: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Enter, for each item",
            data={"items": "variables.cities"},
            variables={"cities": ["Oslo", "Lima"]},
            output="Oslo",
            outlet="body",
        ),
        Example(
            title="The body came back from the last item",
            data={"items": "variables.cities"},
            loop={"index": 1, "item": "Lima", "count": 2, "items": ["Oslo", "Lima"], "results": ["cold"]},
            outputs={"weather": "mild"},
            output=["cold", "mild"],
            outlet="done",
        ),
        Example(
            title="As long as it takes",
            data={"while": "default(variables.score, 0) < 0.8", "max_iterations": 5},
            variables={"score": 0.9},
            loop={"index": 0, "item": None, "count": None, "items": [], "results": []},
            outputs={"improve": "A draft."},
            output=["A draft."],
            outlet="done",
        ),
        Example(
            title="Turns that ran out",
            data={"while": "not nodes.check.passed", "max_iterations": 1},
            loop={"index": 0, "item": None, "count": None, "items": [], "results": []},
            outputs={"check": {"passed": False}},
            output=[{"passed": False}],
            outlet="exhausted",
        ),
    )

    items: Annotated[str, Meta(description="Expression that returns a list: one round for each item.")] = ""
    condition: Annotated[
        str, Meta(description="Expression that is checked before each round. The loop ends when it is false.")
    ] = field(default="", name="while")
    max_iterations: Annotated[int, Meta(ge=1, le=1000, description="Maximum number of rounds.")] = 10
    keep_outputs: Annotated[
        bool, Meta(description="Whether nodes that a round skips keep their output of an earlier round.")
    ] = False

    def __post_init__(self) -> None:
        """Refuse two ways of counting."""
        if self.items and self.condition:
            raise ValueError("Expected 'items' or 'while', found both; keep one")

    def outlets(self) -> tuple[str, ...]:
        """Return the way into the body and the ways on."""
        return ("body", "done", "exhausted") if self.condition else ("body", "done")

    def falls_back(self) -> dict[str, str]:
        """Return where the run goes on if nothing is drawn for turns that ran out."""
        return {"exhausted": "done"} if self.condition else {}

    def enters(self, outlet: str) -> bool:
        """Say whether there is a turn whatever comes in."""
        return expressions.is_filled(self.items) if self.items else not self.condition

    def turns(self) -> int:
        """Return the most turns there may be."""
        return self.max_iterations

    def expressions(self) -> dict[str, str]:
        """Return the expression that counts."""
        sources = {"items": self.items, "while": self.condition}
        return {name: source for name, source in sources.items() if source}

    async def run(self, view: View, context: Context) -> Outcome:
        """Start the next turn, or finish."""
        entered = not view.loop
        arrived = None if entered else view.arrived()
        items: list[Any] = await aside(lambda: self._items(view)) if entered else view.loop["items"]
        index = 0 if entered else view.loop["index"] + 1
        count = None if self.condition else len(items) if self.items else self.max_iterations
        item = items[index] if index < len(items) else None
        record = {"index": index, "item": item, "count": count}
        kept: dict[str, Any] = {"items": items, "results": []} if entered else {}
        holds = not view.broken and await aside(lambda: self._holds(view, record, items))
        if holds and (self.items or index < self.max_iterations):
            adds = {} if entered else {"results": arrived}
            return Outcome(outlet="body", output=item, loop=record, keeps=kept, adds=adds)
        results = [] if entered else [*view.loop["results"], arrived]
        if holds and self.condition:
            return Outcome(outlet="exhausted", output=results, loop={})
        return Outcome(outlet="done", output=results, loop={})

    def _items(self, view: View) -> list[Any]:
        if not self.items:
            return []
        items = expressions.parse(self.items).evaluate(expressions.scope(view))
        if not isinstance(items, list):
            raise NodeError(
                f"'items' must give a list, found {kind(items)}; the expression is {self.items!r}."
            )
        if len(items) > self.max_iterations:  # pyright: ignore[reportUnknownArgumentType]  # length of any list
            raise NodeError(
                f"'items' gave {len(items)} items, 'max_iterations' allows {self.max_iterations}; "  # pyright: ignore[reportUnknownArgumentType]  # length of any list
                "raise it (1,000 at most) or take a part with slice(…).",
                code="limit_reached",
            )
        return items

    def _holds(self, view: View, record: dict[str, Any], items: list[Any]) -> bool:
        """Say whether there is something to do in another turn, however many there were."""
        if self.items:
            return record["index"] < len(items)
        if not self.condition:
            return record["index"] < self.max_iterations
        scope = expressions.scope(view, loop=record)
        return bool(expressions.parse(self.condition).evaluate(scope))
