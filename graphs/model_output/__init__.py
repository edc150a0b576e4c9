"""Reading a model's output: parts of streamed answers, tool calls in text or fragments, reasoning, end marks."""
