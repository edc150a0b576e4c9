"""The console over a restart of the server: an answer goes on where it was."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.console import Shown
from tests.conftest import new_database
from tests.durability.server_process import ServerProcess
from tests.runtimes.fake_openai import FakeOpenAI, Reply

TEXT = " ".join(f"word{number}" for number in range(120))


async def test_an_answer_goes_on_after_a_restart(
    page: Page, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    async with FakeOpenAI(Reply(text=TEXT, delay=0.03)) as fake:
        environment = {"AGENTICRAG_DRAIN_SECONDS": "0.1", "AGENTICRAG_LEASE_SECONDS": "1"}
        database = new_database("sqlite", request, tmp_path)
        server = ServerProcess(tmp_path, database, fake.url, environment=environment)
        try:
            await server.create_key()
            await server.start()
            shown = Shown(server.url, server.key)
            body = {
                "name": "Slow",
                "chat_config": {"llm_provider": "openai", "llm_model": "fake-model"},
            }
            flow = await asyncio.to_thread(shown.post, "/chatflows", body)
            await shown.open(page, f"#/flows/{flow['id']}")
            await page.get_by_label("Message").fill("Count")
            await page.get_by_label("Message").press("Enter")
            await expect(page.locator(".log .assistant")).to_contain_text("word3", timeout=30_000)
            await server.stop()
            await expect(page.locator(".log .assistant")).not_to_contain_text("word119")
            await server.start()
            await expect(page.get_by_role("link", name="timeline")).to_be_visible(timeout=60_000)
            assert await page.locator(".log .assistant .text").last.text_content() == TEXT
            assert await page.get_by_role("alert").count() == 0
        finally:
            await server.close()
