"""Ports for servers that are started again on the same one."""

import random
import socket

__all__ = ["lasting_port"]

BELOW_EPHEMERAL = range(20_000, 32_000)
"""Linux gives outgoing connections 32768 and above: one of those could be taken between two starts."""


def lasting_port() -> int:
    """Return a port of loopback that nobody listens on, and that no client gets by chance."""
    while True:
        port = random.SystemRandom().choice(BELOW_EPHEMERAL)
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
