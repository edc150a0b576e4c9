"""The variable node."""

from typing import Annotated, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_view import View

__all__ = ["Variable"]

_Name = Annotated[str, Meta(pattern=r"^(?!__)[^\W\d]\w*$", max_length=64)]


class Variable(Node, frozen=True, kw_only=True, tag="variable"):
    """Set variables that later nodes read as `variables.<name>`.

    All expressions see the variables as they were before. What arrived is passed on.
    """

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Count",
            data={"set": {"count": "default(variables.count, 0) + 1", "last": "message"}},
            input={"message": "again"},
            variables={"count": 2},
            sets={"count": 3, "last": "again"},
        ),
    )

    set: Annotated[
        dict[_Name, str], Meta(min_length=1, max_length=100, description="An expression for each variable.")
    ]

    def expressions(self) -> dict[str, str]:
        """Return the variables' expressions."""
        return {f"set.{name}": source for name, source in self.set.items()}

    async def run(self, view: View, context: Context) -> Outcome:
        """Set the variables."""
        scope = expressions.scope(view)
        values = {name: expressions.parse(source).evaluate(scope) for name, source in self.set.items()}
        return Outcome(output=view.arrived(), variables=values)
