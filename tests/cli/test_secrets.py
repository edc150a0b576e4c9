"""Forty secrets, a tour of all that a server does, and a look for them in what it wrote and said."""

import asyncio
import base64
import gzip
import json
import re
import secrets
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import asyncpg
import httpx
import pytest

from server.app import document
from server.settings.url_passwords import shown_url
from tests.cli.conftest import Run, Served
from tests.server.conftest import API, DEMO
from tests.server.echo import Echo
from tests.server.flows.test_tools import graph

KINDS = {"bearer": "", "header": "X-Key", "basic": "ada", "query": "key", "provider_key": ""}


class Planted:
    """The secrets, by what they are, and all that was written and said, by where."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.found: dict[str, bytes] = {}

    def secret(self, what: str) -> str:
        """Return a new secret."""
        self.secrets[what] = f"cnry+{what.replace(' ', '-')}/{secrets.token_hex(12)}="
        return self.secrets[what]

    def keep(self, where: str, what: bytes | str) -> None:
        """Keep what was written or said."""
        self.found[where] = what.encode() if isinstance(what, str) else what

    def hits(self) -> list[str]:
        """Return each secret that is anywhere, with where, in which spelling."""
        whole = b"\n".join(self.found.values())
        return [
            f"{what} in {where} ({form!r})"
            for what, secret in self.secrets.items()
            for form in spellings(secret)
            if form.encode() in whole
            for where, content in self.found.items()
            if form.encode() in content
        ]


def spellings(secret: str) -> set[str]:
    raw = secret.encode()
    forms = {secret, secret[::-1], json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret)}
    forms |= {quote_plus(secret), raw.hex(), raw.hex().upper()}
    for shift in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(b"0" * shift + raw).decode()[4 if shift else 0 : -4])
    return forms


class Collector:
    """Keeps the bytes that a collector of traces gets."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[str] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                packed = self.headers.get("content-encoding") == "gzip"
                collector.bodies.append(gzip.decompress(body) if packed else body)
                collector.headers.append(str(self.headers))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/traces"
        threading.Thread(target=self.server.serve_forever).start()


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    service = Echo()
    yield service
    service.stop()


def rows_of(url: str) -> bytes:
    """Return every row of every table of a PostgreSQL database, what is packed unpacked."""

    async def read() -> list[Any]:
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            tables = await connection.fetch(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
            )
            return [
                value
                for table in tables
                for row in await connection.fetch(f'SELECT * FROM "{table["table_name"]}"')
                for value in row.values()
            ]
        finally:
            await connection.close()

    return b"\n".join(unpacked(value) for value in asyncio.run(read()))


def unpacked(value: Any) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode()
    try:
        return value + zlib.decompress(value)
    except zlib.error:
        return value


