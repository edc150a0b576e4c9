"""Bodies and answers of the routes of MCP servers."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from graphs.mcp.pinned_tools import OAuthSettings, ToolState
from graphs.mcp.server_access import SamplingSettings

__all__ = [
    "MCPApproval",
    "MCPCheck",
    "MCPServerChange",
    "MCPServerList",
    "MCPServerView",
    "MCPTool",
    "MCPToolList",
    "NewMCPServer",
]

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
URL = Annotated[str, Meta(min_length=1, max_length=2048)]
Word = Annotated[str, Meta(max_length=255)]
ToolName = Annotated[str, Meta(min_length=1, max_length=128)]
ToolNames = Annotated[list[ToolName], Meta(max_length=500)]
Headers = Annotated[dict[str, Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=20)]
Rename = Annotated[
    dict[ToolName, Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]], Meta(max_length=500)
]
Seconds = Annotated[float, Meta(gt=0, le=86_400)]


class NewMCPServer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An MCP server that speaks streamable HTTP. Commands are the operator's (`mcp_servers_file`)."""

    name: Name
    """The name that flows use. Unique in the workspace."""
    url: URL
    """Its URL. It may look up workspace variables: `{{ env.tickets_url }}/mcp`. A private IP address needs
    the operator's `egress_allow`."""
    credential: Word = ""
    """Name of a credential that is sent with each request. It must allow the host of the URL. Empty: none."""
    headers: Headers = {}
    """More headers: the header's name, and the name of the credential whose secret is its value, or a
    template of workspace variables, such as `Bearer {{ env.tickets_token }}`."""
    oauth: OAuthSettings | None = None
    """OAuth 2.0 client credentials, in place of `credential`."""
    allow: ToolNames = field(default_factory=lambda: ["*"])
    """Tools that may be approved and used. `*`: all."""
    approval: ToolNames = []
    """Tools that ask a person before each call. `*`: all."""
    rename: Rename = {}
    """Names that models see, by tool. Others get `<server>_<tool>`."""
    timeout_seconds: Seconds = 60.0
    """Maximum time of one call."""
    sampling: SamplingSettings | None = None
    """Allows the server to ask for model calls within the budget of a run. Null: it is not allowed."""
    enabled: bool = True


class MCPServerChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes of an MCP server. Missing fields stay unchanged."""

    name: Name | UnsetType = UNSET
    url: URL | UnsetType = UNSET
    credential: Word | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    oauth: OAuthSettings | UnsetType | None = UNSET
    allow: ToolNames | UnsetType = UNSET
    approval: ToolNames | UnsetType = UNSET
    rename: Rename | UnsetType = UNSET
    timeout_seconds: Seconds | UnsetType = UNSET
    sampling: SamplingSettings | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class MCPServerView(Struct, frozen=True, kw_only=True):
    """An MCP server. Its secrets are in the credentials that it names."""

    id: str
    name: str
    kind: str
    """`http`, or `stdio` for a command of the operator's."""
    url: str
    credential: str
    headers: dict[str, str]
    oauth: OAuthSettings | None
    allow: list[str]
    approval: list[str]
    rename: dict[str, str]
    timeout_seconds: float
    sampling: SamplingSettings | None
    enabled: bool
    tools: int
    """Tools that it listed last."""
    approved: int
    """Tools of these that flows can use."""
    checked_at: str | None
    """When its tools were listed last."""
    created_at: str
    updated_at: str


class MCPServerList(Struct, frozen=True):
    """The workspace's MCP servers, by name."""

    mcp_servers: list[MCPServerView]
    total: int


class MCPTool(Struct, frozen=True, kw_only=True):
    """A tool of an MCP server."""

    name: str
    """What the server calls it."""
    called: str
    """What models call it."""
    description: str
    """What models read of it."""
    input_schema: dict[str, Any]
    state: ToolState
    """`approved`; `new`: never approved; `changed`: no longer as it was approved; `blocked`: not in `allow`;
    `unusable`: its name or schema cannot be used."""
    message: str
    """Why flows cannot use it, and what to do. Empty if they can."""
    approval: bool
    """Whether a person is asked before each call."""
    repeatable: bool
    """Whether the server says that a second call does no harm."""
    hash: str
    """SHA-256 of all that the server says of it."""


class MCPToolList(Struct, frozen=True):
    """The tools of an MCP server, as it listed them last."""

    tools: list[MCPTool]
    total: int


class MCPCheck(Struct, frozen=True, kw_only=True):
    """What an MCP server said when it was asked."""

    ok: bool
    code: str = ""
    """Why it could not be asked."""
    message: str = ""
    """The same as a sentence."""
    protocol_version: str = ""
    server_name: str = ""
    server_version: str = ""
    tools: list[MCPTool] = []


class MCPApproval(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tools are approved as they were listed last."""

    tools: Annotated[dict[ToolName, Annotated[str, Meta(max_length=64)]], Meta(max_length=500)] | None = None
    """Their hashes by name, so that what is approved is what was looked at. Null: all that were listed."""
