"""Health check: `python -m server.serving.health_check` ends with 0 where the server answers, else with 1.

It reads the same settings as the server. It is for containers, which have no curl.
"""

import ssl
import sys
import urllib.error
import urllib.request

from server.settings.sources import Settings, SettingsError, load_settings

__all__ = ["complaint_of", "own_address"]

SECONDS = 3.0


def own_address(settings: Settings) -> str:
    """Return where a program of this machine finds the server."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # it asks
    return f"{settings.scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"


def complaint_of(settings: Settings) -> str:
    """Ask the server for its health; return what is wrong, empty where nothing is."""
    context = ssl.create_default_context()
    context.check_hostname = False  # the certificate is for the name that others use
    context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    address = own_address(settings)
    named = {"Host": settings.hosts[0].replace("*.", "health.")} if settings.hosts else {}
    try:
        with opener.open(_request(f"{address}/health", named), timeout=SECONDS):
            return ""
    except urllib.error.HTTPError as error:
        return f"{address} answers {error.code}"
    except OSError as error:
        return f"{address} does not answer: {getattr(error, 'reason', error)}"


def _request(address: str, headers: dict[str, str]) -> urllib.request.Request:
    return urllib.request.Request(address, headers=headers)  # noqa: S310  # of our own making


def main() -> None:
    """Ask, and tell by the exit code."""
    try:
        complaint = complaint_of(load_settings())
    except SettingsError as error:
        complaint = str(error)
    if complaint:
        sys.exit(complaint)


if __name__ == "__main__":
    main()
