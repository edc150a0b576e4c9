"""Webhooks: URLs at which other services start a flow."""

import secrets as random
import time
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from litestar.response.base import ASGIResponse
from msgspec import UNSET, Struct

from persistence.storage.ids import new_id
from persistence.triggers.webhooks import TooManyWebhooks, WebhookRow, Webhooks
from server.description.operations import operation
from server.http.cursors import NumberKey, TextKey, TimeKey, next_cursor, place_after
from server.http.page_bytes import refuse_large
from server.http.parameters import Limit, known_id
from server.http.problems import Fault, Problem, not_found
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import OPEN, Caller
from server.requests.flow_runs import FlowRuns
from server.routes.flow_lists import Deleted
from server.routes.schedules import Cursor
from server.settings.sources import Settings
from server.triggers.question_mails import base_url
from server.triggers.webhook_calls import WebhookCalls, WebhookReceipt
from server.triggers.webhook_inputs import check_templates
from server.triggers.webhook_settings import NewSecret, NewWebhook, WebhookChange, chosen_secret
from server.triggers.webhook_views import (
    WebhookCallView,
    WebhookView,
    WebhookWithSecret,
    webhook_call_view,
    webhook_view,
    webhook_with_secret,
)
from server.views.run_answers import ChatAnswer, ExecutionAnswer

__all__ = ["WebhooksController"]

ORDER, CALLS = "webhooks", "webhook_calls"


class WebhookList(Struct, frozen=True, kw_only=True):
    """A page of webhooks, the newest first."""

    webhooks: list[WebhookView]
    total: int
    next_cursor: str | None


class WebhookCallList(Struct, frozen=True, kw_only=True):
    """A page of the last calls of a webhook, the newest first."""

    calls: list[WebhookCallView]
    next_cursor: str | None


