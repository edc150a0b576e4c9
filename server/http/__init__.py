"""What every request and answer passes: bodies, problems, headers, compression, SSE frames."""
