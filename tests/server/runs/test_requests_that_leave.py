"""Requests that leave: every field that takes an address, held against every way in which one is misused."""

import asyncio
import gzip
import json
import random
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import psutil
import pytest

from graphs.model_api.model_interface import ModelError
from graphs.model_calls import ModelSettings, open_models
from graphs.nodes import decode_node, describe
from graphs.outbound.egress import Egress
from graphs.outbound.http_messages import EgressError, EgressRules, Outbound
from graphs.parsing.web_address import WebAddressError, read_address
from graphs.testing.scripted_context import ScriptedContext
from graphs.tool.tool_type import ToolContext, ToolError
from graphs.toolbox.toolbox import Toolbox
from graphs.tools import ToolEntryError, describe_tools, read_tool
from graphs.values.node_error import NodeError
from persistence.library.flows import Flows
from persistence.storage.database import open_database
from server.app import document
from server.settings.sources import Settings
from tests.conftest import new_database
from tests.fuzzing import cases
from tests.graphs.nodes.test_nodes import view
from tests.graphs.outbound.test_egress import CLOSED, reply, resolve, served
from tests.graphs.providers.heard import Heard, ask
from tests.runtimes.fake_openai import FakeOpenAI
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.echo import Echo
from tests.server.flows.test_tools import create, execute, graph

MODEL = {"provider": "openai", "model": "m", "prompt": "Hello"}
FORMS = [*CLOSED.split(), "http://127.0.0.1\t", "http://\n127.0.0.1", "http://127.0.0.1 "]
WORDS = re.compile(
    r"url|uri|host|endpoint|webhook|image|link|issuer|jwks|proxy|callback|domain", re.IGNORECASE
)

Ask = Callable[[httpx.AsyncClient, str], Awaitable[str]]
"""Has the server use an address in one field, and returns what came of it."""


def drawn(type: str, field: str = "base_url", **data: Any) -> Ask:
    async def probe(client: httpx.AsyncClient, url: str) -> str:
        flow = graph(type, **{**data, field: url})
        made = await client.post("/agentflows", json={"name": "F", "graph_definition": flow})
        return json.dumps(await execute(client, made.json())) if made.status_code == 201 else made.text

    return probe


async def tool(client: httpx.AsyncClient, url: str) -> str:
    entry = {"name": "http_request", "base_url": url + "/"}
    return await drawn("tool", "tool", arguments={"path": "x"})(client, entry)  # type: ignore[arg-type]


def ready(field: str, name: str, *, host: bool = False, **arguments: Any) -> Ask:
    """Have a tool of the server use an address in a field of its configuration."""
    config = {"name": name, **READY[name]}

    async def probe(client: httpx.AsyncClient, url: str) -> str:
        parts = urlsplit(url)
        secret = {"name": name, "kind": "basic", "field": "u", "hosts": [parts.netloc], "secret": "s" * 8}
        await client.post("/credentials", json=secret)
        given = {"host": parts.hostname, "port": parts.port} if host else {field: url}
        return await drawn("tool", "tool", arguments=arguments)(client, {**config, **given})  # type: ignore[arg-type]

    return probe


async def moderated(client: httpx.AsyncClient, url: str) -> str:
    flow = graph("guardrail", text="x", moderation={"url": url})
    flow["edges"][1:] = [
        {"id": outlet, "source": "n", "sourceHandle": outlet, "target": "e"}
        for outlet in ("passed", "blocked")
    ]
    made = await create(client, "/agentflows", name="F", graph_definition=flow)
    return json.dumps(await execute(client, made))


async def guarded(client: httpx.AsyncClient, url: str) -> str:
    config = {"llm_provider": "demo", "llm_model": "demo"}
    config["guardrails"] = {"input": {"moderation": {"url": url}}}  # type: ignore[assignment]
    made = await create(client, "/chatflows", name="G", chat_config=config)
    return (await client.post(f"/chatflow/workflows/{made['id']}/chat", json={"message": "Hi"})).text


async def page(client: httpx.AsyncClient, url: str) -> str:
    return await drawn("tool", "arguments", tool="read_page")(client, {"url": url})  # type: ignore[arg-type]


