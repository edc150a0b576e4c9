"""Streams of events, asynchronously that go on after a cut, and end when they are left."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, AsyncIterator, Deque, Generator, Generic, Optional, Tuple, TypeVar

import anyio
import httpx

from .attempts import has_events, log, no_event_stream
from .codec import decode
from .errors import (
    AgenticRAGError,
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    StreamBrokenError,
    connection_error,
    status_error,
)
from .failures import text_of
from .frames import Frame, FrameReader
from .requests import Id, Request
from .retries import after_answer, after_failure, pause
from .async_transport import AsyncTransport

__all__ = ["AsyncEventStream"]

E = TypeVar("E")


class AsyncEventStream(Generic[E]):
    """Events as they happen. A cut line is taken up where it broke, without a gap and without a repetition.

    `await` the call to connect at once, or go through its events. Leaving the loop or the `async with`, or
    `close` from any task, ends the reading and the connection.
    It does not end a run: `client.executions.cancel(stream.execution_id)` does.
    """

    def __init__(
        self,
        transport: AsyncTransport,
        kind: Any,
        request: Request,
        last: Tuple[str, ...],
        after: Optional[Id] = None,
    ) -> None:
        self.last_event_id = str(after or "")
        """How far it has come: enough for another program to go on from here."""
        self.execution_id = ""
        """The execution that it shows, once its first event is here."""
        self.reconnects = 0
        """How often the line was taken up again."""
        self.response: Optional[httpx.Response] = None
        """The last answer that carried it, with its headers."""
        self._line: Optional[httpx.Response] = None
        self._transport = transport
        self._kind = kind
        self._request = request
        self._last = last
        self._failures = 0
        self._began = False
        self._ended = False
        self._final: Optional[E] = None
        self._reader = FrameReader()
        self._frames: Deque[Frame] = deque()
        self._pieces: Optional[AsyncIterator[bytes]] = None
        self._scope: Optional[anyio.CancelScope] = None

    def __await__(self) -> Generator[Any, Any, AsyncEventStream[E]]:
        """Connect, and return itself."""
        return self._opened().__await__()

    async def _opened(self) -> AsyncEventStream[E]:
        await self._connect()
        return self

    async def __aiter__(self) -> AsyncIterator[E]:
        """Go through the events; leaving the loop closes the connection, and another loop goes on from there."""
        try:
            while True:
                event = await self._advance()
                if event is None:
                    return
                yield event
        finally:
            with anyio.CancelScope(shield=True):
                await self._drop()

    async def __anext__(self) -> E:
        """Return the next event."""
        event = await self._advance()
        if event is None:
            raise StopAsyncIteration
        return event

    async def __aenter__(self) -> AsyncEventStream[E]:
        """Connect, and return itself."""
        await self._connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()

    async def close(self) -> None:
        """Leave the stream, from any task: who reads it finds its end."""
        self._ended = True
        if self._scope is not None:
            self._scope.cancel()
        else:
            await self._drop()

    @property
    async def text_stream(self) -> AsyncIterator[str]:
        """The text of the answer, piece by piece as it comes."""
        async for event in self:
            text = text_of(event)
            if text:
                yield text

    async def until_done(self) -> None:
        """Read to the end."""
        while await self._advance() is not None:
            pass

    async def get_final_event(self) -> E:
        """Read to the end and return the last event, which says how it ended.

        Raises:
            AgenticRAGError: no event came.
        """
        await self.until_done()
        if self._final is None:
            raise AgenticRAGError(f"The stream of {self._request.place} ended without an event.")
        return self._final

    async def get_final_text(self) -> str:
        """Read to the end and return the whole answer; what came of one that was left off."""
        text = ""
        async for event in self:
            text = "" if getattr(event, "type", "") in ("reset", "message.reset") else text + text_of(event)
        for name in ("response", "output"):
            found = getattr(self._final, name, None)
            if isinstance(found, str):
                return found
        return text

    async def _advance(self) -> Optional[E]:
        """Return the next event; None when there is no other."""
        while True:
            frame = await self._next_frame()
            if frame is None:
                return None
            self._failures = 0
            event = self._event(frame)
            # What was not read yet must be asked for again by who goes on: so far it has come, and no further.
            self.last_event_id = frame.id or self.last_event_id
            if frame.data == "[DONE]" or frame.event in self._last:
                self._ended = True
                await self._drop()
            if event is not None:
                self._final = event
                self._transport.check(self._request, event, self.execution_id)
                return event

    async def _next_frame(self) -> Optional[Frame]:
        while not self._ended:
            if self._frames:
                return self._frames.popleft()
            await self._connect()
            pieces = self._pieces  # which another task may take away
            if pieces is None:
                break
            error: Optional[AgenticRAGError] = None
            try:
                with anyio.CancelScope() as self._scope:
                    try:
                        self._frames.extend(self._reader.feed(await pieces.__anext__()))
                    finally:
                        self._scope = None
                continue
            except StopAsyncIteration:
                pass
            except (httpx.RequestError, httpx.StreamError, OSError) as failed:
                told = failed if isinstance(failed, httpx.HTTPError) else httpx.ReadError(str(failed))
                error = connection_error(told, self._transport.config.base_url)
            if not self._ended:
                await self._drop()
                await self._back_off(error)
        await self._drop()
        return None

    async def _connect(self) -> None:
        """Connect, again where that may help; raises what stands in the way."""
        while self._line is None and not self._ended:
            attempt = self._transport.attempt(self._request, self.last_event_id)
            response: Optional[httpx.Response] = None
            error: AgenticRAGError
            try:
                with anyio.CancelScope() as self._scope:
                    try:
                        response = await self._transport.http.send(attempt, stream=True)
                        if not has_events(response):
                            response = await self._transport.whole(response, needed=False)
                    finally:
                        self._scope = None
            except httpx.RequestError as failed:
                error = connection_error(failed, self._transport.config.base_url)
                await self._back_off(error)
                continue
            if response is None:
                return
            if response.status_code == 204 or self._ended:
                self._ended = True
                await response.aclose()
            elif has_events(response):
                self._take(attempt, response)
            elif response.is_success:
                raise no_event_stream(self._request, response)
            else:
                await self._back_off(status_error(response))

    def _take(self, attempt: httpx.Request, response: httpx.Response) -> None:
        """Read from an answer; from now on it is silence that counts, not how long an answer takes."""
        extensions: Any = getattr(attempt, "extensions")  # noqa: B009 - old httpx has no type for it
        extensions.setdefault("timeout", {})["read"] = self._transport.config.stream_timeout
        self.response = self._line = response
        self.execution_id = response.headers.get("X-Execution-Id", self.execution_id)
        self._began = True
        self._reader = FrameReader()
        self._pieces = response.aiter_bytes()

    async def _drop(self) -> None:
        """Close the connection. What it has brought and nobody read is asked for again by who goes on."""
        response, self._line, self._pieces = self._line, None, None
        self._frames.clear()
        if response is not None:
            await response.aclose()

    async def _back_off(self, error: Optional[AgenticRAGError]) -> None:
        """Wait before the line is taken up again; without an error the server asks to come back.

        Raises:
            AgenticRAGError: it cannot be taken up.
        """
        if self._ended:
            return  # closed meanwhile: what went wrong does not matter any more
        options, config = self._request.options, self._transport.config
        retries = config.retries if options.max_retries is None else options.max_retries
        limit = config.reconnects(options.max_retries) if self._began else retries
        if self._failures >= limit or not self._may_resume(error):
            self._ended = True
            raise self._end(error)
        refused = error.headers if isinstance(error, APIStatusError) else None
        seconds = pause(self._failures, refused)
        if self._began and self._failures == 0 and refused is None:
            seconds = 0.0  # most breaks are of the line, not of the server
        seconds = self._reader.retry or seconds
        self._failures += 1
        self.reconnects += self._began
        if self._began and error is not None:
            log.warning("The stream of %s broke, again in %.1f s: %s", self._request.place, seconds, error)
        with anyio.CancelScope() as self._scope:
            try:
                await anyio.sleep(seconds)
            finally:
                self._scope = None

    def _event(self, frame: Frame) -> Optional[E]:
        """Return the event of a frame; None where this version does not know its kind."""
        if frame.data == "[DONE]":
            return None
        try:
            event = decode(self._kind, json.loads(frame.data))
        except ValueError as error:
            told = f"An event of {self._request.place} is not JSON: {error}."
            raise APIResponseValidationError(told) from None
        if isinstance(event, dict):
            return None
        self.execution_id = getattr(event, "execution_id", self.execution_id)
        found: E = event
        return found

    def _may_resume(self, error: Optional[AgenticRAGError]) -> bool:
        if isinstance(error, APIStatusError):
            return after_answer(self._request, error.status)
        if self.last_event_id or error is None:
            return True
        return isinstance(error.__cause__, httpx.RequestError) and after_failure(
            self._request, error.__cause__
        )

    def _end(self, error: Optional[AgenticRAGError]) -> AgenticRAGError:
        """Return what to raise: the server's own word, or that the stream broke."""
        if isinstance(error, APIStatusError) or (
            isinstance(error, APIConnectionError) and not self.last_event_id
        ):
            return error
        told = str(error) if error else "The server ended it before its last event."
        broken = StreamBrokenError(
            f"The stream of {self._request.place} could not be taken up again: {told}", self.last_event_id
        )
        broken.__cause__ = error
        return broken
