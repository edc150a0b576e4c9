"""Formats of dates: ``%Y-%m-%d %H:%M``, in English whatever the machine's language is."""

import re
from datetime import datetime, timedelta, timezone, tzinfo

from graphs.expressions.functions.date_letters import FormatError, judge_format, judge_read_format

__all__ = ["FormatError", "formatted", "pattern_of", "read_as"]

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_MAX_LENGTH = 200

_READ = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d{2})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "I": r"(?P<I>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "p": r"(?P<p>[AaPp][Mm])",
    "B": rf"(?P<B>{'|'.join(_MONTHS)})",
    "b": rf"(?P<b>{'|'.join(month[:3] for month in _MONTHS)})",
    "A": rf"(?:{'|'.join(_DAYS)})",
    "a": rf"(?:{'|'.join(day[:3] for day in _DAYS)})",
    "z": r"(?P<z>Z|[+-]\d{2}:?\d{2})",
    "%": "%",
}


def formatted(moment: datetime, layout: str) -> str:
    """Return a moment as text of a format.

    Raises:
        FormatError: the format has a letter after ``%`` that stands for nothing, or is of another kind.
    """

    def part(match: re.Match[str]) -> str:
        letter = match[1]
        made = _part(moment, letter)
        if made is None:
            plain = "; '%e' is the day without a leading zero" if letter in ("-", "#") else ""
            raise FormatError(f"expected a letter of {_letters()} after '%', found {letter!r}{plain}")
        return made

    if len(layout) > _MAX_LENGTH:
        raise FormatError(f"expected a format of at most {_MAX_LENGTH} characters, found {len(layout):,}")
    judge_format(layout)
    return re.sub(r"%(.?)", part, layout, flags=re.DOTALL)


def _letters() -> str:
    return ", ".join(
        ["Y", "y", "m", "d", "e", "H", "I", "M", "S", "p", "B", "b", "A", "a", "j", "V", "z", "Z", "%"]
    )


def _part(moment: datetime, letter: str) -> str | None:
    hour = moment.hour % 12 or 12
    made = {
        "Y": f"{moment.year:04}",
        "y": f"{moment.year % 100:02}",
        "m": f"{moment.month:02}",
        "d": f"{moment.day:02}",
        "e": str(moment.day),
        "H": f"{moment.hour:02}",
        "I": f"{hour:02}",
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "p": "AM" if moment.hour < 12 else "PM",
        "B": _MONTHS[moment.month - 1],
        "b": _MONTHS[moment.month - 1][:3],
        "A": _DAYS[moment.weekday()],
        "a": _DAYS[moment.weekday()][:3],
        "j": f"{moment.timetuple().tm_yday:03}",
        "V": f"{moment.isocalendar().week:02}",
        "z": moment.strftime("%z"),
        "Z": moment.tzname() or "",
        "%": "%",
    }
    return made.get(letter)


def read_as(text: str, layout: str, zone: tzinfo) -> datetime:
    """Return the moment that a text of a format tells, in `zone` where the text has none.

    Raises:
        FormatError: the text does not follow the format, or the format cannot be read.
    """
    if len(text) > _MAX_LENGTH:
        raise FormatError(f"expected a text of at most {_MAX_LENGTH} characters, found {len(text):,}")
    found = re.fullmatch(pattern_of(layout), text.strip(), re.ASCII | re.IGNORECASE)
    if found is None:
        raise FormatError(f"expected a date of the form {layout!r}, found {text[:40]!r}")
    return _made(found.groupdict(), zone, text)


def pattern_of(layout: str) -> str:
    """Return the regular expression of the texts of a format.

    Raises:
        FormatError: the format cannot be read.
    """
    if len(layout) > _MAX_LENGTH:
        raise FormatError(f"expected a format of at most {_MAX_LENGTH} characters, found {len(layout):,}")
    judge_format(layout)
    parts: list[str] = []
    for letter, plain in re.findall(r"%(.?)|([^%]+)", layout, re.DOTALL):
        letter = "d" if letter == "e" else letter
        if plain:
            parts.append(r"\s+".join(re.escape(word) for word in re.split(r"\s+", plain)))
        elif letter and letter in _READ and (letter in "%Aa" or f"(?P<{letter}>" not in "".join(parts)):
            parts.append(_READ[letter])
        else:
            raise FormatError(f"expected each of {', '.join(_READ)} at most once after '%', found {letter!r}")
    judge_read_format(layout)
    return "".join(parts)


def _made(parts: dict[str, str | None], zone: tzinfo, text: str) -> datetime:
    year = parts.get("Y")
    short = parts.get("y")
    if year is None:
        year = str((1900 if int(short) > 68 else 2000) + int(short)) if short is not None else "1900"
    name = (parts.get("B") or parts.get("b") or "").casefold()[:3]
    month = [one.casefold()[:3] for one in _MONTHS].index(name) + 1 if name else int(parts.get("m") or 1)
    hour = int(parts.get("H") or 0)
    if (twelve := parts.get("I")) is not None:
        if int(twelve) > 12:
            raise FormatError(f"expected an hour up to 12 for '%I', found {twelve} in {text[:40]!r}")
        hour = int(twelve) % 12 + (12 if (parts.get("p") or "").casefold() == "pm" else 0)
    try:
        if (offset := parts.get("z")) is not None:
            digits = offset[1:].replace(":", "")
            minutes = 0 if not digits else int(digits[:2]) * 60 + int(digits[2:])
            zone = timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
        return datetime(
            int(year),
            month,
            int(parts.get("d") or 1),
            hour,
            int(parts.get("M") or 0),
            int(parts.get("S") or 0),
            tzinfo=zone,
        )
    except ValueError as error:
        raise FormatError(f"expected a date that there is, found {text[:40]!r} ({error})") from None
