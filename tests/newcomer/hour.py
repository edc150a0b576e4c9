"""A newcomer's hour at a running server: every step through a public door, no failure and no 5xx.

`Hour` does the steps; `tests.newcomer.test_hour` does them at a server with the built-in demo, and
``python -m tests.newcomer.clone`` (``make hour``) on a clean clone as ``make run`` sets it up.
"""

import asyncio
import contextlib
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

__all__ = ["Failure", "Hour", "restored"]

API = "/api/agent-builder"
GIVEN: dict[str, dict[str, Any]] = {
    "chat": {"message": "Write three sentences about otters."},
    "graph": {},
}
"""What agents get, and what flows get whose inputs have defaults."""
LOOP_AND_APPROVAL: dict[str, Any] = {
    "nodes": [
        {"id": "start", "type": "start", "data": {"inputs": [{"name": "items", "type": "array"}]}},
        {"id": "many", "type": "condition", "data": {"expression": "length(input.items) > 1"}},
        {"id": "each", "type": "loop", "data": {"items": "input.items", "max_iterations": 10}},
        {"id": "line", "type": "template", "data": {"template": "{{ loop.index }}. {{ loop.item }}"}},
        {"id": "may", "type": "human_approval", "data": {"message": "May it go out?"}},
        {"id": "sent", "type": "transform", "data": {"expression": "join(nodes.each, ', ')"}},
        {"id": "few", "type": "template", "data": {"template": "Nothing to do."}},
        {"id": "end", "type": "end"},
    ],
    "edges": [
        {"id": "1", "source": "start", "target": "many"},
        {"id": "2", "source": "many", "sourceHandle": "yes", "target": "each"},
        {"id": "3", "source": "many", "sourceHandle": "no", "target": "few"},
        {"id": "4", "source": "each", "sourceHandle": "body", "target": "line"},
        {"id": "5", "source": "line", "target": "each"},
        {"id": "6", "source": "each", "sourceHandle": "done", "target": "may"},
        {"id": "7", "source": "may", "sourceHandle": "approved", "target": "sent"},
        {"id": "8", "source": "may", "sourceHandle": "rejected", "target": "few"},
        {"id": "9", "source": "sent", "target": "end"},
        {"id": "10", "source": "few", "target": "end"},
    ],
}
PYTHON_CLIENT = """
import sys
from agenticrag_client import AgenticRAGClient, APIConfig
client = AgenticRAGClient(APIConfig(base_url=sys.argv[1], api_key=sys.argv[2], timeout=300))
answer = client.chatflows.chat("Hello!")
assert answer.success, answer
pieces = [event.type for event in client.chatflows.chat_stream("And hello again!")]
assert "done" in pieces[-1] or "content" in pieces, pieces
print(answer.response)
"""


class Failure(AssertionError):
    """A step did not go as a newcomer may expect."""


