"""Schedules over HTTP: their runs, missed times, rights, pauses and limits, on both databases."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select, update

from persistence.identity.api_keys import Keys
from persistence.storage.database import open_database
from persistence.storage.tables.runs import executions
from persistence.storage.tables.triggers import schedules
from server.settings.sources import Settings
from tests.server.conftest import Running, connect, make_key

FLOW: dict[str, Any] = {
    "name": "Report",
    "graph_definition": {
        "nodes": [
            {"id": "s", "type": "start"},
            {"id": "e", "type": "end", "data": {"output": "{{ input }}"}},
        ],
        "edges": [{"id": "a", "source": "s", "target": "e"}],
    },
}
EACH_SECOND = "* * * * * *"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return msgspec.structs.replace(settings, schedule_min_seconds=1)


async def flow(client: httpx.AsyncClient, **more: Any) -> str:
    answer = await client.post("/agentflows", json={**FLOW, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def made(client: httpx.AsyncClient, flow_id: str, cron: str = EACH_SECOND, **more: Any) -> Any:
    answer = await client.post("/schedules", json={"flow_id": flow_id, "cron": cron, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client: httpx.AsyncClient, schedule: Any) -> Any:
    return (await client.get(f"/schedules/{schedule['id']}")).json()


async def until(client: httpx.AsyncClient, schedule: Any, done: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + 60
    while not done(found := await read(client, schedule)):
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    return found


async def outputs(client: httpx.AsyncClient, schedule: Any) -> list[Any]:
    """Return what the runs of a schedule gave, the oldest first."""
    page = (await client.get("/executions", params={"schedule_id": schedule["id"], "limit": 100})).json()
    assert page["total"] == len(page["executions"])
    assert {one["schedule_id"] for one in page["executions"]} <= {schedule["id"]}
    whole = [(await client.get(f"/executions/{one['id']}")).json() for one in page["executions"]]
    return [one["input_data"] for one in whole][::-1]


async def put_back(settings: Settings, schedule: Any, seconds: float) -> float:
    """Have a schedule stand at a time that has passed, as after an outage; return it."""
    at = float(int(time.time() - seconds))
    async with open_database(settings.database) as database:
        changed = (
            update(schedules)
            .where(schedules.c.id == schedule["id"])
            .values(next_at=at, due_at=at, enabled=True)
        )
        await database.write(lambda held: held.execute(changed))
    return at


async def test_a_schedule_starts_a_run_for_each_of_its_times(client: httpx.AsyncClient) -> None:
    flow_id = await flow(client)
    body = {"at": "{{ schedule.time }}", "n": 3, "who": "{{ schedule.name }} {{ schedule.timezone }}"}
    one = await made(client, flow_id, input=body, timezone="Europe/Berlin")
    assert one["name"] == "Report"
    found = await until(client, one, lambda found: found["runs"] >= 3 and found["last_status"] == "completed")
    assert found["last_at"] < found["next_at"]
    await client.put(f"/schedules/{one['id']}", json={"enabled": False})
    given = await outputs(client, one)
    times = [datetime.fromisoformat(each["at"]).timestamp() for each in given]
    assert times == [times[0] + number for number in range(len(times))], "one was missed, or came twice"
    assert given[0] == {"at": given[0]["at"], "n": 3, "who": "Report Europe/Berlin"}


async def test_a_paused_schedule_starts_nothing_and_one_that_ended_no_more(
    client: httpx.AsyncClient,
) -> None:
    flow_id = await flow(client)
    paused = await made(client, flow_id, enabled=False)
    assert paused["next_at"] is None
    end = datetime.fromtimestamp(time.time() + 2, UTC).isoformat()
    ending = await made(client, flow_id, ends_at=end)
    ended = await until(client, ending, lambda found: found["next_at"] is None)
    assert ended["enabled"]
    assert 1 <= ended["runs"] <= 3
    assert (await read(client, paused))["runs"] == 0


@pytest.mark.parametrize(("missed", "seen"), [("skip", 0), ("once", 1), ("all", 3)])
async def test_missed_times_are_skipped_run_once_or_all_run(
    client: httpx.AsyncClient, settings: Settings, missed: str, seen: int
) -> None:
    last = int(time.time() // 60) * 60 - 1800  # half an hour from now and from the last time: neither is due
    one = await made(
        client,
        await flow(client),
        f"{last // 60 % 60} * * * *",
        missed=missed,
        input={"at": "{{ schedule.time }}"},
    )
    at = await put_back(settings, one, time.time() - (last - 2 * 3600))
    found = await until(client, one, lambda found: found["next_at"] == one["next_at"])
    missing = 3 - seen
    assert (found["runs"], found["missed_runs"]) == (seen, missing)
    given = [datetime.fromisoformat(each["at"]).timestamp() for each in await outputs(client, one)]
    assert given == [at + 3600 * number for number in range(3)][3 - seen :]


async def test_all_missed_times_are_bounded(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    settings = msgspec.structs.replace(settings, schedule_missed_runs=5)
    running = await asyncio.to_thread(start, settings)
    async with connect(running, key) as client:
        one = await made(client, await flow(client), "0 * * * *", missed="all")
        await put_back(settings, one, 48 * 3600)
        found = await until(client, one, lambda found: found["next_at"] == one["next_at"])
        assert found["runs"] <= 6
        assert found["runs"] + found["missed_runs"] in (48, 49)


@pytest.mark.threat("A-14")
async def test_a_schedule_stops_and_says_so_when_its_maker_may_not_run_flows_any_more(
    client: httpx.AsyncClient, server: Running, settings: Settings
) -> None:
    flow_id = await flow(client)
    async with open_database(settings.database) as database:
        keys = Keys(database)
        row, theirs = await keys.create("default", "theirs", role="editor")
        async with connect(server, theirs) as other:
            one = await made(other, flow_id)
            await until(client, one, lambda found: found["runs"] >= 1)
        await keys.revoke("default", row.id)
    found = await until(client, one, lambda found: not found["enabled"])
    assert "'theirs' has no access" in found["stopped"]
    assert found["next_at"] is None
    audit = (await client.get("/audit", params={"action": "pauseSchedule"})).json()
    assert one["id"] in str(audit)
    # Who enables it takes it over.
    again = (await client.put(f"/schedules/{one['id']}", json={"enabled": True})).json()
    assert (again["made_by"], again["stopped"]) == ("test", "")
    await until(client, one, lambda now: now["runs"] > found["runs"])


@pytest.mark.threat("A-15")
async def test_who_changes_a_schedule_of_another_runs_it_with_their_own_rights(
    client: httpx.AsyncClient, server: Running, settings: Settings
) -> None:
    flow_id = await flow(client)
    one = await made(client, flow_id, "0 0 1 1 *")
    async with open_database(settings.database) as database:
        keys = Keys(database)
        row, theirs = await keys.create("default", "theirs", role="editor")
        _, writer = await keys.create("default", "writer", role="editor", scopes=["schedules:write"])
    async with connect(server, writer) as other:
        for answer in (
            await other.put(f"/schedules/{one['id']}", json={"input": {"x": 1}}),
            await other.post("/schedules", json={"flow_id": flow_id, "cron": "0 0 * * *"}),
        ):
            assert answer.status_code == 403, answer.text
            assert "runs:start" in answer.json()["detail"]
    assert (await read(client, one))["made_by"] == "test"
    async with connect(server, theirs) as other:
        changed = (await other.put(f"/schedules/{one['id']}", json={"cron": EACH_SECOND})).json()
    assert changed["made_by"] == "theirs"
    await until(client, one, lambda found: found["runs"] >= 1)
    wanted = select(executions.c.options).where(executions.c.schedule_id == one["id"])
    async with open_database(settings.database) as database:
        options = await database.read(lambda held: held.scalars(wanted).all())
    assert {msgspec.json.decode(each)["key_id"] for each in options} == {row.id}


async def test_a_schedule_runs_the_version_of_its_label(client: httpx.AsyncClient) -> None:
    flow_id = await flow(client)
    assert (await client.put(f"/flows/{flow_id}/labels/stable", json={"version": 1})).status_code == 200
    await client.put(f"/agentflows/{flow_id}", json={"description": "new", "name": "Other"})
    one = await made(client, flow_id, version="stable")
    await until(client, one, lambda found: found["runs"] >= 1)
    page = (await client.get("/executions", params={"schedule_id": one["id"]})).json()
    assert {each["flow_version"] for each in page["executions"]} == {1}
    answer = await client.post("/schedules", json={"flow_id": flow_id, "cron": "0 0 * * *", "version": "no"})
    assert answer.status_code == 404, answer.text


async def test_a_run_that_cannot_start_is_told_and_the_next_time_is_tried(client: httpx.AsyncClient) -> None:
    flow_id = await flow(client)
    one = await made(client, flow_id)
    await client.put(f"/agentflows/{flow_id}", json={"is_active": False})
    found = await until(client, one, lambda found: found["last_error"])
    assert "switched off" in found["last_error"]
    assert found["enabled"]
    await client.put(f"/agentflows/{flow_id}", json={"is_active": True})
    await until(client, one, lambda now: now["runs"] > found["runs"] and not now["last_error"])


async def test_a_schedule_stops_when_its_flow_is_deleted(client: httpx.AsyncClient) -> None:
    flow_id = await flow(client)
    one = await made(client, flow_id)
    assert (await client.delete(f"/agentflows/{flow_id}")).status_code == 200
    found = await until(client, one, lambda found: not found["enabled"])
    assert "Its flow is gone" in found["stopped"]


async def test_a_chatflow_is_sent_a_message(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/chatflows", json={"name": "c", "chat_config": {"llm_provider": "demo", "llm_model": "demo"}}
    )
    flow_id = answer.json()["id"]
    message = {"message": "It is {{ schedule.local_date }}.", "session_id": "daily"}
    one = await made(client, flow_id, "0 0 1 1 *", input=message)
    run = (await client.post(f"/schedules/{one['id']}/run")).json()
    assert run["schedule_id"] == one["id"]
    assert (await read(client, one))["next_at"] == one["next_at"]
    deadline = time.monotonic() + 60
    while (found := (await client.get(f"/executions/{run['id']}")).json())["completed_at"] is None:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.1)
    assert found["session_id"] == "daily"
    today = datetime.now(UTC).year
    assert str(today) in found["input_data"]["message"]


async def test_running_now_twice_with_one_key_starts_one_run(client: httpx.AsyncClient) -> None:
    one = await made(client, await flow(client), "0 0 1 1 *")
    headers = {"Idempotency-Key": "again"}
    first, second = [await client.post(f"/schedules/{one['id']}/run", headers=headers) for _ in range(2)]
    assert first.status_code == second.status_code == 202, first.text
    assert first.json()["id"] == second.json()["id"]
    assert (await client.post(f"/schedules/{one['id']}/run")).json()["id"] != first.json()["id"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"cron": "* * * *"}, "/cron"),
    ({"cron": "0 0 * * *", "timezone": "Nowhere/Land"}, "/timezone"),
    ({"cron": "0 0 * * *", "input": {"x": "{{ nothing }}"}}, "/input"),
    ({"cron": "0 0 * * *", "input": {"config": {}}}, "/input/config"),
    ({"cron": "0 0 * * *", "missed": "never"}, "/missed"),
    ({"cron": "0 0 * * *", "jitter_seconds": -1}, "/jitter_seconds"),
    ({"cron": "*/5 * * * *", "jitter_seconds": 3600}, "/cron"),
    ({"cron": "0 0 * * *", "unknown": 1}, "/unknown"),
]


async def test_a_schedule_that_cannot_be_kept_is_refused_with_the_place(client: httpx.AsyncClient) -> None:
    flow_id = await flow(client)
    said: list[tuple[int, str]] = []
    for body, _ in REFUSED:
        answer = await client.post("/schedules", json={"flow_id": flow_id, **body})
        said.append((answer.status_code, answer.json()["errors"][0]["pointer"]))
    assert said == [(422, pointer) for _, pointer in REFUSED]


async def test_the_next_times_of_an_expression_are_listed_before_it_is_kept(
    client: httpx.AsyncClient,
) -> None:
    # Clocks of Berlin go forward over 02:30 once a year, and back over it once: each day has one time.
    asked = {"cron": "30  2 * * *", "timezone": "Europe/Berlin", "limit": 100}
    found = (await client.get("/schedules/times", params=asked)).json()["times"]
    assert len(found) == 100
    for one in found:
        assert datetime.fromisoformat(one["at"]) == datetime.fromisoformat(one["local"])
    assert len({one["local"][:10] for one in found}) == 100
    end = {"cron": "0 0 * * *", "ends_at": found[2]["at"]}
    times = (await client.get("/schedules/times", params=end)).json()["times"]
    assert 1 <= len(times) <= 3
    for wrong, parameter in (({"cron": "x"}, "cron"), ({"cron": "0 0 * * *", "timezone": "X"}, "timezone")):
        answer = await client.get("/schedules/times", params=wrong)
        assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, parameter)


async def test_a_workspace_has_no_more_schedules_than_it_may(
    settings: Settings, start: Callable[[Settings], Running], key: str
) -> None:
    running = await asyncio.to_thread(start, msgspec.structs.replace(settings, max_schedules=1))
    async with connect(running, key) as client:
        flow_id = await flow(client)
        one = await made(client, flow_id, "0 0 * * *")
        body = {"flow_id": flow_id, "cron": "0 0 * * *"}
        assert (await client.post("/schedules", json=body)).json()["code"] == "limit_reached"
        assert (await client.delete(f"/schedules/{one['id']}")).json()["deleted"]
        assert (await client.post("/schedules", json=body)).status_code == 201


async def test_two_servers_start_each_time_once(
    settings: Settings, server: Running, start: Callable[[Settings], Running]
) -> None:
    second = await asyncio.to_thread(start, settings)
    async with connect(second, await make_key(settings, "default")) as client:
        flow_id = await flow(client)
        several = [
            await made(client, flow_id, input={"at": "{{ schedule.time }}"}, missed="all") for _ in range(10)
        ]
        for one in several:
            await until(client, one, lambda found: found["runs"] >= 4)
            await client.put(f"/schedules/{one['id']}", json={"enabled": False})
        for one in several:
            given = [datetime.fromisoformat(each["at"]).timestamp() for each in await outputs(client, one)]
            assert given == [given[0] + number for number in range(len(given))]
        async with open_database(settings.database) as database:
            by = select(executions.c.process_id).where(executions.c.schedule_id.is_not(None)).distinct()
            assert await database.read(lambda held: len(held.execute(by).all())) >= 1


async def test_what_a_metric_counts_of_schedules(client: httpx.AsyncClient, server: Running) -> None:
    one = await made(client, await flow(client))
    await until(client, one, lambda found: found["runs"] >= 1)
    text = (await client.get("/metrics/prometheus")).text
    assert 'agenticrag_schedule_runs_total{outcome="started"}' in text
