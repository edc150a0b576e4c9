"""Locales: the words of the embedded chat in each language, one JSON file each."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

__all__ = ["LOCALES", "Locale", "action_words", "best_locale"]

LOCALES = Path(__file__).parent.parent / "pages" / "embed" / "locales"
DEFAULT = "en"
_ACTIONS = ("approve", "reject", "edit", "submit")


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
def action_words() -> Mapping[str, frozenset[str]]:
    """Return what the buttons of questions say in every language, by action."""
    words = [_read(name).texts for name in _names()]
    return {action: frozenset(texts[action] for texts in words if action in texts) for action in _ACTIONS}


@cache
def _names() -> frozenset[str]:
    return frozenset(path.stem for path in LOCALES.glob("*.json"))


@cache
def _read(name: str) -> Locale:
    return Locale(name, msgspec.json.decode((LOCALES / f"{name}.json").read_bytes(), type=dict[str, str]))
