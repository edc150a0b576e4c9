"""WebSocket protocol: the WebSocket half of uvicorn, imported by the first socket and not before.

What it needs costs 4 MB that a server without sockets does not carry.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

__all__ = ["socket_options"]


def socket_options(longest: int) -> Mapping[str, Any]:
    """Return the options of uvicorn's `Config` for WebSockets whose messages have at most `longest` bytes."""
    return {
        "ws": _protocol,
        "ws_max_size": longest,
        "ws_per_message_deflate": False,  # costs each socket more memory and time than short frames are worth
    }


def _protocol(config: Any, server_state: Any, app_state: dict[str, Any]) -> asyncio.Protocol:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    protocol = WebSocketsSansIOProtocol(config=config, server_state=server_state, app_state=app_state)
    protocol.logger = _silent()
    return protocol


def _silent() -> logging.Logger:
    """Return a logger for failures alone: uvicorn's own notes each address with the tokens that are in it."""
    quiet = logging.getLogger("agenticrag.sockets.uvicorn")
    quiet.setLevel(logging.WARNING)
    return quiet
