"""Compiled flows: what executions run, compiled once a version and kept."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from graphs.analysis.chatflow import definition_of
from graphs.document.flow import Flow, FlowType, GraphDefinition
from persistence.library.flows import Flows
from persistence.runs.executions import ExecutionRow
from server.compilation.tool_setup import ServerTools

if TYPE_CHECKING:
    from graphs.analysis.pinned_versions import PinnedFlow, PinnedVersions
    from graphs.engine.compile import CompiledFlow
    from persistence.checkpoints.checkpointer import Checkpointer

__all__ = ["CompiledFlows", "FlowGone"]

ASIDE = 40
"""Nodes from which on a flow is compiled in a thread: LangGraph takes 0.6 ms for each."""
COMPILED = 256
"""Flows that stay compiled, the least recently run dropped first."""


class FlowGone(Exception):
    """The flow version that an execution is to run is no longer stored."""


class CompiledFlows:
    """Reads and compiles the flows of executions, once a version."""

    def __init__(self, flows: Flows, tools: ServerTools, *, max_steps: int) -> None:
        self._max_steps = max_steps
        self._flows = flows
        self._tools = tools
        self._compiled: OrderedDict[tuple[str, int] | bytes, CompiledFlow] = OrderedDict()

    async def compile(self, row: ExecutionRow, checkpointer: "Checkpointer | None") -> "CompiledFlow":
        """Return the flow that an execution runs, compiled; the same document is compiled once.

        Args:
            row: The execution.
            checkpointer: Where its state is kept; None for a run in memory.

        Raises:
            FlowGone: the flow was deleted for good.
            FlowError: the stored flow does not pass `check`.
        """
        durable, alone = checkpointer is not None, row.options.get("alone", "")
        stored = None if row.document is not None else (row.flow_id or "", row.flow_version or 0)
        pins = row.options.get("pins")
        key = (
            stored
            if stored and not pins and durable and not alone
            else msgspec.json.encode((row.flow_type, stored or row.document, pins, durable, alone))
        )
        return await self._kept(key, lambda: self._compiled_anew(row, stored, checkpointer, alone))

    def has_compiled(self, type: FlowType, document: Mapping[str, Any]) -> bool:
        """Say whether a document that is stored nowhere was run lately: then nothing is wrong with it."""
        return msgspec.json.encode((type, document, None, True, "")) in self._compiled

    async def subflows(self, row: ExecutionRow) -> "dict[tuple[str, int | str | None], CompiledFlow]":
        """Return the flows that an execution's nodes may call, in the versions of its start."""
        if not (pins := row.options.get("pins")):
            return {}
        from graphs.analysis.pinned_versions import PinnedVersions

        compiled: dict[tuple[str, int | str | None], CompiledFlow] = {}
        pinned = msgspec.convert(pins, PinnedVersions)
        for called in pinned.flows:
            key = msgspec.json.encode((called, pins))
            compile_called = partial(self._compiled_within, called, pinned)
            compiled[called.id, called.wanted] = await self._kept(key, compile_called)
        return compiled

    async def _kept(
        self, key: tuple[str, int] | bytes, compile_anew: "Callable[[], Awaitable[CompiledFlow]]"
    ) -> "CompiledFlow":
        """Return a compiled flow that is kept, or compile it."""
        if key not in self._compiled:
            self._compiled[key] = await compile_anew()
            if len(self._compiled) > COMPILED:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(key)
        return self._compiled[key]

    async def _compiled_within(self, called: "PinnedFlow", pins: "PinnedVersions") -> "CompiledFlow":
        from graphs.analysis.pinned_versions import with_pinned_versions
        from graphs.engine.compile import compile_flow

        document = await self._flows.version(called.id, called.version)
        if document is None:
            raise FlowGone(f"Version {called.version} of sub-flow '{called.id}' was deleted for good.")
        definition = with_pinned_versions(definition_of(document), pins)

        def compiled() -> "CompiledFlow":
            flow = self._read(definition, called.id, called.type)
            return compile_flow(flow, within=True, max_steps=self._max_steps)

        return await _beside(definition, compiled)

    async def _compiled_anew(
        self,
        row: ExecutionRow,
        stored: tuple[str, int] | None,
        checkpointer: "Checkpointer | None",
        alone: str,
    ) -> "CompiledFlow":
        from graphs.engine.compile import compile_flow

        definition = await self._defined(row, stored)

        def compiled() -> "CompiledFlow":
            flow = self._read(definition, row.flow_id or "chat", row.flow_type)
            return compile_flow(flow, checkpointer=checkpointer, max_steps=self._max_steps, alone=alone)

        return await _beside(definition, compiled)

    def read(self, id: str, type: FlowType, document: Mapping[str, Any], pins: Mapping[str, Any]) -> Flow:
        """Return the flow of a document.

        Raises:
            FlowError: it does not pass `check`.
        """
        return self._read(_with_pins(document, pins), id, type)

    async def flow(self, row: ExecutionRow) -> Flow:
        """Return the flow that an execution runs.

        Raises:
            FlowGone: its version of the flow was deleted.
            FlowError: it does not pass `check`.
        """
        definition = await self.definition(row)
        return self._read(definition, row.flow_id or "chat", row.flow_type)

    async def definition(self, row: ExecutionRow) -> GraphDefinition:
        """Return what an execution runs, with what its flow leaves to the server filled in.

        Raises:
            FlowGone: its version of the flow was deleted.
            FlowError: it cannot be read.
        """
        stored = None if row.document is not None else (row.flow_id or "", row.flow_version or 0)
        return await self._defined(row, stored)

    async def _defined(self, row: ExecutionRow, stored: tuple[str, int] | None) -> GraphDefinition:
        document = row.document if stored is None else await self._flows.version(*stored)
        if document is None:
            raise FlowGone(f"Version {row.flow_version} of flow '{row.flow_id}' was deleted before this run.")
        return _with_pins(document, row.options.get("pins"))

    def _read(self, definition: GraphDefinition, name: str, type: FlowType) -> Flow:
        """Return the flow of a definition."""
        from graphs.checks.check import read_flow

        tools = self._tools.loaded.kinds
        return read_flow(definition, name=name, type=type, max_steps=self._max_steps, tools=tools)


async def _beside(definition: GraphDefinition, compiled: "Callable[[], CompiledFlow]") -> "CompiledFlow":
    """Return a compiled flow. A large one is compiled while others have their turns."""
    return await asyncio.to_thread(compiled) if len(definition.nodes) > ASIDE else compiled()


def _with_pins(document: Mapping[str, Any], pins: Mapping[str, Any] | None) -> GraphDefinition:
    """Return the definition of a document, with what it leaves to the server filled in."""
    if not pins:
        return definition_of(document)
    from graphs.analysis.pinned_versions import PinnedVersions, with_pinned_versions

    return with_pinned_versions(definition_of(document), msgspec.convert(pins, PinnedVersions))