async def page_of(client: httpx.AsyncClient, url: str) -> str:
    named = {"name": "read_page", "hosts": [urlsplit(url).hostname]}
    return await drawn("tool", "tool", arguments={"url": url})(client, named)  # type: ignore[arg-type]


READY: dict[str, dict[str, Any]] = {
    "sql": {"dialect": "postgresql", "database": "d", "credential": "sql"},
    "sql_schema": {"dialect": "postgresql", "database": "d", "credential": "sql_schema"},
    "web_search": {"service": "searxng"},
    "send_email": {"encryption": "none", "sender": "a@example.com", "approval": False},
    "post_slack": {"channel": "C", "credential": "post_slack"},
    "post_webhook": {},
}
MAIL = {"to": ["a@example.com"], "subject": "s", "text": "t"}


async def classified(client: httpx.AsyncClient, url: str) -> str:
    flow = graph("classify", **MODEL, classes=[{"name": "a"}, {"name": "b"}], base_url=url)
    flow["edges"][1:] = [
        {"id": outlet, "source": "n", "sourceHandle": outlet, "target": "e"} for outlet in ("a", "b", "other")
    ]
    return json.dumps(
        await execute(client, await create(client, "/agentflows", name="F", graph_definition=flow))
    )


async def chat(client: httpx.AsyncClient, url: str) -> str:
    config = {"provider": "openai", "model": "m", "base_url": url, "api_key": "a-key-of-mine"}
    return (await client.post("/chatflow/chat", json={"message": "Hello", "config": config})).text


async def chatflow(client: httpx.AsyncClient, url: str) -> str:
    config = {"llm_provider": "openai", "llm_model": "m", "base_url": url}
    flow = await create(client, "/chatflows", name="C", chat_config=config)
    return (await client.post(f"/chatflow/workflows/{flow['id']}/chat", json={"message": "Hello"})).text


async def embedded(client: httpx.AsyncClient, url: str) -> str:
    flow = await create(client, "/chatflows", name="C", chat_config={})
    body = {"chatflow_id": flow["id"], "allowed_domains": [url]}
    answer = await client.post("/embed", json=body)
    assert answer.status_code == 200, answer.text
    return answer.text


async def credential(client: httpx.AsyncClient, url: str) -> str:
    body = {"name": url, "kind": "bearer", "hosts": [urlsplit(url).netloc], "secret": "tiger-lily"}
    return (await client.post("/credentials", json=body)).text


def connected(change: bool) -> Ask:
    async def probe(client: httpx.AsyncClient, url: str) -> str:
        name = f"c{uuid.uuid4().hex}"
        body = {"name": name, "provider": "openai", "base_url": "" if change else url}
        made = await client.post("/connections", json=body)
        if made.status_code == 201 and change:
            made = await client.put(f"/connections/{made.json()['id']}", json={"base_url": url})
        if made.status_code not in (200, 201):
            return made.text
        config = {"connection": name, "model": "m"}
        return (await client.post("/chatflow/chat", json={"message": "Hello", "config": config})).text

    return probe


def mcp_server(change: bool = False, oauth: bool = False) -> Ask:
    """Store an MCP server and ask it for its tools."""

    async def probe(client: httpx.AsyncClient, url: str) -> str:
        name = f"s{uuid.uuid4().hex[:20]}"
        elsewhere = "https://mcp.invalid/mcp"
        body: dict[str, Any] = {"name": name, "url": elsewhere if change or oauth else url}
        if oauth:
            hosts = [urlsplit(url).netloc, "mcp.invalid"]
            secret = {"name": name, "kind": "basic", "field": "u", "hosts": hosts, "secret": "tiger-lily"}
            made = await client.post("/credentials", json=secret)
            assert made.status_code == 201, made.text
            body["oauth"] = {"token_url": url, "credential": name}
        made = await client.post("/mcp-servers", json=body)
        if made.status_code == 201 and change:
            made = await client.put(f"/mcp-servers/{made.json()['id']}", json={"url": url})
        if made.status_code not in (200, 201):
            return made.text
        return (await client.post(f"/mcp-servers/{made.json()['id']}/check")).text

    return probe


