"""What a tool is, and how the tool calls of a model are checked."""

from graphs.old_paths import moved

__getattr__ = moved(__name__, ("Tool", "ToolContext", "ToolError", "ToolExample", "tool"))
