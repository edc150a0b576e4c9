"""Cross-site requests: what a page of another site may not have a browser do where no key is asked for."""

from collections.abc import Collection
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from server.http.problems import Problem
from server.request_origin.trusted_origins import is_allowed

__all__ = ["refuse_cross_site"]

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN = frozenset({"same-origin", "none"})
"""What a browser says of a request (Fetch Metadata, §2.3) that a page of ours makes, or a person by hand."""


def refuse_cross_site(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler, allowed: Collection[str]
) -> None:
    """Return if a request only reads, or is none that a page of another site has a browser send.

    Browsers say by `Sec-Fetch-Site` where a request comes from, older ones by `Origin` alone and not for
    every one: what changes something or starts a run is refused to those without either. Programs send
    neither, and are no browsers by their `User-Agent`.

    Args:
        connection: The request.
        handler: Whose it is.
        allowed: Origins whose pages may call the API.

    Raises:
        Problem: 403.
    """
    needs = str(handler.opt.get("needs") or "")
    reads = connection.scope.get("method", "GET") in _READS
    if connection.scope["type"] == "websocket" or (reads and not needs.endswith((":start", ":write"))):
        return  # a handshake's origin is looked at where sockets are opened
    origins = connection.headers.getall("origin", [])
    site = connection.headers.get("sec-fetch-site", "")
    if site in _OWN:
        return
    if origins and is_allowed(origins, connection.headers.get("host", ""), allowed) and site != "cross-site":
        return
    if origins and len(origins) == 1 and origins[0] in allowed:
        return
    if not site and not origins and not connection.headers.get("user-agent", "").startswith("Mozilla/"):
        return
    raise Problem(
        403,
        "forbidden",
        "A page of another site sent this, and no key is asked for here. Call from a page of this server, or "
        "name the page's origin in AGENTICRAG_CORS_ORIGINS.",
    )
