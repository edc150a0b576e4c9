"""Drafts of flows: the next version while it is made, and its publishing."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from persistence.library.flow_versions import FlowDraft, FlowVersions, StaleDraft
from persistence.library.flows import FlowRow, Flows
from server.description.operations import operation
from server.flow_choice.code_flows import refuse_code_flow
from server.flow_choice.stored_flows import get_flow
from server.flow_choice.wanted_versions import Label
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
from server.http.answers.etags import etag, expected, refuse_stale
from server.http.answers.sse_bytes import iso
from server.http.bodies import FLOW_BODY, shape
from server.http.problems import Problem, not_found
from server.identity.authentication import Caller

__all__ = ["FlowDraftsController"]


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


class FlowDraftsController(Controller):
    """Drafts of flows of both kinds."""

    path = "/flows/{flow_id:str}"
    tags = ("Flows",)

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
        opt=operation(400, 404, 409, 412, 413, 415, 422, needs="flows:write", opt=FLOW_BODY),
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
        refuse_code_flow(row)
        kind = ChatflowChange if row.flow_type == "chatflow" else AgentflowChange
        change = shape(msgspec.to_builtins(data), kind)
        known = await flow_versions.draft(caller.workspace, row.id)
        base = row if known is None else msgspec.structs.replace(row, document=known.document)
        revision = 0 if known is None else known.revision
        refuse_stale(expected(request), revision, "The draft")
        document = changed(base, change)
        flow_editor.refuse_uses(caller, document, base.document)
        try:
            kept = await flow_versions.put_draft(
                caller.workspace, row.id, document, based_on=row.version, revision=revision
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
            caller, row, draft, data.notes, data.labels, data.based_on or draft.based_on
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
