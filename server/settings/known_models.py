"""The models that the server's providers have now."""

import asyncio
import time

from server.settings.sources import Settings

__all__ = ["KnownModels"]

REMEMBERED_SECONDS = 30.0
LONGEST_SECONDS = 2.0


class KnownModels:
    """Asks every provider which models it has, and remembers it for half a minute."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._found: list[tuple[str, str]] = []
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def list(self) -> list[tuple[str, str]]:
        """Return (provider, model) pairs; a provider that does not answer in 2 seconds has none."""
        async with self._asking:
            if time.monotonic() >= self._until:
                from graphs.providers.probes import probe_all

                found = await probe_all(self._settings.models(), seconds=LONGEST_SECONDS)
                self._found = [(one.provider, model) for one in found for model in one.models]
                self._until = time.monotonic() + REMEMBERED_SECONDS
        return self._found
