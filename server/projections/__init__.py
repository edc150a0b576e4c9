"""From journal events, tokens among them, to frames of SSE and WebSocket: one file for each wire format."""
