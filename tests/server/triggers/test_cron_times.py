"""Times of cron expressions where the clocks of three zones are changed, and what is refused."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from server.triggers.cron_times import BadCron, check_cron, jittered, next_time, passed_times

CASES: list[tuple[str, str, str, list[str]]] = [
    # Berlin goes from 2:00 to 3:00 on 2026-03-29, and from 3:00 to 2:00 on 2026-10-25.
    (
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-28T00:00",
        ["2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"],
    ),
    ("0,30 2 * * *", "Europe/Berlin", "2026-03-29T00:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
    (
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-24T00:00",
        ["2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"],
    ),
    ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10", ["2026-10-26T01:30"]),
    (
        "*/30 * * * *",
        "Europe/Berlin",
        "2026-10-25T00:10",
        ["2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30", "2026-10-25T02:00"],
    ),
    ("0 9 * * *", "Europe/Berlin", "2026-10-24T12:00", ["2026-10-25T08:00", "2026-10-26T08:00"]),
    # New York goes from 2:00 to 3:00 on 2026-03-08, and from 2:00 to 1:00 on 2026-11-01.
    ("30 2 * * *", "America/New_York", "2026-03-07T12:00", ["2026-03-08T07:00", "2026-03-09T06:30"]),
    ("30 1 * * *", "America/New_York", "2026-10-31T12:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
    ("15 * * * *", "America/New_York", "2026-11-01T05:00", ["2026-11-01T05:15", "2026-11-01T06:15"]),
    # Lord Howe goes by half an hour: from 2:00 to 2:30 on 2026-10-04, and from 2:00 to 1:30 on 2026-04-05.
    (
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-02T12:00",
        ["2026-10-02T15:45", "2026-10-03T15:30", "2026-10-04T15:15"],
    ),
    ("45 1 * * *", "Australia/Lord_Howe", "2026-04-03T16:00", ["2026-04-04T14:45", "2026-04-05T15:15"]),
    (
        "*/15 1 * * *",
        "Australia/Lord_Howe",
        "2026-04-04T14:20",
        ["2026-04-04T14:30", "2026-04-04T14:45", "2026-04-04T15:00", "2026-04-04T15:15"],
    ),
    ("0 0 29 2 *", "UTC", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
    ("0 12 L * *", "UTC", "2026-01-31T13:00", ["2026-02-28T12:00", "2026-03-31T12:00"]),
]


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("cron", "zone", "after", "expected"), CASES)
def test_each_time_comes_once_where_clocks_are_changed(
    cron: str, zone: str, after: str, expected: list[str]
) -> None:
    found = [at := moment(after)]
    for _ in expected:
        at = next_time(cron, zone, at) or 0
        found.append(at)
    assert found[1:] == [moment(each) for each in expected]


@pytest.mark.parametrize(("cron", "zone", "after", "expected"), CASES)
def test_what_has_passed_is_what_was_to_come(cron: str, zone: str, after: str, expected: list[str]) -> None:
    times = [moment(each) for each in expected]
    assert passed_times(cron, zone, moment(after) + 1, times[-1], 100) == times
    assert passed_times(cron, zone, moment(after) + 1, times[-1] + 0.5, 1) == times[-1:]


@pytest.mark.parametrize(
    ("cron", "zone", "said"),
    [
        ("* * * *", "UTC", "Five fields"),
        ("99 * * * *", "UTC", "Bad minute"),
        ("*/0 * * * *", "UTC", "Bad minute"),
        ("0 0 31 2 *", "UTC", "Bad day-of-month"),
        ("0 0 " + "9" * 200 + " * *", "UTC", "Bad day-of-month"),
        ("1#1 * * * *", "UTC", "Bad minute"),
        ("0 0 * * *", "Mars/Olympus", "time zone"),
        ("0 0 * * *", "../../etc/passwd", "time zone"),
        ("0 0 * * *", "", "time zone"),
        ("* * * * * *", "UTC", "shortest interval"),
        ("59,0 * * * *", "UTC", None),
        ("0,30 0 12 * * *", "UTC", "shortest interval"),
    ],
)
def test_an_expression_that_cannot_be_kept_is_refused(cron: str, zone: str, said: str | None) -> None:
    if said is None:
        check_cron(cron, zone, moment("2026-01-01T00:00"), shortest=60)
        return
    with pytest.raises(BadCron, match=said):
        check_cron(cron, zone, moment("2026-01-01T00:00"), shortest=60)


def test_the_jitter_of_a_time_is_the_same_in_every_process_and_within_its_bound() -> None:
    drawn = {jittered(str(number), 1000.0, 30) for number in islice(range(1000), 200)}
    assert len(drawn) > 150
    assert all(1000 <= each < 1030 for each in drawn)
    assert jittered("a", 1000.0, 30) == jittered("a", 1000.0, 30)
    assert jittered("a", 1000.0, 0) == 1000.0
