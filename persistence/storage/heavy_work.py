"""Heavy work within a transaction: kept off the event loop, where PostgreSQL's transactions run."""

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import AdaptedConnection

from graphs.parsing.heavy_values import heavy

__all__ = ["give_way", "in_thread"]

WORK = 100_000
"""Bytes that are decoded between two moments in which others have their turn."""

P = ParamSpec("P")
T = TypeVar("T")


def in_thread(
    connection: Connection, given: Any, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Return what `work` gives, in a thread if the value `given`, which it works on, is heavy.

    The transaction waits for it. What is done for SQLite has a thread already.

    Args:
        connection: Of the transaction.
        given: The value.
        work: What is done with it, without the connection.
        args: What `work` takes.
        kwargs: The same by name.
    """
    adapted = connection.connection.dbapi_connection
    if not isinstance(adapted, AdaptedConnection) or not heavy(given):
        return work(*args, **kwargs)
    return adapted.run_async(lambda _: asyncio.to_thread(work, *args, **kwargs))


def give_way(connection: Connection) -> None:
    """Let the other tasks of the event loop have their turn, where a work of PostgreSQL's holds it."""
    adapted = connection.connection.dbapi_connection
    if isinstance(adapted, AdaptedConnection):
        adapted.run_async(lambda _: asyncio.sleep(0))
