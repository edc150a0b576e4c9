"""One JSON document by HTTP GET with the standard library: probes run before any other client is imported."""

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

import msgspec

from graphs.providers.origins import is_loopback

__all__ = ["FetchError", "fetch_json"]

_LIMIT = 4_000_000


class FetchError(Exception):
    """There is no document. The message goes on after the address: "refused the key", "does not answer"."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    # The address that was configured is the one that is asked.
    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any) -> None:
        return None


def fetch_json(url: str, *, key: str, seconds: float) -> Any:
    """Return the JSON document at an ``http(s)`` address. Blocks: call it in a thread.

    Raises:
        FetchError: there is none.
    """
    proxies = [urllib.request.ProxyHandler({})] if is_loopback(url) else []
    opener = urllib.request.build_opener(_NoRedirect, *proxies)
    opener.addheaders = [("Accept", "application/json")]
    if key:
        opener.addheaders.append(("Authorization", f"Bearer {key}"))
    try:
        with opener.open(url, timeout=seconds) as response:
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
