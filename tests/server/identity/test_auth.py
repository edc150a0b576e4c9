"""Who may call: default deny, and an explicit list of what is open."""

import asyncio
import http.client
import secrets
import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, WebSocket, get, websocket
from litestar.routes import HTTPRoute

from persistence.identity.api_keys import Keys
from persistence.storage.database import open_database
from server.app import create_app
from server.description.openapi import describe_app
from server.description.operations import operation
from server.identity.authentication import forbid_gaps
from server.identity.permissions import ROLES
from server.settings.sources import Settings
from tests.server.conftest import API, Running
from tests.waits import SAME, apart, best_of

STREAM = "/chatflow/chat/stream"


EMBED = "/api/agent-builder/embed"
VISITORS = f"{EMBED}/public/{{embed_token:str}}"
"""What the token of an embed opens, from the pages that may show its chat."""


@pytest.mark.threat("I-11", "A-02")
def test_what_is_open_to_all_is_this_and_nothing_else() -> None:
    found = {
        (str(method), route.path)
        for route in create_app(Settings()).routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.opt.get("open") and str(method) != "OPTIONS"
    }
    assert found == {
        ("GET", "/"),
        ("GET", "/console/{name:path}"),
        ("GET", "/health"),
        ("GET", "/ready"),
        ("GET", "/schema"),
        ("GET", "/schema/openapi.json"),
        ("GET", f"{EMBED}/widget.js"),
        ("GET", f"{EMBED}/assets/{{name:str}}"),
        ("GET", f"{EMBED}/widget/{{embed_token:str}}"),
        ("GET", f"{VISITORS}/config"),
        ("GET", f"{VISITORS}/history"),
        ("GET", f"{VISITORS}/files/{{file_id:str}}"),
        ("GET", f"{VISITORS}/chat/stream"),
        ("POST", f"{VISITORS}/chat/stream"),
        ("POST", f"{VISITORS}/chat"),
        ("POST", f"{VISITORS}/session"),
        ("POST", f"{VISITORS}/cancel"),
        ("POST", f"{VISITORS}/respond"),
        ("POST", f"{VISITORS}/feedback"),
        ("POST", f"{API}/auth/login"),
        ("POST", f"{API}/auth/refresh"),
        ("POST", f"{API}/webhooks/{{webhook_id:str}}"),  # which proves a secret of its own
        ("GET", f"{API}/answers/{{token:str}}"),  # whose link is signed
        ("POST", f"{API}/answers/{{token:str}}"),
    }


