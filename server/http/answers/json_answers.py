"""Large JSON answers, encoded in a thread: no other request waits for them."""

import asyncio
from typing import Any, TypeVar, cast

from litestar import Response
from litestar.serialization import default_serializer

from graphs.parsing.heavy_values import as_json, heavy

__all__ = ["encode_apart"]

Answer = TypeVar("Answer")


async def encode_apart(answer: Answer) -> Answer:
    """Return an answer whose JSON is bytes already if it takes long to encode; a stream as it is."""
    if not isinstance(answer, Response):
        return answer
    response = cast("Response[Any]", answer)
    content = response.content
    if not isinstance(content, bytes | str) and "json" in (response.media_type or "json") and heavy(content):
        response.content = await asyncio.to_thread(as_json, content, default_serializer)
    return answer
