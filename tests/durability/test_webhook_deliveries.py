"""Deliveries of two servers, of which one is killed, to a receiver that is down half of the time."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from persistence.storage.database import open_database
from persistence.storage.tables.triggers import webhook_deliveries
from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.runs import Runs
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.server.triggers.receiver import Delivery, Receiver

FLOW = {
    "name": "announced",
    "graph_definition": {
        "nodes": [{"id": "s", "type": "start"}, {"id": "e", "type": "end", "data": {"output": "done"}}],
        "edges": [{"id": "a", "source": "s", "target": "e"}],
    },
}
DOWN = 0.4
"""Seconds that the receiver is down, and then up."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    def answer(delivery: Delivery) -> tuple[int, dict[str, str]]:
        return (503 if time.monotonic() % (2 * DOWN) < DOWN else 200), {}

    receiver.answer = answer
    yield receiver
    receiver.stop()


@fault(
    "F-54",
    "SIGKILL of one of two servers while they deliver to a receiver that is down half of the time",
    "each end of a run arrives, once by its id and in the order of its flow: 0 are lost",
    ci=1,
    full=10,
)
@pytest.mark.timeout(900)
async def test_each_end_of_a_run_is_delivered_once_by_its_id_and_in_order(
    trial: Trial, database_url: str, serve: Serve, receiver: Receiver
) -> None:
    quick = {
        "AGENTICRAG_LEASE_SECONDS": "2",
        "AGENTICRAG_MAX_OPEN_RUNS": "0",
        "AGENTICRAG_RATE_STARTS": "0",
        "AGENTICRAG_RATE_KEY": "0",
        "AGENTICRAG_RATE_ADDRESS": "0",
        "AGENTICRAG_RATE_FLOW": "0",
        "AGENTICRAG_EGRESS_ALLOW": receiver.at,
        "AGENTICRAG_WEBHOOK_RETRY_SECONDS": "0.1",
        "AGENTICRAG_WEBHOOK_RETRY_MOST_SECONDS": "0.5",
        "AGENTICRAG_WEBHOOK_ATTEMPTS": "100",
    }
    first, second = (serve(**quick) for _ in range(2))
    await first.create_key()
    second.key = first.key
    await first.start()
    await second.start()
    flows, each = (10, 100) if trial.full else (4, 10)
    ids = [await Runs(second).store(FLOW) for _ in range(flows)]
    async with second.client() as http:
        answer = await http.post("/webhook-targets", json={"url": receiver.url})
        assert answer.status_code == 201, answer.text
    runs = asyncio.gather(*(_in_turn(first, second, flow, each) for flow in ids))
    for _ in range(trial.count):
        await asyncio.sleep(trial.rng.uniform(0.3, 4 if trial.full else 1))
        await first.kill()
        await asyncio.sleep(trial.rng.uniform(0, 2))
        await first.start()
    begun = dict(zip(ids, await runs, strict=True))
    wanted = flows * each
    deadline = time.monotonic() + 300
    while len({one.id for one in receiver.came}) < wanted:
        assert time.monotonic() < deadline, f"{len(receiver.came)} of {wanted} came"
        await asyncio.sleep(0.1)
    counts = Counter(one.id for one in receiver.came)
    arrived: dict[str, list[str]] = {id: [] for id in ids}
    known: set[str] = set()
    for one in receiver.came:
        if one.id not in known:
            known.add(one.id)
            arrived[one.told["data"]["flow_id"]].append(one.told["data"]["execution_id"])
    lost = wanted - sum(len({*begun[id]} & {*arrived[id]}) for id in ids)
    turned = sum(begun[id] != arrived[id] for id in ids)
    trial.saw(
        deliveries=wanted,
        lost=lost,
        out_of_order=turned,
        unknown=len(counts) - wanted,
        refused=receiver.refused,
    )
    trial.peak(sent_again_after_a_kill=sum(counts.values()) - len(counts))
    assert (lost, turned, len(counts)) == (0, 0, wanted)
    # A delivery comes a second time, with its id, only where a killed server could not write that it came.
    assert sum(counts.values()) - len(counts) <= flows * trial.count
    await _settled(database_url, wanted)
    assert await first.stop() == 0
    assert await second.stop() == 0


async def _in_turn(first: ServerProcess, second: ServerProcess, flow: str, count: int) -> list[str]:
    """Run a flow again and again, each time when the last run has ended, by both servers; return the runs."""
    begun: list[str] = []
    for number in range(count):
        server = first if number % 2 else second
        id = await _start(server, flow, f"{flow} {number}") or await _start(second, flow, f"{flow} {number}")
        begun.append(id)
        async with second.client() as http:
            await http.get(f"/executions/{id}/stream")  # which ends with the run
    return begun


async def _start(server: ServerProcess, flow: str, key: str) -> str:
    """Return the run that a request began; empty where its server was killed meanwhile."""
    try:
        async with server.client() as http:
            headers = {"Idempotency-Key": key}
            answer = await http.post(f"/flows/{flow}/execute", json={}, headers=headers)
    except httpx.TransportError:
        return ""
    if answer.status_code == 503:
        return ""
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def _settled(database_url: str, wanted: int) -> None:
    """Return when all deliveries are written down as delivered."""
    states = select(webhook_deliveries.c.status)
    found: list[Any] = []
    async with open_database(database_url) as database:
        for _ in range(100):
            found = [*await database.read(lambda held: held.scalars(states).all())]
            if found == ["delivered"] * wanted:
                return
            await asyncio.sleep(0.1)
    raise AssertionError(Counter(found))
