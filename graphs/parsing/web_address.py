"""Web addresses: one strict reading of a URL, and which network addresses a flow may not reach."""

import ipaddress
import re
import unicodedata
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin

from msgspec import Struct

__all__ = ["WebAddress", "WebAddressError", "private", "read_address", "steps_out", "unwrapped"]

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[^\s/?#\\@:\[\]%]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>[/?][^#\\]*)?(?:#.*)?",
    re.IGNORECASE | re.DOTALL,
)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORTS = {"http": 80, "https": 443}
_LONGEST = 8_000
_OVERLONG = re.compile(rb"[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f][\x80-\xbf]|\xf0[\x80-\x8f][\x80-\xbf]")
"""ASCII as UTF-8 of more bytes than it needs (RFC 3629 §3 forbids it)."""
_UTF16 = re.compile(r"%u([0-9a-fA-F]{4})")
"""How servers of one maker spell a character in a path."""
_DECODED = 6
"""How often a path is decoded before it is given up as hidden."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
"""Networks that some release of Python takes for global and that no public server is in."""


def steps_out(path: str) -> bool:
    """Say whether a path may lead out of the folder that it is laid below, as some server reads it.

    Servers and proxies decode a path before they resolve it, some of them twice: it is decoded here until
    nothing changes. What is not plain by then counts as stepping out.
    """
    plain = path.partition("?")[0]
    for _ in range(_DECODED):
        if _OVERLONG.search(unquote_to_bytes(plain)):
            return True  # some decoders take it for a dot or a slash
        decoded = _UTF16.sub(lambda found: chr(int(found[1], 16)), unquote(plain, errors="replace"))
        if decoded == plain:
            break
        plain = decoded
    else:
        return True
    # Full-width dots and slashes are plain ones to servers that normalize (NFKC), and controls are nothing.
    steps = unicodedata.normalize("NFKC", plain).replace("\\", "/").split("/")
    names = ("".join(filter(str.isprintable, step.partition(";")[0])).strip() for step in steps)
    return "\0" in plain or any(name in (".", "..") for name in names)


class WebAddressError(ValueError):
    """This is no address that can be asked. The message says what was expected and what was found."""


class WebAddress(Struct, frozen=True):
    """A URL, read once: what is looked at is what is connected to."""

    scheme: str
    host: str
    """In lower case: a name in ASCII, an IPv4 address or an IPv6 address without brackets."""
    port: int
    target: str
    """Path and query, beginning with ``/``, in ASCII."""

    @property
    def authority(self) -> str:
        """Host and port as the ``Host`` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port in one spelling."""
        return f"{self.scheme}://{self.authority}"

    @property
    def url(self) -> str:
        """The whole address."""
        return self.origin + self.target

    @property
    def without_query(self) -> str:
        """The address as logs and messages show it: what stands in a query may be secret."""
        return self.url.partition("?")[0]

    def follow(self, location: str) -> "WebAddress":
        """Return where a redirect leads.

        Raises:
            WebAddressError: that is no address that can be asked.
        """
        if "\\" in location:
            raise _refused("no backslash", location)
        return read_address(urljoin(self.url, location))


def read_address(url: str) -> WebAddress:
    """Return a URL's parts; what two parsers could read differently is refused.

    Raises:
        WebAddressError: it is no plain ``http(s)://host[:port][/path][?query]``.
    """
    if len(url) > _LONGEST:
        raise WebAddressError(f"Expected an address of at most {_LONGEST:,} characters, found {len(url):,}.")
    if any(ord(letter) < 0x21 or ord(letter) == 0x7F for letter in url):
        raise _refused("no spaces or control characters (write %20)", url)
    found = _URL.fullmatch(url)
    if found is None:
        raise _refused("http(s)://host[:port][/path][?query], without user or password", url)
    scheme = found["scheme"].lower()
    port = int(found["port"]) if found["port"] else _PORTS[scheme]
    if not 0 < port < 65_536:
        raise _refused("a port from 1 to 65535", url)
    target = found["target"] or "/"
    if target.startswith("?"):
        target = "/" + target
    return WebAddress(scheme, _host(found["host"], url), port, quote(target, safe="%/?:@!$&'()*+,;=-._~[]|"))


def private(address: IPv4Address | IPv6Address) -> bool:
    """Say whether an address is one of this machine, its networks or its cloud, in whichever wrapping."""
    address = unwrapped(address)
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return True
    return (
        not address.is_global
        or address.is_multicast
        or address.is_reserved
        or any(address in network for network in _CLOSED if network.version == address.version)
    )


def unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 address stands for (mapped, NAT64, 6to4, Teredo), else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return address if address.teredo is None else address.teredo[1]


def _host(host: str, url: str) -> str:
    if host.startswith("["):
        try:
            return str(IPv6Address(host[1:-1].lower()))
        except ValueError:
            raise _refused("an IPv6 address between the brackets", url) from None
    if not host.isascii():
        host = _in_ascii(host, url)
    host = host.lower().removesuffix(".")
    labels = host.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or len(host) > 253:
        raise _refused("a host of letters, digits, hyphens and dots", url)
    # What ends in a number is an address to some parsers: 127.1, 0x7f000001, 2130706433, 017700000001.
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(IPv4Address(host))
        except ValueError:
            raise _refused("an IPv4 address of four decimal numbers", url) from None
    return host


def _in_ascii(host: str, url: str) -> str:
    import idna  # most hosts are ASCII

    try:
        return idna.encode(host).decode()
    except idna.IDNAError:
        raise _refused("a host of letters, digits, hyphens and dots", url) from None


def _refused(expected: str, url: str) -> WebAddressError:
    shown = "".join(letter if letter.isprintable() else "�" for letter in url.partition("?")[0][:200])
    return WebAddressError(f"Expected {expected}, found '{shown}'.")
