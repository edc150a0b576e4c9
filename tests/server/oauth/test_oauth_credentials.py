"""Credentials of OAuth: authorized by people, renewed before use by one process, revoked, never shown."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest

from server.identity.permissions import WORKSPACE
from server.settings.sources import Settings
from tests.runtimes.oauth_server import AuthorizationServer
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.flows.test_subgraphs import events, execute, graph, stored

CALLBACK = "https://rag.example.com/console/oauth.html"


@pytest.fixture
def authority() -> Iterator[AuthorizationServer]:
    with AuthorizationServer() as server:
        server.redirect_uris.add(CALLBACK)
        yield server


class Place:
    """A server, a client of an owner, and what its settings were."""

    def __init__(self, settings: Settings, running: Running, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self.running = running
        self.client = client


@pytest.fixture
async def place(
    database_url: str, tmp_path: Path, start: Callable[[Settings], Running], authority: AuthorizationServer
) -> AsyncIterator[Place]:
    file = tmp_path / "oauth.json"
    app = {
        "client_id": "app one",
        "client_secret": "secret:of/the app",
        "authorization_url": f"{authority.url}/authorize?tenant=acme",
        "token_url": f"{authority.url}/token",
        "revocation_url": f"{authority.url}/revoke",
        "hosts": [authority.at],
        "scopes": ["read", "write"],
        "parameters": {"access_type": "offline"},
    }
    robot = {
        "client_id": "robot",
        "client_secret": "r0bot-secret",
        "grant": "client_credentials",
        "authentication": "body",
        "token_url": f"{authority.url}/token",
        "hosts": [authority.at],
    }
    hidden = {**app, "workspaces": ["another"]}
    file.write_text(json.dumps({"clients": {"app": app, "robot": robot, "hidden": hidden}}), "utf-8")
    settings = msgspec.structs.replace(
        quick(database_url, tmp_path),
        egress_allow=[authority.at],
        oauth_clients_file=str(file),
        public_url="https://rag.example.com/",
    )
    running = await asyncio.to_thread(start, settings)
    async with connect(running, await make_key(settings, WORKSPACE)) as client:
        yield Place(settings, running, client)


async def begin(client: httpx.AsyncClient, name: str = "ada", **more: Any) -> dict[str, str]:
    """Begin an authorization, consent in a browser, and return what the callback URL has."""
    body = {"client": "app", "name": name, **more}
    begun = await client.post("/oauth/authorizations", json=body)
    assert begun.status_code == 200, begun.text
    async with httpx.AsyncClient() as browser:
        consented = await browser.get(begun.json()["authorization_url"])
    assert consented.status_code == 302, consented.text
    location = consented.headers["location"]
    assert location.startswith(CALLBACK + "?")
    return dict(parse_qsl(urlsplit(location).query))


async def ask(client: httpx.AsyncClient, authority: AuthorizationServer, name: str = "ada") -> dict[str, Any]:
    """Run a flow that asks the resource with a credential."""
    node = ("http_request", {"url": f"{authority.url}/me", "credential": name})
    flow = await stored(client, graph({"me": node}, "start>me", "me>end"))
    return await execute(client, flow)


async def finish(client: httpx.AsyncClient, given: dict[str, str]) -> httpx.Response:
    return await client.post("/oauth/authorizations/finish", json=given)


@pytest.mark.threat("O-02")
@pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
async def test_a_person_authorizes_a_flow_uses_and_the_owner_revokes(
    place: Place, authority: AuthorizationServer, start: Callable[[Settings], Running]
) -> None:
    client = place.client
    known = (await client.get("/oauth/clients")).json()
    assert [one["name"] for one in known["clients"]] == ["app", "robot"]
    assert known["callback_url"] == CALLBACK
    made = await finish(client, await begin(client))
    assert made.status_code == 200, made.text
    credential = made.json()
    assert (credential["kind"], credential["field"], credential["hosts"]) == ("oauth2", "app", [authority.at])
    first = next(iter(authority.access))
    done = await ask(client, authority)
    assert done["output"]["body"] == {"login": "ada", "token": "***"}, done
    told = json.dumps([done, await events(client, done["execution_id"]), known, credential])
    assert not any(secret in told for secret in (*authority.access, *authority.refresh, "secret:of"))

    # Its time is nearly up: two servers renew it once, however many runs use it.
    authority.lifetime, authority.slow = 30.0, 0.3
    again = await finish(client, await begin(client, scopes=["read"]))
    assert again.json()["id"] == credential["id"], "the same credential has the new tokens"
    second = await asyncio.to_thread(start, place.settings)
    authority.lifetime = 3600.0
    before = len(authority.asked)
    async with connect(second, client.headers["authorization"].removeprefix("Bearer ")) as other:
        runs = await asyncio.gather(*(ask(one, authority) for one in (client, other) for _ in range(4)))
    assert {run["output"]["status"] for run in runs} == {200}
    assert [form["grant_type"] for form in authority.asked[before:]] == ["refresh_token"]
    assert first in authority.access

    listed = (await client.get("/credentials")).json()["credentials"][0]
    assert listed["expires_at"] is not None
    gone = await client.delete(f"/credentials/{credential['id']}")
    assert "revoked" in gone.json()["message"]
    assert len(authority.refresh) == 1, "that of the first authorization, which was replaced"
    assert "no credential" in (await ask(client, authority))["error"]


@pytest.mark.threat("O-01")
async def test_a_state_is_used_once_by_who_began_it(place: Place, authority: AuthorizationServer) -> None:
    client = place.client
    given = await begin(client)
    async with connect(place.running, await make_key(place.settings, WORKSPACE)) as colleague:
        stolen = await finish(colleague, given)
        assert (stolen.status_code, stolen.json()["code"]) == (422, "oauth_state")
        # Nor does somebody's own state take the code of another: PKCE binds it to the verifier.
        own = await begin(colleague, "mine")
        mixed = await finish(colleague, {**own, "code": given["code"]})
        assert (mixed.status_code, mixed.json()["code"]) == (422, "oauth_denied")
    wrong = await finish(client, {**given, "state": given["state"] + "x"})
    assert wrong.json()["code"] == "oauth_state"
    given = await begin(client)
    assert (await finish(client, given)).status_code == 200
    assert (await finish(client, given)).json()["code"] == "oauth_state"
    denied = await begin(client, "denied")
    refused = await finish(client, {"state": denied["state"], "error": "access_denied"})
    assert (refused.status_code, refused.json()["code"]) == (422, "oauth_denied")
    for body, code in (
        ({"client": "hidden", "name": "x"}, "oauth_client"),
        ({"client": "app", "name": "x", "scopes": ["admin"]}, "oauth_client"),
    ):
        answer = await client.post("/oauth/authorizations", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    secret = {"name": "other", "kind": "bearer", "hosts": [authority.at], "secret": "tiger-lily"}
    await client.post("/credentials", json=secret)
    taken = await client.post("/oauth/authorizations", json={"client": "app", "name": "other"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")


async def test_a_client_authorizes_itself_and_what_fails_is_told(
    place: Place, authority: AuthorizationServer
) -> None:
    client = place.client
    authority.lifetime = 30.0
    made = await client.post("/oauth/authorizations", json={"client": "robot", "name": "robot"})
    assert made.json()["credential"]["kind"] == "oauth2", made.text
    api = {
        "name": "me",
        "base_url": authority.url,
        "credential": "robot",
        "operations": ["me"],
        "document": {
            "openapi": "3.1.0",
            "paths": {"/me": {"get": {"operationId": "me", "security": [{"o": ["read"]}]}}},
            "components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {}}}},
        },
    }
    stored_api = await client.post("/openapi-tools", json=api)
    assert stored_api.json()["warnings"] == [], stored_api.text
    node = ("tool", {"tool": {"name": "openapi", "api": "me", "operation": "me"}, "arguments": {}})
    done = await execute(client, await stored(client, graph({"me": node}, "start>me", "me>end")))
    assert done["output"]["login"] == "ada", done
    assert [form["grant_type"] for form in authority.asked] == ["client_credentials"] * 2

    assert (await finish(client, await begin(client))).status_code == 200
    authority.down = True
    assert (await ask(client, authority))["output"]["status"] == 200, "the token still lasts"
    authority.down = False
    authority.refresh.clear()
    await ask(client, authority)
    authority.access.clear()
    row = next(
        one for one in (await client.get("/credentials")).json()["credentials"] if one["name"] == "ada"
    )
    changed = await client.put(f"/credentials/{row['id']}", json={"secret": "a-token-of-mine"})
    assert changed.status_code == 422
    elsewhere = await client.put(f"/credentials/{row['id']}", json={"hosts": ["evil.example.com"]})
    assert elsewhere.status_code == 422
    authority.down = True
    gone = await client.delete(f"/credentials/{row['id']}")
    assert gone.status_code == 200
    assert "could not be revoked" in gone.json()["message"]