class WebhooksController(Controller):
    """Create, read, change and delete webhooks, and take their calls."""

    path = "/webhooks"
    tags = ("Webhooks",)

    @post(
        "/",
        operation_id="createWebhook",
        opt=operation(400, 404, 409, 413, 415, 422, needs="webhooks:write", secret=True),
    )
    async def create(
        self,
        data: JSONBody[NewWebhook],
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        webhooks: NamedDependency[Webhooks],
        flow_runs: NamedDependency[FlowRuns],
        caller: NamedDependency[Caller],
    ) -> WebhookWithSecret:
        """Create a URL at which other services start a flow, with the rights of who asks.

        The answer has the secret. It is not shown again.
        """
        refuse_large(data.input, settings.max_trigger_input_bytes, "input")
        now = time.time()
        row = WebhookRow(
            id=new_id(),
            workspace=caller.workspace,
            name=data.name,
            flow_id=known_id("flow", data.flow_id),
            token=f"whk_{random.token_urlsafe(24)}",
            style=data.style,
            header=data.header,
            delivery_header=data.delivery_header,
            answer=data.answer,
            input=data.input,
            version=data.version,
            enabled=data.enabled,
            key_id=caller.key_id,
            user_id=caller.user_id,
            made_by=caller.name,
            stopped="",
            revision=1,
            created_at=now,
            updated_at=now,
        )
        row = await _checked(row, flow_runs, caller)
        if data.style == "slack" and data.secret is None:
            detail = "Slack makes the secret: send the Signing Secret of the app as 'secret'."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/secret")])
        secret = chosen_secret(row.style, data.secret)
        try:
            await webhooks.create(row, secret, most=settings.max_webhooks)
        except TooManyWebhooks:
            raise Problem(
                409,
                "limit_reached",
                f"The workspace has {settings.max_webhooks} webhooks, the maximum. Delete one first.",
            ) from None
        return webhook_with_secret(webhook_view(row, _base(settings, request)), secret)

    @get("/", operation_id="listWebhooks", opt=operation(404, 422, needs="webhooks:read"))
    async def list(
        self,
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        webhooks: NamedDependency[Webhooks],
        caller: NamedDependency[Caller],
        flow_id: Annotated[str | None, QueryParameter(description="Only those of this flow.")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> WebhookList:
        """List webhooks, the newest first."""
        place: Any = place_after(cursor, ORDER, (TimeKey, TextKey))
        flow = None if flow_id is None else known_id("flow", flow_id)
        rows, total = await webhooks.list(caller.workspace, flow_id=flow, limit=limit, after=place)
        base = _base(settings, request)
        return WebhookList(
            webhooks=[webhook_view(row, base) for row in rows],
            total=total,
            next_cursor=next_cursor(ORDER, rows, limit, lambda row: (row.created_at, row.id)),
        )

    @get("/{webhook_id:str}", operation_id="getWebhook", opt=operation(404, needs="webhooks:read"))
    async def read(
        self,
        webhook_id: FromPath[str],
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        webhooks: NamedDependency[Webhooks],
        caller: NamedDependency[Caller],
    ) -> WebhookView:
        """Return a webhook, without its secret."""
        return webhook_view(await _known(webhooks, caller, webhook_id), _base(settings, request))

    @put(
        "/{webhook_id:str}",
        operation_id="updateWebhook",
        opt=operation(400, 404, 409, 413, 415, 422, needs="webhooks:write"),
    )
    async def update(
        self,
        webhook_id: FromPath[str],
        data: JSONBody[WebhookChange],
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        webhooks: NamedDependency[Webhooks],
        flow_runs: NamedDependency[FlowRuns],
        caller: NamedDependency[Caller],
    ) -> WebhookView:
        """Update, pause or resume a webhook. From then on its runs have the rights of who asks."""
        known = await _known(webhooks, caller, webhook_id)
        if data.input is not UNSET and data.input != known.input:
            refuse_large(data.input, settings.max_trigger_input_bytes, "input")
        said = {name: getattr(data, name) for name in data.__struct_fields__}
        row = msgspec.structs.replace(
            known,
            **{name: value for name, value in said.items() if value is not UNSET},
            key_id=caller.key_id,
            user_id=caller.user_id,
            made_by=caller.name,
            stopped="",
            updated_at=time.time(),
        )
        row = await _checked(row, flow_runs, caller)
        if not await webhooks.replace(known, row):
            raise Problem(409, "changed", "The webhook was changed or paused in this moment. Try again.")
        return webhook_view(row, _base(settings, request))

    @post(
        "/{webhook_id:str}/rotate",
        operation_id="rotateWebhookSecret",
        status_code=200,
        opt=operation(400, 404, 413, 415, 422, needs="webhooks:write", secret=True),
    )
    async def rotate(
        self,
        webhook_id: FromPath[str],
        data: JSONBody[NewSecret],
        request: Request[Any, Any, Any],
        settings: NamedDependency[Settings],
        webhooks: NamedDependency[Webhooks],
        caller: NamedDependency[Caller],
    ) -> WebhookWithSecret:
        """Replace the secret of a webhook. The old one stays valid for `keep_hours`."""
        row = await _known(webhooks, caller, webhook_id)
        secret = chosen_secret(row.style, data.secret)
        keep = data.keep_hours * 3600
        until = await webhooks.secrets.rotate(row.workspace, row.id, secret, keep_seconds=keep)
        view = webhook_view(row, _base(settings, request))
        return webhook_with_secret(view, secret, until if keep else None)

    @get(
        "/{webhook_id:str}/calls",
        operation_id="listWebhookCalls",
        opt=operation(404, 422, needs="webhooks:read"),
    )
    async def calls(
        self,
        webhook_id: FromPath[str],
        webhooks: NamedDependency[Webhooks],
        caller: NamedDependency[Caller],
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> WebhookCallList:
        """List the last calls of a webhook, the newest first, and why calls were refused."""
        row = await _known(webhooks, caller, webhook_id)
        place: Any = place_after(cursor, CALLS, (NumberKey,))
        found = await webhooks.calls(row.id, limit=limit, after=place[0] if place else None)
        return WebhookCallList(
            calls=[webhook_call_view(call) for _, call in found],
            next_cursor=next_cursor(CALLS, found, limit, lambda each: (each[0],)),
        )

    @delete(
        "/{webhook_id:str}",
        operation_id="deleteWebhook",
        status_code=200,
        opt=operation(404, needs="webhooks:write"),
    )
    async def delete(
        self,
        webhook_id: FromPath[str],
        webhooks: NamedDependency[Webhooks],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete a webhook. Its URL stops working; its runs stay."""
        known = await _known(webhooks, caller, webhook_id)
        if not await webhooks.delete(caller.workspace, known.id):
            raise not_found("webhook", webhook_id)
        return Deleted(known.id, True, f"The webhook '{known.name}' is deleted.")

    @post(
        "/{webhook_id:str}",
        operation_id="callWebhook",
        status_code=202,
        opt=operation(
            *(400, 401, 404, 409, 413, 415, 422),
            starts_run=True,
            any_body=True,
            answers={200: (ExecutionAnswer, ChatAnswer, WebhookReceipt), 202: (WebhookReceipt,)},
            opt={**OPEN, **ANY_QUERY},
        ),
    )
    async def call(
        self,
        webhook_id: Annotated[str, PathParameter(description="The token that ends the URL of the webhook.")],
        request: Request[Any, Any, Any],
        incoming: NamedDependency[WebhookCalls],
    ) -> ASGIResponse:
        """Start the flow of a webhook, as other services do: the body and the query are its input.

        It needs no key: the call proves the secret of the webhook. With `answer` `sync`, the answer is that
        of the run; with `stream`, its Server-Sent Events, which the SDKs give as a raw answer only.
        """
        return await incoming.take(request, webhook_id)


def _base(settings: Settings, request: Request[Any, Any, Any]) -> str:
    """Return the URL of this server as others see it."""
    return base_url(settings) if settings.public_url else str(request.base_url)


async def _known(webhooks: Webhooks, caller: Caller, webhook_id: str) -> WebhookRow:
    row = await webhooks.get(caller.workspace, known_id("webhook", webhook_id))
    if row is None:
        raise not_found("webhook", webhook_id)
    return row


async def _checked(row: WebhookRow, flow_runs: FlowRuns, caller: Caller) -> WebhookRow:
    """Return a webhook with its name, if its runs could be started as things are.

    Raises:
        Problem: 403 for who may start none, 404 or 409 for its flow, 422 for what does not fit.
    """
    if "runs:start" not in caller.permissions:
        raise Problem(403, "forbidden", "A webhook starts runs with your rights: it needs runs:start.")
    for field, own in (("header", ("token", "hmac")), ("delivery_header", ("token", "hmac"))):
        if getattr(row, field) and row.style not in own:
            detail = f"The style '{row.style}' sets the headers by itself. Leave '{field}' out."
            raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer=f"/{field}")])
    if row.input is not None:
        check_templates(row.input)
    if row.enabled:
        flow = await flow_runs.wanted(caller, row.flow_id, row.version or None)
        row = msgspec.structs.replace(row, name=row.name or flow.name[:255])
    return row
