"""Page bytes: ends a page of a list where its items have grown too large together."""

from typing import Any

import msgspec

from server.http.problems import Fault, Problem

__all__ = ["PageBytes", "refuse_large"]


class PageBytes:
    """Counts what a page has. The first item always fits: no item is out of reach.

    Args:
        most: Bytes of JSON that a page may have, as the setting `max_page_bytes` says.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._bytes = 0
        self._items = 0

    def fits(self, item: Any) -> bool:
        """Say whether an item fits on the page, and count it."""
        return self.fits_bytes(len(msgspec.json.encode(item)))

    def fits_bytes(self, size: int) -> bool:
        """Say whether an item of so many bytes fits on the page, and count it."""
        self._bytes += size
        self._items += 1
        return self._items == 1 or self._bytes <= self.most


def refuse_large(value: Any, most: int, field: str = "value") -> None:
    """Return if the value of a field has at most so many bytes of JSON.

    Raises:
        Problem: 413.
    """
    if (size := len(msgspec.json.encode(value))) > most:
        detail = f"'{field}' has {size:,} bytes as JSON; {most:,} are taken. Send less."
        raise Problem(413, "too_large", detail, errors=[Fault(detail, pointer=f"/{field}")])
