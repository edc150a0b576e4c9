"""Patterns that block a text, in RE2's syntax: matching takes time linear in the text."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

__all__ = ["first_match", "pattern_problem"]

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)


def pattern_problem(pattern: str) -> str:
    """Return why a pattern cannot be used, a sentence; empty where it can."""
    made = _compiled(pattern)
    return f"Expected a pattern in RE2's syntax: {made}." if isinstance(made, str) else ""


def first_match(patterns: Sequence[str], text: str) -> int | None:
    """Return the place of the first pattern that a text matches; None where it matches none.

    A text matches too if it does as a reader sees it: without what is invisible, and with wide or styled
    letters as ordinary ones (NFKC).
    """
    seen = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    for place, pattern in enumerate(patterns):
        made = _compiled(pattern)
        if made.search(text) is not None or (seen != text and made.search(seen) is not None):
            return place
    return None


@lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> Any:
    """Return a compiled pattern, or why there is none."""
    import re2  # a native library that most flows do without

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        told = error.args[0] if error.args else error
        return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
