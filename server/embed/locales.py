"""Locales: the words of the embedded chat in each language, one JSON file each."""

import re
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

__all__ = ["LOCALES", "Locale", "best_locale"]

LOCALES = Path(__file__).parent.parent / "pages" / "embed" / "locales"
DEFAULT = "en"


class Locale(Struct, frozen=True):
    """A language and its words."""

    name: str
    texts: dict[str, str]


def best_locale(wanted: str) -> Locale:
    """Return the first language of a list that there is: ``ko-KR,en;q=0.8`` as browsers send it."""
    for part in wanted[:200].split(","):
        name = re.split(r"[-_;]", part.strip().lower(), maxsplit=1)[0]
        if name.isascii() and name.isalpha() and name in _names():
            return _read(name)
    return _read(DEFAULT)


@cache
def _names() -> frozenset[str]:
    return frozenset(path.stem for path in LOCALES.glob("*.json"))


@cache
def _read(name: str) -> Locale:
    return Locale(name, msgspec.json.decode((LOCALES / f"{name}.json").read_bytes(), type=dict[str, str]))
