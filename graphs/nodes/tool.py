"""The tool node."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs import expressions
from graphs.expressions.json_templates import fill, sources
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.node.tool_use import Refused, ask_approval, use_tool
from graphs.tool.tool_calls import check_arguments
from graphs.tools import ToolEntryError, read_tool
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = ["ToolNode"]


class ToolNode(Node, frozen=True, kw_only=True, tag="tool"):
    """Call a tool without a model. The output is its result.

    Texts in the arguments are templates. A text that is a single reference keeps the type of its value: a
    number stays a number.
    """

    group: ClassVar[str] = "data"
    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title="A sum",
            data={"tool": "calculator", "arguments": {"expression": "{{ input.net }} * 1.19"}},
            input={"net": 100},
            output=119.0,
        ),
    )

    tool: Annotated[
        str | dict[str, Any], Meta(description="Name of the tool, or an object with `name` and settings.")
    ]
    arguments: Annotated[
        dict[str, Any], Meta(max_length=100, description="JSON whose texts are templates.")
    ] = field(default_factory=dict[str, Any])

    def templates(self) -> dict[str, str]:
        """Return every text that is a template."""
        return sources(self.arguments, "arguments")

    def tool_entries(self) -> dict[str, Any]:
        """Return the tool."""
        return {"tool": self.tool}

    def reads_arrived(self) -> bool:
        """Say no: it works on what its templates look up."""
        return False

    async def run(self, view: View, context: Context) -> Outcome:
        """Use it."""
        try:
            tool = read_tool(self.tool, context.toolbox.kinds)
        except ToolEntryError as error:
            raise NodeError(str(error), code="bad_tool") from None
        arguments: dict[str, Any] = fill(self.arguments, expressions.scope(view))
        if problem := check_arguments(tool, arguments):
            raise NodeError(f"The arguments do not fit tool '{tool.called}'. {problem}", code="bad_arguments")
        if tool.approval:
            try:
                arguments = await ask_approval(tool, arguments, context)
            except Refused as refused:
                raise NodeError(str(refused), code="not_allowed") from None
        result = await use_tool(tool, arguments, context, context.toolbox)
        if result.status == "failed":
            raise NodeError(result.error or result.content, code="tool_failed")
        return Outcome(output=result.content if result.value is None else result.value)
