"""Text width: how wide text is in a picture, and how it is cut to fit on one line."""

import unicodedata

__all__ = ["cut", "one_line", "width"]

LONGEST = 10_000
"""Characters of a text that are looked at."""
_NARROW = (
    "318 401 460 838 636 950 780 275 390 390 500 838 318 361 318 337 636 636 636 636 636 636 "
    "636 636 636 636 337 337 838 838 838 531 1000 684 686 698 770 632 575 775 752 295 295 656 "
    "557 863 748 787 603 787 695 635 611 732 684 989 685 611 685 390 337 390 838 500 500 613 "
    "635 550 635 615 352 635 634 278 278 579 278 974 634 612 635 635 411 521 392 634 592 818 "
    "592 592 525 636 337 636 838"
)
ADVANCES = tuple(int(part) / 1000 for part in _NARROW.split())
"""Advance widths of the printable ASCII characters in DejaVu Sans, in em."""
JOINERS = "\u200c\u200d"
"""They do not print by themselves, and join letters of several scripts, and emoji."""
OTHER = 0.66
"""Em that a letter of another script may take; those that East Asian width calls wide take one."""
BOLD = 1.11


def one_line(text: str) -> str:
    """Return text on one line without what does not print; marks that turn the direction are left out too."""
    shown = (letter if letter.isprintable() or letter in JOINERS else " " for letter in text[:LONGEST])
    return " ".join("".join(shown).split())


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how many pixels a line takes in a font of `size` pixels."""
    return sum(map(_em, text)) * size * (BOLD if bold else 1)


def cut(text: str, most: float, size: float, *, bold: bool = False) -> str:
    """Return as much of a line as fits into `most` pixels, with an ellipsis where that is not all."""
    room = most / (size * (BOLD if bold else 1))
    text = one_line(text)
    used = 0.0
    fits = 0
    for place, letter in enumerate(text):
        if used + 1.0 <= room:
            fits = place
        used += _em(letter)
        if used > room:
            return text[:fits].rstrip() + "…"
    return text


def _em(letter: str) -> float:
    code = ord(letter)
    if 32 <= code < 127:
        return ADVANCES[code - 32]
    if unicodedata.combining(letter) or letter in JOINERS:
        return 0.0
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else OTHER
