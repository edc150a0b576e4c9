"""Schedules, webhooks and webhook targets on the console's pages: made, tried, rotated and watched."""

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.console import Shown
from tests.browser.test_console import faultless, shots
from tests.conftest import new_database
from tests.server.conftest import Running, make_key, quick
from tests.server.triggers.receiver import Receiver

__all__ = ["shots"]

FLOW = {
    "name": "Report",
    "graph_definition": {
        "nodes": [
            {"id": "s", "type": "start", "data": {"inputs": [{"name": "day", "default": "today"}]}},
            {"id": "e", "type": "end", "data": {"output": "{{ input.day }}"}},
        ],
        "edges": [{"id": "a", "source": "s", "target": "e"}],
    },
}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def shown(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, receiver: Receiver
) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("triggers")
    settings = quick(new_database("sqlite", request, folder), folder)
    settings = msgspec.structs.replace(
        settings, egress_allow=(receiver.at,), webhook_retry_seconds=0.1, webhook_attempts=2
    )
    key = asyncio.run(make_key(settings, "default"))
    server = Running(settings).start()
    made = Shown(server.url, key)
    made.flows["Report"] = made.post("/agentflows", FLOW)["id"]
    yield made
    server.stop()


async def test_a_schedule_is_made_with_its_next_times_run_paused_and_changed(
    shown: Shown, page: Page, shots: Path
) -> None:
    flow = shown.flows["Report"]
    await shown.open(page, f"#/flows/{flow}/use")
    await page.get_by_role("link", name="Schedules").click()
    await expect(page.get_by_text("Nothing starts by itself yet.")).to_be_visible()
    await page.get_by_role("button", name="New schedule").click()
    form = page.get_by_role("dialog")
    await expect(form.get_by_role("combobox", name="Flow")).to_have_value(flow)
    await expect(form.get_by_label("Input")).to_have_value(re.compile('"day": "today"'))
    times = form.get_by_role("region", name="Next times")
    await form.get_by_role("combobox", name="Time zone").fill("Asia/Seoul")
    await form.get_by_label("Times (cron)").fill("30 8 * * SUN")
    await expect(times.get_by_role("listitem")).to_have_text([re.compile(r"^Sun.*08:30.*GMT\+9")] * 5)
    await page.screenshot(path=shots / "schedule-form.png", full_page=True)
    await faultless(page)
    await form.get_by_label("Times (cron)").fill("30 8 * *")
    await expect(times).to_contain_text("Five fields are expected")
    await form.get_by_role("button", name="Make it").click()
    await expect(form.get_by_role("alert")).to_contain_text("Five fields are expected")
    await form.get_by_label("Times (cron)").fill("30 8 * * SUN")
    await form.get_by_label("Input").fill("{")
    await form.get_by_role("button", name="Make it").click()
    await expect(form.get_by_text("'Input' takes JSON")).to_be_visible()
    await form.get_by_label("Input").fill('{"day": ""}')
    await form.get_by_label("Input").evaluate("box => box.setSelectionRange(9, 9)")
    await form.get_by_text("What can be read here").click()
    await form.get_by_role("button", name="schedule.local_date").click()
    await form.get_by_role("button", name="Make it").click()
    row = page.get_by_role("row").filter(has_text="Report")
    await expect(row).to_contain_text("GMT+9")
    await page.get_by_role("button", name="Run Report now").click()
    await expect(page.get_by_role("heading", name="Timeline")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"^20\d\d-\d\d-\d\d$")).last).to_be_visible()
    await page.goto(f"{shown.url}/#/manage/schedules")
    await page.get_by_role("button", name="Pause Report").click()
    await expect(row).to_contain_text("paused")
    await page.get_by_role("button", name="Resume Report").click()
    await expect(row).to_contain_text("active")
    await page.get_by_role("button", name="Change Report").click()
    await expect(form.get_by_role("combobox", name="Time zone")).to_have_value("Asia/Seoul")
    await form.get_by_text("More settings").click()
    await form.get_by_label("Ends").fill("2031-05-06T07:08")
    await form.get_by_role("button", name="Save").click()
    await expect(row).to_contain_text("Ends")
    await page.screenshot(path=shots / "schedules.png", full_page=True)
    await faultless(page)


