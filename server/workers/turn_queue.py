"""Turn queue: says to workers that a workspace has runs that wait. By SAQ, on Redis or PostgreSQL.

A message is the id of a workspace: "it is this workspace's turn". There is about one of a workspace in a
queue, however many of its runs wait, so each turn comes after about one turn of each other workspace. A
message that is lost, or comes twice, changes when a run begins and nothing else: the database holds the runs.
"""

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import Sequence
from typing import Any

from persistence.runs.waiting_runs import Place

__all__ = ["QueueDown", "TurnQueue"]

log = logging.getLogger("agenticrag.queue")

BUCKET = 10
"""Seconds after which a message of a workspace no longer stands for a new one: who had it may have died."""
SECONDS = 3.0
"""What the queue has for an answer."""
QUIET = 0.5
"""Seconds until a queue that did not answer is told again."""
FOREIGN = 60.0
"""Seconds between two lines of the log on messages that are not ours."""
WORKSPACE = re.compile(r"[\w.-]{1,64}", re.ASCII)
"""An id of a workspace."""


class QueueDown(Exception):
    """The queue does not answer."""


class TurnQueue:
    """The queues of a deployment. Make it in the app's event loop, and `close` it.

    Args:
        url: ``redis://…`` or ``postgresql://…``.
        namespace: Tells deployments apart that share it.
        connections: To PostgreSQL at most, beside one for each queue that is waited on.
    """

    def __init__(self, url: str, namespace: str, *, connections: int = 4) -> None:
        logging.getLogger("saq").setLevel(logging.WARNING)  # it tells of each message
        self._namespace = namespace
        self._redis: Any = None
        self._pool: Any = None
        if url.startswith("postgresql"):
            from psycopg_pool import AsyncConnectionPool

            self._pool = AsyncConnectionPool(
                url,
                min_size=1,
                max_size=connections,
                open=False,
                timeout=SECONDS,
                kwargs={"autocommit": True, "prepare_threshold": None, "connect_timeout": 5},
                check=AsyncConnectionPool.check_connection,
            )
        else:
            from redis.asyncio import Redis

            self._redis = Redis.from_url(url, socket_connect_timeout=SECONDS, client_name="agenticrag-queue")
        self._queues: dict[str, Any] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._down_until = 0.0
        self._told_of_foreign = -FOREIGN
        self._opened = False
        self._opening = asyncio.Lock()

    def call(self, place: Place) -> None:
        """Say that it is a workspace's turn, without waiting until the queue knows it.

        Where its message is in the queue already, that one will do: it is taken out before anybody looks what
        waits.
        """
        task = asyncio.create_task(self._told(place), name="turn-queue")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def next(self, queue: str, *, seconds: float) -> str | None:
        """Return the workspace whose turn it is; None where nobody's is within some seconds.

        The message is gone from the queue then: if this worker dies now, the next look at the database finds
        the runs. What somebody else has written there, and is no message of ours, is thrown away.

        Raises:
            QueueDown: the queue does not answer.
        """
        try:
            saq = await self._queue(queue)
            began = time.monotonic()
            job = await asyncio.wait_for(saq.dequeue(timeout=seconds), seconds + SECONDS)
            if job is None:
                if time.monotonic() - began < seconds / 2:  # its listener was lost: it makes another
                    await asyncio.sleep(QUIET)
                return None
            from saq import Status

            await asyncio.wait_for(saq.finish(job, Status.COMPLETE), SECONDS)
            if WORKSPACE.fullmatch(workspace := str((job.kwargs or {}).get("workspace", ""))):
                return workspace
            self._tell_of_foreign("It names no workspace.")
        except (OSError, TimeoutError, *_errors()) as error:
            raise QueueDown(f"{type(error).__name__}: {error}") from error
        except Exception as error:  # SAQ raises anything for what it has not written itself
            self._tell_of_foreign(f"{type(error).__name__}: {error}")
            await self._forget_taken(queue)
        return None

    async def check(self) -> None:
        """Return where the queue answers. Nothing is changed.

        Raises:
            QueueDown: it does not.
        """
        try:
            await asyncio.wait_for(self._answers(), SECONDS)
        except (OSError, TimeoutError, *_errors()) as error:
            raise QueueDown(f"{type(error).__name__}: {error}") from error

    async def _answers(self) -> None:
        if self._pool is None:
            await self._redis.ping()
            return
        await self._open_pool()
        async with self._pool.connection() as connection:
            await connection.execute("SELECT 1")

    async def _open_pool(self) -> None:
        if not self._opened:
            self._opened = True
            await self._pool.open(wait=False)

    async def sweep(self, queues: Sequence[str]) -> None:
        """Remove messages that dead workers have taken and not removed."""
        with contextlib.suppress(OSError, TimeoutError, *_errors()):
            for queue in queues:
                try:
                    await asyncio.wait_for((await self._queue(queue)).sweep(lock=30, abort=0.05), SECONDS)
                except (OSError, TimeoutError, *_errors()):
                    raise
                except Exception as error:
                    self._tell_of_foreign(f"{type(error).__name__}: {error}")
                    await self._forget_taken(queue)

    async def _forget_taken(self, queue: str) -> None:
        """Remove what was taken out of a queue and not removed: one that cannot be read is never swept."""
        if self._redis is not None:
            with contextlib.suppress(OSError, TimeoutError, *_errors()):
                taken = (await self._queue(queue)).namespace("active")
                await asyncio.wait_for(self._redis.delete(taken), SECONDS)

    def _tell_of_foreign(self, why: str) -> None:
        now = time.monotonic()
        if now >= self._told_of_foreign + FOREIGN:
            self._told_of_foreign = now
            log.warning("The queue holds messages that no process of this deployment wrote: %s", why[:200])

    async def close(self) -> None:
        """Say what is still to be said, and close the connections."""
        if self._telling:
            await asyncio.wait(self._telling, timeout=SECONDS)
        with contextlib.suppress(OSError, TimeoutError, *_errors()):
            if self._redis is not None:
                await self._redis.aclose()
            if self._pool is not None and self._opened:
                await self._pool.close(timeout=1)

    async def _told(self, place: Place) -> None:
        now = time.monotonic()
        if now < self._down_until:
            return
        try:
            saq = await self._queue(place.queue)
            await asyncio.wait_for(
                saq.enqueue(
                    "turn",
                    key=f"{self._namespace}:{place.queue}:{place.workspace}:{int(time.time() / BUCKET)}",
                    workspace=place.workspace,
                    ttl=-1,
                    timeout=BUCKET,
                    retries=1,
                ),
                SECONDS,
            )
        except (OSError, TimeoutError, *_errors()) as error:
            if now >= self._down_until:
                log.warning("The queue does not answer; workers look into the database instead: %s", error)
            self._down_until = time.monotonic() + QUIET

    async def _queue(self, name: str) -> Any:
        if (known := self._queues.get(name)) is not None:
            return known
        async with self._opening:
            if self._pool is not None:
                from saq.queue.postgres import PostgresQueue

                await self._open_pool()
                queue: Any = PostgresQueue(self._pool, name=f"agenticrag-{self._namespace}-{name}")
                await asyncio.wait_for(queue.connect(), SECONDS)
            else:
                from saq.queue.redis import RedisQueue

                queue = RedisQueue(self._redis, name=f"agenticrag-{self._namespace}-{name}")
            self._queues[name] = queue
        return queue


def _errors() -> tuple[type[Exception], ...]:
    """Return what Redis and PostgreSQL raise, as far as they are installed."""
    from redis.exceptions import RedisError

    try:
        from psycopg import Error
        from psycopg_pool import PoolTimeout
    except ImportError:
        return (RedisError,)
    return (RedisError, Error, PoolTimeout)
