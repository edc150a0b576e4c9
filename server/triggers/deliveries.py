"""Deliveries: sends what the outbox has, beside the work of a process.

Each process looks for deliveries. It claims the first of each lane, sends it, writes down what came of it,
and continues with the next of the lane. What a process leaves when it dies is claimed by another.
"""

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Sequence

from graphs.outbound.credentials import CredentialError
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError, Inbound, Outbound
from graphs.outbound.run_hops import begin_hops
from graphs.values.events import TERMINAL, Event
from persistence.identity.audit import Audit, Deed
from persistence.storage.errors import StorageError
from persistence.storage.execution_rows import ExecutionRow
from persistence.triggers.outbox import DeliveryRow, Outbox, Sent
from persistence.triggers.webhook_targets import TargetRow, WebhookTargets
from server.identity.callers import Callers
from server.runs.execution_service import ExecutionService
from server.settings.sources import Settings
from server.triggers.delivery_bodies import DeliveryBodies
from server.triggers.question_mails import MailError, QuestionMails
from server.triggers.signatures import signature
from server.triggers.trigger_makers import as_allowed, maker_of, refusal

__all__ = ["Deliveries", "delay"]

LOOKS = 1.0
"""Seconds between two looks for what is due, where nothing of this process wakes it."""
AT_ONCE = 50
"""Lanes that a process works on together."""
SPARE = 30.0
"""Seconds that a claim lasts beyond the time for an attempt."""
ANSWER = 65_536
"""Bytes of a receiver's answer that are read."""
PAUSES = 410
"""The status with which a receiver says that it wants no more."""

log = logging.getLogger("agenticrag.webhooks")


