"""Worker app: what a worker answers by HTTP: `/health`, `/ready` and `/metrics`, and no API."""

from typing import Any

import msgspec

from server.http.answers.plain_answers import send_plain
from server.http.problems import Problem
from server.metrics.scrape import scraped
from server.runtime import Runtime
from server.settings.sources import Settings

__all__ = ["WorkerApp"]


class WorkerApp:
    """An ASGI app of three addresses. Its runtime opens with it and closes with it.

    It needs no key: an operator names the address that it listens on, and it tells nothing of any run.
    """

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Take a connection, or live as long as the process does."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, send)
        else:
            await send({"type": "websocket.close", "code": 1000, "reason": "a worker serves no API"})

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        async with self._runtime.open():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Any, send: Any) -> None:
        status, media, body, more = 200, "application/json", b'{"status":"ok"}', []
        try:
            if scope["method"] not in ("GET", "HEAD"):
                raise Problem(405, "method_not_allowed", f"{scope['path']} takes GET.")
            match scope["path"]:
                case "/health":
                    pass
                case "/ready":
                    await self._runtime.process.readiness.check()
                    body = b'{"status":"ready"}'
                case "/metrics":
                    metering = self._runtime.ready.measures.metering
                    body, media = await scraped(metering, self._settings.data_dir, scope)
                case _:
                    raise Problem(404, "not_found", "A worker has /health, /ready and /metrics, and no API.")
        except Problem as problem:
            status, media = problem.document.status, "application/problem+json"
            body = msgspec.json.encode(problem.document)
            more = [(name.lower().encode(), text.encode()) for name, text in (problem.headers or {}).items()]
        await send_plain(scope, send, status, media, body, more)
