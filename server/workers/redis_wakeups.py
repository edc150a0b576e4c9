"""Redis wake-ups: pub/sub with a channel for each run that somebody hears of.

https://redis.io/docs/latest/develop/pubsub/: at most once, so a lost connection makes all followers look.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

from persistence.wakeups.wakeups import Link, Signals

__all__ = ["redis_link"]

PREFIX = "agenticrag:run:"
ALIVE = "agenticrag:wakeups"
"""A channel that is always heard: a connection that hears nothing cannot wait for news."""
SECONDS = 5.0


def redis_link(url: str) -> Callable[[Signals, Callable[[], None]], Any]:
    """Return what connects to the Redis at an address."""

    @asynccontextmanager
    async def connect(signals: Signals, changed: Callable[[], None]) -> AsyncGenerator[Link]:
        from redis.asyncio import Redis

        client: Any = Redis.from_url(
            url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS, client_name="agenticrag-wakeups"
        )
        heard: Any = client.pubsub()
        link = _Channels(client, heard, signals)
        try:
            await heard.subscribe(ALIVE)
            reading = asyncio.create_task(link.read(), name="wakeups")
            reading.add_done_callback(lambda _: changed())
            link.reading = reading
            try:
                yield link
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
        finally:
            await heard.aclose()
            await client.aclose()

    return connect


class _Channels:
    reading: "asyncio.Task[None]"

    def __init__(self, client: Any, heard: Any, signals: Signals) -> None:
        self._client = client
        self._heard = heard
        self._signals = signals
        self._confirmed: dict[str, asyncio.Future[None]] = {}

    async def listen(self, execution_ids: Collection[str]) -> None:
        if not execution_ids:
            return
        names = [f"{PREFIX}{id}" for id in execution_ids]
        for name in names:
            self._confirmed[name] = asyncio.get_running_loop().create_future()
        confirmed = asyncio.gather(*(self._confirmed[name] for name in names))
        await self._heard.subscribe(*names)
        done, _ = await asyncio.wait(
            {confirmed, self.reading}, timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if confirmed not in done:
            confirmed.cancel()
            raise ConnectionError("Redis did not confirm a subscription.")

    async def unlisten(self, execution_ids: Collection[str]) -> None:
        await self._heard.unsubscribe(*(f"{PREFIX}{id}" for id in execution_ids))

    async def tell(self, news: Mapping[str, str]) -> None:
        self._check()
        if not news:
            await self._client.ping()
            return
        async with self._client.pipeline(transaction=False) as sent:
            for id, said in news.items():
                sent.publish(f"{PREFIX}{id}", said)
            await sent.execute()

    async def read(self) -> None:
        """Pass on what is heard until the connection is lost."""
        while True:
            message = await self._heard.get_message(timeout=None)
            if message is None:
                continue
            channel = message["channel"].decode()
            if message["type"] == "message":
                self._signals.tell(channel.removeprefix(PREFIX), message["data"].decode())
            elif (confirmed := self._confirmed.pop(channel, None)) is not None and not confirmed.done():
                confirmed.set_result(None)

    def _check(self) -> None:
        if self.reading.done():
            raise ConnectionError("The subscription to Redis ended.")
