"""How to reach a server, and the word for what is not said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

__all__ = ["UNSET", "APIConfig", "Unset"]


class Unset(Enum):
    """The kind of `UNSET`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        """Show its name."""
        return "UNSET"

    def __bool__(self) -> bool:
        """Be false, as what is not there."""
        return False


UNSET = Unset.UNSET
"""A field that is not sent. None is sent, as null."""


@dataclass(frozen=True)
class APIConfig:
    """Where the server is, who asks, and how patiently."""

    base_url: str = "http://localhost:8000"
    """Scheme, host and port, perhaps with a path that a proxy puts before the API's."""
    api_key: str = ""
    """An API key or a token; empty for a server that asks for none."""
    timeout: float = 60.0
    """Seconds to wait for an answer, for each attempt. A whole chat may take its model long."""
    max_retries: int = 3
    """How often a request, or a broken stream that brings nothing new, is tried again."""
    stream_timeout: float = 45.0
    """Seconds without a byte after which a stream counts as dead; three heartbeats fit in."""

    def __repr__(self) -> str:
        """Show everything but the key."""
        shown = "'…'" if self.api_key else "''"
        return f"APIConfig(base_url={self.base_url!r}, api_key={shown}, timeout={self.timeout!r})"
