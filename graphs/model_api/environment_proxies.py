"""Proxies that the environment names: what is said where one cannot be used, or does not answer."""

import contextlib
from collections.abc import Generator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from graphs.model_api.model_interface import ModelError
from graphs.parsing.base_urls import is_loopback

__all__ = ["proxy_of", "usable_proxies"]


def proxy_of(url: str) -> str:
    """Return the proxy that a request of the operator's takes, as ``HTTPS_PROXY (host:port)``, or nothing.

    A password in the proxy's address is left out.
    """
    asked, proxies = urlsplit(url), getproxies()
    if not asked.hostname or is_loopback(url) or proxy_bypass(asked.hostname):
        return ""
    for kind in (asked.scheme, "all"):
        if proxy := proxies.get(kind):
            return f"{kind.upper()}_PROXY ({proxy.rpartition('@')[2].rpartition('//')[2].rstrip('/')})"
    return ""


@contextlib.contextmanager
def usable_proxies(provider: str) -> Generator[None]:
    """Say which variables to look at where a client cannot be made with the environment's proxies.

    Ollama's package makes a client when it is imported, so an import is one of the places.

    Raises:
        ModelError: class ``bad_request``, which no retry repeats.
    """
    try:
        yield
    except Exception as error:
        socks = isinstance(error, ImportError) and "SOCKS" in str(error)
        unreadable = (
            isinstance(error, ValueError) or type(error).__name__ == "InvalidURL"
        )  # of httpx and httpx2
        names = ", ".join(f"{kind.upper()}_PROXY" for kind in sorted(getproxies()) if kind != "no")
        if not names or not (socks or unreadable):
            raise
        remedy = (
            "A SOCKS proxy needs the package socksio: `pip install socksio`, or name an HTTP proxy"
            if socks
            else "Expected an address such as http://proxy.example.com:3128: correct it"
        )
        raise ModelError(
            f"{provider} was not asked: the proxy that the environment names ({names}) cannot be used. "
            f"{remedy}. Then start the server again.",
            error_class="bad_request",
        ) from None
