"""Webhook calls: a request to a webhook's URL is checked, starts one run, and is answered."""

import asyncio
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from msgspec import Struct

from graphs.outbound.credentials import CredentialError
from persistence.identity.audit import Audit, Deed
from persistence.library.webhook_sessions import begin_of
from persistence.runs.executions import Accepted, goes_on
from persistence.runs.repeated_requests import Idempotency
from persistence.triggers.webhooks import WebhookCall, WebhookRow, Webhooks
from server.http.bodies import BODY_LIMIT
from server.http.problems import Fault, Problem, known_problem, not_found
from server.identity.actors import Actor
from server.identity.callers import Caller, Callers
from server.limits.rate_limits import Limits
from server.requests.chat_inputs import declared_by
from server.requests.chat_requests import ExecutionRequest
from server.requests.flow_runs import FlowRuns
from server.requests.replays import in_flight, replayed
from server.runs.execution_service import ExecutionService
from server.runs.execution_stream import ExecutionStreams
from server.runs.run_requests import Order
from server.settings.sources import Settings
from server.streams.chat_sse import ChatFrames
from server.streams.execution_sse import ExecutionFrames
from server.triggers.signatures import OF_STYLE, why_unsigned
from server.triggers.trigger_makers import as_allowed, maker_of, refusal
from server.triggers.webhook_inputs import (
    FORM_TYPE,
    given_input,
    read_form,
    read_query,
    refuse_misfits,
    shown_headers,
)
from server.views.run_answers import chat_answer, execution_answer

__all__ = ["WebhookCalls", "WebhookReceipt", "own_session"]

LONGEST = 255
"""Characters of what a delivery is called, and of a session's name."""
EXECUTIONS = "/api/agent-builder/executions/"

log = logging.getLogger("agenticrag.webhooks")


class WebhookReceipt(Struct, frozen=True, kw_only=True):
    """What a webhook answers at once."""

    execution_id: str | None = None
    """The run that the call started; null if it started none."""
    status: str = "accepted"
    """The run's status word, or `ignored` where a service only looks whether the webhook is there."""
    challenge: str | None = None
    """What Slack wants to see again when a URL is entered there."""


class Visit(Struct, frozen=True):
    """A call of a webhook, as the audit log has it."""

    actor: Actor


class _Call(Struct, frozen=True, kw_only=True):
    """A call that proved that it knows the secret."""

    row: WebhookRow
    caller: Caller
    headers: Mapping[str, str]
    body: Any
    query: Mapping[str, str]
    body_hash: str
    delivery: str
    bare: bool
    """Whether an empty answer of 200 says that it came: Slack shows any other to who wrote a command."""


