"""Webhooks, their targets and what came and went, as the API gives them."""

from typing import Any

from msgspec import Struct, field, structs

from persistence.triggers.outbox import DeliveryRow
from persistence.triggers.webhook_targets import MailRoute, TargetCounts, TargetRow
from persistence.triggers.webhooks import WebhookCall, WebhookRow
from server.http.answers.sse_bytes import iso
from server.triggers.signatures import OF_STYLE

__all__ = [
    "DeliveryView",
    "TargetView",
    "TargetWithSecret",
    "WebhookCallView",
    "WebhookView",
    "WebhookWithSecret",
    "delivery_view",
    "target_view",
    "target_with_secret",
    "webhook_call_view",
    "webhook_view",
    "webhook_with_secret",
]


class WebhookView(Struct, frozen=True, kw_only=True):
    """A webhook, and how it stands."""

    id: str
    name: str
    flow_id: str
    url: str
    """Where to send calls by POST."""
    style: str
    header: str
    """Header of the token or signature."""
    delivery_header: str
    """Header that names a delivery; empty: none."""
    answer: str
    input: dict[str, Any] | None
    """Templates of the input; null: the fields of the query and the body."""
    version: str
    enabled: bool
    made_by: str
    """Name of the key or user whose rights its runs have."""
    stopped: str
    """Why the server paused it. Empty: it did not."""
    created_at: str
    updated_at: str


class WebhookWithSecret(WebhookView, frozen=True, kw_only=True):
    """A webhook whose secret is new."""

    secret: str
    """It is not shown again."""
    old_secret_until: str | None = None
    """Until when the secret before it is valid; null where there is none."""


class WebhookCallView(Struct, frozen=True, kw_only=True):
    """A call of a webhook."""

    at: str
    outcome: str
    """`started`, `repeated` (its delivery had started a run), `answered` (a service looked whether the
    webhook is there) or `refused`."""
    status: int
    """Status of the HTTP answer."""
    delivery: str
    """What its sender calls it."""
    execution_id: str | None
    detail: str
    """Why it was refused."""


class TargetView(Struct, frozen=True, kw_only=True):
    """A webhook target, and how its deliveries stand."""

    id: str
    name: str
    flow_id: str | None
    """Null: all flows of the workspace."""
    url: str | None
    """Null: questions go by mail."""
    mail: MailRoute | None
    events: list[str]
    with_output: bool
    enabled: bool
    made_by: str
    stopped: str
    """Why the server paused it. Empty: it did not."""
    waiting: int
    """Deliveries that wait to be sent, or sent again."""
    dead: int
    """Deliveries that were given up."""
    created_at: str
    updated_at: str


class TargetWithSecret(TargetView, frozen=True, kw_only=True):
    """A webhook target whose secret is new."""

    secret: str
    """It signs deliveries, and is not shown again."""
    old_secret_until: str | None = None
    """Until when deliveries are signed with the secret before it too; null where there is none."""


class DeliveryView(Struct, frozen=True, kw_only=True):
    """A delivery to a webhook target."""

    id: str
    """The `webhook-id` of each of its attempts."""
    type: str
    flow_id: str
    execution_id: str
    status: str
    """`waiting`, `delivered` or `dead`: it was given up."""
    attempts: int
    last_status: int | None
    """Status of the receiver's last answer; null where there was none."""
    last_error: str
    created_at: str
    next_at: str | None
    """When it is tried next; null where it is not."""
    ended_at: str | None
    """When it was delivered or given up."""
    data: dict[str, Any] = field(default_factory=dict[str, Any])
    """What is known of the event, without the output of the run."""


def webhook_view(row: WebhookRow, base: str) -> WebhookView:
    """Return a webhook as the API gives it; `base` is the URL of this server."""
    usual = OF_STYLE[row.style]
    return WebhookView(
        id=row.id,
        name=row.name,
        flow_id=row.flow_id,
        url=f"{base.rstrip('/')}/api/agent-builder/webhooks/{row.token}",
        style=row.style,
        header=row.header or usual.proof,
        delivery_header=row.delivery_header or usual.delivery,
        answer=row.answer,
        input=row.input,
        version=row.version,
        enabled=row.enabled,
        made_by=row.made_by,
        stopped=row.stopped,
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
    )


def webhook_with_secret(view: WebhookView, secret: str, until: float | None = None) -> WebhookWithSecret:
    """Return a webhook with its new secret; `until` is the end of the one before it."""
    return WebhookWithSecret(**structs.asdict(view), secret=secret, old_secret_until=iso(until))


def webhook_call_view(call: WebhookCall) -> WebhookCallView:
    """Return a call as the API gives it."""
    return WebhookCallView(
        at=iso(call.at) or "",
        outcome=call.outcome,
        status=call.status,
        delivery=call.delivery,
        execution_id=call.execution_id,
        detail=call.detail,
    )


def target_with_secret(view: TargetView, secret: str, until: float | None = None) -> TargetWithSecret:
    """Return a target with its new secret; `until` is the end of the one before it."""
    return TargetWithSecret(**structs.asdict(view), secret=secret, old_secret_until=iso(until))


def target_view(row: TargetRow, counts: TargetCounts | None) -> TargetView:
    """Return a target as the API gives it."""
    counts = counts or TargetCounts()
    return TargetView(
        id=row.id,
        name=row.name,
        flow_id=row.flow_id,
        url=row.url or None,
        mail=row.mail,
        events=row.events,
        with_output=row.with_output,
        enabled=row.enabled,
        made_by=row.made_by,
        stopped=row.stopped,
        waiting=counts.waiting,
        dead=counts.dead,
        created_at=iso(row.created_at) or "",
        updated_at=iso(row.updated_at) or "",
    )


def delivery_view(row: DeliveryRow) -> DeliveryView:
    """Return a delivery as the API gives it."""
    waits = row.status == "waiting"
    return DeliveryView(
        id=row.id,
        type=row.type,
        flow_id=row.flow_id,
        execution_id=row.execution_id,
        status=row.status,
        attempts=row.attempts,
        last_status=row.last_status,
        last_error=row.last_error,
        created_at=iso(row.created_at) or "",
        next_at=iso(max(row.due_at, row.created_at)) if waits else None,
        ended_at=iso(row.ended_at),
        data=row.data,
    )
