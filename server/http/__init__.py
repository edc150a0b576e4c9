"""What every request and answer passes: bodies, problems, proxies, headers, limits, SSE."""
