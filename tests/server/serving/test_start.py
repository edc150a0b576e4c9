"""Starting: at once, without what a first run needs; and waiting for a database with patience."""

import subprocess
import sys
import time

import httpx

from persistence.storage.migrate import upgrade
from server.settings.sources import Settings
from tests.server.conftest import Running

HEAVY = (
    "langgraph",
    "langchain_core",
    "langchain_openai",
    "langchain_ollama",
    "openai",
    "ollama",
    "alembic",
    "pydantic",
)


def test_the_server_starts_without_what_only_a_run_needs() -> None:
    script = (
        "import sys; from server.app import create_app; from server.settings.sources import Settings; "
        "create_app(Settings()); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_server_whose_database_is_not_migrated_serves_and_says_so(
    empty_database_url: str, tmp_path: object
) -> None:
    settings = Settings(port=0, data_dir=str(tmp_path), database_url=empty_database_url, auth="off")
    waiting = Running(settings)
    waiting.thread.start()
    try:
        while True:
            try:
                assert httpx.get(f"{waiting.url}/health").json() == {"status": "ok"}
                break
            except httpx.TransportError:
                time.sleep(0.02)
        for path in ("/ready", "/api/agent-builder/chatflows"):
            while True:
                answer = httpx.get(f"{waiting.url}{path}")
                assert answer.status_code == 503
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["code"] == "not_ready"
                if "agenticrag db upgrade" in answer.json()["detail"]:
                    break
        upgrade(empty_database_url)
        while httpx.get(f"{waiting.url}/ready").status_code != 200:
            time.sleep(0.02)
        assert httpx.get(f"{waiting.url}/api/agent-builder/chatflows").json()["total"] == 0
    finally:
        waiting.stop()
