"""Frames: Server-Sent Events as bytes, with ids that say which execution and how far."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

import msgspec
from msgspec import Struct

from graphs.values.events import Event

__all__ = ["Projection", "compose", "frame", "frame_id", "iso"]


class Projection(Protocol):
    """Turns events into frames. What it says of an event depends on that event and those before it alone."""

    whole: bool
    """True where it must see the journal from its first event on, also to resume in the middle."""
    last: tuple[str, ...]
    """The types of its last frames: after one of them nothing comes."""

    def frames(self, event: Event) -> list[tuple[int, bytes]]:
        """Return what the event looks like: frames, each with the number to resume after it by."""
        ...


def frame_id(execution_id: str, seq: int) -> str:
    """Return the id of a frame: it alone is enough to find the run again and go on after it."""
    return f"{execution_id}:{seq}"


def compose(identity: str, event: str, body: bytes) -> bytes:
    """Return a frame with JSON that is encoded already; JSON has no line breaks."""
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (identity.encode(), event.encode(), body)


def frame(identity: str, shown: Struct) -> bytes:
    """Return the frame of a tagged Struct: its tag is the event's name and the ``type`` of its data."""
    return compose(identity, str(shown.__struct_config__.tag), msgspec.json.encode(shown))


def iso(seconds: float | None) -> str | None:
    """Return Unix seconds as ISO 8601 in UTC with milliseconds and ``Z``; None stays None.

    Never later than the moment itself, so that what began at it is found from it on.
    """
    if seconds is None:
        return None
    whole = int(seconds // 1)
    over, millionths = divmod(round((seconds - whole) * 1_000_000), 1_000_000)
    return f"{_second(whole + over)}.{millionths // 1000:03}Z"


@lru_cache(16)  # a busy stream has many frames a second
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
