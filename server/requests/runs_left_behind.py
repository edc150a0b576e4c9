"""Disconnects: what becomes of a run when the client closes its connection before the answer is complete."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from litestar import Request

from persistence.runs.executions import ExecutionRow, Executions, Idempotency, goes_on
from server.http.problems import Fault, Problem
from server.identity.callers import Caller
from server.runs.dropped_streams import EventStream
from server.runs.execution_service import ExecutionService
from server.settings.sources import Settings

__all__ = ["Disconnects"]

T = TypeVar("T")
HEADER = "X-AgenticRAG-On-Disconnect"


class Disconnects:
    """Ends runs whose clients have left, where the request or its key says so."""

    def __init__(self, settings: Settings, service: ExecutionService, executions: Executions) -> None:
        self._settings = settings
        self._service = service
        self._executions = executions
        self._leaving: set[asyncio.Task[Any]] = set()

    def cancels(self, request: Request[Any, Any, Any], caller: Caller, *, default: bool = False) -> bool:
        """Say whether a run ends when its client disconnects: by the header, else the key, else `default`.

        Raises:
            Problem: 422 for a header that says neither.
        """
        given = request.headers.get(HEADER) or caller.on_disconnect
        if given in ("continue", "cancel"):
            return given == "cancel"
        if given:
            detail = f"{HEADER} must be continue or cancel; it is '{given[:40]}'."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter=HEADER)])
        return default

    async def answered(
        self,
        request: Request[Any, Any, Any],
        answer: Awaitable[T],
        row: ExecutionRow,
        idempotency: Idempotency | None,
        *,
        cancels: bool,
    ) -> T:
        """Return an answer when it is there; with `cancels`, end its run if the client leaves before.

        The body of the request must have been read.
        """
        if not cancels:
            return await answer
        ended = asyncio.ensure_future(answer)
        left = asyncio.ensure_future(_left(request))
        try:
            await asyncio.wait({ended, left}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                self.leave(row, idempotency)
            return await ended
        finally:
            for task in (ended, left):
                task.cancel()

    def watch(
        self,
        stream: EventStream,
        row: ExecutionRow,
        idempotency: Idempotency | None,
        *,
        left: Callable[[], bool],
        unanswerable: Callable[[], bool] = lambda: False,
    ) -> None:
        """End a run with its stream.

        Args:
            stream: What the client reads.
            row: The run.
            idempotency: How the request is known when it is repeated.
            left: Says at the stream's end whether the client left early, and the run is to end.
            unanswerable: Says whether the run waits for an answer that no request can bring.
        """

        def at_end() -> None:
            if unanswerable():
                self.give_up(row)
            elif left():
                self.leave(row, idempotency)

        stream.at_end = at_end

    def give_up(self, row: ExecutionRow) -> None:
        """End a run for which no request can do anything any more."""
        self._begin(self._cancel(row))

    def leave(self, row: ExecutionRow, idempotency: Idempotency | None) -> None:
        """End a run that nobody waits for any more.

        A client that marks its retries has some time to come back for it.
        """
        self._begin(self._leave(row, idempotency))

    async def _leave(self, row: ExecutionRow, idempotency: Idempotency | None) -> None:
        if idempotency is not None and idempotency.attempt is not None:
            await asyncio.sleep(self._settings.retry_grace_seconds)
            if await self._executions.retried(row.workspace, idempotency, row.id):
                return
        now = await self._executions.get(row.workspace, row.id)
        if now is not None and goes_on(now):
            await self._cancel(row)

    async def _cancel(self, row: ExecutionRow) -> None:
        if not self._service.stopping.is_set():  # else it goes on in the next process
            await self._service.cancel(row.workspace, row.id)

    def _begin(self, ending: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(ending)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


async def _left(request: Request[Any, Any, Any]) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
