"""Networks: which addresses an operator has listed."""

import ipaddress
from collections.abc import Iterable

__all__ = ["Address", "Networks", "address_of"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Networks:
    """Addresses and networks of IPv4 and IPv6."""

    def __init__(self, listed: Iterable[str]) -> None:
        """Take addresses and networks.

        Raises:
            ValueError: one is neither.
        """
        self._networks: list[Network] = [ipaddress.ip_network(entry) for entry in listed]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._networks)

    def __contains__(self, host: str) -> bool:
        """Whether an address, also one with a port, is in one of them."""
        address = address_of(host)
        return address is not None and any(address in network for network in self._networks)


def address_of(text: str) -> Address | None:
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
