"""Keys, people, tools, connections and costs on the console's pages: no secret stays on them."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.console import Shown
from tests.browser.test_console import faultless, shots
from tests.conftest import new_database
from tests.runtimes.mcp_http import over_http
from tests.server.conftest import API, Running, make_key, quick

__all__ = ["shots"]

SECRET = "sk-a-key-of-the-tests-0123456789"
PAGES = (
    "connections",
    "credentials",
    "variables",
    "keys",
    "people",
    "costs",
    "embeds",
    "feedback",
    "memories",
    "audit",
    "health",
)
SHOP = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "servers": [{"url": "https://shop.example.com/v1"}],
    "paths": {
        "/orders/{id}": {
            "get": {
                "operationId": "getOrder",
                "summary": "Read an order.",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            }
        },
        "/orders": {"get": {"operationId": "listOrders", "summary": "List <b>orders</b>."}},
    },
}


@pytest.fixture(scope="module")
def mcp() -> Iterator[str]:
    with over_http() as url:
        yield url


@pytest.fixture(scope="module")
def shown(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mcp: str
) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("pages")
    settings = quick(new_database("sqlite", request, folder), folder)
    settings = msgspec.structs.replace(settings, egress_allow=(urlsplit(mcp).netloc,))
    key = asyncio.run(make_key(settings, "default"))
    server = Running(settings).start()
    yield Shown(server.url, key)
    server.stop()


def status(shown: Shown, path: str, key: str) -> int:
    """Ask the API with a key, and return the status."""
    return httpx.get(shown.url + API + path, headers={"X-API-Key": key}, timeout=30).status_code


async def test_a_key_is_made_shown_once_used_and_revoked(shown: Shown, page: Page) -> None:
    await shown.open(page, "#/manage/keys")
    await page.get_by_role("button", name="New key").first.click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name").fill("reader")
    await form.get_by_label("Role", exact=True).select_option("viewer")
    await form.get_by_label("Only some permissions").check()
    await form.get_by_role("checkbox", name="flows:read").check()
    await form.get_by_role("button", name="Make it").click()
    key = await page.get_by_label("API key", exact=True).input_value()
    assert status(shown, "/flows", key) == 200
    assert status(shown, "/credentials", key) == 403
    await page.get_by_role("button", name="Close").click()
    assert key not in await page.content()
    row = page.get_by_role("row").filter(has_text="reader")
    await expect(row).to_contain_text("flows:read")
    await page.get_by_role("button", name="Revoke reader").click()
    await page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    await expect(row).to_contain_text("revoked")
    assert status(shown, "/flows", key) == 401


async def test_a_credential_is_stored_and_never_shown_again(shown: Shown, page: Page) -> None:
    await shown.open(page, "#/manage/credentials")
    await expect(page.get_by_text("There are no credentials yet.")).to_be_visible()
    await page.get_by_role("button", name="New credential").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name", exact=False).first.fill("models")
    await form.get_by_label("Hosts").fill("models.example.com")
    await form.get_by_label("Secret").fill(SECRET)
    await form.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("row").filter(has_text="models.example.com")).to_be_visible()
    assert SECRET not in await page.content()
    assert await page.locator("input[type=password]").count() == 0
    await page.goto(f"{shown.url}/#/manage/connections")
    await page.get_by_role("button", name="New connection").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name", exact=False).first.fill("own")
    await form.get_by_label("URL", exact=True).fill("https://models.example.com/v1")
    await form.get_by_label("Credential").select_option("models")
    await form.get_by_text("More settings").click()
    await form.get_by_label("Defaults").fill("{")
    await form.get_by_role("button", name="Make it").click()
    await expect(form.get_by_role("alert")).to_contain_text("'Defaults' takes JSON")
    await form.get_by_label("Defaults").fill('{"temperature": 0.2}')
    await form.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("row").filter(has_text="own")).to_contain_text("models.example.com/v1")


async def test_a_variable_is_stored_and_a_secret_one_never_shown_again(shown: Shown, page: Page) -> None:
    await shown.open(page, "#/manage/variables")
    for name, value, secret in (("country", '["KR"]', False), ("shop_key", SECRET, True)):
        await page.get_by_role("button", name="New variable").click()
        form = page.get_by_role("dialog")
        await form.get_by_label("Name").fill(name)
        await form.get_by_label("It is a secret").set_checked(secret)
        await form.get_by_label("Value").fill(value)
        await form.get_by_role("button", name="Make it").click()
        await expect(page.get_by_role("cell", name=f"env.{name}", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Change country").click()
    await page.get_by_role("dialog").get_by_label("Value").fill("Korea")
    await page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(page.get_by_role("cell", name='"Korea"')).to_be_visible()
    assert SECRET not in await page.content()
    await page.get_by_role("button", name="Delete shop_key").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(page.get_by_role("cell", name="env.shop_key")).to_have_count(0)


async def test_an_mcp_server_is_added_checked_and_approved(
    shown: Shown, page: Page, mcp: str, shots: Path
) -> None:
    await shown.open(page, "#/tools")
    await page.get_by_role("button", name="Add an MCP server").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name").fill("greeter")
    await form.get_by_label("URL").fill(mcp)
    await form.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("No tools are known yet.")).to_be_visible()
    await page.get_by_role("button", name="Check", exact=True).click()
    await expect(page.get_by_text("answers, protocol")).to_be_visible()
    await expect(page.get_by_text("Greet somebody.")).to_be_visible()
    await faultless(page)
    await page.screenshot(path=shots / "mcp.png", full_page=True)
    await page.get_by_role("button", name=re.compile(r"^Approve \d+ tools$")).click()
    await expect(page.get_by_text("approved", exact=True).first).to_be_visible()
    await page.goto(f"{shown.url}/#/tools")
    await expect(page.get_by_role("row").filter(has_text="greeter_greet").first).to_be_visible()


async def test_an_api_becomes_tools_by_its_document(shown: Shown, page: Page) -> None:
    await shown.open(page, "#/tools")
    await page.get_by_role("button", name="Add an API").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name").fill("shop")
    await form.get_by_label("Or its text").fill(json.dumps(SHOP))
    await form.get_by_role("button", name="Add", exact=True).click()
    await expect(page.get_by_text("List <b>orders</b>.")).to_be_visible()
    await page.get_by_role("checkbox", name="getOrder").check()
    await page.get_by_role("button", name="Use 1 operations").click()
    await expect(page.get_by_text("Flows can use 1 operations.")).to_be_visible()
    await page.goto(f"{shown.url}/#/tools")
    await expect(page.get_by_role("row").filter(has_text="shop_getOrder").first).to_be_visible()


async def test_a_chatflow_gets_an_embed_with_a_live_preview(shown: Shown, page: Page, shots: Path) -> None:
    flow = shown.post(
        "/chatflows", {"name": "Hello", "chat_config": {"llm_provider": "demo", "llm_model": "demo"}}
    )["id"]
    await shown.open(page, "#/manage/embeds")
    await page.get_by_role("link", name="Hello").click()
    await page.get_by_label("Title").fill("Ask the shop")
    await page.get_by_role("button", name="Make the embed").click()
    await expect(page.locator("pre")).to_contain_text("/widget.js")
    await page.get_by_role("button", name="Copy Snippet").click()
    await expect(page.get_by_text("copied")).to_be_visible()
    preview = page.frame_locator("iframe.preview")
    await expect(preview.get_by_text("Ask the shop").first).to_be_visible()
    await page.screenshot(path=shots / "embed.png", full_page=True)
    shown.post(f"/chatflow/workflows/{flow}/chat", {"message": "Hi"})
    await page.goto(f"{shown.url}/#/manage/costs")
    await expect(page.get_by_role("row").filter(has_text="demo").first).to_be_visible()
    await page.get_by_role("button", name="New budget").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name").fill("Month")
    await form.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("row").filter(has_text="Month")).to_contain_text("$10.00")


async def test_a_user_is_made_and_gets_another_role(shown: Shown, page: Page) -> None:
    await shown.open(page, "#/manage/people")
    await page.get_by_role("button", name="New user").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("E-mail").fill("ann@example.com")
    await form.get_by_label("Name").fill("Ann")
    await form.get_by_label("Password").fill("a-long-password-of-ann-42")
    await form.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("row").filter(has_text="ann@example.com")).to_be_visible()
    assert "a-long-password-of-ann-42" not in await page.content()
    await page.get_by_label("Role of Ann").select_option("viewer")
    await page.goto(f"{shown.url}/#/manage/audit")
    await expect(page.get_by_role("row").nth(1)).to_be_visible()
    await page.goto(f"{shown.url}/#/manage/people")
    await expect(page.get_by_label("Role of Ann")).to_have_value("viewer")


@pytest.mark.parametrize("language", ["en-US", "ko-KR"])
async def test_each_page_fits_a_phone_in_both_languages_and_themes(
    shown: Shown, browser: Browser, shots: Path, language: str
) -> None:
    context = await browser.new_context(
        locale=language, viewport={"width": 390, "height": 844}, color_scheme="dark"
    )
    page = await context.new_page()
    await page.add_init_script(f"sessionStorage.setItem('agenticrag.key', '{shown.key}')")
    for name in ("knowledge", "tools", "manage", *(f"manage/{each}" for each in PAGES)):
        await page.goto("about:blank")
        await page.goto(f"{shown.url}/#/{name}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.get_by_text(re.compile("^(Loading|Sending|불러오는|보내는)"))).to_have_count(0)
        await expect(page.get_by_role("alert")).to_have_count(0)
        await page.screenshot(path=shots / f"{language}-{name.replace('/', '-')}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, name
        if language == "en-US":  # the same elements, with other words
            await faultless(page)
    await context.close()
