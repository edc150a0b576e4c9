"""Spending: every request is booked once with what it used, and no race goes past a budget."""

import asyncio
import time
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any, Literal

import pytest
from sqlalchemy import func, select, update

from graphs.model_calls import ModelSettings, OpenModels, open_models
from graphs.values.node_error import NodeError
from persistence.identity.users import Users
from persistence.journal.journal import Journal
from persistence.runs.executions import Executions
from persistence.spending.prices import Price
from persistence.storage.database import Database
from persistence.storage.tables.runs import processes
from persistence.storage.tables.spending import budget_periods, reservations, usage, usage_periods
from tests.durability.rows import fault
from tests.durability.spending import ByKind, Caller, begun, told
from tests.durability.trial import Trial
from tests.runtimes.replies import Reply

pytestmark = pytest.mark.timeout(1200)
KINDS = {
    "plain": (Reply(text="one two three"),),
    "cached": (told(100, 50, cached=60, thought=20),),
    "silent": (Reply(text="this says no usage", usage=False),),
    "retried": (Reply(status=500), Reply(text="at last")),
    "refused": (Reply(status=400),),
    "cut": (Reply(text="a b c d e f", cut_after=2),),
    "slow": (Reply(text="w " * 200, delay=0.02),),
}
SILENT = update(processes).where(processes.c.id == "dead").values(seen_at=processes.c.seen_at - 60)
PRICES = {"plain": (0.001, 0.002), "cached": (0.01, 0.04), "retried": (0.5, 0.25)}


@pytest.fixture
async def model() -> AsyncIterator[ByKind]:
    async with ByKind(KINDS) as server:
        yield server


@pytest.fixture
async def models(model: ByKind) -> AsyncIterator[OpenModels]:
    settings = ModelSettings(openai_base_url=model.url, openai_api_key="k", breaker_in_a_row=1_000_000)

    async def at_once(_: float) -> None:
        await asyncio.sleep(0)

    async with open_models(settings, sleep=at_once) as opened:
        yield opened


async def sums(database: Database, *columns: Any, by: Any = None) -> Any:
    statement = select(*columns) if by is None else select(by, *columns).group_by(by)
    return await database.read(lambda connection: connection.execute(statement).all())


