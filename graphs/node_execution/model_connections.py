"""Requests that name a connection, as they go by it."""

from graphs.run_state.run_state import RunState
from graphs.values.findings import shown
from graphs.values.messages import ModelRequest
from graphs.values.node_error import NodeError

__all__ = ["by_connection"]


async def by_connection(running: RunState, request: ModelRequest) -> ModelRequest:
    """Return a request with what its connection says: where it goes, the key, settings that it leaves open.

    Raises:
        NodeError: the workspace has no such connection (code ``no_connection``).
    """
    if not request.connection:
        return request
    try:
        found = await running.connections(request.connection)
    except Exception as error:
        running.broken = error
        raise
    if found is None:
        raise NodeError(
            f"There is no connection {shown(request.connection)} in this workspace. Store one of this name, "
            "or name another.",
            code="no_connection",
        )
    return found.asked(request)
