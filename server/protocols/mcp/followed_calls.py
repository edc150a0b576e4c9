"""Followed calls of MCP: the run that a call waits for, its progress, and the answer once there is one."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import msgspec
from msgspec import Struct

from graphs.values.events import Event
from persistence.runs.executions import ExecutionRow
from server.protocols.answer_parts import AnswerParts, Asked, Part
from server.protocols.mcp.messages import INTERNAL, Call, RpcError, event, result_of
from server.protocols.mcp.question_forms import form_result
from server.protocols.mcp.tool_results import answer_result, tool_result
from server.protocols.mcp.tools import STATUS
from server.runs.execution_service import ExecutionService

__all__ = ["FollowedCall", "Started"]

PROGRESS = 5.0
"""Seconds between two notifications of progress at the most."""


class Started(Struct, frozen=True):
    """A run that a call waits for."""

    row: ExecutionRow
    after: int = 0
    """The last event before its answer."""
    wait: float | None = None
    """Seconds to wait for it; None: to its end."""
    asks: bool = False
    """Whether a client that shows forms is asked what the run asks."""
    answered: frozenset[str] = frozenset()
    """Questions that have their answers: they are passed over."""


class FollowedCall:
    """Follows a run for one call: its progress, and the answer once there is one."""

    def __init__(self, service: ExecutionService, started: Started, call: Call) -> None:
        self.started = started
        self.done: bytes | None = None
        """The answer."""
        self._call = call
        loop = asyncio.get_running_loop()
        self._until = None if started.wait is None else loop.time() + started.wait
        self._reading = AnswerParts(frozenset(), started.after, retracts=True)
        self._seen: list[Event] = []
        self._events = service.follow(started.row.id)
        self._next: asyncio.Future[Event] | None = None
        self._step = ""
        self._steps = 0

    async def within(self, seconds: float | None) -> bytes | None:
        """Return the answer if it comes in time; None where more of it is to be followed."""
        loop = asyncio.get_running_loop()
        until = None if seconds is None else loop.time() + seconds
        while self.done is None and (until is None or loop.time() < until):
            await self._advance(None if until is None else until - loop.time())
        if self.done is not None:
            await self._close()
        return self.done

    async def frames(self) -> AsyncGenerator[bytes]:
        """Yield progress, where it is wanted, and the answer."""
        token, told, loop = self._call.progress_token, 0, asyncio.get_running_loop()
        said_at, said = 0.0, ""
        try:
            while self.done is None:
                await self._advance(PROGRESS)
                now = loop.time()
                if (
                    token is not None
                    and self.done is None
                    and (self._step != said or now - said_at >= PROGRESS)
                ):
                    told, said, said_at = told + 1, self._step, now
                    yield event(self._progress(token, told))
            yield event(self.done)
        finally:
            await self._close()

    async def _advance(self, seconds: float | None) -> None:
        """Take the next event, or let some time pass without one."""
        loop = asyncio.get_running_loop()
        if self._until is not None:
            left = max(0.0, self._until - loop.time())
            seconds = left if seconds is None else min(seconds, left)
        if self._next is None:
            self._next = asyncio.ensure_future(anext(self._events))
        await asyncio.wait({self._next}, timeout=seconds)
        if not self._next.done():
            if self._until is not None and loop.time() >= self._until:
                self.done = result_of(self._call, self._still_running())
            return
        following, self._next = self._next, None
        try:
            event = following.result()
        except StopAsyncIteration:
            message = "The server stops; the run goes on in the next one."
            data = {"execution_id": self.started.row.id}
            self.done = RpcError(INTERNAL, message, data=data).body(self._call.id)
            return
        if event.type == "node.started":
            self._step = str(event.data.get("label") or event.node)
            self._steps += 1
        parts = self._reading.add(event)
        if self.started.answered:
            self._seen.append(event)
        if self._reading.ended and self._is_answered(parts[-1]):
            self._reading = AnswerParts(frozenset(), event.seq, retracts=True)
            for seen in self._seen:
                self._reading.add(seen)
        elif self._reading.ended:
            self.done = result_of(self._call, self._result(event, parts[-1]))

    def _is_answered(self, last: Part) -> bool:
        """Say whether a run goes on after it asked."""
        return isinstance(last, Asked) and self.started.answered.issuperset(
            one.input_id for one in last.questions
        )

    def _result(self, last: Event, part: Part) -> dict[str, Any]:
        """Return what came of the run; a form for each question where the client's user can be asked."""
        form = None
        if isinstance(part, Asked) and self.started.asks and self._call.elicits:
            form = form_result(last.execution_id, self.started.after, last.seq, part.questions)
        return form or answer_result(last, part)

    def _still_running(self) -> dict[str, Any]:
        id = self.started.row.id
        shown = {"execution_id": id, "status": "running"}
        return tool_result(f"Still running: {STATUS} tells more of execution {id}.", shown, id)

    def _progress(self, token: str | int, count: int) -> bytes:
        id = self.started.row.id
        message = f"{self._step or 'Waiting'} (execution {id})"
        params = {"progressToken": token, "progress": count, "message": message}
        return msgspec.json.encode({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})

    async def _close(self) -> None:
        if self._next is not None:
            self._next.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration, Exception):
                await self._next
        await self._events.aclose()
