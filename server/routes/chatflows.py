"""Chatflows: stored flows that answer messages."""

from typing import Any

from litestar import Controller, Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from persistence.library.flows import Flows
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.flows.flow_documents import Chatflow, ChatflowChange, ChatflowView, document_of
from server.flows.flow_editor import Checked, FlowEditor
from server.http.answers.etags import expected
from server.http.bodies import FLOW_BODY
from server.identity.authentication import Caller
from server.routes.flow_lists import (
    FLOW_LISTING,
    Deleted,
    FlowListing,
    FlowPage,
    delete_flow,
    list_flows,
)
from server.routes.flow_views import chatflow_view, tagged

__all__ = ["ChatflowsController"]


class ChatflowsController(Controller):
    """Create, read, change and delete chatflows."""

    path = "/chatflows"
    tags = ("Chatflows",)
    dependencies = FLOW_LISTING

    @post(
        "/",
        operation_id="createChatflow",
        opt=operation(400, 409, 413, 415, 422, needs="flows:write", opt=FLOW_BODY),
    )
    async def create(
        self,
        data: JSONBody[Chatflow],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Response[ChatflowView]:
        """Store a chatflow.

        One that could not run is refused: `errors` has everything that is wrong with it, by node and place.
        """
        row, warnings = await flow_editor.create(caller, "chatflow", document_of(data), data.slug)
        return tagged(chatflow_view(row, warnings))

    @get("/", operation_id="listChatflows", opt=operation(422, needs="flows:read"))
    async def list(
        self,
        flows: NamedDependency[Flows],
        caller: NamedDependency[Caller],
        listing: NamedDependency[FlowListing],
    ) -> FlowPage:
        """List chatflows, the newest first."""
        return await list_flows(flows, caller.workspace, "chatflow", listing)

    @get("/{flow_id:str}", operation_id="getChatflow", opt=operation(404, needs="flows:read"))
    async def read(
        self, flow_id: FromPath[str], flows: NamedDependency[Flows], caller: NamedDependency[Caller]
    ) -> Response[ChatflowView]:
        """Return a chatflow."""
        return tagged(chatflow_view(await get_flow(flows, caller.workspace, flow_id, "chatflow")))

    @put(
        "/{flow_id:str}",
        operation_id="updateChatflow",
        opt=operation(400, 404, 409, 412, 413, 415, 422, needs="flows:write", opt=FLOW_BODY),
    )
    async def update(
        self,
        flow_id: FromPath[str],
        data: JSONBody[ChatflowChange],
        request: Request[Any, Any, Any],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Response[ChatflowView]:
        """Update a chatflow. Missing fields stay unchanged, and active runs keep their version."""
        row, warnings = await flow_editor.replace(caller, flow_id, "chatflow", data, expected(request))
        return tagged(chatflow_view(row, warnings))

    @delete(
        "/{flow_id:str}",
        operation_id="deleteChatflow",
        status_code=200,
        opt=operation(404, needs="flows:write"),
    )
    async def delete(
        self, flow_id: FromPath[str], flows: NamedDependency[Flows], caller: NamedDependency[Caller]
    ) -> Deleted:
        """Delete a chatflow. Its sessions and executions stay readable."""
        return await delete_flow(flows, caller.workspace, flow_id, "chatflow")

    @get("/{flow_id:str}/validate", operation_id="validateChatflow", opt=operation(404, needs="flows:read"))
    async def validate(
        self,
        flow_id: FromPath[str],
        flows: NamedDependency[Flows],
        flow_editor: NamedDependency[FlowEditor],
        caller: NamedDependency[Caller],
    ) -> Checked:
        """Validate a chatflow without running it."""
        row = await get_flow(flows, caller.workspace, flow_id, "chatflow")
        return await flow_editor.check(row)
