"""The editor in a browser: flows are made, mended, run, published and restored without a request by hand."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.console import Shown
from tests.browser.test_console import faultless, shots
from tests.conftest import new_database
from tests.server.conftest import API, Running, make_key, quick

__all__ = ["shots"]

WIDE = {"width": 1400, "height": 860}


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("editor")
    settings = quick(new_database("sqlite", request, folder), folder)
    key = asyncio.run(make_key(settings, "default"))
    server = Running(settings).start()
    yield Shown(server.url, key)
    server.stop()


def stored(shown: Shown, path: str) -> dict[str, Any]:
    """Return what the API has."""
    answer = httpx.get(shown.url + API + path, headers={"X-API-Key": shown.key}, timeout=30)
    assert answer.is_success, answer.text
    return answer.json()


async def begin(shown: Shown, page: Page, kind: str, name: str) -> str:
    """Make a flow on the page; return its id."""
    await page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    await page.emulate_media(reduced_motion="reduce")
    await shown.open(page)
    await page.get_by_role("button", name="New flow").click()
    await page.get_by_role("radio", name=re.compile(f"^{kind} ")).first.check()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_role("button", name="Make it").click()
    await page.wait_for_url(re.compile(r"#/flows/[\w-]+/edit$"))
    return page.url.split("/")[-2]


def node(page: Page, name: str) -> Locator:
    """Return a node of the canvas by its id."""
    return page.locator(f".svelte-flow__node[data-id='{name}']")


async def add(page: Page, title: str) -> None:
    """Add a node behind the selected one, by the search of the palette and the keyboard."""
    search = page.get_by_role("searchbox", name="Search nodes")
    await search.fill(title)
    await search.press("Enter")


async def connect(page: Page, source: str, outlet: str, target: str) -> None:
    """Draw an edge with the mouse."""
    start = (
        await node(page, source)
        .locator(f".svelte-flow__handle.source[data-handleid='{outlet}']")
        .bounding_box()
    )
    end = await node(page, target).locator(".svelte-flow__handle.target").bounding_box()
    assert start is not None
    assert end is not None
    await page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    await page.mouse.down()
    await page.mouse.move(end["x"] + 20, end["y"] + 30, steps=4)
    await page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=4)
    await page.mouse.up()


async def saved(page: Page) -> None:
    """Wait until the draft has what the page has."""
    await expect(page.get_by_text("Draft saved")).to_be_visible()


async def publish(page: Page, notes: str) -> None:
    await page.get_by_role("button", name="Publish", exact=True).click()
    await page.get_by_label("Notes").fill(notes)
    await page.get_by_role("button", name="Publish the draft").click()
    await expect(page.get_by_text("is published.")).to_be_visible()


async def test_a_chatflow_with_memory_and_a_tool_is_made_run_and_published(
    shown: Shown, page: Page, shots: Path
) -> None:
    flow = await begin(shown, page, "Chatflow", "Helper")
    await page.get_by_label("Provider").select_option("demo")
    await page.get_by_label("Model", exact=True).select_option("demo")
    await page.get_by_role("textbox", name="System prompt").fill("You are calm.")
    await page.get_by_label("Add a tool").select_option("calculator")
    await page.get_by_label("What the model remembers").select_option(label="summary")
    await page.get_by_label("Messages", exact=True).fill("6")
    await saved(page)
    await faultless(page)
    await page.screenshot(path=shots / "editor-chat.png")
    await page.get_by_role("tab", name="Run").click()
    await page.get_by_label("Message", exact=True).fill("What is 17 * (3 + 4)?")
    await page.get_by_label("Message", exact=True).press("Enter")
    await expect(page.locator("li.assistant").last).to_contain_text("119")
    await publish(page, "Ready")
    kept = stored(shown, f"/flows/{flow}")
    assert (kept["version"], kept["chat_config"]["tools"]) == (2, ["calculator"])
    assert (kept["memory_config"]["type"], kept["memory_config"]["max_messages"]) == ("summary", 6)


async def test_an_agentflow_with_a_condition_a_loop_and_an_approval_is_drawn_and_run(
    shown: Shown, page: Page, shots: Path
) -> None:
    shown.post("/variables", {"name": "shop_url", "value": "https://shop.example.com"})
    flow = await begin(shown, page, "Agentflow", "Letters")
    await node(page, "answer").click()
    await page.keyboard.press("Delete")
    await expect(node(page, "answer")).to_have_count(0)
    await node(page, "start").click()
    await add(page, "Condition")
    await page.get_by_label("Expression").fill("env.")
    await expect(page.get_by_role("option", name="env.shop_url")).to_be_visible()
    await page.get_by_label("Expression").fill("length(input.mess")
    await page.get_by_role("option", name="input.message").click()
    await page.get_by_label("Expression").press("End")
    await page.get_by_label("Expression").press_sequentially(") > 3")
    await add(page, "Human approval")
    await page.get_by_label("Message", exact=True).fill("May it go out?")
    await add(page, "Loop")
    await page.get_by_label("Items").fill("['a', 'b']")
    await add(page, "Template")
    await page.get_by_role("textbox", name="Template").fill("{{ loop.item }}!")
    await page.get_by_role("button", name="Arrange").click()
    await page.wait_for_timeout(400)
    await connect(page, "template", "out", "loop")
    await connect(page, "loop", "done", "end")
    await connect(page, "condition", "no", "end")
    await saved(page)
    await page.get_by_role("tab", name="Findings").click()
    await expect(page.get_by_role("heading", name="Errors")).to_have_count(0)
    await page.screenshot(path=shots / "editor-loop.png")
    edges = stored(shown, f"/flows/{flow}/draft")["flow"]["graph_definition"]["edges"]
    ways = {(each["source"], each.get("sourceHandle"), each["target"]) for each in edges}
    assert {("loop", "body", "template"), ("template", None, "loop"), ("loop", "done", "end")} <= ways
    await page.get_by_role("tab", name="Run").click()
    await page.get_by_label("message").fill("Dear Ada")
    await page.get_by_role("tabpanel").get_by_role("button", name="Run").click()
    await page.get_by_role("button", name="Approve", exact=True).click()
    await expect(page.locator("pre.result")).to_contain_text("b!")
    await expect(node(page, "template").locator(".step.completed")).to_be_visible()
    await expect(node(page, "condition").locator(".step-ran")).to_contain_text("completed")
    await faultless(page)
    await page.screenshot(path=shots / "editor-ran.png")


async def test_a_team_of_agents_is_made_changed_run_and_published(
    shown: Shown, page: Page, shots: Path
) -> None:
    flow = await begin(shown, page, "Team of agents", "Team")
    await page.get_by_label("Provider", exact=True).last.select_option("demo")
    writer = page.get_by_role("group", name="Writer", exact=True)
    await writer.get_by_text("More settings").click()
    await writer.get_by_role("checkbox", name="Researcher").check()
    researcher = page.get_by_role("group", name="Researcher", exact=True)
    await researcher.get_by_label("Add a tool").select_option("calculator")
    await researcher.get_by_role("textbox", name="Name", exact=True).fill("Scout")
    await page.get_by_role("button", name="Move Reviewer up").click()
    await page.get_by_role("button", name="Add an agent").click()
    await page.get_by_role("button", name="Remove Agent 4").click()
    await page.get_by_label("How they work together").select_option("parallel")
    await saved(page)
    await faultless(page)
    await page.screenshot(path=shots / "editor-team.png")
    await page.get_by_label("message").fill("Write to Ada")
    await page.get_by_role("tabpanel").get_by_role("button", name="Run").click()
    await expect(page.locator("pre.result")).to_contain_text('"writer"')
    await publish(page, "Ready")
    kept = stored(shown, f"/flows/{flow}")
    assert (kept["version"], kept["orchestration_type"]) == (2, "parallel")
    assert [each["name"] for each in kept["agents"]] == ["Scout", "Reviewer", "Writer"]
    assert (kept["agents"][0]["tools"], kept["agents"][2]["dependencies"]) == (["calculator"], ["Scout"])


async def test_a_broken_flow_is_mended_from_its_findings_and_its_first_version_restored(
    shown: Shown, page: Page, shots: Path
) -> None:
    flow = await begin(shown, page, "Agentflow", "Broken")
    await node(page, "start").click()
    await add(page, "Transform")
    await page.get_by_label("Expression").fill("1 +")
    await page.get_by_role("tab", name="Findings").click()
    await page.get_by_role("button", name=re.compile("found the end")).click()
    await expect(page.get_by_role("alert").filter(has_text="found the end")).to_be_visible()
    await page.screenshot(path=shots / "editor-finding.png")
    await page.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("Mend these first.")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.get_by_label("Expression").fill("1 + 1")
    await expect(page.get_by_role("alert").filter(has_text="found the end")).to_have_count(0)
    await publish(page, "Adds a number")
    assert stored(shown, f"/flows/{flow}")["version"] == 2
    await node(page, "answer").click()
    await page.keyboard.press("Delete")
    await page.get_by_role("tab", name="Versions").click()
    await page.get_by_role("button", name="Compare").last.click()
    await expect(page.locator(".diff")).to_contain_text("transform")
    await expect(node(page, "transform").locator(".step.added")).to_be_visible()
    await expect(node(page, "answer").locator(".step.removed")).to_be_visible()
    await expect(page.locator(".svelte-flow__edge.removed")).to_have_count(2)
    await page.locator(".diff").get_by_role("button", name=re.compile("answer")).click()
    await faultless(page)
    await page.screenshot(path=shots / "editor-versions.png")
    await page.get_by_role("button", name="End the comparison").click()
    await expect(node(page, "answer")).to_have_count(0)
    await node(page, "transform").click()
    await page.get_by_role("tab", name="Versions").click()
    await page.get_by_role("button", name="Restore").click()
    await page.get_by_role("button", name="Restore").first.click()
    await expect(node(page, "transform")).to_have_count(0)
    now = stored(shown, f"/flows/{flow}")
    assert now["version"] == 3
    assert "transform" not in {each["id"] for each in now["graph_definition"]["nodes"]}


async def test_a_schema_is_made_of_fields_and_is_the_same_as_json(
    shown: Shown, page: Page, shots: Path
) -> None:
    flow = await begin(shown, page, "Agentflow", "Extracts")
    await node(page, "start").click()
    await add(page, "Agent")
    schema = page.get_by_role("group", name="Output schema")
    await schema.get_by_role("button", name="List the fields").click()
    await schema.get_by_role("button", name="Add a field").click()
    await schema.get_by_label("Name of the field field_1").fill("people")
    await schema.get_by_label("Name of the field field_1").press("Tab")
    await schema.get_by_label("Type of people").select_option(label="list")
    await schema.get_by_label("Type of the items of people").select_option(label="object")
    await schema.get_by_role("button", name="Add to people[]").click()
    await schema.get_by_label("Type of people[].field_1").select_option(label="one of …")
    await schema.get_by_label("Values of people[].field_1").fill("good, bad")
    await schema.get_by_label("people[].field_1 is required").uncheck()
    await schema.get_by_role("button", name="Add a field").click()
    await schema.get_by_label("Name of the field field_2").fill("people")
    await schema.get_by_label("Name of the field field_2").press("Tab")
    await expect(schema.get_by_role("alert")).to_contain_text("a field 'people' already")
    await schema.get_by_role("button", name="Delete field_2").click()
    await schema.locator("summary").click()
    text = await schema.get_by_label("JSON Schema").input_value()
    await schema.get_by_label("JSON Schema").fill(text.replace('"people"', '"persons"'))
    await expect(schema.get_by_label("Name of the field persons", exact=True)).to_be_visible()
    await faultless(page)
    await page.screenshot(path=shots / "schema.png")
    await saved(page)
    nodes = stored(shown, f"/flows/{flow}/draft")["flow"]["graph_definition"]["nodes"]
    made = next(each for each in nodes if each["type"] == "agent")["data"]["output_schema"]
    item = made["properties"]["persons"]["items"]
    assert (made["required"], made["additionalProperties"], item["required"]) == (["persons"], False, [])
    assert item["properties"] == {"field_1": {"type": "string", "enum": ["good", "bad"]}}


async def test_nodes_are_copied_pasted_undone_and_edited_as_json(shown: Shown, page: Page) -> None:
    await begin(shown, page, "Agentflow", "Copies")
    await node(page, "answer").click()
    await page.keyboard.press("Control+d")
    await expect(node(page, "answer_2")).to_be_visible()
    await page.keyboard.press("Control+z")
    await expect(node(page, "answer_2")).to_have_count(0)
    await page.keyboard.press("Control+Shift+z")
    await expect(node(page, "answer_2")).to_be_visible()
    await page.get_by_role("button", name="Copy").click()
    await page.get_by_role("button", name="Paste").click()
    await expect(page.locator(".svelte-flow__node")).to_have_count(5)
    await page.get_by_role("tab", name="JSON").click()
    document = page.get_by_label("The document as JSON")
    text = await document.input_value()
    await document.fill(text.replace('"id": "answer_2"', '"id": "renamed"'))
    await expect(node(page, "renamed")).to_be_visible()
    await document.fill("{broken")
    await expect(page.get_by_role("alert")).to_contain_text("This is no JSON")
    await expect(node(page, "renamed")).to_be_visible()


async def test_a_second_editor_is_told_and_nothing_is_overwritten(shown: Shown, page: Page) -> None:
    flow = await begin(shown, page, "Agentflow", "Shared")
    other = await page.context.new_page()
    await shown.open(other, f"#/flows/{flow}/edit")
    await other.get_by_label("Name of the flow").fill("Theirs")
    await saved(other)
    await page.get_by_label("Name of the flow").fill("Mine")
    await expect(page.get_by_role("alert")).to_contain_text("Somebody else changed this draft")
    assert stored(shown, f"/flows/{flow}/draft")["flow"]["name"] == "Theirs"
    await page.get_by_role("button", name="Replace theirs by mine").click()
    await saved(page)
    assert stored(shown, f"/flows/{flow}/draft")["flow"]["name"] == "Mine"
    await other.close()


async def test_questions_wait_in_the_inbox_and_a_run_is_repeated_from_a_node(
    shown: Shown, page: Page, shots: Path
) -> None:
    nodes = [
        {"id": "start", "type": "start"},
        {"id": "ask", "type": "human_approval", "data": {"message": "May this go out?"}},
        {"id": "say", "type": "template", "data": {"template": "{{ input.message }}!"}},
        {"id": "end", "type": "end"},
    ]
    edges = [
        {"id": "a", "source": "start", "target": "ask"},
        {"id": "b", "source": "ask", "target": "say", "sourceHandle": "approved"},
        {"id": "c", "source": "say", "target": "end"},
    ]
    flow = shown.post("/agentflows", {"name": "Asks", "graph_definition": {"nodes": nodes, "edges": edges}})
    run = shown.post(f"/flows/{flow['id']}/execute", {"input_data": {"message": "Dear Ada"}})
    await shown.open(page, "#/inbox")
    asked = page.get_by_role("group", name="A question").filter(has_text="May this go out?")
    await expect(asked).to_be_visible()
    await faultless(page)
    await page.screenshot(path=shots / "inbox.png")
    await asked.get_by_role("button", name="Approve", exact=True).click()
    await expect(page.get_by_text("Answered: Approve.")).to_be_visible()
    await page.goto(f"{shown.url}/#/executions/{run.get('execution_id') or run['id']}")
    await page.locator(".timeline summary", has_text="say").click()
    await page.get_by_role("button", name="Run again from here").click()
    await page.get_by_label("input", exact=True).fill('{"message": "Dear Bob"}')
    await page.get_by_role("dialog").get_by_role("button", name="Run").click()
    await expect(page.locator("pre").filter(has_text="Dear Bob!").last).to_be_visible()


async def test_sessions_are_found_renamed_answered_again_and_deleted(
    shown: Shown, page: Page, shots: Path
) -> None:
    flow = shown.post("/chatflows", {"name": "Otters", "chat_config": {}})["id"]
    chat = f"/chatflow/workflows/{flow}/chat"
    shown.post(chat, {"message": "Where are my otters?", "session_id": "otters"})
    shown.post("/chatflow/chat", {"message": "Nothing of note", "session_id": "other"})
    await shown.open(page, "#/sessions")
    await page.get_by_label("Search titles and messages").fill("otters?")
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.get_by_role("button", name="Rename").click()
    await page.get_by_label("Title of otters").fill("Lost otters")
    await page.get_by_label("Title of otters").press("Enter")
    await expect(page.get_by_text("Lost otters")).to_be_visible()
    await faultless(page)
    await page.screenshot(path=shots / "sessions.png")
    assert stored(shown, "/chatflow/sessions?search=Lost")["sessions"][0]["title"] == "Lost otters"
    await page.get_by_role("link", name="Lost otters").click()
    talk = page.get_by_label("Conversation")
    await page.get_by_label("New answers come from").select_option(label="demo / demo")
    await talk.get_by_role("button", name="Answer again").click()
    await expect(talk.get_by_text("2 of 2")).to_be_visible()
    await talk.get_by_role("button", name="Edit").click()
    await page.get_by_label("The edited message").fill("Where are my badgers?")
    await page.get_by_role("button", name="Send the edited message").click()
    await expect(talk.get_by_text("You said: “Where are my badgers?”")).to_be_visible()
    await talk.get_by_role("button", name="Side by side").click()
    beside = page.get_by_role("list", name="Alternatives")
    await expect(beside.get_by_role("listitem")).to_have_count(2)
    await expect(beside).to_contain_text("You said: “Where are my otters?”")
    await faultless(page)
    await page.screenshot(path=shots / "session.png")
    await beside.get_by_role("button", name="Continue from this one").click()
    await expect(talk.locator("li.user > .text")).to_have_text("Where are my otters?")
    await page.get_by_role("button", name="Continue the chat").click()
    await expect(talk.get_by_text("Where are my otters?", exact=True)).to_be_visible()
    await shown.open(page, "#/sessions")
    await page.get_by_label("Search titles and messages").fill("otters?")
    await expect(page.get_by_role("row")).to_have_count(2)
    await page.get_by_role("button", name="Delete", exact=True).click()
    await page.get_by_role("button", name="Delete for good").click()
    await expect(page.get_by_text("No session fits the search.")).to_have_count(0)
    assert stored(shown, "/chatflow/sessions?search=otters")["sessions"] == []


async def test_a_flow_has_snippets_for_its_clients(shown: Shown, page: Page, shots: Path) -> None:
    flow = shown.post("/chatflows", {"name": "Used", "chat_config": {}, "description": "Answers."})
    await shown.open(page, f"#/flows/{flow['id']}/use")
    for title in ("curl", "Python", "TypeScript", "OpenAI", "MCP", "Vercel AI SDK"):
        await expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    await expect(page.locator("pre").filter(has_text="base_url=").last).to_contain_text(f"{shown.url}/v1")
    await faultless(page)
    await page.screenshot(path=shots / "use.png", full_page=True)


@pytest.mark.parametrize("look", ["dark", "phone", "korean"])
async def test_the_editor_is_readable_in_every_look(shown: Shown, page: Page, shots: Path, look: str) -> None:
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    if look == "dark":
        await page.emulate_media(color_scheme="dark")
    if look == "korean":
        await page.add_init_script("localStorage.setItem('agenticrag.locale', 'ko')")
    flow = shown.post("/chatflows", {"name": "Look", "chat_config": {}, "graph_definition": LOOK})
    await page.set_viewport_size({"width": 390, "height": 844} if look == "phone" else WIDE)  # type: ignore[arg-type]
    await shown.open(page, f"#/flows/{flow['id']}/edit")
    await node(page, "answer").click()
    await page.wait_for_timeout(400)
    await faultless(page)
    assert await page.evaluate("document.documentElement.scrollWidth") <= (390 if look == "phone" else 1400)
    await page.screenshot(path=shots / f"editor-{look}.png")
    await expect(page.get_by_role("tabpanel")).to_be_visible()
    if look == "korean":
        await expect(page.get_by_role("button", name="게시")).to_be_visible()
    assert wrong == [], "the policy of the page refuses nothing that it does"


LOOK = {
    "nodes": [
        {"id": "start", "type": "start", "position": {"x": 0, "y": 0}},
        {"id": "note", "type": "note", "data": {"text": "A note"}, "position": {"x": 0, "y": -140}},
        {"id": "answer", "type": "llm", "data": {"prompt": "{{ input.message }}"}},
        {"id": "end", "type": "end", "position": {"x": 760, "y": 0}},
    ],
    "edges": [
        {"id": "a", "source": "start", "target": "answer"},
        {"id": "b", "source": "answer", "target": "end"},
    ],
}
