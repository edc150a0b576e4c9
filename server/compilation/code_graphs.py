"""Code graphs of this server: loaded once, stored as flows of their workspaces, and run."""

import logging
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persistence.identity.workspaces import Workspaces
from persistence.library.code_flows import CodeFlow, CodeFlows
from persistence.memories.memories import Memories
from persistence.runs.executions import ExecutionRow
from persistence.storage.database import Database
from server.settings.default_model import DefaultModel
from server.settings.sources import Settings

if TYPE_CHECKING:
    from graphs.code_graphs.code_graph import CodeGraph
    from graphs.code_graphs.code_graph_runs import CodeGraphRuns
    from graphs.code_graphs.stored_values import StoredValues
    from persistence.checkpoints.checkpointer import Checkpointer

__all__ = ["ServerCodeGraphs", "check_code_graphs", "load"]

log = logging.getLogger("agenticrag")


def check_code_graphs(settings: Settings) -> None:
    """Return if the graphs in code can be used.

    Raises:
        CodeGraphError: one cannot.
    """
    if settings.code_graphs or _packages_bring():
        load(settings)


class ServerCodeGraphs:
    """The graphs in code that the operator named, and those of installed packages."""

    def __init__(self, settings: Settings, default_model: DefaultModel) -> None:
        """Load them, where there are any: that runs their code.

        Raises:
            CodeGraphError: one cannot be used; the message says why.
        """
        self._settings = settings
        self._default_model = default_model
        self._graphs: Mapping[str, CodeGraph] = {}
        self._values: StoredValues | None = None
        self._workspaces: frozenset[str] = frozenset()
        if settings.code_graphs or _packages_bring():
            with ThreadPoolExecutor(1) as beside:  # where no event loop runs
                self._graphs, self._values = beside.submit(load, settings).result()

    async def store(self, database: Database) -> None:
        """Store each as a flow, a new version where its source has changed, and switch off others."""
        flows = CodeFlows(database)
        if not self._graphs and not await flows.any():
            return
        named = [await Workspaces(database).find(slug) for slug in self._settings.code_graph_workspaces]
        wanted = {
            slug if row is None else row.id
            for slug, row in zip(self._settings.code_graph_workspaces, named, strict=True)
        }
        self._workspaces = frozenset(wanted)
        described = [_described(graph) for graph in self._graphs.values()]
        for problem in await flows.store(sorted(wanted), described):
            log.warning(problem)

    def runs(
        self, row: ExecutionRow, checkpointer: "Checkpointer", database: Database, owner: str
    ) -> "CodeGraphRuns | None":
        """Return what runs code graphs for an execution; None where its workspace has none.

        Args:
            row: The execution.
            checkpointer: Where state is stored.
            database: Where long-term memories are.
            owner: Whose these are.
        """
        if self._values is None or row.workspace not in self._workspaces:
            return None
        from graphs.code_graphs.code_graph_runs import CodeGraphRuns, RunPlace
        from persistence.memories.memory_store import MemoryStore

        limits: Mapping[str, Any] = row.options.get("limits", {})
        place = RunPlace(
            execution_id=row.id,
            thread_id=row.thread_id,
            session_id=row.session_id or "",
            workspace=row.workspace,
            owner=owner or f"flow:{row.flow_id or ''}",
            user_id=row.options.get("user_id", ""),
            max_steps=int(limits.get("max_steps") or self._settings.max_steps),
        )
        store = MemoryStore(Memories(database), row.workspace)
        return CodeGraphRuns(
            self._graphs, self._values, checkpointer, store, self._default_model.complete, place
        )


def load(settings: Settings) -> "tuple[dict[str, CodeGraph], StoredValues]":
    """Return the graphs in code by name, and what their state may hold. Runs their code.

    Raises:
        CodeGraphError: one cannot be used.
    """
    from graphs.code_graphs.code_graph import CodeGraphError
    from graphs.code_graphs.graph_loading import load_code_graphs
    from graphs.code_graphs.source_files import search_folder
    from graphs.code_graphs.stored_values import StoredValues

    for entry in settings.code_graphs:
        search_folder(entry)
    try:
        values = StoredValues(settings.code_graph_types)
    except ValueError as error:
        raise CodeGraphError("types", str(error)) from error
    return load_code_graphs(settings.code_graphs, values), values


def _described(graph: "CodeGraph") -> CodeFlow:
    from graphs.code_graphs.flow_document import document_of

    return CodeFlow(
        name=graph.name,
        flow_type="chatflow" if graph.chat else "agentflow",
        description=graph.description,
        document=document_of(graph),
    )


def _packages_bring() -> bool:
    """Say whether any installed package may bring graphs, without reading what all others bring."""
    return any(
        b"[agenticrag.graphs]" in file.read_bytes()
        for folder in dict.fromkeys(sys.path)
        for file in Path(folder or ".").glob("*.*-info/entry_points.txt")
    )
