"""The transform node."""

from typing import Annotated, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_view import View

__all__ = ["Transform"]


class Transform(Node, frozen=True, kw_only=True, tag="transform"):
    """Compute a value with an expression, or an object with one expression per key."""

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="A value",
            data={"expression": "join(pluck(nodes.search.hits, 'title'), '; ')"},
            outputs={"search": {"hits": [{"title": "One"}, {"title": "Two"}]}},
            output="One; Two",
        ),
        Example(
            title="An object",
            data={"expression": {"shout": "upper(message) + '!'", "long": "length(message) > 100"}},
            input={"message": "hello"},
            output={"shout": "HELLO!", "long": False},
        ),
    )

    expression: Annotated[
        str | dict[str, str], Meta(description="An expression, or an object of expressions by key.")
    ]

    def expressions(self) -> dict[str, str]:
        """Return the expression or expressions."""
        if isinstance(self.expression, str):
            return {"expression": self.expression}
        return {f"expression.{key}": source for key, source in self.expression.items()}

    async def run(self, view: View, context: Context) -> Outcome:
        """Give the value."""
        scope = expressions.scope(view)
        if isinstance(self.expression, str):
            source = expressions.parse(self.expression)
            return Outcome(output=await aside(lambda: source.evaluate(scope)))
        sources = {key: expressions.parse(source) for key, source in self.expression.items()}
        return Outcome(
            output=await aside(lambda: {key: source.evaluate(scope) for key, source in sources.items()})
        )
