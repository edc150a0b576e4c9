"""An answer as it came, with its status and its headers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Callable, Coroutine, Generic, Optional, TypeVar, cast

import httpx

if TYPE_CHECKING:
    from typing_extensions import ParamSpec

    P = ParamSpec("P")

__all__ = ["RawResponse", "asynchronous_raw", "raw"]

T = TypeVar("T")


@dataclass(frozen=True)
class RawResponse(Generic[T]):
    """What the server answered; `parse` makes of it what the call gives otherwise."""

    http_response: httpx.Response
    parse: Callable[[], T]

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.http_response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """The answer's headers."""
        return self.http_response.headers

    @property
    def request_id(self) -> Optional[str]:
        """What the server's log calls the request."""
        found: Optional[str] = self.headers.get("X-Request-Id")
        return found

    @property
    def content(self) -> bytes:
        """The body."""
        return self.http_response.content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.http_response.text

    def json(self) -> Any:
        """Return the body as plain JSON."""
        return self.http_response.json()


def raw(method: Callable[P, T]) -> Callable[P, RawResponse[T]]:
    """Return a method of a resource that gives answers as they came, by its type."""
    return cast("Callable[P, RawResponse[T]]", method)


def asynchronous_raw(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, RawResponse[T]]]:
    """Return the same for an asynchronous method."""
    return cast("Callable[P, Coroutine[Any, Any, RawResponse[T]]]", method)