class Tour:
    """A client that keeps every answer."""

    def __init__(self, address: str, key: str, planted: Planted) -> None:
        self._client = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        self._planted = planted
        self.ids: dict[str, set[str]] = {}

    def ask(self, method: str, path: str, *, root: bool = False, **request: Any) -> Any:
        """Ask; returns the answer's JSON, None where it is none."""
        answer = self._client.request(method, path if root else API + path, **request)
        self._planted.keep(
            f"{len(self._planted.found)}: {method} {path} {answer.status_code}",
            repr(answer.headers.multi_items()).encode() + answer.content,
        )
        assert answer.status_code != 500, answer.text
        try:
            return answer.json()
        except ValueError:
            return None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def flow(self, drawn: dict[str, Any], name: str = "F") -> dict[str, Any]:
        """Store an agentflow, run it, and have it streamed."""
        flow = self.ask("POST", "/agentflows", json={"name": name, "graph_definition": drawn})
        ran = self.ask("POST", f"/agentflows/{flow['id']}/execute", json={"input_data": {}})
        self.ids.setdefault("flow_id", set()).add(flow["id"])
        self.ids.setdefault("execution_id", set()).add(ran["execution_id"])
        return ran

    def every_get(self) -> int:
        """Ask every GET of the API, with the ids that are known; returns how many there are."""
        asked = 0
        for path, item in json.loads(document())["paths"].items():
            if "get" not in item or path.endswith("/stream") or "chat/stream" in path:
                continue
            names = re.findall(r"{(\w+)}", path)
            known = [sorted(self.ids.get(name, {"00000000-0000-4000-8000-000000000000"})) for name in names]
            most = max((len(ids) for ids in known), default=1)
            for number in range(min(most, 4)):
                filled = path
                for name, ids in zip(names, known, strict=True):
                    filled = filled.replace(f"{{{name}}}", ids[number % len(ids)])
                self.ask("GET", filled, root=True, params={"follow": "false"} if "events" in path else None)
                asked += 1
        return asked


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.threat("L-01")
@pytest.mark.threat("L-03")
@pytest.mark.threat("L-04")
@pytest.mark.threat("L-05")
@pytest.mark.threat("L-07")
def test_no_secret_is_in_anything_that_a_server_writes_or_says(
    database_url: str,
    database_kind: str,
    run: Run,
    serve: Callable[..., Served],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    echo: Echo,
    collector: Collector,
) -> None:
    planted = Planted()
    secret = planted.secret
    url = database_url
    if database_kind == "postgresql":
        password = quote(secret("database password"), safe="")
        url = re.sub(r"//([^:@/]+)(:[^@]*)?@", rf"//\1:{password}@", database_url)
        assert password not in shown_url(url)
    for name, value in {
        "AGENTICRAG_DATABASE_URL": url,
        "AGENTICRAG_LOG_LEVEL": "debug",
        "AGENTICRAG_SECRET_KEY": secret("secret key"),
        "AGENTICRAG_ENCRYPTION_KEY": secret("encryption key"),
        "AGENTICRAG_ENCRYPTION_KEYS_OLD": f"{secret('old key one')},{secret('old key two')}",
        "AGENTICRAG_METRICS_TOKEN": secret("metrics token"),
        "AGENTICRAG_OTEL_ENDPOINT": collector.url,
        "AGENTICRAG_OTEL_HEADERS": f"X-One={secret('trace header one')},X-Two={secret('trace header two')}",
        "AGENTICRAG_OTEL_CONTENT": "on",
        "AGENTICRAG_EGRESS_ALLOW": echo.at,
        "OPENAI_API_KEY": secret("operators provider key"),
        "OPENAI_BASE_URL": f"http://{echo.at}/v1",
    }.items():
        monkeypatch.setenv(name, value)
    server = serve()
    key = planted.secrets["owner api key"] = server.key
    greeted = server.greeting
    planted.secrets["second api key"] = run("keys", "create", "--name", "second").out.strip()
    tour = Tour(server.address, key, planted)
    tour_of_credentials(tour, planted, echo)
    tour_of_models(tour, planted)
    tour_of_mistakes(tour, planted, server.address)
    planted.keep(
        "scrape",
        httpx.get(
            f"{server.address}/metrics",
            headers={"Authorization": f"Bearer {planted.secrets['metrics token']}"},
        ).content,
    )
    assert b"agenticrag" in planted.found["scrape"]
    for path in ("/health", "/ready", "/schema", "/schema/openapi.json"):
        tour.ask("GET", path, root=True)
    assert tour.every_get() > 60
    tour.close()
    assert run("db", "backup", "copy").code == 0
    for command in (
        ("doctor",),
        ("credentials", "list"),
        ("keys", "list"),
        ("db", "check"),
        ("db", "current"),
    ):
        done = run(*command)
        planted.keep(f"agenticrag {' '.join(command)}", done.out + done.err)
    planted.keep("log", server.stop() + server.greeting.removeprefix(greeted))
    assert collector.bodies, "Traces came."
    planted.keep("traces", b"".join(collector.bodies))
    planted.keep("backup", (folder / "copy").read_bytes())
    if database_kind == "postgresql":
        planted.keep("database", rows_of(database_url))
    else:
        for file in folder.glob("test.db*"):
            planted.keep(file.name, file.read_bytes())
    for file in (folder / "data").iterdir():
        if file.name not in ("owner-api-key", "secret-key"):
            planted.keep(file.name, file.read_bytes() if file.is_file() else b"")
    assert len(planted.secrets) >= 40
    assert len(b"".join(planted.found.values())) > 500_000
    told = b"".join(planted.found.values())
    assert b"***" in told, "Services did repeat what they were sent."
    assert planted.hits() == []
    heard = json.dumps(echo.heard) + "".join(collector.headers)
    sent = [what for what in planted.secrets if what.startswith(("sent", "trace", "operators"))]
    unsent = [what for what in sent if not any(form in heard for form in spellings(planted.secrets[what]))]
    assert unsent == [], "What is meant for a service did reach it."


