"""The page that an authorization server sends people back to, in a real browser."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest_asyncio
from playwright.async_api import Page, expect
from sqlalchemy import update

from persistence.storage.database import open_database
from persistence.storage.migrate import upgrade
from persistence.storage.tables.identity import oauth_authorizations
from server.identity.permissions import WORKSPACE
from tests.ports import lasting_port
from tests.runtimes.oauth_server import AuthorizationServer
from tests.server.conftest import Running, connect, make_key, quick


class Place:
    """A server that people come back to, the authorization server, and an owner's key."""

    def __init__(self, running: Running, authority: AuthorizationServer, client: httpx.AsyncClient) -> None:
        self.running = running
        self.authority = authority
        self.client = client
        self.key = client.headers["authorization"].removeprefix("Bearer ")

    async def begin(self, name: str) -> str:
        """Begin an authorization, and return the URL that a person opens."""
        begun = await self.client.post("/oauth/authorizations", json={"client": "app", "name": name})
        assert begun.status_code == 200, begun.text
        return begun.json()["authorization_url"]

    async def names(self) -> list[str]:
        """Return the names of the credentials that are stored."""
        return [one["name"] for one in (await self.client.get("/credentials")).json()["credentials"]]


@pytest_asyncio.fixture(loop_scope="session")
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with AuthorizationServer() as authority:
        app: dict[str, Any] = {
            "client_id": "app one",
            "client_secret": "secret:of/the app",
            "authorization_url": f"{authority.url}/authorize",
            "token_url": f"{authority.url}/token",
            "hosts": [authority.at],
            "scopes": ["read"],
        }
        file = tmp_path / "oauth.json"
        file.write_text(json.dumps({"clients": {"app": app}}), "utf-8")
        port = lasting_port()
        authority.redirect_uris.add(f"http://127.0.0.1:{port}/console/oauth.html")
        url = f"sqlite+aiosqlite:///{tmp_path / 'agenticrag.db'}"
        await asyncio.to_thread(upgrade, url)
        settings = msgspec.structs.replace(
            quick(url, tmp_path),
            port=port,
            egress_allow=[authority.at],
            oauth_clients_file=str(file),
            public_url=f"http://127.0.0.1:{port}/",
        )
        running = await asyncio.to_thread(lambda: Running(settings).start())
        async with connect(running, await make_key(settings, WORKSPACE)) as client:
            yield Place(running, authority, client)
        await asyncio.to_thread(running.stop)


async def test_a_person_comes_back_and_the_credential_is_stored(place: Place, page: Page) -> None:
    await page.goto(await place.begin("ada"))
    await expect(page.get_by_role("heading", name="Finish the authorization")).to_be_visible()
    assert page.url.endswith("/console/oauth.html")  # neither code nor state stays in the history
    await page.get_by_label("API key").fill(place.key)
    await page.get_by_role("button", name="Store the credential").click()
    await expect(page.get_by_role("status")).to_contain_text('The credential "ada" is stored')
    assert await place.names() == ["ada"]
    await page.screenshot(path=place.running.settings.data_dir + "/oauth.png")


async def test_a_person_who_declines_is_told_and_nothing_is_stored(place: Place, page: Page) -> None:
    place.authority.consents = False
    await page.goto(await place.begin("ada"))
    await page.get_by_label("API key").fill(place.key)
    await page.get_by_role("button", name="Store the credential").click()
    await expect(page.get_by_role("status")).to_contain_text("access_denied")
    assert await place.names() == []


async def test_a_state_that_nobody_began_or_that_is_over_stores_nothing(place: Place, page: Page) -> None:
    await page.goto(f"{place.running.url}/console/oauth.html?state=wrong&code=c")
    await page.get_by_label("API key").fill(place.key)
    await page.get_by_role("button", name="Store the credential").click()
    await expect(page.get_by_role("status")).to_contain_text("Begin")
    begun = await place.begin("ada")
    async with open_database(place.running.settings.database) as database:
        past = update(oauth_authorizations).values(expires_at=1.0)
        await database.write(lambda held: held.execute(past))
    await page.goto(begun)
    await page.get_by_label("API key").fill(place.key)
    await page.get_by_role("button", name="Store the credential").click()
    await expect(page.get_by_role("status")).to_contain_text("Begin")
    assert await place.names() == []
    assert place.authority.asked == []