class Deliveries:
    """Sends the deliveries of all workspaces. `open` it when runs can be started."""

    def __init__(
        self,
        settings: Settings,
        outbox: Outbox,
        targets: WebhookTargets,
        callers: Callers,
        service: ExecutionService,
        bodies: DeliveryBodies,
        mails: QuestionMails,
        egress: Egress,
        audit: Audit,
        counts: Counter[str],
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._targets = targets
        self._callers = callers
        self._service = service
        self._bodies = bodies
        self._mails = mails
        self._egress = egress
        self._audit = audit
        self._counts = counts
        self._seconds = settings.webhook_seconds + SPARE
        self._lanes: set[asyncio.Task[None]] = set()
        self._kick = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to look for what is due."""
        self._task = asyncio.create_task(self._run(), name="deliveries")

    async def close(self) -> None:
        """End it; what is being sent has some seconds. What is left is another process's."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._lanes:
            await asyncio.wait(self._lanes, timeout=self._settings.drain_seconds)
        for lane in self._lanes:
            lane.cancel()
        await asyncio.gather(*self._lanes, return_exceptions=True)

    def seen(self, row: ExecutionRow, events: Sequence[Event]) -> None:
        """Look at once, where a run has ended or asks: a watcher of the journal."""
        last = events[-1].type
        if row.flow_id is not None and (last in TERMINAL or last in ("input.requested", "run.paused")):
            self._kick.set()

    def look(self) -> None:
        """Look at once."""
        self._kick.set()

    async def _run(self) -> None:
        while not self._service.stopping.is_set():
            self._kick.clear()
            try:
                room = AT_ONCE - len(self._lanes)
                if room > 0 and await self._outbox.any_due():
                    claimed = await self._outbox.claim(
                        self._service.process_id,
                        seconds=self._seconds,
                        lease=self._settings.lease_seconds,
                        limit=room,
                    )
                    for row in claimed:
                        self._begin(row)
            except StorageError as error:
                log.warning("Deliveries wait for the database: %s", error)
            except Exception:
                log.exception("Deliveries could not be claimed; trying again.")
            try:
                async with asyncio.timeout(LOOKS):
                    await self._kick.wait()
            except TimeoutError:
                pass

    def _begin(self, row: DeliveryRow) -> None:
        lane = asyncio.create_task(self._lane(row), name=f"delivery-{row.id}")
        self._lanes.add(lane)
        lane.add_done_callback(self._ended)

    def _ended(self, lane: "asyncio.Task[None]") -> None:
        self._lanes.discard(lane)
        self._kick.set()

    async def _lane(self, row: DeliveryRow | None) -> None:
        """Send a delivery, and those of its lane after it."""
        while row is not None:
            try:
                sent = await self._send(row)
            except Exception as error:
                log.exception("Delivery %s could not be sent.", row.id)
                sent = self._failed(row, f"The server could not send it: {type(error).__name__}.")
            row = await self._settled(row, sent)

    async def _settled(self, row: DeliveryRow, sent: Sent) -> DeliveryRow | None:
        """Write down what came of a delivery as soon as the database can, and return the next of its lane.

        The lane is this process's until then: for as long, nobody else continues it.
        """
        while True:
            more = not self._service.stopping.is_set()
            try:
                return await self._outbox.settle(
                    row, sent, self._service.process_id, seconds=self._seconds, more=more
                )
            except StorageError as error:
                log.warning("What came of delivery %s waits for the database: %s", row.id, error)
                if not more:
                    return None
            await asyncio.sleep(LOOKS)

    async def _send(self, row: DeliveryRow) -> Sent:
        target = await self._targets.by_id(row.target_id)
        if target is None or not target.enabled:
            return Sent(status="waiting", counts=False)
        caller = as_allowed(await self._callers.lately(maker_of(target)), self._settings.auth)
        if why := refusal(target, caller, auth=self._settings.auth, starts=target.mail is not None):
            return await self._stop(target, why)
        if target.mail is not None:
            return await self._mailed(target, row)
        return await self._posted(target, row)

    async def _posted(self, target: TargetRow, row: DeliveryRow) -> Sent:
        try:
            body, now = await self._bodies.body(target, row), int(time.time())
            secrets = await self._targets.secrets.of(target.workspace, target.id)
            begin_hops(await self._bodies.hops(row))
            headers = {
                "content-type": "application/json",
                "user-agent": "AgenticRAG-Webhooks",
                "webhook-id": row.id,
                "webhook-timestamp": str(now),
                "webhook-signature": signature(row.id, now, body, secrets),
            }
            request = Outbound(method="POST", url=target.url, headers=headers, content=body, max_bytes=ANSWER)
            answer = await self._egress.fetch(request)
        except (EgressError, CredentialError) as error:
            return self._failed(row, str(error))
        if 200 <= answer.status < 300:
            self._counts["delivered"] += 1
            return Sent(status="delivered", answer=answer.status)
        if answer.status == PAUSES:
            await self._stop(target, "The receiver answered 410: it wants no more deliveries.")
        said = answer.content[:200].decode("utf-8", "replace").strip()
        error = f"The receiver answered {answer.status}{f': {said}' if said else '.'}"
        return self._failed(row, error, answer)

    async def _mailed(self, target: TargetRow, row: DeliveryRow) -> Sent:
        question = await self._bodies.question(row)
        if question is None or question.status != "open":
            return Sent(status="delivered", error="It was not sent: the question is not open any more.")
        try:
            await self._mails.send(target, row, question)
        except MailError as error:
            return self._failed(row, str(error))
        self._counts["delivered"] += 1
        return Sent(status="delivered")

    def _failed(self, row: DeliveryRow, error: str, answer: Inbound | None = None) -> Sent:
        """Return that an attempt failed, and when the next one is, if there is one."""
        dead = row.attempts + 1 >= self._settings.webhook_attempts
        self._counts["dead" if dead else "failed"] += 1
        if dead:
            log.warning("Delivery %s to target %s is given up: %s", row.id, row.target_id, error)
        most = self._settings.webhook_retry_most_seconds
        wait = delay(row.attempts + 1, self._settings.webhook_retry_seconds, most)
        if answer is not None and (said := answer.headers.get("retry-after", "")).isdecimal():
            wait = min(most, max(wait, float(said[:6])))
        return Sent(
            status="dead" if dead else "waiting",
            answer=None if answer is None else answer.status,
            error=error,
            again_in=wait,
        )

    async def _stop(self, target: TargetRow, why: str) -> Sent:
        """Pause a target; what waits for it stays."""
        if await self._targets.stop(target, f"{why} The target is paused. Enable it to go on."):
            self._counts["stopped"] += 1
            log.warning("Webhook target %s is paused: %s", target.id, why)
            await self._audit.record(
                Deed(
                    workspace=target.workspace,
                    actor_kind="nobody",
                    action="pauseWebhookTarget",
                    target_kind="webhook_target",
                    target_id=target.id,
                    details={"name": target.name, "reason": why},
                )
            )
        return Sent(status="waiting", error=why, counts=False)


def delay(attempts: int, first: float, most: float) -> float:
    """Return the seconds after so many attempts until the next: three times as long each time, up to `most`,
    and up to a tenth more, so that not all come in one moment."""
    return min(most, first * 3.0 ** min(attempts - 1, 20)) * random.uniform(1, 1.1)
