"""Plain values that all else exchanges: messages, events, findings, files, limits."""
