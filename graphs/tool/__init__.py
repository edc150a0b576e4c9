"""What a tool is, and how the tool calls of a model are checked."""
