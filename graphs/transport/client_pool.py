"""Pool: keeps clients for reuse, by address, and closes the oldest idle ones when there are too many."""

import contextlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

from graphs.model_api.provider import Address

__all__ = ["Pool"]

Client = TypeVar("Client")


class Pool(Generic[Client]):
    """Clients by address. Keys that callers bring make new addresses without end, hence the limit."""

    def __init__(
        self, make: Callable[[Address], Client], close: Callable[[Client], Awaitable[None]], limit: int = 32
    ) -> None:
        self._make = make
        self._close = close
        self._limit = limit
        self._clients: OrderedDict[Address, Client] = OrderedDict()
        self._in_use: dict[Address, int] = {}

    @contextlib.asynccontextmanager
    async def lease(self, address: Address) -> AsyncGenerator[Client]:
        """Give the client of an address; it stays open at least until the block ends."""
        if (client := self._clients.get(address)) is None:
            client = self._clients[address] = self._make(address)
        self._clients.move_to_end(address)
        self._in_use[address] = self._in_use.get(address, 0) + 1
        try:
            yield client
        finally:
            self._in_use[address] -= 1
            if not self._in_use[address]:
                del self._in_use[address]
            if len(self._clients) > self._limit:
                await self._evict()

    async def _evict(self) -> None:
        idle = next((address for address in self._clients if address not in self._in_use), None)
        if idle is not None:
            await self._close(self._clients.pop(idle))

    async def close(self) -> None:
        """Close every client."""
        while self._clients:
            _, client = self._clients.popitem()
            await self._close(client)
