"""The variable node."""

from typing import Annotated, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.node.variables import VariableName
from graphs.values.node_view import View

__all__ = ["Variable"]


class Variable(Node, frozen=True, kw_only=True, tag="variable"):
    """Set variables. Later nodes read them as `variables.<name>`.

    All expressions see the variables as they were before. The output is the output of the previous node.
    Every other node can also set variables, with its field `set`. If the start node declares the variable
    with a reducer, the value changes it: `append` adds it to a list, `add` to a number.
    """

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    group: ClassVar[str] = "data"
    sets_itself: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="Count",
            data={"set": {"count": "default(variables.count, 0) + 1", "last": "message"}},
            input={"message": "again"},
            variables={"count": 2},
            sets={"count": 3, "last": "again"},
        ),
    )

    set: Annotated[  # pyright: ignore[reportGeneralTypeIssues]  # what others may do, this type is for
        dict[VariableName, str],
        Meta(min_length=1, max_length=100, description="An expression for each variable."),
    ]

    def expressions(self) -> dict[str, str]:
        """Return the variables' expressions."""
        return {f"set.{name}": source for name, source in self.set.items()}

    def passes_on(self) -> bool:
        """Say that it does."""
        return True

    async def run(self, view: View, context: Context) -> Outcome:
        """Set the variables."""
        scope = expressions.scope(view)
        sources = {name: expressions.parse(source) for name, source in self.set.items()}
        values = await aside(lambda: {name: source.evaluate(scope) for name, source in sources.items()})
        return Outcome(output=view.arrived(), variables=values)
