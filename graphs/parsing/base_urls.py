"""Base URLs as values to compare: one spelling of scheme, host and port, and whether it is this machine."""

import re
from urllib.parse import urlsplit

__all__ = ["is_loopback", "origin_of"]

# What two URL parsers may read differently is refused before either reads it.
_PLAIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/%\-]*)?")


def origin_of(url: str) -> str:
    """Return scheme, host and port of a base URL in one spelling.

    Raises:
        ValueError: it is no plain ``http(s)://host[:port][/path]``.
    """
    if not _PLAIN.fullmatch(url):
        raise ValueError(f"Expected http(s)://host[:port][/path], found {url!r}.")
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not parts.hostname:
        raise ValueError(f"Expected a host, found {url!r}.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def is_loopback(url: str) -> bool:
    """Whether a base URL names this machine: such requests never go through a proxy."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")
