"""Client of AgenticRAG: chats, flows, executions and their streams, typed.

::

    from agenticrag_client import AgenticRAGClient, APIConfig

    client = AgenticRAGClient(APIConfig(base_url="http://localhost:8000", api_key="ar_…"))
    print(client.chatflows.chat("Hello!").response)
"""

from . import errors, models
from .async_transport import AsyncEventStream
from .client import AgenticRAGClient, AsyncAgenticRAGClient
from .config import UNSET, APIConfig, Unset
from .errors import (
    AgenticRAGError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    ServerError,
    StatusError,
    StreamBroken,
    TimedOut,
    TooLarge,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    UnsupportedMedia,
    WaitTimedOut,
)
from .flow_results import FlowResult
from .requests import Content, File
from .transport import EventStream
from .version import __version__

__all__ = [
    "UNSET",
    "APIConfig",
    "AgenticRAGClient",
    "AgenticRAGError",
    "AsyncAgenticRAGClient",
    "AsyncEventStream",
    "BadRequest",
    "Conflict",
    "ConnectionFailed",
    "Content",
    "EventStream",
    "File",
    "FlowResult",
    "Invalid",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "ServerError",
    "StatusError",
    "StreamBroken",
    "TimedOut",
    "TooLarge",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedAnswer",
    "Unset",
    "UnsupportedMedia",
    "WaitTimedOut",
    "__version__",
    "errors",
    "models",
]
