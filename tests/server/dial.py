"""A WebSocket as a client has it, and what it heard."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from tests.server.conftest import API, Running

__all__ = ["Dialled", "dial"]


class Dialled:
    """An open WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        """Send a message."""
        await self.connection.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """Return the next frame."""
        return json.loads(await self.connection.recv())

    async def until(self, *types: str) -> list[dict[str, Any]]:
        """Return the frames up to the first of a type."""
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1]["type"] not in types:
            heard.append(await self.hear())
        return heard

    async def closing(self) -> tuple[int, str]:
        """Return code and reason of the server's close frame, whatever comes before it."""
        with suppress(ConnectionClosedError):  # which it raises for all codes but 1000 and 1001
            async for _ in self.connection:
                pass
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


@asynccontextmanager
async def dial(
    server: Running | str, path: str, key: str = "", *, origin: str | None = None, **headers: str
) -> AsyncGenerator[Dialled]:
    """Open a WebSocket of the API."""
    url = (server if isinstance(server, str) else server.url).replace("http", "ws", 1)
    named = {"Authorization": f"Bearer {key}"} if key else {}
    async with connect(
        f"{url}{API}{path}",
        additional_headers={**named, **headers},
        origin=origin,  # pyright: ignore[reportArgumentType]: any text is one
        compression=None,
        max_size=None,
    ) as connection:
        yield Dialled(connection)
