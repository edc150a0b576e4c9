"""Two servers on one PostgreSQL: what one reads, and then writes by, the other does not change in between.

Here the first has written and not committed when the second reads. The second waits, or counts it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec import Struct
from sqlalchemy import Connection, func, select, update

from graphs.embeddings.embedder import EmbeddingModel
from persistence.identity.variables import OtherKind, Variables
from persistence.knowledge.bases import BaseRow, KnowledgeBases
from persistence.knowledge.document_rows import Source
from persistence.knowledge.documents import DuplicateDocument, KnowledgeDocuments, NewDocument, NotReadable
from persistence.knowledge.reindexing import beginning_index, switch_index
from persistence.library.code_flows import CodeFlow, CodeFlows
from persistence.library.flow_versions import FlowVersions, StaleDraft
from persistence.library.flows import Flows
from persistence.storage.database import Database
from persistence.storage.encryption import Cipher
from persistence.storage.tables.checkpoints import checkpoints
from persistence.storage.tables.library import sessions
from persistence.storage.tables.triggers import webhook_secrets
from persistence.triggers.schedules import Schedules, TooManySchedules, new_schedule
from persistence.triggers.webhook_secrets import WebhookSecrets
from persistence.triggers.webhook_targets import TargetRow, TooManyTargets, WebhookTargets
from persistence.triggers.webhooks import TooManyWebhooks, WebhookRow, Webhooks
from persistence.upkeep.retention import prune
from tests.at_once import Elsewhere
from tests.persistence.upkeep.test_retention import add_checkpoints, add_execution, add_session

CIPHER = Cipher("k" * 32)
Change = Callable[[Database], Awaitable[Any]]


@pytest.fixture(params=["postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """SQLite has one writer, who has begun when it reads."""
    return request.param


class Two:
    """This server, and another one on its database."""

    def __init__(self, database: Database, elsewhere: Elsewhere) -> None:
        self.database = database
        self.elsewhere = elsewhere

    async def both(self, first: Change, second: Change) -> tuple[Any, Any]:
        """Make both changes, the second while the transaction of the first is open; return what they gave."""

        async def ahead() -> Any:
            return await first(self.database)

        async def behind() -> None:  # it is queued before the writer looks, and shares the transaction
            await self.database.write(lambda connection: self.elsewhere.change(second))

        given, _ = await asyncio.gather(ahead(), behind(), return_exceptions=True)
        return given, (await self.elsewhere.ended())[-1]


@pytest.fixture
def two(database: Database, database_url: str) -> Two:
    return Two(database, Elsewhere(database_url))


def schedule(name: str) -> Change:
    row = new_schedule(
        workspace="w",
        name=name,
        flow_id="f",
        cron="0 9 * * *",
        timezone="UTC",
        input={},
        version="",
        missed="once",
        ends_at=None,
        jitter_seconds=0.0,
        enabled=True,
        key_id="",
        user_id="",
        made_by="",
        next_at=None,
        due_at=None,
    )
    return lambda database: Schedules(database).create(row, most=1)


def values(kind: type[Struct], **given: Any) -> dict[str, Any]:
    """Return values of a row, empty ones where none is given."""
    empty: dict[Any, Any] = {str: "", bool: True, int: 1, float: 0.0, list[str]: []}
    names = kind.__struct_fields__
    return {name: empty.get(kind.__annotations__[name]) for name in names} | {"workspace": "w", **given}


def webhook(name: str) -> Change:
    row = WebhookRow(**values(WebhookRow, id=name, token=name, style="token", answer="async"))
    return lambda database: Webhooks(database, WebhookSecrets(database, CIPHER), kept=1).create(
        row, name, most=1
    )


def target(name: str) -> Change:
    row = TargetRow(**values(TargetRow, id=name))
    return lambda database: WebhookTargets(database, WebhookSecrets(database, CIPHER)).create(
        row, name, most=1
    )


LIMITS: dict[str, tuple[Callable[[str], Change], type[Exception]]] = {
    "schedules": (schedule, TooManySchedules),
    "webhooks": (webhook, TooManyWebhooks),
    "targets": (target, TooManyTargets),
}


@pytest.mark.parametrize("name", LIMITS)
async def test_together_they_make_no_more_than_a_workspace_may_have(two: Two, name: str) -> None:
    made, error = LIMITS[name]
    first, second = await two.both(made("one"), made("two"))
    assert first is None
    assert isinstance(second, error), second


async def test_a_variable_is_not_secret_under_one_label_and_plain_under_another(two: Two) -> None:
    def made(label: str, secret: bool) -> Change:
        given: dict[str, Any] = {"name": "token", "label": label, "value": "0123456789", "secret": secret}
        return lambda database: Variables(database, CIPHER).create("w", **given)

    _, second = await two.both(made("", True), made("production", False))
    assert isinstance(second, OtherKind), second


async def test_of_two_first_drafts_one_is_refused(two: Two) -> None:
    flow = await Flows(two.database).create("w", "chatflow", name="F", description="", document={})

    def kept(text: str) -> Change:
        return lambda database: FlowVersions(database).put_draft(
            "w", flow.id, {"name": text}, based_on=1, revision=0
        )

    first, second = await two.both(kept("one"), kept("two"))
    assert isinstance(second, StaleDraft), second
    assert await FlowVersions(two.database).draft("w", flow.id) == first


async def test_after_two_rotations_one_secret_has_no_end(two: Two) -> None:
    await two.database.write(
        lambda held: WebhookSecrets(two.database, CIPHER).add(held, "w", "hook", "first")
    )

    def rotated(secret: str) -> Change:
        return lambda database: WebhookSecrets(database, CIPHER).rotate("w", "hook", secret, keep_seconds=60)

    await two.both(rotated("second"), rotated("third"))
    secrets = WebhookSecrets(two.database, CIPHER)
    endless = select(func.count()).select_from(webhook_secrets).where(webhook_secrets.c.ends_at.is_(None))
    assert await two.database.read(lambda held: held.scalar(endless)) == 1
    assert (await secrets.of("w", "hook"))[0] == "third"


async def test_code_flows_are_stored_by_servers_that_start_at_once(two: Two) -> None:
    flow = CodeFlow(name="graph", flow_type="agentflow", description="", document={"tags": []})

    def stored(database: Database) -> Awaitable[Any]:
        return CodeFlows(database).store(["w"], [flow])

    assert await two.both(stored, stored) == ([], [])


async def a_document(two: Two, document_id: str, **given: Any) -> tuple[str, Callable[[str, str], Change]]:
    """Make a base, and return its id and what adds a document of a content with an open run."""
    base = await KnowledgeBases(two.database).create(
        "w", "B", embedding=EmbeddingModel(provider="demo", model="demo")
    )
    for run in ("one", "two", "three"):
        await add_execution(two.database, run, status="running", completed_at=None)

    def added(id: str, run: str) -> Change:
        new = NewDocument(
            id=id, workspace="w", base_id=base.id, name=id, source=Source(kind="text"), hash="same"
        )
        return lambda database: database.write(
            lambda held: KnowledgeDocuments(database).adding(new)(held, run)
        )

    return base.id, added


async def test_one_content_is_added_once(two: Two) -> None:
    _, added = await a_document(two, "d")
    first, second = await two.both(added("d", "one"), added("e", "two"))
    assert first is None
    assert isinstance(second, DuplicateDocument), second


async def test_nothing_is_added_to_a_base_that_is_being_deleted(two: Two) -> None:
    base_id, added = await a_document(two, "d")
    _, second = await two.both(
        lambda database: KnowledgeBases(database).delete("w", base_id), added("d", "one")
    )
    assert isinstance(second, NotReadable), second


async def test_a_document_is_given_to_one_of_two_runs(two: Two) -> None:
    _, added = await a_document(two, "d")
    await added("d", "gone")(two.database)

    def restarted(run: str) -> Change:
        return lambda database: database.write(
            lambda held: KnowledgeDocuments(database).restarting("w", "d")(held, run)
        )

    first, second = await two.both(restarted("two"), restarted("three"))
    assert first is None
    assert isinstance(second, NotReadable), second


async def test_an_index_that_another_run_began_is_not_thrown_away(two: Two) -> None:
    base_id, _ = await a_document(two, "d")
    model = EmbeddingModel(provider="demo", model="other")

    async def began(run: str) -> BaseRow | None:
        beginning = beginning_index("w", base_id, f"index {run}", model)
        await two.database.write(lambda held: beginning(held, run))
        return await KnowledgeBases(two.database).get("w", base_id)

    earlier, later = await began("cancelled"), await began("one")
    assert earlier is not None
    assert later is not None
    assert not await switch_index(two.database, earlier)
    assert await KnowledgeBases(two.database).get("w", base_id) == later
    assert await switch_index(two.database, later)


async def test_retention_leaves_a_session_alone_that_becomes_active_meanwhile(two: Two) -> None:
    await add_session(two.database, "s", 0.0)
    await add_execution(two.database, "run", session_id="s", thread_id="s")
    await add_checkpoints(two.database, "s", 3)
    await two.database.later.settled(None)

    def active(connection: Connection) -> None:
        changed = update(sessions).where(sessions.c.id == "s").values(last_activity_at=time.time())
        connection.execute(changed)

    await two.both(lambda database: database.write(active), prune)
    count = select(func.count()).select_from(checkpoints)
    assert await two.database.read(lambda held: held.scalar(count)) == 3
