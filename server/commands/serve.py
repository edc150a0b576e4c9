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
    """Start the server and print its address, your key and a line to try it with.

    The first start makes the data folder, the database, an API key and the example flows. Ctrl-C or SIGTERM
    stops it: runs get 25 seconds to finish, and what is not done by then goes on at the next start.

    Parameters
    ----------
    host
        Address to listen on, 127.0.0.1 where nothing else is set; 0.0.0.0 opens the server to the network.
    port
        Port to listen on, 8000 where nothing else is set; 0 takes a free one.
    workers
        Processes that serve side by side, 1 where nothing else is set.
    """
    import msgspec

    asked = {"host": host, "port": port, "workers": workers}
    argument = msgspec.json.encode(
        {name: value for name, value in asked.items() if value is not None}
    ).decode()
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "server.serving.serve", argument])  # noqa: S606  # itself, without a shell
