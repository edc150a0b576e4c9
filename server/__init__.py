"""The Litestar app: the only place where graphs, persistence and HTTP meet."""
