"""PostgreSQL notices: wake-ups by LISTEN and NOTIFY, on one connection of their own.

https://www.postgresql.org/docs/current/sql-notify.html: a channel for each run that somebody hears of.
PgBouncer in transaction mode passes no LISTEN on: use Redis behind it.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import make_url

from persistence.wakeups.wakeups import Link, Signals

__all__ = ["postgresql_link"]

PREFIX = "agenticrag_run_"
SECONDS = 5
TOLD = "SELECT pg_notify(channel, said) FROM unnest($1::text[], $2::text[]) AS news(channel, said)"


def postgresql_link(url: str) -> Callable[[Signals, Callable[[], None]], Any]:
    """Return what connects to the database at a SQLAlchemy URL."""

    @asynccontextmanager
    async def connect(signals: Signals, changed: Callable[[], None]) -> AsyncGenerator[Link]:
        import asyncpg  # who has SQLite does without it

        parsed = make_url(url)
        _, options = parsed.get_dialect()().create_connect_args(parsed)
        connection: Any = await asyncpg.connect(
            **options,
            timeout=SECONDS,
            command_timeout=SECONDS,
            server_settings={"application_name": "agenticrag-wakeups", "tcp_keepalives_idle": "30"},
        )

        def ended(_: object) -> None:
            changed()

        connection.add_termination_listener(ended)
        try:
            yield _Notices(connection, signals)
        finally:
            connection.terminate()

    return connect


class _Notices:
    def __init__(self, connection: Any, signals: Signals) -> None:
        self._connection = connection
        self._signals = signals

    async def listen(self, execution_ids: Collection[str]) -> None:
        async with asyncio.timeout(SECONDS):
            for id in execution_ids:
                await self._connection.add_listener(f"{PREFIX}{id}", self._heard)

    async def unlisten(self, execution_ids: Collection[str]) -> None:
        async with asyncio.timeout(SECONDS):
            for id in execution_ids:
                await self._connection.remove_listener(f"{PREFIX}{id}", self._heard)

    async def tell(self, news: Mapping[str, str]) -> None:
        if news:
            await self._connection.execute(TOLD, [f"{PREFIX}{id}" for id in news], [*news.values()])
        else:
            await self._connection.execute("SELECT 1")

    def _heard(self, _connection: Any, _pid: int, channel: str, said: str) -> None:
        self._signals.tell(channel.removeprefix(PREFIX), said)