class WebhookCalls:
    """Takes calls of the webhooks of all workspaces."""

    def __init__(
        self,
        settings: Settings,
        webhooks: Webhooks,
        callers: Callers,
        limits: Limits,
        flow_runs: FlowRuns,
        service: ExecutionService,
        streams: ExecutionStreams,
        audit: Audit,
        counts: Counter[str],
    ) -> None:
        self._settings = settings
        self._webhooks = webhooks
        self._callers = callers
        self._limits = limits
        self._flow_runs = flow_runs
        self._service = service
        self._streams = streams
        self._audit = audit
        self._counts = counts
        self._kept: set[asyncio.Task[None]] = set()
        self._minute = 0
        self._unproven: Counter[str] = Counter()

    async def take(self, request: Request[Any, Any, Any], token: str) -> ASGIResponse:
        """Answer a call: it starts a run, unless its delivery did before.

        Raises:
            Problem: 404 for an unknown URL, 401 where the secret is not proven, 409 for a paused webhook, 422
                for what does not fit, and what starting a run raises.
        """
        await self._limits.take(self._limits.of_address(request.client))
        row = await self._webhooks.find(token) if token.startswith("whk_") and len(token) <= 64 else None
        if row is None:
            raise not_found("webhook", token)
        request.scope["user"] = Visit(
            Actor(row.workspace, "nobody", name=row.name, target=("webhook", row.id))
        )
        delivery = ""
        try:
            call = await self._proven(request, row)
            delivery = call.delivery
            if (answer := _looked(row, call)) is not None:
                self._keep(row, "answered", 200, delivery=delivery)
                return _json(answer, 200, {})
            accepted = await self._service.start(await self._order(call))
        except Exception as error:
            problem = known_problem(error)
            if problem is not None and problem.document.status != 429:
                status, detail = problem.document.status, problem.document.detail
                self._keep(row, "refused", status, delivery=delivery, detail=detail)
            raise
        outcome = "repeated" if accepted.replayed else "started"
        status = 202 if row.answer == "async" and not call.bare else 200
        self._keep(row, outcome, status, delivery=delivery, execution_id=accepted.execution.id)
        return await self._answered(call, accepted)

    async def _proven(self, request: Request[Any, Any, Any], row: WebhookRow) -> _Call:
        """Return a call that may start a run.

        Raises:
            Problem: 401, 409 for a paused webhook, 413 or 415 for its body.
        """
        request.scope["state"][BODY_LIMIT] = self._settings.webhook_max_bytes
        body = await request.body()
        headers = {name.lower(): value for name, value in request.headers.items()}
        proof = row.header.lower() or OF_STYLE[row.style].proof
        try:
            secrets = await self._webhooks.secrets.of(row.workspace, row.id)
        except CredentialError as error:
            raise Problem(503, "not_available", str(error)) from None
        if why := why_unsigned(row.style, proof, headers, body, secrets, time.time()):
            raise Problem(401, "bad_signature", f"{why} Send what proves the secret of this webhook.")
        await self._limits.take(self._limits.of_key(row.id))
        if not row.enabled:
            raise Problem(409, "paused", f"The webhook is paused. {row.stopped}".strip())
        caller = as_allowed(await self._callers.lately(maker_of(row)), self._settings.auth)
        if (why := refusal(row, caller, auth=self._settings.auth)) or caller is None:
            await self._stop(row, why)
            raise Problem(409, "paused", f"The webhook is paused. {why}")
        kind = headers.get("content-type", "")
        value = await read_form(kind, body, most=self._settings.max_body_values, text=row.input is not None)
        query = read_query(request.scope["query_string"])
        hashed = hashlib.sha256(body + b"\0" + request.scope["query_string"]).hexdigest()
        return _Call(
            row=row,
            caller=caller,
            headers=shown_headers(headers, proof),
            body=value,
            query=query,
            body_hash=hashed,
            delivery=_delivery(row, headers, proof, value),
            bare=row.style == "slack" and kind.lower().startswith(FORM_TYPE),
        )

    async def _order(self, call: _Call) -> Order:
        row = call.row
        flow = await self._flow_runs.wanted(call.caller, row.flow_id, row.version or None)
        declared, chat = declared_by(flow.document), flow.flow_type == "chatflow"
        given, queried = given_input(row, declared, call.body, call.query, call.headers, time.time())
        refuse_misfits(declared, given, queried, chat=chat)
        if chat and given.get("session_id") is not None:
            given = {**given, "session_id": own_session(row, given["session_id"])}
        idempotency = None
        if call.delivery:
            idempotency = Idempotency(f"webhook:{row.id}", call.delivery, call.body_hash)
        order = await self._flow_runs.order_of(
            call.caller, flow, ExecutionRequest(input_data=given), idempotency
        )
        return msgspec.structs.replace(order, any_session=chat, webhook=row.id, by=f"webhook {row.name}")

    async def _answered(self, call: _Call, accepted: Accepted) -> ASGIResponse:
        execution, headers = accepted.execution, replayed(accepted)
        chat = execution.flow_type == "chatflow"
        match call.row.answer:
            case "async":
                receipt = WebhookReceipt(execution_id=execution.id, status=execution.status)
                located = {"Location": f"{EXECUTIONS}{execution.id}", **headers}
                if call.bare:
                    return ASGIResponse(body=b"", media_type="text/plain", headers=located)
                return _json(receipt, 202, located)
            case "sync":
                if accepted.replayed and goes_on(execution):
                    raise in_flight(accepted)
                events = await self._streams.ended(execution)
                answer = chat_answer(events) if chat else execution_answer(events)
                return _json(answer, 200, headers)
            case "stream":
                frames = ChatFrames() if chat else ExecutionFrames()
                return self._streams.watch(execution, frames, headers=headers)

    def _keep(self, row: WebhookRow, outcome: Any, status: int, **more: Any) -> None:
        """Count a call, and keep it with the next write.

        Of those without proof a process keeps as many in a minute as are listed: anybody can send more.
        """
        self._counts[outcome] += 1
        if status == 401 and not self._room_for_unproven(row.id):
            return
        call = WebhookCall(webhook_id=row.id, at=time.time(), outcome=outcome, status=status, **more)
        task = asyncio.create_task(self._webhooks.keep_call(call))
        self._kept.add(task)
        task.add_done_callback(self._written)

    def _room_for_unproven(self, webhook_id: str) -> bool:
        minute = int(time.monotonic() / 60)
        if minute != self._minute:
            self._minute, self._unproven = minute, Counter()
        self._unproven[webhook_id] += 1
        return self._unproven[webhook_id] <= self._settings.webhook_calls_kept

    def _written(self, task: "asyncio.Task[None]") -> None:
        self._kept.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("A call of a webhook could not be kept: %s", error)

    async def _stop(self, row: WebhookRow, why: str) -> None:
        if await self._webhooks.stop(row, f"{why} Enable it to run it as you."):
            self._counts["stopped"] += 1
            log.warning("Webhook %s is paused: %s", row.id, why)
            await self._audit.record(
                Deed(
                    workspace=row.workspace,
                    actor_kind="nobody",
                    action="pauseWebhook",
                    target_kind="webhook",
                    target_id=row.id,
                    details={"name": row.name, "reason": why},
                )
            )


