"""Server-Sent Events as they come in, in pieces of any length."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import Iterator, List

__all__ = ["Frame", "FrameReader"]


@dataclass(frozen=True)
class Frame:
    """One event; what follows `id:`, `event:` and `data:`."""

    id: str
    event: str
    data: str


class FrameReader:
    """Turns pieces of a stream into frames. Comments, which are heartbeats, make none."""

    def __init__(self) -> None:
        self.retry = 0.0
        """Seconds that the server asks to wait before coming back."""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._text = ""
        self._id = ""
        self._event = ""
        self._data: List[str] = []

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """Yield the frames that a piece completes."""
        self._text += self._decoder.decode(piece)
        lines = self._text.split("\n")
        self._text = lines.pop()
        for line in lines:
            line = line.rstrip("\r")
            if line:
                self._take(line)
            elif self._data:
                yield Frame(self._id, self._event, "\n".join(self._data))
                self._event, self._data = "", []

    def _take(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
        elif name == "event":
            self._event = value
        elif name == "retry" and value.isdigit():
            self.retry = int(value) / 1000
