"""Workspace tools: what `agenticrag mcp` and `agenticrag apis` share."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from persistence.identity.credentials import Credentials
    from persistence.storage.database import Database
    from server.settings.sources import Settings

__all__ = ["opened_for_command"]


class _Closing(Protocol):
    async def close(self) -> None:
        """Close what is open."""
        ...


T = TypeVar("T", bound=_Closing)


@asynccontextmanager
async def opened_for_command(
    make: "Callable[[Settings, Database, Credentials], T]",
) -> AsyncGenerator[T]:
    """Give what a command works with on this machine's database, and close it at the end."""
    from server.checkup.command_database import credentials_of, open_store
    from server.settings.sources import load_settings

    settings = load_settings()
    async with open_store(settings) as database:
        made = make(settings, database, credentials_of(database, settings))
        try:
            yield made
        finally:
            await made.close()
