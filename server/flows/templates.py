"""Templates: the flows of ``examples/`` that come with the server, to be copied into a workspace."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from graphs.document.flow import FlowType, GraphDefinition
from server.flows.flow_files import read_flow_file
from server.settings.shipped_files import shipped

__all__ = ["Template", "templates"]

GROUPS = ("basics", "workflows", "knowledge", "openapi", "mcp", "extras")
"""The folders of ``examples/`` in the order of the list; the files beside them are the basics."""
NO_FLOWS = frozenset({"servers"})
"""Files in them that hold something else."""


class Template(Struct, frozen=True):
    """A flow that comes with the server."""

    name: str
    """The name of its file, without `.json`."""
    group: str
    flow_type: FlowType
    content: dict[str, Any]
    """What an import takes."""
    document: dict[str, Any]
    """What is stored of it."""

    def definition(self) -> GraphDefinition:
        """Return the graph that it runs."""
        from graphs.analysis.chatflow import definition_of

        return definition_of(self.document)


@cache
def templates() -> Mapping[str, Template]:
    """Return all of them by name. The first call reads the files: call it in a thread."""
    found: dict[str, Template] = {}
    root = shipped("examples")
    for group in GROUPS:
        folder = root if group == "basics" else root / group
        for file in sorted(folder.glob("*.json")):
            if file.stem not in NO_FLOWS:
                read = read_flow_file(file)
                content = {"flow_type": read.flow_type, **read.written}
                found[file.stem] = Template(file.stem, group, read.flow_type, content, read.document)
    return found
