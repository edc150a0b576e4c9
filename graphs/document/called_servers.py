"""Called servers: which MCP servers and APIs, and which tools of theirs, a node's data names."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, cast

__all__ = ["CalledServer", "called_servers"]

_FIELDS = {"mcp": ("server", "tool", "tools"), "openapi": ("api", "operation", "operations")}
"""By tool: the fields of its name, of one tool there and of several."""


class CalledServer(NamedTuple):
    """One entry of a node's tools that names an MCP server or an API."""

    entry: dict[str, Any]
    field: str
    """Its path in the node's data: ``tool``, ``tools/0``."""
    kind: Literal["mcp", "openapi"]

    @property
    def server(self) -> str:
        """The server's or the API's name."""
        return self.entry[_FIELDS[self.kind][0]]

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools there, or the operations; none for all."""
        _, one, several = (self.entry.get(name) for name in _FIELDS[self.kind])
        if isinstance(one, str) and one:
            return (one,)
        found = cast("list[Any]", several) if isinstance(several, list) else []
        return tuple(name for name in found if isinstance(name, str))


def called_servers(data: Mapping[str, Any], kind: Literal["mcp", "openapi"]) -> Iterator[CalledServer]:
    """Yield the entries of a node's data that name an MCP server, or an API; what is no such entry is passed
    over."""
    tools: Any = data.get("tools")
    for place, entry in enumerate(cast("list[Any]", tools) if isinstance(tools, list) else ()):
        if _is_one(entry, kind):
            yield CalledServer(entry, f"tools/{place}", kind)
    if _is_one(entry := data.get("tool"), kind):
        yield CalledServer(cast("dict[str, Any]", entry), "tool", kind)


def _is_one(entry: Any, kind: str) -> bool:
    return (
        isinstance(entry, dict) and entry.get("name") == kind and isinstance(entry.get(_FIELDS[kind][0]), str)
    )
