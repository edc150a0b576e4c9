"""One JSON document by HTTP GET with the standard library: probes run before any other client is imported."""

import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

import msgspec

from graphs.parsing.base_urls import is_loopback

__all__ = ["FetchError", "fetch_json"]

_LIMIT = 4_000_000


class FetchError(Exception):
    """There is no document. The message goes on after the address: "refused the key", "does not answer"."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    # The address that was configured is the one that is asked.
    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        return None


def fetch_json(
    url: str, *, key: str, seconds: float, own: bool = False, host: str = "", header: str = "authorization"
) -> Any:
    """Return the JSON document at an ``http(s)`` address. Blocks: call it in a thread.

    Args:
        url: The address.
        key: A key; empty for none.
        header: Where it goes: as a bearer's in ``authorization``, else as it is.
        seconds: How long it may take.
        own: True for this program's own server, whose certificate is for the name that others use.
        host: The ``Host`` to ask for; empty for the address's own.

    Raises:
        FetchError: there is none.
    """
    proxies = [urllib.request.ProxyHandler({})] if own or is_loopback(url) else []
    trusted: list[urllib.request.BaseHandler] = []
    if own:
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        trusted.append(urllib.request.HTTPSHandler(context=unchecked))
    opener = urllib.request.build_opener(_NoRedirect, *proxies, *trusted)
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310
    if host:
        request.add_header("Host", host)
    if key:
        request.add_unredirected_header(header, f"Bearer {key}" if header == "authorization" else key)
        if header == "x-api-key":
            request.add_header("anthropic-version", "2023-06-01")
    try:
        with opener.open(request, timeout=seconds) as response:
            return msgspec.json.decode(response.read(_LIMIT))
    except urllib.error.HTTPError as error:
        error.close()
        said = "refused the key" if error.code in (401, 403) else f"answered {error.code}"
        raise FetchError(said) from None
    except TimeoutError:
        raise FetchError("did not answer in time") from None
    except (OSError, HTTPException):
        raise FetchError("does not answer") from None
    except ValueError:
        raise FetchError("answered with what is no list of models") from None
