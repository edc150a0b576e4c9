"""The mcp tool."""

import time
from typing import Annotated, Any, ClassVar

from msgspec import Meta, field

from graphs.mcp.server_access import MCPCall, MCPError
from graphs.parsing.text import as_text
from graphs.tool.tool_type import Tool, ToolAsks, ToolContext, ToolError, ToolExample
from graphs.values.effects import Effects

__all__ = ["MCPTool"]

PROGRESS_SECONDS, MAX_PROGRESS = 0.5, 200
"""Seconds between two events of progress, and how many one call may have."""


class MCPTool(Tool, frozen=True, kw_only=True, tag="mcp"):
    """Use tools of an MCP server of the workspace."""

    bounded_by_run: ClassVar[bool] = True
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(
            title="Ask a server for the time",
            config={"server": "time", "tool": "get_current_time"},
            arguments={"timezone": "Asia/Seoul"},
        ),
    )

    server: Annotated[str, Meta(min_length=1, max_length=64, description="Name of the MCP server.")]
    tool: Annotated[
        str, Meta(max_length=128, description="Name of one tool there. Empty: those of `tools`.")
    ] = ""
    tools: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=128)]],
        Meta(max_length=100, description="Names of tools there. Empty: all that are approved."),
    ] = field(default_factory=list[str])
    parameters_schema: Annotated[
        dict[str, Any] | None, Meta(description="Set by the server when a run starts.")
    ] = None
    hash: Annotated[str, Meta(max_length=64, description="Set by the server when a run starts.")] = ""

    def problem(self) -> str:
        """Return why it cannot be used so."""
        if self.tool and self.tools:
            return "Give 'tool' for one tool or 'tools' for several, not both."
        if not self.tool and (self.alias or self.description):
            return "'alias' and 'description' are for one tool. Name it in 'tool', or leave them out."
        return ""

    def touches(self) -> Effects:
        """Return that others' words come in, and that a model chooses what is sent."""
        return Effects(
            strangers=f"what the MCP server '{self.server}' answers",
            way_out=f"calls to the MCP server '{self.server}'",
            writes=True,
        )

    def parameters(self) -> dict[str, Any]:
        """Return the schema that the server gave when the tool was approved."""
        return {"type": "object"} if self.parameters_schema is None else self.parameters_schema

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Call it."""
        told_at, told = 0.0, 0

        def progressed(progress: float, total: float | None, message: str) -> None:
            nonlocal told_at, told
            if time.monotonic() - told_at < PROGRESS_SECONDS or told >= MAX_PROGRESS:
                return
            told_at, told = time.monotonic(), told + 1
            context.progress(progress, total, message)

        if not self.hash:
            raise ToolError(f"The MCP server '{self.server}' can be used in runs of a server only.")
        call = MCPCall(
            server=self.server,
            tool=self.tool,
            arguments=arguments,
            hash=self.hash,
            repeatable=self.repeatable,
            on_progress=progressed,
            replies=context.replies,
            state=context.state,
            sample=context.sample,
        )
        try:
            answer = await context.call_mcp(call)
        except MCPError as error:
            raise ToolError(str(error), passing=error.passing) from None
        if answer.asks:
            raise ToolAsks(answer.asks, answer.state)
        if answer.is_error:
            raise ToolError(as_text(answer.value) or f"'{self.tool}' failed and does not say why.")
        if not answer.files:
            return answer.value
        files = [await context.keep_file(*file) for file in answer.files]
        return {"result": answer.value, "files": files}