def api(field: str, *, change: bool = False) -> Ask:
    """Store an API whose document, or whose requests, are at an address."""

    async def probe(client: httpx.AsyncClient, url: str) -> str:
        document = {"openapi": "3.1.0", "paths": {"/x": {"get": {"operationId": "x"}}}}
        name = f"a{uuid.uuid4().hex[:20]}"
        body: dict[str, Any] = {"name": name, "document": document, "operations": ["x"]}
        if not change:
            body = {**body, field: url}
        if field == "url" and not change:
            del body["document"]
        made = await client.post("/openapi-tools", json=body)
        if made.status_code == 201 and change:
            made = await client.put(f"/openapi-tools/{made.json()['id']}", json={field: url})
        if made.status_code not in (200, 201) or field == "url":
            return made.text
        entry = {"name": "openapi", "api": name, "operation": "x"}
        return await drawn("tool", "tool", arguments={})(client, entry)  # type: ignore[arg-type]

    return probe


async def fetched(client: httpx.AsyncClient, url: str) -> str:
    """Add a document by its URL, and return what became of it."""
    base = {"name": f"b{uuid.uuid4().hex}", "embedding": {"provider": "demo"}}
    made = await client.post("/knowledge-bases", json=base)
    path = f"/knowledge-bases/{made.json()['id']}/documents"
    added = await client.post(path, json={"name": "page", "url": url})
    if added.status_code != 202:
        return added.text
    for _ in range(200):
        document = await client.get(f"{path}/{added.json()['id']}")
        if document.json()["status"] == "failed":
            return document.text
        await asyncio.sleep(0.05)
    raise AssertionError("The document neither failed nor was fetched.")


def target(field: str, *, change: bool = False) -> Ask:
    async def ask(client: httpx.AsyncClient, url: str) -> str:
        host, _, port = url.removeprefix("http://").partition(":")
        mail = {"host": host, "port": int(port), "to": "a@example.com", "sender": "b@example.com"}
        said: Any = {"mail": mail} if field == "mail" else {"url": url}
        if not change:
            return (await client.post("/webhook-targets", json=said)).text
        made = await client.post("/webhook-targets", json={"url": "https://receiver.invalid/"})
        assert made.status_code == 201, made.text
        return (await client.put(f"/webhook-targets/{made.json()['id']}", json=said)).text

    return ask


ASKED: dict[str, Ask] = {
    "node llm.base_url": drawn("llm", **MODEL),
    "node agent.base_url": drawn("agent", **MODEL),
    "node classify.base_url": classified,
    "node decide.base_url": drawn(
        "decide", **MODEL, choices=[{"outlet": "a"}, {"outlet": "b"}], branch=False
    ),
    "node http_request.url": drawn("http_request", "url"),
    "node guardrail Moderation.url": moderated,
    "body Moderation.url": guarded,
    "tool http_request.base_url": tool,
    "tool sql.host": ready("host", "sql", host=True, query="SELECT 1"),
    "tool sql_schema.host": ready("host", "sql_schema", host=True),
    "tool web_search.url": ready("url", "web_search", query="x"),
    "tool read_page.hosts": page_of,
    "arguments of read_page.url": page,
    "tool send_email.host": ready("host", "send_email", host=True, **MAIL),
    "tool post_slack.url": ready("url", "post_slack", text="x"),
    "tool post_webhook.url": ready("url", "post_webhook"),
    "body ChatOptions.base_url": chat,
    "body ChatSettings.base_url": chatflow,
    "body NewCredential.hosts": credential,
    "body CredentialChange.hosts": credential,
    "body NewEmbed.allowed_domains": embedded,
    "body NewConnection.base_url": connected(change=False),
    "body ConnectionChange.base_url": connected(change=True),
    "body NewMCPServer.url": mcp_server(),
    "body MCPServerChange.url": mcp_server(change=True),
    "body OAuthSettings.token_url": mcp_server(oauth=True),
    "body NewTarget.url": target("url"),
    "body TargetChange.url": target("url", change=True),
    "body MailRoute.host": target("mail"),
    "body NewAPI.url": api("url"),
    "body NewAPI.base_url": api("base_url"),
    "body APIChange.url": api("url", change=True),
    "body APIChange.base_url": api("base_url", change=True),
    "body NewDocumentRequest.url": fetched,
}
"""Fields that flows and requests fill in."""
OPERATORS = {
    "host": "what the server listens on",
    "metrics_host": "what it listens on for scrapes",
    "database_url": "the database",
    "redis_url": "the operator's Redis",
    "queue_url": "the operator's queue of runs",
    "worker_host": "what a worker listens on",
    "allowed_hosts": "names that the server answers to",
    "otel_endpoint": "where traces go: no redirects are followed",
    "openai_base_url": "where models are: no redirects are followed",
    "ollama_base_url": "where models are: no redirects are followed",
    "anthropic_base_url": "where models are: no redirects are followed",
    "rerank_base_url": "where the reranker is: no redirects are followed",
    "allowed_base_urls": "a list that is compared with",
    "jwt_jwks_url": "asked by the egress, which stays at its origin",
    "jwt_issuer": "a word that is compared with",
    "public_url": "what browsers call the server: authorization servers compare it",
}
"""Settings: the operator's own, and why a flow has no part in them."""


