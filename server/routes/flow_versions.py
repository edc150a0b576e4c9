"""Versions of flows: list, read, compare and restore them; labels, drafts, publishing."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from graphs.document.document_diff import DocumentChange, changes_between
from persistence.library.flow_versions import FlowDraft, FlowVersions, StaleDraft
from persistence.library.flows import FlowRow, Flows
from server.description.operations import operation
from server.flows.flow_documents import (
    AgentflowChange,
    AgentflowView,
    ChatflowChange,
    ChatflowView,
    DraftChange,
    changed,
    view_of,
)
from server.flows.flow_editor import Checked, FlowEditor
from server.http.bodies import FLOW_BODY, shape
from server.http.cursors import After, NumberKey, next_cursor, place_after
from server.http.etags import etag, expected, refuse_stale
from server.http.parameters import Limit
from server.http.problems import Problem, not_found
from server.http.sse_frames import iso
from server.identity.auth import Caller
from server.requests.stored_flows import get_flow
from server.requests.wanted_versions import CURRENT, DRAFT, at_version

__all__ = ["FlowVersionsController"]

ORDER = "flow versions"
WANTED = "A number, a label, `draft` or `current`."
Label = Annotated[
    str, Meta(pattern=r"^(?!draft$|current$)[a-z][a-z0-9_-]*$(?!\n)", min_length=1, max_length=64)
]
"""Lower-case letters, digits, `_` and `-`, beginning with a letter; not `draft` or `current`."""
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


class DraftView(Struct, frozen=True, kw_only=True):
    """A draft of a flow, and what is wrong or odd with it."""

    flow: ChatflowView | AgentflowView
    """As it would be; its `version` is that of the flow today."""
    based_on: int
    """The version that was current when the draft was begun."""
    is_behind: bool
    """Whether the flow was changed since: `GET …/diff?from=<based_on>&to=current` tells how."""
    revision: int
    """1, then one more for every change. The ETag of a draft."""
    updated_at: str | None
    check: Checked


class DraftDeleted(Struct, frozen=True):
    """A draft that was thrown away."""

    flow_id: str
    deleted: bool


class Publishing(Struct, frozen=True, forbid_unknown_fields=True):
    """What a draft is published with."""

    notes: Annotated[str, Meta(max_length=10_000)] = ""
    """What changed, for people."""
    labels: Annotated[list[Label], Meta(max_length=20)] = []
    """Labels that point at the new version from now on."""
    based_on: Annotated[int, Meta(ge=1)] | None = None
    """The version that the draft replaces. Null: the one that it was made from."""


class FlowDiff(Struct, frozen=True, kw_only=True):
    """What changed from one version of a flow to another, by meaning: where nodes stand does not count."""

    from_version: str
    to_version: str
    changes: list[DocumentChange]
    sentences: list[str]
    """The same for people."""


class FlowVersionsController(Controller):
    """Versions, labels and drafts of flows of both kinds."""

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
        row, warnings = await flow_editor.restore(row, old, expected(request))
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

    @get("/draft", operation_id="getFlowDraft", opt=operation(404, needs="flows:read"))
    async def draft(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Response[DraftView]:
        """Return the draft of a flow's next version, with all that is wrong or odd with it."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        found = await flow_versions.draft(caller.workspace, row.id)
        if found is None:
            raise not_found("draft of flow", row.id)
        return await _draft(flow_editor, row, found)

    @put(
        "/draft",
        operation_id="putFlowDraft",
        opt=operation(400, 404, 412, 413, 415, 422, needs="flows:write", opt=FLOW_BODY),
    )
    async def put_draft(
        self,
        flow_id: FromPath[str],
        data: JSONBody[DraftChange],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Response[DraftView]:
        """Keep a draft of the flow's next version. It may be incomplete, and runs for nobody but its authors.

        The body has the fields of a flow; those that are missing stay as they are in the draft, or in the
        flow where there is no draft. `If-Match` takes the ETag of the draft: `"0"` where there is none."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        kind = ChatflowChange if row.flow_type == "chatflow" else AgentflowChange
        change = shape(msgspec.to_builtins(data), kind)
        known = await flow_versions.draft(caller.workspace, row.id)
        base = row if known is None else msgspec.structs.replace(row, document=known.document)
        revision = 0 if known is None else known.revision
        refuse_stale(expected(request), revision, "The draft")
        try:
            kept = await flow_versions.put_draft(
                caller.workspace, row.id, changed(base, change), based_on=row.version, revision=revision
            )
        except StaleDraft as error:
            refuse_stale(frozenset({str(revision)}), error.revision, "The draft")
            raise
        return await _draft(flow_editor, row, kept)

    @delete(
        "/draft", operation_id="deleteFlowDraft", status_code=200, opt=operation(404, needs="flows:write")
    )
    async def drop_draft(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        caller: NamedDependency[Caller],
    ) -> DraftDeleted:
        """Throw the draft away. The flow stays as it is."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        if not await flow_versions.drop_draft(caller.workspace, row.id):
            raise not_found("draft of flow", row.id)
        return DraftDeleted(row.id, True)

    @post(
        "/publish",
        operation_id="publishFlow",
        status_code=200,
        opt=operation(400, 404, 409, 412, 413, 415, 422, needs="flows:write"),
    )
    async def publish(
        self,
        flow_id: FromPath[str],
        data: JSONBody[Publishing],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Response[ChatflowView | AgentflowView]:
        """Make the draft the next version of the flow. One that could not run is refused with all findings.

        `If-Match` takes the ETag of the draft. A flow that was changed since the draft was begun is a 409, so
        that no change of others is lost; `based_on` with the present version publishes it all the same."""
        row = await get_flow(flows, caller.workspace, flow_id, None)
        draft = await flow_versions.draft(caller.workspace, row.id)
        if draft is None:
            raise Problem(
                409,
                "no_draft",
                f"The {row.flow_type} '{row.name}' has no draft. PUT /flows/{row.id}/draft first.",
            )
        refuse_stale(expected(request), draft.revision, "The draft")
        row, warnings = await flow_editor.publish(
            row, draft, data.notes, data.labels, data.based_on or draft.based_on
        )
        return Response(view_of(row, warnings), headers={"ETag": etag(row.version)})


async def _draft(flow_editor: FlowEditor, row: FlowRow, draft: FlowDraft) -> Response[DraftView]:
    as_it_would_be = msgspec.structs.replace(
        row, document=draft.document, name=draft.document.get("name", row.name)
    )
    view = DraftView(
        flow=view_of(as_it_would_be),
        based_on=draft.based_on,
        is_behind=draft.based_on != row.version,
        revision=draft.revision,
        updated_at=iso(draft.updated_at),
        check=await flow_editor.check(as_it_would_be),
    )
    return Response(view, headers={"ETag": etag(draft.revision)})
