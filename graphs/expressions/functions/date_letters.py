"""Letters of date formats: refuses formats of other languages, and letters that were mistaken for others.

A format such as ``YYYY-MM-DD`` has no ``%``: it would be written as it is.
"""

import re

__all__ = ["FormatError", "judge_format", "judge_read_format"]

_OTHERS = {
    "YYYY": "%Y",
    "yyyy": "%Y",
    "YY": "%y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "dddd": "%A",
    "ddd": "%a",
    "EEEE": "%A",
    "EEE": "%a",
    "DD": "%d",
    "dd": "%d",
    "HH": "%H",
    "hh": "%I",
    "mm": "%M",
    "ss": "%S",
}
"""Pieces of formats of Java, JavaScript, .NET and spreadsheets."""
_ALONE = {
    "M": "%m",
    "D": "%e",
    "d": "%e",
    "H": "%H",
    "h": "%I",
    "m": "%M",
    "s": "%S",
    "a": "%p",
    "A": "%p",
    "Z": "%z",
}
"""Those of one letter, where no other stands beside it."""
_PIECE = "|".join(_OTHERS)
_RUN = re.compile(rf"(?<![A-Za-z])(?:T?(?:{_PIECE}))++(?:XXX|Z)?(?![A-Za-z])")
"""Possessive: ``MMMM`` could also be read as ``MM`` twice, and so on for each of a long run."""
_WORD = re.compile(r"[A-Za-z]+")


class FormatError(ValueError):
    """A format is none, or a text does not follow it; the message says so."""


def judge_format(layout: str) -> None:
    """Refuse a format that nobody can mean.

    Raises:
        FormatError: it has no letter after ``%``, pieces of another language, or month and minute confused.
    """
    letters = _letters(layout)
    bare = re.sub(r"%.?", " ", layout, flags=re.DOTALL)
    if not letters or _RUN.search(bare):
        meant = _translated(layout)
        hint = f"; write {meant!r}" if meant != layout and len(meant) <= 100 else ""
        raise FormatError(f"expected a format such as '%Y-%m-%d %H:%M', found {layout[:40]!r}{hint}")
    if "M" in letters and not letters & set("HI") and letters & set("Yyde"):
        raise FormatError(f"'%M' is the minute, found in {layout[:40]!r} without an hour; the month is '%m'")
    if re.search(r"%[HI]:%m", layout):
        raise FormatError(f"'%m' is the month, found after the hour in {layout[:40]!r}; the minute is '%M'")


def judge_read_format(layout: str) -> None:
    """Refuse a format by which a text does not tell a moment.

    Raises:
        FormatError: the year of a day is missing, or what says which half of the day an hour is of.
    """
    letters = _letters(layout)
    if letters & set("mBbde") and not letters & set("Yy"):
        raise FormatError(
            f"expected a format with a year, found {layout[:40]!r}; put one into text and format: "
            "slice(today(), 0, 4) is this year"
        )
    if "I" in letters and "p" not in letters:
        raise FormatError(f"'%I' is the hour of 12 and needs '%p', found {layout[:40]!r}; '%H' counts to 23")
    if "p" in letters and "I" not in letters:
        raise FormatError(f"'%p' needs '%I', the hour of 12, found {layout[:40]!r}")
    if {"H", "I"} <= letters:
        raise FormatError(f"expected one of '%H' and '%I', found both in {layout[:40]!r}")


def _letters(layout: str) -> set[str]:
    return {*re.findall(r"%(.)", layout, re.DOTALL)} - {"%"}


def _translated(layout: str) -> str:
    """Return the format that was probably meant."""

    def word(match: re.Match[str]) -> str:
        found = match[0]
        if found in _ALONE:
            return _ALONE[found]
        if _RUN.fullmatch(found):
            return re.sub(rf"{_PIECE}|XXX|Z", lambda one: _OTHERS.get(one[0], "%z"), found)
        return found

    parts = re.split(r"(%.)", layout, flags=re.DOTALL)
    return "".join(part if part.startswith("%") else _WORD.sub(word, part) for part in parts)
