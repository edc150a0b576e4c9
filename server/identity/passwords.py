"""Passwords: hashed with argon2id in a thread, a few at a time, since each takes 64 MiB for a moment."""

import asyncio

__all__ = ["LONGEST", "SHORTEST", "Passwords"]

SHORTEST = 12
LONGEST = 1024
AT_ONCE = 2
NOBODY = "nobody has this password"


class Passwords:
    """Makes and checks hashes."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        from argon2 import PasswordHasher  # only for who sets a password or logs in

        async with self._room:
            return await asyncio.to_thread(PasswordHasher().hash, password)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Say whether a password is the one that was stored; as long for one that nobody has."""
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        if not self._nobody:  # whoever is the first waits for it: it tells nothing of who is known
            self._nobody = await self.hash(NOBODY)
        async with self._room:
            try:
                right = await asyncio.to_thread(PasswordHasher().verify, kept or self._nobody, password)
            except (Argon2Error, InvalidHashError):
                right = False
        return right and kept is not None
