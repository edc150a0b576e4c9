"""Sources under an answer as visitors and owners see them: safe links, numbered, and there again."""

import json
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, Route, expect

from tests.browser.console import Shown
from tests.browser.embedded import Visit
from tests.browser.sites import Site
from tests.conftest import new_database
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import Running, make_key, quick
from tests.server.embedding import chain, owner_of

EVIL = '<img src=x onerror="window.__xss = 1"> \u202egpj.exe'
PAGE = "https://example.com/otters"
CITED = [
    {"url": PAGE, "title": "Otters"},
    {"url": "javascript:window.__xss=1", "title": "Never shown"},
    {"url": "https://example.org/", "title": EVIL},
    {"url": PAGE, "title": "Otters"},
]
SEEN = """list => [...list.querySelectorAll('li')].map(item => [item.value, item.firstChild.textContent,
    item.querySelector('a')?.href, item.querySelector('a')?.rel, item.querySelector('a')?.target])"""


@pytest.mark.threat("X-01")
async def test_sources_are_links_of_the_web_under_the_answer(
    page: Page, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    annotations = [{"type": "url_citation", "url_citation": one} for one in CITED]
    site = Site()
    async with FakeOpenAI(Reply(text="Otters swim.", annotations=annotations)) as model:
        settings = quick(new_database("sqlite", request, tmp_path), tmp_path)
        server = Running(
            msgspec.structs.replace(settings, openai_base_url=model.url, openai_api_key="k")
        ).start()
        owner = await owner_of(server)
        try:
            flow = await owner.flow(llm_provider="openai", llm_model="search")
            embed = await owner.embed(flow, allowed_domains=[site.origin])
            visit = await (await Visit(page).to(site, embed)).open()
            await visit.say("Otters?")
            await visit.answered()
            rel = "noopener noreferrer nofollow"
            expected = [
                [1, "Otters", PAGE, rel, "_blank"],
                [2, EVIL.replace("\u202e", " "), "https://example.org/", rel, "_blank"],
            ]
            sources = page.locator(".sources ol")
            assert await sources.evaluate(SEEN) == expected
            await page.screenshot(path=tmp_path / "sources.png")
            found = await Axe().run(page)
            assert [one["id"] for one in found.response["violations"] if one["impact"] == "critical"] == []
            await page.get_by_text("Sources").focus()
            await page.keyboard.press("Tab")
            focused = "document.querySelector('[data-agenticrag]').shadowRoot.activeElement.href"
            assert await page.evaluate(focused) == PAGE
            await page.reload()
            await expect(sources.locator("li")).to_have_count(2)
            assert await sources.evaluate(SEEN) == expected

            async def lie(route: Route) -> None:
                bad = {"number": 1, "title": "", "url": "javascript:window.__xss=1", "text": EVIL}
                told = [
                    {"type": "start", "session_id": "x", "execution_id": "e"},
                    {"type": "citation", **bad},
                    {"type": "done", "session_id": "x", "execution_id": "e", "response": "So."},
                ]
                frames = [f"id: e:{place}\ndata: {json.dumps(one)}\n\n" for place, one in enumerate(told)]
                headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "text/event-stream"}
                await route.fulfill(body="".join(frames), headers=headers)

            await page.route("**/chat/stream", lie)
            await visit.say("Lie")
            await expect(page.locator(".sources li")).to_have_count(3)
            assert await page.locator(".sources").last.locator("a").count() == 0
            assert await page.evaluate("window.__xss") is None
            await page.unroute("**/chat/stream")
            shown = Shown(server.url, await make_key(settings, "default"))
            await shown.open(page, f"#/flows/{flow}")
            await page.get_by_label("Message").fill("Otters?")
            await page.get_by_role("button", name="Send").click()
            await expect(page.locator(".log .sources li")).to_have_count(2)
            assert await page.locator(".log .sources ol").evaluate(SEEN) == expected
            await page.screenshot(path=tmp_path / "console.png")
            graph = chain([("llm", "answer", {"provider": "openai", "model": "search", "prompt": "Otters?"})])
            body = {"name": "Cites", "graph_definition": graph}
            agentflow = (await owner.client.post("/agentflows", json=body)).json()["id"]
            await shown.open(page, f"#/flows/{agentflow}")
            for _ in range(2):
                await page.get_by_role("button", name="Run").click()
                await expect(page.get_by_role("heading", name="Result")).to_be_visible()
                await expect(page.locator(".sources li")).to_have_count(2)
                assert await page.locator(".sources ol").evaluate(SEEN) == expected
            assert await page.evaluate("window.__xss") is None
            assert visit.wrong == []
        finally:
            site.close()
            await owner.close()
            server.stop()
