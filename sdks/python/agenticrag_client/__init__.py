"""Client of AgenticRAG: chats, flows, executions and their streams, typed.

::

    from agenticrag_client import AgenticRAGClient

    client = AgenticRAGClient(base_url="http://localhost:8000", api_key="ar_…")
    print(client.chatflows.chat("Hello!").response)
"""

from typing import TYPE_CHECKING, Any

from . import errors
from .client import AgenticRAGClient
from .config import UNSET, APIConfig, Unset
from .errors import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AgenticRAGError,
    ArgumentError,
    AuthenticationError,
    BadRequest,
    BadRequestError,
    Conflict,
    ConflictError,
    ConnectionFailed,
    InternalServerError,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RedirectError,
    RequestTooLargeError,
    RunFailedError,
    ServerError,
    ServiceUnavailableError,
    StatusError,
    StreamBroken,
    StreamBrokenError,
    TimedOut,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    UnprocessableEntityError,
    UnsupportedMedia,
    UnsupportedMediaTypeError,
    WaitTimedOut,
    WaitTimeoutError,
)
from .flow_results import FlowResult
from .raw_response import RawResponse
from .requests import Content, File, Id
from .streams import EventStream
from .version import __version__

if TYPE_CHECKING:
    from . import models
    from .async_client import AsyncAgenticRAGClient
    from .async_streams import AsyncEventStream

__all__ = [
    "APIConfig",
    "APIConnectionError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "AgenticRAGClient",
    "AgenticRAGError",
    "ArgumentError",
    "AsyncAgenticRAGClient",
    "AsyncEventStream",
    "AuthenticationError",
    "BadRequest",
    "BadRequestError",
    "Conflict",
    "ConflictError",
    "ConnectionFailed",
    "Content",
    "EventStream",
    "File",
    "FlowResult",
    "Id",
    "InternalServerError",
    "Invalid",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RawResponse",
    "RedirectError",
    "RequestTooLargeError",
    "RunFailedError",
    "ServerError",
    "ServiceUnavailableError",
    "StatusError",
    "StreamBroken",
    "StreamBrokenError",
    "TimedOut",
    "TooLarge",
    "TooManyRequests",
    "UNSET",
    "Unavailable",
    "UnexpectedAnswer",
    "UnprocessableEntityError",
    "Unset",
    "UnsupportedMedia",
    "UnsupportedMediaTypeError",
    "WaitTimedOut",
    "WaitTimeoutError",
    "__version__",
    "errors",
    "models",
]


_LATER = {
    "AsyncAgenticRAGClient": ".async_client",
    "AsyncEventStream": ".async_streams",
    "models": ".models",
}
"""What not every program needs, and the modules that have it."""


def __getattr__(name: str) -> Any:
    """Import what not every program needs when it is asked for."""
    if name not in _LATER:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import importlib

    module = importlib.import_module(_LATER[name], __name__)
    return module if name == "models" else getattr(module, name)
