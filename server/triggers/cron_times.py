"""Times of cron expressions in time zones, by `cronsim`: the next ones, and those that have passed.

Where a clock is put forward, a time that does not exist comes when the gap ends. Where it is put back, a time
that comes twice is taken once, as Debian's cron does. An expression that runs every hour or more often, and
one with seconds, follows the time that passes.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

__all__ = ["BadCron", "check_cron", "jittered", "next_time", "next_times", "passed_times", "zone_of"]

LOOKED_AT = 100
"""How many times of an expression are looked at for the shortest interval between them."""


class BadCron(ValueError):
    """The cron expression or the time zone cannot be used; the message says why.

    Attributes:
        field: Which of both, `cron` or `timezone`.
    """

    def __init__(self, message: str, field: str = "cron") -> None:
        super().__init__(message)
        self.field = field


@lru_cache(256)
def zone_of(name: str) -> tzinfo:
    """Return a time zone by its IANA name.

    Raises:
        BadCron: there is none.
    """
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise BadCron(
            f"There is no time zone {name[:64]!r}. Name one of the IANA database, as Europe/Berlin.",
            "timezone",
        ) from None


def next_time(cron: str, zone: str, after: float) -> float | None:
    """Return the first time of an expression after a time, in Unix seconds; None where there is none.

    Raises:
        BadCron: it is no expression, or no zone.
    """
    return next(iter(next_times(cron, zone, after, 1)), None)


def next_times(cron: str, zone: str, after: float, most: int) -> list[float]:
    """Return the first times of an expression after a time, in order; fewer where there are no more.

    Raises:
        BadCron: it is no expression, or no zone.
    """
    return [*islice((at for at in _times(cron, zone, after) if at > after), most)]


def passed_times(cron: str, zone: str, since: float, until: float, most: int) -> list[float]:
    """Return the last times of an expression from `since` to `until`, in order; at most `most`."""
    found = takewhile(lambda at: at >= since, _times(cron, zone, until + 1, back=True))
    return [*islice((at for at in found if at <= until), most)][::-1]


def check_cron(cron: str, zone: str, after: float, *, shortest: float) -> None:
    """Return if an expression has times that are far enough apart.

    Raises:
        BadCron: it cannot be read, has no time, or comes more often than every `shortest` seconds.
    """
    found = [*islice(_times(cron, zone, after), LOOKED_AT)]
    if not found:
        raise BadCron(f"The cron expression {cron!r} has no time in the next years.")
    least = min((later - earlier for earlier, later in pairwise(found)), default=shortest)
    if least < shortest:
        raise BadCron(
            f"The cron expression {cron!r} comes every {least:g} seconds; the shortest interval here is "
            f"{shortest:g} seconds."
        )


def jittered(schedule_id: str, at: float, jitter: float) -> float:
    """Return when a time of a schedule is due: later by a part of its jitter, the same in every process."""
    if not jitter:
        return at
    drawn = hashlib.sha256(f"{schedule_id} {at:.0f}".encode()).digest()
    return at + jitter * int.from_bytes(drawn[:8]) / 2**64


def _times(cron: str, zone: str, start: float, *, back: bool = False) -> Iterator[float]:
    """Yield the times of an expression from a time on, each once, forward or back."""
    from cronsim import CronSim, CronSimError

    where = zone_of(zone)
    begin = (datetime.fromtimestamp(0, UTC) + timedelta(seconds=start)).astimezone(where)
    try:
        found = CronSim(cron, begin, reverse=back)
    except (CronSimError, ValueError, AssertionError) as error:
        raise BadCron(
            f"{cron!r} is no cron expression ({error or 'it cannot be read'}). Five fields are expected: "
            "minute, hour, day of the month, month and day of the week. Six begin with seconds."
        ) from None
    last = None
    try:
        for each in found:
            at = each.timestamp()
            if last is None or (at < last if back else at > last):
                yield at
                last = at
    except (OverflowError, ValueError):  # the calendar ends
        return
