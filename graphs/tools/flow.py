"""The flow tool."""

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from graphs.tool.tool_type import Tool, ToolContext, ToolExample
from graphs.values.findings import shown
from graphs.values.wanted_version import WantedVersion

__all__ = ["FlowTool"]

_ANYTHING = {
    "type": "object",
    "properties": {"message": {"type": "string", "description": "What the flow is to work on."}},
}


class FlowTool(Tool, frozen=True, kw_only=True, tag="flow"):
    """Run another flow of the workspace and read its output."""

    bounded_by_run: ClassVar[bool] = True
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="Ask a flow about the weather",
            config={
                "flow_id": "0b7f9f0a",
                "alias": "weather",
                "description": "Tell the weather of a city.",
                "parameters_schema": {
                    "type": "object",
                    "properties": {"city": {"type": "string", "description": "The city."}},
                    "required": ["city"],
                },
            },
            arguments={"city": "Oslo"},
        ),
    )

    flow_id: Annotated[str, Meta(min_length=1, max_length=64, description="ID of the flow to run.")]
    version: Annotated[
        WantedVersion | None,
        Meta(
            description="Version of the flow: a number, or a label such as `production`. Empty: the current "
            "one."
        ),
    ] = None
    parameters_schema: Annotated[
        dict[str, Any] | None,
        Meta(description="JSON Schema of the arguments. Null: the inputs that the flow declares."),
    ] = None

    def problem(self) -> str:
        """Return why it cannot be used so."""
        if not self.repeatable:
            return "'repeatable' of a flow is what its nodes say. Set it there, and leave it out here."
        if self.parameters_schema is None:
            return ""
        from graphs.parsing.schemas import SchemaError, check_schema

        try:
            check_schema(self.parameters_schema)
        except SchemaError as error:
            return str(error)
        return ""

    def calls(self) -> tuple[str, int | str | None]:
        """Return the flow."""
        return self.flow_id, self.version

    def parameters(self) -> dict[str, Any]:
        """Return the inputs of the flow."""
        return _ANYTHING if self.parameters_schema is None else self.parameters_schema

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Run it."""
        output = await context.call_flow(self.flow_id, self.version, arguments)
        return f"Flow {shown(self.called)} gave nothing." if output is None else output
