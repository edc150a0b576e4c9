"""The native stream: journal events under their dotted names, with their time also in ISO 8601."""

from collections.abc import Iterable
from itertools import takewhile

import msgspec

from graphs.values import events
from server.http.answers.sse_bytes import compose, iso
from server.http.page_bytes import PageBytes

__all__ = ["Event", "NativeFrames", "event_list"]


class Event(events.Event, frozen=True, kw_only=True):
    """One thing that happened in an execution."""

    time: str
    """`ts` in ISO 8601, UTC."""


class NativeFrames:
    """One frame an event; ``id`` is the event's number, ``data`` the event."""

    whole = False
    last = tuple(sorted(events.TERMINAL))

    def frames(self, event: events.Event) -> list[tuple[int, bytes]]:
        """Return the event's frame."""
        return [(event.seq, compose(str(event.seq), event.type, _told(event)))]


def event_list(found: Iterable[events.Event], page: PageBytes) -> bytes:
    """Return events as a JSON list of `Event`, as far as they fit on a page."""
    fitting = takewhile(lambda told: page.fits_bytes(len(told)), map(_told, found))
    return b"[" + b",".join(fitting) + b"]"


def _told(event: events.Event) -> bytes:
    """Return an `Event` as JSON, without making one: every token passes here."""
    return b'%s,"time":"%s"}' % (msgspec.json.encode(event)[:-1], (iso(event.ts) or "").encode())
