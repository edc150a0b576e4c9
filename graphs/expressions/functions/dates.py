"""Functions on dates and times, which are texts as ISO 8601 has them: ``2026-03-01T12:00:00Z``."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

from graphs.expressions.functions.arguments import Arguments, Function
from graphs.expressions.functions.date_formats import FormatError, formatted, pattern_of, read_as
from graphs.parsing.numbers import is_number, kind, whole

__all__ = ["DATES"]

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400, "weeks": 604_800}
_MONTHS = {"months": 1, "years": 12}
_UNITS = (*_SECONDS, *_MONTHS)
_MILLISECONDS = 253_402_300_800
"""The first second of the year 10000: a number as large tells milliseconds."""
_ISO = re.compile(
    r"\s*(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*(Z|[+-]\d{2}:?\d{2})?)?\s*",
    re.ASCII | re.IGNORECASE,
)


def _zone(call: Arguments, index: int) -> tzinfo:
    """Return the time zone that an argument names, UTC where it is left out."""
    name = call.text(index, "UTC")
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # opens the zones' files

    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise call.error(f"expected a time zone such as 'Europe/Oslo', found {name[:40]!r}") from None


def _read(call: Arguments, index: int) -> datetime | date:
    """Return a moment, or a day where the text has no time. Without a zone it is taken for UTC."""
    value = call.values[index]
    if is_number(value):
        if float(value) >= _MILLISECONDS:
            raise call.error(f"expected seconds since 1970, found {value}; divide milliseconds by 1000")
        return _guarded(call, lambda: datetime.fromtimestamp(float(value), UTC))
    if not isinstance(value, str):
        raise call.error(f"expected a date as argument {index + 1}, found {kind(value)}")
    call.spend(80)
    found = _ISO.fullmatch(value) if len(value) <= 60 else None
    if found is None:
        raise call.error(
            f"expected a date such as 2026-03-01 or 2026-03-01T12:00:00Z, found {value[:40]!r}; "
            "parse_date(text, format) reads others"
        )
    day = [int(part) for part in found.groups()[:3]]
    if found[4] is None:
        return _guarded(call, lambda: date(*day))
    clock = [int(part or 0) for part in found.groups()[3:6]]
    return _guarded(call, lambda: datetime(*day, *clock, tzinfo=_offset(found[7])))


def _offset(text: str | None) -> tzinfo:
    if text is None or text.upper() == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _moment(call: Arguments, index: int, zone: tzinfo | None = None) -> datetime:
    found = _read(call, index)
    if isinstance(found, datetime):
        return found
    return datetime(found.year, found.month, found.day, tzinfo=zone or UTC)


def _shifted(call: Arguments, moment: datetime, zone: tzinfo) -> datetime:
    return _guarded(call, lambda: moment.astimezone(zone))


def _guarded(call: Arguments, make: Any) -> Any:
    try:
        return make()
    except (ValueError, OverflowError, OSError) as error:
        raise call.error(f"expected a date from the years 1 to 9999 ({error})") from None


def _text(found: datetime | date) -> str:
    if not isinstance(found, datetime):
        return found.isoformat()
    return found.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _now(call: Arguments) -> str:
    return _text(call.clock().now().astimezone(_zone(call, 0)))


def _today(call: Arguments) -> str:
    return call.clock().now().astimezone(_zone(call, 0)).date().isoformat()


def _layout(call: Arguments, index: int) -> str:
    """Return a format that dates are read by; empty where it is left out."""
    layout = call.text(index, "")
    if not call.given(index):
        return layout
    try:
        pattern_of(layout)
    except FormatError as error:
        raise call.error(str(error)) from None
    return layout


def _zone_of_layout(call: Arguments, index: int) -> tzinfo | None:
    """Return the time zone of text that is read by a format; without a format it is not asked for."""
    return _zone(call, index) if call.given(1) else None


def _written(call: Arguments, index: int) -> str:
    """Return a format that dates are written by."""
    layout = call.text(index)
    try:
        formatted(datetime(2000, 1, 1, tzinfo=UTC), layout)
    except FormatError as error:
        raise call.error(str(error)) from None
    return layout


def _parse_date(call: Arguments) -> str:
    if not call.given(1):
        return _text(_read(call, 0))
    try:
        return _text(read_as(call.text(0), _layout(call, 1), _zone(call, 2)))
    except FormatError as error:
        raise call.error(str(error)) from None


def _format_date(call: Arguments) -> str:
    zone = _zone(call, 2)
    found = _read(call, 0)
    if isinstance(found, datetime):
        moment = _shifted(call, found, zone) if call.given(2) else found
    else:
        moment = datetime(found.year, found.month, found.day, tzinfo=zone)
    return formatted(moment, _written(call, 1))


def _add(call: Arguments) -> str:
    found, amount, unit = _read(call, 0), call.number(1), _unit(call, 2)
    if unit in _MONTHS:
        months = whole(amount)
        if months is None:
            raise call.error(f"expected a whole number of {unit}, found {amount}")
        return _text(_guarded(call, lambda: _months_later(found, months * _MONTHS[unit])))
    seconds = float(amount) * _SECONDS[unit]
    if not isinstance(found, datetime):
        if seconds % 86_400 == 0:
            return _text(_guarded(call, lambda: found + timedelta(seconds=seconds)))
        found = datetime(found.year, found.month, found.day, tzinfo=UTC)
    return _text(_guarded(call, lambda: found + timedelta(seconds=seconds)))


def _months_later(found: datetime | date, months: int) -> datetime | date:
    """Return a date some months later, on the last day of the month where it has no such day."""
    year, month = divmod(found.year * 12 + found.month - 1 + months, 12)
    day = found.day
    while True:
        try:
            return found.replace(year=year, month=month + 1, day=day)
        except ValueError:
            if day <= 28:
                raise
            day -= 1


def _difference(call: Arguments) -> Any:
    """Return how much later the first is than the second."""
    later, earlier, unit = _moment(call, 0), _moment(call, 1), _diff_unit(call, 2)
    if unit in _SECONDS:
        passed = (later - earlier).total_seconds() / _SECONDS[unit]
        return int(passed) if passed.is_integer() else passed
    sign = 1 if later >= earlier else -1
    first, last = sorted((later, earlier.astimezone(later.tzinfo)))
    months = (last.year - first.year) * 12 + last.month - first.month
    if months and _guarded(call, lambda: _months_later(first, months)) > last:
        months -= 1
    return sign * (months // _MONTHS[unit])


def _diff_unit(call: Arguments, index: int) -> str:
    return _unit(call, index, "days")


def _unit(call: Arguments, index: int, default: str | None = None) -> str:
    word = call.text(index, default).lower()
    unit = word if word.endswith("s") else f"{word}s"
    if unit not in _UNITS:
        raise call.error(f"expected a unit such as {', '.join(_UNITS)}, found {word[:40]!r}")
    return unit


def _in_zone(call: Arguments) -> str:
    zone = _zone(call, 1)
    return _text(_shifted(call, _moment(call, 0), zone))


def _parts(call: Arguments) -> dict[str, Any]:
    zone = _zone(call, 1)
    found = _moment(call, 0, zone)
    if call.given(1):
        found = _shifted(call, found, zone)
    year, week, weekday = found.isocalendar()
    return {
        "year": found.year,
        "month": found.month,
        "day": found.day,
        "hour": found.hour,
        "minute": found.minute,
        "second": found.second,
        "weekday": weekday,
        "week": week,
        "week_year": year,
        "day_of_year": found.timetuple().tm_yday,
    }


def _timestamp(call: Arguments) -> Any:
    return int(_moment(call, 0).timestamp())


DATES: tuple[Function, ...] = (
    Function(
        "now(zone?)", "the time when the node began, such as `2026-03-01T12:00:00Z`", 0, 1, _now, (_zone,)
    ),
    Function("today(zone?)", "the day when the node began, such as `2026-03-01`", 0, 1, _today, (_zone,)),
    Function(
        "parse_date(x, format?, zone?)",
        "a date from text of a format such as `%d.%m.%Y`, or from seconds since 1970; the zone is that of "
        "text without one, and a time without a day is one of 1900-01-01",
        1,
        3,
        _parse_date,
        (None, _layout, _zone_of_layout),
    ),
    Function(
        "format_date(date, format, zone?)",
        "text of a format such as `%d %B %Y, %H:%M`. A format of another kind, such as `YYYY-MM-DD`, fails",
        2,
        3,
        _format_date,
        (_read, _written, _zone),
    ),
    Function(
        "date_add(date, amount, unit)",
        "a date so many `seconds`, `minutes`, `hours`, `days`, `weeks`, `months` or `years` later",
        3,
        3,
        _add,
        (_read, Arguments.number, _unit),
    ),
    Function(
        "date_diff(later, earlier, unit?)",
        "how many units lie between them, by default days",
        2,
        3,
        _difference,
        (_moment, _moment, _diff_unit),
    ),
    Function(
        "in_zone(date, zone)",
        "the same moment by the clocks of a time zone",
        2,
        2,
        _in_zone,
        (_moment, _zone),
    ),
    Function(
        "date_parts(date, zone?)",
        "`year`, `month`, `day`, `hour`, `minute`, `second`, `weekday` (1 is Monday), `week` and more",
        1,
        2,
        _parts,
        (_moment, _zone),
    ),
    Function("timestamp(date)", "the seconds since 1970", 1, 1, _timestamp, (_moment,)),
)
"""Functions on dates and times."""
