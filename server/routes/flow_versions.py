"""Versions of flows: list, read, compare and restore them; labels that point at them."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from graphs.document.document_diff import VersionChange, changes_between
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.flow_choice.wanted_versions import CURRENT, DRAFT, Label, at_version
from server.flows.flow_documents import (
    AgentflowView,
    ChatflowView,
    view_of,
)
from server.flows.flow_editor import FlowEditor
from server.http.answers.etags import etag, expected
from server.http.answers.sse_bytes import iso
from server.http.cursors import After, NumberKey, next_cursor, place_after
from server.http.parameters import Limit
from server.http.problems import Problem, not_found
from server.identity.authentication import Caller

__all__ = ["FlowVersionsController"]

ORDER = "flow versions"
WANTED = "A number, a label, `draft` or `current`."
Wanted = Annotated[str, QueryParameter(max_length=64, description="A number, a label, `draft` or `current`.")]


class VersionSummary(Struct, frozen=True, kw_only=True):
    """A version of a flow, as lists show it."""

    version: int
    created_at: str | None
    notes: str
    labels: list[str]
    is_current: bool


class VersionPage(Struct, frozen=True):
    """A page of the versions of a flow, the newest first."""

    versions: list[VersionSummary]
    total: int
    has_draft: bool
    next_cursor: str | None = None
    """What the next request sends as `after`; null on the last page."""


class LabelChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a label points."""

    version: Annotated[int, Meta(ge=1)]


class LabelView(Struct, frozen=True):
    """A label of a flow."""

    label: str
    version: int


class LabelDeleted(Struct, frozen=True):
    """A label that was deleted. The version that it pointed at stays."""

    label: str
    deleted: bool


class FlowDiff(Struct, frozen=True, kw_only=True):
    """What changed from one version of a flow to another, by meaning: where nodes stand does not count."""

    from_version: str
    to_version: str
    changes: list[VersionChange]
    sentences: list[str]
    """The same for people."""


class FlowVersionsController(Controller):
    """Versions and labels of flows of both kinds."""

    path = "/flows/{flow_id:str}"
    tags = ("Flows",)

    @get("/versions", operation_id="listFlowVersions", opt=operation(404, 422, needs="flows:read"))
    async def list(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        caller: NamedDependency[Caller],
        limit: Limit = 50,
        after: After = None,
    ) -> VersionPage:
        """List the versions of a flow, the newest first."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        place = place_after(after, ORDER, (NumberKey,))
        found, total = await flow_versions.list(
            caller.workspace, row.id, limit=limit, before=None if place is None else place[0]
        )
        draft = await flow_versions.draft(caller.workspace, row.id)
        return VersionPage(
            [
                VersionSummary(
                    version=one.version,
                    created_at=iso(one.created_at),
                    notes=one.notes,
                    labels=one.labels,
                    is_current=one.version == row.version,
                )
                for one in found
            ],
            total,
            draft is not None,
            next_cursor(ORDER, found, limit, lambda one: (one.version,)),
        )

    @get("/versions/{version:str}", operation_id="getFlowVersion", opt=operation(404, needs="flows:read"))
    async def read(
        self,
        flow_id: FromPath[str],
        version: FromPath[str],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        caller: NamedDependency[Caller],
    ) -> Response[ChatflowView | AgentflowView]:
        """Return a flow as it was in a version: a number, a label, `draft` or `current`."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        return Response(view_of(await at_version(flow_versions, row, version)))

    @post(
        "/versions/{version:str}/restore",
        operation_id="restoreFlowVersion",
        status_code=200,
        opt=operation(400, 404, 409, 412, 422, needs="flows:write"),
    )
    async def restore(
        self,
        flow_id: FromPath[str],
        version: FromPath[str],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Response[ChatflowView | AgentflowView]:
        """Store an earlier version again, as the newest one. No version is lost."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        old = await at_version(flow_versions, row, version)
        row, warnings = await flow_editor.restore(caller, row, old, expected(request))
        return Response(view_of(row, warnings), headers={"ETag": etag(row.version)})

    @get("/diff", operation_id="compareFlowVersions", opt=operation(404, 422, needs="flows:read"))
    async def diff(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        caller: NamedDependency[Caller],
        old: Annotated[str, QueryParameter(name="from", max_length=64, description=WANTED)],
        new: Annotated[str, QueryParameter(name="to", max_length=64, description=WANTED)] = CURRENT,
    ) -> FlowDiff:
        """Return what changed between two versions of a flow, as data and as sentences."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        before = await at_version(flow_versions, row, old)
        after = await at_version(flow_versions, row, new)
        changes = changes_between(before.document, after.document)
        return FlowDiff(
            from_version=str(before.version or DRAFT),
            to_version=str(after.version or DRAFT),
            changes=changes,
            sentences=[change.sentence for change in changes],
        )

    @put(
        "/labels/{label:str}",
        operation_id="putFlowLabel",
        opt=operation(400, 404, 413, 415, 422, needs="flows:write"),
    )
    async def put_label(
        self,
        flow_id: FromPath[str],
        label: FromPath[str],
        data: JSONBody[LabelChange],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        caller: NamedDependency[Caller],
    ) -> LabelView:
        """Point a label, such as `production`, at a version. Runs that ask for the label run that version."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        try:
            msgspec.convert(label, Label)
        except msgspec.ValidationError:
            detail = (
                f"'{label[:64]}' is no label. A label has up to 64 lower-case letters, digits, '_' and '-', "
                "begins with a letter, and is neither 'draft' nor 'current'."
            )
            raise Problem(422, "invalid", detail) from None
        if not await flow_versions.put_label(caller.workspace, row.id, label, data.version):
            raise not_found("version", str(data.version))
        return LabelView(label, data.version)

    @delete(
        "/labels/{label:str}",
        operation_id="deleteFlowLabel",
        status_code=200,
        opt=operation(404, needs="flows:write"),
    )
    async def drop_label(
        self,
        flow_id: FromPath[str],
        label: FromPath[str],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        caller: NamedDependency[Caller],
    ) -> LabelDeleted:
        """Delete a label. Runs that ask for it are refused from now on."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        if not await flow_versions.drop_label(caller.workspace, row.id, label):
            raise not_found("label", label)
        return LabelDeleted(label, True)
