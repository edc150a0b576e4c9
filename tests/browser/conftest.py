"""A real browser: headless Chromium, driven by Playwright, one for all tests of a process.

Tests here run in one event loop, the browser's; servers run in threads of their own.
"""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

CHROMIUM = "/usr/bin/chromium"
"""Debian's `chromium`, which `.ci/services` installs."""
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A browser that opens what the tests open and calls nobody else."""
PATIENCE = 20_000
"""Milliseconds that a page has to become what a test expects."""
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let every test of this folder run in the browser's loop."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium. Where there is none, tests say so; under ``CI=true`` they fail."""
    chromium = os.environ.get("AGENTICRAG_TEST_CHROMIUM", CHROMIUM)
    if shutil.which(chromium) is None:
        reason = f"There is no Chromium at {chromium}: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}. Under CI=true nothing is skipped.")
        pytest.skip(reason)
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A profile of the test's own, with nothing stored."""
    made = await browser.new_context()
    made.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    """An empty page in it."""
    return await context.new_page()