class Hour:
    """The steps at one server. Each raises `Failure`, and so does any answer of 500 and above."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        tell: Callable[[str], object] = print,
        cpu: Callable[[], float] = lambda: float("inf"),
    ) -> None:
        """Take a server's address and an owner's key.

        Args:
            url: The address.
            key: The key.
            tell: Takes a line for each example.
            cpu: Seconds of CPU time that the server's processes have used so far, where that is known.
        """
        self.url = url
        self.key = key
        self.seconds: dict[str, float] = {}
        """How long each example took: by the clock, or by the CPU time of the server's processes if that is
        less: a machine that does other things beside stretches the clock's."""
        self._tell = tell
        self._cpu = cpu
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=600,
            event_hooks={"response": [_no_server_error]},
        )

    async def __aenter__(self) -> "Hour":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def page(self) -> None:
        """Open the page, and everything that it loads."""
        page = await self._http.get("/")
        _expect(page.status_code == 200 and "<html" in page.text, "the page opens", page)
        for name in _loaded(page.text):
            part = await self._http.get(name)
            _expect(part.status_code == 200, f"the page's {name} is there", part)
        _expect((await self._http.get("/schema")).status_code == 200, "the API's description opens")

    async def examples(self, *, at_once: int = 1) -> None:
        """Run every example as a newcomer clicks it: its first suggestion, or its own defaults."""
        jobs = [*await self._jobs()]
        for begin in range(0, len(jobs), at_once):
            await asyncio.gather(*(self._example(*job) for job in jobs[begin : begin + at_once]))

    async def _jobs(self) -> list[tuple[str, str, dict[str, Any]]]:
        jobs: list[tuple[str, str, dict[str, Any]]] = []
        for flow in (await self._get("/flows", tags="example", page_size=100))["flows"]:
            if flow["flow_type"] == "chatflow":
                asked = (flow["chat_config"] or {}).get("suggested_questions") or ["What can you do?"]
                path = f"{API}/chatflow/workflows/{flow['id']}/chat"
                jobs += [(f"{flow['name']}: {text}", path, {"message": text}) for text in asked]
            else:
                given = GIVEN["graph" if flow["graph_definition"] else "chat"]
                path = f"{API}/agentflows/{flow['id']}/execute"
                jobs.append((flow["name"], path, {"input_data": given}))
        _expect(len(jobs) >= 12, f"there are twelve examples and more, found {len(jobs)}")
        return jobs

    async def _example(self, name: str, path: str, body: dict[str, Any]) -> None:
        began, used = time.monotonic(), self._cpu()
        answer = await self._http.post(path, json=body)
        said = answer.json()
        if said.get("status") == "waiting_approval":
            said = await self._approved(said["execution_id"])
        took, worked = time.monotonic() - began, self._cpu() - used
        self.seconds[name] = took if math.isnan(worked) else min(took, worked)
        self._tell(f"  {took:6.1f} s, {worked:6.1f} s of CPU  {name}")
        _expect(said.get("status") == "completed", f"example {name!r} completes", answer)

    async def _approved(self, execution: str) -> dict[str, Any]:
        said = await self._http.post(f"{API}/executions/{execution}/respond", json={"action": "approve"})
        _expect(said.status_code == 200, "an approval is taken", said)
        for _ in range(600):
            run = await self._get(f"/executions/{execution}")
            if run["status"] not in ("pending", "running", "waiting_approval"):
                return run
            await asyncio.sleep(0.1)
        raise Failure(f"The approved run {execution} did not end.")

    async def own_chatflow(self) -> str:
        """Make a chatflow with memory and a tool, chat twice, read the history; return its id."""
        flow = await self._post(
            "/chatflows",
            name="My first chat",
            chat_config={"system_prompt": "Be brief.", "tools": ["calculator"], "max_tokens": 100},
            memory_config={"type": "buffer", "max_messages": 10},
        )
        for text in ("Hello, I am Ada.", "How much is 6 * 7?"):
            said = await self._post(
                f"/chatflow/workflows/{flow['id']}/chat", message=text, session_id="first"
            )
            _expect(said["success"], f"the chat answers {text!r}: {said}")
        history = await self._get("/chatflow/sessions/first/history")
        roles = [message["role"] for message in history["messages"]]
        _expect(roles == ["user", "assistant"] * 2, f"the history has both turns, found {roles}")
        return flow["id"]

    async def loop_and_approval(self) -> None:
        """Make a flow with a condition, a loop and an approval; run it, approve it."""
        flow = await self._post("/agentflows", name="My first flow", graph_definition=LOOP_AND_APPROVAL)
        run = await self._post(f"/agentflows/{flow['id']}/execute", input_data={"items": ["tea", "milk"]})
        _expect(run["status"] == "waiting_approval", f"the flow asks: {run}")
        ended = await self._approved(run["execution_id"])
        _expect(ended["output_data"] == "0. tea, 1. milk", f"the loop's lines are the output: {ended}")
        alone = await self._post(f"/agentflows/{flow['id']}/execute", input_data={"items": []})
        _expect(alone["output"] == "Nothing to do.", f"the other branch is taken, found {alone}")

    async def team(self) -> None:
        """Make a team of three agents and let it work."""
        agents = [{"name": name} for name in ("Researcher", "Writer", "Reviewer")]
        flow = await self._post(
            "/agentflows",
            name="My first team",
            orchestration_type="sequential",
            agents=agents,
            supervisor_config={"max_tokens": 60},
        )
        run = await self._post(f"/agentflows/{flow['id']}/execute", input_data=GIVEN["chat"])
        _expect(run["success"], f"the team answers: {run}")

    async def embedded(self, chatflow: str) -> None:
        """Put the chatflow on a page of another port, and chat as a visitor of it."""
        with _site() as site:
            embed = await self._post("/embed", chatflow_id=chatflow, allowed_domains=[site])
            async with httpx.AsyncClient(
                headers={"Origin": site}, timeout=300, event_hooks={"response": [_no_server_error]}
            ) as visitor:
                page = await visitor.get(site)
                _expect("Shop" in page.text, "the other site is up")
                widget = await visitor.get(f"{self.url}{API}/embed/widget.js")
                _expect(widget.status_code == 200 and "data-token" in widget.text, "the script loads", widget)
                public = f"{self.url}{API}/embed/public/{embed['embed_token']}"
                session = await visitor.post(f"{public}/session")
                _expect(
                    session.headers.get("access-control-allow-origin") == site, "the site may ask", session
                )
                said = await visitor.post(
                    f"{public}/chat",
                    json={"message": "Hello!"},
                    headers={"X-Visitor-Session": session.json()["session_id"]},
                )
                _expect(said.status_code == 200 and said.json()["status"] == "completed", "it answers", said)

    async def python_sdk(self, sources: Path, *, python: str = sys.executable) -> None:
        """Chat by the Python SDK from the repository."""
        command = [python, "-c", PYTHON_CLIENT, self.url, self.key]
        await asyncio.to_thread(_run, command, environment={"PYTHONPATH": str(sources)}, folder=sources)

    async def costs(self) -> None:
        """Look what it cost, and set a budget."""
        board = await self._get("/cost-tracking/dashboard")
        _expect(board["summary"]["request_count"] > 0, "the dashboard counts requests")
        budget = await self._post("/budgets", name="A month", amount=1_000_000, unit="tokens", period="month")
        _expect(bool(budget["id"]), f"a budget is stored: {budget}")
        _expect((await self._http.get(f"{API}/metrics/prometheus")).status_code == 200, "metrics are there")

    async def _get(self, path: str, **query: Any) -> dict[str, Any]:
        answer = await self._http.get(API + path, params=query)
        _expect(answer.status_code == 200, f"GET {path} is answered", answer)
        return answer.json()

    async def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = await self._http.post(API + path, json=body)
        _expect(answer.status_code in (200, 201), f"POST {path} is taken", answer)
        return answer.json()


