"""KeyRing: API keys that were just found, so that a busy client costs no query a request."""

import time
from collections import OrderedDict

from persistence.keys import KeyRow, Keys

__all__ = ["KeyRing"]

REMEMBERED = 1024


class KeyRing:
    """Looks keys up and remembers what it found for a moment. A revoked key works at most that long."""

    def __init__(self, keys: Keys, *, seconds: float) -> None:
        self._keys = keys
        self._seconds = seconds
        self._known: OrderedDict[str, tuple[float, KeyRow]] = OrderedDict()

    async def has(self, workspace: str, key_id: str) -> bool:
        """Say whether a workspace has a key of this id."""
        return any(row.id == key_id for row in await self._keys.list(workspace))

    async def find(self, key: str) -> KeyRow | None:
        """Return the key's row; None for one that is unknown, revoked or expired."""
        now = time.monotonic()
        known = self._known.get(key)
        if known is not None and now - known[0] < self._seconds:
            expires_at = known[1].expires_at
            if expires_at is None or expires_at > time.time():
                return known[1]
        self._known.pop(key, None)
        found = await self._keys.find(key)
        if found is not None:
            self._known[key] = (now, found)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return found
