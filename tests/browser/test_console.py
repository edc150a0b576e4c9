"""The console in a browser: what people see of flows and runs, and what no flow can make it do."""

import asyncio
import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.browser.console import Shown
from tests.conftest import new_database
from tests.server.conftest import API, Running, make_key, quick

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
FORM = {
    "name": "Greeting by form",
    "description": "Says hello in a tone, as often as you like.",
    "graph_definition": {
        "nodes": [
            {
                "id": "start",
                "type": "start",
                "data": {
                    "inputs": [
                        {"name": "who", "required": True, "description": "Whom to greet."},
                        {"name": "tone", "default": "warm", "choices": ["warm", "cool"]},
                        {"name": "times", "type": "integer", "default": 2},
                        {"name": "tags", "type": "array", "default": ["a"]},
                    ]
                },
            },
            {
                "id": "greet",
                "type": "llm",
                "data": {
                    "provider": "demo",
                    "model": "demo",
                    "prompt": "{{ input.who }} {{ input.tone }} {{ input.times }} {{ input.tags }}",
                },
            },
            {"id": "end", "type": "end"},
        ],
        "edges": [
            {"id": "a", "source": "start", "target": "greet"},
            {"id": "b", "source": "greet", "target": "end"},
        ],
    },
}
ASKS = {
    "name": "Asks first",
    "graph_definition": {
        "nodes": [
            {"id": "start", "type": "start"},
            {"id": "ask", "type": "human_approval", "data": {"message": "May it go out?"}},
            {"id": "end", "type": "end", "data": {"output": "It went out."}},
        ],
        "edges": [
            {"id": "a", "source": "start", "target": "ask"},
            {"id": "b", "source": "ask", "target": "end", "sourceHandle": "approved"},
        ],
    },
}
CHAT = {
    "name": "Greeter",
    "chat_config": {
        "llm_provider": "demo",
        "llm_model": "demo",
        "welcome_message": "Welcome!",
        "suggested_questions": ["What is this?"],
    },
}


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("console")
    settings = quick(new_database("sqlite", request, folder), folder)
    key = asyncio.run(make_key(settings, "default"))
    server = Running(settings).start()
    made = Shown(server.url, key)
    for kind, body in (("chatflows", CHAT), ("agentflows", FORM), ("agentflows", ASKS)):
        flow = made.post(f"/{kind}", body)
        made.flows[flow["name"]] = flow["id"]
    yield made
    server.stop()


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Folder of the test's screenshots; ``AGENTICRAG_TEST_SCREENSHOTS`` names one that stays."""
    folder = Path(os.environ.get("AGENTICRAG_TEST_SCREENSHOTS") or tmp_path)
    folder.mkdir(exist_ok=True, parents=True)
    return folder


