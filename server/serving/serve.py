"""Serving: uvicorn in this process, or the same process several times over one socket.

`agenticrag serve` replaces itself by this module, so that a server does not carry the command line with it.
"""

import asyncio
import contextlib
import errno
import gc
import logging
import math
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

import msgspec

from graphs.code_graphs.code_graph import CodeGraphError
from graphs.extensions.extension_error import ExtensionError
from server.compilation.code_graphs import check_code_graphs
from server.compilation.tool_setup import open_extensions
from server.http.request_ids import RequestIdFilter
from server.http.secrets_in_logs import RedactingFormatter, quiet_careless
from server.runtime import Runtime
from server.serving.event_loop import run_serving
from server.serving.http_connections import connections, hang_up
from server.serving.lean_uvicorn import Config, Server
from server.serving.malloc_settings import return_memory
from server.serving.stalled_connections import DeadConnections
from server.serving.tls import Certificate, certificate_of
from server.serving.websocket_protocol import socket_options
from server.serving.workers import Listen, Workers
from server.settings.sources import Settings, SettingsError, load_settings
from server.settings.worker_rules import missing_packages

__all__ = ["bind", "main", "require_packages", "run_app"]

GRACE = 27
"""Seconds that a stopping worker gets for its open answers and its app, before it is ended."""
TICKS_A_MINUTE = 600


def bind(host: str, port: int, *, setting: str = "agenticrag serve --port ") -> socket.socket:
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
        free = port + 1 if 1024 <= port < 65535 else 8000
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            remedy = "Name an address of this machine: 127.0.0.1, or 0.0.0.0 for all of them"
        elif error.errno in (errno.EACCES, errno.EPERM):
            remedy = f"This user may not listen on this port. Take one above 1023: {setting}{free}"
        else:
            remedy = f"Stop what listens there or take another port: {setting}{free}"
        raise OSError(f"Cannot listen on {host}:{port}: {error.strerror or error}. {remedy}") from error
    listener.setblocking(False)
    return listener


def require_packages(settings: Settings) -> None:
    """Return if what the executor needs is installed.

    Raises:
        SettingsError: it is not; the message says how to install it.
    """
    if missing := missing_packages(settings):
        raise SettingsError(f"{missing} Install them: pip install 'agenticrag[workers]'")


def main() -> None:
    """Serve as the argument asks until SIGTERM or Ctrl-C."""
    return_memory()
    listen = msgspec.json.decode(sys.argv[1] if len(sys.argv) > 1 else "{}", type=Listen)
    try:
        settings = load_settings(host=listen.host, port=listen.port, workers=listen.workers)
        require_packages(settings)
        open_extensions(settings)
        check_code_graphs(settings)
        if listen.socket is not None:
            passed = [each for each in (listen.socket, listen.metrics) if each is not None]
            listeners = [socket.socket(fileno=each) for each in passed]
            _serve(settings, listeners, lambda: _tell(listen.ready), parent=listen.parent)
            return
        certificate_of(settings)
        listeners = [bind(settings.host, settings.port)]
        if settings.metrics_port:
            listeners.append(
                bind(settings.metrics_host, settings.metrics_port, setting="AGENTICRAG_METRICS_PORT=")
            )
        from server.first_run import greeting, prepare

        prepared = asyncio.run(prepare(settings))
        text = greeting(settings, prepared, port=listeners[0].getsockname()[1])
    except (OSError, SettingsError, ExtensionError, CodeGraphError) as error:
        sys.exit(f"agenticrag: {error}")

    def ready() -> None:
        print(text, flush=True)

    if settings.workers == 1:
        _serve(settings, listeners, ready)
    else:
        Workers(listen, settings.workers, listeners, patience=GRACE + 2).run(ready)
    print("Stopped.", flush=True)


def _serve(
    settings: Settings,
    listeners: list[socket.socket],
    ready: Callable[[], None],
    *,
    parent: int | None = None,
) -> None:
    # What is made from here to the start lives for good: the collector would look through it in vain.
    gc.disable()
    from server.app import create_app
    from server.metrics.scrape import MetricsPort

    # With port 0 the system has chosen one: flows must not reach it any more than one that was named.
    settings = msgspec.structs.replace(settings, port=listeners[0].getsockname()[1])
    app = create_app(settings)
    runtime: Runtime = app.state["runtime"]
    served = app
    if settings.metrics_port:
        served = MetricsPort(
            app,
            lambda: runtime.ready.measures.metering,
            runtime.opened,
            data_dir=settings.data_dir,
            port=settings.metrics_port,
        )
    run_app(settings, served, runtime, listeners, ready, parent=parent)


def run_app(
    settings: Settings,
    app: Any,
    runtime: Runtime,
    listeners: list[socket.socket],
    ready: Callable[[], None],
    *,
    parent: int | None = None,
) -> None:
    """Run an ASGI app on sockets until SIGTERM or Ctrl-C.

    Args:
        settings: Of the process.
        app: What answers; its lifespan opens the runtime.
        runtime: Whose being ready is said by `ready`.
        listeners: Bound sockets.
        ready: Called once.
        parent: A pipe that ends when the parent process does.
    """
    handler = logging.StreamHandler()
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s:%(request)s %(message)s"))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler])
    if settings.log_level != "debug":
        for chatty in ("uvicorn", "httpx", "httpx2"):  # life stories, and a line for every model request
            logging.getLogger(chatty).setLevel(logging.WARNING)
    quiet_careless()
    config = Config(
        app,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=connections(settings.linger_bytes),
        **socket_options(settings.max_socket_bytes),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=math.ceil(settings.keep_alive_seconds),
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
    )
    server = _Serving(config, runtime, ready, parent)
    with _quiet_signals():
        server.run(sockets=listeners)
    if not server.started:
        sys.exit(3)  # the app could not start; it has said why


def _tell(pipe: int | None) -> None:
    if pipe is not None:
        os.write(pipe, b".")


class _Serving(Server):
    """uvicorn's server; says when it is ready, and spares the garbage collector what lives for good."""

    def __init__(
        self, config: Config, runtime: Runtime, ready: Callable[[], None], parent: int | None
    ) -> None:
        super().__init__(config)
        self._runtime = runtime
        self._ready: Callable[[], None] | None = ready
        self._parent = parent
        self._lingering = DeadConnections(runtime.process.settings.stall_seconds)
        self._certificate: Certificate | None = certificate_of(runtime.process.settings)
        self._modules = 0
        self._frozen = 0
        self._stops = 0

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until a signal."""
        run_serving(self.serve(sockets), self.config.get_loop_factory())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. The second signal ends the time that runs have: they are handed back, and streams end in
        order. From the third on nothing is waited for, which uvicorn does from the second on."""
        self._stops += 1
        if self._stops == 2:
            self.should_exit = False  # which super sets again, as at the first
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        if self._parent is not None:
            asyncio.get_running_loop().add_reader(self._parent, self._orphaned)
        gc.collect()
        gc.freeze()
        gc.enable()
        gc.set_threshold(20_000, 100, 10)
        self._frozen = len(sys.modules)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: say it once the runtime is ready, end what lingers, freeze what was imported.

        A full collection that walks all of the engine stops every stream for a tenth of a second.
        """
        if counter % 10 == 0:
            now, connections = asyncio.get_running_loop().time(), self.server_state.connections
            self._lingering.look(connections, now)
            hang_up(connections, now, self._runtime.process.settings.head_seconds)
        if self._certificate is not None and counter % TICKS_A_MINUTE == 0:
            self._certificate.renew(self.config.ssl)
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


if __name__ == "__main__":
    main()
