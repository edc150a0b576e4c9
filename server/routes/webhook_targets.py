"""Webhook targets: where a workspace has it sent that runs end or ask, and the log of the deliveries."""

import time
from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Struct

from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError
from persistence.identity.credentials import Credentials
from persistence.library.flows import Flows
from persistence.storage.ids import new_id
from persistence.triggers.outbox import Outbox
from persistence.triggers.webhook_targets import MailRoute, TargetRow, TooManyTargets, WebhookTargets
from server.description.operations import operation
from server.flow_choice.stored_flows import get_flow
from server.http.cursors import NumberKey, TextKey, TimeKey, next_cursor, place_after
from server.http.parameters import Limit, known_id
from server.http.problems import Fault, Problem, not_found
from server.identity.authentication import Caller
from server.identity.bound_keys import require_within
from server.routes.flow_lists import Deleted
from server.routes.schedules import Cursor
from server.settings.sources import Settings
from server.triggers.deliveries import Deliveries
from server.triggers.question_mails import mail_problem
from server.triggers.webhook_settings import NewSecret, NewTarget, TargetChange, chosen_secret
from server.triggers.webhook_views import (
    DeliveryView,
    TargetView,
    TargetWithSecret,
    delivery_view,
    target_view,
    target_with_secret,
)

__all__ = ["WebhookTargetsController"]

ORDER, DELIVERIES = "webhook_targets", "webhook_deliveries"


class TargetList(Struct, frozen=True, kw_only=True):
    """A page of webhook targets, the newest first."""

    targets: list[TargetView]
    total: int
    next_cursor: str | None


class DeliveryList(Struct, frozen=True, kw_only=True):
    """A page of the deliveries to a target, the newest first."""

    deliveries: list[DeliveryView]
    next_cursor: str | None