def _json(answer: Struct, status: int, headers: dict[str, str]) -> ASGIResponse:
    return ASGIResponse(
        body=msgspec.json.encode(answer), media_type="application/json", status_code=status, headers=headers
    )


def own_session(row: WebhookRow, given: Any) -> str:
    """Return the name of a session of a webhook: none that anybody else has, whatever a call names.

    Raises:
        Problem: 422 for a name that is no text, or too long.
    """
    if not isinstance(given, str):
        detail = "'session_id' must be text."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, pointer="/session_id")])
    begin = begin_of(row.id)
    return given if given.startswith(begin) else begin + given


def _delivery(row: WebhookRow, headers: Mapping[str, str], proof: str, body: Any) -> str:
    """Return what the sender calls a delivery; empty where it says nothing.

    A call of Slack that names no event, as of a command, is called by its signature: it has a time, and Slack
    sends none twice. Whoever records one starts nothing by sending it again.

    Raises:
        Problem: 422 for a name that cannot be kept.
    """
    name = row.delivery_header.lower() or OF_STYLE[row.style].delivery
    said = headers.get(name, "") if name else ""
    if not said and row.style == "slack" and isinstance(body, dict):
        said = str(body.get("event_id") or "")  # Slack names its events in their bodies
    if not said and row.style == "slack":
        said = headers[proof]
    if len(said) > LONGEST or not (said.isascii() and said.isprintable()):
        detail = f"What names a delivery has 1 to {LONGEST} printable ASCII characters."
        raise Problem(422, "invalid", detail, errors=[Fault(detail, parameter=name)])
    return said


def _looked(row: WebhookRow, call: _Call) -> WebhookReceipt | None:
    """Return the answer to a service that only looks whether the webhook is there."""
    if row.style == "slack" and isinstance(call.body, dict) and call.body.get("type") == "url_verification":
        return WebhookReceipt(status="ignored", challenge=str(call.body.get("challenge", ""))[:LONGEST])
    if row.style == "slack" and isinstance(call.body, dict) and call.body.get("ssl_check") == "1":
        return WebhookReceipt(status="ignored")
    if row.style == "github" and call.headers.get("x-github-event") == "ping":
        return WebhookReceipt(status="ignored")
    return None
