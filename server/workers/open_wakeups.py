"""Open wake-ups: by Redis, by PostgreSQL, or none, as the settings say."""

from contextlib import AsyncExitStack

from persistence.journal.journal import Journal
from persistence.wakeups.postgresql_notices import postgresql_link
from persistence.wakeups.wakeups import Wakeups
from server.settings.sources import Settings
from server.settings.worker_rules import redis_address, wakeup_way
from server.workers.redis_wakeups import redis_link

__all__ = ["open_wakeups"]


def open_wakeups(settings: Settings, journal: Journal, stack: AsyncExitStack) -> None:
    """Have other processes told of what the runs of this one write, and hear of theirs."""
    way = wakeup_way(settings)
    if way == "polling":
        return
    connect = redis_link(redis_address(settings)) if way == "redis" else postgresql_link(settings.database)
    journal.wakeups = Wakeups(connect, journal.signals)
    journal.wakeups.open()
    stack.push_async_callback(journal.wakeups.close)
