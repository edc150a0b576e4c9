"""Limits: exact where they are small, cheap where they are large, and shut where nobody counts."""

import asyncio
import time
from collections.abc import Callable

import httpx
import msgspec
import pytest

from persistence.counters.request_rates import Grant, Rate, RequestRates
from persistence.storage.database import Database
from server.http.problems import Problem
from server.limits.limit_stores import LimitStore, ProcessStore, RedisStore
from server.limits.rate_limits import Ask, Limits, network_of
from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key


class Asked:
    """A store that remembers what it was asked, in front of another."""

    def __init__(self, store: LimitStore) -> None:
        self.store = store
        self.asked: list[tuple[int, int]] = []

    async def take(self, name: str, count: int, rate: Rate, *, owed: int = 0) -> Grant:
        self.asked.append((count, owed))
        return await self.store.take(name, count, rate, owed=owed)


def counted_by(store: LimitStore | None) -> Limits:
    limits = Limits(Settings())
    limits.use(store)
    return limits


async def admitted(limits: list[Limits], ask: Ask, times: int) -> int:
    """How many of so many asks at once are let in, asked of each in turn."""

    async def once(number: int) -> bool:
        try:
            await limits[number % len(limits)].take(ask)
        except Problem:
            return False
        return True

    return sum(await asyncio.gather(*(once(number) for number in range(times))))


@pytest.mark.threat("E-02")
async def test_a_small_limit_is_exact_over_processes_that_ask_at_once(database: Database) -> None:
    limits = [counted_by(RequestRates(database)), counted_by(RequestRates(database))]
    assert await admitted(limits, Ask("embed", "a", 60, 3600.0), 200) == 60
    assert await admitted(limits, Ask("embed", "b", 1, 3600.0), 50) == 1


async def test_redis_counts_the_same(redis: RedisStore) -> None:
    subject = str(time.time_ns())
    limits = [counted_by(redis), counted_by(redis)]
    assert await admitted(limits, Ask("embed", subject, 60, 3600.0), 200) == 60
    with pytest.raises(Problem) as refused:
        await limits[0].take(Ask("embed", subject, 60, 3600.0))
    assert 1 <= int(refused.value.headers["Retry-After"]) <= 60
    quick = Ask("embed", f"{subject}-quick", 20, 0.5)
    assert await admitted(limits, quick, 30) == 20
    await asyncio.sleep(0.6)
    assert await admitted(limits, quick, 30) == 20


async def test_a_large_limit_is_asked_for_in_blocks_and_never_exceeded_by_more_than_one() -> None:
    store = Asked(ProcessStore(lambda: 0.0))
    limits = [counted_by(store), counted_by(store)]
    ask = Ask("key", "a", 5000)
    for _ in range(100):
        await limits[0].take(ask)
    assert store.asked == []
    await limits[0].take(ask)
    assert store.asked == [(100, 100)]
    assert 5000 - 101 <= await admitted(limits, ask, 6000) <= 5000 - 101 + 100


async def test_who_was_refused_is_not_asked_about_again_until_the_time_has_come() -> None:
    store = Asked(ProcessStore())
    limits = counted_by(store)
    ask = Ask("logins", "a", 2, 3600.0)
    assert await admitted([limits], ask, 50) == 2
    before = len(store.asked)
    assert await admitted([limits], ask, 50) == 0
    assert len(store.asked) == before
    assert limits.refused == {"logins": 98}


async def test_of_several_limits_all_are_taken_or_none() -> None:
    limits = counted_by(ProcessStore())
    first, second = Ask("starts", "a", 10, 3600.0), Ask("flow_starts", "f", 3, 3600.0)
    for _ in range(3):
        await limits.take(first, second)
    for _ in range(20):
        with pytest.raises(Problem):
            await limits.take(first, second)
    assert await admitted([limits], first, 20) == 7
    await limits.take(Ask("starts", "a", 0), Ask("flow_starts", "f", 0))


