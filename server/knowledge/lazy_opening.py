"""LazyOpening: something of a process that is imported and made when it is first used."""

import asyncio
import importlib
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

__all__ = ["LazyOpening"]


class _Closing(Protocol):
    async def close(self) -> None: ...


Opened = TypeVar("Opened", bound=_Closing)


class LazyOpening(Generic[Opened]):
    """Opens it once. Making this costs nothing."""

    def __init__(self, module: str, make: Callable[[], Opened]) -> None:
        """Keep how it is opened.

        Args:
            module: What is imported first, on a thread: it takes a while.
            make: Makes it.
        """
        self._module = module
        self._make = make
        self._opened: Opened | None = None
        self._opening = asyncio.Lock()

    async def get(self) -> Opened:
        """Return it, open."""
        async with self._opening:
            if self._opened is None:
                await asyncio.to_thread(importlib.import_module, self._module)
                self._opened = self._make()
        return self._opened

    async def close(self) -> None:
        """Close it, if it was opened."""
        if self._opened is not None:
            await self._opened.close()
