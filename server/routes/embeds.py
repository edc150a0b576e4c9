"""Embeds: an owner puts a chatflow on other sites, changes how it looks, and takes it back."""

from html import escape
from typing import Any

import msgspec
from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct, field

from persistence.library.conversations import Conversations
from persistence.library.embeds import EmbedRow, Embeds
from persistence.library.flow_versions import FlowVersions
from persistence.library.flows import Flows
from server.description.operations import operation
from server.embed.embed_settings import EmbedConfig, NewEmbed, config_of, settled
from server.flow_choice.stored_flows import get_flow
from server.flow_choice.wanted_versions import at_version
from server.http.answers.sse_bytes import iso
from server.http.cursors import After
from server.http.parameters import Limit, Offset, known_id
from server.http.problems import Problem, not_found
from server.identity.authentication import Caller
from server.routes.feedback import FeedbackPage, feedback_page

__all__ = ["EmbedsController"]


class EmbedView(EmbedConfig, frozen=True, kw_only=True):
    """An embed as its owner sees it."""

    chatflow_id: str
    embed_token: str
    """Publishable: it stands in pages and opens this one chat, from the pages in `allowed_domains`."""
    embed_url: str
    """The chat as a page of its own; sites in `allowed_domains` may frame it."""
    script_tag: str
    """What a site puts into its pages to show the chat."""
    is_active: bool
    created_at: str | None
    updated_at: str | None
    warnings: list[str] = field(default_factory=list[str])
    """What was left out of `custom_css`, and why."""


class EmbedDeleted(Struct, frozen=True):
    """What was taken away."""

    chatflow_id: str
    deleted: bool


class EmbedsController(Controller):
    """Make, read and take back embeds."""

    path = "/embed"
    tags = ("Embed",)

    @post(
        "/",
        operation_id="putEmbed",
        status_code=200,
        opt=operation(400, 404, 413, 415, 422, needs="embeds:write", secret=True),
    )
    async def put(
        self,
        data: JSONBody[NewEmbed],
        request: Request[Any, Any, Any],
        flows: NamedDependency[Flows],
        flow_versions: NamedDependency[FlowVersions],
        embeds: NamedDependency[Embeds],
        caller: NamedDependency[Caller],
    ) -> EmbedView:
        """Create or update the embed of a chatflow.

        A chatflow has one embed. Its token stays when it is changed.
        """
        flow = await get_flow(flows, caller.workspace, data.chatflow_id, "chatflow")
        await at_version(flow_versions, flow, data.version)
        flow_id = flow.id
        config, dropped = settled(data)
        kept: dict[str, Any] = msgspec.to_builtins(config)
        row = await embeds.put(caller.workspace, flow_id, kept, is_active=data.is_active)
        return _view(request, row, dropped)

    @get("/{chatflow_id:str}", operation_id="getEmbed", opt=operation(404, needs="embeds:read", secret=True))
    async def read(
        self,
        chatflow_id: FromPath[str],
        request: Request[Any, Any, Any],
        embeds: NamedDependency[Embeds],
        caller: NamedDependency[Caller],
    ) -> EmbedView:
        """Return a chatflow's embed."""
        row = await embeds.get(caller.workspace, known_id("chatflow", chatflow_id))
        if row is None:
            raise _none(chatflow_id)
        return _view(request, row)

    @delete(
        "/{chatflow_id:str}",
        operation_id="deleteEmbed",
        status_code=200,
        opt=operation(404, needs="embeds:write"),
    )
    async def delete(
        self, chatflow_id: FromPath[str], embeds: NamedDependency[Embeds], caller: NamedDependency[Caller]
    ) -> EmbedDeleted:
        """Delete an embed. Its token stops working and open streams end."""
        flow_id = known_id("chatflow", chatflow_id)
        if not await embeds.delete(caller.workspace, flow_id):
            raise _none(chatflow_id)
        return EmbedDeleted(flow_id, True)

    @post(
        "/{chatflow_id:str}/regenerate-token",
        operation_id="regenerateEmbedToken",
        status_code=200,
        opt=operation(404, needs="embeds:write", secret=True),
    )
    async def regenerate(
        self,
        chatflow_id: FromPath[str],
        request: Request[Any, Any, Any],
        embeds: NamedDependency[Embeds],
        caller: NamedDependency[Caller],
    ) -> EmbedView:
        """Replace the token of an embed. The old one stops working and its sessions end."""
        row = await embeds.rotate(caller.workspace, known_id("chatflow", chatflow_id))
        if row is None:
            raise _none(chatflow_id)
        return _view(request, row)

    @get(
        "/{chatflow_id:str}/feedback",
        operation_id="listFeedback",
        opt=operation(404, 422, needs="embeds:read"),
    )
    async def feedback(
        self,
        chatflow_id: FromPath[str],
        flows: NamedDependency[Flows],
        conversations: NamedDependency[Conversations],
        caller: NamedDependency[Caller],
        limit: Limit = 50,
        offset: Offset = 0,
        after: After = None,
    ) -> FeedbackPage:
        """List visitors' ratings of a chatflow's answers, newest first."""
        flow_id = (await get_flow(flows, caller.workspace, chatflow_id, "chatflow")).id
        return await feedback_page(
            conversations, caller.workspace, flow_id=flow_id, limit=limit, offset=offset, after=after
        )


def _view(request: Request[Any, Any, Any], row: EmbedRow, warnings: list[str] | None = None) -> EmbedView:
    config = config_of(row)
    base = f"{str(request.base_url).rstrip('/')}/api/agent-builder/embed"
    return EmbedView(
        **{name: getattr(config, name) for name in EmbedConfig.__struct_fields__},
        chatflow_id=row.flow_id,
        embed_token=row.token,
        embed_url=f"{base}/widget/{row.token}",
        script_tag=f'<script src="{escape(base)}/widget.js" data-token="{row.token}" async></script>',
        is_active=row.is_active,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        warnings=warnings or [],
    )


def _none(chatflow_id: str) -> Problem:
    return not_found("embedded chatflow", chatflow_id)
