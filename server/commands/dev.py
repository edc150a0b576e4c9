"""`agenticrag dev`: serve LangGraph graphs in Python files, and restart the server when a file changes."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
from cyclopts import Parameter

from server.terminal import CommandError, print_progress, print_table

__all__ = ["dev"]

CONFIG = "langgraph.json"
WATCHED = (".py", ".json", ".env", ".toml", ".txt", ".md", ".yaml")
SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "dist", "build"})
PORT = 2024
"""The port of `langgraph dev`, which clients of it expect."""
PAUSE = 0.3
"""Seconds between looks at the files."""


def dev(
    path: Path,
    /,
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(alias="-p")] = PORT,
    data_dir: Path | None = None,
    reload: Annotated[bool, Parameter(negative="--no-reload")] = True,
    check: bool = False,
) -> None:
    """Serve LangGraph graphs in Python files without keys, and restart the server when a file changes.

    Runs continue after a restart. Only this computer can connect. In production, use `serve` with
    `AGENTICRAG_CODE_GRAPHS`.

    Parameters
    ----------
    path
        A folder with a `langgraph.json`, that file, or a Python file with `graph`, as `chat.py` or
        `chat.py:agent`.
    host
        IP address to listen on, of this computer.
    port
        Port to listen on. 0 selects a free port.
    data_dir
        Folder for the SQLite database. Default: a temporary one, which is deleted at the end.
    reload
        Whether to restart the server when a file changes.
    check
        Load the graphs, print them and stop. Exit code 1 if one cannot be used.
    """
    entry, folder = _entry(path)
    if check:
        _check(entry, folder)
        return
    with contextlib.ExitStack() as stack:
        kept = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="agenticrag-dev-")))
        environment = {**_environment(folder), **os.environ}
        environment.pop("AGENTICRAG_DATABASE_URL", None)
        environment |= {
            "AGENTICRAG_CODE_GRAPHS": entry,
            "AGENTICRAG_DATA_DIR": str(kept.absolute()),
            "AGENTICRAG_AUTH": "off",
            "AGENTICRAG_DRAIN_SECONDS": "1",
        }
        server = _Server(host, port, environment)
        stack.callback(server.stop)
        signal.signal(signal.SIGTERM, _end)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
        print_progress(f"Serves {entry}. LangGraph clients use /langgraph of the URL below.")
        with contextlib.suppress(KeyboardInterrupt):
            _serve(server, folder, reload=reload)


def _end(_signal: int, _frame: object) -> None:
    sys.exit(0)


def _check(entry: str, folder: Path) -> None:
    """Print the graphs of an entry.

    Raises:
        CommandError: one cannot be used.
    """
    from graphs.code_graphs.code_graph import CodeGraphError
    from server.compilation.code_graphs import load
    from server.settings.sources import load_settings

    for name, value in _environment(folder).items():
        os.environ.setdefault(name, value)
    try:
        found, _ = load(load_settings(code_graphs=[entry]))
    except CodeGraphError as error:
        raise CommandError(str(error)) from None
    rows = [[one.name, "chatflow" if one.chat else "agentflow", one.description] for one in found.values()]
    print_table(("SLUG", "KIND", "DESCRIPTION"), rows)


def _serve(server: "_Server", folder: Path, *, reload: bool) -> None:
    """Keep the server running until Ctrl-C."""
    seen = _times(folder)
    server.start()
    while True:
        time.sleep(PAUSE)
        if not reload:
            if (code := server.ended()) is not None:
                sys.exit(code)
            continue
        now = _times(folder)
        if now != seen:
            changed = sorted(str(one.relative_to(folder)) for one, _ in now.items() ^ seen.items())
            print_progress(f"{changed[0]} changed. Restarting.")
            seen = now
            server.stop()
            server.start()


class _Server:
    """A server process that is started again and again on one port."""

    def __init__(self, host: str, port: int, environment: Mapping[str, str]) -> None:
        self._listen = msgspec.json.encode({"host": host, "port": port}).decode()
        self._environment = dict(environment)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-P", "-m", "server.serving.serve", self._listen]
        self._process = subprocess.Popen(command, env=self._environment)

    def ended(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def stop(self) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _entry(path: Path) -> tuple[str, Path]:
    """Return the entry of the setting that a path means, and the folder to watch.

    Raises:
        CommandError: there is no such file, or a folder has no configuration.
    """
    place, sign, variable = str(path).rpartition(":")
    file = Path(place) if sign and variable.isidentifier() else path
    if file.is_dir():
        if not (file / CONFIG).is_file():
            raise CommandError(
                f"'{file}' has no {CONFIG}. Name a Python file, as chat.py:graph.", exit_code=2
            )
        return str(file.absolute()), file.absolute()
    if not file.is_file():
        raise CommandError(f"There is no file '{file}'.", exit_code=2)
    if file.suffix == ".py":
        return f"{file.absolute()}:{variable if sign else 'graph'}", file.absolute().parent
    return str(file.absolute()), file.absolute().parent


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables of ``env`` in the configuration: an object, or a file of ``NAME=value``."""
    from graphs.parsing.json_faults import NotJSON, parse_json

    config = folder / CONFIG
    if not config.is_file():
        return {}
    try:
        found = parse_json(config.read_bytes())
    except NotJSON as error:
        raise CommandError(f"'{config}' is no JSON: {str(error).rstrip('.')}.") from None
    env: Any = cast("dict[str, Any]", found).get("env") if isinstance(found, dict) else None
    if isinstance(env, dict):
        return {str(name): str(value) for name, value in cast("dict[Any, Any]", env).items()}
    file = folder / str(env or "")
    if not env or not file.is_file():
        return {}
    pairs = (line.partition("=") for line in file.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {
        name.strip().removeprefix("export "): value.strip().strip("'\"")
        for name, sign, value in pairs
        if sign
    }


def _times(folder: Path) -> dict[Path, float]:
    """Return when each watched file was changed."""
    found: dict[Path, float] = {}
    for file in _files(folder):
        with contextlib.suppress(OSError):
            found[file] = file.stat().st_mtime
    return found


def _files(folder: Path) -> Iterator[Path]:
    for parent, names, files in os.walk(folder):
        names[:] = [name for name in names if not name.startswith(".") and name not in SKIPPED]
        yield from (Path(parent, name) for name in files if name.endswith(WATCHED))