async def faultless(page: Page) -> None:
    """Hold that axe finds nothing serious."""
    found = await Axe().run(page, options=AXE)
    serious = [
        f"{each['id']}: {each['help']} {[node['html'] for node in each['nodes']]}"
        for each in found.response["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []


async def drawn(page: Page, alt: str | re.Pattern[str]) -> None:
    """Wait until a picture is there and has been drawn."""
    image = page.get_by_role("img", name=alt)
    await expect(image).to_be_visible()
    await page.wait_for_function(
        "() => [...document.images].some((each) => each.src.startsWith('blob:') && each.naturalWidth > 40)"
    )


async def test_a_key_is_asked_for_once_and_forgotten_on_demand(shown: Shown, page: Page, shots: Path) -> None:
    await page.goto(shown.url)
    field = page.get_by_label("Key", exact=True)
    links = page.get_by_role("navigation").get_by_role("link")
    await expect(links).to_have_text(["API"])  # what needs a key is no way to go yet
    await field.fill("ar_wrong")
    await field.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("is unknown, revoked or expired.")
    await expect(links).to_have_text(["API"])
    await faultless(page)
    await page.screenshot(path=shots / "key.png")
    await page.get_by_label("Key", exact=True).fill(shown.key)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Greeter")).to_be_visible()
    assert shown.key not in page.url
    await expect(links).to_have_count(8)
    await page.reload()
    await expect(page.get_by_role("heading", name="Greeter")).to_be_visible()
    await page.get_by_role("button", name="Forget the key").click()
    await expect(page.get_by_label("Key", exact=True)).to_be_visible()
    await expect(links).to_have_text(["API"])


async def test_the_flows_are_listed_with_their_pictures(shown: Shown, page: Page, shots: Path) -> None:
    await shown.open(page)
    await expect(page.get_by_role("listitem").filter(has_text="flow")).to_have_count(3)
    await drawn(page, "Picture of Greeter")
    await faultless(page)
    await page.screenshot(path=shots / "flows.png", full_page=True)
    await page.emulate_media(color_scheme="dark")
    await faultless(page)
    await page.screenshot(path=shots / "flows-dark.png", full_page=True)
    await page.get_by_label("Search the flows").fill("form")
    await expect(page.get_by_text("1 flow", exact=True)).to_be_visible()


async def test_a_chat_streams_and_its_picture_lights_up(shown: Shown, page: Page, shots: Path) -> None:
    await shown.open(page, f"#/flows/{shown.flows['Greeter']}")
    await expect(page.get_by_text("Welcome!")).to_be_visible()
    await drawn(page, "Picture of Greeter")
    await page.get_by_text("Endpoints for other clients").click()
    await expect(page.get_by_text("/ai-sdk/greeter")).to_be_visible()
    before = await page.get_by_role("img", name="Picture of Greeter").get_attribute("src")
    lengths = "window.__lengths = []; new MutationObserver(() => window.__lengths.push("
    lengths += "document.querySelector('.log li:last-child .text')?.textContent.length)).observe("
    await page.evaluate(lengths + "document.body, {subtree: true, childList: true, characterData: true})")
    field = page.get_by_label("Message")
    await field.fill("Hello from the console, tell me a little more")
    await field.press("Enter")
    await expect(page.get_by_text("You said: “Hello from the console")).to_be_visible()
    await expect(page.get_by_role("link", name="timeline")).to_be_visible()
    grown = [length for length in await page.evaluate("window.__lengths") if length]
    assert len(set(grown)) > 5, "the tokens came one after the other"
    await expect(page.get_by_role("img", name="Picture of Greeter")).not_to_have_attribute(
        "src", before or ""
    )
    await page.wait_for_timeout(700)  # for the last picture
    await faultless(page)
    await page.screenshot(path=shots / "chat.png", full_page=True)
    await field.fill("And again")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("(message 2 of this conversation)")).to_be_visible()
    await page.get_by_role("link", name="timeline").first.click()
    await expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    await expect(page.locator(".bar.completed").first).to_be_visible()
    await drawn(page, "Picture of the run")
    await page.wait_for_timeout(400)
    await faultless(page)
    await page.screenshot(path=shots / "timeline.png", full_page=True)


async def test_a_call_of_a_tool_is_one_line_that_says_how_it_stands(shown: Shown, page: Page) -> None:
    config = {"llm_provider": "demo", "llm_model": "demo", "tools": ["calculator"]}
    flow = shown.post("/chatflows", {"name": "Reckoner", "chat_config": config})
    await shown.open(page, f"#/flows/{flow['id']}")
    field = page.get_by_label("Message")
    await field.fill("What is 17 * (3 + 4)?")
    await field.press("Enter")
    await expect(page.get_by_role("link", name="timeline")).to_be_visible()
    await expect(page.locator("details.tool summary")).to_have_text(["calculator: completed"])
    await page.locator("details.tool summary").click()
    await expect(page.locator("details.tool pre")).to_have_text([re.compile(r"17 \* \(3 \+ 4\)"), "119"])


async def test_a_form_is_made_from_the_inputs_and_run_by_keyboard(
    shown: Shown, page: Page, shots: Path
) -> None:
    await shown.open(page, f"#/flows/{shown.flows['Greeting by form']}")
    await page.get_by_label("who").focus()
    await page.keyboard.type("Ada")
    await page.get_by_label("tone").select_option("cool")
    await page.get_by_label("times").fill("3")
    await page.get_by_label("tags").fill('["x", "y"]')
    await page.get_by_role("button", name="Run").press("Enter")
    await expect(page.get_by_role("heading", name="Result")).to_be_visible()
    await expect(page.locator("pre.result")).to_contain_text("Ada cool 3")
    await page.wait_for_timeout(700)
    await faultless(page)
    await page.screenshot(path=shots / "form.png", full_page=True)
    await page.get_by_label("tags").fill("[broken")
    await page.get_by_role("button", name="Run").click()
    await expect(page.get_by_role("alert")).to_contain_text("'tags' takes JSON")


async def test_a_question_is_answered_on_the_page_and_the_run_is_listed(
    shown: Shown, page: Page, shots: Path
) -> None:
    await shown.open(page, f"#/flows/{shown.flows['Asks first']}")
    await page.get_by_label("message").fill("go")
    await page.get_by_role("button", name="Run").click()
    await expect(page.get_by_text("May it go out?")).to_be_visible()
    other = await page.context.new_page()
    await shown.open(other)
    await expect(other.get_by_role("heading", name="Running now: 1")).to_be_visible()
    await other.screenshot(path=shots / "running.png")
    await other.close()
    await page.get_by_role("button", name="Approve").click()
    await expect(page.locator("pre.result")).to_contain_text("It went out.")
    await page.get_by_role("link", name="Executions").click()
    await expect(page.get_by_role("cell", name="Asks first").first).to_be_visible()
    heads = await page.locator("th").all_text_contents()
    assert "Session" in heads
    assert all(head[:1].isupper() for head in heads), heads
    await faultless(page)
    await page.screenshot(path=shots / "executions.png", full_page=True)


@pytest.mark.threat("T-05")
async def test_what_a_flow_had_better_be_warned_of_stands_at_its_picture(
    shown: Shown, page: Page, shots: Path
) -> None:
    tools = [
        {"name": "http_request", "alias": "crm", "base_url": "https://crm.test/", "credential": "crm"},
        {"name": "http_request", "base_url": "https://web.test/"},
    ]
    config = {"llm_provider": "demo", "llm_model": "demo", "tools": tools}
    flow = shown.post("/chatflows", {"name": "Open to all", "chat_config": config})
    await shown.open(page, f"#/flows/{flow['id']}")
    await expect(page.get_by_text("nobody is asked before it is taken").first).to_be_visible()
    await faultless(page)
    await page.screenshot(path=shots / "warnings.png")
    gone = await page.request.delete(
        f"{shown.url}{API}/chatflows/{flow['id']}", headers={"X-API-Key": shown.key}
    )
    assert gone.ok


@pytest.mark.threat("P-06")
async def test_the_pages_say_what_a_browser_may_do_with_them(shown: Shown) -> None:
    async with httpx.AsyncClient(base_url=shown.url) as client:
        page = (await client.get("/")).text
        files = re.findall(r'"(/console/assets/[^"]+)"', page)
        assert any(each.endswith(".js") for each in files)
        assert any(each.endswith(".css") for each in files)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page), "nothing is inline"
        for path in ("/", *files):
            answer = await client.get(path)
            kept = "public, max-age=31536000, immutable" if path in files else "no-cache"
            assert answer.headers["cache-control"] == kept, "names of built files change with their content"
            assert answer.status_code == 200
            policy = dict(
                part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
            )
            assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
            assert policy["img-src"] == "'self' data: blob:"
            assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert answer.headers["x-content-type-options"] == "nosniff"
            again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        for path in (
            "/console/../app.py",
            "/console/%2e%2e/%2e%2e/app.py",
            "/console/none.js",
            "/console/assets",
        ):
            assert (await client.get(path)).status_code == 404


