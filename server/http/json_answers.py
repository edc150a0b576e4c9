"""Large JSON answers, encoded in a thread: no other request waits for them."""

import asyncio
from typing import Any

from litestar import Response
from litestar.serialization import default_serializer

from graphs.parsing.heavy_values import as_json, heavy

__all__ = ["encode_apart"]


async def encode_apart(response: Response[Any]) -> Response[Any]:
    """Return an answer whose JSON is bytes already if it takes long to encode."""
    content = response.content
    if not isinstance(content, bytes | str) and "json" in (response.media_type or "json") and heavy(content):
        response.content = await asyncio.to_thread(as_json, content, default_serializer)
    return response