def tour_of_credentials(tour: Tour, planted: Planted, echo: Echo) -> None:
    """Store, use and change credentials of every kind, in flows that work and in flows that fail."""
    for kind, field in KINDS.items():
        for use in ("sent", "unused", "before"):
            body = {"name": f"{use} {kind}", "kind": kind, "field": field, "hosts": [echo.at]}
            made = tour.ask("POST", "/credentials", json={**body, "secret": planted.secret(f"{use} {kind}")})
            tour.ids.setdefault("credential_id", set()).add(made["id"])
            if use == "before":
                after = {"secret": planted.secret(f"after {kind}"), "hosts": [echo.at, "b.example.com"]}
                tour.ask("PUT", f"/credentials/{made['id']}", json=after)
        if kind == "provider_key":
            continue
        for path in ("json", "fail") if kind != "basic" else ("text",):
            tour.flow(graph("http_request", url=f"http://{echo.at}/{path}", credential=f"sent {kind}"))
    tool = {"name": "http_request", "base_url": f"http://{echo.at}/", "credential": "sent header"}
    tour.flow(graph("tool", tool=tool, arguments={"path": "json"}))
    tour.flow(graph("http_request", url="http://127.0.0.1:9/", credential="sent bearer"))
    tour.flow(graph("http_request", url=f"http://{echo.at}/", credential="gone"))
    again = {"name": "sent bearer", "kind": "bearer", "hosts": [echo.at]}
    tour.ask("POST", "/credentials", json={**again, "secret": planted.secret("refused name")})
    bad = {**again, "name": "x", "kind": "oauth", "secret": planted.secret("refused kind")}
    tour.ask("POST", "/credentials", json=bad)
    tour.ask("POST", "/credentials", json={**again, "name": "x", "secret": planted.secret("refused ü") + "ü"})
    tour.ask("POST", "/credentials", json={**again, "name": "x", "value": planted.secret("refused field")})


def tour_of_models(tour: Tour, planted: Planted) -> None:
    """Chat with keys of the operator, of the workspace and of the request: whole, streamed, and refused."""
    asked = {"message": "Hello", "session_id": "tour"}
    tour.ids["session_id"] = {"tour"}
    tour.ask("POST", "/chatflow/chat", json={**asked, "config": DEMO})
    for model in ("talks", "refuses"):
        for path in ("/chatflow/chat", "/chatflow/chat/stream"):
            config = {"provider": "openai", "model": model}
            tour.ask("POST", path, json={**asked, "config": config})
            own = planted.secret(f"sent own key {model} {path[-6:].strip('/')}")
            headers = {"Idempotency-Key": f"{model}{path}"}
            tour.ask("POST", path, json={**asked, "config": {**config, "api_key": own}}, headers=headers)
        chat = {"llm_provider": "openai", "llm_model": model, "credential": "sent provider_key"}
        flow = tour.ask("POST", "/chatflows", json={"name": "C", "chat_config": chat})
        tour.ids["workflow_id"] = tour.ids.get("workflow_id", set()) | {flow["id"]}
        tour.ids["flow_id"].add(flow["id"])
        for path in ("chat", "chat/stream"):
            tour.ask("POST", f"/chatflow/workflows/{flow['id']}/{path}", json=asked)
    listed = tour.ask("GET", "/executions", params={"limit": 100})
    tour.ids["execution_id"] |= {one["id"] for one in listed["executions"] if one["flow_type"] == "chatflow"}


def tour_of_mistakes(tour: Tour, planted: Planted, address: str) -> None:
    """Send secrets where they do not belong, as people do."""
    chat = f"{API}/chatflow/chat"
    for what, request in {
        "unknown bearer": {"headers": {"Authorization": "Bearer {}"}},
        "basic header": {"headers": {"Authorization": "Basic {}"}},
        "unknown key": {"headers": {"X-API-Key": "{}"}},
        "cookie": {"headers": {"Cookie": "session={}"}},
        "key in the address": {"params": {"token": "{}"}},
        "wrong metrics token": {"headers": {"Authorization": "Bearer {}"}},
    }.items():
        filled = json.loads(json.dumps(request).replace("{}", planted.secret(what)))
        answer = httpx.post(f"{address}{chat}", json={"message": "Hello"}, **filled)
        assert answer.status_code == 401, answer.text
        planted.keep(what, answer.content)
    login = {"email": "ada@example.com", "password": planted.secret("password")}
    tour.ask("POST", "/auth/login", json=login)
    wrong = {
        "provider": "openai",
        "model": "m",
        "nonsense": 1,
        "api_key": planted.secret("key beside a mistake"),
    }
    tour.ask("POST", "/chatflow/chat", json={"message": "Hello", "config": wrong})
    tour.ask("POST", "/chatflow/chat", json={"message": "Hello", "api_key": planted.secret("misplaced key")})
    typed = {"message": "Hello", "config": {"api_key": [planted.secret("key of the wrong type")]}}
    tour.ask("POST", "/chatflow/chat", json=typed)
    broken = '{"message": "Hello", "config": {"api_key": "' + planted.secret("key in broken JSON") + '"'
    tour.ask("POST", "/chatflow/chat", content=broken, headers={"Content-Type": "application/json"})
