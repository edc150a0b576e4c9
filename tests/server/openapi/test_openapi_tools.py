"""OpenAPI tools: documents that are read, operations that are chosen and called, and what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from server.app import document as own_document
from server.identity.permissions import WORKSPACE
from server.settings.sources import Settings
from tests.conftest import new_database
from tests.runtimes.fake_openai import FakeOpenAI
from tests.runtimes.replies import Reply, ScriptedCall
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.echo import Echo
from tests.server.flows.test_subgraphs import ended, events, execute, graph, stored

ROOT = Path(__file__).parents[3]
DOCUMENTS = Path(__file__).parent / "documents"
SECRET = "tiger-lily-of-the-echo"


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    service = Echo()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, echo: Echo
) -> Iterator[Running]:
    """A server that may ask the echo."""
    folder = tmp_path_factory.mktemp("openapi")
    settings = quick(new_database("sqlite", request, folder), folder)
    server = Running(msgspec.structs.replace(settings, egress_allow=[echo.at])).start()
    yield server
    server.stop()


@pytest.fixture
async def client(running: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(running, await make_key(running.settings, WORKSPACE)) as client:
        yield client


async def made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def call(client: httpx.AsyncClient, operation: str, **arguments: Any) -> dict[str, Any]:
    """Run a flow whose one node calls an operation of the API 'echo'."""
    data = {"tool": {"name": "openapi", "api": "echo", "operation": operation}, "arguments": arguments}
    flow = await stored(client, graph({"call": ("tool", data)}, "start>call", "call>end"), "call")
    return await execute(client, flow)


async def test_the_example_asks_another_server_and_a_person_before_it_changes_something(
    running: Running,
    client: httpx.AsyncClient,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    start: Callable[[Settings], Running],
) -> None:
    greet = await stored(
        client,
        graph({"greet": ("transform", {"expression": "'Hello ' + input.name"})}, "start>greet", "greet>end"),
        "Greet",
    )
    other, key = running.url, client.headers["authorization"].removeprefix("Bearer ")
    async with FakeOpenAI() as fake:
        settings = msgspec.structs.replace(
            quick(new_database("sqlite", request, tmp_path), tmp_path),
            openai_base_url=f"{fake.url}/v1",
            openai_api_key="sk-test",
            default_provider="openai",
            default_model="gpt-4.1-mini",
            egress_allow=[other.removeprefix("http://")],
        )
        second = await asyncio.to_thread(start, settings)
        async with connect(second, await make_key(settings, WORKSPACE)) as owner:
            await _example(owner, fake, other, key, greet)
            await _refreshed(owner, other)


async def _example(client: httpx.AsyncClient, fake: FakeOpenAI, other: str, key: str, greet: str) -> None:
    secret = {"name": "rag", "kind": "bearer", "hosts": [other.removeprefix("http://")], "secret": key}
    await made(client, "/credentials", secret)
    api = await made(
        client,
        "/openapi-tools",
        {
            "name": "rag",
            "document": own_document(),
            "base_url": other,
            "credential": "rag",
            "operations": ["listFlows", "executeAgentflow"],
            "answer_paths": {"listFlows": ["flows.*.name"]},
        },
    )
    assert (api["tools"], api["warnings"], api["openapi"]) == (2, [], "3.1.0")
    assert api["operations_total"] > 150
    example = json.loads((ROOT / "examples" / "openapi" / "run-reporter.json").read_text("utf-8"))
    flow = (await made(client, "/agentflows", example))["id"]
    run = json.dumps({"flow_id": greet, "body": {"input_data": {"name": "Ada"}}})
    fake.script(
        Reply(tool_calls=[ScriptedCall(name="rag_listFlows", arguments="{}")]),
        Reply(tool_calls=[ScriptedCall(name="rag_executeAgentflow", arguments=run)]),
        Reply(text="It greets Ada."),
    )
    body = {"input_data": {"message": "What does Greet do?"}}
    begun = (await client.post(f"/agentflows/{flow}/execute", json=body)).json()
    assert begun["status"] == "waiting_approval", begun
    waiting = (await client.get(f"/executions/{begun['execution_id']}/inputs")).json()["inputs"]
    answered = await client.post(
        f"/executions/{begun['execution_id']}/respond",
        json={"input_id": waiting[0]["id"], "action": "approve"},
    )
    assert answered.status_code in (200, 202), answered.text
    done = await ended(client, begun["execution_id"])
    assert done["output_data"] == "It greets Ada.", done
    offered = {one["function"]["name"]: one["function"]["parameters"] for one in fake.log[0].body["tools"]}
    assert offered["rag_executeAgentflow"]["required"] == ["flow_id", "body"]
    assert "answer_paths" in offered["rag_executeAgentflow"]["properties"]
    assert "answer_paths" not in offered["rag_listFlows"]["properties"]
    told = [one["content"] for one in fake.log[2].body["messages"] if one["role"] == "tool"]
    assert {"name": "Greet"} in json.loads(told[0])["flows"]
    assert json.loads(told[1])["output"] == "Hello Ada"
    listed = (await client.get("/tools")).json()["tools"]
    assert {one["name"] for one in listed if one["source"] == "openapi"} == set(offered)


async def test_documents_of_others_become_tools_and_change(client: httpx.AsyncClient) -> None:
    github = (DOCUMENTS / "github.json").read_text("utf-8")
    ids = ["issues/get", "issues/create", "issues/update"]
    body = {"name": "github", "document": github, "operations": ids, "fixed": {"owner": "acme"}}
    api = await made(client, "/openapi-tools", {**body, "rename": {"issues/get": "read_issue"}})
    assert (api["base_url"], api["auth"], api["tools"]) == ("https://api.github.com", [], 3)
    tools = (await client.get(f"/openapi-tools/{api['id']}/tools")).json()["tools"]
    by_name = {one["name"]: one for one in tools}
    assert set(by_name) == {"read_issue", "github_issues_create", "github_issues_update"}
    read, create = by_name["read_issue"], by_name["github_issues_create"]
    assert read["input_schema"]["required"] == ["repo", "issue_number"], "the owner is fixed"
    assert (read["approval"], read["repeatable"]) == (False, True)
    assert (create["approval"], create["repeatable"]) == (True, False)
    assert create["input_schema"]["properties"]["body"]["required"] == ["title"]
    found = await client.get(f"/openapi-tools/{api['id']}/operations", params={"search": "ISSUES"})
    assert {one["id"] for one in found.json()["operations"] if one["chosen"]} == set(ids)
    url = f"/openapi-tools/{api['id']}"
    wrong = await client.put(url, json={"operations": ["issues/gett"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "openapi_operations")
    assert "issues/get" in wrong.text
    assert (await client.post(url + "/refresh")).status_code == 422, "it has no URL"
    cardano = (DOCUMENTS / "blockfrost.yaml").read_text("utf-8")
    assert (await client.put(url, json={"document": cardano})).status_code == 422, (
        "the operations are not in it"
    )
    changed = await client.put(url, json={"document": cardano, "operations": ["*"], "name": "cardano"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["auth"] == [{"name": "project_id", "kind": "header", "field": "project_id"}]
    assert "'header' with the field 'project_id'" in changed.json()["warnings"][0]
    assert (await client.get(url)).json()["tools"] == 5
    cookie = cardano.replace("in: header", "in: cookie")
    changed = await client.put(url, json={"document": cookie, "operations": ["*"]})
    assert "No kind of credential fits" in changed.json()["warnings"][0], changed.text
    again = await client.post("/openapi-tools", json={**body, "name": "cardano"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    assert (await client.delete(url)).status_code == 200
    gone = {"tools": [{"name": "openapi", "api": "cardano"}], "prompt": "x"}
    flow = await stored(client, graph({"a": ("agent", gone)}, "start>a", "a>end"))
    refused = await client.post(f"/agentflows/{flow}/execute", json={})
    assert "openapi_tool_refused" in refused.text


ECHO: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Echo", "version": "1"},
    "security": [{"key": []}],
    "paths": {
        "/things/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": {
                "operationId": "get",
                "parameters": [
                    {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {
                        "name": "ids",
                        "in": "query",
                        "explode": False,
                        "schema": {"type": "array", "items": {"type": "integer"}},
                    },
                    {
                        "name": "filter",
                        "in": "query",
                        "style": "deepObject",
                        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
                    },
                    {"name": "X-Tenant", "in": "header", "schema": {"type": "string"}},
                    {"name": "theme", "in": "cookie", "schema": {"type": "string"}},
                    {"name": "q", "in": "query", "content": {"application/json": {"schema": {}}}},
                ],
            },
            "post": {
                "operationId": "post",
                "security": [],
                "requestBody": {
                    "required": True,
                    "content": {"application/merge-patch+json": {"schema": {"type": "object"}}},
                },
            },
        },
        "/fail": {"get": {"operationId": "fail"}},
        "/text": {"get": {"operationId": "text"}},
    },
}


async def test_requests_are_written_as_the_document_says(client: httpx.AsyncClient, echo: Echo) -> None:
    base = f"http://{echo.at}/v1?"
    body = {"name": "echo", "document": ECHO, "operations": ["*"], "approval": [], "base_url": base}
    assert (await client.post("/openapi-tools", json=body)).status_code == 422, "a query in the base URL"
    api = await made(
        client, "/openapi-tools", {**body, "base_url": base.rstrip("?"), "fixed": {"X-Tenant": "acme"}}
    )
    done = await call(
        client, "get", id="a b", tag=["x", "y"], ids=[1, 2], filter={"k": "v"}, theme="dark", q={"a": 1}
    )
    heard = echo.heard[-1]
    assert heard[":path"].startswith("/v1/things/a%20b?")
    query = done["output"]["query"]
    assert query == 'tag=x&tag=y&ids=1,2&filter[k]=v&q={"a":1}'
    assert (heard["x-tenant"], heard["cookie"]) == ("acme", "theme=dark")
    assert "authorization" not in heard
    for kind, field, found in (
        ("bearer", "", f"Bearer {SECRET}"),
        ("header", "X-Key", SECRET),
        ("query", "key", f"key={SECRET}"),
        ("basic", "ada", "Basic "),
    ):
        secret = {"name": kind, "kind": kind, "field": field, "hosts": [echo.at], "secret": SECRET}
        await made(client, "/credentials", secret)
        assert (await client.put(f"/openapi-tools/{api['id']}", json={"credential": kind})).status_code == 200
        done = await call(client, "get", id="1", answer_paths=["headers.host", "query"])
        assert found in str(echo.heard[-1]), kind
        assert SECRET not in json.dumps(done), kind
        assert set(done["output"]) == {"headers", "query"}
        assert SECRET not in json.dumps(await events(client, done["execution_id"]))
    await call(client, "post", id="1", body={"a": 1})
    assert echo.heard[-1]["content-type"] == "application/merge-patch+json"
    assert "authorization" not in echo.heard[-1], "the operation says that it is for everybody"
    assert "idempotency-key" in echo.heard[-1]
    failed = await call(client, "fail")
    assert "418" in json.dumps(failed["error"])
    for id in ("..", "%2e%2e", "a/../../../admin", "..\\x"):
        before = len(echo.heard)
        refused = await call(client, "get", id=id)
        assert refused["status"] == "failed" or echo.heard[-1][":path"].startswith("/v1/things/"), id
        assert len(echo.heard) == before or "%" in echo.heard[-1][":path"], id
    await client.put(f"/openapi-tools/{api['id']}", json={"enabled": False})
    node = ("tool", {"tool": {"name": "openapi", "api": "echo", "operation": "get"}})
    flow = await stored(client, graph({"c": node}, "start>c", "c>end"))
    assert "is disabled" in (await client.post(f"/agentflows/{flow}/execute", json={})).text


async def test_an_api_is_asked_with_the_variables_of_the_label_that_runs(
    client: httpx.AsyncClient, echo: Echo
) -> None:
    for name, label, value, secret in (
        ("echo_url", "", f"http://{echo.at}", False),
        ("echo_url", "production", f"http://{echo.at}/live", False),
        ("echo_key", "", SECRET, True),
        ("echo_key", "production", SECRET + "-live", True),
    ):
        body = {"name": name, "label": label, "value": value, "secret": secret}
        await made(client, "/variables", body)
    body = {
        "name": "labelled",
        "document": ECHO,
        "operations": ["get"],
        "approval": [],
        "base_url": "{{ env.echo_url }}/v1",
        "headers": {"X-Key": "Key {{ env.echo_key }}", "x-tenant": "acme"},
    }
    api = await made(client, "/openapi-tools", body)
    assert (api["tools"], api["headers"]) == (1, body["headers"])
    data = {
        "tool": {"name": "openapi", "api": "labelled", "operation": "get"},
        "arguments": {"id": "1", "X-Tenant": "other"},
    }
    flow = await stored(client, graph({"call": ("tool", data)}, "start>call", "call>end"))
    await client.put(f"/flows/{flow}/labels/production", json={"version": 1})
    for query, path, key in (("", "/v1/", SECRET), ("?version=production", "/live/v1/", SECRET + "-live")):
        done = (await client.post(f"/agentflows/{flow}/execute{query}", json={})).json()
        heard = echo.heard[-1]
        assert heard[":path"].startswith(path + "things/1"), done
        assert (heard["x-key"], heard["x-tenant"]) == (f"Key {key}", "acme")
        told = json.dumps([done, await events(client, done["execution_id"])])
        assert SECRET not in told
        assert "***" in told, "the service repeats the header"
    for field, value in (
        ("base_url", "{{ input.x }}/v1"),
        ("base_url", "{{ env.echo_url }}/v1?a=1"),
        ("headers", {"Host": "x"}),
        ("headers", {"X-A": "{{ state }}{{ env.a }}"}),
    ):
        answer = await client.put(f"/openapi-tools/{api['id']}", json={field: value})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")
    await client.put(
        f"/openapi-tools/{api['id']}", json={"base_url": f"http://{echo.at}/{{{{ env.echo_key }}}}"}
    )
    refused = (await client.post(f"/agentflows/{flow}/execute", json={})).json()
    assert "secret variable 'echo_key' may stand in a header" in json.dumps(refused["error"])
    assert SECRET not in json.dumps(refused)


async def _refreshed(client: httpx.AsyncClient, other: str) -> None:
    """A document at a URL is downloaded, and downloaded again."""
    body = {"name": "own", "url": f"{other}/schema/openapi.json", "operations": ["health"]}
    api = await made(client, "/openapi-tools", body)
    assert api["base_url"] == other + "/"
    assert (await client.post(f"/openapi-tools/{api['id']}/refresh")).status_code == 200
    refused = await client.put(f"/openapi-tools/{api['id']}", json={"url": f"{other}/health"})
    assert (refused.status_code, refused.json()["code"]) == (422, "openapi_invalid")
    closed = await client.post("/openapi-tools", json={"name": "x", "url": "http://169.254.169.254/o.json"})
    assert (closed.status_code, closed.json()["code"]) == (422, "egress_blocked")
    assert (await client.post("/openapi-tools", json={"name": "x"})).status_code == 422
