"""The embedded chat as visitors meet it: on a page of another origin, in a real browser."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.embedded import Visit
from tests.browser.sites import Site
from tests.conftest import new_database
from tests.durability.server_process import ServerProcess
from tests.server.conftest import API, Running, quick
from tests.server.embedding import Owner, asking, owner_of

LONG = " ".join(f"word{number}" for number in range(75))
"""A message whose answer, which repeats it, takes about two seconds to come."""
SCHEMA = {
    "type": "object",
    "properties": {
        "amount": {"type": "number", "title": "Amount", "minimum": 1, "description": "In euros."},
        "reason": {"type": "string", "enum": ["broken", "late"], "title": "Reason"},
        "express": {"type": "boolean", "title": "Express"},
    },
    "required": ["amount"],
}


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all visits."""
    folder = tmp_path_factory.mktemp("embedded")
    server = Running(quick(new_database("sqlite", request, folder), folder)).start()
    yield server
    server.stop()


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of another origin."""
    made = Site()
    yield made
    made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def owner(running: Running) -> AsyncIterator[Owner]:
    """Who puts the chat there."""
    found = await owner_of(running)
    yield found
    await found.close()


async def picture(page: Page, folder: Path, name: str) -> None:
    """Take a screenshot that is no empty picture."""
    taken = await page.screenshot(path=folder / f"{name}.png")
    assert len(taken) > 5_000


async def serious_faults(page: Page) -> list[str]:
    """Return what axe finds that keeps people from using the page."""
    found = await Axe().run(page)
    return [
        f"{fault['id']}: {node['html'][:160]}"
        for fault in found.response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


async def test_a_page_of_another_origin_shows_the_chat_by_one_tag(
    page: Page, owner: Owner, site: Site, tmp_path: Path
) -> None:
    flow = await owner.flow(welcome_message="Hello **there**!", suggested_questions=["Why otters?"])
    embed = await owner.embed(flow, allowed_domains=[site.origin], widget_title="Otters & Co")
    site.page = "<!doctype html><title>Without</title>"
    await page.goto(site.origin)
    before = set(await page.evaluate("Object.getOwnPropertyNames(window)"))
    visit = await Visit(page).to(site, embed)
    await page.locator(".bubble").wait_for()
    assert set(await page.evaluate("Object.getOwnPropertyNames(window)")) - before == {"AgenticRAG"}
    assert (
        await page.evaluate("document.body.children.length") == 3
    )  # the page's own, the tag, and one of ours
    await visit.open()
    assert await page.locator("header h2").inner_text() == "Otters & Co"
    assert await page.locator(".welcome strong").inner_text() == "there"
    await picture(page, tmp_path, "open")
    await page.get_by_role("button", name="Why otters?").click()
    assert "Why otters?" in await visit.answered()
    await visit.say(LONG)
    await page.wait_for_function(
        "() => document.querySelector('[data-agenticrag]').shadowRoot"
        ".querySelectorAll('.assistant .message')[1].textContent.includes('word5')"
    )
    partial = await visit.answers.last.inner_text()
    assert "word70" not in partial
    assert await page.locator(".stop").is_visible()
    whole = await visit.answered()
    assert whole.endswith("(message 2 of this conversation).")
    await page.get_by_role("button", name="Good answer").last.click()
    await expect(page.get_by_role("button", name="Good answer").last).to_have_attribute(
        "aria-pressed", "true"
    )
    await picture(page, tmp_path, "answered")
    await page.reload()
    assert await visit.answered() == whole
    assert await page.locator(".turns > li").count() == 4
    await page.keyboard.press("Escape")
    await page.locator(".composer textarea").press("Escape")
    await expect(page.locator(".bubble")).to_be_focused()
    opinions = (await owner.client.get(f"/embed/{flow}/feedback")).json()
    assert (opinions["up"], opinions["down"]) == (1, 0)
    assert visit.wrong == []


async def test_the_page_of_the_examples_shows_the_chat(page: Page, owner: Owner, site: Site) -> None:
    embed = await owner.embed(allowed_domains=[site.origin])
    text = (Path(__file__).parents[2] / "examples" / "embed.html").read_text("utf-8")
    site.page = text.replace("http://127.0.0.1:8000", owner.url).replace("emb_…", embed["embed_token"])
    visit = Visit(page)
    await page.goto(site.origin)
    await visit.open()
    await visit.say("Hello")
    assert "Hello" in await visit.answered()


async def test_an_answer_survives_the_death_of_the_server(
    page: Page, request: pytest.FixtureRequest, site: Site, tmp_path: Path
) -> None:
    demo = {"AGENTICRAG_DEFAULT_PROVIDER": "demo", "AGENTICRAG_DEFAULT_MODEL": "demo"}
    database = new_database("sqlite", request, tmp_path)
    server = ServerProcess(tmp_path, database, "http://127.0.0.1:9/v1", environment=demo)
    await server.create_key()
    await server.start()
    headers = {"Authorization": f"Bearer {server.key}"}
    owner = Owner(server.url, httpx.AsyncClient(base_url=server.url + API, headers=headers, timeout=30))
    try:
        visit = await Visit(page).to(site, await owner.embed(allowed_domains=[site.origin]))
        await visit.open()
        await visit.say(LONG)
        await expect(visit.answers.last).to_contain_text("word10")
        assert "word70" not in await visit.answers.last.inner_text()
        await server.kill()
        await expect(page.locator(".status")).to_contain_text("connection")
        await picture(page, tmp_path, "cut")
        await server.start()
        whole = await visit.answered(seconds=60)
        await picture(page, tmp_path, "survived")
        assert whole.count("word42") == 1
        assert whole.endswith("(message 1 of this conversation).")
        await page.reload()
        assert await visit.answered() == whole
        assert await page.locator(".turns > li").count() == 2
    finally:
        await owner.close()
        await server.stop()


async def test_an_answer_goes_on_after_a_reload_and_can_be_stopped(
    page: Page, owner: Owner, site: Site
) -> None:
    visit = await Visit(page).to(site, await owner.embed(allowed_domains=[site.origin]))
    await visit.open()
    await visit.say(LONG)
    await expect(visit.answers.last).to_contain_text("word3")
    await page.reload()
    await expect(visit.answers.last).to_contain_text("word20")
    await page.get_by_role("button", name="Stop").click()
    await expect(page.locator(".assistant .wrong")).to_have_text("The answer was stopped.")
    await page.get_by_role("button", name="Try again").click()
    assert "word74" in await visit.answered()
    await page.get_by_role("button", name="New conversation").click()
    assert await page.locator(".turns > li").count() == 0
    await visit.say("Hello")
    assert "message 1" in await visit.answered()
    assert visit.wrong == []


async def test_a_third_page_with_the_conversation_waits_until_another_is_closed(
    page: Page, owner: Owner, site: Site
) -> None:
    flow = await owner.flow(asking("team"))
    embed = await owner.embed(flow, allowed_domains=[site.origin])
    visit = await (await Visit(page).to(site, embed)).open()
    await visit.say("Write to Ada")
    decides = "person's decision"
    await expect(page.locator(".status")).to_contain_text(decides)
    second, third = await page.context.new_page(), await page.context.new_page()
    await Visit(second).to(site, embed)
    await expect(second.locator(".status")).to_contain_text(decides)
    waits = await Visit(third).to(site, embed)
    await expect(third.locator(".status")).to_contain_text("connection")
    await second.close()
    await expect(third.locator(".status")).to_contain_text(decides, timeout=15_000)
    runs = await owner.client.get("/executions", params={"flow_id": flow})
    (run,) = runs.json()["executions"]
    done = await owner.client.post(f"/executions/{run['id']}/respond", json={"action": "approve"})
    assert done.status_code == 200
    assert "Decided" in await waits.answered()


async def test_a_form_is_filled_in_by_the_keyboard(
    page: Page, owner: Owner, site: Site, tmp_path: Path
) -> None:
    graph = asking("visitor", mode="input", schema=SCHEMA, message="How **much** shall be refunded?")
    visit = await Visit(page).to(
        site, await owner.embed(await owner.flow(graph), allowed_domains=[site.origin])
    )
    await visit.open()
    await visit.say("My otter is broken")
    await page.get_by_label("Amount").fill("0")
    await page.get_by_role("button", name="Submit").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Amount")
    await picture(page, tmp_path, "form")
    assert await serious_faults(page) == []
    await page.get_by_label("Amount").fill("12.5")
    await page.get_by_label("Reason").select_option("late")
    await page.get_by_label("Express").press("Space")
    await page.get_by_role("button", name="Submit").press("Enter")
    answer = await visit.answered()
    assert '"amount":12.5' in answer
    assert '"reason":"late"' in answer
    assert '"express":true' in answer
    assert await page.locator(".question").count() == 0


async def test_an_approval_has_its_buttons_and_one_for_the_team_has_none(
    page: Page, owner: Owner, site: Site
) -> None:
    flow = await owner.flow(asking("visitor", show="'Dear Ada'"))
    visit = await (await Visit(page).to(site, await owner.embed(flow, allowed_domains=[site.origin]))).open()
    await visit.say("Write to Ada")
    await page.get_by_role("button", name="Approve", exact=True).click()
    assert "Dear Ada" in await visit.answered()
    flow = await owner.flow(asking("team"))
    await visit.to(site, await owner.embed(flow, allowed_domains=[site.origin]))
    await visit.open()
    await visit.say("Write to Ada")
    await expect(page.locator(".status")).to_contain_text("person's decision")
    assert await page.locator(".question").count() == 0


@pytest.mark.threat("X-05")
async def test_the_chat_as_a_page_may_be_framed_by_its_own_sites_alone(
    page: Page, owner: Owner, site: Site
) -> None:
    embed = await owner.embed(allowed_domains=[site.origin])
    stranger = Site()
    for each in (site, stranger):
        each.page = f"<!doctype html><title>x</title><iframe src='{embed['embed_url']}'></iframe>"
    await page.goto(site.origin)
    await page.frame_locator("iframe").locator(".composer textarea").fill("Hello")
    await page.frame_locator("iframe").locator(".send").click()
    await page.frame_locator("iframe").locator(".assistant[aria-busy='false'] .tools").wait_for()
    await page.goto(stranger.origin)
    await page.wait_for_timeout(300)
    assert await page.frame_locator("iframe").locator(".composer").count() == 0
    foreign = await Visit(page).to(stranger, embed)
    await page.wait_for_timeout(300)
    assert await page.locator("[data-agenticrag]").count() == 0
    assert any("CORS" in line or "403" in line for line in foreign.wrong)
    stranger.close()


LOOKS: list[dict[str, Any]] = [
    {"name": "light", "config": {}, "attributes": ""},
    {"name": "dark", "config": {"theme": "dark", "primary_color": "#fde047"}, "attributes": ""},
    {"name": "rtl", "config": {"position": "bottom-left"}, "attributes": "data-locale='ar'"},
    {"name": "mobile-ko", "config": {}, "attributes": "data-locale='ko' data-theme='dark'"},
]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look["name"])
async def test_everybody_can_use_it(
    browser: Browser, owner: Owner, site: Site, tmp_path: Path, look: dict[str, Any]
) -> None:
    mobile = look["name"].startswith("mobile")
    context: BrowserContext = await browser.new_context(
        viewport={"width": 390, "height": 740} if mobile else {"width": 1000, "height": 740}
    )
    page = await context.new_page()
    flow = await owner.flow(welcome_message="Hello! مرحبا", suggested_questions=["What can you do?"])
    embed = await owner.embed(flow, allowed_domains=[site.origin], **look["config"])
    visit = await Visit(page).to(site, embed, attributes=look["attributes"])
    await page.locator(".bubble").wait_for()
    assert await serious_faults(page) == []
    await visit.open()
    await visit.say("- one\n- [two](https://a.example)\n\n| a | b |\n|---|---|\n| `c` | **d** |\n\n> مرحبا")
    await visit.answered()
    assert await serious_faults(page) == []
    await picture(page, tmp_path, look["name"])
    box = await page.locator(".panel").bounding_box()
    assert box is not None
    if mobile:
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 740)
    elif look["name"] == "rtl":
        assert box["x"] < 100
        assert await page.locator(".frame").get_attribute("dir") == "rtl"
    else:
        assert box["x"] > 500
    await context.close()


@pytest.mark.threat("E-07")
async def test_a_visitor_sends_files_by_keyboard_and_by_dropping_where_the_owner_says_so(
    page: Page, owner: Owner, site: Site, tmp_path: Path
) -> None:
    flow = await owner.flow(uploads={"max_files": 2, "max_bytes": 100, "kinds": ["text", "image"]})
    visit = await Visit(page).to(site, await owner.embed(flow, allowed_domains=[site.origin]))
    await visit.open()
    attach = page.get_by_role("button", name="Attach files")
    async with page.expect_file_chooser() as choosing:
        await attach.press("Enter")
    chooser = await choosing.value
    assert chooser.is_multiple()
    await chooser.set_files(
        [
            {"name": "notes.md", "mimeType": "text/markdown", "buffer": b"Otters hold hands."},
            {"name": "large.txt", "mimeType": "text/plain", "buffer": b"x" * 101},
        ]
    )
    alert = page.locator(".attached .wrong")
    await expect(alert).to_have_text("“large.txt” is empty or too large.")
    dropped = await page.evaluate_handle(
        "() => { const all = new DataTransfer();"
        " for (const name of ['a.csv', 'b.csv']) all.items.add(new File(['1,2'], name)); return all; }"
    )
    await page.locator(".panel").dispatch_event("drop", {"dataTransfer": dropped})
    await expect(alert).to_have_text("2 files at most can be sent with a message.")
    chips = page.get_by_role("list", name="Files").get_by_role("listitem")
    assert await chips.all_inner_texts() == ["notes.md", "a.csv"]
    await picture(page, tmp_path, "chips")
    assert await serious_faults(page) == []
    await page.get_by_role("button", name="Remove a.csv").press("Enter")
    await expect(attach).to_be_focused()
    await visit.say("What do they do?")
    assert "Otters hold hands." in await visit.answered()
    await expect(page.locator(".attached .files")).to_be_hidden()
    await expect(page.locator(".user .files li")).to_have_text(["notes.md"])
    await page.reload()
    await expect(page.locator(".user .files li")).to_have_text(["notes.md"])
    await picture(page, tmp_path, "sent")
    assert visit.wrong == []

    plain = await Visit(page).to(site, await owner.embed(allowed_domains=[site.origin]))
    await plain.open()
    await page.locator(".composer textarea").wait_for()
    assert await attach.count() == 0
