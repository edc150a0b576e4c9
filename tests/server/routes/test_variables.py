"""Workspace variables: values by label that flows read, and secrets that nothing gives back."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from persistence.storage.database import open_database
from persistence.storage.tables import metadata
from server.identity.permissions import WORKSPACE
from server.settings.sources import Settings
from tests.conftest import new_database
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.echo import Echo
from tests.server.people import key_of
from tests.server.routes.test_execution_forks import DEMO, edges, node

EXAMPLE = Path("examples/extras/order-status.json").read_text("utf-8")
SECRET = "tiger-lily+and/forty=otters"


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.stop()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def served(
    echo: Echo, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("variables")
    settings = quick(new_database(request.param, request, folder), folder)
    server = Running(msgspec.structs.replace(settings, egress_allow=[echo.at], log_level="debug")).start()
    yield server
    server.stop()


@pytest.fixture
async def client(served: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(served, await make_key(served.settings, WORKSPACE)) as client:
        for one in (await client.get("/variables")).json()["variables"]:
            await client.delete(f"/variables/{one['id']}")
        yield client


async def variable(client: httpx.AsyncClient, name: str, value: Any, **more: Any) -> dict[str, Any]:
    made = await client.post("/variables", json={"name": name, "value": value, **more})
    assert made.status_code == 201, made.text
    return made.json()


def graph(*nodes: dict[str, Any], drawn: tuple[str, ...] = ()) -> dict[str, Any]:
    line = [node("start", "start"), *nodes, node("end", "end")]
    ids = [one["id"] for one in line]
    between = drawn or tuple(f"{a}>{b}" for a, b in itertools.pairwise(ids))
    return {"nodes": line, "edges": edges(*between)}


async def flow(client: httpx.AsyncClient, *nodes: dict[str, Any]) -> str:
    made = await client.post("/agentflows", json={"name": "Reads", "graph_definition": graph(*nodes)})
    assert made.status_code == 201, made.text
    return made.json()["id"]


async def ran(client: httpx.AsyncClient, id: str, version: str = "", **input: Any) -> dict[str, Any]:
    query = {"version": version} if version else {}
    answer = await client.post(f"/agentflows/{id}/execute", json={"input_data": input}, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_flow_reads_the_value_of_its_label_or_the_default(client: httpx.AsyncClient) -> None:
    await variable(client, "region", "eu")
    await variable(client, "region", {"name": "us", "zones": [1, 2]}, label="production")
    id = await flow(client, node("say", "template", template="in {{ env.region }}"))
    await client.put(f"/flows/{id}/labels/production", json={"version": 1})
    await client.put(f"/flows/{id}/labels/staging", json={"version": 1})
    assert (await ran(client, id))["output"] == "in eu"
    assert (await ran(client, id, "1"))["output"] == "in eu"
    assert (await ran(client, id, "staging"))["output"] == "in eu"
    assert (await ran(client, id, "production"))["output"] == 'in {"name":"us","zones":[1,2]}'


async def test_a_recorded_run_keeps_the_values_that_it_had(client: httpx.AsyncClient) -> None:
    made = await variable(client, "tone", "calm")
    id = await flow(
        client,
        node("ask", "llm", **DEMO, prompt="Be {{ env.tone }}: {{ input.q }}"),
        node("count", "transform", expression="length(input.q) / input.by"),
    )
    first = await ran(client, id, q="four", by=0)
    assert first["success"] is False
    changed = await client.put(f"/variables/{made['id']}", json={"value": "loud"})
    assert (changed.json()["value"], changed.headers["etag"]) == ("loud", '"2"')
    replayed = await client.post(f"/executions/{first['execution_id']}/replay", json={})
    assert replayed.json()["equal"] is True, replayed.text
    edited = await client.put(f"/agentflows/{id}", json={"description": "Another version."})
    assert edited.status_code == 200
    other = await client.post(f"/executions/{first['execution_id']}/replay", json={"flow_version": "current"})
    assert other.json()["equal"] is True, other.text
    fork = await client.post(
        f"/executions/{first['execution_id']}/fork", json={"node": "ask", "input": {"by": 2}}
    )
    assert fork.status_code == 202, fork.text
    again = await ended(client, fork.json()["id"])
    said = json.dumps((await client.get(f"/executions/{again['id']}/events")).text)
    assert again["status"] == "completed"
    assert "loud" not in said
    assert "Be loud" in (await ran(client, id, q="four", by=2) and await prompts(client, id))


async def prompts(client: httpx.AsyncClient, flow_id: str) -> str:
    """Return what the model of a new run is asked: the demo repeats it."""
    made = await client.post(f"/agentflows/{flow_id}/execute", json={"input_data": {"q": "four", "by": 2}})
    return (await client.get(f"/executions/{made.json()['execution_id']}/events")).text


async def ended(client: httpx.AsyncClient, id: str) -> dict[str, Any]:
    for _ in range(400):
        row = (await client.get(f"/executions/{id}")).json()
        if row["status"] not in ("pending", "running"):
            return row
        await asyncio.sleep(0.05)
    raise AssertionError(f"run {id} did not end")


def request(echo: Echo, **more: Any) -> dict[str, Any]:
    headers = {"X-Shop-Key": "Key {{ env.shop_key }}", "X-Region": "{{ env.region }}"}
    return node("ask", "http_request", **{"url": f"http://{echo.at}/orders", "headers": headers, **more})


@pytest.mark.threat("L-01")
async def test_a_secret_is_sent_in_a_header_and_found_nowhere_else(
    client: httpx.AsyncClient, served: Running, echo: Echo
) -> None:
    made = await variable(client, "shop_key", SECRET, secret=True)
    await variable(client, "region", "eu")
    id = await flow(client, request(echo))
    tool = {
        "name": "http_request",
        "base_url": f"http://{echo.at}/",
        "headers": {"X-Key": "{{ env.shop_key }}"},
    }
    by_tool = await flow(client, node("use", "tool", tool=tool, arguments={"path": "orders"}))
    told: list[str] = [json.dumps(made)]
    for flow_id, header in ((id, "x-shop-key"), (by_tool, "x-key")):
        answer = await ran(client, flow_id)
        assert answer["success"], answer
        assert echo.heard[-1][header].endswith(SECRET)
        run = answer["execution_id"]
        for path in (
            f"/executions/{run}",
            f"/executions/{run}/events",
            f"/executions/{run}/state",
            f"/executions/{run}/logs",
            f"/flows/{flow_id}/export",
            "/variables",
            f"/variables/{made['id']}",
            "/audit",
        ):
            got = await client.get(path)
            told.append(got.text)
        told.append(json.dumps(answer))
        replayed = await client.post(f"/executions/{run}/replay", json={})
        assert replayed.json()["equal"] is True, replayed.text
    assert echo.heard[-2]["x-region"] == "eu"
    assert "***" in told[1] or any("***" in one for one in told)
    for text in [*told, *await rows_of(served)]:
        assert SECRET not in text
        assert SECRET[::-1] not in text


async def rows_of(served: Running) -> list[str]:
    """Return every row of every table as text."""
    async with open_database(served.settings.database) as database:
        return await database.read(
            lambda held: [
                str(tuple(row)) for table in metadata.sorted_tables for row in held.execute(table.select())
            ]
        )


@pytest.mark.threat("L-01")
@pytest.mark.parametrize(
    ("place", "code"),
    [
        (node("x", "template", template="{{ env.shop_key }}"), "secret_misplaced"),
        (node("x", "transform", expression="env.shop_key"), "secret_misplaced"),
        (node("x", "llm", **DEMO, prompt="{{ env['shop_key'] }}"), "secret_misplaced"),
        (node("x", "transform", expression="1", set={"a": "env.shop_key"}), "secret_misplaced"),
        (node("x", "transform", expression="keys(env)"), "env_without_name"),
        (node("x", "transform", expression="env[input.name]"), "env_without_name"),
        (
            node("x", "http_request", url="https://a.example.com/", body={"a": "{{ env.shop_key }}"}),
            "secret_misplaced",
        ),
        (
            node("x", "http_request", url="https://a.example.com/{{ env.shop_key }}"),
            "secret_misplaced",
        ),
        (
            node("x", "http_request", url="{{ input.to }}", headers={"X-Key": "{{ env.shop_key }}"}),
            "secret_misplaced",
        ),
        (
            node("x", "http_request", url="https://{{ input.to }}/", headers={"X-Key": "{{ env.shop_key }}"}),
            "secret_misplaced",
        ),
        (
            node("x", "http_request", url="https://a.example.com", headers={"Accept": "{{ env.shop_key }}"}),
            "secret_misplaced",
        ),
    ],
)
async def test_a_secret_that_would_leave_is_refused_by_the_check(
    client: httpx.AsyncClient, place: dict[str, Any], code: str
) -> None:
    await variable(client, "shop_key", SECRET, secret=True)
    made = await client.post("/agentflows", json={"name": "No", "graph_definition": graph(place)})
    assert made.status_code == 422, made.text
    assert {one["code"] for one in made.json()["errors"]} == {code}


async def test_a_secret_that_replaced_a_value_is_a_mask_to_stored_flows(
    client: httpx.AsyncClient, echo: Echo
) -> None:
    made = await variable(client, "shop_key", "plain")
    id = await flow(client, node("say", "template", template="{{ env.shop_key }}"))
    sends = await flow(
        client,
        node("ask", "http_request", url="{{ input.to }}", headers={"X-Key": "{{ env.shop_key }}"}),
    )
    await client.delete(f"/variables/{made['id']}")
    await variable(client, "shop_key", SECRET, secret=True)
    assert (await ran(client, id))["output"] == "***"
    before = len(echo.heard)
    refused = await ran(client, sends, to=f"http://{echo.at}/")
    run = (await client.get(f"/executions/{refused['execution_id']}")).json()
    assert (run["status"], run["error"]["code"]) == ("failed", "secret_misplaced")
    assert len(echo.heard) == before


async def test_a_base_address_may_come_from_a_variable(client: httpx.AsyncClient, echo: Echo) -> None:
    await variable(client, "shop_key", SECRET, secret=True)
    await variable(client, "base", f"http://{echo.at}")
    headers = {"X-Key": "{{ env.shop_key }}"}
    id = await flow(client, node("ask", "http_request", url="{{ env.base }}/orders", headers=headers))
    assert (await ran(client, id))["success"]
    assert (echo.heard[-1][":path"], echo.heard[-1]["x-key"]) == ("/orders", SECRET)


async def test_an_unknown_name_is_a_warning_that_names_the_near_one(client: httpx.AsyncClient) -> None:
    await variable(client, "region", "eu")
    body = {"name": "Odd", "graph_definition": graph(node("say", "template", template="{{ env.regoin }}"))}
    made = await client.post("/agentflows", json=body)
    [warning] = made.json()["warnings"]
    assert (warning["code"], warning["pointer"]) == (
        "unknown_env",
        "/graph_definition/nodes/1/data/template",
    )
    assert "Did you mean 'region'?" in warning["message"]
    failed = await ran(client, made.json()["id"])
    assert failed["success"] is False
    assert "regoin" in str(failed["error"])


async def test_changes_of_a_variable_take_its_etag(client: httpx.AsyncClient) -> None:
    made = await variable(client, "region", "eu")
    path = f"/variables/{made['id']}"
    read = await client.get(path)
    assert read.headers["etag"] == '"1"'
    done = await client.put(path, json={"value": 7}, headers={"If-Match": '"1"'})
    assert (done.status_code, done.json()["value"], done.headers["etag"]) == (200, 7, '"2"')
    stale = await client.put(path, json={"value": 8}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"], stale.headers["etag"]) == (412, "stale", '"2"')
    assert (await client.delete(path, headers={"If-Match": '"1"'})).status_code == 412
    assert (await client.delete(path, headers={"If-Match": '"2"'})).status_code == 200
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"name": "two words", "value": 1}, 422, "/name"),
        ({"name": "1a", "value": 1}, 422, "/name"),
        ({"name": "a", "value": None}, 422, "/value"),
        ({"name": "a", "value": "x" * 40_000}, 422, "/value"),
        ({"name": "a", "value": 1, "secret": True}, 422, "/value"),
        ({"name": "a", "value": "short", "secret": True}, 422, "/value"),
        ({"name": "a", "value": "********", "secret": True}, 422, "/value"),
        ({"name": "a", "value": 1, "label": "draft"}, 422, "/label"),
        ({"name": "a", "value": 1, "scope": "x"}, 422, "/scope"),
        ({"name": "known", "value": 1}, 409, "/name"),
        ({"name": "known", "value": SECRET, "secret": True, "label": "production"}, 409, "/secret"),
    ],
)
async def test_a_variable_that_cannot_be_is_refused(
    client: httpx.AsyncClient, body: dict[str, Any], status: int, pointer: str
) -> None:
    await variable(client, "known", 1)
    answer = await client.post("/variables", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (status, pointer), answer.text


@pytest.mark.threat("L-01")
async def test_an_export_names_variables_and_an_import_says_which_are_missing(
    client: httpx.AsyncClient, echo: Echo
) -> None:
    await variable(client, "shop_key", SECRET, secret=True)
    region = await variable(client, "region", "a-far-away-place")
    id = await flow(client, request(echo))
    file = (await client.get(f"/flows/{id}/export")).text
    assert SECRET not in file
    assert "a-far-away-place" not in file
    assert json.loads(file)["workspace_variables"] == [
        {"name": "region", "secret": False},
        {"name": "shop_key", "secret": True},
    ]
    await client.delete(f"/variables/{region['id']}")
    report = (
        await client.post("/flows/import", content=file, headers={"content-type": "application/json"})
    ).json()
    assert report["imported"] is True
    assert report["variables"] == [
        {"name": "region", "secret": False, "how": "missing"},
        {"name": "shop_key", "secret": True, "how": "existing"},
    ]
    assert {one["code"] for one in report["warnings"]} >= {"unknown_env"}


async def test_the_example_asks_a_shop_by_variables(client: httpx.AsyncClient, echo: Echo) -> None:
    await variable(client, "shop_url", f"http://{echo.at}")
    await variable(client, "shop_key", SECRET, secret=True)
    report = (await client.post("/flows/import", json=json.loads(EXAMPLE))).json()
    assert (report["imported"], report["errors"]) == (True, [])
    assert (await ran(client, report["id"], order="A 17"))["success"]
    heard = echo.heard[-1]
    assert (heard[":path"], heard["x-region"]) == ("/orders/A%2017", "eu")
    assert heard["x-shop-key"] == f"Key {SECRET}"


async def test_the_editor_learns_which_names_expressions_read(client: httpx.AsyncClient) -> None:
    names = {one["name"] for one in (await client.get("/node-types")).json()["names"]}
    assert names >= {"input", "nodes", "variables", "env"}


async def test_a_runner_may_run_with_variables_and_not_see_them(
    client: httpx.AsyncClient, served: Running
) -> None:
    await variable(client, "region", "eu")
    id = await flow(client, node("say", "template", template="{{ env.region }}"))
    async with connect(served, await key_of(served, None, "runner", WORKSPACE)) as runner:
        assert (await ran(runner, id))["output"] == "eu"
        assert (await runner.get("/variables")).status_code == 403
        config = {**DEMO, "system_prompt": "Say {{ env.region }}"}
        chat = await runner.post("/chatflow/chat", json={"message": "Hi", "config": config})
        assert (chat.status_code, chat.json()["code"]) == (403, "forbidden")


async def test_a_secret_is_read_with_the_next_key(settings: Settings) -> None:
    """Rotation covers variables: what one key has sealed, the next one reads."""
    from persistence.identity.variables import Variables
    from persistence.storage.encryption import Cipher
    from persistence.storage.migrate import upgrade

    await asyncio.to_thread(upgrade, settings.database)
    async with open_database(settings.database) as database:
        old, new = Cipher("a" * 40), Cipher("b" * 40, ["a" * 40])
        await Variables(database, old).create("w", name="k", label="", value=SECRET, secret=True)
        assert await Variables(database, Cipher("b" * 40)).unreadable() == {old.key_id: 1}
        assert await Variables(database, new).reseal() == (1, [])
        alone = Variables(database, Cipher("b" * 40))
        assert await alone.unreadable() == {}
        assert await alone.secrets("w", "production", ["k"]) == {"k": SECRET}
