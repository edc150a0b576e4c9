"""Where limits are counted: the database, Redis, or this process alone where neither answers.

All three keep the same number for a caller; see `persistence.counters.request_rates`.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from persistence.counters.request_rates import ALMOST, Grant, Rate

__all__ = ["LimitStore", "ProcessStore", "RedisStore", "StoreUnavailable", "redis_version"]

REMEMBERED = 20_000
"""Callers that one process counts at most; those it has not seen for longest are forgotten first."""
PATIENCE = 0.5
"""Seconds that Redis has for an answer."""
PREFIX = "agenticrag:rate:"

TAKE = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local count, owed = tonumber(ARGV[1]), tonumber(ARGV[2])
local each, window = tonumber(ARGV[3]), tonumber(ARGV[4])
local had = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + owed * each
local granted = math.min(count, math.floor(math.max(0, (now + window - had) / each + tonumber(ARGV[5]))))
had = had + granted * each
redis.call('SET', KEYS[1], string.format('%.6f', had), 'PX', math.max(1, math.ceil((had - now) * 1000)))
return {granted, string.format('%.6f', had - now)}
"""
"""Runs as one step in Redis; its clock times it."""


class StoreUnavailable(Exception):
    """The store did not answer, or not in time."""


class LimitStore(Protocol):
    """Counts for all who share it."""

    async def take(self, name: str, count: int, rate: Rate, *, owed: int = 0) -> Grant:
        """Take up to `count`, as `RequestRates.take` does. Raises whatever its engine does."""
        ...


class ProcessStore:
    """Counts for this process alone: what is left when the shared store does not answer."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent: OrderedDict[str, float] = OrderedDict()

    async def take(self, name: str, count: int, rate: Rate, *, owed: int = 0) -> Grant:
        """Take up to `count`."""
        now = self._clock()
        had = max(self._spent.pop(name, 0.0), now) + owed * rate.each
        granted = min(count, int(max(0.0, (now + rate.window - had) / rate.each + ALMOST)))
        self._spent[name] = had = had + granted * rate.each
        if len(self._spent) > REMEMBERED:
            self._spent.popitem(last=False)
        return Grant(granted, 0.0 if granted else max(0.0, had - now + rate.each - rate.window))


async def redis_version(url: str) -> str:
    """Return the version of the Redis at an address.

    Raises:
        StoreUnavailable: it does not answer; the message says why.
    """
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    try:
        async with Redis.from_url(url) as client:
            found: Any = await client.info("server")
    except (RedisError, OSError, ValueError) as error:
        raise StoreUnavailable(str(error)) from error
    return str(found.get("redis_version", "unknown"))


class RedisStore:
    """Counts in Redis, for all processes that share it. Make it in the app's event loop.

    Args:
        url: Its address.
        patience: Seconds that it has for an answer.
    """

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        from redis.asyncio import Redis  # who has no Redis does without its client

        self.client: Any = Redis.from_url(
            url, socket_timeout=patience, socket_connect_timeout=patience, client_name="agenticrag"
        )
        self._take: Callable[..., Awaitable[Any]] = self.client.register_script(TAKE)

    async def take(self, name: str, count: int, rate: Rate, *, owed: int = 0) -> Grant:
        """Take up to `count`."""
        from redis.exceptions import RedisError

        try:
            granted, had = await self._take(
                keys=[PREFIX + name], args=[count, owed, rate.each, rate.window, ALMOST]
            )
        except (RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis does not count limits ({type(error).__name__}).") from error
        return Grant(int(granted), 0.0 if granted else max(0.0, float(had) + rate.each - rate.window))

    async def close(self) -> None:
        """Close its connections."""
        await self.client.aclose()