@pytest.mark.threat("I-09", "I-11")
def test_an_app_with_a_route_that_nobody_thought_about_is_refused() -> None:
    @get("/forgotten", opt=operation(404))
    async def forgotten() -> str:
        return "secret"

    @websocket("/forgotten")
    async def socket(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.close()

    for handler in (forgotten, socket):
        with pytest.raises(ValueError, match=r"/forgotten .* states no permission"):
            forbid_gaps(Litestar([handler]))


@pytest.mark.threat("I-09")
def test_each_role_may_do_what_the_one_before_it_may_and_more() -> None:
    given = [ROLES[role] for role in ("viewer", "runner", "editor", "owner")]
    assert given == sorted(given, key=len)
    assert all(less < more for less, more in pairwise(given))
    stated = {
        operation["x-permission"]
        for item in describe_app(create_app(Settings()))["paths"].values()
        for operation in item.values()
        if "x-permission" in operation
    }
    assert stated <= given[-1]


def test_a_key_in_the_address_is_taken_by_get_streams_alone() -> None:
    found = {
        (str(method), route.path.removeprefix(API))
        for route in create_app(Settings()).routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if handler.opt.get("token_in_query")
    }
    assert found == {
        ("GET", "/chatflow/chat/stream"),
        ("GET", "/chatflow/workflows/{workflow_id:str}/chat/stream"),
        ("GET", "/executions/{execution_id:str}/events"),
        ("GET", "/executions/{execution_id:str}/stream"),
    }


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.threat("I-11", "A-02")
async def test_every_address_wants_a_key(server: Running) -> None:
    async with httpx.AsyncClient(base_url=server.url) as nobody:
        document = (await nobody.get("/schema/openapi.json")).json()
        for path, item in document["paths"].items():
            for method, operation in item.items():
                answer = await nobody.request(method, path.replace("{", "").replace("}", ""), json={})
                if path.startswith(EMBED) and operation.get("security") == []:
                    known = path.endswith("/widget.js")  # all else names what is not there
                    assert answer.status_code == (200 if known else 404), path
                elif operation.get("security") == []:
                    assert "www-authenticate" not in answer.headers, path
                else:
                    assert answer.status_code == 401, path
                    assert answer.headers["www-authenticate"].startswith("Bearer")
                    assert answer.json()["code"] == "unauthorized"


@pytest.mark.parametrize("database_kind", ["sqlite"])
async def test_a_key_is_taken_as_bearer_or_header(server: Running, key: str) -> None:
    async with httpx.AsyncClient(base_url=server.url + API) as client:
        for headers in (
            {"Authorization": f"Bearer {key}"},
            {"authorization": f"bearer  {key}"},
            {"X-API-Key": key},
        ):
            assert (await client.get("/chatflows", headers=headers)).status_code == 200, headers
        unlogged = await client.get(STREAM, params={"token": key, "message": "Hi"})
        assert (unlogged.status_code, "ticket" in unlogged.json()["detail"]) == (401, True)
        refused = await client.get("/chatflows", params={"token": key})
        assert refused.status_code == 401
        assert "header" in refused.json()["detail"]
        assert (await client.post(STREAM, params={"token": key}, json={"message": "Hi"})).status_code == 401


@pytest.mark.threat("Q-02", "L-10")
async def test_a_hostile_credential_is_a_401_of_one_shape(server: Running) -> None:
    hostile = ["x", "ar_", "' OR 1=1 --", "ar_" + "x" * 43, "x" * 10_000, "ä", "ar_\u00ff", "Bearer", "%00"]
    async with httpx.AsyncClient(base_url=server.url + API) as client:
        for credential in [*hostile, "ar_ x"]:
            for name, value in (("Authorization", f"Bearer {credential}"), ("X-API-Key", credential)):
                answer = await client.get(
                    "/chatflows", headers={name.encode(): value.encode("latin-1", "replace")}
                )
                assert answer.status_code == 401, (credential, answer.text)
                assert answer.json().keys() == {"type", "title", "status", "detail", "code", "request_id"}


@pytest.mark.threat("L-10")
def test_how_near_a_credential_is_to_a_key_is_not_told_by_time(server: Running, settings: Settings) -> None:
    async def known() -> tuple[str, str]:
        async with open_database(settings.database) as database:
            keys = Keys(database)
            row, revoked = await keys.create("default", "revoked")
            await keys.revoke("default", row.id)
            return (await keys.create("default", "good"))[1], revoked

    good, revoked = asyncio.run(known())
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def ask(credential: Callable[[], str], status: int = 401) -> None:
        connection.request("GET", f"{API}/flows", headers={"Authorization": f"Bearer {credential()}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == status

    def some(length: int) -> str:
        return secrets.token_urlsafe(32)[:length]

    ask(lambda: good, 200)  # and so the server remembers it
    unknown = partial(ask, lambda: f"ar_{some(43)}")
    for near in (
        lambda: good[:11] + some(35),  # what lists show of it
        lambda: good[:-1] + ("a" if good[-1] != "a" else "b"),
        lambda: good[:-1],
        lambda: revoked,
    ):
        assert best_of(8, lambda near=near: apart(partial(ask, near), unknown, 50), SAME) <= SAME
    connection.close()


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.threat("A-02")
async def test_no_spelling_of_a_path_gets_around_the_key(server: Running) -> None:
    for path in (
        "//api/agent-builder/chatflows",
        "/api/agent-builder//chatflows",
        "/api/agent-builder/chatflows/",
        "/api/agent-builder/./chatflows",
        "/health/../api/agent-builder/chatflows",
        "/api/agent-builder/%63hatflows",
        "/API/agent-builder/chatflows",
        "/api%2fagent-builder%2fchatflows",
        "/api/agent-builder/chatflows;x",
        "/api/agent-builder/chatflows.",
        "/schema/../api/agent-builder/chatflows",
        "/schema%2f..%2fapi/agent-builder/chatflows",
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        status = int((await reader.readline()).split()[1])
        await reader.read()
        writer.close()
        await writer.wait_closed()
        assert status in (400, 401, 404), (path, status)


@pytest.mark.threat("A-07")
async def test_a_revoked_or_expired_key_works_no_more(server: Running, settings: Settings) -> None:
    async with (
        open_database(settings.database) as database,
        httpx.AsyncClient(base_url=server.url + API) as client,
    ):
        keys = Keys(database)
        row, revoked = await keys.create("default", "revoked")
        _, expired = await keys.create("default", "expired", expires_at=time.time() - 1)
        assert (await client.get("/chatflows", headers={"X-API-Key": revoked})).status_code == 200
        assert (await client.get("/chatflows", headers={"X-API-Key": expired})).status_code == 401
        await keys.revoke("default", row.id)  # as another process does it
        gone = time.monotonic() + 1
        began, status = 0.0, 200
        while began < gone:  # who comes a second later at the latest is turned away
            began = time.monotonic()
            status = (await client.get("/chatflows", headers={"X-API-Key": revoked})).status_code
            if status == 401:
                break
        assert status == 401


@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.threat("C-06")
def test_a_local_server_answers_to_local_names_only(server: Running) -> None:
    for host, status in (
        ("127.0.0.1", 200),
        (f"localhost:{server.port}", 200),
        ("[::1]:80", 200),
        ("evil.test", 400),
        ("127.0.0.1.evil.test", 400),
        ("", 400),
    ):
        answer = httpx.get(f"{server.url}/health", headers={"Host": host})
        assert answer.status_code == status, host
        if status == 400:
            assert answer.headers["content-type"] == "application/problem+json"


LISTED = ("https://a.example.com", "http://127.0.0.1:3000")
OTHERS = (
    "null",
    "",
    "*",
    "https://aXexample.com",
    "https://axexample.com",
    "https://a.example.com.evil.test",
    "https://evil.test/a.example.com",
    "https://evil.test#https://a.example.com",
    "https://a.example.com@evil.test",
    "https://eviltest-a.example.com",
    "https://b.a.example.com",
    "https://example.com",
    "https://a.example.co",
    "https://a.example.comm",
    "https://a.example.com.",
    "https://a.example.com/",
    "https://a.example.com:443",
    "https://a.example.com:8443",
    "http://a.example.com",
    "HTTPS://a.example.com",
    "https://A.example.com",
    "https://a.EXAMPLE.com",
    "https://a%2eexample.com",
    "https://a.example.com https://evil.test",
    "file://a.example.com",
    "https:///a.example.com",
    "http://127.0.0.1",
    "http://127.0.0.1:3001",
    "http://localhost:3000",
    "http://127.1:3000",
)


@pytest.mark.threat("C-01", "C-03", "A-03")
@pytest.mark.parametrize("database_kind", ["sqlite"])
@pytest.mark.threat("C-01", "C-03", "A-03")
def test_other_origins_get_nothing_unless_they_are_listed(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    listed = start(msgspec.structs.replace(settings, cors_origins=[*LISTED]))
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "Authorization"}
    for origin in (*LISTED, *OTHERS):
        answers = (
            httpx.get(f"{listed.url}/health", headers={"Origin": origin}),
            httpx.options(f"{listed.url}{API}/chatflow/chat", headers={"Origin": origin, **asked}),
        )
        for answer in answers:
            told = answer.headers.get("access-control-allow-origin")
            assert told == (origin if origin in LISTED else None), origin
            assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_with_auth_off_everybody_is_the_owner(
    settings: Settings, start: Callable[[Settings], Running]
) -> None:
    opened = start(msgspec.structs.replace(settings, auth="off"))
    answer = httpx.post(f"{opened.url}{API}/chatflow/chat", json={"message": "Hello"})
    assert answer.json()["success"] is True
