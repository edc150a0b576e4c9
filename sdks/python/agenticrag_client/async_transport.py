"""The way to the server and back, asynchronously: attempts, answers, and streams that go on after a cut."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, AsyncGenerator, Generic, List, Optional, Tuple, Type, TypeVar

import httpx

from .codec import UnexpectedAnswer, decode
from .config import APIConfig
from .errors import (
    AgenticRAGError,
    ConnectionFailed,
    StatusError,
    StreamBroken,
    connection_error,
    status_error,
)
from .frames import FrameReader
from .requests import Content, Request
from .retries import after_answer, after_failure, is_under_way, pause
from .version import USER_AGENT

__all__ = ["AsyncEventStream", "AsyncTransport"]

E = TypeVar("E")
T = TypeVar("T")


class AsyncTransport:
    """Sends requests, again where that is harmless."""

    def __init__(self, config: APIConfig, http: Optional[httpx.AsyncClient] = None) -> None:
        self.config = config
        self.http = http or httpx.AsyncClient()

    def build(self, request: Request, *, last_event_id: str = "", read: Optional[float] = None) -> httpx.Request:
        """Return one attempt of a request."""
        arguments = request.arguments()
        headers = {"User-Agent": USER_AGENT, **arguments.pop("headers")}
        if self.config.api_key and not request.open:
            headers["Authorization"] = f"Bearer {self.config.api_key}"
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        timeout = httpx.Timeout(self.config.timeout, read=read or self.config.timeout)
        url = self.config.base_url.rstrip("/") + request.url
        return self.http.build_request(request.verb, url, headers=headers, timeout=timeout, **arguments)

    async def send(self, request: Request) -> httpx.Response:
        """Return the good answer to a request.

        Raises:
            StatusError: the server answered with a problem.
            ConnectionFailed: it was not reached.
        """
        attempt = 0
        patience = time.monotonic() + self.config.timeout * (self.config.max_retries + 1)
        while True:
            try:
                response = await self.http.send(self.build(request))
            except httpx.TransportError as error:
                if attempt >= self.config.max_retries or not after_failure(request, error):
                    raise connection_error(error, self.config.base_url) from error
                seconds = pause(attempt)
            else:
                if response.is_success:
                    return response
                status, body = response.status_code, response.content
                waits = is_under_way(request, attempt, status, body) and time.monotonic() < patience
                again = attempt < self.config.max_retries and after_answer(request, status)
                if not waits and not again:
                    raise status_error(status, response.headers, body)
                seconds = pause(attempt, response.headers)
            attempt += 1
            await asyncio.sleep(seconds)

    async def nothing(self, request: Request) -> None:
        """Send a request whose answer has no body."""
        await self.send(request)

    async def value(self, kind: Any, request: Request) -> Any:
        """Return the answer to a request as a value of a kind."""
        response = await self.send(request)
        try:
            return decode(kind, json.loads(response.content))
        except ValueError as error:
            raise UnexpectedAnswer(f"The answer of {request.url} is not JSON: {error}.") from error

    async def model(self, kind: Type[T], request: Request) -> T:
        """Return the answer to a request as a model."""
        found: T = await self.value(kind, request)
        return found

    async def text(self, request: Request) -> str:
        """Return the answer to a request as text."""
        return (await self.send(request)).text

    async def content(self, request: Request) -> Content:
        """Return the answer to a request as a file."""
        response = await self.send(request)
        media = response.headers.get("Content-Type", "").partition(";")[0]
        _, _, name = response.headers.get("Content-Disposition", "").partition('filename="')
        return Content(response.content, media, name.partition('"')[0])


class AsyncEventStream(Generic[E]):
    """Events as they happen. A cut line is taken up where it broke, without a gap and without a repetition.

    Go through it once; `close` it, or use it in a `with`, to leave early. Leaving does not end a run:
    `client.executions.cancel(stream.execution_id)` does.
    """

    def __init__(
        self,
        transport: AsyncTransport,
        kind: Any,
        request: Request,
        last: Tuple[str, ...],
        last_event_id: str = "",
    ) -> None:
        self.last_event_id = last_event_id
        """How far it has come: enough for another program to go on from here."""
        self.execution_id = ""
        """The execution that it shows, once its first event is here."""
        self.reconnects = 0
        """How often the line was taken up again."""
        self._transport = transport
        self._kind = kind
        self._request = request
        self._last = last
        self._events = self._follow()

    def __aiter__(self) -> AsyncEventStream[E]:
        """Return itself."""
        return self

    async def __anext__(self) -> E:
        """Return the next event."""
        return await self._events.__anext__()

    async def __aenter__(self) -> AsyncEventStream[E]:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        await self.close()

    async def close(self) -> None:
        """Leave the stream."""
        await self._events.aclose()

    async def _follow(self) -> AsyncGenerator[E, None]:
        failures = 0
        while True:
            reader = FrameReader()
            response: Optional[httpx.Response] = None
            error: Optional[AgenticRAGError] = None
            try:
                response = await self._open()
                if response.status_code == 204:
                    return
                if response.is_success:
                    self.execution_id = response.headers.get("X-Execution-Id", self.execution_id)
                    async for piece in response.aiter_bytes():
                        for frame in reader.feed(piece):
                            failures = 0
                            self.last_event_id = frame.id or self.last_event_id
                            if frame.data == "[DONE]":
                                return
                            for event in self._event(frame.data):
                                yield event
                            if frame.event in self._last:
                                return
                else:
                    body = await response.aread()
                    error = status_error(response.status_code, response.headers, body)
            except httpx.TransportError as failed:
                error = connection_error(failed, self._transport.config.base_url)
                error.__cause__ = failed
            finally:
                if response is not None:
                    await response.aclose()
            # Without an error the server stops, and asks to come back.
            if failures >= self._transport.config.max_retries or not self._may_resume(error):
                raise self._end(error)
            headers = error.headers if isinstance(error, StatusError) else None
            await asyncio.sleep(max(reader.retry, pause(failures, headers)))
            failures += 1
            self.reconnects += 1

    async def _open(self) -> httpx.Response:
        config = self._transport.config
        attempt = self._transport.build(
            self._request, last_event_id=self.last_event_id, read=config.stream_timeout
        )
        return await self._transport.http.send(attempt, stream=True)

    def _event(self, text: str) -> List[E]:
        """Return the event of a frame; none where this version does not know its kind."""
        try:
            event = decode(self._kind, json.loads(text))
        except ValueError as error:
            raise UnexpectedAnswer(f"An event of {self._request.url} is not JSON: {error}.") from error
        if isinstance(event, dict):
            return []
        self.execution_id = getattr(event, "execution_id", self.execution_id)
        return [event]

    def _may_resume(self, error: Optional[AgenticRAGError]) -> bool:
        if isinstance(error, StatusError):
            return after_answer(self._request, error.status)
        if self.last_event_id or error is None:
            return True
        return isinstance(error.__cause__, httpx.TransportError) and after_failure(
            self._request, error.__cause__
        )

    def _end(self, error: Optional[AgenticRAGError]) -> AgenticRAGError:
        """Return what to raise: the server's own word, or that the stream broke."""
        if isinstance(error, StatusError) or (isinstance(error, ConnectionFailed) and not self.last_event_id):
            return error
        told = str(error) if error else "The server ended it before its last event."
        return StreamBroken(
            f"The stream of {self._request.url} could not be taken up again: {told}", self.last_event_id
        )