class WebhookTargetsController(Controller):
    """Create, read, change and delete webhook targets, and send deliveries again."""

    path = "/webhook-targets"
    tags = ("Webhook targets",)

    @post(
        "/",
        operation_id="createWebhookTarget",
        opt=operation(400, 404, 409, 413, 415, 422, needs="webhooks:write", secret=True),
    )
    async def create(
        self,
        data: JSONBody[NewTarget],
        settings: NamedDependency[Settings],
        webhook_targets: NamedDependency[WebhookTargets],
        webhook_egress: NamedDependency[Egress],
        flows: NamedDependency[Flows],
        credentials: NamedDependency[Credentials],
        caller: NamedDependency[Caller],
    ) -> TargetWithSecret:
        """Have it sent that runs end or ask. The answer has the secret, which is not shown again."""
        now = time.time()
        usual = ["input.requested"] if data.mail else ["run.completed", "run.failed", "input.requested"]
        flow_id = None
        if data.flow_id is not None:
            flow_id = (await get_flow(flows, caller.workspace, known_id("flow", data.flow_id), None)).id
        row = TargetRow(
            id=new_id(),
            workspace=caller.workspace,
            name=data.name,
            flow_id=flow_id,
            url=data.url or "",
            mail=data.mail,
            events=[*dict.fromkeys(data.events or usual)],
            with_output=data.with_output,
            enabled=data.enabled,
            key_id=caller.key_id,
            user_id=caller.user_id,
            made_by=caller.name,
            stopped="",
            revision=1,
            created_at=now,
            updated_at=now,
        )
        row = await _checked(row, webhook_egress, credentials, caller)
        secret = chosen_secret("standard", data.secret)
        try:
            await webhook_targets.create(row, secret, most=settings.max_webhooks)
        except TooManyTargets:
            raise Problem(
                409,
                "limit_reached",
                f"The workspace has {settings.max_webhooks} webhook targets, the maximum. Delete one first.",
            ) from None
        return target_with_secret(target_view(row, None), secret)

    @get("/", operation_id="listWebhookTargets", opt=operation(404, 422, needs="webhooks:read"))
    async def list(
        self,
        webhook_targets: NamedDependency[WebhookTargets],
        caller: NamedDependency[Caller],
        flow_id: Annotated[str | None, QueryParameter(description="Only those of this flow.")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> TargetList:
        """List webhook targets, the newest first."""
        place: Any = place_after(cursor, ORDER, (TimeKey, TextKey))
        flow = None if flow_id is None else known_id("flow", flow_id)
        rows, total = await webhook_targets.list(caller.workspace, flow_id=flow, limit=limit, after=place)
        counts = await webhook_targets.counts([row.id for row in rows])
        return TargetList(
            targets=[target_view(row, counts.get(row.id)) for row in rows],
            total=total,
            next_cursor=next_cursor(ORDER, rows, limit, lambda row: (row.created_at, row.id)),
        )

    @get(
        "/{webhook_target_id:str}",
        operation_id="getWebhookTarget",
        opt=operation(404, needs="webhooks:read"),
    )
    async def read(
        self,
        webhook_target_id: FromPath[str],
        webhook_targets: NamedDependency[WebhookTargets],
        caller: NamedDependency[Caller],
    ) -> TargetView:
        """Return a webhook target, without its secret."""
        row = await _known(webhook_targets, caller, webhook_target_id)
        return target_view(row, (await webhook_targets.counts([row.id])).get(row.id))

    @put(
        "/{webhook_target_id:str}",
        operation_id="updateWebhookTarget",
        opt=operation(400, 404, 409, 413, 415, 422, needs="webhooks:write"),
    )
    async def update(
        self,
        webhook_target_id: FromPath[str],
        data: JSONBody[TargetChange],
        webhook_targets: NamedDependency[WebhookTargets],
        webhook_egress: NamedDependency[Egress],
        credentials: NamedDependency[Credentials],
        deliveries: NamedDependency[Deliveries],
        caller: NamedDependency[Caller],
    ) -> TargetView:
        """Update, pause or resume a webhook target. From then on it is that of who asks."""
        known = await _known(webhook_targets, caller, webhook_target_id)
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
        row = await _checked(row, webhook_egress, credentials, caller)
        if not await webhook_targets.replace(known, row):
            raise Problem(409, "changed", "The target was changed or paused in this moment. Try again.")
        deliveries.look()
        return target_view(row, (await webhook_targets.counts([row.id])).get(row.id))

    @post(
        "/{webhook_target_id:str}/rotate",
        operation_id="rotateWebhookTargetSecret",
        status_code=200,
        opt=operation(400, 404, 413, 415, 422, needs="webhooks:write", secret=True),
    )
    async def rotate(
        self,
        webhook_target_id: FromPath[str],
        data: JSONBody[NewSecret],
        webhook_targets: NamedDependency[WebhookTargets],
        caller: NamedDependency[Caller],
    ) -> TargetWithSecret:
        """Replace the secret of a target. For `keep_hours`, deliveries are signed with both."""
        row = await _known(webhook_targets, caller, webhook_target_id)
        secret, keep = chosen_secret("standard", data.secret), data.keep_hours * 3600
        until = await webhook_targets.secrets.rotate(row.workspace, row.id, secret, keep_seconds=keep)
        counts = await webhook_targets.counts([row.id])
        view = target_view(row, counts.get(row.id))
        return target_with_secret(view, secret, until if keep else None)

    @delete(
        "/{webhook_target_id:str}",
        operation_id="deleteWebhookTarget",
        status_code=200,
        opt=operation(404, needs="webhooks:write"),
    )
    async def delete(
        self,
        webhook_target_id: FromPath[str],
        webhook_targets: NamedDependency[WebhookTargets],
        caller: NamedDependency[Caller],
    ) -> Deleted:
        """Delete a webhook target with its deliveries, also those that wait."""
        known = await _known(webhook_targets, caller, webhook_target_id)
        if not await webhook_targets.delete(caller.workspace, known.id):
            raise not_found("webhook target", webhook_target_id)
        return Deleted(known.id, True, f"The webhook target '{known.name}' is deleted.")

    @get(
        "/{webhook_target_id:str}/deliveries",
        operation_id="listWebhookDeliveries",
        opt=operation(404, 422, needs="webhooks:read"),
    )
    async def deliveries(
        self,
        webhook_target_id: FromPath[str],
        webhook_targets: NamedDependency[WebhookTargets],
        outbox: NamedDependency[Outbox],
        caller: NamedDependency[Caller],
        status: Annotated[
            Literal["waiting", "delivered", "dead"] | None,
            QueryParameter(description="Only those of this status."),
        ] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> DeliveryList:
        """List the deliveries to a target, the newest first. Those that were given up are `dead`."""
        row = await _known(webhook_targets, caller, webhook_target_id)
        place: Any = place_after(cursor, DELIVERIES, (NumberKey,))
        found = await outbox.list(row.id, status=status, limit=limit, after=place[0] if place else None)
        return DeliveryList(
            deliveries=[delivery_view(each) for each in found],
            next_cursor=next_cursor(DELIVERIES, found, limit, lambda each: (each.number,)),
        )

    @post(
        "/{webhook_target_id:str}/deliveries/{delivery_id:str}/redeliver",
        operation_id="redeliverWebhook",
        status_code=202,
        opt=operation(404, 409, needs="webhooks:write"),
    )
    async def redeliver(
        self,
        webhook_target_id: FromPath[str],
        delivery_id: FromPath[str],
        webhook_targets: NamedDependency[WebhookTargets],
        outbox: NamedDependency[Outbox],
        deliveries: NamedDependency[Deliveries],
        caller: NamedDependency[Caller],
    ) -> DeliveryView:
        """Send a delivery again that was delivered or given up. It keeps its `id`."""
        target = await _known(webhook_targets, caller, webhook_target_id)
        row = await outbox.get(target.id, delivery_id[:80])
        if row is None:
            raise not_found("delivery", delivery_id)
        again = await outbox.send_again(row)
        if again is None:
            raise Problem(409, "waiting", "The delivery waits to be sent. Read it again in a moment.")
        deliveries.look()
        return delivery_view(again)


async def _known(targets: WebhookTargets, caller: Caller, target_id: str) -> TargetRow:
    row = await targets.get(caller.workspace, known_id("webhook target", target_id))
    if row is None:
        raise not_found("webhook target", target_id)
    return row


async def _checked(row: TargetRow, egress: Egress, credentials: Credentials, caller: Caller) -> TargetRow:
    """Return a target with its name, if deliveries may go there.

    Raises:
        Problem: 403 for who may not, 422 for what does not fit.
    """
    require_within(caller, row.flow_id)
    if row.with_output and "sessions:all" not in caller.permissions:
        raise Problem(403, "forbidden", "Outputs of all users' runs would be sent: it needs sessions:all.")
    if bool(row.url) == (row.mail is not None):
        raise _unfit("Send either 'url' or 'mail'.", "/url")
    if row.mail is not None:
        await _check_mail(row, row.mail, egress, credentials, caller)
        return msgspec.structs.replace(row, name=row.name or row.mail.to[:255])
    try:
        address, _ = await egress.look_up(row.url)
        return msgspec.structs.replace(row, name=row.name or address.host[:255])
    except EgressError as error:
        if error.code != "network":
            raise _unfit(str(error), "/url") from None
    return msgspec.structs.replace(row, name=row.name or "webhook")  # its name may be known later


async def _check_mail(
    row: TargetRow, mail: MailRoute, egress: Egress, credentials: Credentials, caller: Caller
) -> None:
    if "runs:start" not in caller.permissions:
        raise Problem(403, "forbidden", "The link of a mail answers questions: it needs runs:start.")
    if row.events != ["input.requested"]:
        raise _unfit("By 'mail' go only questions: leave 'events' out.", "/events")
    if why := mail_problem(mail):
        raise _unfit(why, "/mail")
    try:
        await egress.addresses(mail.host, mail.port)
    except EgressError as error:
        if error.code != "network":
            raise _unfit(str(error), "/mail/host") from None
    if mail.credential:
        if "credentials:read" not in caller.permissions:
            raise Problem(403, "forbidden", "To name a credential, you need credentials:read.")
        if mail.credential not in await credentials.names(row.workspace):
            raise _unfit(f"There is no credential '{mail.credential}'.", "/mail/credential")


def _unfit(detail: str, pointer: str) -> Problem:
    return Problem(422, "invalid", detail, errors=[Fault(detail, pointer=pointer)])
