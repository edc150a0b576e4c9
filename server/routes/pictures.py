"""Pictures of flows and of their runs."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from graphs.analysis.chatflow import definition_of
from graphs.analysis.pinned_versions import PinnedVersions, with_pinned_versions
from graphs.document.flow import GraphDefinition
from graphs.drawing import MEDIA_TYPES, DrawFormat, DrawLayout
from graphs.values.events import Event
from persistence.journal.journal import Journal
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from persistence.runs.executions import ExecutionRow, Executions
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.flow_choice.wanted_versions import at_version
from server.http.problems import Problem
from server.identity.authentication import Caller
from server.routes.execution_views import get_execution
from server.routes.templates import get_template
from server.views.usage_views import TokenUsage

if TYPE_CHECKING:
    from graphs.drawing.reading import Called
from server.requests.flow_runs import has_work, nothing_to_run

__all__ = ["PicturesController"]

MAX_SUB_FLOWS = 100
"""Sub-flows that one picture draws out."""
LARGE = 40
"""Boxes from which drawing is done in a thread, so that others are answered meanwhile."""
HEADERS = {
    # A picture is data, whoever opens it: nothing in it may run, and nothing may be fetched.
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
KINDS = tuple(dict.fromkeys(MEDIA_TYPES.values()))

Format = Annotated[DrawFormat, QueryParameter(description="What to draw it as.")]
Layout = Annotated[
    DrawLayout,
    QueryParameter(
        description="down, right (from left to right), compact, or auto: right for a wide flow, compact for "
        "a long one."
    ),
]
DrawnVersion = Annotated[
    str | None,
    QueryParameter(
        name="version",
        max_length=64,
        description="Version to draw: a number, a label, `draft`, or `current`. Default: the current one.",
    ),
]
Expand = Annotated[bool, QueryParameter(description="true: sub-flows are drawn out in their places.")]


class PicturesController(Controller):
    """Draws what runs, and how it ran."""

    tags = ("Pictures",)

    @get(
        "/flows/{flow_id:str}/graph",
        operation_id="drawFlow",
        opt=operation(404, 409, 422, needs="flows:read", media=KINDS, sdk="flows.draw"),
    )
    async def flow(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
        flow_versions: NamedDependency[FlowVersions],
        format: Format = "mermaid",
        expand: Expand = False,
        layout: Layout = "auto",
        version: DrawnVersion = None,
    ) -> Response[bytes]:
        """Return the diagram of a flow.

        Mermaid or Graphviz text, SVG or PNG, or JSON: plain with places, or as React Flow takes it."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        row = await at_version(flow_versions, row, version)
        if row.flow_type == "agentflow" and not has_work(row):
            raise nothing_to_run(row)
        definition = _as_written(row.document)
        within = await _within(flows, caller.workspace, definition, PinnedVersions()) if expand else {}
        return await _drawn(definition, row.name, format, within, layout)

    @get(
        "/templates/{name:str}/graph",
        operation_id="drawTemplate",
        opt=operation(404, needs="flows:read", media=KINDS, sdk="templates.draw"),
    )
    async def template(
        self, name: FromPath[str], format: Format = "svg", layout: Layout = "auto"
    ) -> Response[bytes]:
        """Return the diagram of a template."""
        found = await get_template(name)
        return await _drawn(_as_written(found.document), found.content["name"], format, {}, layout)

    @get(
        "/executions/{execution_id:str}/graph",
        operation_id="drawExecution",
        opt=operation(404, 409, 422, needs="runs:read", media=KINDS, sdk="executions.draw"),
    )
    async def execution(
        self,
        execution_id: FromPath[str],
        executions: NamedDependency[Executions],
        journal: NamedDependency[Journal],
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
        format: Format = "svg",
        expand: Expand = False,
        layout: Layout = "auto",
    ) -> Response[bytes]:
        """Draw an execution on its flow, as far as it has come: the way it took, state, time, tokens and cost
        of each node, and why one failed."""
        row = await get_execution(executions, caller, execution_id)
        document = await _document(flows, row)
        pins = msgspec.convert(row.options.get("pins") or {}, PinnedVersions)
        definition = with_pinned_versions(definition_of(document), pins)
        within = await _within(flows, caller.workspace, definition, pins) if expand else {}
        events = await journal.read(row.id, limit=1_000_000)
        title = str(document.get("name") or "Chat")
        return await _drawn(definition, title, format, within, layout, row=row, events=events)


def _as_written(document: dict[str, Any]) -> GraphDefinition:
    """Return what a stored flow runs; where it leaves the model to the server, no node shows one."""
    definition = definition_of(document)
    chat = document.get("chat_config")
    if chat and document.get("graph_definition") is None and not chat.get("llm_model"):
        for node in definition.nodes:
            node.data.pop("model", None)
    return definition


async def _drawn(
    definition: GraphDefinition,
    title: str,
    format: DrawFormat,
    within: "dict[Called, GraphDefinition]",
    layout: DrawLayout,
    *,
    row: ExecutionRow | None = None,
    events: Sequence[Event] = (),
) -> Response[bytes]:
    def drawn() -> bytes:
        from graphs.drawing import draw
        from graphs.drawing.painting import paint
        from graphs.drawing.reading import picture_of

        picture = picture_of(definition, title=title, within=within)
        if row is not None:
            picture = paint(picture, events, _run(row, events))
        return draw(picture, format, layout)

    boxes = len(definition.nodes) + sum(len(each.nodes) for each in within.values())
    large = format == "png" or boxes > LARGE or len(events) > 2_000
    body = await asyncio.to_thread(drawn) if large else drawn()
    return Response(body, media_type=MEDIA_TYPES[format], headers=HEADERS)


def _run(row: ExecutionRow, events: Sequence[Event]) -> Any:
    from graphs.drawing.picture import RunPaint

    usage = TokenUsage()
    for event in events:
        usage.add(event)
    entries = usage.entries()
    costs = [entry.cost_usd for entry in entries if entry.cost_usd is not None]
    return RunPaint(
        status=row.status,
        duration_ms=row.duration_ms,
        input_tokens=sum(entry.input_tokens for entry in entries),
        output_tokens=sum(entry.output_tokens for entry in entries),
        cost_usd=sum(costs) if costs else None,
        error=str((row.error or {}).get("message", "")),
    )


async def _document(flows: Flows, row: ExecutionRow) -> dict[str, Any]:
    """Return the document that an execution runs.

    Raises:
        Problem: 409 where it is no longer kept.
    """
    if row.document is not None:
        return row.document
    document = await flows.version(row.flow_id or "", row.flow_version or 0)
    if document is None:
        raise Problem(409, "not_available", "The flow that this execution ran is no longer kept.")
    return document


async def _within(
    flows: Flows, workspace: str, definition: GraphDefinition, pins: PinnedVersions
) -> "dict[Called, GraphDefinition]":
    """Return the sub-flows of a definition, theirs too; those of another workspace are not there."""
    from graphs.drawing.reading import sub_flows

    pinned = {(flow.id, flow.wanted): flow.version for flow in pins.flows}
    found: dict[Called, GraphDefinition] = {}
    waiting = sub_flows(definition)
    for called in waiting:  # grows while it is walked
        row = await flows.get(workspace, called[0]) if called not in found else None
        if row is None or len(found) >= MAX_SUB_FLOWS:
            continue
        version = pinned.get(called, called[1])
        document = row.document
        if version is not None and version != row.version:
            document = await flows.version(row.id, version)
        if document is not None:
            found[called] = definition_of(document)
            waiting += sub_flows(found[called])
    return found
