"""Stream slots: how many streams a visitor's session has open, counted in Redis for all processes.

A seat is held for a few seconds and kept by renewing it, so that what a dead process held is free soon after.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from server.limits.limit_stores import RedisStore

__all__ = ["StreamSlots"]

LEASE = 10.0
"""Seconds for which a seat is held without being renewed."""
PAUSE = 2.0
"""Seconds until a Redis that did not answer is asked again."""
PREFIX = "agenticrag:seats:"

HOLD = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local lease, most = tonumber(ARGV[2]), tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if most > 0 and redis.call('ZCARD', KEYS[1]) >= most then return 0 end
if most == 0 and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('ZADD', KEYS[1], now + lease, ARGV[1])
redis.call('PEXPIRE', KEYS[1], lease)
return 1
"""
"""Runs as one step in Redis; its clock times it. A `most` of 0 renews what is still held."""

log = logging.getLogger("agenticrag.embeds")


class StreamSlots:
    """The seats of all processes that share a Redis. Where it does not answer, none is refused here."""

    def __init__(self, store: RedisStore, *, lease: float = LEASE) -> None:
        self.renew_seconds = lease / 3
        """How often `keep` is to be called for what is held."""
        self._lease = round(lease * 1000)
        self._redis = store.client
        self._hold: Callable[..., Awaitable[Any]] = store.client.register_script(HOLD)
        self._away_until = 0.0

    async def take(self, session: str, seat: str, most: int) -> bool:
        """Take a seat of a session that may have `most`; False if there is none."""
        arguments = [seat, self._lease, most]
        answer = await self._asked(lambda: self._hold(keys=[PREFIX + session], args=arguments))
        return answer != 0

    async def keep(self, seats: Collection[tuple[str, str]]) -> None:
        """Hold seats, each with its session before it, for another while."""

        async def renew() -> None:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for session, seat in seats:
                    await self._hold(keys=[PREFIX + session], args=[seat, self._lease, 0], client=pipeline)
                await pipeline.execute()

        await self._asked(renew)

    async def leave(self, session: str, seat: str) -> None:
        """Give a seat back."""
        await self._asked(lambda: self._redis.zrem(PREFIX + session, seat))

    async def _asked(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Return what Redis answers; None where it does not."""
        from redis.exceptions import RedisError

        now = asyncio.get_running_loop().time()
        if now < self._away_until:
            return None
        try:
            return await ask()
        except (RedisError, OSError) as error:
            self._away_until = now + PAUSE
            log.warning("Each process counts visitors' streams alone: %s", str(error) or type(error).__name__)
            return None
