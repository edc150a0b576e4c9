"""Worker: a process that runs what servers accept. `agenticrag worker` replaces itself by this module."""

import gc
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from graphs.code_graphs.code_graph import CodeGraphError
from graphs.extensions.extension_error import ExtensionError
from server.compilation.code_graphs import check_code_graphs
from server.compilation.tool_setup import open_extensions
from server.serving.serve import bind, require_packages, run_app
from server.settings.data_folder import SECRET_KEY, open_data_dir
from server.settings.sources import Settings, SettingsError, load_settings

__all__ = ["WorkerOptions", "main"]


class WorkerOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `agenticrag worker` asks of this module, as JSON in its argument; None: as the settings say."""

    concurrency: int | None = None
    queues: str | None = None
    host: str | None = None
    port: int | None = None


def main() -> None:
    """Take runs until SIGTERM or Ctrl-C."""
    options = msgspec.json.decode(sys.argv[1] if len(sys.argv) > 1 else "{}", type=WorkerOptions)
    try:
        settings = load_settings(
            worker_concurrency=options.concurrency,
            worker_queues=options.queues,
            worker_host=options.host,
            worker_port=options.port,
        )
        _check(settings)
        open_extensions(settings)
        check_code_graphs(settings)
        listener = bind(settings.worker_host, settings.worker_port, setting="agenticrag worker --port ")
    except (OSError, SettingsError, ExtensionError, CodeGraphError) as error:
        sys.exit(f"agenticrag: {error}")
    settings = msgspec.structs.replace(settings, worker_port=listener.getsockname()[1])
    # What is made from here to the start lives for good: the collector would look through it in vain.
    gc.disable()
    from server.runtime import Runtime
    from server.serving.worker_app import WorkerApp

    runtime = Runtime(settings, worker=True)

    def ready() -> None:
        print(
            f"A worker takes up to {settings.worker_concurrency} runs at once from: "
            f"{', '.join(settings.queues_taken)}.\n"
            f"Health and metrics: http://{settings.worker_host}:{settings.worker_port}/ready, /metrics",
            flush=True,
        )

    run_app(settings, WorkerApp(settings, runtime), runtime, [listener], ready)
    print("Stopped.", flush=True)


def _check(settings: Settings) -> None:
    """Return if a worker can work with these settings.

    Raises:
        SettingsError: it cannot; the message says what to set.
        OSError: the data folder cannot be used.
    """
    if settings.executor == "inline":
        raise SettingsError(
            "A worker takes runs from a queue, and AGENTICRAG_EXECUTOR is 'inline'. Set "
            "AGENTICRAG_EXECUTOR=saq for the servers and the workers. See docs/workers.md."
        )
    require_packages(settings)
    folder = open_data_dir(settings)
    if not settings.secret_key and not Path(folder, SECRET_KEY).is_file():
        raise SettingsError(
            f"A worker needs the secret key of the servers, and '{folder}' has none. Set "
            "AGENTICRAG_SECRET_KEY to the same value for all processes, or start a server with this data "
            "folder first."
        )


if __name__ == "__main__":
    main()
