"""Hostile text in every place of the embedded chat that shows some: nothing of it runs, nothing leaves."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page

from tests.browser.embedded import Visit
from tests.browser.hostile import payloads
from tests.browser.sites import Site
from tests.conftest import new_database
from tests.server.conftest import Running, quick
from tests.server.embedding import Owner, owner_of

TRIAL = Path(__file__).parent / "trial.js"


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all of this file."""
    folder = tmp_path_factory.mktemp("hostile")
    server = Running(quick(new_database("sqlite", request, folder), folder)).start()
    yield server
    server.stop()


@pytest.fixture
def canary() -> Iterator[Site]:
    """A site that nothing may be asked of."""
    site = Site()
    yield site
    site.close()


@pytest_asyncio.fixture(loop_scope="session")
async def owner(running: Running) -> AsyncIterator[Owner]:
    """Who embeds the chat."""
    found = await owner_of(running)
    yield found
    await found.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(page: Page, owner: Owner) -> dict[str, Any]:
    """A chat whose page is open, under its own Content-Security-Policy."""
    await page.add_init_script(path=TRIAL)
    embed = await owner.embed(allowed_domains=[])
    await page.goto(embed["embed_url"])
    await page.locator(".composer").wait_for()
    return embed


def assets(embed: dict[str, Any]) -> str:
    return embed["embed_url"].rpartition("widget/")[0] + "assets/"


async def nothing_happened(page: Page, canary: Site) -> None:
    """See that no text became a script, and that nobody asked the canary for anything."""
    await page.wait_for_timeout(300)
    assert await page.evaluate("window.__xss") is None
    assert await page.evaluate("trial.violations") == []
    assert canary.asked == []


@pytest.mark.threat("X-01")
@pytest.mark.threat("X-02")
async def test_hostile_markdown_is_text_wherever_a_stream_is_cut(
    page: Page, chat: dict[str, Any], canary: Site
) -> None:
    texts = payloads(f"{canary.origin}/canary")
    found = await page.evaluate("given => trial.split(...given)", [texts, assets(chat)])
    assert found["wrong"] == []
    assert found["shown"] > len(texts) * 30
    await nothing_happened(page, canary)


@pytest.mark.threat("X-01")
async def test_hostile_text_is_text_in_every_place_of_the_chat(
    page: Page, chat: dict[str, Any], canary: Site, owner: Owner
) -> None:
    texts = payloads(f"{canary.origin}/canary")
    config = (await owner.visitor(chat, origin=owner.url).get("/config")).json()
    assert await page.evaluate("given => trial.everywhere(...given)", [texts, assets(chat), config]) == []
    await nothing_happened(page, canary)


async def test_hostile_text_is_text_on_its_way_through_the_server(
    page: Page, owner: Owner, canary: Site
) -> None:
    await page.add_init_script(path=TRIAL)
    texts = payloads(f"{canary.origin}/canary")
    flow = await owner.flow(welcome_message=" ".join(texts)[:1900], suggested_questions=texts[:12])
    embed = await owner.embed(flow, widget_title=texts[6][:100], allowed_domains=[])
    visit = Visit(page)
    await page.goto(embed["embed_url"])
    for begin in range(12, len(texts), 60):
        await visit.say("\n\n".join(texts[begin : begin + 60])[:550])
        await visit.answered()
    await page.reload()
    await visit.answered()
    assert await page.evaluate("trial.lookAtChat()") == []
    await nothing_happened(page, canary)
    assert visit.wrong == []


@pytest.mark.threat("X-02")
async def test_the_pages_policy_lets_no_script_in(page: Page, chat: dict[str, Any], canary: Site) -> None:
    failed = await page.evaluate("canary => trial.misbehave(canary)", f"{canary.origin}/canary")
    assert {"innerHTML", "srcdoc", "src", "fetch"} <= {*failed}
    assert {"require-trusted-types-for", "img-src", "connect-src"} <= {
        *await page.evaluate("trial.violations")
    }
    assert await page.evaluate("window.__xss") is None
    assert canary.asked == []


async def test_a_stream_is_read_whatever_pieces_it_comes_in(page: Page, chat: dict[str, Any]) -> None:
    events = [{"type": "content", "content": text} for text in ("수달 🦦", "a\n\ndata: b", "\u2028é")]
    frames = "".join(
        f"id: x:{number}\nevent: content\ndata: {json.dumps(event, ensure_ascii=False)}\n\n: heartbeat\n\n"
        for number, event in enumerate(events)
    )
    seen = await page.evaluate("given => trial.read(...given)", [frames, assets(chat)])
    assert seen == [{"id": f"x:{number}", "event": event} for number, event in enumerate(events)]
