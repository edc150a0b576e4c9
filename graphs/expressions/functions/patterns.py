"""Functions with patterns, in RE2's syntax: matching takes time linear in the text, whatever the pattern."""

import re
from functools import lru_cache
from typing import Any

from graphs.expressions.bounded_evaluation import ITEM, STEP
from graphs.expressions.functions.arguments import Arguments, Function

__all__ = ["PATTERNS"]

_MAX_LENGTH = 1_000
_SEARCH = 300
"""What it costs to begin a search, in characters."""
_QUOTED = re.compile(r"/((?:[^/\\]|\\.)+)/([gimsuy]+)", re.DOTALL)
"""A pattern as JavaScript writes it down, with flags."""
_PASSED = 64
"""Characters of a text that may be passed over for the price of one, for each match in it."""


def _compiled(call: Arguments, index: int) -> Any:
    pattern = call.text(index)
    call.spend(_SEARCH)
    if len(pattern) > _MAX_LENGTH:
        raise call.error(f"expected a pattern of at most {_MAX_LENGTH:,} characters, found {len(pattern):,}")
    if quoted := _QUOTED.fullmatch(pattern):
        flags = "".join(flag for flag in quoted[2] if flag in "ims")
        meant = f"(?{flags}){quoted[1]}" if flags else quoted[1]
        raise call.error(
            f"expected a pattern without slashes and flags, found {pattern[:40]!r}; write {meant[:40]!r}"
        )
    made = _compile(pattern)
    if isinstance(made, str):
        raise call.error(f"expected a pattern in RE2's syntax, found {pattern[:40]!r} ({made})")
    return made


@lru_cache(maxsize=256)
def _compile(pattern: str) -> Any:
    """Return a compiled pattern, or why there is none."""
    import re2  # a native library that most flows do without

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        told = error.args[0] if error.args else error
        return told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)


def _match(call: Arguments) -> dict[str, Any] | None:
    text = call.text(0)
    found = _compiled(call, 1).search(text)
    if found is None:
        return None
    groups = [*found.groups()]
    named = {name: found.group(name) for name in found.re.groupindex}
    return {
        "text": found.group(0),
        "start": found.start(),
        "end": found.end(),
        "groups": groups,
        "named": named,
    }


def _matches(call: Arguments, pattern: Any, text: str) -> list[Any]:
    found: list[Any] = []
    for match in pattern.finditer(text):
        call.spend(STEP + (len(text) - match.start()) // _PASSED)
        found.append(match)
    return found


def _find_all(call: Arguments) -> list[Any]:
    text = call.text(0)
    pattern = _compiled(call, 1)
    found: list[Any] = []
    for match in _matches(call, pattern, text):
        groups = match.groups()
        call.spend(ITEM * (1 + len(groups)))
        found.append(match.group(0) if not groups else groups[0] if len(groups) == 1 else [*groups])
    return found


def _replace_pattern(call: Arguments) -> str:
    text, new = call.text(0), call.text(2)
    parts: list[str] = []
    at = size = 0
    for match in _matches(call, _compiled(call, 1), text):
        groups = [match.group(0), *match.groups()]
        parts += [text[at : match.start()], put := _filled(call, new, groups)]
        size += len(parts[-2]) + len(put)
        call.room(len(parts[-2]) + len(put))
        at = match.end()
    call.room(size + len(text) - at)
    return "".join([*parts, text[at:]])


def _new(call: Arguments, index: int) -> str:
    """Return what is put in place of matches, where its groups are those of the pattern, if that is known."""
    new, pattern = call.text(index), call.values[1]
    made = _compile(pattern) if isinstance(pattern, str) and len(pattern) <= _MAX_LENGTH else ""
    if not isinstance(made, str):
        _filled(call, new, [""] * (1 + made.groups))
    return new


def _filled(call: Arguments, new: str, groups: list[str | None]) -> str:
    if "\\" not in new:
        return new
    parts: list[str] = []
    at = 0
    while at < len(new):
        following = new[at + 1 : at + 2]
        if new[at] == "\\" and following.isdecimal():
            if int(following) >= len(groups):
                raise call.error(f"expected a group that the pattern has, found '\\{following}'")
            parts.append(groups[int(following)] or "")
            at += 2
        elif new[at] == "\\" and following == "\\":
            parts.append("\\")
            at += 2
        else:
            parts.append(new[at])
            at += 1
    return "".join(parts)


def _split_pattern(call: Arguments) -> list[str]:
    text = call.text(0)
    parts: list[str] = []
    at = 0
    for match in _matches(call, _compiled(call, 1), text):
        if match.end() > match.start():
            parts.append(text[at : match.start()])
            at = match.end()
    return [*parts, text[at:]]


PATTERNS: tuple[Function, ...] = (
    Function(
        "match(text, pattern)",
        "the first match as `{text, start, end, groups, named}`, null if there is none",
        2,
        2,
        _match,
        (Arguments.text, _compiled),
    ),
    Function(
        "find_all(text, pattern)",
        "all matches: their texts, or what the pattern's group matched, or lists of its groups",
        2,
        2,
        _find_all,
        (Arguments.text, _compiled),
    ),
    Function(
        "replace_pattern(text, pattern, new)",
        r"the text with every match replaced; `\1` in `new` stands for the first group",
        3,
        3,
        _replace_pattern,
        (Arguments.text, _compiled, _new),
    ),
    Function(
        "split_pattern(text, pattern)",
        "the parts between the matches",
        2,
        2,
        _split_pattern,
        (Arguments.text, _compiled),
    ),
)
"""Functions with patterns."""
