"""What it costs to know who calls and what they may: CPU time of the app's guard for one request.

``python -m benchmarks.callers`` prints it. The guard is the app's own with everything that it asks, limits
included, over SQLite: for an API key that was just seen, as a busy client's is; for one that must be looked
up; and for the access token of a login.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.routes import HTTPRoute

from benchmarks.page import machine
from persistence.identity.api_keys import Keys
from persistence.identity.users import Users
from persistence.storage.database import open_database
from persistence.storage.migrate import upgrade
from server.app import create_app
from server.runtime import Runtime
from server.settings.sources import Settings

__all__ = ["main"]

REQUESTS = 3000
PATH = "/api/agent-builder/flows"


async def measure(app: Litestar, credential: str) -> float:
    """Return the median CPU time of the guard, in milliseconds."""
    route = next(route for route in app.routes if isinstance(route, HTTPRoute) and route.path == PATH)
    handler = route.route_handler_map["GET"][0]
    guards: list[Any] = [*handler.resolve_guards()]
    spent: list[float] = []
    for _ in range(REQUESTS):
        scope: Any = {
            "type": "http",
            "litestar_app": app,
            "app": app,
            "state": {},
            "client": ("127.0.0.1", 50_000),
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {credential}".encode()), (b"host", b"127.0.0.1")],
        }
        began = time.process_time()
        for guard in guards:
            await guard(ASGIConnection(scope), handler)
        spent.append(time.process_time() - began)
    return statistics.median(spent) * 1000


async def run(folder: Path) -> None:
    """Measure and print."""
    url = f"sqlite+aiosqlite:///{folder / 'callers.db'}"
    await asyncio.to_thread(upgrade, url)
    settings = Settings(
        data_dir=str(folder),
        database_url=url,
        default_provider="demo",
        default_model="demo",
        rate_key=1_000_000,
        rate_address=1_000_000,
    )
    async with open_database(url) as database:
        user = await Users(database).create(
            "default", "owner", email="a@example.com", name="a", password_hash="-"
        )
        assert user is not None
        _, key = await Keys(database).create("default", "bench", user_id=user.id)
    print(machine())
    for seconds, words in ((60.0, "seen a moment ago"), (1e-9, "looked up every time")):
        app = create_app(msgspec.structs.replace(settings, key_cache_seconds=seconds))
        runtime: Runtime = app.state["runtime"]
        async with runtime.open():
            for _ in range(1000):
                if not runtime.waiting_for:
                    break
                await asyncio.sleep(0.02)
            await asyncio.sleep(3)  # what warms up is not measured
            parts = runtime.ready
            login = await parts.stores.logins.begin(user.id, 3600, password_hash="-")
            assert login is not None
            token, _ = parts.identity.callers.tokens.access(
                user_id=user.id, workspace="default", login_id=login, seconds=3600
            )
            for name, credential in (("API key", key), ("access token", token)):
                print(f"{name}, {words}: {await measure(app, credential):.3f} ms CPU at p50")


def main() -> None:
    """Run it."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder)))


if __name__ == "__main__":
    main()
