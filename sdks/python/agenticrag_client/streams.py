"""Streams of events that go on after a cut, and end when they are left."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from typing import Any, Iterator, Deque, Generic, Optional, Tuple, TypeVar

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
from .transport import Transport

__all__ = ["EventStream"]

E = TypeVar("E")


class EventStream(Generic[E]):
    """Events as they happen. A cut line is taken up where it broke, without a gap and without a repetition.

    Leaving the loop or the `with`, or `close` from any thread, ends the reading and the connection.
    It does not end a run: `client.executions.cancel(stream.execution_id)` does.
    """

    def __init__(
        self,
        transport: Transport,
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
        self._pieces: Optional[Iterator[bytes]] = None
        self._reading = False
        self._awake = threading.Event()
        self._connect()

    def __iter__(self) -> Iterator[E]:
        """Go through the events; leaving the loop closes the connection, and another loop goes on from there."""
        try:
            while True:
                event = self._advance()
                if event is None:
                    return
                yield event
        finally:
            self._drop()

    def __next__(self) -> E:
        """Return the next event."""
        event = self._advance()
        if event is None:
            raise StopIteration
        return event

    def __enter__(self) -> EventStream[E]:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Leave the stream, from any thread: who reads it finds its end."""
        self._ended = True
        self._awake.set()
        if self._reading and self._line is not None:
            _wake(self._line)  # the thread that reads closes it
        else:
            self._drop()

    def __del__(self) -> None:
        """Close a stream that nobody has any more."""
        if getattr(self, "_line", None) is not None:
            self._drop()

    @property
    def text_stream(self) -> Iterator[str]:
        """The text of the answer, piece by piece as it comes."""
        for event in self:
            text = text_of(event)
            if text:
                yield text

    def until_done(self) -> None:
        """Read to the end."""
        while self._advance() is not None:
            pass

    def get_final_event(self) -> E:
        """Read to the end and return the last event, which says how it ended.

        Raises:
            AgenticRAGError: no event came.
        """
        self.until_done()
        if self._final is None:
            raise AgenticRAGError(f"The stream of {self._request.place} ended without an event.")
        return self._final

    def get_final_text(self) -> str:
        """Read to the end and return the whole answer; what came of one that was left off."""
        text = ""
        for event in self:
            text = "" if getattr(event, "type", "") in ("reset", "message.reset") else text + text_of(event)
        for name in ("response", "output"):
            found = getattr(self._final, name, None)
            if isinstance(found, str):
                return found
        return text

    def _advance(self) -> Optional[E]:
        """Return the next event; None when there is no other."""
        while True:
            frame = self._next_frame()
            if frame is None:
                return None
            self._failures = 0
            event = self._event(frame)
            # What was not read yet must be asked for again by who goes on: so far it has come, and no further.
            self.last_event_id = frame.id or self.last_event_id
            if frame.data == "[DONE]" or frame.event in self._last:
                self._ended = True
                self._drop()
            if event is not None:
                self._final = event
                self._transport.check(self._request, event, self.execution_id)
                return event

    def _next_frame(self) -> Optional[Frame]:
        while not self._ended:
            if self._frames:
                return self._frames.popleft()
            self._connect()
            pieces = self._pieces  # which another thread may take away
            if pieces is None:
                break
            error: Optional[AgenticRAGError] = None
            try:
                self._reading = True
                try:
                    self._frames.extend(self._reader.feed(next(pieces)))
                finally:
                    self._reading = False
                continue
            except StopIteration:
                pass
            except (httpx.RequestError, httpx.StreamError, OSError) as failed:
                told = failed if isinstance(failed, httpx.HTTPError) else httpx.ReadError(str(failed))
                error = connection_error(told, self._transport.config.base_url)
            if not self._ended:
                self._drop()
                self._back_off(error)
        self._drop()
        return None

    def _connect(self) -> None:
        """Connect, again where that may help; raises what stands in the way."""
        while self._line is None and not self._ended:
            attempt = self._transport.attempt(self._request, self.last_event_id)
            error: AgenticRAGError
            try:
                response = self._transport.http.send(attempt, stream=True)
                if not has_events(response):
                    response = self._transport.whole(response, needed=False)
            except httpx.RequestError as failed:
                error = connection_error(failed, self._transport.config.base_url)
                self._back_off(error)
                continue
            if response.status_code == 204 or self._ended:
                self._ended = True
                response.close()
            elif has_events(response):
                self._take(attempt, response)
            elif response.is_success:
                raise no_event_stream(self._request, response)
            else:
                self._back_off(status_error(response))

    def _take(self, attempt: httpx.Request, response: httpx.Response) -> None:
        """Read from an answer; from now on it is silence that counts, not how long an answer takes."""
        extensions: Any = getattr(attempt, "extensions")  # noqa: B009 - old httpx has no type for it
        extensions.setdefault("timeout", {})["read"] = self._transport.config.stream_timeout
        self.response = self._line = response
        self.execution_id = response.headers.get("X-Execution-Id", self.execution_id)
        self._began = True
        self._reader = FrameReader()
        self._pieces = response.iter_bytes()

    def _drop(self) -> None:
        """Close the connection. What it has brought and nobody read is asked for again by who goes on."""
        response, self._line, self._pieces = self._line, None, None
        self._frames.clear()
        if response is not None:
            response.close()

    def _back_off(self, error: Optional[AgenticRAGError]) -> None:
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
        self._awake.wait(seconds)

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


def _wake(response: httpx.Response) -> None:
    """Shut the connection of an answer down, so that a thread that waits for its next byte finds its end."""
    line: Any = response.extensions.get("network_stream")
    plug: Any = line.get_extra_info("socket") if line is not None else None
    if plug is not None and response.http_version != "HTTP/2":
        try:
            plug.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is down already
