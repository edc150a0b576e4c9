"""Recorded calls: results of model and tool calls from before a crash or a pause, each reused once."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from graphs.values.events import CallKey, CallKind

__all__ = ["RecordedCalls", "StoredCall"]


class StoredCall(Struct, frozen=True):
    """A call with its result as JSON."""

    key: CallKey
    result: bytes
    given: bool = False
    """Whether it comes from the run that this one goes on from."""
    told: bool = False
    """Whether this run's events have it already."""


class RecordedCalls:
    """Results by call: by request first, then by number, so that calls side by side find their own."""

    def __init__(self, calls: Iterable[StoredCall] = ()) -> None:
        self._places: dict[tuple[CallKind, str], list[StoredCall]] = {}
        self._counts: Counter[CallKind] = Counter()
        untold: set[str] = set()
        for call in calls:
            if call.given and not call.told and call.key.kind == "node":
                untold.add(call.key.task_id)
            self._places.setdefault((call.key.kind, call.key.task_id), []).append(call)
            self._counts[call.key.kind] += not call.given
        self.untold = frozenset(untold)
        """Node runs that come from another run, and that this one's events have not yet."""

    def count(self, kind: CallKind) -> int:
        """Return how many calls of a kind the run itself had made at first."""
        return self._counts[kind]

    def take(self, key: CallKey) -> bytes | Literal["other"] | None:
        """Return a call's result; ``other`` where another request has its number, None where nothing has."""
        place = self._places.get((key.kind, key.task_id))
        if not place:
            return None
        same = [call for call in place if call.key.request_hash == key.request_hash]
        if not same:
            other = any(call.key.number == key.number and not call.given for call in place)
            return "other" if other else None
        chosen = next(
            (call for call in same if call.key.number == key.number),
            min(same, key=lambda call: call.key.number),
        )
        place.remove(chosen)
        return chosen.result
