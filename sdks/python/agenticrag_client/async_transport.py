"""The way to the server and back, asynchronously: attempts, repetitions and answers."""

from __future__ import annotations

import json
import time
from typing import Any, Type, TypeVar, Union, cast

import anyio
import httpx

from .attempts import allowed_seconds, attempt_of, log, log_answer, too_late, wanted_timeout, without_body
from .codec import decode
from .config import APIConfig
from .errors import AgenticRAGError, APIResponseValidationError, ArgumentError, connection_error, status_error, without_key
from .failures import failure_of
from .raw_response import RawResponse
from .requests import Content, Request
from .retries import after_answer, after_failure, is_under_way, pause

__all__ = ["AsyncTransport"]

T = TypeVar("T")


class AsyncTransport:
    """Sends requests, again where that is harmless."""

    raw = False
    """Whether it gives answers as they came."""

    def __init__(self, config: APIConfig, http: Union[httpx.AsyncClient, None] = None) -> None:
        self.config = config
        given: Any = http
        if given is not None and not isinstance(given, httpx.AsyncClient):
            raise ArgumentError(f"'http_client' takes an httpx.AsyncClient; found {type(given).__module__}.{type(given).__name__}.")
        self.http = http or httpx.AsyncClient()
        self._own_timeout = http.timeout if http is not None and http.timeout != httpx.Timeout(5.0) else None

    def as_raw(self) -> AsyncTransport:
        """Return the same for answers as they came."""
        transport = AsyncTransport(self.config, self.http)
        transport._own_timeout, transport.raw = self._own_timeout, True
        return transport

    def timeout(self, request: Request) -> httpx.Timeout:
        """Return how long an attempt of a request may take: as its call says, the client, or its httpx client."""
        return wanted_timeout(self.config, request, self._own_timeout)

    def attempt(self, request: Request, last_event_id: str = "") -> httpx.Request:
        """Return one attempt of a request.

        Raises:
            AgenticRAGError: the client is closed.
        """
        if self.http.is_closed:
            raise AgenticRAGError("This client is closed, and sends nothing any more. Make another one.")
        return self.http.build_request(
            request.verb,
            self.config.base_url + request.url,
            headers=attempt_of(self.config, request, last_event_id),
            timeout=self.timeout(request),
            **request.arguments(),
        )

    async def send(self, request: Request) -> httpx.Response:
        """Return the good answer to a request.

        Raises:
            APIStatusError: the server answered with a problem.
            APIConnectionError: it was not reached, or not in time.
        """
        wanted = request.options.max_retries
        retries = self.config.retries if wanted is None else wanted
        ends = time.monotonic() + allowed_seconds(self.timeout(request), retries)
        failures = 0
        while True:
            began = time.monotonic()
            try:
                response = await self.whole(await self.http.send(self.attempt(request), stream=True))
            except httpx.RequestError as error:
                failed = connection_error(error, self.config.base_url)
                if failures >= retries or not after_failure(request, error):
                    raise failed from failed.__cause__
                seconds = pause(failures)
                failures += 1
                log.info("%s %s failed, again in %.1f s: %s", request.verb, request.place, seconds, failed)
            else:
                log_answer(request, response, began)
                if response.is_success:
                    return response
                status = response.status_code
                seconds = pause(failures, response.headers)
                if is_under_way(request, status, response.content):
                    # An earlier attempt is being worked on: its answer is waited for, and is no failure.
                    if time.monotonic() + seconds > ends:
                        raise too_late(request, response)
                elif failures < retries and after_answer(request, status):
                    failures += 1
                else:
                    raise status_error(response)
            await anyio.sleep(seconds)

    async def whole(self, response: httpx.Response, *, needed: bool = True) -> httpx.Response:
        """Read an answer. A refusal stays one where its body does not come whole, and what is not needed too."""
        try:
            await response.aread()
        except BaseException as error:
            await response.aclose()
            if (needed and response.is_success) or not isinstance(error, httpx.RequestError):
                raise
            return without_body(response)
        return response

    async def nothing(self, request: Request) -> None:
        """Send a request whose answer has no body."""
        response = await self.send(request)
        if self.raw:
            return cast("None", RawResponse(response, lambda: None))

    async def value(self, kind: Any, request: Request) -> Any:
        """Return the answer to a request as a value of a kind.

        Raises:
            RunFailedError: it tells of a run that failed, and the caller wants that as an exception.
        """
        response = await self.send(request)

        def parsed() -> Any:
            try:
                found = decode(kind, json.loads(response.content))
            except ValueError as error:
                told = f"The answer of {request.place} is not JSON: {error}. It begins with {without_key(response)[:200]!r}."
                raise APIResponseValidationError(told) from None
            self.check(request, found)
            return found

        return RawResponse(response, parsed) if self.raw else parsed()

    def check(self, request: Request, found: Any, execution_id: str = "") -> None:
        """Raise the error of a run that failed, where the caller wants one."""
        wanted = request.options.raise_on_failure
        if self.config.raise_on_failure if wanted is None else wanted:
            failed = failure_of(found, execution_id)
            if failed is not None:
                raise failed

    async def model(self, kind: Type[T], request: Request) -> T:
        """Return the answer to a request as a model."""
        found: T = await self.value(kind, request)
        return found

    async def text(self, request: Request) -> str:
        """Return the answer to a request as text."""
        response = await self.send(request)
        return cast("str", RawResponse(response, lambda: response.text)) if self.raw else response.text

    async def content(self, request: Request) -> Content:
        """Return the answer to a request as a file."""
        response = await self.send(request)
        media = response.headers.get("Content-Type", "").partition(";")[0]
        _, _, name = response.headers.get("Content-Disposition", "").partition('filename="')
        found = Content(response.content, media, name.partition('"')[0])
        return cast("Content", RawResponse(response, lambda: found)) if self.raw else found
