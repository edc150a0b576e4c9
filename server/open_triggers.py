"""Opens what starts runs by itself, and what sends out that runs end or ask."""

from collections import Counter
from contextlib import AsyncExitStack

import msgspec
from msgspec import Struct, field

from graphs.outbound.egress import Egress
from persistence.storage.database import Database
from persistence.triggers.outbox import Outbox
from persistence.triggers.schedules import Schedules
from persistence.triggers.webhook_targets import WebhookTargets
from persistence.triggers.webhooks import Webhooks
from server.components import Identity, Process, Runs, Stores, Triggers
from server.protocols.langgraph.crons import Crons
from server.triggers.deliveries import Deliveries
from server.triggers.delivery_bodies import DeliveryBodies
from server.triggers.question_links import QuestionLinks
from server.triggers.question_mails import QuestionMails
from server.triggers.schedule_checks import CheckedSchedules
from server.triggers.scheduler import Scheduler
from server.triggers.webhook_calls import WebhookCalls

__all__ = ["TriggerCounts", "open_triggers"]


class TriggerCounts(Struct, frozen=True):
    """What this process has counted of triggers, by outcome."""

    schedules: Counter[str] = field(default_factory=Counter[str])
    calls: Counter[str] = field(default_factory=Counter[str])
    deliveries: Counter[str] = field(default_factory=Counter[str])


def open_triggers(
    process: Process,
    database: Database,
    stores: Stores,
    runs: Runs,
    identity: Identity,
    secret: str,
    counts: TriggerCounts,
    stack: AsyncExitStack,
) -> Triggers:
    """Begin to start the runs of schedules and to send deliveries; `secret` signs links of mails."""
    settings, service, callers = process.settings, runs.execution_service, identity.callers
    schedules = Schedules(database)
    scheduler = Scheduler(
        settings, schedules, callers, runs.flow_runs, service, stores.audit, counts.schedules
    )
    scheduler.open()
    stack.push_async_callback(scheduler.close)
    webhooks = Webhooks(database, stores.webhook_secrets, kept=settings.webhook_calls_kept)
    incoming = WebhookCalls(
        settings,
        webhooks,
        callers,
        process.limits,
        runs.flow_runs,
        service,
        runs.execution_streams,
        stores.audit,
        counts.calls,
    )
    rules = settings.egress()
    egress = Egress(
        msgspec.structs.replace(rules, max_redirects=0, seconds=min(rules.seconds, settings.webhook_seconds))
    )
    stack.push_async_callback(egress.close)
    links, outbox = QuestionLinks(secret), Outbox(database)
    targets = WebhookTargets(database, stores.webhook_secrets)
    deliveries = Deliveries(
        settings,
        outbox,
        targets,
        callers,
        service,
        DeliveryBodies(stores.executions, stores.inputs, most=settings.webhook_output_bytes),
        QuestionMails(settings, egress, stores.credentials, links),
        egress,
        stores.audit,
        counts.deliveries,
    )
    stores.journal.watchers.append(deliveries.seen)
    deliveries.open()
    stack.push_async_callback(deliveries.close)
    checked = CheckedSchedules(settings, schedules, runs.flow_runs)
    return Triggers(
        schedules=schedules,
        checked_schedules=checked,
        langgraph_crons=Crons(checked, runs.langgraph_assistants, runs.langgraph_threads),
        webhooks=webhooks,
        incoming=incoming,
        webhook_targets=targets,
        webhook_egress=egress,
        outbox=outbox,
        deliveries=deliveries,
        question_links=links,
    )
