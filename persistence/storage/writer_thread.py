"""The writer's thread: takes pieces of work from an event loop, one after the other, and gives back results.

`concurrent.futures` does the same with a lock, a condition and two futures for each; a chat has three.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

__all__ = ["WriterThread", "settle"]

T = TypeVar("T")


class WriterThread:
    """A thread that begins with its first piece of work and ends with `close`."""

    def __init__(self, name: str) -> None:
        self._waiting: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread and return what it gives, or raise what it raises.

        Cancelling does not stop work that was given; it ends by itself.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put((work, done))
        if self._thread.ident is None:
            self._thread.start()
        return await done

    def close(self) -> None:
        """Return when the thread has ended with all its work. It blocks: call it in another thread."""
        if self._thread.ident is not None:
            self._waiting.put(None)
            self._thread.join()

    def _work(self) -> None:
        while (given := self._waiting.get()) is not None:
            work, done = given
            result, failure = None, None
            try:
                result = work()
            except BaseException as error:
                failure = error
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits
                done.get_loop().call_soon_threadsafe(settle, done, result, failure)
            del given, work, done, result, failure


def settle(done: asyncio.Future[Any], result: Any, failure: BaseException | None = None) -> None:
    """Give a future its result or its failure, unless it was cancelled."""
    if done.done():
        return
    if failure is None:
        done.set_result(result)
    else:
        done.set_exception(failure)
