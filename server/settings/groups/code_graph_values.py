"""Settings of graphs in code, as values."""

from msgspec import field

from server.settings.groups.trigger_values import TriggerValues

__all__ = ["CodeGraphValues"]


class CodeGraphValues(TriggerValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting, with those of graphs in code."""

    code_graphs: list[str] = []  # noqa: RUF012 (msgspec copies it)
    """LangGraph graphs in Python files, which are flows of this server and have its rights:
    `path/to/file.py:graph`, `name=path/to/file.py:graph`, or a folder with a `langgraph.json`. A broken one
    stops the start."""
    code_graph_types: list[str] = []  # noqa: RUF012 (msgspec copies it)
    """Pydantic models, dataclasses and enums that the state of these graphs may hold, as `module:Class`."""
    code_graph_workspaces: list[str] = field(default_factory=lambda: ["default"])
    """Slugs of the workspaces that have these graphs."""
