"""Reading a model's output: parts of a streamed answer, tool calls in texts or fragments, reasoning."""
