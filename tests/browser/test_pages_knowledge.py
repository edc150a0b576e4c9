"""Knowledge bases on the console's pages: made, filled, searched and deleted without a request by hand."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.console import Shown
from tests.browser.test_console import faultless, shots
from tests.conftest import new_database
from tests.server.conftest import Running, make_key, quick

__all__ = ["shots"]

PUMPS = "# Pumps\n\nThe pump P-200 needs new oil after 400 hours.\n\n# Valves\n\nClose the valve by hand.\n"
HOSTILE = "<img src=x onerror=\"document.title='pwned'\"> & <b>bold</b>"


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("pages")
    settings = quick(new_database("sqlite", request, folder), folder)
    key = asyncio.run(make_key(settings, "default"))
    server = Running(settings).start()
    yield Shown(server.url, key)
    server.stop()


async def begin(shown: Shown, page: Page, name: str) -> None:
    """Make a knowledge base on the page."""
    await shown.open(page, "#/knowledge")
    await page.get_by_role("button", name="New knowledge base").first.click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name").fill(name)
    await form.get_by_label("Embedding", exact=True).select_option("demo")
    await form.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


async def add_text(page: Page, name: str, text: str) -> None:
    """Add a text as a document."""
    await page.get_by_role("button", name="Add documents").first.click()
    form = page.get_by_role("dialog")
    await form.get_by_role("radio", name="A text").check()
    await form.get_by_label("Name").fill(name)
    await form.get_by_role("textbox", name="Text").fill(text)
    await form.get_by_role("button", name="Add", exact=True).click()
    await expect(form).to_be_hidden()


async def test_a_base_is_made_filled_and_searched(
    shown: Shown, page: Page, shots: Path, tmp_path: Path
) -> None:
    await begin(shown, page, "Manuals")
    await expect(page.get_by_text("There are no documents yet.")).to_be_visible()
    (tmp_path / "pumps.md").write_text(PUMPS)
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "hours.csv").write_text("pump,hours\nP-200,400\n")
    await page.get_by_role("button", name="Add documents").first.click()
    await page.get_by_label("Files").last.set_input_files(
        [tmp_path / "pumps.md", tmp_path / "hours.csv", tmp_path / "empty.txt"]
    )
    await page.get_by_role("button", name="Add", exact=True).click()
    rows = page.get_by_role("row")
    await expect(rows.filter(has_text="pumps.md").get_by_text("ready", exact=True)).to_be_visible()
    await expect(rows.filter(has_text="hours.csv").get_by_text("ready", exact=True)).to_be_visible()
    await expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("empty.txt")
    await page.keyboard.press("Escape")
    await page.get_by_role("textbox", name="Query").fill("When does the pump need oil?")
    await page.get_by_label("Strategy").select_option("lexical")
    await page.get_by_role("button", name="Search", exact=True).click()
    first = page.locator(".results > li").first
    await expect(first).to_contain_text("needs new oil after 400 hours")
    await expect(first).to_contain_text(re.compile(r"score \d\.\d{3}"))
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await page.screenshot(path=shots / f"knowledge-{scheme}.png", full_page=True)
        await faultless(page)
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.screenshot(path=shots / "knowledge-390.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await first.get_by_role("link").click()
    await expect(page.get_by_text("Close the valve by hand.")).to_be_visible()


async def test_a_deleted_document_asks_first_and_is_gone(shown: Shown, page: Page) -> None:
    await begin(shown, page, "Short-lived")
    await add_text(page, "note", "The code word is heron.")
    row = page.get_by_role("row").filter(has_text="note")
    await expect(row.get_by_text("ready", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Delete note").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(row).to_be_visible()
    await page.get_by_role("button", name="Delete note").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_text("There are no documents yet.")).to_be_visible()
    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(page.get_by_role("heading", name="Knowledge")).to_be_visible()
    await expect(page.get_by_role("link", name="Short-lived")).to_have_count(0)


async def test_text_of_documents_stays_text(shown: Shown, page: Page) -> None:
    await begin(shown, page, "Hostile")
    await add_text(page, HOSTILE, f"heron {HOSTILE}")
    await expect(page.get_by_role("link", name=HOSTILE)).to_be_visible()
    await expect(page.get_by_role("row").get_by_text("ready", exact=True)).to_be_visible()
    await page.get_by_role("textbox", name="Query").fill("heron")
    await page.get_by_role("button", name="Search", exact=True).click()
    await expect(page.locator(".results > li")).to_have_count(1)
    assert await page.locator("main img, main b b").count() == 0
    assert "pwned" not in await page.title()


async def test_the_sentence_of_the_server_is_shown_where_it_refuses(shown: Shown, page: Page) -> None:
    await begin(shown, page, "Twice")
    await page.goto(f"{shown.url}/#/knowledge")
    await page.get_by_role("button", name="New knowledge base").first.click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Name").fill("Twice")
    await form.get_by_role("button", name="Make it").click()
    await expect(form.get_by_role("alert")).to_contain_text("Twice")
