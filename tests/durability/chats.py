"""Chats as a browser has them: each a stream of frames, read to its end."""

import asyncio
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from tests.durability.server_process import ServerProcess

__all__ = ["Said", "chat", "many"]


class Said(Struct, kw_only=True):
    """What one chat's stream has said."""

    status: int
    """Of HTTP."""
    text: str = ""
    """The contents since the last reset."""
    resets: int = 0
    response: str | None = None
    """Of ``done``."""
    code: str = ""
    """Of ``error``."""
    seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether the stream had its last frame."""
        return self.response is not None or bool(self.code)


async def chat(http: httpx.AsyncClient, message: str, *, model: str = "fake-model", **config: Any) -> Said:
    """Send a message and read its stream."""
    loop = asyncio.get_running_loop()
    body = {"message": message, "config": {"provider": "openai", "model": model, **config}}
    began = loop.time()
    answer = await http.post("/chatflow/chat/stream", json=body)
    said = Said(status=answer.status_code, seconds=loop.time() - began)
    for line in answer.text.split("\n"):
        if not line.startswith("data: {"):
            continue
        frame = msgspec.json.decode(line[6:])
        match frame["type"]:
            case "content":
                said.text += frame["content"]
            case "reset":
                said.text, said.resets = "", said.resets + 1
            case "done":
                said.response = frame["response"]
            case "error":
                said.code = frame["code"]
            case _:
                pass
    return said


async def many(
    server: ServerProcess, messages: list[tuple[str, dict[str, Any]]], *, at_once: int
) -> list[Said]:
    """Chat about each message, with what `chat` takes beside it, so many at once; return in order."""
    room = asyncio.Semaphore(at_once)
    async with server.client() as http:

        async def one(message: str, options: dict[str, Any]) -> Said:
            async with room:
                return await chat(http, message, **options)

        return await asyncio.gather(*(one(message, options) for message, options in messages))
