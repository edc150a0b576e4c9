"""Egress: the one way out for every request that a flow can influence.

A URL is read once, its host resolved once, and what was looked at is what is connected to. Addresses of this
machine, its networks and its cloud are closed unless the operator lists ``host:port``; every redirect is
looked at anew; time, size and redirects have caps. Nothing here reads proxies or keys from the environment.
"""

import asyncio
import ipaddress
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from graphs.outbound.connections import connected
from graphs.outbound.credentials import Credential, CredentialError
from graphs.outbound.http_messages import EgressError, EgressRules, Inbound, Outbound, Unpacking
from graphs.outbound.run_hops import hops_header
from graphs.outbound.trace_context import current_span
from graphs.parsing.web_address import WebAddress, WebAddressError, private, read_address, unwrapped

if TYPE_CHECKING:
    import socket

    import httpx

__all__ = ["Egress", "Resolve", "endpoint"]

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host's name and a port to its addresses, in the order in which they are to be tried."""

_KEPT = frozenset({"accept", "accept-language", "content-type", "user-agent"})
"""Headers that go along when a redirect leads to another origin; every other one may be a credential."""
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer"}
    | {"proxy-authorization", "proxy-connection", "expect", "accept-encoding"}
)
"""Headers that belong to the connection, not to who asks."""
_MOVED = frozenset({301, 302, 303, 307, 308})


