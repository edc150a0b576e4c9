"""Proxies that the environment names: what is said where one cannot be used, or does not answer."""

import contextlib
from collections.abc import Generator
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from graphs.model_api.model_interface import ModelError
from graphs.parsing.base_urls import is_loopback

__all__ = ["proxy_of", "usable_proxies"]


def proxy_of(url: str) -> str:
    """Return the proxy that a request of the operator's takes, as ``HTTPS_PROXY (host:port)``, or nothing.

    A password in the proxy's address is left out.
    """
    asked, proxies = urlsplit(url), _proxies()
    if not asked.hostname or is_loopback(url) or proxy_bypass(asked.hostname):
        return ""
    for name in (f"{asked.scheme.upper()}_PROXY", "ALL_PROXY"):
        if proxy := proxies.get(name):
            return f"{name} ({proxy.rpartition('@')[2].rpartition('//')[2].rstrip('/')})"
    return ""


@contextlib.contextmanager
def usable_proxies(provider: str) -> Generator[None]:
    """Where a client cannot be made, say which proxy of the environment is the reason, if one is.

    Ollama's package makes a client when it is imported, so an import is one of the places.

    Raises:
        ModelError: class ``bad_request``, which no retry repeats.
    """
    try:
        yield
    except Exception:
        for name, proxy in _proxies().items():
            if remedy := _remedy(proxy):
                raise ModelError(
                    f"{provider} was not asked: the proxy that the environment names ({name}) cannot be "
                    f"used. {remedy}. Then start the server again.",
                    error_class="bad_request",
                ) from None
        raise


def _proxies() -> dict[str, str]:
    """Return the proxies that HTTP clients look at, by the variable's name."""
    found = getproxies()
    return {f"{kind.upper()}_PROXY": found[kind] for kind in ("http", "https", "all") if kind in found}


def _remedy(proxy: str) -> str:
    """Return what to do about a proxy that httpx cannot use, or nothing."""
    scheme = ""
    with contextlib.suppress(ValueError):  # of a port that is no number
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        scheme = parts.scheme if parts.port != 0 else ""
    if scheme not in ("http", "https", "socks5", "socks5h"):
        return "Expected an address such as http://proxy.example.com:3128: correct it"
    if scheme.startswith("socks") and find_spec("socksio") is None:
        return "A SOCKS proxy needs the package socksio: `pip install socksio`, or name an HTTP proxy"
    return ""
