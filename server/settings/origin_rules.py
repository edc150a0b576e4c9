"""What `AGENTICRAG_CORS_ORIGINS` takes: origins as browsers send them, none that can never match."""

import re
from urllib.parse import urlsplit

from server.settings.server_settings import Settings

__all__ = ["cors_origins"]

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://([^\s/?#@*,;A-Z]+)")
_PORTS = {"http": 80, "https": 443}
"""Ports that browsers leave out of an origin (RFC 6454 §6.2)."""


def cors_origins(settings: Settings) -> None:
    """Return if each of the settings' origins is one that a browser can send, and one page's alone.

    Raises:
        ValueError: one is not; a sentence that says how to write it.
    """
    for origin in settings.cors_origins:
        if "*" in origin or origin == "null":
            raise ValueError(
                f"AGENTICRAG_CORS_ORIGINS takes origins, not '{origin}': name each that may call the API."
            )
        if (better := _as_sent(origin)) != origin:
            hint = f"'{better}'" if better else "each as https://app.example.com, with commas between"
            raise ValueError(
                f"AGENTICRAG_CORS_ORIGINS has '{origin}', which no browser sends: an origin is a scheme, a "
                f"host and a port if it is not the usual one, in lower case and without a path. Write {hint}."
            )


def _as_sent(origin: str) -> str:
    """Return an origin as a browser sends it; empty if none can be made of it."""
    scheme = "http" if re.match(r"(localhost|127\.0\.0\.1|\[::1\])(:|/|$)", origin) else "https"
    given = origin if "://" in origin else f"{scheme}://{origin}"
    try:
        parts = urlsplit(given)
        host, port = parts.hostname or "", parts.port
        host = host if host.isascii() else host.encode("idna").decode()
    except ValueError:
        return ""
    if port == _PORTS.get(parts.scheme):
        port = None
    found = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port is not None else ''}"
    return found if _ORIGIN.fullmatch(found) else ""
