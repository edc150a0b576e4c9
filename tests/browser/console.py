"""A server whose console a browser opens."""

from typing import Any

import httpx
from playwright.async_api import Page

from tests.server.conftest import API

__all__ = ["Shown"]


class Shown:
    """A server with a few flows, and where its pages are."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url
        self.key = key
        self.flows: dict[str, str] = {}

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Ask the API."""
        answer = httpx.post(self.url + API + path, json=body, headers={"X-API-Key": self.key}, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    async def open(self, page: Page, address: str = "#/") -> None:
        """Open a view with the key already said."""
        await page.add_init_script(f"sessionStorage.setItem('agenticrag.key', '{self.key}')")
        await page.goto(f"{self.url}/{address}")
