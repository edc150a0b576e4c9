"""What every request and answer passes: bodies, problems, headers, compression, bytes of SSE."""
