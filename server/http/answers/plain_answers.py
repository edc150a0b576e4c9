"""Plain answers: whole bodies of the small ports that have no API."""

from collections.abc import Sequence
from typing import Any

from litestar.types import Send

__all__ = ["send_plain"]


async def send_plain(
    scope: Any, send: Send, status: int, media: str, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Answer a request whole, and a HEAD without the body."""
    told = [
        (b"content-type", media.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": told})
    shown = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": shown, "more_body": False})
