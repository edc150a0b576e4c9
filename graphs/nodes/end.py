"""The end node."""

from typing import Annotated, ClassVar

from msgspec import Meta

from graphs import expressions
from graphs.expressions import templates
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.values.node_view import View

__all__ = ["End"]


class End(Node, frozen=True, kw_only=True, tag="end"):
    """End the run. Its output is the output of the run.

    Without `output` and `expression`, it is the output of the previous node. If several edges arrived, it is
    an object by node ID. A chat sends it as text.
    """

    ends: ClassVar[bool] = True
    examples: ClassVar[tuple[Example, ...]] = (
        Example(title="What arrived", data={}, outputs={"llm": "Hello!"}, output="Hello!"),
        Example(
            title="A text",
            data={"output": "Summary: {{ nodes.llm }}"},
            outputs={"llm": "All is well."},
            output="Summary: All is well.",
        ),
        Example(
            title="A value",
            data={"expression": "{answer: nodes.llm, words: length(split(nodes.llm, ' '))}"},
            outputs={"llm": "All is well."},
            output={"answer": "All is well.", "words": 3},
        ),
    )

    output: Annotated[
        str, Meta(description="Template of the output. Empty: the output of the previous node.")
    ] = ""
    expression: Annotated[str, Meta(description="Expression of the output, instead of `output`.")] = ""

    def __post_init__(self) -> None:
        """Refuse two outputs."""
        if self.output and self.expression:
            raise ValueError("Expected 'output' or 'expression', found both; keep one")

    def outlets(self) -> tuple[str, ...]:
        """Return none: nothing comes after."""
        return ()

    def templates(self) -> dict[str, str]:
        """Return the output's template."""
        return {"output": self.output} if self.output else {}

    def expressions(self) -> dict[str, str]:
        """Return the output's expression."""
        return {"expression": self.expression} if self.expression else {}

    def passes_on(self) -> bool:
        """Say whether what arrived is the output."""
        return not self.output and not self.expression

    def gives(self) -> str:
        """Return the output's template or expression."""
        return self.output or self.expression

    async def run(self, view: View, context: Context) -> Outcome:
        """Give the run's output."""
        if self.expression:
            return Outcome(output=expressions.parse(self.expression).evaluate(expressions.scope(view)))
        if self.output:
            return Outcome(output=templates.parse(self.output).render(expressions.scope(view)))
        return Outcome(output=view.arrived())
