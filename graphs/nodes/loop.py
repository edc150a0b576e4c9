"""The loop node."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs import expressions
from graphs.expressions.evaluation import kind
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["Loop"]


class Loop(Node, frozen=True, kw_only=True, tag="loop"):
    """Run the nodes behind `body` again and again, then go on by `done`.

    The last node of the body leads back to the loop. With `items` there is one turn for each item of a list,
    with `while` turns go on as long as an expression holds, with neither there are `max_iterations` turns. A
    list with more items than `max_iterations` is refused; `while` stops there. Nodes in the body read
    `loop.index` (0, 1, …), `loop.item` and `loop.count` (turns in all; null with `while`), and get the item
    from the loop as what arrived. The output after `done` is the list of what the body's last node gave at
    each turn.
    """

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
    )

    items: Annotated[str, Meta(description="An expression that gives a list: one turn for each item.")] = ""
    condition: Annotated[
        str, Meta(description="An expression, seen before each turn: another turn as long as it holds.")
    ] = field(default="", name="while")
    max_iterations: Annotated[int, Meta(ge=1, le=1000, description="How many turns there may be.")] = 10

    def __post_init__(self) -> None:
        """Refuse two ways of counting."""
        if self.items and self.condition:
            raise ValueError("Expected 'items' or 'while', found both; keep one")

    def outlets(self) -> tuple[str, ...]:
        """Return the way into the body and the way on."""
        return ("body", "done")

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
        if view.loop:
            results = [*view.loop["results"], view.arrived()]
            index, items = view.loop["index"] + 1, view.loop["items"]
        else:
            results: list[Any] = []
            index, items = 0, self._items(view)
        count = None if self.condition else len(items) if self.items else self.max_iterations
        item = items[index] if index < len(items) else None
        record = {"index": index, "item": item, "count": count, "items": items, "results": results}
        if self._goes_on(view, record):
            return Outcome(outlet="body", output=item, loop=record)
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

    def _goes_on(self, view: View, record: dict[str, Any]) -> bool:
        if self.items:
            return record["index"] < len(record["items"])
        if record["index"] >= self.max_iterations:
            return False
        scope = expressions.scope(view, loop=record)
        return not self.condition or bool(expressions.parse(self.condition).evaluate(scope))
