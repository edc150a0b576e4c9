"""How events lie in a journal row: a JSON list in which neighbouring deltas share one record."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import msgspec
from msgspec import Struct

from graphs.values.events import VISIBILITY, Event, EventType, Visibility
from persistence.storage.value_references import MARK, Kept, from_text, to_text

__all__ = ["StoredEvent", "fold", "join", "pack", "unfold", "unpack"]

FOLDED: frozenset[str] = frozenset({"message.delta", "message.reasoning"})
COMPRESS_FROM = 1024
"""Bytes from which a compacted row is compressed."""


class StoredEvent(Struct, array_like=True):
    """One record of a row: an event without what the row knows already, or a run of deltas."""

    type: EventType
    ts: float
    """Of the first event, in Unix seconds, to the millisecond."""
    node: str
    path: str
    attempt: int
    visibility: Visibility | None
    """None for the type's default."""
    data: dict[str, Any]
    chunks: list[str]
    """Contents of folded deltas, an event each; empty for other types."""
    gaps: list[int]
    """Milliseconds from each folded delta to the next."""


def fold(events: Iterable[Event]) -> list[StoredEvent]:
    """Return the records of events that follow each other without a gap."""
    return join(map(_record, events))


def join(records: Iterable[StoredEvent]) -> list[StoredEvent]:
    """Return records that follow each other as few: neighbouring deltas of one message are one."""
    joined: list[StoredEvent] = []
    ended = 0.0
    for record in records:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.chunks
            and record.chunks
            and (last.type, last.node, last.path) == (record.type, record.node, record.path)
            and (last.attempt, last.visibility) == (record.attempt, record.visibility)
        ):
            last.chunks += record.chunks
            last.gaps += (round((record.ts - ended) * 1000), *record.gaps)
        else:
            joined.append(record)
        ended = record.ts + sum(record.gaps) / 1000
    return joined


def _record(event: Event) -> StoredEvent:
    deltas = event.type in FOLDED and len(event.data) == 1 and "content" in event.data
    return StoredEvent(
        type=event.type,
        ts=event.ts,
        node=event.node,
        path=event.path,
        attempt=event.attempt,
        visibility=None if event.visibility == VISIBILITY.get(event.type, "owner") else event.visibility,
        data={} if deltas else event.data,
        chunks=[event.data["content"]] if deltas else [],
        gaps=[],
    )


def unfold(records: Sequence[StoredEvent], seq: int, execution_id: str, session_id: str) -> Iterator[Event]:
    """Yield the events of records, the first with number `seq`."""
    for record in records:
        visibility = record.visibility or VISIBILITY.get(record.type, "owner")
        later = accumulate(record.gaps, initial=0)
        for data, passed in zip([{"content": c} for c in record.chunks] or [record.data], later, strict=True):
            yield Event(
                seq=seq,
                type=record.type,
                execution_id=execution_id,
                session_id=session_id,
                node=record.node,
                path=record.path,
                attempt=record.attempt,
                ts=round(record.ts + passed / 1000, 3),
                visibility=visibility,
                data=data,
            )
            seq += 1


def pack(records: Sequence[StoredEvent], *, compress: bool = False, kept: Kept | None = None) -> bytes:
    """Return the bytes of a row. What is large in its data goes to `kept`, a reference in its place."""
    try:
        body = msgspec.json.encode(records)
    except TypeError:  # there are references
        body = _referring(records)
    if kept is not None and kept.is_large(len(body)):
        for record in records:
            record.data = kept.split(record.data, whole=True)  # the event's own is not changed
        if kept.values:
            body = _referring(records)
    return zlib.compress(body) if compress and len(body) >= COMPRESS_FROM else body


def _referring(records: Sequence[StoredEvent]) -> bytes:
    fields = StoredEvent.__struct_fields__
    return to_text([[getattr(record, field) for field in fields] for record in records]).encode()


def unpack(body: bytes, find: Callable[[str], Any] | None = None) -> list[StoredEvent]:
    """Return the records of a row, compressed or not, with what `find` gives for its large values.

    Without it their data has references.
    """
    if body[:1] not in (b"[", MARK):
        body = zlib.decompress(body)
    if body[:1] == MARK:
        return msgspec.convert(from_text(body, find), list[StoredEvent])
    return msgspec.json.decode(body, type=list[StoredEvent])
