"""How to reach a server, and the word for what is not said."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Mapping, Optional, Union
from urllib.parse import urlsplit

import httpx

from .problems import ArgumentError

__all__ = ["UNSET", "APIConfig", "Secret", "Timeout", "Unset", "check_options"]

TIMEOUT, RETRIES, RECONNECTS = 120.0, 3, 10


class Unset(Enum):
    """The kind of `UNSET`."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        """Show its name."""
        return "UNSET"

    def __bool__(self) -> bool:
        """Be false, as what is not there."""
        return False


class Secret(str):
    """A text that its `repr` hides, and so do tracebacks that show variables."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Show whether there is one."""
        return "'…'" if self else "''"


UNSET = Unset.UNSET
"""A field that is not sent. None is sent, as null."""

Timeout = Union[float, httpx.Timeout, None, Unset]
"""Seconds, or httpx's four of them; None for as long as it takes, UNSET for what the client says."""


@dataclass(frozen=True)
class APIConfig:
    """Where the server is, who asks, and how patiently."""

    base_url: str = ""
    """Scheme, host and port, perhaps with a path that a proxy puts before the API's; without it
    `AGENTICRAG_BASE_URL`, else http://localhost:8000."""
    api_key: Optional[str] = None
    """An API key or a token; without it `AGENTICRAG_API_KEY`. Empty for a server that asks for none."""
    timeout: Timeout = UNSET
    """Seconds to wait for an answer, for each attempt: 120, or what an httpx client of one's own says."""
    max_retries: Union[int, Unset] = UNSET
    """How often a request is tried again: 3."""
    stream_timeout: float = 45.0
    """Seconds without a byte after which a stream counts as dead; three heartbeats fit in."""
    max_reconnects: Union[int, Unset] = UNSET
    """How often a broken stream that brings nothing new is taken up again: `max_retries` where that is
    given, else 10."""
    default_headers: Mapping[str, str] = field(default_factory=lambda: {}, repr=False)
    """Further headers of every request."""
    raise_on_failure: bool = False
    """Whether a run that fails is an exception, `RunFailedError`, and not an answer or an event."""

    def __post_init__(self) -> None:
        """Look at the environment, and refuse what cannot be a server's address or a key."""
        url = self.base_url or os.environ.get("AGENTICRAG_BASE_URL") or "http://localhost:8000"
        key = self.api_key if self.api_key is not None else Secret(os.environ.get("AGENTICRAG_API_KEY", ""))
        check_options(self.timeout, self.max_retries)
        object.__setattr__(self, "base_url", _address(url))
        object.__setattr__(self, "api_key", _key(key))

    @property
    def retries(self) -> int:
        """How often a request is tried again."""
        return RETRIES if isinstance(self.max_retries, Unset) else self.max_retries

    def reconnects(self, retries: Optional[int]) -> int:
        """Return how often a stream is taken up again, where a call may say how often it is tried."""
        if retries is not None:
            return retries
        if not isinstance(self.max_reconnects, Unset):
            return self.max_reconnects
        return RECONNECTS if isinstance(self.max_retries, Unset) else self.max_retries

    def __repr__(self) -> str:
        """Show everything but the key."""
        return f"APIConfig(base_url={self.base_url!r}, api_key={self.api_key!r}, timeout={self.timeout!r})"


def check_options(timeout: Any, max_retries: Any) -> None:
    """Refuse what is no time or no number of repetitions.

    Raises:
        ArgumentError: it is none.
    """
    given = timeout is not None and not isinstance(timeout, (Unset, httpx.Timeout))
    if given and (isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout >= 0):
        raise ArgumentError(f"'timeout' takes seconds from 0, an httpx.Timeout, or None; found {timeout!r}.")
    given = max_retries is not None and not isinstance(max_retries, Unset)
    if given and (isinstance(max_retries, bool) or not isinstance(max_retries, int) or max_retries < 0):
        raise ArgumentError(f"'max_retries' takes a whole number from 0; found {max_retries!r}.")


def _address(given: Any) -> str:
    """Return an address without its last slashes; it is shown in errors, so it must hold no secret.

    Raises:
        ArgumentError: it is none.
    """
    if not isinstance(given, (str, httpx.URL)):
        raise ArgumentError(f"'base_url' takes the server's address as text; found {type(given).__name__}.")
    url = str(given).strip()
    found = "an address that cannot be read"
    try:
        parts = urlsplit(url)
        found = f"'{parts.scheme}://{parts.hostname}'" if parts.scheme and parts.netloc else "one without both"
        host = parts.hostname if httpx.URL(url).host else ""
        good = parts.scheme in ("http", "https") and bool(host) and " " not in str(host) and parts.port != 0
        plain = not (parts.username or parts.password or parts.query or parts.fragment)
    except (ValueError, httpx.InvalidURL):
        good = plain = False
    if not good or not plain:
        raise ArgumentError(
            "'base_url' takes an address with scheme and host, like https://agents.example.com, without a user, a "
            f"password and a query; found {found}{'' if plain or not good else ' with one of them'}."
        )
    return url.rstrip("/")


def _key(given: Any) -> Secret:
    """Return a key without the blanks and line ends around it.

    Raises:
        ArgumentError: there is something in it that no header may hold; the key is not shown.
    """
    if not isinstance(given, str):
        raise ArgumentError(f"'api_key' takes a text; found {type(given).__name__}.")
    key = Secret(given.strip())
    for place, character in enumerate(key, 1):
        if not " " <= character <= "~":
            raise ArgumentError(
                f"'api_key' takes one key of plain letters, digits and signs; character {place} of {len(key)} "
                "is none of them. Copy the key again."
            )
    return key
