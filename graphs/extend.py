"""What programs outside of this repository import to write tools, node types and providers of their own.

These names stay where they are. Everything else in `graphs` may move from one release to the next.
"""

from graphs import expressions
from graphs.code_graphs.chat_model import chat_model
from graphs.conversation.messages import ModelRequest, Usage
from graphs.expressions import templates
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Address, Piece
from graphs.node.context import Context
from graphs.node.node import Example, Node, Outcome
from graphs.outbound.egress import Egress
from graphs.providers.settings import ModelSettings
from graphs.providers.table import ProviderExample, provider
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample, tool
from graphs.values.effects import Effects
from graphs.values.node_error import NodeError
from graphs.values.node_view import View

__all__ = [
    "Address",
    "Context",
    "Effects",
    "Egress",
    "Example",
    "ModelError",
    "ModelRequest",
    "ModelSettings",
    "Node",
    "NodeError",
    "Outcome",
    "Piece",
    "ProviderExample",
    "Tool",
    "ToolContext",
    "ToolError",
    "ToolExample",
    "Touches",
    "Usage",
    "View",
    "chat_model",
    "expressions",
    "provider",
    "templates",
    "tool",
]

Touches = Effects
"""The name that `Effects` had in earlier releases."""