def restored(backup: Path, folder: Path, *, data: Path, root: Path, python: str = sys.executable) -> None:
    """Restore a backup into a data folder of its own and see that it agrees with itself."""
    folder.mkdir()
    for name in ("secret-key", "owner-api-key"):
        (folder / name).write_bytes((data / name).read_bytes())
    environment = {"AGENTICRAG_DATA_DIR": str(folder)}
    for command in (["db", "restore", str(backup)], ["db", "check"]):
        _run([python, "-m", "server", *command], environment=environment, folder=root)


async def _no_server_error(answer: httpx.Response) -> None:
    if answer.status_code >= 500:
        await answer.aread()
        raise Failure(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}"
        )


def _expect(right: bool, what: str, answer: httpx.Response | None = None) -> None:
    if not right:
        found = "" if answer is None else f" Found {answer.status_code}: {answer.text[:2000]}"
        raise Failure(f"Expected that {what}.{found}")


def _loaded(page: str) -> list[str]:
    """Return the scripts and styles of a page, as paths."""
    parts = [part.split('"')[0] for mark in ('src="', 'href="') for part in page.split(mark)[1:]]
    return [part if part.startswith("/") else f"/{part}" for part in parts if part.endswith((".js", ".css"))]


def _run(command: list[str], *, environment: dict[str, str], folder: Path) -> str:
    """Run a command to its end and return what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTICRAG_")}
    done = subprocess.run(
        command, cwd=folder, env=kept | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failure(f"{' '.join(command[:6])} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


@contextlib.contextmanager
def _site() -> Generator[str]:
    """Serve a page on another port, and give its origin."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Shop</title>")

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
