"""Credentials over HTTP: stored, used by name, bound to hosts, and in nothing that comes back."""

import base64
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.settings.sources import Settings
from tests.conftest import new_database
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.echo import Echo
from tests.server.flows.test_tools import create, execute, graph

SECRET = "tiger-lily+and/thirty=otters"


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    service = Echo()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def served(
    echo: Echo, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("credentials")
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, folder), folder),
        egress_allow=[echo.at],
        openai_base_url=f"http://{echo.at}/v1",
        openai_api_key="the-operators-own-key",
    )
    running = Running(settings).start()
    yield running
    running.stop()


@pytest.fixture
async def client(served: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(served, await make_key(served.settings, "default")) as client:
        yield client


@pytest.mark.threat("L-06")
async def test_a_credential_is_kept_and_never_told(client: httpx.AsyncClient) -> None:
    body = {
        "name": "kept",
        "kind": "header",
        "field": "X-Key",
        "hosts": ["API.example.com"],
        "secret": SECRET,
    }
    made = await create(client, "/credentials", **body)
    assert (made["name"], made["kind"], made["hosts"]) == ("kept", "header", ["api.example.com"])
    again = await client.post("/credentials", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    seen = [
        made,
        (await client.get("/credentials")).json(),
        (await client.get(f"/credentials/{made['id']}")).json(),
        again.json(),
    ]
    assert SECRET not in json.dumps(seen)
    assert not {"secret", "ciphertext", "key_id"} & set(seen[2])
    deleted = await client.delete(f"/credentials/{made['id']}")
    assert deleted.json()["deleted"] is True
    assert (await client.get(f"/credentials/{made['id']}")).status_code == 404


@pytest.mark.threat("L-06")
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"secret": "********"}, "/secret"),
        ({"secret": "••••••••••••"}, "/secret"),
        ({"secret": "short"}, "/secret"),
        ({"secret": "line\nbreaks in it"}, "/secret"),
        ({"secret": "späße-und-mehr"}, "/secret"),
        ({"hosts": []}, "/hosts"),
        ({"hosts": ["*"]}, "/hosts/0"),
        ({"hosts": ["*.example.com"]}, "/hosts/0"),
        ({"hosts": ["a.example.com", "https://b.example.com"]}, "/hosts/1"),
        ({"hosts": ["a.example.com/path"]}, "/hosts/0"),
        ({"hosts": ["user@a.example.com"]}, "/hosts/0"),
        ({"hosts": ["a.example.com:0"]}, "/hosts/0"),
        ({"field": "X"}, "/field"),
        ({"kind": "header"}, "/field"),
        ({"kind": "header", "field": "Host"}, "/field"),
        ({"kind": "header", "field": "Accept"}, "/field"),
        ({"kind": "header", "field": "X: a\r\nY"}, "/field"),
        ({"kind": "basic", "field": "a:b"}, "/field"),
        ({"kind": "query"}, "/field"),
        ({"kind": "oauth"}, "/kind"),
        ({"name": " x"}, "/name"),
        ({"id": "00000000-0000-4000-8000-000000000000"}, "/id"),
        ({"workspace": "other"}, "/workspace"),
        ({"key_id": "1"}, "/key_id"),
    ],
)
async def test_what_is_no_credential_is_refused(
    client: httpx.AsyncClient, change: dict[str, Any], pointer: str
) -> None:
    body = {"name": "x", "kind": "bearer", "hosts": ["api.example.com"], "secret": SECRET, **change}
    answer = await client.post("/credentials", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert str(body["secret"]) not in answer.text or body["secret"] == "short"


@pytest.mark.threat("S-08")
async def test_who_changes_hosts_must_know_the_secret(client: httpx.AsyncClient) -> None:
    made = await create(
        client,
        "/credentials",
        name="moved",
        kind="bearer",
        hosts=["a.example.com", "b.example.com"],
        secret=SECRET,
    )
    path = f"/credentials/{made['id']}"
    thief = await client.put(path, json={"hosts": ["evil.example.com"]})
    assert (thief.status_code, thief.json()["errors"][0]["pointer"]) == (422, "/hosts")
    mask = await client.put(path, json={"secret": "************"})
    assert (mask.status_code, mask.json()["errors"][0]["pointer"]) == (422, "/secret")
    fewer = await client.put(path, json={"hosts": ["b.example.com"]})
    assert fewer.json()["hosts"] == ["b.example.com"]
    anew = await client.put(path, json={"hosts": ["c.example.com"], "secret": "another secret"})
    assert (anew.status_code, anew.json()["errors"][0]["pointer"] if anew.status_code == 422 else "") == (
        200,
        "",
    )
    assert anew.json()["hosts"] == ["c.example.com"]


@pytest.mark.threat("I-06")
async def test_another_workspace_has_no_such_credential(client: httpx.AsyncClient, served: Running) -> None:
    made = await create(
        client, "/credentials", name="ours", kind="bearer", hosts=["a.example.com"], secret=SECRET
    )
    async with connect(served, await make_key(served.settings, "other")) as other:
        path = f"/credentials/{made['id']}"
        assert [
            (await other.get(path)).status_code,
            (await other.put(path, json={"secret": "another-secret"})).status_code,
            (await other.delete(path)).status_code,
        ] == [404, 404, 404]
        assert "ours" not in (await other.get("/credentials")).text
        model = {"llm_provider": "openai", "llm_model": "talks", "credential": "ours"}
        for named in (
            {"graph_definition": graph("http_request", url="https://a.example.com/", credential="ours")},
            {"agents": [{"name": "K", "max_retries": 0, **model}]},
            {"agents": [{"name": "K", "max_retries": 0}], "supervisor_config": model},
        ):
            flow = await create(other, "/agentflows", name="F", **named)
            assert [fault["code"] for fault in flow["warnings"]] == ["unknown_credential"]
            ran = await execute(other, flow)
            assert ran["status"] == "failed"
            assert "There is no credential 'ours'" in ran["error"]
    assert (await client.get(f"/credentials/{made['id']}")).status_code == 200


@pytest.mark.threat("L-07")
@pytest.mark.parametrize(
    ("kind", "field", "sent"),
    [
        ("bearer", "", ("authorization", f"Bearer {SECRET}")),
        ("basic", "ada", ("authorization", "Basic " + base64.b64encode(f"ada:{SECRET}".encode()).decode())),
        ("header", "X-Api-Key", ("x-api-key", SECRET)),
        ("query", "key", (":path", "key=tiger-lily%2Band%2Fthirty%3Dotters")),
    ],
)
async def test_a_request_carries_it_and_what_comes_back_does_not(
    client: httpx.AsyncClient, echo: Echo, kind: str, field: str, sent: tuple[str, str]
) -> None:
    name = f"echo {kind}"
    await create(client, "/credentials", name=name, kind=kind, field=field, hosts=[echo.at], secret=SECRET)
    for path in ("json", "text", "fail"):
        data = {"url": f"http://{echo.at}/{path}?a=1", "credential": name}
        flow = await create(client, "/agentflows", name="F", graph_definition=graph("http_request", **data))
        assert flow["warnings"] == []
        ran = await execute(client, flow)
        assert ran["status"] == ("failed" if path == "fail" else "completed"), ran
        assert sent[1] in echo.heard[-1][sent[0]]
        id = ran["execution_id"]
        told = [
            json.dumps(ran),
            (await client.get(f"/executions/{id}/events", params={"follow": "false"})).text,
            (await client.get(f"/executions/{id}")).text,
            (await client.get(f"/flows/{flow['id']}/export")).text,
        ]
        for text in told:
            assert SECRET not in text
            assert sent[1] not in text
            assert base64.b64encode(SECRET.encode()).decode()[:-4] not in text
        assert "***" in told[0], "The service did repeat it."
        assert f'"credential": "{name}"' in told[3], "The flow goes with its reference."


async def test_a_tool_of_an_agent_carries_it(client: httpx.AsyncClient, echo: Echo) -> None:
    await create(client, "/credentials", name="tool", kind="bearer", hosts=[echo.at], secret=SECRET)
    entry = {"name": "http_request", "base_url": f"http://{echo.at}/", "credential": "tool"}
    drawn = graph("tool", tool=entry, arguments={"path": "json"})
    flow = await create(client, "/agentflows", name="F", graph_definition=drawn)
    ran = await execute(client, flow)
    assert ran["status"] == "completed", ran
    assert echo.heard[-1]["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in json.dumps(ran)
    missing = graph("tool", tool={**entry, "credential": "gone"}, arguments={"path": "json"})
    flow = await create(client, "/agentflows", name="F", graph_definition=missing)
    assert [(fault["code"], fault["pointer"]) for fault in flow["warnings"]] == [
        ("unknown_credential", "/graph_definition/nodes/1/data/tool/credential")
    ]
    heard = len(echo.heard)
    assert "There is no credential 'gone'" in (await execute(client, flow))["error"]
    assert len(echo.heard) == heard


@pytest.mark.threat("S-08", "T-03")
async def test_a_credential_goes_nowhere_but_to_its_hosts(client: httpx.AsyncClient, echo: Echo) -> None:
    await create(client, "/credentials", name="bound", kind="bearer", hosts=["a.example.com"], secret=SECRET)
    heard = len(echo.heard)
    node = graph("http_request", url="{{ input.base }}/", credential="bound")
    tool = {"name": "http_request", "base_url": f"http://{echo.at}/", "credential": "bound"}
    for drawn in (node, graph("tool", tool=tool, arguments={"path": "x"})):
        flow = await create(client, "/agentflows", name="F", graph_definition=drawn)
        ran = await execute(client, flow, base=f"http://{echo.at}")
        assert ran["status"] == "failed"
        assert f"may not go to http://{echo.at}" in ran["error"]
        events = (
            await client.get(f"/executions/{ran['execution_id']}/events", params={"follow": "false"})
        ).json()
        (failed,) = [event for event in events if event["type"] == "node.failed"]
        assert failed["data"]["code"] == "credential_host_mismatch"
    assert len(echo.heard) == heard


async def test_a_literal_secret_in_a_header_is_advised_against(client: httpx.AsyncClient) -> None:
    headers = {"Authorization": "Bearer abc", "X-Trace": "1", "X-Token": "{{ variables.token }}"}
    drawn = graph("http_request", url="https://a.example.com/", headers=headers)
    flow = await create(client, "/agentflows", name="F", graph_definition=drawn)
    assert [(fault["code"], fault["pointer"]) for fault in flow["warnings"]] == [
        ("literal_secret", "/graph_definition/nodes/1/data/headers/Authorization")
    ]


async def test_a_model_is_asked_with_the_workspaces_own_key(client: httpx.AsyncClient, echo: Echo) -> None:
    key = "workspace-key-of-thirty-otters"
    await create(client, "/credentials", name="models", kind="provider_key", hosts=[echo.at], secret=key)
    config = {"llm_provider": "openai", "llm_model": "talks", "credential": "models"}
    flow = await create(client, "/chatflows", name="C", chat_config=config)
    answer = await client.post(f"/chatflow/workflows/{flow['id']}/chat", json={"message": "Hello"})
    assert echo.heard[-1]["authorization"] == f"Bearer {key}"
    assert answer.json()["response"] in (f"Your key is {key[:free]}***, I think." for free in range(4)), (
        answer.text
    )
    stream = await client.post(f"/chatflow/workflows/{flow['id']}/chat/stream", json={"message": "Hello"})
    said = "".join(
        json.loads(line[6:]).get("content", "")
        for line in stream.text.splitlines()
        if line.startswith("data: ") and '"content"' in line
    )
    assert "***, I think." in said
    assert key not in said
    refusing = await create(client, "/chatflows", name="C", chat_config={**config, "llm_model": "refuses"})
    failed = await client.post(f"/chatflow/workflows/{refusing['id']}/chat", json={"message": "Hello"})
    assert "Your key *** is no good." in failed.text
    assert key not in failed.text


@pytest.mark.threat("I-10", "S-08", "L-01")
async def test_an_agent_is_asked_with_the_key_that_it_names_or_with_none(
    client: httpx.AsyncClient, echo: Echo
) -> None:
    keys = {name: f"{name}-key-of-thirty-otters" for name in ("kims", "guests")}
    for name, key in keys.items():
        await create(client, "/credentials", name=name, kind="provider_key", hosts=[echo.at], secret=key)
    model = {"llm_provider": "openai", "llm_model": "talks"}
    kim = await create(client, "/agents", name="Kim", credential="kims", **model)
    assert kim["credential"] == "kims"

    async def ran(**agent: Any) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        heard = len(echo.heard)
        attached = {"name": "K", "max_retries": 0, **agent}
        flow = await create(client, "/agentflows", name="Team", agents=[attached])
        answer = await execute(client, flow, message="Hello")
        return flow, answer, [each["authorization"] for each in echo.heard[heard:]]

    flow, answer, heard = await ran(agent_id=kim["id"])
    assert (answer["status"], heard) == ("completed", [f"Bearer {keys['kims']}"])
    assert keys["kims"] not in json.dumps(answer)
    bundle = (await client.get(f"/flows/{flow['id']}/export")).json()
    assert bundle["includes"]["agents"][kim["id"]]["credential"] == "kims"
    assert not [key for key in keys.values() if key in json.dumps(bundle)]

    # Said in the flow it wins, and with another model the agent's own does not go along.
    assert (await ran(agent_id=kim["id"], credential="guests"))[2] == [f"Bearer {keys['guests']}"]
    assert (await ran(credential="guests", **model))[2] == [f"Bearer {keys['guests']}"]
    assert (await ran(agent_id=kim["id"], **model))[2] == ["Bearer the-operators-own-key"]

    # What is not there, or another host's, is asked with nothing.
    await client.put(f"/agents/{kim['id']}", json={"credential": "gone"})
    _, answer, heard = await ran(agent_id=kim["id"])
    assert (answer["status"], heard) == ("failed", [])
    assert "There is no credential 'gone'" in answer["error"]
    far = {"kind": "provider_key", "hosts": ["x.example.com"], "secret": "a key for elsewhere"}
    await create(client, "/credentials", name="afar", **far)
    _, answer, heard = await ran(credential="afar", **model)
    assert (answer["status"], heard) == ("failed", [])
    assert "may not go to" in answer["error"]
    attached = {"name": "K", "credential": "gone", **model}
    gone = await create(client, "/agentflows", name="Team", agents=[attached])
    assert [each["code"] for each in gone["warnings"]] == ["unknown_credential"]


@pytest.mark.threat("I-10", "S-08")
async def test_a_supervisor_is_asked_with_the_key_that_it_names_and_so_are_agents_of_its_model(
    client: httpx.AsyncClient, echo: Echo
) -> None:
    keys = {name: f"{name}-key-of-thirty-otters" for name in ("members", "leads")}
    for name, key in keys.items():
        await create(client, "/credentials", name=name, kind="provider_key", hosts=[echo.at], secret=key)
    model = {"llm_provider": "openai", "llm_model": "talks"}
    for agent, asked in (
        ({}, keys["leads"]),
        ({"credential": "members"}, keys["members"]),
        ({"credential": "members", **model}, keys["members"]),
        (model, "the-operators-own-key"),
    ):
        heard = len(echo.heard)
        flow = await create(
            client,
            "/agentflows",
            name="Team",
            orchestration_type="parallel",
            supervisor_config={**model, "credential": "leads", "aggregation": "model"},
            agents=[{"name": "K", **agent}],
        )
        assert flow["supervisor_config"]["credential"] == "leads"
        answer = await execute(client, flow, message="Hello")
        assert answer["status"] == "completed", answer
        told = [each["authorization"] for each in echo.heard[heard:]]
        assert told == [f"Bearer {asked}", f"Bearer {keys['leads']}"]
        kept = (await client.get(f"/flows/{flow['id']}/export")).text
        assert not [key for key in keys.values() if key in kept + json.dumps(answer)]


@pytest.mark.threat("I-10")
async def test_no_key_stands_in_for_one_that_is_missing_or_another_hosts(
    client: httpx.AsyncClient, echo: Echo
) -> None:
    key = "workspace-key-of-thirty-otters"
    await create(client, "/credentials", name="far", kind="provider_key", hosts=["x.example.com"], secret=key)
    await create(client, "/credentials", name="wrong kind", kind="bearer", hosts=[echo.at], secret=key)
    heard = len(echo.heard)
    for name, said in (
        ("gone", "There is no credential 'gone'"),
        ("far", "may not go to"),
        ("wrong kind", "models take a 'provider_key'"),
    ):
        config = {"llm_provider": "openai", "llm_model": "talks", "credential": name}
        flow = await create(client, "/chatflows", name="C", chat_config=config)
        answer = await client.post(f"/chatflow/workflows/{flow['id']}/chat", json={"message": "Hello"})
        assert said in answer.text, answer.text
        assert "the-operators-own-key" not in answer.text
    await create(client, "/credentials", name="key", kind="provider_key", hosts=[echo.at], secret=key)
    drawn = graph("http_request", url=f"http://{echo.at}/", credential="key")
    ran = await execute(client, await create(client, "/agentflows", name="F", graph_definition=drawn))
    assert "provider's key" in ran["error"]
    assert len(echo.heard) == heard


def test_a_folder_makes_its_own_key_and_settings_take_short_ones_for_a_mistake(tmp_path: Path) -> None:
    from server.settings.data_folder import encryption_keys
    from server.settings.sources import SettingsError, load_settings

    settings = Settings(data_dir=str(tmp_path))
    own, old = encryption_keys(settings)
    assert (len(own) >= 32, old) == (True, [])
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    given = msgspec.structs.replace(settings, encryption_key="n" * 32, encryption_keys_old=["o" * 32])
    assert encryption_keys(given) == ("n" * 32, ["o" * 32, own])
    assert "nnnn" not in repr(given)
    assert "oooo" not in repr(given)
    with pytest.raises(SettingsError, match="at least 32 characters"):
        load_settings({"AGENTICRAG_ENCRYPTION_KEY": "short"}, directory=tmp_path)