async def test_a_server_without_auth_asks_for_no_key_and_an_empty_one_offers_templates(
    shown: Shown, page: Page, request: pytest.FixtureRequest, tmp_path: Path, shots: Path
) -> None:
    settings = msgspec.structs.replace(quick(new_database("sqlite", request, tmp_path), tmp_path), auth="off")
    server = Running(settings).start()
    try:
        await page.goto(server.url)
        await expect(page.get_by_text("0 flows")).to_be_visible()
        await expect(page.get_by_role("button", name="Forget the key")).to_be_hidden()
        await expect(page.get_by_role("navigation").get_by_role("link")).to_have_count(8)
        await page.get_by_label("Search the templates").fill("supervisor")
        await expect(page.get_by_role("heading", level=3).first).to_have_text("Supervisor team")
        await drawn(page, "Picture of Supervisor team")
        await faultless(page)
        await page.screenshot(path=shots / "templates.png")
        await page.get_by_role("button", name="Use this template: Supervisor and workers").click()
        await page.wait_for_url(re.compile(r"#/flows/[\w-]+/edit$"))
        await expect(page.get_by_label("Name of the flow")).to_have_value("Supervisor and workers")
        await expect(page.locator(".svelte-flow__node").first).to_be_visible()
    finally:
        server.stop()
