"""The chat completions protocol: payloads, chunks and deltas, and which server takes what."""
