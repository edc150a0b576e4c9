"""From journal events to a wire format: one file for each format, pure functions."""
