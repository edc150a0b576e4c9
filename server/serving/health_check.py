"""Health check: `python -m server.serving.health_check` ends with 0 where the server answers, else with 1.

It reads the same settings as the server. It is for containers, which have no curl.
"""

import sys

from server.checkup.own_server import complaint_of
from server.settings.sources import SettingsError, load_settings

__all__ = ["main"]


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
