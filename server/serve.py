"""Serving: uvicorn in this process, or the same process several times over one socket.

`agenticrag serve` replaces itself by this module, so that a server does not carry the command line with it.
"""

import asyncio
import contextlib
import gc
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from types import FrameType

import msgspec
from msgspec import Struct
from uvicorn.config import Config
from uvicorn.server import Server

from server.runtime import Runtime
from server.settings import Settings, SettingsError, load_settings

__all__ = ["Listen", "bind", "main"]

GRACE = 27
"""Seconds that a stopping worker gets for its open answers and its app, before it is ended."""
QUICK_DEATH = 5.0
"""A worker that dies within these seconds is broken, not crashed: it is not started again."""


class Listen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What `agenticrag serve` asks of this module, as JSON in its argument; None: as the settings say."""

    host: str | None = None
    port: int | None = None
    workers: int | None = None
    socket: int | None = None
    """A worker's: the descriptor that its parent listens on."""
    parent: int | None = None
    """A worker's: a pipe that ends when its parent does."""
    ready: int | None = None
    """A worker's: a pipe that it writes to when it is ready."""


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to the address, so that a taken port is known before anything else is done.

    Raises:
        OSError: the address is taken or not this machine's; the message says what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        free = port + 1 if port < 65535 else 8000
        raise OSError(
            f"Cannot listen on {host}:{port}: {error.strerror or error}. "
            f"Stop what listens there or take another port: agenticrag serve --port {free}"
        ) from error
    listener.setblocking(False)
    return listener


def main() -> None:
    """Serve as the argument asks until SIGTERM or Ctrl-C."""
    listen = msgspec.json.decode(sys.argv[1] if len(sys.argv) > 1 else "{}", type=Listen)
    try:
        settings = load_settings(host=listen.host, port=listen.port, workers=listen.workers)
        if listen.socket is not None:
            listener = socket.socket(fileno=listen.socket)
            _serve(settings, listener, lambda: _tell(listen.ready), parent=listen.parent)
            return
        listener = bind(settings.host, settings.port)
        from server.first_run import greeting, prepare

        prepared = asyncio.run(prepare(settings))
        text = greeting(settings, prepared, port=listener.getsockname()[1])
    except (OSError, SettingsError) as error:
        sys.exit(f"agenticrag: {error}")

    def ready() -> None:
        print(text, flush=True)

    if settings.workers == 1:
        _serve(settings, listener, ready)
    else:
        _Workers(listen, settings, listener).run(ready)
    print("Stopped.", flush=True)


def _serve(
    settings: Settings, listener: socket.socket, ready: Callable[[], None], *, parent: int | None = None
) -> None:
    from server.app import create_app

    app = create_app(settings)
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if settings.log_level != "debug":
        logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it tells its own life story
    config = Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
    )
    server = _Serving(config, app.state["runtime"], ready, parent)
    with _quiet_signals():
        server.run(sockets=[listener])
    if not server.started:
        sys.exit(3)  # the app could not start; it has said why


def _tell(pipe: int | None) -> None:
    if pipe is not None:
        os.write(pipe, b"ready")


class _Serving(Server):
    """uvicorn's server; says when it is ready, and spares the garbage collector what lives for good."""

    def __init__(
        self, config: Config, runtime: Runtime, ready: Callable[[], None], parent: int | None
    ) -> None:
        super().__init__(config)
        self._runtime = runtime
        self._ready: Callable[[], None] | None = ready
        self._parent = parent
        self._modules = 0
        self._frozen = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        if self._parent is not None:
            asyncio.get_running_loop().add_reader(self._parent, self._orphaned)
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 50)
        self._frozen = len(sys.modules)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: say it once the runtime is ready, and freeze what was imported since.

        A full collection that walks all of the engine stops every stream for a tenth of a second.
        """
        if self._ready is not None and not self._runtime.waiting_for:
            self._ready()
            self._ready = None
        modules = len(sys.modules)
        if modules > self._frozen and modules == self._modules and counter % 10 == 0:
            gc.freeze()
            self._frozen = modules
        self._modules = modules
        return await super().on_tick(counter)

    def _orphaned(self) -> None:
        assert self._parent is not None
        asyncio.get_running_loop().remove_reader(self._parent)
        signal.raise_signal(signal.SIGTERM)


@contextlib.contextmanager
def _quiet_signals() -> Generator[None]:
    """Let uvicorn, which in the end raises the signal that stopped it once more, end with exit code 0."""

    def ignore(_signal: int, _frame: FrameType | None) -> None:
        return

    before = {number: signal.signal(number, ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Workers:
    """Several processes that accept on one socket. One that crashes is started again."""

    def __init__(self, listen: Listen, settings: Settings, listener: socket.socket) -> None:
        self._listen = listen
        self._count = settings.workers
        self._listener = listener
        self._alive, self._pipe = os.pipe()  # nobody writes: its end is the news that this process is gone
        self._ready, self._tell_ready = os.pipe()
        self._stopping = False
        self._started: dict[subprocess.Popen[bytes], float] = {}

    def run(self, ready: Callable[[], None]) -> None:
        """Start the workers, keep them running, and stop them all when told to."""

        def stop(_signal: int, _frame: FrameType | None) -> None:
            self._stopping = True

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, stop)
        self._listener.listen(2048)  # from here on a connection waits for the first worker
        for _ in range(self._count):
            self._start()
        broken = greeted = False
        while not self._stopping and not broken:
            told, _, _ = select.select([self._ready], [], [], 0.2)
            if told and os.read(self._ready, 1024) and not greeted:
                greeted = True
                ready()
            ended = [worker for worker in self._started if worker.poll() is not None]
            broken = not all(self._replaced(worker) for worker in ended)
        self._stop()
        if broken:
            sys.exit("agenticrag: a worker ended right after its start; see its message above.")

    def _start(self) -> None:
        inherited = {"socket": self._listener.fileno(), "parent": self._alive, "ready": self._tell_ready}
        listen = msgspec.structs.replace(self._listen, **inherited)
        worker = subprocess.Popen(
            [sys.executable, "-P", "-m", "server.serve", msgspec.json.encode(listen).decode()],
            pass_fds=tuple(inherited.values()),
            start_new_session=True,  # Ctrl-C reaches this process alone, which then stops the others once
        )
        self._started[worker] = time.monotonic()

    def _replaced(self, worker: subprocess.Popen[bytes]) -> bool:
        """Start a worker in place of one that ended, unless that never worked."""
        lived = time.monotonic() - self._started.pop(worker)
        if lived < QUICK_DEATH:
            return False
        sys.stderr.write(f"agenticrag: worker {worker.pid} ended ({worker.returncode}); starting another.\n")
        self._start()
        return True

    def _stop(self) -> None:
        for worker in self._started:
            worker.terminate()
        deadline = time.monotonic() + GRACE + 2
        for worker in self._started:
            try:
                worker.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()


if __name__ == "__main__":
    main()
