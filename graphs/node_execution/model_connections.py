"""Requests that name a connection, as they go by it."""

from typing import Any

from graphs.conversation.messages import ModelRequest
from graphs.model_api.connection import Connection
from graphs.run_state.run_state import RunState
from graphs.values.findings import shown
from graphs.values.node_error import NodeError

__all__ = ["by_connection", "connection_of", "silent"]


async def connection_of(running: RunState, name: str) -> Connection | None:
    """Return the connection of a name; None for an empty one.

    Raises:
        NodeError: the workspace has no such connection (code ``no_connection``).
    """
    if not name:
        return None
    found = await running.guarded(running.connections(name))
    if found is None:
        raise NodeError(
            f"There is no connection {shown(name)} in this workspace. Store one of this name, or name "
            "another.",
            code="no_connection",
        )
    return found


async def by_connection(running: RunState, request: ModelRequest) -> ModelRequest:
    """Return a request with what its connection says: where it goes, the key, settings that it leaves open.

    Raises:
        NodeError: the workspace has no such connection (code ``no_connection``).
    """
    connection = await connection_of(running, request.connection)
    return request if connection is None else connection.asked(request)


def silent(*_: Any, **__: Any) -> None:
    """Say nothing: vectors and scores are no message."""
