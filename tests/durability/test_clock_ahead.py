"""Servers whose clock was ahead, as before the time came from the network: sessions go on after them."""

from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import folder, serve
from tests.cli.test_serve import Serve
from tests.durability.wall_clock import WallClock
from tests.server.conftest import API

__all__ = ["folder", "serve"]


def test_a_session_written_three_days_ahead_goes_on(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = WallClock(tmp_path)
    for name, value in clock.environment.items():
        monkeypatch.setenv(name, value)
    flow = ""
    for turn, ahead in enumerate((3 * 86400, 0, -86400), start=1):
        clock.jump(ahead)
        server = serve()
        headers = {"Authorization": f"Bearer {server.key}"}
        with httpx.Client(base_url=server.address + API, headers=headers, timeout=60) as client:
            flow = flow or client.post("/chatflows", json={"name": "Talk"}).json()["id"]
            said = client.post(
                f"/chatflow/workflows/{flow}/chat", json={"message": f"Turn {turn}", "session_id": "talk"}
            ).json()
            assert f"(message {turn} of this conversation)" in said["response"], said
            history = client.get("/chatflow/sessions/talk/history").json()["messages"]
        assert [each["content"] for each in history if each["role"] == "user"] == [
            f"Turn {each}" for each in range(1, turn + 1)
        ]
        server.stop()