@fault("F-34", "scripted provider streams", "a row for each request, sums exact", ci=300, full=10_000)
async def test_every_request_has_its_row_and_all_sums_agree(
    trial: Trial, database: Database, model: ByKind, models: OpenModels
) -> None:
    journal = Journal(database)
    ledger = journal.claims.ledger
    for name, (asked, answered) in PRICES.items():
        cached = asked / 10 if name == "cached" else None
        await ledger.prices.add(
            Price(
                provider="openai",
                model=f"m-{name}",
                input_price_per_1k=asked,
                output_price_per_1k=answered,
                cached_input_price_per_1k=cached,
                source="test",
                edited_by_operator=True,
            )
        )
    weights = {"plain": 60, "cached": 15, "silent": 10, "retried": 4, "refused": 3, "cut": 2, "slow": 6}
    kinds = trial.rng.choices(list(weights), list(weights.values()), k=trial.count)
    runs = [await Caller.open(database, journal, models, await begun(database)) for _ in range(20)]
    gate = asyncio.Semaphore(40)

    async def one(number: int, kind: str) -> None:
        caller = runs[number % len(runs)]
        async with gate:
            if kind == "slow":
                await caller.cancelled_ask(number, f"slow {number}", model, trial.rng.uniform(0, 0.1))
                return
            try:
                await caller.ask(number, f"{kind} {number}")
            except NodeError:
                assert kind in ("refused", "cut", "retried")

    await asyncio.gather(*(one(number, kind) for number, kind in enumerate(kinds)))
    for caller in runs:
        await caller.recorder.flush()
    again = await Caller.open(database, journal, models, runs[0].recorder.row)
    again.recorder.row = runs[0].recorder.row
    booked = dict(await sums(database, func.count(), by=usage.c.model))
    sent = {f"m-{kind}": len(model.of(kind)) for kind in weights}
    trial.saw(requests=sum(sent.values()), rows_missing=sum(sent.values()) - sum(booked.values()))
    assert booked == {name: count for name, count in sent.items() if count}

    exact: dict[str, tuple[int, int]] = {}
    for kind in ("plain", "retried"):
        told_usage = [exchange for exchange in model.of(kind) if exchange.end == "finished"]
        exact[f"m-{kind}"] = (
            sum(exchange.input_tokens for exchange in told_usage),
            sum(exchange.output_tokens for exchange in told_usage),
        )
    exact["m-cached"] = (100 * len(model.of("cached")), 50 * len(model.of("cached")))
    tokens = {
        name: (int(asked), int(answered))
        for name, asked, answered in await sums(
            database, func.sum(usage.c.input_tokens), func.sum(usage.c.output_tokens), by=usage.c.model
        )
    }
    assert {name: tokens[name] for name in exact} == exact
    estimated = {name for name, _ in await _where(database, usage.c.estimated)}
    assert estimated <= {"m-silent", "m-cut", "m-slow"}
    assert "m-silent" in estimated
    statuses = {row[0] for row in await _of_model(database, "m-slow", usage.c.status)}
    assert statuses == {"cancelled"}
    assert {row[0] for row in await _of_model(database, "m-silent", usage.c.cost_usd)} == {None}
    cached = {row[0] for row in await _of_model(database, "m-cached", usage.c.cost_usd)}
    assert [*cached] == [pytest.approx((40 * 0.01 + 60 * 0.001 + 50 * 0.04) / 1000)]

    columns = (usage.c.input_tokens, usage.c.output_tokens)
    calls = [(a, b) for a, b in await sums(database, *columns)]
    by_node = await sums(database, *(func.sum(c) for c in columns), by=usage.c.node)
    by_run = await sums(database, *(func.sum(c) for c in columns), by=usage.c.execution_id)
    periods = await sums(
        database,
        func.sum(usage_periods.c.input_tokens),
        func.sum(usage_periods.c.output_tokens),
        func.sum(usage_periods.c.requests),
        func.sum(usage_periods.c.unpriced),
        func.sum(usage_periods.c.cost_usd),
    )
    total = (sum(a for a, _ in calls), sum(b for _, b in calls))
    assert total == tuple(sum(int(row[place]) for row in by_node) for place in (1, 2))
    assert total == tuple(sum(int(row[place]) for row in by_run) for place in (1, 2))
    assert total == (int(periods[0][0]), int(periods[0][1]))
    assert int(periods[0][2]) == len(calls)
    unknown, cost = (
        await sums(database, func.count() - func.count(usage.c.cost_usd), func.sum(usage.c.cost_usd))
    )[0]
    assert int(periods[0][3]) == unknown
    assert periods[0][4] == pytest.approx(cost)
    for caller in runs:
        ended = await caller.recorder.finish("run.completed", "completed", output={})
        [used] = [(int(a), int(b)) for name, a, b in by_run if name == ended.id]
        last = (await journal.read(ended.id))[-1]
        assert (last.data["usage"]["input_tokens"], last.data["usage"]["output_tokens"]) == used
        events = [event.data for event in await journal.read(ended.id) if event.type == "usage"]
        assert used == (sum(e["input_tokens"] for e in events), sum(e["output_tokens"] for e in events))
        unpriced = sum(e["cost_usd"] is None for e in events)
        assert last.data["usage"].get("unpriced", 0) == unpriced
        # Where a part of it has no price that is told, and never counted as nothing.
        assert (last.data["cost_usd"] is None) == (unpriced > 0)


async def test_an_answer_from_the_journal_is_not_booked_again(
    database: Database, model: ByKind, models: OpenModels
) -> None:
    journal = Journal(database)
    row = await begun(database)
    before = await Caller.open(database, journal, models, row)
    await before.ask(1, "plain question")
    before.recorder.close()
    [adopted] = await Executions(database).adopt("other", lease=10)
    after = await Caller.open(database, Journal(database), models, adopted)
    assert (await after.ask(1, "plain question")).content == "one two three"
    ended = await after.recorder.finish("run.completed", "completed", output={})
    assert len(model.log) == len(await sums(database, usage.c.id)) == 1
    last = (await journal.read(ended.id))[-1]
    assert last.data["usage"]["total_tokens"] == 5


