"""What programs outside of this repository import to write tools and node types of their own.

These names stay where they are. Everything else in `graphs` may move from one release to the next.
"""

from graphs import expressions
from graphs.expressions import templates
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample, tool
from graphs.values.effects import Effects
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = [
    "Context",
    "Effects",
    "Example",
    "Node",
    "NodeError",
    "Outcome",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolExample",
    "Touches",
    "View",
    "expressions",
    "templates",
    "tool",
]

Touches = Effects
"""The name that `Effects` had in earlier releases."""
