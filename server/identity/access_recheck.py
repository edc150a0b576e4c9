"""Access re-check: closes open connections whose caller lost access. What callers may is looked up again
every other second: a permission that was taken at the start of a stream is none for its whole length."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Literal

from msgspec import Struct

from persistence.storage.errors import StorageError
from server.identity.callers import Caller
from server.identity.permissions import Permission

__all__ = ["LOST", "Ending", "Lost", "AccessRecheck"]

EVERY = 1.5
"""Seconds between two looks."""

Lost = Literal["token_expired", "revoked"]
Ending = Callable[[Lost], Awaitable[None]]
"""Ends a connection, and says why."""
LOST: Mapping[Lost, str] = {
    "token_expired": "The token has expired. Get a new one and go on from the last frame.",
    "revoked": "The right to this was taken back.",
}
"""Why a connection ended, as a sentence."""

log = logging.getLogger("agenticrag.standing")


class Holder(Struct, frozen=True, eq=False):
    caller: Caller
    needs: Permission | None
    end: Ending


class AccessRecheck:
    """The connections of this process that stay open. `hold` one while it is."""

    def __init__(self) -> None:
        self._holders: set[Holder] = set()
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def hold(self, caller: Caller, needs: Permission | None, end: Ending) -> AsyncGenerator[None]:
        """Have a connection ended, within two seconds, when its caller may be there no more.

        Args:
            caller: Who it is of.
            needs: What the caller must be allowed to all the time.
            end: Ends it; called once.
        """
        holder = Holder(caller, needs, end)
        self._holders.add(holder)
        try:
            yield
        finally:
            self._holders.discard(holder)

    async def tend(self, now: Callable[[Sequence[Caller]], Awaitable[Mapping[Caller, Caller]]]) -> None:
        """Look again and again, until cancelled; `now` returns callers as they are at this moment."""
        while True:
            await asyncio.sleep(EVERY)
            if not self._holders:
                continue
            holders = [*self._holders]
            try:
                found = await now([holder.caller for holder in holders])
            except StorageError as error:
                log.warning("Who may keep a connection open cannot be looked up: %s", error)
                found = {holder.caller: holder.caller for holder in holders if not holder.caller.expired}
            for holder in holders:
                caller = found.get(holder.caller)
                if caller is None or (holder.needs is not None and holder.needs not in caller.permissions):
                    self._end(holder)

    def _end(self, holder: Holder) -> None:
        self._holders.discard(holder)
        task = asyncio.create_task(_end(holder))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)


async def _end(holder: Holder) -> None:
    try:
        await holder.end("token_expired" if holder.caller.expired else "revoked")
    except Exception:
        log.exception("A connection whose caller may be there no more could not be ended.")