@fault("F-34", "200 runs race for a budget of 50", "overspend 0, all given back", ci=1, full=5)
async def test_racing_runs_never_spend_more_than_their_budget(
    trial: Trial, database: Database, models: OpenModels
) -> None:
    for attempt in range(trial.count):
        trial.saw(**await race(database, models, "flow", f"flow-{attempt}"))


async def test_racing_runs_of_one_user_never_spend_more_than_the_users_budget(
    database: Database, models: OpenModels
) -> None:
    ada = await Users(database).create("default", "runner", email="ada@example.com", name="Ada")
    assert ada is not None
    await race(database, models, "user", ada.id)


async def race(
    database: Database, models: OpenModels, scope: Literal["flow", "user"], scope_id: str
) -> dict[str, float]:
    """Let 200 runs of two processes, each with what it knows of budgets, spend what 50 may."""
    journals = [Journal(database), Journal(database)]
    worst = 12 + 11  # the question with its margin, and the answer
    budgets = journals[0].claims.ledger.budgets
    budget = await budgets.create(
        "w", name="b", scope=scope, scope_id=scope_id, period="day", unit="tokens", amount=50.0 * worst
    )
    for journal in journals:
        await journal.claims.ledger.refresh()
    reached: list[float] = []

    async def run(number: int) -> str:
        row = await (
            begun(database, flow_id=scope_id)
            if scope == "flow"
            else begun(database, flow_id=f"flow-{number % 7}", user_id=scope_id)
        )
        caller = await Caller.open(database, journals[number % 2], models, row)
        try:
            await caller.ask(number, f"plain {number} a question", max_tokens=11)
            said = ""
        except NodeError as error:
            said = f"{error.code}: {error}"
        await caller.recorder.finish("run.completed", "completed", output={})
        return said

    async def watch() -> None:
        while True:
            state = (await budgets.states("w", budget.id))[0]
            reached.append(state.spent + state.reserved)
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    said = await asyncio.gather(*(run(number) for number in range(200)))
    watching.cancel()
    refusals = [sentence for sentence in said if sentence]
    assert all(one.startswith("budget: Budget 'b' allows 1,150 tokens a day") for one in refusals)
    state = (await budgets.states("w", budget.id))[0]
    place = usage.c.flow_id if scope == "flow" else usage.c.user_id
    spent = await sums(database, func.sum(usage.c.input_tokens + usage.c.output_tokens), by=place)
    assert state.spent == dict(spent)[scope_id]
    assert refusals
    assert state.reserved == 0
    assert await sums(database, reservations.c.id) == []
    most = max([*reached, state.spent])
    assert most <= budget.amount
    return {"overspend": max(0.0, most - budget.amount), "refused": len(refusals)}


@fault("F-34", "a process dies with reservations", "all given back with its lease", ci=1, full=5)
async def test_what_a_dead_process_held_is_given_back(
    trial: Trial, database: Database, model: ByKind, models: OpenModels
) -> None:
    journal = Journal(database)
    ledger = journal.claims.ledger
    executions = Executions(database)
    budget = await ledger.budgets.create(
        "w", name="b", scope="workspace", scope_id="", period="month", unit="tokens", amount=10_000
    )
    for _ in range(trial.count):
        for process in ("alive", "dead"):
            await executions.beat(process, "host", 1)
        callers = [
            await Caller.open(database, journal, models, await begun(database, process_id=process))
            for process in ("alive", "dead", "dead")
        ]
        asking = [
            asyncio.create_task(caller.ask(number, f"slow {number}", max_tokens=100))
            for number, caller in enumerate(callers)
        ]
        await model.until(lambda: model.open == 3)
        held = (await ledger.budgets.states("w", budget.id))[0].reserved
        await database.write(lambda connection: connection.execute(SILENT))
        freed = await database.write(lambda connection: ledger.reservations.reap(connection, 15))
        assert freed == 2
        left = (await ledger.budgets.states("w", budget.id))[0].reserved
        assert left == pytest.approx(held / 3)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        for caller in callers:  # late news of the dead gives nothing back a second time
            await caller.recorder.flush()
        assert (await ledger.budgets.states("w", budget.id))[0].reserved == 0
        trial.saw(given_back=freed)