class Egress:
    """Makes requests by the operator's rules. Opens nothing before the first; `close` ends what it opened."""

    def __init__(self, rules: EgressRules | None = None, *, resolve: Resolve | None = None) -> None:
        self.rules = rules or EgressRules()
        self._resolve = resolve or _resolve
        self._allowed = {endpoint(entry) for entry in self.rules.allow}
        self._own = {endpoint(entry) for entry in self.rules.own}
        self._transport: httpx.AsyncHTTPTransport | None = None

    async def fetch(self, request: Outbound) -> Inbound:
        """Make a request and return the answer, whatever its status.

        Raises:
            EgressError: it is not allowed, or there is no answer within the caps.
        """
        seconds = min(request.seconds or self.rules.seconds, self.rules.seconds)
        try:
            async with asyncio.timeout(seconds):
                return await self._follow(request)
        except TimeoutError:
            raise EgressError(
                f"{_named(request)} took longer than {seconds:g} seconds.", code="timeout"
            ) from None

    async def look_up(self, url: str) -> tuple[WebAddress, Sequence[Address]]:
        """Return an address, read once, and what it resolves to: for a client that connects by itself.

        Raises:
            EgressError: it may not be asked, or is not known.
        """
        address = _read(url)
        return address, await self._targets(address)

    async def addresses(
        self, host: str, port: int, credential: Credential | None = None
    ) -> tuple[WebAddress, Sequence[Address]]:
        """Return a host and a port, read once, and what it resolves to: for what is not HTTP.

        Raises:
            EgressError: it may not be asked, is not known, or the credential may not go there.
        """
        address = _read(f"http://{host}:{port}/")
        if address.target != "/" or address.port != port:
            raise EgressError(f"Expected a host, found {host[:80]!r}.", code="bad_url")
        if credential is not None:
            try:
                credential.refuse_elsewhere(address)
            except CredentialError as error:
                raise EgressError(str(error), code=error.code) from None
        return address, await self._targets(address)

    async def connect(self, host: str, port: int, credential: Credential | None = None) -> "socket.socket":
        """Return a connection to a host and a port for what is not HTTP; the caller closes it.

        Raises:
            EgressError: it may not be asked, does not answer, or the credential may not go there.
        """
        address, targets = await self.addresses(host, port, credential)
        try:
            return await connected(targets, port)
        except OSError as error:
            raise EgressError(f"{_pair(address)} cannot be reached ({error}).", code="network") from None

    async def close(self) -> None:
        """Close connections."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def _follow(self, request: Outbound) -> Inbound:
        address, headers = _authorized(request)
        method, content = request.method.upper(), request.content
        for _ in range(self.rules.max_redirects + 1):
            response = await self._send(address, method, headers, content)
            try:
                location = response.headers.get("location", "")
                if response.status_code not in _MOVED or not location:
                    return await self._read(response, address, request)
            finally:
                await response.aclose()
            try:
                moved = address.follow(location)
            except WebAddressError as error:
                raise EgressError(
                    f"{address.without_query} redirects to what cannot be asked. {error}", code="bad_url"
                ) from None
            if moved.origin != address.origin:
                if request.stay:
                    raise EgressError(
                        f"{address.without_query} redirects to {moved.origin}, which may not be asked here.",
                        code="egress_blocked",
                    )
                headers = {name: value for name, value in headers.items() if name in _KEPT}
            if response.status_code == 303 or (response.status_code in (301, 302) and method == "POST"):
                method, content = ("HEAD" if method == "HEAD" else "GET"), b""
                headers.pop("content-type", None)
            address = moved
        said = f"was redirected more than {self.rules.max_redirects} times."
        if not self.rules.max_redirects:
            said = f"was redirected to {address.origin}. Redirects are not followed: enter the last URL."
        raise EgressError(f"{_named(request)} {said}", code="too_many_redirects")

    async def _send(
        self, address: WebAddress, method: str, headers: Mapping[str, str], content: bytes
    ) -> "httpx.Response":
        import httpx

        if self._transport is None:
            # A kept connection is known by its network address alone: over TLS another host's could be taken.
            self._transport = httpx.AsyncHTTPTransport(
                verify=await asyncio.to_thread(ssl.create_default_context),
                trust_env=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        sent = {
            "user-agent": "AgenticRAG",
            "accept": "*/*",
            **({"traceparent": span} if (span := current_span()) else {}),
            **headers,
            **hops_header(),
            "host": address.authority,
            "accept-encoding": "gzip, deflate",
        }
        if content or method in ("POST", "PUT", "PATCH"):
            sent["content-length"] = str(len(content))
        reasons: list[str] = []
        for target in await self._targets(address):
            host = f"[{target}]" if target.version == 6 else str(target)
            try:
                return await self._transport.handle_async_request(
                    httpx.Request(
                        method,
                        httpx.URL(
                            scheme=address.scheme,
                            host=host,
                            port=address.port,
                            raw_path=address.target.encode("ascii"),
                        ),
                        headers=sent,
                        content=content,
                        extensions={"sni_hostname": address.host, "timeout": {"connect": 5.0}},
                    )
                )
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                reasons.append(f"{error}" or "it does not answer")
            except httpx.LocalProtocolError as error:
                raise EgressError(f"The request cannot be sent: {error}.", code="bad_header") from None
            except httpx.TransportError as error:
                raise EgressError(
                    f"{address.without_query} broke off ({type(error).__name__}).", code="network"
                ) from None
        raise EgressError(
            f"{address.origin} cannot be reached ({'; '.join(dict.fromkeys(reasons))}).", code="network"
        )

    async def _targets(self, address: WebAddress) -> list[Address]:
        """Return the addresses of a host, all of them looked at.

        Raises:
            EgressError: one of them is closed, or there is none.
        """
        try:
            found: list[Address] = [ipaddress.ip_address(address.host)]
        except ValueError:
            try:
                found = [
                    ipaddress.ip_address(each) for each in await self._resolve(address.host, address.port)
                ]
            except (OSError, UnicodeError):
                found = []
            if not found:
                raise EgressError(f"The host '{address.host}' is not known.", code="network") from None
        listed = (address.host, address.port) in self._allowed
        for each in found:
            if self._is_own(address, each) or (private(each) and not listed):
                raise EgressError(
                    f"{address.origin} is closed to flows: it is an address of this machine or its network. "
                    + (
                        "It is one of the server's own."
                        if listed
                        else f"The operator may list '{_pair(address)}' in AGENTICRAG_EGRESS_ALLOW."
                    ),
                    code="egress_blocked",
                )
        return found

    def _is_own(self, address: WebAddress, target: Address) -> bool:
        """Say whether this is the server itself or what it keeps its things in."""
        inside = private(target)
        return any(
            address.port == port and (address.host == host or (inside and _local(host) and _local(target)))
            for host, port in self._own
        )

    async def _read(self, response: "httpx.Response", address: WebAddress, request: Outbound) -> Inbound:
        import httpx

        most = min(request.max_bytes or self.rules.max_bytes, self.rules.max_bytes)
        unpack = Unpacking(response.headers.get("content-encoding", ""), most, address.without_query)
        try:
            async for chunk in response.aiter_raw():
                unpack.feed(chunk)
        except httpx.TransportError as error:
            raise EgressError(
                f"{address.without_query} broke off in its answer ({type(error).__name__}).", code="network"
            ) from None
        headers: dict[str, str] = {}
        for name, value in response.headers.multi_items():
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return Inbound(
            status=response.status_code,
            headers=headers,
            content=b"".join(unpack.parts),
            url=address.without_query,
        )


async def _resolve(host: str, port: int) -> Sequence[str]:
    import socket

    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _authorized(request: Outbound) -> tuple[WebAddress, dict[str, str]]:
    """Return where a request goes first and with which headers, its credential among them.

    Raises:
        EgressError: it cannot be sent, or its credential may not go there.
    """
    address, headers = _read(request.url), _headers(request.headers)
    if (credential := request.credential) is None:
        return address, headers
    if credential.kind == "provider_key":
        raise EgressError(
            f"The credential '{credential.name}' is a provider's key, which models use. Store one of kind "
            "'bearer' or 'header' for requests.",
            code="bad_credential",
        )
    try:
        credential.refuse_elsewhere(address)
    except CredentialError as error:
        raise EgressError(str(error), code=error.code) from None
    name, value = credential.header()
    return _read(credential.added_to(request.url)), headers | ({name: value} if name else {})


def _read(url: str) -> WebAddress:
    try:
        return read_address(url)
    except WebAddressError as error:
        raise EgressError(f"The address cannot be asked. {error}", code="bad_url") from None


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    """Return headers by lower-case name.

    Raises:
        EgressError: one is the connection's own, or has characters that no header has.
    """
    headers: dict[str, str] = {}
    for name, value in given.items():
        lower = name.lower()
        if lower in _OURS:
            raise EgressError(
                f"The header {name[:80]!r} belongs to the connection; leave it out.", code="bad_header"
            )
        if not value.isprintable() or not value.isascii() or not name.isascii() or not name.isprintable():
            raise EgressError(
                f"The header {name[:80]!r} has characters that headers cannot have.", code="bad_header"
            )
        headers[lower] = value
    return headers


def endpoint(entry: str) -> tuple[str, int]:
    """Return a ``host:port`` of the operator's in the spelling of `WebAddress`.

    Raises:
        ValueError: it is no such pair.
    """
    address = read_address(f"http://{entry}/")
    if not entry.rpartition(":")[2].isdecimal() or entry.endswith("]"):
        raise WebAddressError(f"Expected host:port, found '{entry}'.")
    return address.host, address.port


def _local(host: str | Address) -> bool:
    """Say whether a host is this machine."""
    if isinstance(host, str):
        if host == "localhost" or host.endswith(".localhost"):
            return True
        try:
            host = ipaddress.ip_address(host)
        except ValueError:
            return False
    host = unwrapped(host)
    return host.is_loopback or host.is_unspecified


def _pair(address: WebAddress) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def _named(request: Outbound) -> str:
    return f"{request.method.upper()} {request.url.partition('?')[0][:200]}"
