"""Hostile text wherever the console shows some: nothing of it runs, nothing of it is fetched."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.console import Shown
from tests.browser.hostile import payloads
from tests.browser.sites import Site
from tests.conftest import new_database
from tests.runtimes.fake_openai import FakeOpenAI, Reply
from tests.server.conftest import Running, make_key, quick

DRAWN = ".icon-drawn, .svelte-flow svg"
SVG = f"svg:not({DRAWN}), .step svg:not(.icon-drawn), .sticky svg, .palette svg:not(.icon-drawn)"
"""Drawings that are neither icons nor edges, controls and the overview of the canvas."""
NEVER = "script, iframe, object, embed, style, link, base, meta, math, video, audio, form form"
MADE = f"main :is({NEVER}, {SVG})"
"""Elements that the console itself never makes."""


@pytest.fixture
def canary() -> Iterator[Site]:
    """A site that nothing may be asked of."""
    site = Site()
    yield site
    site.close()


@pytest_asyncio.fixture(loop_scope="session")
async def fake() -> AsyncIterator[FakeOpenAI]:
    """A model that says what it is told to."""
    async with FakeOpenAI() as fake:
        yield fake


@pytest_asyncio.fixture(loop_scope="session")
async def shown(request: pytest.FixtureRequest, tmp_path: Path, fake: FakeOpenAI) -> AsyncIterator[Shown]:
    """A server of this test's own."""
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, tmp_path), tmp_path),
        openai_base_url=fake.url,
        openai_api_key="none",
    )
    key = await make_key(settings, "default")
    server = await asyncio.to_thread(Running(settings).start)
    yield Shown(server.url, key)
    await asyncio.to_thread(server.stop)


@pytest.mark.threat("X-01", "X-03")
async def test_nothing_that_flows_models_and_people_say_is_run_or_fetched(
    shown: Shown, page: Page, canary: Site, fake: FakeOpenAI
) -> None:
    texts = payloads(canary.origin)
    everything = "\n".join(texts)
    fake.default = Reply(text=everything)
    accidents: list[str] = []
    page.on("dialog", lambda dialog: accidents.append(dialog.message))
    page.on("popup", lambda popup: accidents.append(popup.url))
    page.on("pageerror", lambda error: accidents.append(error.message))
    flow = await asyncio.to_thread(shown.post, "/agentflows", _graph(texts, everything))
    chat = {
        "name": texts[5][:200],
        "description": everything[:1000],
        "chat_config": {
            "llm_provider": "openai",
            "llm_model": "fake-model",
            "welcome_message": everything[:4000],
            "suggested_questions": texts[:20],
        },
    }
    talk = await asyncio.to_thread(shown.post, "/chatflows", chat)

    await shown.open(page)
    await expect(page.locator(".card h2").filter(has_text=texts[0][:40]).first).to_be_attached()
    await _nothing_happened(page)

    # Labels of nodes, a description of an input, what a model says, a result, an error, a timeline.
    await page.goto(f"{shown.url}/#/flows/{flow['id']}")
    await page.get_by_label("text").fill(everything)
    await page.get_by_role("button", name="Run").click()
    await expect(page.get_by_role("alert")).to_contain_text("onerror", timeout=30_000)
    assert await page.locator(".steps li").count() > len(texts)
    await _nothing_happened(page)
    await page.get_by_role("link", name="timeline").click()
    await expect(page.locator(".bar.failed")).to_be_visible()
    await page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    await expect(page.locator("pre", has_text="onerror").first).to_be_visible()
    await _nothing_happened(page)

    # What a person says and what a chat answers, token by token.
    await page.goto(f"{shown.url}/#/flows/{talk['id']}")
    await page.get_by_label("Message").fill(everything)
    await page.get_by_label("Message").press("Enter")
    await expect(page.get_by_role("link", name="timeline")).to_be_visible(timeout=30_000)
    said = await page.locator(".log .assistant .text").last.text_content()
    assert said is not None
    assert said.split() == everything.split(), "every word of it is there, as text"
    await _nothing_happened(page)

    await page.goto(f"{shown.url}/#/executions")
    await expect(page.get_by_role("cell", name="failed")).to_be_visible()
    await _nothing_happened(page)

    # The editor: labels on the canvas, settings, findings, the document; snippets, sessions.
    await page.goto(f"{shown.url}/#/flows/{flow['id']}/edit")
    await page.locator(".step-name").first.wait_for()
    await page.locator(".svelte-flow__node").first.dispatch_event("click")
    for tab in ("Findings", "JSON", "Versions", "Run"):
        await page.get_by_role("tab", name=tab).click()
        await _nothing_happened(page)
    await page.goto(f"{shown.url}/#/flows/{talk['id']}/edit")
    await expect(page.get_by_role("textbox", name="Welcome")).to_have_value(re.compile("onerror"))
    await _nothing_happened(page)
    await page.goto(f"{shown.url}/#/flows/{flow['id']}/use")
    await expect(page.get_by_role("heading", name="curl", exact=True)).to_be_visible()
    await _nothing_happened(page)
    await page.goto(f"{shown.url}/#/sessions")
    await expect(page.get_by_role("button", name="Rename").first).to_be_visible()
    await _nothing_happened(page)
    assert (canary.asked, accidents) == ([], [])


async def _nothing_happened(page: Page) -> None:
    """Hold that the page is as the console made it."""
    await page.wait_for_timeout(200)
    assert await page.evaluate("window.__xss") is None
    assert (
        await page.locator(MADE).evaluate_all("all => all.map((each) => each.outerHTML.slice(0, 200))") == []
    )


def _graph(texts: list[str], everything: str) -> dict[str, Any]:
    """Return a flow with hostile text wherever there may be text; its last node fails by quoting some."""
    nodes: list[dict[str, Any]] = [
        {
            "id": "start",
            "type": "start",
            "data": {"label": texts[0], "inputs": [{"name": "text", "description": everything[:2000]}]},
        },
        *(
            {"id": f"n{number}", "type": "template", "data": {"label": text, "template": "ok"}}
            for number, text in enumerate(texts)
        ),
        {
            "id": "say",
            "type": "llm",
            "data": {"provider": "openai", "model": "fake-model", "prompt": "Say it."},
        },
        {
            "id": "break",
            "type": "tool",
            "data": {"tool": "calculator", "arguments": {"expression": "{{ '1 + <img src=x onerror=1>' }}"}},
        },
        {"id": "end", "type": "end"},
    ]
    ways = itertools.pairwise(node["id"] for node in nodes)
    edges = [{"id": f"e{n}", "source": source, "target": target} for n, (source, target) in enumerate(ways)]
    return {
        "name": texts[0][:200],
        "description": everything[:1000],
        "tags": ["hostile"],
        "graph_definition": {"nodes": nodes, "edges": edges},
    }