async def test_levels_of_a_budget_are_told_once(database: Database, models: OpenModels) -> None:
    journal = Journal(database)
    ledger = journal.claims.ledger
    await ledger.prices.add(
        Price(
            provider="openai",
            model="m-plain",
            input_price_per_1k=100.0,
            output_price_per_1k=100.0,
            source="test",
            edited_by_operator=True,
        )
    )
    budget = await ledger.budgets.create(
        "w", name="mine", scope="key", scope_id="k", period="day", unit="usd", amount=5.0
    )
    caller = await Caller.open(database, journal, models, await begun(database, key_id="k"))
    other = await Caller.open(database, journal, models, await begun(database, key_id="other"))
    third = await Caller.open(database, journal, models, await begun(database, key_id="k"))
    await other.ask(0, "plain x", max_tokens=3)
    for number in range(8):  # five tokens each: fifty cents
        await caller.ask(number, "plain x", max_tokens=3)
    with pytest.raises(NodeError, match=r"'mine' allows \$5 a day: \$4 are spent") as refused:
        await caller.ask(9, "plain x", max_tokens=50)
    assert refused.value.code == "budget"
    with pytest.raises(NodeError, match="what model 'm-silent' of openai costs is not known"):
        await third.ask(10, "silent x")  # a run that a budget has ended asks nothing more
    ended = await caller.recorder.finish("run.failed", "failed", error={"code": "budget", "message": "x"})
    await other.recorder.finish("run.completed", "completed", output={})
    events = await journal.read(ended.id)
    assert [event.data["level"] for event in events if event.type == "budget.alert"] == [50, 80]
    reasons = [event.data["reason"] for event in events if event.type == "budget.refused"]
    assert reasons == ["exhausted"]
    unpriced = await third.recorder.finish("run.failed", "failed", error={"code": "budget", "message": "x"})
    reasons = [
        event.data["reason"] for event in await journal.read(unpriced.id) if event.type == "budget.refused"
    ]
    assert reasons == ["unknown_price"]
    assert all(a.seq + 1 == b.seq for a, b in pairwise(events))
    [(spent, alerted)] = await sums(database, budget_periods.c.spent, budget_periods.c.alerted)
    assert (spent, alerted) == (pytest.approx(4.0), 80)
    later = await ledger.budgets.create(
        "w", name="late", scope="workspace", scope_id="", period="month", unit="tokens", amount=100
    )
    assert (await ledger.budgets.states("w", later.id))[0].spent == 45
    assert await ledger.budgets.delete("w", budget.id)
    assert ledger.budgets.of("w", None, "k", None) == [later]


async def test_a_default_price_lets_budgets_reckon_with_unknown_models(
    database: Database, models: OpenModels
) -> None:
    from persistence.spending.ledger import Ledger

    journal = Journal(database, Ledger(database, default_price_per_1m=10.0, reserved_output=50))
    await journal.claims.ledger.budgets.create(
        "w", name="b", scope="workspace", scope_id="", period="day", unit="usd", amount=1.0
    )
    caller = await Caller.open(database, journal, models, await begun(database))
    await caller.ask(0, "plain x")
    await caller.recorder.finish("run.completed", "completed", output={})
    [(cost,)] = await sums(database, usage.c.cost_usd)
    [(spent,)] = await sums(database, budget_periods.c.spent)
    assert cost is None
    assert spent == pytest.approx(5 * 10.0 / 1_000_000)


async def _where(database: Database, column: Any) -> Any:
    statement = select(usage.c.model, func.count()).where(column).group_by(usage.c.model)
    return await database.read(lambda connection: connection.execute(statement).all())


async def _of_model(database: Database, model: str, column: Any) -> Any:
    return await database.read(
        lambda connection: connection.execute(select(column).where(usage.c.model == model).distinct()).all()
    )


def test_a_day_of_the_calendar_is_in_utc() -> None:
    from persistence.spending.budgets import period_of

    assert period_of("day", 1_795_391_999.9) == time.strftime("%Y-%m-%d", time.gmtime(1_795_391_999))
    assert period_of("month", 1_795_392_000.0) == time.strftime("%Y-%m", time.gmtime(1_795_392_000))
