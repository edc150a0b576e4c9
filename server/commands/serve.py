"""`agenticrag serve`: start the server."""

import os
import sys
from typing import Annotated

from cyclopts import Parameter

__all__ = ["serve"]


def serve(
    *,
    host: str | None = None,
    port: Annotated[int | None, Parameter(alias="-p")] = None,
    workers: Annotated[int | None, Parameter(alias="-w")] = None,
) -> None:
    """Start the server. Print its URL, your API key and a command to try it.

    The first start creates the data folder, the database, an API key and the example flows. Ctrl-C or SIGTERM
    stops the server. Runs get 25 seconds to finish; unfinished runs resume at the next start.

    Parameters
    ----------
    host
        IP address to listen on. Default: 127.0.0.1. 0.0.0.0 makes the server reachable from the network.
    port
        Port to listen on. Default: 8000. 0 selects a free port.
    workers
        Number of server processes. Default: 1.
    """
    import msgspec

    asked = {"host": host, "port": port, "workers": workers}
    argument = msgspec.json.encode(
        {name: value for name, value in asked.items() if value is not None}
    ).decode()
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "server.serving.serve", argument])  # noqa: S606  # itself, without a shell
