"""Replays in a process that cannot reach the network: only its own database, where that is a server."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import msgspec

from server.settings.sources import Settings

__all__ = ["replayed_offline"]

NETWORK = (
    "socket.connect",
    "socket.sendto",
    "socket.getaddrinfo",
    "socket.gethostbyname",
    "subprocess.Popen",
)
"""What a process does to reach others, as the interpreter tells of it."""


async def replayed_offline(settings: Settings, executions: list[str]) -> dict[str, Any]:
    """Return the reports of replays by execution, made in a child process whose network is closed."""
    asked = msgspec.json.encode({"settings": settings, "executions": executions})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.server.recorded_runs.offline"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, errors = await process.communicate(asked)
    assert process.returncode == 0, errors.decode()[-4000:]
    return json.loads(out)


def close_network(database_port: int | None) -> None:
    """Have every connection of this process fail but those to a port of the database."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in NETWORK:
            return
        place = str(arguments[1:] if event == "socket.connect" else arguments)
        port = arguments[1][1] if event == "socket.connect" and isinstance(arguments[1], tuple) else None
        named = arguments[1] if event == "socket.getaddrinfo" else None
        if database_port is not None and database_port in (port, named):
            return
        raise PermissionError(f"{event} of {place}: the network is closed")

    sys.addaudithook(hook)


async def _replay(settings: Settings, executions: list[str]) -> dict[str, Any]:
    from persistence.identity.api_keys import Keys
    from persistence.storage.database import open_database
    from server.app import create_app
    from server.identity.permissions import WORKSPACE
    from tests.server.identity.authority.world import ask

    app, reports = create_app(settings), dict[str, Any]()
    async with app.lifespan(), open_database(settings.database) as database:
        await app.state["runtime"].opened()
        _, key = await Keys(database).create(WORKSPACE, "offline")
        headers = {"authorization": f"Bearer {key}"}
        for id in executions:
            answer = await ask(app, "POST", f"/executions/{id}/replay", headers, {})
            reports[id] = answer.json
    return reports


def main() -> None:
    """Read settings and executions from standard input, and write the reports to standard output."""
    from sqlalchemy.engine import make_url

    asked = json.loads(sys.stdin.buffer.read())
    settings = msgspec.convert(asked["settings"], Settings)
    url = make_url(settings.database)
    close_network((url.port or 5432) if url.get_backend_name() == "postgresql" else None)
    sys.stdout.write(json.dumps(asyncio.run(_replay(settings, asked["executions"]))))


if __name__ == "__main__":
    main()
