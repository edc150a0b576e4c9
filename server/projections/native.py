"""The native stream: journal events as they are, under their dotted names."""

import msgspec

from graphs.values.events import TERMINAL, Event
from server.http.sse import compose

__all__ = ["NativeFrames"]


class NativeFrames:
    """One frame an event; ``id`` is the event's number, ``data`` the event."""

    whole = False
    last = tuple(sorted(TERMINAL))

    def frames(self, event: Event) -> list[tuple[int, bytes]]:
        """Return the event's frame."""
        return [(event.seq, compose(str(event.seq), event.type, msgspec.json.encode(event)))]
