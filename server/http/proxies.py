"""Proxies: what those in front of the server say of a request, heard only from those that the operator names.

Everybody can send `X-Forwarded-For`. So it counts as far as it was written by listed proxies: from its right
end to the first address that is none of theirs.
"""

import ipaddress
from collections.abc import Iterable

from litestar.types import Scope

__all__ = ["Proxies"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SCHEMES = {"http": ("http", "ws"), "https": ("https", "wss")}


class Proxies:
    """The listed proxies."""

    def __init__(self, listed: Iterable[str]) -> None:
        """Take addresses and networks.

        Raises:
            ValueError: one is neither.
        """
        self._networks: list[Network] = [ipaddress.ip_network(entry) for entry in listed]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._networks)

    def reveal(self, scope: Scope) -> None:
        """Put the client's address, the scheme and the host in place that a listed proxy tells of."""
        client = scope["client"]
        if client is None or not self._has(client[0]):
            return
        forwarded = _values(scope, b"x-forwarded-for")
        scope["client"] = (self._first_of_others(forwarded) or client[0], client[1])
        told = (_values(scope, b"x-forwarded-proto") or [""])[-1].lower()
        if told in SCHEMES:
            scope["scheme"] = SCHEMES[told][scope["type"] == "websocket"]
        if hosts := _values(scope, b"x-forwarded-host"):
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [*others, (b"host", hosts[-1].encode("latin-1"))]

    def _first_of_others(self, forwarded: list[str]) -> str:
        """Return the right-most address that is no listed proxy's; what is no address ends the search."""
        found = ""
        for entry in reversed(forwarded):
            address = _address(entry)
            if address is None:
                break
            found = str(address)
            if not self._has(found):
                break
        return found

    def _has(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(address in network for network in self._networks)


def _values(scope: Scope, header: bytes) -> list[str]:
    """Return a list header's entries; several headers of a name are one list (RFC 9110 §5.3)."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == header]
    return [entry.strip() for value in values for entry in value.split(",") if entry.strip()]


def _address(text: str) -> Address | None:
    """Return an address of IPv4 or IPv6, also with a port; None for anything else."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
