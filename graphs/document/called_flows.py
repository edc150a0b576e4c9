"""Called flows: which flows a node's data names, as a sub-flow or as a tool."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

__all__ = ["CalledFlow", "called_flows", "flow_tools"]


class CalledFlow(NamedTuple):
    """One place that names a flow."""

    holder: dict[str, Any]
    """The object whose ``flow_id`` it is: the node's data, or a tool's entry."""
    field: str
    """Its path in the node's data: ``flow_id``, ``tools[0].flow_id``."""

    @property
    def flow_id(self) -> str:
        """The flow."""
        return self.holder["flow_id"]

    @property
    def version(self) -> int | str | None:
        """Its version: a number or a label; None for the current one."""
        version = self.holder.get("version")
        return version if isinstance(version, int | str) and version else None

    @property
    def is_tool(self) -> bool:
        """Whether a tool calls it."""
        return self.field != "flow_id"

    @property
    def is_certain(self) -> bool:
        """Whether each run of the node calls it: neither a model nor a person decides."""
        return self.field == "flow_id" or (self.field == "tool.flow_id" and not self.holder.get("approval"))

    @property
    def pointer(self) -> str:
        """Its path as a JSON Pointer."""
        return "/" + self.field.replace("[", "/").replace("]", "").replace(".", "/")


def called_flows(type: str, data: Mapping[str, Any]) -> Iterator[CalledFlow]:
    """Yield the places of a node's data that name a flow; what is no such place is passed over."""
    if type == "subflow" and isinstance(data, dict) and _named(data):
        yield CalledFlow(data, "flow_id")
    yield from flow_tools(data.get("tools"))
    if _is_tool(entry := data.get("tool")):
        yield CalledFlow(cast("dict[str, Any]", entry), "tool.flow_id")


def flow_tools(tools: Any) -> Iterator[CalledFlow]:
    """Yield the entries of a list of tools that name a flow."""
    for place, entry in enumerate(cast("list[Any]", tools) if isinstance(tools, list) else ()):
        if _is_tool(entry):
            yield CalledFlow(entry, f"tools[{place}].flow_id")


def _is_tool(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.get("name") == "flow" and _named(entry)


def _named(holder: Mapping[str, Any]) -> bool:
    return isinstance(holder.get("flow_id"), str) and bool(holder["flow_id"])
