"""Workspace variables in flows: names that are not there, and secrets that would go where they may not."""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import structs

from graphs.checks.field_lookups import field_finding, lookups, meant
from graphs.document.topology import Topology
from graphs.expressions import ExpressionError
from graphs.expressions.templates import parse
from graphs.tools import ToolEntryError, ToolKinds, read_tool
from graphs.values.findings import Finding, shown

__all__ = ["env_findings"]

MISPLACED = "secret_misplaced"


def env_findings(
    shape: Topology, variables: Mapping[str, bool] | None, tools: ToolKinds | None
) -> Iterator[Finding]:
    """Tell of look-ups of ``env`` that cannot be; pointers are relative to the node.

    All sources parse by now.

    Args:
        shape: The flow.
        variables: The names that there are, each with whether it is secret; None where that is not known.
        tools: The tools that there are; None for the built-in ones.
    """
    for id, node in shape.nodes.items():
        places = [(one.field, one.path, node.takes_secrets(one.field)) for one in lookups(node)]
        for field, entry in node.tool_entries().items():
            places += [(f"{field}.{inner}", path, "") for inner, path in _of_tool(entry, tools)]
        for field, path, refusal in places:
            if path[0] != "env":
                continue
            if len(path) < 2:
                message = (
                    "it looks up all variables of the workspace. Name the one that is meant: env.region."
                )
                yield _error("env_without_name", id, field, message)
            elif variables is not None and path[1] not in variables:
                advice = meant(path[1], variables) or "Create it before the flow runs."
                message = f"it looks up workspace variable {shown(path[1])}, which is not there. {advice}"
                yield field_finding("unknown_env", id, field, message)
            elif variables is not None and variables[path[1]] and refusal:
                message = f"it looks up {shown(path[1])}, which is secret. {refusal}"
                yield _error(MISPLACED, id, field, message)


def _error(code: str, id: str, field: str, message: str) -> Finding:
    return structs.replace(field_finding(code, id, field, message), severity="error")


def _of_tool(entry: Any, tools: ToolKinds | None) -> Iterator[tuple[str, tuple[str, ...]]]:
    try:
        templates = read_tool(entry, tools).env_templates()
        for field, source in templates.items():
            yield from ((field, path) for path in parse(source).paths)
    except (ToolEntryError, ExpressionError):
        return
