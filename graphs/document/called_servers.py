"""Called MCP servers: which servers and tools of theirs a node's data names."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

__all__ = ["CalledServer", "called_servers"]


class CalledServer(NamedTuple):
    """One entry of a node's tools that names an MCP server."""

    entry: dict[str, Any]
    field: str
    """Its path in the node's data: ``tool``, ``tools/0``."""

    @property
    def server(self) -> str:
        """The server's name."""
        return self.entry["server"]

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools there; none for all."""
        one, several = self.entry.get("tool"), self.entry.get("tools")
        if isinstance(one, str) and one:
            return (one,)
        found = cast("list[Any]", several) if isinstance(several, list) else []
        return tuple(name for name in found if isinstance(name, str))


def called_servers(data: Mapping[str, Any]) -> Iterator[CalledServer]:
    """Yield the entries of a node's data that name an MCP server; what is no such entry is passed over."""
    tools: Any = data.get("tools")
    for place, entry in enumerate(cast("list[Any]", tools) if isinstance(tools, list) else ()):
        if _is_one(entry):
            yield CalledServer(entry, f"tools/{place}")
    if _is_one(entry := data.get("tool")):
        yield CalledServer(cast("dict[str, Any]", entry), "tool")


def _is_one(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("name") == "mcp" and isinstance(entry.get("server"), str)
