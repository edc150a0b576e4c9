"""URL passwords: what is cut out of a database's address before anybody sees it."""

import re

__all__ = ["shown_url"]


def shown_url(url: str) -> str:
    """Return a database URL without its password."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url)
