"""The HTTP API, WebSockets, pages and the command line."""
