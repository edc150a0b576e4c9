"""Servers without the cost of their imports: one process that has imported everything forks them on demand.

A start costs two seconds of processor time, nearly all of it imports, and the suite starts servers by the
hundred. A forked one is a process of its own that runs `server.serving.serve.main` as `agenticrag serve`
does; only its modules were loaded before. ``python -m tests.durability.forks FD`` is the
process; `Nursery` is its door.
"""

import contextlib
import faulthandler
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from graphs.node_execution import failpoints

__all__ = ["Nursery", "end", "import_all"]

ROOT = Path(__file__).parent.parent.parent


class Nursery:
    """Forks servers until it is closed; those that still run then are killed.

    Args:
        environment: Variables of its own, for what is loaded before Python is.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.durability.forks", str(theirs.fileno())],
                cwd=ROOT,
                env={**os.environ, **(environment or {})},
                pass_fds=[theirs.fileno()],
            )
        self._socket = ours
        self._answers = ours.makefile("r")
        self._answers.readline()  # it has imported everything
        self._pids: set[int] = set()

    def fork(self, environment: Mapping[str, str], log: Path, *, worker: bool = False) -> int:
        """Start a server, or a worker, with exactly this environment and return its pid."""
        pid = self._ask({"environment": dict(environment), "log": str(log), "worker": worker})
        self._pids.add(pid)
        return pid

    def wait(self, pid: int) -> int:
        """Return the exit code of a server that has ended; negative for the signal that killed it."""
        self._pids.discard(pid)
        return self._ask({"wait": pid})

    def close(self) -> None:
        """End it."""
        for pid in self._pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._answers.close()
        self._socket.close()
        self._process.wait(20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: dict[str, Any]) -> int:
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        return int(self._answers.readline())


def import_all() -> None:
    """Import what a server that has run a flow has imported, for those who are forked."""
    import gc

    import asyncpg
    import uvloop

    import graphs.engine.compile
    import graphs.engine.execute
    import graphs.nodes
    import graphs.providers.openai
    import persistence.checkpoints.checkpointer
    import server.app
    import server.first_run
    import server.serving.lean_uvicorn
    import server.serving.worker_app

    assert all(
        (asyncpg, uvloop, graphs.engine.compile, graphs.engine.execute, graphs.nodes, graphs.providers.openai)
    )
    assert all(
        (
            persistence.checkpoints.checkpointer,
            server.app,
            server.first_run,
            server.serving.lean_uvicorn,
            server.serving.worker_app,
        )
    )
    gc.freeze()


def main() -> None:
    """Import everything, then fork as asked until nobody asks."""
    import server.serving.serve
    import server.serving.worker

    import_all()
    door = socket.socket(fileno=int(sys.argv[1]))
    asked, answer = door.makefile("r"), door.makefile("w")
    answer.write("ready\n")
    answer.flush()
    for line in asked:
        request = json.loads(line)
        if "wait" in request:
            said = os.waitstatus_to_exitcode(os.waitpid(request["wait"], 0)[1])
        else:
            said = os.fork()
            if said == 0:
                _become(request, door)
                # No return to the loop above, whatever the server does.
                try:
                    (server.serving.worker if request["worker"] else server.serving.serve).main()
                except SystemExit as asked_for:
                    end(asked_for)
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)
                end(None)
        answer.write(f"{said}\n")
        answer.flush()


def _become(request: dict[str, Any], door: socket.socket) -> None:
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    os.close(door.fileno())
    os.environ.clear()
    os.environ.update(request["environment"])
    # Read once when the module is imported, which was before.
    failpoints.armed.update(failpoints.parse(os.environ.get(failpoints.VARIABLE, "")))
    sys.argv = ["server.serving.serve", "{}"]
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)  # see `ServerProcess.start`


def end(exit: SystemExit | None) -> None:
    """End as the interpreter would, without what it would clean up: the parent's files are not ours."""
    code = exit.code if exit is not None else 0
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


if __name__ == "__main__":
    main()
