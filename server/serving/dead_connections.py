"""Dead connections: closed ones that do not end, since their client does not read what was sent.

A transport that is closed first sends what it has. To a client that reads nothing, it never has: the socket
and the bytes would stay for as long as the client likes.
"""

import asyncio
from collections.abc import Iterable
from typing import Any

__all__ = ["DeadConnections"]


class DeadConnections:
    """Gives closed connections so many seconds for their last bytes, then ends them."""

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._since: dict[asyncio.Transport, float] = {}

    def look(self, connections: Iterable[Any], now: float) -> None:
        """Look at uvicorn's connections, again and again; `now` is the loop's time in seconds."""
        closing = [one.transport for one in connections if one.transport and one.transport.is_closing()]
        self._since = {transport: self._since.get(transport, now) for transport in closing}
        for transport, since in self._since.items():
            if now - since > self._patience:
                transport.abort()
