"""Closing: why the server ends a WebSocket, as the numbers that clients decide by."""

from enum import IntEnum

__all__ = ["Closed", "Closing"]

LONGEST_REASON = 123
"""Bytes of a reason that fit into a close frame (RFC 6455 §5.5)."""


class Closing(IntEnum):
    """Close codes. Those below 4000 are RFC 6455's; those above are this server's, the last three digits as
    in HTTP."""

    NORMAL = 1000
    GOING_AWAY = 1001
    """The server stops. Connect again in a moment and resume: what runs goes on."""
    NOT_TEXT = 1003
    """A binary message came; messages are JSON text."""
    TOO_BIG = 1009
    """A message was longer than `AGENTICRAG_MAX_SOCKET_BYTES`."""
    BROKEN = 1011
    """The server failed. Connect again and resume; its log says why."""
    TRY_LATER = 1013
    """The client does not read what is sent, or the server is starting. Connect again and resume."""
    UNAUTHORIZED = 4401
    """There is no valid credential, none came in time, or it was revoked or has expired."""
    FORBIDDEN = 4403
    """The page's origin is not allowed, or the caller may not do this."""
    NOT_FOUND = 4404
    """The workspace has no such flow."""
    NOT_AVAILABLE = 4409
    """The flow is switched off."""
    INVALID = 4422
    """The address has a query parameter that it does not take, or one with an invalid value."""
    TOO_MANY = 4429
    """Too many open sockets, or too many messages a minute."""


class Closed(Exception):
    """Ends a WebSocket with a code and a sentence."""

    def __init__(self, code: Closing, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason.encode()[:LONGEST_REASON].decode("utf-8", "ignore")