@pytest.mark.threat("E-06")
async def test_where_nobody_counts_less_is_let_in_never_all() -> None:
    gone = RedisStore("redis://127.0.0.1:1/0")
    limits = counted_by(gone)
    assert await admitted([limits], Ask("embed", "a", 40, 3600.0), 100) == 10
    assert limits.unanswered == 1
    assert await admitted([limits], Ask("embed", "b", 1, 3600.0), 100) == 1
    assert await admitted([counted_by(None)], Ask("embed", "a", 40, 3600.0), 100) == 10
    await gone.close()


@pytest.mark.threat("E-06")
async def test_a_database_that_is_closed_does_not_open_the_gate(database: Database) -> None:
    limits = counted_by(RequestRates(database))
    await limits.take(Ask("embed", "a", 40, 3600.0))
    await database.close()
    assert await admitted([limits], Ask("embed", "a", 40, 3600.0), 100) == 10


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one(host: str, network: str) -> None:
    assert network_of(host) == network


async def test_too_many_requests_are_told_when_to_come_again(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    server = start(msgspec.structs.replace(settings, rate_key=5, rate_starts=2, rate_address=40))
    first, second = [await make_key(settings, workspace) for workspace in ("default", "other")]
    async with connect(server, first) as client, connect(server, second) as other:
        answers = [await client.get("/chatflows") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        refused = answers[-1]
        assert refused.json()["code"] == "rate_limited"
        assert "5 requests with this key a minute" in refused.json()["detail"]
        seconds = int(refused.headers["retry-after"])
        assert 1 <= seconds <= 12
        assert refused.headers["ratelimit-policy"] == '"key";q=5;w=60'
        assert refused.headers["ratelimit"] == f'"key";r=0;t={seconds}'
        started = [(await other.post("/chatflow/chat", json={"message": "Hi"})).status_code for _ in range(3)]
        assert started == [200, 200, 429]
        streamed = await other.post("/chatflow/chat/stream", json={"message": "Hi"})
        assert streamed.status_code == 429
        assert "ratelimit" in streamed.headers
    async with httpx.AsyncClient(base_url=server.url) as nobody:
        seen = [(await nobody.get("/api/agent-builder/chatflows")).status_code for _ in range(40)]
        assert seen[0] == 401
        assert seen[-1] == 429
        assert (await nobody.get("/health")).status_code == 200


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_how_large_a_flow_may_be_is_the_operators_choice(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    server = start(msgspec.structs.replace(settings, max_flow_nodes=4, max_flow_edges=3, max_flow_depth=3))
    sound = {
        "nodes": [
            {"id": "in", "type": "start"},
            {"id": "set", "type": "variable", "data": {"set": {"x": "1"}}},
            {"id": "out", "type": "end"},
        ],
        "edges": [
            {"id": "1", "source": "in", "target": "set"},
            {"id": "2", "source": "set", "target": "out"},
        ],
    }
    notes = [{"id": f"note{number}", "type": "note"} for number in range(2)]
    again = [{"id": f"more{number}", "source": "set", "target": "out"} for number in range(2)]
    deep = {"id": "deep", "type": "tool", "data": {"arguments": {"a": [["1"]]}}}
    async with connect(server, await make_key(settings, "default")) as client:

        async def store(**changed: object) -> httpx.Response:
            return await client.post(
                "/agentflows", json={"name": "Sized", "graph_definition": {**sound, **changed}}
            )

        assert (await store()).is_success
        for changed, pointer, said in (
            ({"nodes": [*sound["nodes"], *notes]}, "/graph_definition/nodes", "5 nodes; at most 4"),
            ({"edges": [*sound["edges"], *again]}, "/graph_definition/edges", "4 edges; at most 3"),
            ({"nodes": [*sound["nodes"], deep]}, "/graph_definition/nodes/3/data", "deeper than the 3"),
        ):
            refused = await store(**changed)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_flow")
            [error] = refused.json()["errors"]
            assert (error["code"], error["pointer"]) == ("too_large", pointer)
            assert said in error["message"]
        bundle = {"name": "Sized", "graph_definition": {**sound, "nodes": [*sound["nodes"], *notes]}}
        brought = await client.post("/flows/import", json=bundle)
        assert "at most 4 are allowed" in brought.text
