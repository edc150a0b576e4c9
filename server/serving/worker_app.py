"""Worker app: what a worker answers by HTTP: `/health`, `/ready` and `/metrics`, and no API."""

from typing import Any

import msgspec

from server.http.problems import Problem
from server.metrics.exposition import TEXT
from server.metrics.scrape import exposition
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
                    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
                    metering = self._runtime.ready.measures.metering
                    body, media = await exposition(
                        metering, self._settings.data_dir, accept.decode("latin-1")
                    )
                    media += "; charset=utf-8" if media == TEXT else ""
                case _:
                    raise Problem(404, "not_found", "A worker has /health, /ready and /metrics, and no API.")
        except Problem as problem:
            status, media = problem.document.status, "application/problem+json"
            body = msgspec.json.encode(problem.document)
            more = [(name.lower().encode(), text.encode()) for name, text in (problem.headers or {}).items()]
        headers = [
            (b"content-type", media.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            *more,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        shown = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": shown, "more_body": False})