async def test_a_webhook_shows_its_secret_once_its_calls_and_a_new_secret(
    shown: Shown, page: Page, shots: Path
) -> None:
    await shown.open(page, "#/manage/webhooks")
    await expect(page.get_by_text("There are no webhooks yet.")).to_be_visible()
    await page.get_by_role("button", name="New webhook").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("combobox", name="Flow").select_option(label="Report")
    await faultless(page)
    await form.get_by_role("button", name="Make it").click()
    once = page.get_by_role("dialog", name="Report", exact=True)
    secret = await once.get_by_label("Secret", exact=True).input_value()
    url = await once.get_by_label("URL", exact=True).input_value()
    await page.screenshot(path=shots / "webhook-secret.png", full_page=True)
    await page.get_by_role("button", name="Close").click()
    assert secret not in await page.content()
    body = b'{"day": "Monday"}'
    signed = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "x-signature": signed, "idempotency-key": "first"}
    async with httpx.AsyncClient(timeout=30) as http:
        assert (await http.post(url, content=body, headers=headers)).status_code == 202
        assert (await http.post(url, content=body + b" ", headers=headers)).status_code == 401
    await page.get_by_role("link", name="Report").first.click()
    calls = page.get_by_role("table", name="Last calls").or_(page.get_by_role("table"))
    refresh = page.get_by_role("button", name="Refresh")
    await refresh.click()
    await expect(calls.get_by_text("started")).to_be_visible()
    await expect(calls.get_by_text("refused")).to_be_visible()
    await expect(calls.get_by_text("first")).to_be_visible()
    await page.get_by_role("button", name="New secret").click()
    await form.get_by_label("Old secret stays valid").fill("0")
    await form.get_by_role("button", name="New secret").click()
    renewed = await once.get_by_label("Secret", exact=True).input_value()
    assert renewed != secret
    await page.get_by_role("button", name="Close").click()
    async with httpx.AsyncClient(timeout=30) as http:
        assert (await http.post(url, content=body, headers=headers)).status_code == 401
    await refresh.click()
    await page.screenshot(path=shots / "webhook.png", full_page=True)
    await faultless(page)


async def test_a_dead_delivery_is_shown_and_sent_again(
    shown: Shown, page: Page, shots: Path, receiver: Receiver
) -> None:
    await shown.open(page, "#/manage/webhook-targets")
    await expect(page.get_by_text("Nobody is told yet")).to_be_visible()
    await page.get_by_role("button", name="New target").click()
    form = page.get_by_role("dialog")
    await form.get_by_role("textbox", name="URL").fill(receiver.url)
    await form.get_by_text("More settings").click()
    await form.get_by_label("Name").fill("receiver")
    await faultless(page)
    await form.get_by_role("button", name="Make it").click()
    once = page.get_by_role("dialog", name="receiver", exact=True)
    secret = await once.get_by_label("Secret", exact=True).input_value()
    await page.get_by_role("button", name="Close").click()
    receiver.answer = lambda _: (500, {})
    run = {"input_data": {"day": "Monday"}}
    await asyncio.to_thread(shown.post, f"/agentflows/{shown.flows['Report']}/execute", run)
    await page.get_by_role("link", name="receiver", exact=True).click()
    dead = page.get_by_role("row").filter(has_text="dead")
    async with asyncio.timeout(30):
        while not await dead.count():
            await page.get_by_role("button", name="Refresh").click()
            await page.wait_for_timeout(200)
    await expect(dead).to_contain_text("500")
    await page.screenshot(path=shots / "dead.png", full_page=True)
    await faultless(page)
    receiver.answer = lambda _: (200, {})
    await page.get_by_role("button", name=re.compile(r"^Send msg_\w+ again$")).click()
    (came,) = await asyncio.to_thread(receiver.until, 1)
    assert came.is_signed(secret)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    await page.get_by_label("Status").select_option("delivered")
    async with asyncio.timeout(30):
        while not await page.get_by_role("row").filter(has_text="delivered").count():
            await page.get_by_role("button", name="Refresh").click()
            await page.wait_for_timeout(200)
    await page.goto(f"{shown.url}/#/manage/webhook-targets")
    await page.get_by_role("button", name="New target").click()
    await form.get_by_label("Sent by").select_option("mail")
    await form.get_by_role("textbox", name="To", exact=True).fill("ada@example.com")
    await form.get_by_label("From").fill("bot@example.com")
    await form.get_by_label("Mail server").fill("smtp.invalid")
    await page.screenshot(path=shots / "mail-form.png", full_page=True)
    await form.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("row").filter(has_text="ada@example.com").first).to_be_visible()
    await page.screenshot(path=shots / "targets.png", full_page=True)


async def test_what_is_listed_fits_a_phone_in_korean_and_in_the_dark(
    shown: Shown, browser: Browser, shots: Path
) -> None:
    context = await browser.new_context(
        locale="ko-KR", viewport={"width": 390, "height": 844}, color_scheme="dark"
    )
    page = await context.new_page()
    await page.add_init_script(f"sessionStorage.setItem('agenticrag.key', '{shown.key}')")
    of_flow = {"name": "listed", "flow_id": shown.flows["Report"]}
    shown.post("/schedules", {**of_flow, "cron": "0 8 * * *"})
    shown.post("/webhooks", {**of_flow, "style": "token"})
    shown.post("/webhook-targets", {"name": "listed", "url": "https://example.com/hook"})
    for name, button in (("schedules", "새 예약"), ("webhooks", "새 웹훅"), ("webhook-targets", "새 대상")):
        await page.goto("about:blank")
        await page.goto(f"{shown.url}/#/manage/{name}")
        await expect(page.get_by_role("row").nth(1)).to_be_visible()
        await page.screenshot(path=shots / f"ko-{name}.png", full_page=True)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, name
        await page.get_by_role("button", name=button).click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.wait_for_timeout(600)
        await page.screenshot(path=shots / f"ko-{name}-form.png")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390, name
        await faultless(page)
    await context.close()
