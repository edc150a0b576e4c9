"""Proxies: what those in front of the server say of a request, heard only from those that the operator names.

Everybody can send `X-Forwarded-For`. So it counts as far as it was written by listed proxies: from its right
end to the first address that is none of theirs.
"""

from collections.abc import Iterable

from litestar.types import Scope

from server.request_origin.networks import Networks, address_of

__all__ = ["Proxies"]

SCHEMES = {"http": ("http", "ws"), "https": ("https", "wss")}


class Proxies:
    """The listed proxies."""

    def __init__(self, listed: Iterable[str]) -> None:
        """Take addresses and networks.

        Raises:
            ValueError: one is neither.
        """
        self._networks = Networks(listed)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._networks)

    def reveal(self, scope: Scope) -> None:
        """Put the client's address, the scheme and the host in place that a listed proxy tells of."""
        client = scope["client"]
        if client is None or client[0] not in self._networks:
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
            address = address_of(entry)
            if address is None:
                break
            found = str(address)
            if found not in self._networks:
                break
        return found


def _values(scope: Scope, header: bytes) -> list[str]:
    """Return a list header's entries; several headers of a name are one list (RFC 9110 §5.3)."""
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == header]
    return [entry.strip() for value in values for entry in value.split(",") if entry.strip()]
