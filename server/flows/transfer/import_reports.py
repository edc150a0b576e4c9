"""Import reports: what an import of flows found and did."""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from graphs.document.flow import FlowType
from server.flows.transfer.bundle_variables import BoundVariable
from server.http.problems import Fault

__all__ = ["Bound", "ImportReport", "UsedModel"]


class Bound(Struct, frozen=True, kw_only=True):
    """What became of a reference."""

    wanted: str
    """The id in the bundle; of a knowledge base the id or the name."""
    id: str | None
    """The id here; null where it is missing."""
    name: str
    how: Literal["existing", "created", "missing"]


class UsedModel(Struct, frozen=True):
    """A model that the flows of a bundle ask; empty parts are the server's default."""

    provider: str
    model: str


class ImportReport(Struct, frozen=True, kw_only=True):
    """What an import found and did."""

    imported: bool
    """False where something is missing or wrong, and for a dry run."""
    id: str | None
    """Of the flow, where it was stored."""
    name: str
    flow_type: FlowType
    version: int | None
    agents: list[Bound]
    flows: list[Bound]
    knowledge_bases: list[Bound]
    """Found here by their id or name. One that is missing prevents no import: `warnings` names it."""
    models: list[UsedModel]
    tools: list[str]
    variables: list[BoundVariable]
    """Workspace variables that the flows read. Those that are missing are to be created."""
    secrets_removed: list[str]
    """Where the export took a secret out, as JSON Pointers: fill them in again."""
    errors: list[Fault]
    warnings: list[Fault]

    def lines(self) -> Iterator[str]:
        """Yield what a command line tells of it, beside errors and warnings."""
        for bound in (*self.agents, *self.flows, *self.knowledge_bases):
            yield f"{bound.how}: {bound.name}{f' ({bound.id})' if bound.id else ''}"
        yield from (
            f"missing: workspace variable {one.name}" for one in self.variables if one.how == "missing"
        )
        for place in self.secrets_removed:
            yield f"fill in again: {place} (a secret that the export left out)"
