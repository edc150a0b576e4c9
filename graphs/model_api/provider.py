"""Provider: what an adapter does. It sends one request and yields what arrives; it never repeats."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol, runtime_checkable

from msgspec import Struct

from graphs.conversation.messages import Citation, ModelRequest, Usage

__all__ = ["Address", "Piece", "PlainText", "Provider", "Starts", "ToolPiece"]


class ToolPiece(Struct, frozen=True, gc=False):
    """A part of a tool call."""

    index: int | None = None
    """Which call of the answer it belongs to; None where the provider numbers none."""
    id: str = ""
    name: str = ""
    arguments: str = ""
    """A part of the arguments' JSON text."""
    extra: dict[str, Any] | None = None
    """What the server wants to see again with the call, as it came."""


class Piece(Struct, frozen=True):
    """A part of an answer, as it came off the wire."""

    text: str = ""
    reasoning: str = ""
    tools: tuple[ToolPiece, ...] = ()
    finish_reason: str = ""
    usage: Usage | None = None
    citations: tuple[Citation, ...] = ()
    echo: dict[str, Any] | None = None
    """What the server wants to see again with the turn, as it came."""
    warnings: tuple[str, ...] = ()
    """What the request had to do without, for people."""
    structured: str = ""
    """How JSON was asked for."""


class PlainText(Piece, frozen=True):
    """A part that has text and nothing else, as nearly every token is: nobody need look for more."""


class Address(Struct, frozen=True):
    """Where a request goes and the key that it carries; providers keep their clients by it."""

    base_url: str = ""
    api_key: str = ""
    named: bool = False
    """Whether a flow or a request named it: it is then asked by the rules of the egress."""
    profile: str = ""
    """Which kind of server it is, where its connection says so."""
    headers: tuple[tuple[str, str], ...] = ()
    """What its connection sends with each request."""

    def __repr__(self) -> str:
        """Leave the key out."""
        return f"Address({self.base_url!r})"


class Provider(Protocol):
    """Speaks to one kind of model server."""

    def stream(
        self, request: ModelRequest, address: Address, *, idempotency_key: str = ""
    ) -> AsyncGenerator[list[Piece]]:
        """Send one request and yield what arrives, all pieces of one read of the socket at a time.

        Closing the generator, or cancelling it, closes the connection. An answer without a piece that has a
        ``finish_reason`` was cut. Text that shows why a request failed goes into a `ModelError`; other
        exceptions are classified by `graphs.model_api.provider_errors.classify`.
        """
        ...

    async def close(self) -> None:
        """Close clients and child processes."""
        ...


@runtime_checkable
class Starts(Protocol):
    """A provider that has to be started: what that takes is none of a model's time for its first token."""

    async def start(self) -> None:
        """Return when it takes requests.

        Raises:
            ModelError: it does not come up (class ``server``).
        """
        ...
