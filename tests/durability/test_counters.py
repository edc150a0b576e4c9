"""Counters: a killed process takes back nothing that was told, and nothing that was paid for."""

from prometheus_client.parser import text_string_to_metric_families

from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.runs import Runs
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.fake_openai import FakeOpenAI

Counters = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@fault("F-34", "SIGKILL right after answers", "counters never fall, none missing", ci=2, full=10)
async def test_no_counter_falls_when_a_process_is_killed(
    trial: Trial, serve: Serve, fake: FakeOpenAI
) -> None:
    server = serve()
    await server.create_key()
    await server.start()
    before: Counters = {}
    for number in range(trial.count):
        runs = Runs(server)
        await runs.chat(f"s-{number}", "one two three")
        seen = await scrape(server)
        fallen = {key: value for key, value in before.items() if seen.get(key, 0.0) < value}
        trial.saw(fallen=len(fallen))
        assert fallen == {}
        before = seen
        await runs.chat(f"s-{number}", "and four")
        await server.kill()  # before anything of the last run was written but what it wrote itself
        await server.start()
    last = await scrape(server)
    done = [one for one in fake.log if one.path.endswith("/completions") and one.end == "finished"]
    assert total(last, "agenticrag_workflow_executions_total") == len(done) == 2 * trial.count
    assert total(last, "agenticrag_llm_requests_total") == len(done)
    assert total(last, "agenticrag_llm_input_tokens_total") == sum(one.input_tokens for one in done)
    assert total(last, "agenticrag_llm_output_tokens_total") == sum(one.output_tokens for one in done)


async def scrape(server: ServerProcess) -> Counters:
    """Return what only ever grows."""
    async with server.client() as client:
        answer = await client.get("/metrics/prometheus")
        assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        if family.type in ("counter", "histogram")
        for sample in family.samples
    }


def total(counters: Counters, name: str) -> float:
    """Return the sum of a metric's series."""
    return sum(value for (known, _), value in counters.items() if known == name)
