"""Settings of triggers, as values."""

from typing import Annotated

from msgspec import Meta

from server.settings.groups.protocol_values import ProtocolValues

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
    max_webhooks: Count = 1000
    """Maximum number of webhooks of a workspace, and of webhook targets."""
    max_trigger_input_bytes: Annotated[int, Meta(ge=1)] = 65_536
    """Maximum size of the `input` of a schedule or a webhook, as JSON. Stored ones stay until it changes."""
    webhook_max_bytes: Annotated[int, Meta(ge=1_000, le=100_000_000)] = 1_000_000
    """Maximum size of the body of a call of a webhook."""
    webhook_calls_kept: Count = 100
    """How many calls of a webhook are listed: so many without
    proof, so many that were rejected for another reason, and so many others."""
    max_hops: Annotated[int, Meta(ge=1, le=1000)] = 10
    """Maximum number of runs that start each other by requests, as where a flow calls the webhook that starts
    it. The next one is rejected with 508."""
    webhook_seconds: Annotated[float, Meta(ge=1, le=300)] = 15
    """Maximum time for a delivery to a webhook target."""
    webhook_attempts: Annotated[int, Meta(ge=1, le=100)] = 10
    """After how many attempts a delivery is given up."""
    webhook_retry_seconds: Annotated[float, Meta(ge=0.1, le=3_600)] = 5
    """Time from the first attempt of a delivery to the second. Each further wait is three times as long."""
    webhook_retry_most_seconds: Annotated[float, Meta(ge=0.1, le=86_400)] = 21_600
    """Longest time between two attempts of a delivery, also if the receiver asks for more."""
    webhook_output_bytes: Annotated[int, Meta(ge=0, le=100_000_000)] = 262_144
    """Maximum size of the output of a run in a delivery. A longer one is left out."""
    webhook_days: Annotated[float, Meta(ge=0.01, le=3_650)] = 7
    """Days that ended deliveries are kept."""
    question_link_hours: Annotated[float, Meta(ge=0.01, le=8_760)] = 72
    """Hours that the link in the mail of a question is valid."""
