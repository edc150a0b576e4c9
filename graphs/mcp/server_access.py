"""Server access: how one MCP server is reached, what a call to it says, and what can go wrong."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from msgspec import Meta, Struct, field

from graphs.conversation.messages import Message
from graphs.conversation.tool_questions import ToolQuestion, ToolReply
from graphs.outbound.credentials import Credential

__all__ = [
    "CallMCP",
    "CallSample",
    "MCPAnswer",
    "MCPCall",
    "MCPError",
    "OAuthClient",
    "OnProgress",
    "SampleAnswer",
    "SampleRequest",
    "SampleRefused",
    "SamplingSettings",
    "ServerAccess",
    "StdioCommand",
    "no_mcp",
    "no_sampling",
]

OnProgress = Callable[[float, float | None, str], None]
"""Takes what is done, what there is to do in all (None if unknown), and a message."""


class MCPError(Exception):
    """An MCP server cannot be used as asked. The message says what to do, and has no secret in it."""

    def __init__(self, message: str, *, code: str, passing: bool = False) -> None:
        super().__init__(message)
        self.code = code
        """``mcp_unknown_server``, ``mcp_disabled``, ``mcp_stdio_disabled``, ``mcp_tool_changed``,
        ``mcp_not_installed``, ``mcp_unreachable``, ``mcp_timeout``, ``mcp_busy``, ``mcp_error``, or the code
        of an `EgressError`."""
        self.passing = passing
        """Whether the same call was not begun, and may well work in a moment."""


class StdioCommand(Struct, frozen=True, kw_only=True):
    """A command of the operator's that speaks MCP on its standard input and output."""

    command: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """Its whole environment: nothing of the server's own."""
    cwd: str
    log: str
    """File that its standard error goes to."""
    roots: tuple[str, ...] = ()
    """Folders that it is told of where it asks for its roots; it is not kept within them."""


class OAuthClient(Struct, frozen=True, kw_only=True):
    """OAuth 2.0 client credentials (RFC 6749 §4.4): where a token comes from."""

    token_url: str
    scope: str = ""
    client: Credential
    """Of kind ``basic``: client id and client secret. It goes to its own hosts alone."""


class SamplingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a server may ask models in the middle of a call (sampling)."""

    approval: bool = True
    """Whether a reviewer reads and approves each request first."""
    provider: Annotated[str, Meta(max_length=64)] = ""
    """Provider of `model`."""
    model: Annotated[str, Meta(max_length=255)] = ""
    """The model that is called. Empty: the model of the agent that makes the call."""
    connection: Annotated[str, Meta(max_length=255)] = ""
    """Connection of `model`, in place of `provider`."""
    max_calls: Annotated[int, Meta(ge=1, le=100)] = 5
    """Model calls in one call of a tool."""
    max_tokens: Annotated[int, Meta(ge=1, le=100_000)] = 1_000
    """Tokens of one answer, also where the server asks for more."""
    max_chars: Annotated[int, Meta(ge=1, le=1_000_000)] = 20_000
    """Characters of one request."""


class SampleRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a server wants a model to be asked."""

    messages: list[Message]
    max_tokens: int
    temperature: float | None = None
    stop: list[str] = []
    provider: str = ""
    model: str = ""
    """Empty for the model of the agent that makes the call."""
    connection: str = ""


class SampleAnswer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the model answered."""

    text: str
    model: str
    stop_reason: str = "endTurn"


class SampleRefused(Exception):
    """A model is not asked, or gave no answer. The server gets the message."""


CallSample = Callable[[SampleRequest], Awaitable[SampleAnswer]]
"""Asks a model within the run that makes a call; raises `SampleRefused`, and `NodeError` to end the run."""


async def no_sampling(request: SampleRequest) -> SampleAnswer:
    """Refuse: where a call belongs to no run."""
    raise SampleRefused("No run asks for this call, so no model is asked.")


class ServerAccess(Struct, frozen=True, kw_only=True):
    """How a server is reached. Two values that are equal can share a session."""

    workspace: str
    name: str
    version: str
    """Changes with the stored settings of the server."""
    url: str = ""
    """Of a server that speaks streamable HTTP, with a credential in its query where one is carried so."""
    command: StdioCommand | None = None
    """Of a server that the operator has as a command."""
    label: str = ""
    """The label whose workspace variables it is reached with, where its settings look some up."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    oauth: OAuthClient | None = None
    secrets: tuple[str, ...] = ()
    """What nobody may get to read of what the server says."""
    timeout_seconds: float = 60.0
    """For one call, without the time in which models answer."""
    sampling: SamplingSettings | None = None
    """None: it may ask for no model call."""

    def __repr__(self) -> str:
        """Leave the secrets out."""
        return f"ServerAccess({self.workspace!r}, {self.name!r}, {self.version!r})"


class MCPCall(Struct, frozen=True, kw_only=True):
    """One call of a tool."""

    server: str
    tool: str
    arguments: dict[str, Any]
    hash: str = ""
    """Hash of the tool as it was approved; empty where that does not matter."""
    repeatable: bool = False
    """Whether it may be made again where the server died during it."""
    on_progress: OnProgress | None = None
    replies: tuple[ToolReply, ...] = ()
    """What people have answered to its questions so far."""
    state: str = ""
    """`MCPAnswer.state` of the answer that asked last."""
    sample: CallSample = no_sampling


class MCPAnswer(Struct, frozen=True, kw_only=True):
    """What a tool gave."""

    value: Any
    """Text, or plain JSON where the server gives its result a structure."""
    is_error: bool = False
    """Whether the tool says that it failed."""
    files: tuple[tuple[str, str, bytes], ...] = ()
    """Images, sounds and other files that it gave: name, media type and content."""
    asks: tuple[ToolQuestion, ...] = ()
    """What people must answer first: there is no result yet. Call again with their replies."""
    state: str = ""
    """What the server wants back with them."""


CallMCP = Callable[[MCPCall], Awaitable[MCPAnswer]]
"""Calls a tool of an MCP server of the run's workspace; raises `MCPError`."""


async def no_mcp(call: MCPCall) -> MCPAnswer:
    """Refuse: where a flow runs beside a server."""
    raise MCPError(
        f"The MCP server {call.server[:80]!r} is known to a running server only. Run the flow there.",
        code="mcp_unknown_server",
    )
