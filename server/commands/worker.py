"""`agenticrag worker`: start a worker."""

import os
import sys
from typing import Annotated

from cyclopts import Parameter

__all__ = ["worker"]


def worker(
    *,
    concurrency: Annotated[int | None, Parameter(alias="-c")] = None,
    queues: Annotated[str | None, Parameter(alias="-q")] = None,
    host: str | None = None,
    port: Annotated[int | None, Parameter(alias="-p")] = None,
) -> None:
    """Start a worker, which runs what servers accept. Needs `AGENTICRAG_EXECUTOR=saq`; see docs/workers.md.

    Ctrl-C or SIGTERM stops it. Runs get 25 seconds to finish; other workers resume unfinished runs.

    Parameters
    ----------
    concurrency
        Maximum number of active runs. Default: 16.
    queues
        Names of the queues to take runs from, separated by commas. Default: default.
    host
        IP address that answers `/health`, `/ready` and `/metrics`. Default: 127.0.0.1.
    port
        Its port. Default: 0, a free port, which is printed.
    """
    import msgspec

    asked = {"concurrency": concurrency, "queues": queues, "host": host, "port": port}
    argument = msgspec.json.encode(
        {name: value for name, value in asked.items() if value is not None}
    ).decode()
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "server.serving.worker", argument])  # noqa: S606  # itself, without a shell
