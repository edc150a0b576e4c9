"""Sums over time: joined without a change, the same for whoever adds them up."""

import time
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from graphs.conversation.messages import Attempt, Usage
from persistence.counters.process_metrics import Exemplar, Measured, ProcessMetrics, Seen
from persistence.journal.journal import Journal
from persistence.reports.totals import TotalsReader
from persistence.runs.executions import Executions, NewExecution
from persistence.runs.resumption import open_recorder
from persistence.spending.ledger import Ledger
from persistence.spending.rollups import DAY, SPAN, Rollups
from persistence.storage.database import Database
from persistence.storage.tables.spending import run_periods, usage_periods


async def rows(database: Database, statement: Any) -> list[Any]:
    return [*await database.read(lambda connection: connection.execute(statement).all())]


async def test_old_spans_become_days_and_dead_processes_rows_one(database: Database) -> None:
    executions, periods, reader = Executions(database), Rollups(database), TotalsReader(database)
    for process in ("here", "gone"):
        await executions.beat(process, "host", 1)
    now = time.time()
    old = int((now - 3 * DAY) // DAY) * DAY
    usage_row = {
        "workspace": "w",
        "flow_id": None,
        "provider": "demo",
        "model": "demo",
        "status": "completed",
        "input_tokens": 3,
        "output_tokens": 2,
        "cached_input_tokens": 0,
        "reasoning_tokens": 0,
        "cost_usd": 0.25,
        "estimated": False,
    }

    def count(connection: Any) -> None:
        for process in ("here", "gone"):
            for moment in (old + 5, old + 5 * SPAN, old + 7 * SPAN, now):
                periods.count_usage(connection, [{**usage_row, "created_at": moment}] * 2, process)

    await database.write(count)
    before = await reader.read()
    assert len(await rows(database, select(usage_periods))) == 8
    await executions.bury(["gone"])
    await periods.join()
    await periods.join()
    left = await rows(
        database,
        select(usage_periods.c.span, usage_periods.c.process_id, usage_periods.c.requests).order_by(
            usage_periods.c.span, usage_periods.c.process_id
        ),
    )
    assert [tuple(row) for row in left] == [(SPAN, "", 2), (SPAN, "here", 2), (DAY, "", 6), (DAY, "here", 6)]
    for look in (reader, TotalsReader(database)):
        after = await look.read()
        assert after.models == before.models
        assert (after.cost_last_day, after.tokens_last_day) == (1.0, 20)
    use = before.models[0].use
    assert (use.requests, use.input_tokens, use.output_tokens, use.cost_usd) == (16, 48, 32, 4.0)


async def test_an_ended_run_is_counted_with_its_duration(database: Database) -> None:
    journal = Journal(database, Ledger(database))
    for status in ("completed", "completed", "failed"):
        new = NewExecution(workspace="w", flow_type="agentflow", input={}, options={})
        row = (await Executions(database).accept(new, "p", begin=True)).execution
        recorder = await open_recorder(database, journal, row, interval=0.001)
        recorder.book([Attempt(provider="demo", model="d", status="completed", usage=Usage(4, 1))])
        kind = "run.completed" if status == "completed" else "run.failed"
        await recorder.finish(kind, status, error=None)
    totals = await TotalsReader(database).read()
    assert {(run.flow_type, run.status): sum(run.counts) for run in totals.runs} == {
        ("agentflow", "completed"): 2,
        ("agentflow", "failed"): 1,
    }
    assert totals.runs_last_hour == 3
    assert totals.models[0].use.input_tokens == 12
    [(runs, duration)] = await rows(
        database, select(func.sum(run_periods.c.runs), func.sum(run_periods.c.duration_ms))
    )
    assert (runs, duration) == (3, pytest.approx(sum(run.duration_ms for run in totals.runs)))


async def test_counts_of_processes_add_up_and_outlive_them(database: Database) -> None:
    executions, here, there = Executions(database), ProcessMetrics(database), ProcessMetrics(database)
    for process in ("here", "there"):
        await executions.beat(process, "host", 1)
    newer, older = Exemplar("run-2", 0.2, 2.0), Exemplar("run-1", 0.1, 1.0)
    await here.write(
        "here",
        Measured({"c": {"x": 1.0}}, {"h": {"": Seen([1, 0], 0.1, {0: older})}}, {"active_runs": 1.0}),
    )
    await there.write(
        "there",
        Measured(
            {"c": {"x": 2.0, "y": 5.0}}, {"h": {"": Seen([1, 2], 9.0, {0: newer})}}, {"active_runs": 4.0}
        ),
    )
    both = await here.read()
    assert both.counters == {"c": {"x": 3.0, "y": 5.0}}
    assert both.gauges == {"active_runs": 5.0}
    assert both.histograms["h"][""] == Seen([2, 2], 9.1, {0: newer})
    await executions.bury(["there"])
    for _ in range(2):
        await here.join()
        left = await here.read()
        assert (left.counters, left.gauges) == (both.counters, {"active_runs": 1.0})
        assert left.histograms == both.histograms
    await executions.beat("new", "host", 1)
    await ProcessMetrics(database).write("new", Measured({"c": {"x": 1.0}}))
    await executions.bury(["new"])
    await here.join()
    assert (await here.read()).counters == {"c": {"x": 4.0, "y": 5.0}}


async def test_a_look_reads_no_executions_however_many_there_are(database: Database) -> None:
    """With very many runs in the sums, what a look reads is still a few rows."""
    day = int(time.time() // DAY) * DAY

    def fill(connection: Any) -> None:
        connection.execute(
            insert(run_periods),
            [
                {
                    "start": day - back * DAY,
                    "span": DAY,
                    "workspace": "w",
                    "flow_id": f"f{flow}",
                    "flow_type": "chatflow",
                    "status": "completed",
                    "bucket": 3,
                    "process_id": "",
                    "runs": 1000,
                    "duration_ms": 200_000.0,
                }
                for back in range(2, 102)
                for flow in range(10)
            ],
        )

    await database.write(fill)
    reader = TotalsReader(database)
    assert sum(sum(run.counts) for run in (await reader.read()).runs) == 1_000_000
    # What is over is not read again: a change of it, which nothing makes, is not seen.
    await database.write(lambda connection: connection.execute(update(run_periods).values(runs=1)))
    assert sum(sum(run.counts) for run in (await reader.read()).runs) == 1_000_000
    assert sum(sum(run.counts) for run in (await TotalsReader(database).read()).runs) == 1000


@pytest.mark.parametrize("database_kind", ["sqlite"])  # PostgreSQL plans by what the tables hold
async def test_a_look_walks_over_no_table_of_runs(database: Database) -> None:
    seen: list[str] = []

    def listen(connection: Any) -> None:
        raw = connection.connection.driver_connection
        raw.set_trace_callback(seen.append)

    await database.read(listen)
    await TotalsReader(database).read()

    def plans(connection: Any) -> list[str]:
        connection.connection.driver_connection.set_trace_callback(None)
        asked = [statement for statement in seen if statement.startswith("SELECT")]
        return [
            row[3]
            for statement in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}").all()
        ]

    steps = await database.read(plans)
    assert any("ix_executions_open" in step for step in steps)
    of_queued = "SCAN executions USING INDEX ix_executions_queued"  # it has those that wait, and no others
    assert [step for step in steps if "SCAN executions" in step and step != of_queued] == []
