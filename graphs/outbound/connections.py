"""Connections: opened to network addresses that the egress has looked at."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

__all__ = ["connected"]

_SECONDS = 5.0
"""For each address."""


async def connected(targets: Sequence[IPv4Address | IPv6Address], port: int) -> socket.socket:
    """Return a connection to the first of some addresses that answers; the caller closes it.

    Raises:
        OSError: none does; the message says why.
    """
    reasons: list[str] = []
    for target in targets:
        made = socket.socket(socket.AF_INET6 if target.version == 6 else socket.AF_INET)
        made.setblocking(False)
        try:
            async with asyncio.timeout(_SECONDS):
                await asyncio.get_running_loop().sock_connect(made, (str(target), port))
        except (OSError, TimeoutError) as error:
            made.close()
            reasons.append(f"{error}" or "it does not answer")
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise OSError("; ".join(dict.fromkeys(reasons)))
