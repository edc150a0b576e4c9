"""Own server: where a program of this machine finds the server, and whether that answers."""

from graphs.transport.json_fetch import FetchError, fetch_json
from server.settings.sources import Settings

__all__ = ["complaint_of", "own_address"]

SECONDS = 3.0


def own_address(settings: Settings) -> str:
    """Return where a program of this machine finds the server."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # it asks
    return f"{settings.scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"


def complaint_of(settings: Settings) -> str:
    """Ask the server for its health; return what is wrong, empty where nothing is."""
    address = own_address(settings)
    host = settings.hosts[0].replace("*.", "health.") if settings.hosts else ""
    try:
        fetch_json(f"{address}/health", key="", seconds=SECONDS, own=True, host=host)
    except FetchError as error:
        return f"{address} {error}"
    return ""
