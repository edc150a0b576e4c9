"""The console as a newcomer uses it: over plain HTTP, on a phone, with a reload and a mistyped address."""

import asyncio
import re
from collections.abc import Iterator

import msgspec
import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.console import Shown
from tests.conftest import new_database
from tests.server.conftest import API, Running, make_key, quick

HOST = "agenticrag.test"
"""A name that leads to this machine and that no browser takes for loopback: no secure context."""
CHAT = {
    "name": "Talker",
    "chat_config": {"llm_provider": "demo", "llm_model": "demo", "welcome_message": "Welcome!"},
}
COUNTING = {
    "name": "Counter",
    "chat_config": {"llm_provider": "demo", "llm_model": "demo", "tools": ["calculator"]},
}
LONG = " ".join(f"word{number}" for number in range(75))
"""A message whose answer, which repeats it, takes about two seconds to come."""


def asking(name: str, show: str, *, chat: bool = False) -> dict[str, object]:
    """Return a flow that asks for an approval of what `show` says, and tells what was approved."""
    return {
        "name": name,
        "graph_definition": {
            "nodes": [
                {"id": "start", "type": "start", "data": {} if chat else {"inputs": [{"name": "message"}]}},
                {"id": "ask", "type": "human_approval", "data": {"message": "May it go?", "show": show}},
                {"id": "end", "type": "end", "data": {"output": "Sent: {{ nodes.ask.value }}"}},
            ],
            "edges": [
                {"id": "a", "source": "start", "target": "ask"},
                {"id": "b", "source": "ask", "target": "end", "sourceHandle": "approved"},
            ],
        },
    }


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("first-hour")
    settings = msgspec.structs.replace(
        quick(new_database("sqlite", request, folder), folder), allowed_hosts=[HOST, "127.0.0.1"]
    )
    key = asyncio.run(make_key(settings, "default"))
    server = Running(settings).start()
    made = Shown(server.url, key)
    for kind, body in (
        ("chatflows", CHAT),
        ("chatflows", COUNTING),
        ("chatflows", asking("Asking chat", "input.message", chat=True)),
        ("agentflows", asking("Asking form", "{'text': input.message}")),
    ):
        flow = made.post(f"/{kind}", body)
        made.flows[flow["name"]] = flow["id"]
    yield made
    server.stop()


def insecure(shown: Shown) -> Shown:
    """Return the same server by its name on the network."""
    other = Shown(re.sub(r"//[^:]+", f"//{HOST}", shown.url), shown.key)
    other.flows = shown.flows
    return other


async def say(page: Page, text: str) -> None:
    """Send a message by the keyboard."""
    await page.get_by_label("Message").fill(text)
    await page.get_by_label("Message").press("Enter")


async def test_over_plain_http_from_another_machine_chats_and_forms_run(shown: Shown, page: Page) -> None:
    """On a slow machine, too: nothing can be typed into the chat while the form that follows it is loaded."""
    there = insecure(shown)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(error.message))
    await there.open(page, f"#/flows/{there.flows['Talker']}")
    assert not await page.evaluate("window.isSecureContext")
    await say(page, "Hello from afar")
    await expect(page.get_by_text("You said: “Hello from afar”")).to_be_visible()
    slow = await page.context.new_cdp_session(page)
    await slow.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    await there.open(page, f"#/flows/{there.flows['Asking form']}")
    await page.get_by_label("message").fill("a letter")
    await page.get_by_role("button", name="Run").click()
    await page.get_by_role("button", name="Approve").click()
    await expect(page.locator("pre.result")).to_contain_text("Sent:")
    assert wrong == []


async def test_a_page_of_an_old_release_is_loaded_anew_once(shown: Shown, page: Page) -> None:
    async def other_release(route: Route) -> None:
        if route.request.resource_type == "fetch":
            await route.fulfill(body="<script type=module src=/console/assets/index-new.js></script>")
        else:
            await route.continue_()

    gone: list[str] = []
    await page.route("**/assets/Executions-*.js", lambda route: gone.append("") or route.fulfill(status=404))
    await page.route(f"{shown.url}/", other_release)
    await shown.open(page)
    async with page.expect_event("load"):
        await page.get_by_role("link", name="Executions").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    assert len(gone) == 2


