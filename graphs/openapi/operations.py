"""Operations: what is kept of an OpenAPI document, enough to show its operations and to call them."""

from typing import Any, Literal

from msgspec import Struct

from graphs.outbound.http_exchange import BodyType

__all__ = [
    "APIDocument",
    "APIParameter",
    "AuthKind",
    "AuthScheme",
    "DocumentError",
    "Operation",
    "ReadingLimits",
]

Place = Literal["path", "query", "header", "cookie"]
AuthKind = Literal["bearer", "header", "basic", "query", "other"]
"""The kind of credential that a security scheme takes; ``other``: none of them, such as mutual TLS."""


class DocumentError(ValueError):
    """An OpenAPI document cannot be used. The message says why and what to do."""

    def __init__(self, message: str, *, code: str = "openapi_invalid") -> None:
        super().__init__(message)
        self.code = code
        """``openapi_invalid``, ``openapi_too_large``, ``openapi_timeout``, or the code of an `EgressError`.
        """


class ReadingLimits(Struct, frozen=True, kw_only=True):
    """What reading one document may take."""

    max_bytes: int = 20_000_000
    seconds: float = 60.0
    memory_bytes: int = 1_500_000_000


class APIParameter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parameter of an operation (OpenAPI 3.1 §4.8.12)."""

    name: str
    """Its name in the request."""
    argument: str
    """Its name in the tool's arguments."""
    place: Place
    style: str = "form"
    explode: bool = True
    as_json: bool = False
    """Whether its value is written as JSON."""


class Operation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One operation of an API."""

    id: str
    method: str
    """In upper case."""
    path: str
    """Its path template: ``/repos/{owner}``."""
    description: str = ""
    """What models read of it."""
    parameters: list[APIParameter] = []
    body: str = ""
    """The argument that is the body; empty for none."""
    body_type: BodyType = "json"
    media_type: str = ""
    """What the body is sent as; empty for that of `body_type`."""
    schema: dict[str, Any] = {}
    """JSON Schema of the tool's arguments."""
    server: str = ""
    """Its own server; empty for the document's."""
    authorized: bool = True
    """Whether it takes the credential."""
    problem: str = ""
    """Why it cannot be used, a sentence; empty where it can."""

    @property
    def reads(self) -> bool:
        """Whether it changes nothing (RFC 9110 §9.2.1)."""
        return self.method in ("GET", "HEAD", "OPTIONS")

    @property
    def repeatable(self) -> bool:
        """Whether a second call does no more than the first (RFC 9110 §9.2.2)."""
        return self.method not in ("POST", "PATCH")


class AuthScheme(Struct, frozen=True, kw_only=True):
    """How an API says that it is authorized (OpenAPI 3.1 §4.8.27)."""

    name: str
    kind: AuthKind
    field: str = ""
    """Name of the header or query parameter."""


class APIDocument(Struct, frozen=True, kw_only=True):
    """An OpenAPI document as it is kept."""

    version: str
    """Of the OpenAPI specification."""
    title: str
    api_version: str = ""
    servers: list[str] = []
    """Base URLs, their variables filled in; may be relative."""
    schemes: list[AuthScheme] = []
    operations: list[Operation] = []
