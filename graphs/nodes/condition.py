"""The condition node."""

from typing import Annotated, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.expressions.long_work import aside
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_view import View

__all__ = ["Condition"]


class Condition(Node, frozen=True, kw_only=True, tag="condition"):
    """Continue at the outlet `yes` or `no`.

    False, null, 0 and empty values count as no. The output is the output of the previous node.
    """

    asks_context: ClassVar[bool] = True
    pure: ClassVar[bool] = True

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="By the user's words",
            data={"expression": "'refund' in lower(message)"},
            input={"message": "I want a Refund"},
            outlet="yes",
        ),
        Example(
            title="By a node's output",
            data={"expression": "nodes.score.value >= 0.5"},
            outputs={"score": {"value": 0.2}},
            output={"value": 0.2},
            outlet="no",
        ),
    )

    expression: Annotated[str, Meta(description="Expression that decides.")]

    def outlets(self) -> tuple[str, ...]:
        """Return the two ways."""
        return ("yes", "no")

    def expressions(self) -> dict[str, str]:
        """Return the expression."""
        return {"expression": self.expression}

    def passes_on(self) -> bool:
        """Say that it does."""
        return True

    async def run(self, view: View, context: Context) -> Outcome:
        """Choose the way."""
        condition, scope = expressions.parse(self.expression), expressions.scope(view)
        decided = await aside(lambda: condition.evaluate(scope))
        return Outcome(output=view.arrived(), outlet="yes" if decided else "no")
