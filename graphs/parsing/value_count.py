"""Value count: how many values and keys JSON has, counted while its bytes come, without making them."""

import re

__all__ = ["ValueCount"]

_QUOTE = re.compile(rb'"')
_REST_OF_TEXT = re.compile(rb'[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_MARKS = (b"[", b"{", b",", b":")
"""Before each value and key but the outermost there is one of these; within texts they count nothing."""


class ValueCount:
    """Counts the values and keys of JSON that comes in pieces, or of several JSON texts in a stream."""

    def __init__(self) -> None:
        self.values = 0
        self._in_text = False
        self._escaped = False

    def feed(self, piece: bytes) -> int:
        """Count the next bytes, and return how many values there are up to now."""
        at = 0
        if self._escaped and piece:
            self._escaped, at = False, 1
        while at < len(piece):
            if self._in_text:
                rest = _REST_OF_TEXT.match(piece, at)
                at = rest.end() if rest is not None else at
                if at == len(piece):
                    break
                self._escaped = piece[at : at + 1] == b"\\"  # the last byte: what it escapes comes later
                self._in_text = self._escaped
                at += 1
                continue
            quote = _QUOTE.search(piece, at)
            end = len(piece) if quote is None else quote.start()
            self.values += sum(piece.count(mark, at, end) for mark in _MARKS)
            self._in_text, at = quote is not None, end + 1
        return self.values
