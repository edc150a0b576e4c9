"""An embedded chat in a real browser: the page that shows it, and what a visitor does with it."""

from typing import Any

from playwright.async_api import Locator, Page

from tests.browser.sites import Site

__all__ = ["Visit", "page_of"]


def page_of(embed: dict[str, Any], *, attributes: str = "", lang: str = "en") -> str:
    """Return the HTML of a site that shows a chat."""
    tag = embed["script_tag"].replace(" async", f" {attributes} async")
    style = "h1 { color: #333 } * { letter-spacing: 1px } button { background: hotpink !important }"
    return (
        f"<!doctype html><html lang='{lang}'><head><meta charset='utf-8'><title>A shop</title>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<style>{style}</style>"
        f"</head><body><main><h1>A shop</h1><p>It sells otters.</p></main>{tag}</body></html>"
    )


class Visit:
    """A visitor on a page with a chat."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        """What the browser had to complain about."""
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", lambda line: self.wrong.append(line.text) if line.type == "error" else None)

    async def to(self, site: Site, embed: dict[str, Any], **page: Any) -> "Visit":
        """Go to a site that shows the chat."""
        site.page = page_of(embed, **page)
        await self.page.goto(site.origin)
        return self

    async def open(self) -> "Visit":
        """Press the bubble."""
        await self.page.locator(".bubble").click()
        return self

    async def say(self, text: str) -> None:
        """Send a message by the keyboard."""
        box = self.page.locator(".composer textarea")
        await box.fill(text)
        await box.press("Enter")

    @property
    def answers(self) -> Locator:
        """The answers so far."""
        return self.page.locator(".assistant .message")

    async def answered(self, *, seconds: float = 15) -> str:
        """Return the last answer when it is complete."""
        done = self.page.locator(".turns > li:last-child[aria-busy='false'] .tools button").last
        await done.wait_for(timeout=seconds * 1000)
        await self.page.locator(".send").wait_for()
        return await self.answers.last.inner_text()
