"""Personal data in text: e-mail addresses, phone, card and identity numbers, found in linear time."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

__all__ = ["Kind", "masked"]

Kind = Literal["email", "phone", "card", "id_number"]
"""``id_number``: Korean resident registration numbers, and social security numbers of the United States."""
Mask = Callable[[re.Match[str], str], tuple[str, int]]
"""From what a pattern found, and the mask, to the text in its place, and how many masks that has."""

_LONGEST_CARD = 19
_CARD_LENGTHS = frozenset({13, 14, 15, 16, 19})
"""Digits of payment cards (ISO/IEC 7812-1)."""


def masked(text: str, kinds: list[Kind]) -> tuple[str, dict[str, int]]:
    """Return a text with personal data replaced by ``[email]``, and how often, by kind.

    Invisible characters beside digits and ``@`` are removed.
    """
    counts: dict[str, int] = {}
    text = _HIDDEN.sub("", text)
    for kind in ("email", "id_number", "card", "phone"):  # a card may hold what looks like a phone number
        if kind in kinds:
            pattern, mask = _KINDS[kind]
            parts: list[str] = []
            done = 0
            for found in pattern.finditer(text.translate(_PLAIN)):
                put, count = mask(found, f"[{kind}]")
                if count:
                    counts[kind] = counts.get(kind, 0) + count
                    parts += [text[done : found.start()], put]
                    done = found.end()
            text = "".join([*parts, text[done:]])
    return text, counts


def _whole(fits: Callable[[str], bool]) -> Mask:
    """Return what masks all of what was found, if it fits."""
    return lambda found, mask: (mask, 1) if fits(found[0]) else (found[0], 0)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())


def _is_card(digits: str) -> bool:
    """Say whether digits pass Luhn's test (ISO/IEC 7812-1)."""
    numbers = [int(digit) for digit in digits]
    doubled = [sum(divmod(2 * digit, 10)) for digit in numbers[-2::-2]]
    return len(set(numbers)) > 1 and (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0


def _mask_cards(found: re.Match[str], mask: str) -> tuple[str, int]:
    """Mask the cards in a run of groups of digits: a date or a check number may stand before or after one."""
    run = found[0]
    groups = [(group.start(), group.end(), _digits(group[0])) for group in _GROUP.finditer(run)]
    parts: list[str] = []
    done = first = count = 0
    while first < len(groups):
        digits, best = "", 0
        for last in range(first, len(groups)):
            digits += groups[last][2]
            if len(digits) > _LONGEST_CARD:
                break
            if len(digits) in _CARD_LENGTHS and digits[0] != "0" and _is_card(digits):
                best = last + 1
        if best:
            parts += [run[done : groups[first][0]], mask]
            done, first, count = groups[best - 1][1], best, count + 1
        else:
            first += 1
    return "".join([*parts, run[done:]]), count


def _is_id(text: str) -> bool:
    digits = _digits(text)
    if len(digits) == 9:  # social security: numbers that are never given are none
        return (
            digits[:3] not in ("000", "666")
            and digits[0] != "9"
            and digits[3:5] != "00"
            and digits[5:] != "0000"
        )
    century = {"9": 1800, "0": 1800, "1": 1900, "2": 1900, "5": 1900, "6": 1900}.get(digits[6], 2000)
    try:
        date(century + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    except ValueError:
        return False
    return True


_PLAIN = str.maketrans(
    {
        **dict.fromkeys(map(chr, [*range(0x2010, 0x2016), 0x2212]), "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000", " "),
        **{chr(0xFEE0 + ord(each)): each for each in "0123456789+-.()@"},
    }
)
"""Dashes and blanks of word processors, and wide letters, as those of ASCII: one for one, places stay."""
_HIDDEN = re.compile(
    r"(?<=[0-9@+])[\u00ad\u200b-\u200f\u2060\ufeff]+|(?<![\u00ad\u200b-\u200f\u2060\ufeff])[\u00ad\u200b-\u200f\u2060\ufeff]+(?=[0-9@])"
)
"""Invisible characters beside digits and ``@``, which would part what belongs together."""
_BEGIN = r"(?<![0-9])(?<![0-9]-)"
_END = r"(?!-?[0-9])"
"""Around a number: no digit, and no dash that leads to one."""
_LABEL = "[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_ANY_LABEL = r"[^\W_][\w-]{0,62}"
_GROUP = re.compile("[0-9]+")
_KINDS: Mapping[str, tuple[re.Pattern[str], Mask]] = {
    "email": (
        # Domains of other scripts come second: a Korean particle follows an address without a blank.
        re.compile(
            rf"(?<![\w.+'-])[\w.+'-]{{1,64}}@"
            rf"(?:{_LABEL}(?:\.{_LABEL}){{1,6}}|{_ANY_LABEL}(?:\.{_ANY_LABEL}){{1,6}})"
        ),
        _whole(lambda _: True),
    ),
    "id_number": (
        re.compile(rf"{_BEGIN}(?:[0-9]{{6}}[- ]?[0-9]{{7}}|[0-9]{{3}}[- ][0-9]{{2}}[- ][0-9]{{4}}){_END}"),
        _whole(_is_id),
    ),
    "card": (re.compile(rf"{_BEGIN}[0-9](?:[ .-]?[0-9]){{12,}}{_END}"), _mask_cards),
    "phone": (
        re.compile(
            rf"(?<!\+){_BEGIN}(?:\+[0-9]{{1,3}}(?:[ .-]?\(?[0-9]{{1,4}}\)?){{2,5}}"  # international
            r"|01[016-9][ .-]?[0-9]{3,4}[ .-]?[0-9]{4}"  # Korean mobile
            # Korean: fixed, over the internet, personal and free numbers; the area may be in brackets.
            r"|\(?(?:0[2-8][0-9]?|050[0-9])(?:\)[ .-]?|[ .-])[0-9]{3,4}[ .-][0-9]{4}"
            r"|1[568][0-9]{2}-[0-9]{4}"  # and of services
            rf"|\(?[2-9][0-9]{{2}}(?:\)[ .-]?|[ .-])[0-9]{{3}}[.-][0-9]{{4}}){_END}"  # North American
        ),
        _whole(lambda text: 8 <= len(_digits(text)) <= 15),
    ),
}
