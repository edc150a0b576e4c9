"""An embedded chat over plain HTTP by a name on the network, where browsers hold some functions back."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Page, expect

from tests.browser.embedded import Visit
from tests.conftest import new_database
from tests.server.conftest import Running, connect, make_key, quick
from tests.server.embedding import Owner, asking

HOST = "agenticrag.test"


async def test_a_visitor_approves_an_edited_text_and_copies_the_answer(
    page: Page, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, tmp_path), tmp_path), allowed_hosts=[HOST, "127.0.0.1"]
    )
    key = await make_key(settings, "default")
    server = await asyncio.to_thread(Running(settings).start)
    owner = Owner(server.url, connect(server, key))
    try:
        there = f"http://{HOST}:{server.port}"
        flow = await owner.flow(asking("visitor", show="'Dear Bob'"))
        embed = await owner.embed(flow, allowed_domains=[there])
        visit = Visit(page)
        await page.goto(f"{there}/api/agent-builder/embed/widget/{embed['embed_token']}")
        assert not await page.evaluate("window.isSecureContext")
        await visit.say("Write to Ada")
        approve = page.get_by_role("button", name="Approve")
        await expect(approve).to_have_text("Approve")
        await page.locator(".question textarea").fill("Dear Ada")
        await expect(approve).to_have_text("Approve with changes")
        await approve.click()
        assert "Dear Ada" in await visit.answered()
        await page.get_by_role("button", name="Copy").click()
        await expect(page.locator(".status")).to_have_text("Copied")
        await page.locator(".composer textarea").press("ControlOrMeta+v")
        assert "Dear Ada" in await page.locator(".composer textarea").input_value()
        assert [each for each in visit.wrong if each.startswith("error:")] == []
    finally:
        await owner.close()
        await asyncio.to_thread(server.stop)
