"""Scrapes: all series at a moment, and a port of their own for them, which Prometheus reads without a key."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from litestar.types import ASGIApp, Receive, Send

from persistence.reports.totals import Totals
from server.http.answers.plain_answers import send_plain
from server.http.problems import Problem
from server.metrics.exposition import OPENMETRICS, TEXT, expose
from server.metrics.machine import read_machine
from server.metrics.metering import Metering
from server.metrics.snapshot import Snapshot, snapshot

__all__ = ["MetricsPort", "exposition", "look", "scraped"]

PATH = "/metrics"


async def look(metering: Metering, data_dir: str) -> tuple[Snapshot, Totals]:
    """Return every series as it is now, and the sums that they are made from."""
    totals, measured = await metering.measured()
    machine = await asyncio.to_thread(read_machine, data_dir)
    return snapshot(totals, measured, machine, metering.models), totals


async def exposition(metering: Metering, data_dir: str, accept: str) -> tuple[bytes, str]:
    """Return every series as text and its media type: OpenMetrics where `accept` asks for it."""
    shown, _ = await look(metering, data_dir)
    openmetrics = "application/openmetrics-text" in accept
    text = await asyncio.to_thread(expose, shown, openmetrics=openmetrics)
    return text, OPENMETRICS if openmetrics else TEXT


async def scraped(metering: Metering, data_dir: str, scope: Any) -> tuple[bytes, str]:
    """Return every series in the form that a request takes, and its media type with the charset."""
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    body, media = await exposition(metering, data_dir, accept.decode("latin-1"))
    return body, f"{media}; charset=utf-8" if media == TEXT else media


class MetricsPort:
    """The app behind it, but for what comes in on one port of this machine: there is ``GET /metrics`` alone.

    Which port that is tells the socket, nothing that a client sends.
    """

    def __init__(
        self,
        app: ASGIApp,
        metering: Callable[[], Metering],
        opened: Callable[[], Awaitable[None]],
        *,
        data_dir: str,
        port: int,
    ) -> None:
        self._app = app
        self._metering = metering
        self._opened = opened
        self._data_dir = data_dir
        self._port = port

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Take a connection."""
        taken = scope.get("server")
        if scope["type"] == "lifespan" or taken is None or taken[1] != self._port:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)
        else:
            await send({"type": "websocket.close", "code": 1000, "reason": "metrics only"})

    async def _answer(self, scope: Any, send: Send) -> None:
        status, media, body = 200, "text/plain; charset=utf-8", b""
        if scope["path"] != PATH:
            status, body = 404, b"This port has /metrics and nothing else.\n"
        elif scope["method"] not in ("GET", "HEAD"):
            status, body = 405, b"/metrics takes GET.\n"
        else:
            try:
                await self._opened()
                body, media = await scraped(self._metering(), self._data_dir, scope)
            except Problem as problem:
                status, body = problem.document.status, f"{problem}\n".encode()
        await send_plain(scope, send, status, media, body)
