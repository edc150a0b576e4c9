"""Personal data in text: e-mail addresses, phone, card and identity numbers, found in linear time."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal

__all__ = ["Kind", "masked"]

Kind = Literal["email", "phone", "card", "id_number"]
"""``id_number``: Korean resident registration numbers, and social security numbers of the United States."""


def masked(text: str, kinds: list[Kind]) -> tuple[str, dict[str, int]]:
    """Return a text with personal data replaced by ``[email]``, and how often, by kind."""
    counts: dict[str, int] = {}
    for kind in ("email", "id_number", "card", "phone"):  # a card may hold what looks like a phone number
        if kind in kinds:
            pattern, fits = _KINDS[kind]

            def replace(found: re.Match[str], kind: str = kind, fits: Callable[[str], bool] = fits) -> str:
                if not fits(found[0]):
                    return found[0]
                counts[kind] = counts.get(kind, 0) + 1
                return f"[{kind}]"

            text = pattern.sub(replace, text)
    return text, counts


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdecimal())


def _is_card(text: str) -> bool:
    """Say whether the digits pass Luhn's test (ISO/IEC 7812-1)."""
    digits = [int(digit) for digit in _digits(text)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return len(set(digits)) > 1 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


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


_KINDS: Mapping[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "email": (
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"),
        lambda _: True,
    ),
    "id_number": (
        re.compile(r"(?<![\d-])(?:[0-9]{6}[- ]?[0-9][0-9]{6}|[0-9]{3}-[0-9]{2}-[0-9]{4})(?![\d-])"),
        _is_id,
    ),
    "card": (re.compile(r"(?<![\d-])[0-9](?:[ -]?[0-9]){12,18}(?![\d-])"), _is_card),
    "phone": (
        re.compile(
            r"(?<![\d+-])(?:\+[0-9]{1,3}(?:[ .-]?\(?[0-9]{1,4}\)?){2,5}"  # international
            r"|01[016-9][ .-]?[0-9]{3,4}[ .-]?[0-9]{4}"  # Korean mobile
            r"|0[2-6][0-9]?[ .-][0-9]{3,4}[ .-][0-9]{4}|1[568][0-9]{2}-[0-9]{4}"  # Korean, fixed and service
            r"|\(?[2-9][0-9]{2}\)?[ .-][0-9]{3}[.-][0-9]{4})(?![\d-])"  # North American
        ),
        lambda text: len(_digits(text)) >= 8 and len(_digits(text)) <= 15,
    ),
}