async def test_the_conversation_is_there_after_a_reload_until_a_new_one_is_begun(
    shown: Shown, page: Page
) -> None:
    await shown.open(page, f"#/flows/{shown.flows['Talker']}")
    log = page.get_by_label("Conversation")
    await say(page, "The first message")
    await expect(page.get_by_role("link", name="timeline")).to_have_count(1)
    await page.reload()
    await expect(log.get_by_text("The first message", exact=True)).to_be_visible()
    await expect(log.get_by_text("You said: “The first message”")).to_be_visible()
    await say(page, LONG)
    await expect(log.locator("li").last).to_contain_text("word1")
    await page.reload()
    await expect(log.get_by_text(LONG, exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await expect(log.locator("li").last).to_contain_text("(message 2 of this conversation)")
    await expect(log.locator("li")).to_have_count(5)
    await page.get_by_role("button", name="New conversation").click()
    await expect(log.locator("li")).to_have_text(["Welcome!"])
    await say(page, "Fresh")
    await expect(log.get_by_text("You said: “Fresh”")).to_be_visible()
    await expect(log.get_by_text("(message 2 of this conversation)")).to_have_count(0)
    await page.get_by_role("button", name="Forget the key").click()
    await page.get_by_label("Key", exact=True).fill(shown.key)
    await page.keyboard.press("Enter")
    await expect(log.locator("li")).to_have_text(["Welcome!"])


async def test_a_question_is_there_after_a_reload_and_its_edited_text_is_what_is_sent(
    shown: Shown, page: Page
) -> None:
    await shown.open(page, f"#/flows/{shown.flows['Asking chat']}")
    await say(page, "Dear Bob")
    await expect(page.get_by_role("button", name="Approve")).to_be_visible()
    await page.reload()
    approve = page.get_by_role("button", name="Approve")
    await expect(approve).to_have_text("Approve")
    await expect(page.get_by_role("group", name="A question")).to_have_count(1)
    await page.get_by_label("Your answer").fill("Dear Ada")
    await expect(approve).to_have_text("Approve with changes")
    await page.get_by_label("Your answer").fill("Dear Bob")
    await expect(approve).to_have_text("Approve")
    await page.get_by_label("Your answer").fill("Dear Ada")
    await approve.click()
    await expect(page.get_by_text("Answered: Approve with changes.")).to_be_visible()
    await expect(page.get_by_text("Sent: Dear Ada")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Conversation").get_by_text("Dear Bob", exact=True)).to_be_visible()
    await expect(page.get_by_role("group", name="A question")).to_have_count(0)


async def test_what_is_json_stays_json_when_it_is_edited(shown: Shown, page: Page) -> None:
    await shown.open(page, f"#/flows/{shown.flows['Asking form']}")
    await page.get_by_label("message").fill("a letter")
    await page.get_by_role("button", name="Run").click()
    await page.get_by_label("Your answer").fill("{broken")
    await page.get_by_role("button", name="Approve with changes").click()
    await expect(page.get_by_role("alert")).to_contain_text("is JSON, and this is none")
    await page.get_by_label("Your answer").fill('{"text": "another letter"}')
    await page.get_by_role("button", name="Approve with changes").click()
    await expect(page.locator("pre.result")).to_contain_text("another letter")
    await page.reload()
    await expect(page.locator("pre.result")).to_contain_text("another letter")
    await expect(page.get_by_role("group", name="A question")).to_have_count(0)


async def test_a_wrong_key_is_not_kept_and_a_revoked_one_is_forgotten(shown: Shown, page: Page) -> None:
    stored = "() => sessionStorage.getItem('agenticrag.key')"
    await page.goto(shown.url)
    for wrong, told in (("ar_wrong", "is unknown, revoked or expired"), ("schlüssel 1", "letters, digits")):
        await page.get_by_label("Key", exact=True).fill(wrong)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text(told)
        assert await page.evaluate(stored) is None
    made = shown.post("/keys", {"name": "soon gone", "scopes": ["flows:read", "runs:read"]})
    await page.get_by_label("Key", exact=True).fill(f"Bearer {made['key']}")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Talker")).to_be_visible()
    assert await page.evaluate(stored) == made["key"]
    gone = await page.request.delete(f"{shown.url}{API}/keys/{made['id']}", headers={"X-API-Key": shown.key})
    assert gone.ok
    await asyncio.sleep(0.2)  # servers remember a key for `key_cache_seconds`
    await page.reload()
    await expect(page.get_by_role("alert")).to_contain_text("is unknown, revoked or expired")
    assert await page.evaluate(stored) is None
    await expect(page.get_by_role("button", name="Forget the key")).to_be_hidden()


@pytest.mark.parametrize("address", ["#/%", "#/flows/%E0%A4%A", "#/flows/..", "#/nowhere", "#x", "#/flows/0"])
async def test_an_address_that_leads_nowhere_says_so(shown: Shown, page: Page, address: str) -> None:
    await shown.open(page, address)
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_role("link", name="To the flows").click()
    await expect(page.get_by_role("heading", name="Talker")).to_be_visible()


async def test_on_a_phone_every_view_can_be_read(shown: Shown, page: Page) -> None:
    run = shown.post(f"/chatflow/workflows/{shown.flows['Talker']}/chat", {"message": "x" * 300})
    await page.set_viewport_size({"width": 390, "height": 844})
    await shown.open(page, "#/executions")
    await expect(page.get_by_role("cell", name="Talker").first).to_be_visible()
    narrow = await page.locator("tbody td").evaluate_all(
        "cells => cells.filter((each) => each.textContent && each.getBoundingClientRect().width < 300).length"
    )
    assert narrow == 0, "each cell has a line of its own"
    assert await page.get_by_role("row").count() >= 2
    for address in (
        "#/",
        f"#/flows/{shown.flows['Talker']}",
        "#/executions",
        f"#/executions/{run['execution_id']}",
    ):
        await shown.open(page, address)
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, address


async def test_a_reload_shows_answers_and_not_what_tools_gave(shown: Shown, page: Page) -> None:
    await shown.open(page, f"#/flows/{shown.flows['Counter']}")
    await say(page, "What is 17 * (3 + 4)?")
    answer = page.locator("li.assistant").last
    await expect(answer).to_contain_text("119", timeout=20_000)
    await expect(page.locator("li.assistant .quiet").last).to_be_visible()
    await page.reload()
    await expect(page.locator("li.user")).to_have_count(1)
    await expect(page.locator("li.assistant")).to_have_count(1)
    await expect(page.locator("li.assistant")).to_contain_text("119")
