"""Origins of embedded chats: which pages may show one, exactly."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from msgspec import Struct

__all__ = ["ANY", "Page", "frame_ancestors", "is_allowed", "origin_of", "origins"]

ANY = "*"
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*|\[[0-9a-f:]+\])"
_DOMAIN = re.compile(rf"(https?://)?({_HOST})(:[0-9]{{1,5}})?/?")
_LOCAL = re.compile(r"localhost|[\w-]+\.localhost|127\.0\.0\.1|\[::1\]")


class Page(Struct, frozen=True):
    """Where a visitor's request comes from."""

    origin: str
    """The page's, as a browser spells it."""
    host: str
    """The ``Host`` that was asked: the server's own page is of this one."""


def origins(domain: str) -> list[str]:
    """Return the origins that an entry of `allowed_domains` names.

    ``https://shop.example`` is that origin alone; a bare ``shop.example`` is meant with https, and a name of
    this machine also with http; ``*`` is any.

    Raises:
        ValueError: it names none; a sentence.
    """
    if domain == ANY:
        return [ANY]
    found = _DOMAIN.fullmatch(domain.lower())
    if found is None:
        raise ValueError(
            f"'{domain[:80]}' is no origin. Name each site as https://shop.example, with its port where it "
            "has one and without a path; '*' allows every site."
        )
    scheme, host, port = found.groups()
    schemes = [scheme] if scheme else ["https://", *(["http://"] if _LOCAL.fullmatch(host) else [])]
    return [_normal(f"{each}{host}{port or ''}") for each in schemes]


def origin_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Return the origin of the page that a request comes from; empty where it does not say.

    Browsers leave ``Origin`` out of a GET to the page's own server; there ``Sec-Fetch-Site``, which no page
    can set, or ``Referer`` tells.
    """
    headers = connection.headers
    if given := headers.getall("origin", []):
        return given[0] if len(given) == 1 else ""
    own = f"{connection.scope['scheme']}://{headers.get('host', '')}"
    if (site := headers.get("sec-fetch-site")) is not None:
        return own if site == "same-origin" else ""
    try:
        parts = urlsplit(headers.get("referer", ""))
        return own if parts.netloc and parts.netloc == headers.get("host") else ""
    except ValueError:
        return ""


def is_allowed(page: Page, allowed: Sequence[str]) -> bool:
    """Say whether a page may talk to a chat: one of an allowed origin, or the server's own page, whose scheme
    is not compared, since a proxy may speak TLS for us.

    Args:
        page: Where the request comes from.
        allowed: The embed's `allowed_domains`.
    """
    origin, host = page.origin, page.host
    if not re.fullmatch(rf"https?://{_HOST}(?::[0-9]{{1,5}})?", origin):
        return False  # "null", upper case, several, something else
    if host and origin.partition("://")[2] == host.lower():
        return True
    known = {each for domain in allowed for each in origins(domain)}
    return ANY in known or origin in known


def frame_ancestors(allowed: Sequence[str]) -> str:
    """Return who may frame a chat's page, as Content-Security-Policy says it."""
    known = dict.fromkeys(each for domain in allowed for each in origins(domain))
    return " ".join(["'self'", *known])


def _normal(origin: str) -> str:
    """Leave out a port that the scheme implies, as browsers do."""
    for scheme, port in (("https://", ":443"), ("http://", ":80")):
        if origin.startswith(scheme) and origin.endswith(port):
            return origin.removesuffix(port)
    return origin
