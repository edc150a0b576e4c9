"""How many runs may be open at once: never more, over all processes, and nothing is lost by a refusal."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import httpx
import msgspec

from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key

PLACES = ["in", *(f"wait{number}" for number in range(6)), "out"]
SLOW = {
    "nodes": [
        {"id": "in", "type": "start"},
        *({"id": place, "type": "delay", "data": {"seconds": 5}} for place in PLACES[1:-1]),
        {"id": "out", "type": "end"},
    ],
    "edges": [{"id": source, "source": source, "target": target} for source, target in pairwise(PLACES)],
}


async def test_starts_that_race_on_two_servers_never_have_more_runs_open_than_may_be(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    settings = msgspec.structs.replace(
        settings, max_open_runs=7, max_open_runs_flow=4, max_concurrent_runs=1, drain_seconds=0
    )
    servers = [start(settings), start(settings)]
    key, other_key = await make_key(settings, "default"), await make_key(settings, "other")
    async with connect(servers[0], key) as here, connect(servers[1], key) as there:

        async def stored(client: httpx.AsyncClient, name: str) -> str:
            made = await client.post("/agentflows", json={"name": name, "graph_definition": SLOW})
            return made.json()["id"]

        async def begin(flow: str, number: int, data: int = 0) -> httpx.Response:
            client = (here, there)[number % 2]
            return await client.post(
                f"/flows/{flow}/execute",
                json={"input_data": {"number": data}},
                headers={"Idempotency-Key": f"{flow}-{number}"},
            )

        async def race(flow: str) -> tuple[list[int], list[int]]:
            answers = await asyncio.gather(*(begin(flow, number) for number in range(14)))
            assert {answer.status_code for answer in answers} == {202, 429}
            for answer in answers:
                if answer.status_code == 429:
                    assert answer.json()["code"] == "too_many_runs"
                    assert int(answer.headers["retry-after"]) > 0
            taken = [number for number, answer in enumerate(answers) if answer.status_code == 202]
            return taken, [number for number in range(14) if number not in taken]

        first, second = await stored(here, "first"), await stored(here, "second")
        taken, refused = await race(first)
        assert len(taken) == 4
        assert "maximum of 4 open runs" in (await begin(first, refused[0])).json()["detail"]
        assert len((await race(second))[0]) == 3
        assert "maximum of 7 open runs" in (await begin(second, 99)).json()["detail"]

        again = await begin(first, taken[0])
        assert (again.status_code, again.headers["idempotent-replayed"]) == (202, "true")
        chat = await there.post("/chatflow/chat/stream", json={"message": "Hi"})
        assert (chat.status_code, chat.json()["code"]) == (429, "too_many_runs")
        async with connect(servers[1], other_key) as other:
            asked = await other.post(f"/flows/{await stored(other, 'third')}/execute", json={})
            assert asked.status_code == 202, "another workspace has its own room"

        owner = (here, there)[taken[0] % 2]  # the other answers 202 while the run's own process is at it
        ended = await owner.post(f"/executions/{again.json()['id']}/cancel")
        assert ended.json()["status"] == "cancelled"
        freed = await begin(
            first, refused[0], data=1
        )  # a refused key was not used up: another body may have it
        assert freed.status_code == 202
        assert "idempotent-replayed" not in freed.headers
