"""Metrics: the same whichever process answers, true after a restart, and open to whom they should be."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from persistence.spending.ledger import Ledger
from persistence.spending.prices import Price
from persistence.storage.database import open_database
from server.metrics.series import SERIES
from server.settings.sources import Settings
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply
from tests.server.conftest import DEMO, Running, connect

CHAT = "/chatflow/chat"
Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


async def scrape(client: httpx.AsyncClient) -> Series:
    answer = await client.get("/metrics/prometheus")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in plain(answer.text)
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float:
    return series[f"agenticrag_{name}", tuple(sorted(labels.items()))]


async def say(client: httpx.AsyncClient, message: str, **config: Any) -> dict[str, Any]:
    answer = await client.post(CHAT, json={"message": message, "config": {**DEMO, **config}})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_two_processes_tell_one_truth_that_a_restart_keeps(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    first, second = start(settings), start(settings)
    async with connect(first, key) as one, connect(second, key) as other:
        for client in (one, one, other):
            await say(client, "Hello")
        await other.get("/metrics/summary")  # which also writes down what this process counted last
        here, there = await scrape(one), await scrape(other)
        here, there = await scrape(one), await scrape(other)
        for series in (here, there):
            assert value(series, "workflow_executions_total", flow_type="chatflow", status="completed") == 3
            assert value(series, "llm_requests_total", **labels("demo"), status="completed") == 3
            assert value(series, "workflow_execution_duration_seconds_count", flow_type="chatflow") == 3
            assert value(series, "node_executions_total", node_type="llm", status="completed") == 3
            assert value(series, "llm_time_to_first_token_seconds_count", **labels("demo")) == 3
            assert value(series, "queue_wait_seconds_count") == 3
            assert value(series, "processes") == 2
            assert value(series, "workflow_executions_last_hour") == 3
            assert value(series, "workflow_executions_by_status", status="running") == 0
        counted = {key: n for key, n in here.items() if key[0].endswith(("_total", "_count", "_bucket"))}
        own = ("agenticrag_database_read_wait_seconds",)  # a scrape reads, so the next one sees more
        settled = {key: n for key, n in counted.items() if not key[0].startswith(own)}
        assert {key: there[key] for key in settled} == settled
    first.stop()
    second.stop()
    async with connect(start(settings), key) as client:
        await say(client, "Hello again")
        later = await scrape(client)
        assert {key: n for key, n in counted.items() if later[key] < n} == {}
        assert value(later, "node_executions_total", node_type="llm", status="completed") == 4
        summary = (await client.get("/metrics/summary")).json()
        assert summary["workflows"] == {"total": 4, "completed": 4, "failed": 0, "success_rate": 1.0}
        usage = summary["llm_usage"]
        tokens = value(later, "llm_tokens_total")
        assert (usage["total_requests"], usage["total_tokens"]) == (4, tokens)
        assert usage["avg_tokens_per_request"] == tokens / 4


@pytest.mark.threat("L-03", "X-07")
async def test_every_series_is_well_formed_bounded_and_free_of_ids(
    client: httpx.AsyncClient, server: Running
) -> None:
    said = await say(client, "Hello")
    headers = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = await client.get("/metrics/prometheus", headers=headers)
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    samples = [sample for family in openmetrics(answer.text) for sample in family.samples]
    names = {series.name: series for series in SERIES.values()}
    for family in openmetrics(answer.text):
        series = names[family.name.removeprefix("agenticrag_")]
        assert family.type == series.kind
        assert family.documentation == series.help
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(series.labels)
    assert len(samples) < 2000
    examples = [sample.exemplar for sample in samples if sample.exemplar is not None]
    assert said["execution_id"] in {example.labels["execution_id"] for example in examples}
    without = re.sub(r"# \{execution_id.*", "", answer.text)
    assert said["execution_id"] not in without
    assert said["session_id"] not in without
    document = (await client.get("/metrics/json")).json()
    listed = {(one["name"], tuple(sorted(one["labels"].items()))) for one in document["metrics"]}
    exposed = {key for key in await scrape(client) if not key[0].endswith(("_bucket", "_sum", "_count"))}
    histograms = {one["name"] for one in document["metrics"] if one["type"] == "histogram"}
    assert {key for key in listed if key[0] not in histograms} == exposed


@pytest.mark.threat("L-03")
async def test_the_metrics_token_opens_metrics_and_nothing_else(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    server = start(msgspec.structs.replace(settings, metrics_token="only-for-scrapes"))
    async with connect(server, "only-for-scrapes") as scraper, connect(server, "") as nobody:
        assert (await scraper.get("/metrics/prometheus")).status_code == 200
        assert (await scraper.get("/metrics/json")).status_code == 200
        assert (await scraper.get("/executions")).status_code == 401
        assert (await scraper.get("/cost-tracking/dashboard")).status_code == 401
        assert (await nobody.get("/metrics/prometheus")).status_code == 401
    async with connect(start(settings), "") as nobody:
        refused = await nobody.get("/metrics/prometheus", headers={"Authorization": "Bearer x"})
        assert refused.status_code == 401


async def test_cost_and_failures_are_counted_and_shown(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    async with FakeOpenAI(Reply(text="one two three")) as model:
        asked = msgspec.structs.replace(settings, openai_base_url=model.url, openai_api_key="k")
        async with open_database(settings.database) as database:
            price = Price(
                provider="openai",
                model="priced",
                input_price_per_1k=1.0,
                output_price_per_1k=2.0,
                source="operator",
                edited_by_operator=True,
            )
            await Ledger(database).prices.add(price)
        async with connect(start(asked), key) as client:
            done = await client.post(
                CHAT + "/stream",
                json={"message": "two words", "config": {"provider": "openai", "model": "priced"}},
            )
            last = msgspec.json.decode(done.text.split("event: done\ndata: ")[1].split("\n")[0])
            assert last["cost_usd"] == 0.008
            unknown = await client.post(
                CHAT + "/stream",
                json={"message": "two words", "config": {"provider": "openai", "model": "unknown"}},
            )
            assert '"cost_usd":null' in unknown.text
            model.default = Reply(status=400)
            failed = await client.post(
                CHAT, json={"message": "x", "config": {"provider": "openai", "model": "priced"}}
            )
            assert failed.json()["success"] is False
            model.default = Reply(text="four")
            model.script(Reply(status=503), Reply(cut_after=0))
            assert (await say(client, "x", provider="openai", model="unknown"))["success"] is True
            series = await scrape(client)
            openai = {"provider": "openai", "model": "priced"}
            assert value(series, "llm_cost_usd_total", **openai) == 0.008
            assert value(series, "llm_input_tokens_total", **openai) == 2
            assert value(series, "llm_output_tokens_total", **openai) == 3
            assert value(series, "llm_requests_total", **openai, status="failed") == 1
            assert value(series, "llm_unpriced_requests_total", provider="openai", model="unknown") == 2
            assert value(series, "llm_errors_total", provider="openai", error_class="bad_request") == 1
            for error_class in ("overloaded", "network"):
                assert value(series, "llm_retries_total", provider="openai", error_class=error_class) == 1
            assert sum(n for (name, _), n in series.items() if name == "agenticrag_llm_retries_total") == 2
            assert value(series, "run_errors_total", code="bad_request") == 1
            assert value(series, "llm_cost_last_24h") == 0.008
            assert value(series, "llm_cost_by_provider", provider="openai") == 0.008


def labels(model: str) -> dict[str, str]:
    return {"provider": "demo", "model": model}


def test_every_series_is_explained_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text("utf-8")
    for series in SERIES.values():
        shown = ", ".join(f"`{label}`" for label in series.labels)
        assert f"| `{series.shown}` | {series.kind} | {shown} | {series.help} |" in page
