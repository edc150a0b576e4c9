"""What every request and answer passes: bodies, problems, proxies, trusted origins, headers, SSE frames."""
