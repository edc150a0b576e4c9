"""`agenticrag` as a command that starts at once: it is forked off a process that has imported everything.

Most of what a short command takes is imports, two seconds of processor time, and pages of the docs have
dozens of commands. A forked one is a process of its own, with the caller's folder, environment, input and
output; only its modules were loaded before. ``python -m tests.commands SOCKET`` is the process that forks.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import server.cli
from tests.durability.forks import end, import_all

__all__ = ["quick_agenticrag"]

ROOT = Path(__file__).parent.parent

CALLER = """#!{python} -IS
import json, os, socket, sys
door = socket.socket(socket.AF_UNIX)
door.connect({door!r})
socket.send_fds(door, [json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()], [0, 1, 2])
door.shutdown(socket.SHUT_WR)
sys.exit(int(door.makefile().read() or 1))
"""


@contextlib.contextmanager
def quick_agenticrag(folder: Path) -> Generator[Path]:
    """Make the command ``agenticrag`` in a folder, for as long as it is wanted."""
    door, command = folder / "door", folder / "agenticrag"
    with subprocess.Popen([sys.executable, "-m", "tests.commands", str(door)], cwd=ROOT) as process:
        try:
            deadline = time.monotonic() + 60
            while not door.exists():
                assert process.poll() is None, "what forks commands has ended"
                assert time.monotonic() < deadline, "what forks commands does not come up"
                time.sleep(0.02)
            command.write_text(CALLER.format(python=sys.executable, door=str(door)))
            command.chmod(0o755)
            yield command
        finally:
            process.terminate()


def main() -> None:
    """Import everything, then fork as asked."""
    import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for a command
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(sys.argv[1])
        door.listen(16)
        while True:
            caller, _ = door.accept()
            if os.fork() == 0:
                door.close()
                _answer(caller)
            caller.close()


def _answer(caller: socket.socket) -> None:
    """Run the command in a process of its own and tell the caller its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    said, fds, _, _ = socket.recv_fds(caller, 1_000_000, 3)
    while more := caller.recv(1_000_000):
        said += more
    pid = os.fork()
    if pid:
        caller.sendall(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
        os._exit(0)
    caller.close()
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
        os.close(fd)
    arguments, folder, environment = json.loads(said)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    try:
        server.cli.main(arguments)
    except SystemExit as asked_for:
        end(asked_for)
    end(None)


if __name__ == "__main__":
    main()
