"""Settings of triggers, as values."""

from typing import Annotated

from msgspec import Meta

from server.settings.protocol_values import ProtocolValues

__all__ = ["TriggerValues"]

Count = Annotated[int, Meta(ge=1, le=1_000_000)]


class TriggerValues(ProtocolValues, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The value of every setting, with those of triggers."""

    max_schedules: Count = 1000
    """Maximum number of schedules of a workspace."""
    schedule_min_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 60
    """Shortest interval between two times of a schedule, in seconds."""
    schedule_late_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 60
    """A scheduled run that starts this many seconds after its time is late. Up to then, a time does not count
    as missed."""
    schedule_missed_runs: Count = 100
    """Maximum number of missed runs that a schedule with `missed: all` starts later, the newest ones."""
