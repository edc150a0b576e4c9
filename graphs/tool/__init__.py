"""What a tool is, and how the tool calls of a model are checked."""

from graphs.deprecated_imports import moved

__getattr__ = moved(__name__, ("Tool", "ToolContext", "ToolError", "ToolExample", "tool"))
