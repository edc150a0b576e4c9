"""Workers: a server as several processes on one socket, kept alive by a small loop in their parent."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from types import FrameType

import msgspec
from msgspec import Struct

__all__ = ["Listen", "Workers"]

PAUSE = 1.0
"""Seconds before a worker is started in place of one that ended, so that a broken one does not spin."""


class Listen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What `agenticrag serve` asks of this module, as JSON in its argument; None: as the settings say."""

    host: str | None = None
    port: int | None = None
    workers: int | None = None
    socket: int | None = None
    """A worker's: the descriptor that its parent listens on."""
    metrics: int | None = None
    """A worker's: the descriptor of the metrics' port, where there is one."""
    parent: int | None = None
    """A worker's: a pipe that ends when its parent does."""
    ready: int | None = None
    """A worker's: a pipe that it writes to when it is ready."""


class Workers:
    """Several processes that accept on one socket. One that crashes is started again."""

    def __init__(
        self, listen: Listen, count: int, listeners: Sequence[socket.socket], *, patience: float
    ) -> None:
        self._listen = listen
        self._count = count
        self._patience = patience
        self._listeners = listeners
        self._alive, self._pipe = os.pipe()  # nobody writes: its end is the news that this process is gone
        self._ready, self._tell_ready = os.pipe()
        self._stopping = False
        self._started: list[subprocess.Popen[bytes]] = []

    def run(self, ready: Callable[[], None]) -> None:
        """Start the workers, keep them running, and stop them all when told to."""

        def stop(_signal: int, _frame: FrameType | None) -> None:
            if self._stopping:  # the workers' runs get no more time
                for worker in self._started:
                    worker.terminate()
            self._stopping = True

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        for listener in self._listeners:
            listener.listen(2048)  # from here on a connection waits for the first worker
        for _ in range(self._count):
            self._start()
        unready, greeted, broken = self._count, False, False
        while not self._stopping and not broken:
            told, _, _ = select.select([self._ready], [], [], 0.2)
            unready -= len(os.read(self._ready, 1024)) if told else 0
            if unready <= 0 and not greeted:  # whichever takes the first request can answer it
                greeted = True
                ready()
            for worker in [worker for worker in self._started if worker.poll() is not None]:
                self._started.remove(worker)
                broken = broken or not greeted
                if not broken:
                    sys.stderr.write(
                        f"agenticrag: worker {worker.pid} ended ({worker.returncode}); starting another.\n"
                    )
                    time.sleep(PAUSE)
                    self._start()
        self._stop()
        if broken:
            sys.exit("agenticrag: a worker ended before all were ready; see its message above.")

    def _start(self) -> None:
        sockets = dict(zip(("socket", "metrics"), (one.fileno() for one in self._listeners), strict=False))
        inherited = {**sockets, "parent": self._alive, "ready": self._tell_ready}
        listen = msgspec.structs.replace(self._listen, **inherited)
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "server.serving.serve", msgspec.json.encode(listen).decode()],
            pass_fds=tuple(inherited.values()),
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the others once
        )
        self._started.append(worker)

    def _stop(self) -> None:
        for worker in self._started:
            worker.terminate()
        deadline = time.monotonic() + self._patience
        for worker in self._started:
            try:
                worker.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
