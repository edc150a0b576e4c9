"""Pinned tools: which tools of an MCP server flows may use, as they were approved."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from graphs.mcp.server_access import SamplingSettings
from graphs.mcp.tool_lists import ListedTool, tool_name

__all__ = [
    "MCPSettings",
    "OAuthSettings",
    "OfferedTool",
    "PinnedServer",
    "PinnedTool",
    "ToolState",
    "offered",
]

ALL = "*"
"""In a list of tools: every one."""
ToolState = Literal["approved", "new", "changed", "blocked", "unusable"]
"""``new``: never approved; ``changed``: not as it was approved; ``blocked``: not in `MCPSettings.allow`;
``unusable``: its name or schema cannot be used."""


class OAuthSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """OAuth 2.0 client credentials: a token for the server is fetched from another URL."""

    token_url: str
    credential: str
    """Name of a credential of kind `basic`: client ID and client secret. Its hosts include the host of
    `token_url`."""
    scope: str = ""


class MCPSettings(Struct, frozen=True, kw_only=True):
    """What a workspace has set of a server."""

    url: str = ""
    credential: str = ""
    headers: dict[str, str] = {}
    oauth: OAuthSettings | None = None
    allow: list[str] = field(default_factory=lambda: [ALL])
    approval: list[str] = []
    rename: dict[str, str] = {}
    timeout_seconds: float = 60.0
    sampling: SamplingSettings | None = None
    enabled: bool = True


class PinnedTool(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tool as a run uses it to its end."""

    tool: str
    """What the server calls it."""
    name: str
    """What models call it."""
    description: str
    parameters: dict[str, Any]
    hash: str
    repeatable: bool = False
    approval: bool = False


class PinnedServer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tools of a server that a run may use."""

    tools: list[PinnedTool] = []
    refused: dict[str, str] = {}
    """Why other tools cannot be used, a sentence by name."""
    problem: str = ""
    """Why none of them can be used; empty where some can."""
    env: list[str] = []
    """Names of the workspace variables with which it is reached."""


class OfferedTool(Struct, frozen=True, kw_only=True):
    """A tool of a server and whether flows may use it."""

    listed: ListedTool
    name: str
    state: ToolState
    why: str
    """A sentence; empty for an approved tool."""
    approval: bool


def offered(
    server: str, settings: MCPSettings, listed: Sequence[ListedTool], approved: Mapping[str, str]
) -> list[OfferedTool]:
    """Return the tools of a server as flows and people see them.

    Args:
        server: Its name.
        settings: What the workspace has set.
        listed: The last list that the server gave.
        approved: The hashes that were approved, by tool.
    """
    taken = {*settings.rename.values()}
    found: list[OfferedTool] = []
    for tool in listed:
        name = settings.rename.get(tool.name) or tool_name(server, tool.name, taken)
        taken.add(name)
        state, why = _state(server, tool, settings, approved)
        asks = ALL in settings.approval or tool.name in settings.approval
        found.append(OfferedTool(listed=tool, name=name, state=state, why=why, approval=asks))
    return found


def _state(
    server: str, tool: ListedTool, settings: MCPSettings, approved: Mapping[str, str]
) -> tuple[ToolState, str]:
    named = f"The tool '{tool.name}' of the MCP server '{server}'"
    if ALL not in settings.allow and tool.name not in settings.allow:
        return "blocked", f"{named} is not in 'allow' of the server. Add it there."
    if tool.problem:
        return "unusable", f"{named} cannot be used. {tool.problem}"
    if tool.name not in approved:
        return "new", f"{named} is not approved. Look at it and approve it."
    if approved[tool.name] != tool.hash:
        return "changed", f"{named} has changed since it was approved. Look at it and approve it again."
    return "approved", ""
