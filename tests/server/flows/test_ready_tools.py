"""Ready tools, each in a flow over HTTP against a stand-in on loopback."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from tests.conftest import SERVER, new_database
from tests.ports import lasting_port
from tests.runtimes.fake_openai import FakeOpenAI, Reply, ScriptedCall
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.flows.test_tools import create, execute, graph
from tests.server.stand_ins import MailServer, Services

EXAMPLES = Path(__file__).parents[3] / "examples" / "extras"
SECRET = "tiger-lily+and/thirty=otters"
OTTERS = {"url": "https://example.com/otters", "title": "Otters", "text": "They eat urchins."}


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    made = Services()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def served(
    services: Services,
    mail: MailServer,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("ready")
    offered = folder / "offered"
    offered.mkdir()
    shop = sqlite3.connect(offered / "shop.db")
    shop.executescript(
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total REAL, note BLOB);"
        "INSERT INTO orders VALUES (1, 'Ada', 3.5, x'00ff'), (2, 'Bob', 4, NULL), (3, 'Ada', 5, NULL);"
    )
    shop.close()
    sample = sqlite3.connect(offered / "sample-shop.db")
    sample.executescript((EXAMPLES / "sample-shop.sql").read_text("utf-8"))
    sample.close()
    (folder / "secret.db").write_bytes((offered / "shop.db").read_bytes())
    (offered / "link.db").symlink_to(folder / "secret.db")
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, folder), folder),
        egress_allow=[services.at, f"127.0.0.1:{mail.port}", SERVER.rpartition("@")[2]],
        sql_dir=str(offered),
        openai_base_url=f"http://127.0.0.1:{lasting_port()}/v1",
        openai_api_key="k",
    )
    running = Running(settings).start()
    yield running
    running.stop()


@pytest.fixture
async def client(served: Running) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(served, await make_key(served.settings, "default")) as client:
        yield client


async def used(client: httpx.AsyncClient, tool: dict[str, Any] | str, **arguments: Any) -> dict[str, Any]:
    """Return a run of a flow that uses a tool."""
    drawn = graph("tool", tool=tool, arguments=arguments)
    return await execute(client, await create(client, "/agentflows", name="T", graph_definition=drawn))


async def credential(client: httpx.AsyncClient, name: str, at: str, **more: Any) -> None:
    body = {"name": name, "kind": "bearer", "hosts": [at], "secret": SECRET, **more}
    made = await client.post("/credentials", json=body)
    assert made.status_code in (201, 409), made.text


async def test_the_web_is_searched_by_each_service(client: httpx.AsyncClient, services: Services) -> None:
    await credential(client, "tavily", services.at)
    await credential(client, "brave", services.at, kind="header", field="X-Subscription-Token")
    for service, asked in (
        ("searxng", {"method": "GET", "query": {"q": "sea otters", "format": "json"}, "body": None}),
        ("brave", {"method": "GET", "query": {"q": "sea otters", "count": "2"}, "body": None}),
        ("tavily", {"method": "POST", "query": {}, "body": {"query": "sea otters", "max_results": 2}}),
    ):
        tool = {"name": "web_search", "service": service, "url": f"http://{services.at}/{service}"}
        named = {} if service == "searxng" else {"credential": service}
        run = await used(client, {**tool, **named, "max_results": 2}, query="sea otters")
        assert run["output"] == {"sources": [OTTERS] * (1 if service == "brave" else 2)}
        heard = services.heard[-1]
        assert {name: heard[name] for name in asked} == asked
        shown = f"{heard['headers'].get('authorization')} {heard['headers'].get('x-subscription-token')}"
        assert (SECRET in shown) is bool(named)
    failed = await used(
        client, {"name": "web_search", "service": "searxng", "url": f"http://{services.at}/none"}, query="x"
    )
    assert "The service answered 404: nothing here" in failed["error"]


async def test_a_page_is_read_as_markdown_in_parts(client: httpx.AsyncClient, services: Services) -> None:
    run = await used(client, "read_page", url=f"http://{services.at}/page")
    assert (
        run["output"]["content"] == "# Otters\n\nThey eat **urchins**.\n\n| Day    |\n| ------ |\n| Monday |"
    )
    assert run["output"]["sources"] == [{"url": f"http://{services.at}/page", "title": "Otters & us"}]
    part = {"name": "read_page", "max_chars": 100}
    run = await used(client, part, url=f"http://{services.at}/long", start=450)
    assert (run["output"]["content"], "next" in run["output"]) == ("0123456789" * 5, False)
    run = await used(client, part, url=f"http://{services.at}/long")
    assert (run["output"]["next"], run["output"]["length"]) == (100, 500)
    for tool, url, said in (
        ("read_page", f"http://{services.at}/picture", "its type is image/png"),
        ("read_page", f"http://{services.at}/moved", "is closed to flows"),
        ("read_page", "http://127.0.0.1:9/", "is closed to flows"),
        ("read_page", "file:///etc/passwd", "Expected http(s)"),
        ({"name": "read_page", "hosts": ["example.com"]}, f"http://{services.at}/page", "Only pages of"),
    ):
        run = await used(client, tool, url=url)
        assert said in run["error"], run


async def test_json_is_queried(client: httpx.AsyncClient) -> None:
    data = {"orders": [{"n": 2}, {"n": 3}]}
    assert (await used(client, "query_json", data=data, query="sum(pluck(data.orders, 'n'))"))["output"] == 5
    assert "no JSON" in (await used(client, "query_json", data="{", query="data"))["error"]
    deep = await used(client, "query_json", data="[" * 20_000, query="data")
    assert deep["error"] == "'data' nests too deep to be read."


SHOP = {"dialect": "sqlite", "database": "shop.db"}


async def test_a_sqlite_file_is_read(client: httpx.AsyncClient) -> None:
    tables = (await used(client, {"name": "sql_schema", **SHOP}))["output"]["tables"]
    assert tables == {"orders": {"id": "INTEGER", "customer": "TEXT", "total": "REAL", "note": "BLOB"}}
    query = "WITH a AS (SELECT * FROM orders) SELECT customer, sum(total) AS total FROM a GROUP BY 1"
    run = await used(client, {"name": "sql", **SHOP}, query=query)
    assert run["output"] == {"columns": ["customer", "total"], "rows": [["Ada", 8.5], ["Bob", 4.0]]}
    run = await used(client, {"name": "sql", **SHOP, "max_rows": 1}, query="SELECT note FROM orders")
    assert run["output"] == {"columns": ["note"], "rows": [["AP8="]], "more": True}


@pytest.mark.threat("R-14")
@pytest.mark.threat("Q-06")
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("DELETE FROM orders", "Only reading"),
        ("INSERT INTO orders VALUES (9, 'x', 1, NULL)", "Only reading"),
        ("DROP TABLE orders", "Only reading"),
        ("CREATE TABLE x (y)", "Only reading"),
        ("ATTACH '../secret.db' AS s", "Only reading"),
        ("PRAGMA query_only = OFF", "Only reading"),
        ("VACUUM INTO '/tmp/copy.db'", "Only reading"),
        ("BEGIN", "Only reading"),
        ("SELECT load_extension('x')", "Only reading"),
        ("SELECT 1; SELECT 2", "one statement"),
        ("SELECT * FROM nowhere", "no such table"),
        ("SELECT randomblob(1000000000)", "too big"),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
            "longer than 0.3 seconds",
        ),
    ],
)
async def test_a_statement_that_does_more_is_refused(
    client: httpx.AsyncClient, query: str, said: str
) -> None:
    run = await used(client, {"name": "sql", **SHOP, "seconds": 0.3}, query=query)
    assert (run["success"], said in run["error"]) == (False, True), run


@pytest.mark.threat("Q-03")
async def test_only_files_of_the_operators_folder_are_read(client: httpx.AsyncClient) -> None:
    for name in ("../secret.db", "link.db", "/etc/passwd", "none.db", ".", "shop.db?mode=rw"):
        run = await used(client, {"name": "sql", "dialect": "sqlite", "database": name}, query="SELECT 1")
        assert "There is no database" in run["error"], run


async def test_postgresql_is_read_by_a_credential(client: httpx.AsyncClient) -> None:
    user, _, at = SERVER.rpartition("@")
    host, _, port = at.partition(":")
    name, _, password = user.partition(":")
    try:
        own = await asyncpg.connect(f"postgresql://{SERVER}/postgres")
    except OSError:
        pytest.skip("PostgreSQL does not answer")
    await own.close()
    secret = password or SECRET
    await credential(client, "pg", at, kind="basic", field=name, secret=secret)
    source = {"dialect": "postgresql", "database": "postgres", "host": host, "port": int(port)}
    tool = {"name": "sql", **source, "credential": "pg", "seconds": 1}
    run = await used(client, tool, query="SELECT 1 AS a, 1.50 AS b, ARRAY[1, 2] AS c, now() - now() AS d")
    assert run["output"] == {"columns": ["a", "b", "c", "d"], "rows": [[1, "1.50", [1, 2], "0:00:00"]]}
    for query, said in (
        ("CREATE TABLE agenticrag_written (x int)", "Only reading"),
        ("SELECT 1; SELECT 2", "multiple commands"),
        ("SELECT pg_sleep(30)", "longer than 1"),
        ("SELECT nothing", "does not exist"),
    ):
        run = await used(client, tool, query=query)
        assert said in run["error"], run
    await credential(client, "pg-else", "db.example.com:5432", kind="basic", field=name, secret=secret)
    run = await used(client, {**tool, "credential": "pg-else"}, query="SELECT 1")
    assert "may not go to" in run["error"]


async def test_a_mail_is_sent_after_approval(client: httpx.AsyncClient, mail: MailServer) -> None:
    tool = {
        "name": "send_email",
        "host": "127.0.0.1",
        "port": mail.port,
        "encryption": "none",
        "sender": "bot@example.com",
        "recipients": ["@example.com"],
    }
    written = {"to": ["ada@example.com"], "subject": "Grüße", "text": "All is well.\n.\nBye"}
    run = await used(client, tool, **written)
    assert mail.mails == []
    (asked,) = run["inputs"]
    body = {"action": "approve", "input_id": asked["input_id"]}
    answer = await client.post(f"/executions/{run['execution_id']}/respond", json=body)
    assert answer.status_code in (200, 202), answer.text
    for _ in range(200):
        if mail.mails:
            break
        await asyncio.sleep(0.05)
    (sent,) = mail.mails
    assert (sent["from"], sent["to"]) == ("bot@example.com", ["ada@example.com"])
    assert "Subject: =?utf-8?" in sent["text"]
    assert "\nDate: " in sent["text"]
    assert "Bye" in sent["text"]
    free = {**tool, "approval": False}
    for to, subject, said in (
        ("eve@evil.example", "x", "Mails may go to @example.com only"),
        ("ada@example.com\nBcc: eve@evil.example", "x", "is no mail address"),
        ("ada@example.com", "x\nBcc: eve@evil.example", "cannot be sent"),
        ("nobody@example.com", "x", "refused nobody@example.com"),
    ):
        run = await used(client, free, to=[to], subject=subject, text="x")
        assert said in run["error"], run
    closed = await used(client, {**free, "port": 9}, **written)
    assert "is closed to flows" in closed["error"]
    assert len(mail.mails) == 1


async def test_messages_are_posted(client: httpx.AsyncClient, services: Services) -> None:
    await credential(client, "slack", services.at)
    slack = {"name": "post_slack", "url": f"http://{services.at}/slack", "credential": "slack"}
    assert (await used(client, {**slack, "channel": "C1"}, text="Ready"))["output"] == {"posted": "17.1"}
    heard = services.heard[-1]
    assert (heard["body"], heard["headers"]["authorization"]) == (
        {"channel": "C1", "text": "Ready"},
        f"Bearer {SECRET}",
    )
    assert "channel_not_found" in (await used(client, {**slack, "channel": "C2"}, text="x"))["error"]
    schema = {"properties": {"title": {"type": "string"}}, "required": ["title"]}
    hook = {"name": "post_webhook", "url": f"http://{services.at}/hook", "body_schema": schema}
    assert (await used(client, hook, title="Paper"))["output"] == {"status": 201, "body": {"id": 7}}
    assert services.heard[-1]["body"] == {"title": "Paper"}
    assert "title" in (await used(client, hook, name="x"))["error"]


async def test_the_examples_answer_from_a_database_and_from_the_web(
    served: Running, client: httpx.AsyncClient, services: Services
) -> None:
    query = (
        "SELECT name, SUM(total) AS spent FROM orders JOIN customers ON customers.id = customer_id "
        "WHERE status <> 'returned' GROUP BY name ORDER BY spent DESC LIMIT 1"
    )
    page = f"http://{services.at}/page"
    cases: list[tuple[str, list[tuple[str, dict[str, Any]]], list[str]]] = [
        ("ask-a-database", [("sql_schema", {}), ("sql", {"query": query})], ["ordered_on", "107.15"]),
        ("web-researcher", [("web_search", {"query": "otters"}), ("read_page", {"url": page})], ["urchins"]),
    ]
    fake = FakeOpenAI()
    await fake.start(int(served.settings.openai_base_url.rpartition(":")[2].removesuffix("/v1")))
    try:
        for name, calls, told in cases:
            text = (EXAMPLES / f"{name}.json").read_text("utf-8")
            document = json.loads(text.replace("127.0.0.1:8888/search", f"{services.at}/searxng"))
            del document["flow_type"]
            document["chat_config"] |= {"llm_provider": "openai", "llm_model": "m"}
            made = await client.post("/chatflows", json=document)
            assert made.status_code == 201, made.text
            asked = [ScriptedCall(name=one, arguments=json.dumps(given)) for one, given in calls]
            fake.script(*(Reply(tool_calls=[one]) for one in asked), Reply(text="Call 010-1234-5678."))
            answer = await client.post(
                f"/chatflow/workflows/{made.json()['id']}/chat", json={"message": "Please look it up."}
            )
            masked = "guardrails" in document["chat_config"]
            shown = "Call [phone]." if masked else "Call 010-1234-5678."
            assert answer.json()["response"] == shown, answer.text
            seen = f"{[one for one in fake.log[-1].body['messages'] if one['role'] == 'tool']}"
            assert all(word in seen for word in told), seen
            assert bool(answer.json()["citations"]) is masked
    finally:
        await fake.stop()