def named() -> set[str]:
    """Return every field whose name speaks of an address: of node types, tools, requests and settings."""
    found: set[str] = set()

    def look(prefix: str, schema: dict[str, Any]) -> None:
        found.update(f"{prefix}.{name}" for name in schema.get("properties", {}) if WORDS.search(name))

    for node in describe():
        look(f"node {node.type}", node.schema)
        for name, schema in node.schema.get("$defs", {}).items():
            look(f"node {node.type} {name}", schema)
    for one in describe_tools():
        look(f"tool {one.name}", one.config)
        look(f"arguments of {one.name}", one.parameters)
    described = json.loads(document())
    schemas = described["components"]["schemas"]
    waiting = [
        name
        for item in described["paths"].values()
        for operation in item.values()
        for name in references(operation.get("requestBody", {}))
    ]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            look(f"body {name}", schemas[name])
            waiting += references(schemas[name])
    for path, item in described["paths"].items():
        for operation in item.values():
            found.update(
                f"parameter {path} {parameter['name']}"
                for parameter in operation.get("parameters", [])
                if WORDS.search(re.sub(r"webhook_(target_)?id$", "", parameter["name"]))
            )
    return found


def is_amount(value: Any) -> bool:
    """Say whether a setting is a number: no address is one."""
    return isinstance(value, int | float)


def references(schema: Any) -> list[str]:
    return re.findall(r"#/components/schemas/(\w+)", json.dumps(schema))


