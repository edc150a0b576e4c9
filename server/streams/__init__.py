"""Streams: each event of a run, a token for instance, becomes a frame of SSE or WebSocket; one file each."""