@pytest.fixture(scope="module")
def canary() -> Iterator[Echo]:
    service = Echo()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def closed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that lets flows ask nobody in its network."""
    folder = tmp_path_factory.mktemp("closed")
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, folder), folder),
        openai_base_url="http://127.0.0.1:9/v1",
        allowed_base_urls=["https://models.example.com/v1"],
    )
    running = Running(settings).start()
    yield running
    running.stop()


@pytest.fixture
async def client(closed: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(closed, await make_key(closed.settings, "default")) as client:
        yield client


@pytest.mark.threat("S-07")
def test_every_field_that_takes_an_address_is_held_against_the_list() -> None:
    assert named() == ASKED.keys()
    values = {name: getattr(Settings(), name) for name in Settings.__struct_fields__}
    settings = {name for name, value in values.items() if WORDS.search(name) and not is_amount(value)}
    assert settings == OPERATORS.keys()


@pytest.mark.threat("S-01")
@pytest.mark.parametrize("field", ASKED)
async def test_no_field_leads_into_the_servers_network(
    client: httpx.AsyncClient, canary: Echo, field: str
) -> None:
    told = await ASKED[field](client, f"http://{canary.at}")
    if not re.search(
        "Credential|Embed|OAuth", field
    ):  # a token is fetched only after a server has asked for it
        assert re.search(r"closed to flows|is not allowed here", told), told
    assert canary.heard == []


@pytest.mark.threat("S-01")
@pytest.mark.threat("S-02")
async def test_every_spelling_of_a_closed_address_is_closed_to_nodes_tools_and_models() -> None:
    assert len(FORMS) >= 60
    toolbox = Toolbox(egress=Egress(resolve=resolve))
    given = ToolContext(
        execution_id="e", session_id="s", node="n", idempotency_key="k", egress=toolbox.egress
    )
    settings = ModelSettings(allowed_base_urls=("https://models.example.com",))
    went: dict[str, str] = {}
    async with open_models(settings, resolve=resolve) as models:
        for form in FORMS:
            node = decode_node("http_request", {"url": form})
            went[f"node {form!r}"] = await refusal(node.run(view(), ScriptedContext(toolbox=toolbox)))
            went[f"tool {form!r}"] = await refusal(use_tool_at(form, given))
            for provider in ("openai", "ollama"):
                asked = ask(provider=provider, base_url=form)
                went[f"{provider} {form!r}"] = await refusal(models.answer(asked, Heard()))
    refused = {"egress_blocked", "bad_url", "bad_request", "bad_tool"}
    assert {what: how for what, how in went.items() if how not in refused} == {}


async def use_tool_at(base_url: str, given: ToolContext) -> Any:
    tool = read_tool({"name": "http_request", "base_url": base_url.rstrip("/") + "/"})
    return await tool.run({"path": "x"}, given)


async def refusal(work: Awaitable[Any]) -> str:
    """Return the code that an attempt failed with; what it gave where it did not."""
    try:
        return f"It went: {await work}"
    except (NodeError, ModelError) as error:
        return error.code
    except ToolEntryError:
        return "bad_tool"
    except ToolError as error:
        cause = error.__cause__
        return cause.code if isinstance(cause, EgressError) else "bad_tool"


NAMES = {
    "loopback.test": ["127.0.0.1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "nat.test": ["64:ff9b::7f00:1"],
    "cloud.test": ["169.254.169.254"],
    "office.test": ["10.1.2.3"],
    "both.test": ["1.1.1.1", "192.168.0.1"],
    "local.test": ["fe80::1%eth0"],
}


@pytest.mark.threat("S-07")
@pytest.mark.parametrize("provider", ["openai", "langchain", "ollama"])
async def test_an_allowed_name_of_a_model_server_that_leads_inside_is_refused(provider: str) -> None:
    async with FakeOpenAI() as fake:
        port = urlsplit(fake.url).port

        async def lead(host: str, port: int) -> Sequence[str]:
            return NAMES[host]

        settings = ModelSettings(
            allowed_base_urls=tuple(f"http://{name}:{port}/v1" for name in NAMES),
            openai_transport="langchain" if provider == "langchain" else "direct",
        )
        async with open_models(settings, resolve=lead) as models:
            for name in NAMES if provider == "openai" else ("loopback.test", "both.test"):
                asked = ask(
                    provider="ollama" if provider == "ollama" else "openai",
                    base_url=f"http://{name}:{port}/v1",
                )
                with pytest.raises(ModelError, match="closed to flows") as refused:
                    await models.answer(asked, Heard(), api_key="a-key-of-mine")
                assert (refused.value.code, refused.value.error_class) == ("egress_blocked", "bad_request")
        assert fake.connections == 0


@pytest.mark.threat("S-04")
@pytest.mark.parametrize("transport", ["direct", "langchain"])
async def test_a_model_servers_name_is_resolved_once_a_request(transport: Any) -> None:
    async with FakeOpenAI() as fake:
        port = urlsplit(fake.url).port
        asked: list[str] = []

        async def turning(host: str, port: int) -> Sequence[str]:
            asked.append(host)
            return [["127.0.0.1"], ["10.255.255.1"]][len(asked) > 1]

        settings = ModelSettings(
            allowed_base_urls=(f"http://turning.test:{port}/v1",),
            egress=EgressRules(allow=(f"turning.test:{port}",)),
            openai_transport=transport,
        )
        async with open_models(settings, resolve=turning) as models:
            url = f"http://turning.test:{port}/v1"
            answer = await models.answer(ask(base_url=url), Heard(), api_key="a-key-of-mine")
        assert answer.content
        assert asked == ["turning.test"]
        assert fake.log[0].headers["host"] == f"turning.test:{port}"


@pytest.mark.threat("S-03")
@pytest.mark.parametrize("provider", ["openai", "langchain", "ollama"])
async def test_a_model_server_cannot_send_a_request_on(canary: Echo, provider: str) -> None:
    heard = len(canary.heard)
    to = f"http://{canary.at}/v1/chat/completions"
    for status in (302, 307):
        async with served(lambda line, headers, body, status=status: reply(status=status, location=to)) as (
            port,
            asked,
        ):
            url = f"http://127.0.0.1:{port}/v1"
            settings = ModelSettings(
                allowed_base_urls=(url,),
                max_attempts=1,
                openai_transport="langchain" if provider == "langchain" else "direct",
            )
            asked_for = ask(provider="ollama" if provider == "ollama" else "openai", base_url=url)
            async with open_models(settings) as models:
                with pytest.raises(ModelError):
                    await models.answer(asked_for, Heard(), api_key="a-key-of-mine")
            # Ollama is asked for its context too, at the same address.
            assert len(asked) == (2 if provider == "ollama" else 1)
    assert len(canary.heard) == heard


@pytest.mark.threat("S-03")
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_a_collector_of_traces_cannot_send_them_on(
    settings: Settings, start: Callable[[Settings], Running], canary: Echo
) -> None:
    heard = len(canary.heard)
    to = f"http://{canary.at}/v1/traces"
    async with served(lambda line, headers, body: reply(status=307, location=to)) as (port, asked):
        server = start(
            msgspec.structs.replace(
                settings,
                otel_endpoint=f"http://127.0.0.1:{port}/v1/traces",
                otel_headers=["X-Collector-Key=tiger-lily"],
            )
        )
        async with connect(server, await make_key(settings, "default")) as client:
            assert (await client.post("/chatflow/chat", json={"message": "Hello"})).json()["success"] is True
        for _ in range(100):
            if asked:
                break
            await asyncio.sleep(0.1)
        server.stop()
    assert asked[0].startswith("POST /v1/traces")
    assert len(canary.heard) == heard


@pytest.mark.threat("S-06")
async def test_a_stored_address_is_looked_at_when_it_is_asked(
    client: httpx.AsyncClient, closed: Running, canary: Echo
) -> None:
    bad = graph("http_request", url=f"http://{canary.at}/")
    good = graph("http_request", url="https://api.example.com/")
    flow = await create(client, "/agentflows", name="F", graph_definition=good)
    async with open_database(closed.settings.database) as database:
        flows = Flows(database)
        row = await flows.get("default", flow["id"], None)
        assert row is not None
        written = {**row.document, "graph_definition": bad}
        await flows.replace(
            "default",
            row.id,
            document=written,
            version=row.version,
            **{
                name: getattr(row, name)
                for name in ("name", "description", "tags", "category", "is_active", "is_public")
            },
        )
    imported = await client.post(
        "/flows/import", json={"flow_type": "agentflow", "name": "I", "graph_definition": bad}
    )
    drawn = await client.get(f"/agentflows/{flow['id']}/graph")
    assert (imported.status_code, imported.json()["imported"], drawn.status_code < 500) == (200, True, True)
    assert canary.heard == [], "Reading, checking, importing and drawing ask nobody."
    for id in (flow["id"], imported.json()["id"]):
        assert "closed to flows" in (await execute(client, {"id": id}))["error"]
    assert canary.heard == []


@pytest.mark.threat("S-05")
def test_two_readers_of_an_address_agree_or_it_is_refused() -> None:
    parts = [
        *(
            "http://",
            "https://",
            "HTTP:",
            "//",
            "/",
            "\\",
            "@",
            ":",
            "#",
            "?",
            "%",
            "[",
            "]",
            "::1",
            "..",
            ".",
        ),
        *(
            "127.0.0.1",
            "a.test",
            "b.test",
            "80",
            "8080",
            "0x7f",
            "%40",
            "%2f",
            "\t",
            " ",
            "é",
            "。",
            "x",
            "user",
        ),
    ]
    chance = random.Random(2026)
    taken = 0
    for _ in range(cases(30_000, 10)):
        url = "http://" * (chance.random() < 0.8) + "".join(chance.choices(parts, k=chance.randint(1, 6)))
        try:
            address = read_address(url)
        except WebAddressError:
            continue
        taken += 1
        if taken % 20 == 0:
            again, other = urlsplit(address.url), httpx.URL(address.url)
            assert (again.hostname, other.raw_host.decode().strip("[]")) == (address.host, address.host), url
            assert (again.port or 0) == (other.port or 0), url
        asked = urlsplit(url)
        assert asked.hostname is not None, url
        assert asked.hostname.rstrip(".").isascii() is False or asked.hostname.rstrip(".") == address.host, (
            url
        )
    assert taken > 300


ENDLESS = {
    "body": b"x" * 65_536,
    "chunks": b"10000\r\n" + b"x" * 65_536 + b"\r\n",
    "headers": b"x-more: " + b"x" * 1_000 + b"\r\n",
    "packed": gzip.compress(b"\0" * 20_000_000),
    "after packed": b"x" * 65_536,
}
HEADS = {
    "body": b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
    "chunks": b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    "headers": b"HTTP/1.1 200 OK\r\n",
    "packed": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n",
    "after packed": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(b"x"),
    "slow": b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n",
}


@pytest.mark.threat("S-09")
@pytest.mark.parametrize("kind", HEADS)
async def test_an_answer_without_end_is_ended_in_little_memory(kind: str) -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEADS[kind])
            while True:
                writer.write(ENDLESS.get(kind, b"x"))
                await writer.drain()
                if kind == "slow":
                    await asyncio.sleep(0.1)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(flood, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = psutil.Process()
    egress = Egress(EgressRules(allow=(f"127.0.0.1:{port}",), seconds=1, max_bytes=10_000_000))
    url = f"http://127.0.0.1:{port}/v1"
    settings = ModelSettings(
        allowed_base_urls=(url,), max_attempts=1, idle_seconds=1, first_token_seconds=1, total_seconds=2
    )
    async with server, open_models(settings) as models:
        await models.warm("openai")
        await models.warm("ollama")
        before = process.memory_info().rss
        with pytest.raises(EgressError) as refused:
            await egress.fetch(Outbound(url=url))
        assert refused.value.code in ("too_large", "network", "timeout", "bad_response")
        for provider in ("openai", "ollama"):
            with pytest.raises(ModelError):
                await models.answer(ask(provider=provider, base_url=url), Heard())
        await egress.close()
        grown = process.memory_info().rss - before
    assert grown < 64 * 1024 * 1024, f"{grown:,} bytes"


@pytest.mark.threat("S-10")
async def test_the_servers_own_ports_are_closed_whatever_is_listed(tmp_path: Path) -> None:
    own = [8123, 5433, 6380, 9124]
    settings = Settings(
        port=own[0],
        metrics_port=own[3],
        metrics_host="0.0.0.0",
        database_url=f"postgresql+asyncpg://root@127.0.0.1:{own[1]}/x",
        redis_url=f"redis://localhost:{own[2]}/0",
        data_dir=str(tmp_path),
        egress_allow=[f"{host}:{port}" for port in own for host in ("localhost", "127.0.0.1", "[::1]")],
        allowed_base_urls=[f"http://127.0.0.1:{port}/v1" for port in own],
    )
    egress = Egress(settings.egress())
    for port in own:
        for host in ("localhost", "127.0.0.1", "[::1]"):
            with pytest.raises(EgressError, match="one of the server's own"):
                await egress.fetch(Outbound(url=f"http://{host}:{port}/"))
    async with open_models(settings.models()) as models:
        for port in own:
            with pytest.raises(ModelError, match="one of the server's own"):
                await models.answer(ask(provider="openai", base_url=f"http://127.0.0.1:{port}/v1"), Heard())
