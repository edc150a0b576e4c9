"""Token counts as servers write them: under every name, as numbers or text, with what lies beside the
rest."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from graphs.conversation.messages import Usage
from graphs.parsing.json_text import tolerant_json

__all__ = ["TokenCounts", "counts_of", "token_count"]

_INPUT = (
    "prompt_tokens",
    "input_tokens",
    "promptTokenCount",
    "inputTokens",
    "inputTokenCount",
    "prompt_eval_count",
    "promptTokens",
    "prompt_token_count",
)
_OUTPUT = (
    "completion_tokens",
    "output_tokens",
    "candidatesTokenCount",
    "outputTokens",
    "outputTokenCount",
    "generated_tokens",
    "eval_count",
    "completionTokens",
    "candidates_token_count",
)
_TOTAL = ("total_tokens", "totalTokenCount", "totalTokens", "total_token_count")
_BESIDE_INPUT = ("toolUsePromptTokenCount", "tool_use_prompt_token_count")
"""What Gemini counts of its own tools' results: it is input, beside the rest."""
_CACHED = (
    "cached_tokens",
    "cache_read_input_tokens",
    "prompt_cache_hit_tokens",
    "num_cached_tokens",
    "cached_prompt_tokens",
    "cached_input_tokens",
    "cache_read_tokens",
    "cachedContentTokenCount",
    "cached_content_token_count",
    "cacheReadInputTokens",
    "cacheReadInputTokenCount",
    "prompt_cached_tokens",
)
_WRITTEN = (
    "cache_creation_input_tokens",
    "cache_creation_tokens",
    "cache_write_tokens",
    "cache_write_input_tokens",
    "cacheWriteInputTokens",
    "cacheWriteInputTokenCount",
)
_REASONING = (
    "reasoning_tokens",
    "thoughtsTokenCount",
    "thinking_tokens",
    "reasoningTokens",
    "thoughts_token_count",
)
_DETAILS = (
    "prompt_tokens_details",
    "input_tokens_details",
    "prompt_token_details",
    "completion_tokens_details",
    "output_tokens_details",
    "completion_token_details",
    "cache_creation",
)
_HOLDERS = ("billed_units", "usage", "tokens")
"""Objects within which some servers put the counts; what is billed comes before what was read."""
_MOST = 2**53
_MOST_OBJECTS = 10


class TokenCounts:
    """The counts of one answer, from all the places and times that they came."""

    def __init__(self) -> None:
        self.found = False
        """Whether anything was counted that is not 0."""
        self._timed = False
        """Whether they are what `add_timings` took."""
        self._input = 0
        self._output = 0
        self._total = 0
        self._cached = 0
        self._written = 0
        self._reasoning = 0

    def add(self, usage: Any, *, exact: bool = False) -> bool:
        """Take a usage object; return whether it counts anything. The later one counts, but no 0 after
        more.

        Args:
            usage: An object; forgiven are a list of them, and one as text.
            exact: Whether it may be about something else: then only names that are written out count.
        """
        if isinstance(usage, list):
            return sum(self.add(each, exact=exact) for each in cast("list[Any]", usage)[:_MOST_OBJECTS]) > 0
        if isinstance(usage, str) and usage.lstrip().startswith("{"):
            usage = tolerant_json(usage)
        if not isinstance(usage, dict):
            return False
        whole = cast("Mapping[str, Any]", usage)
        return self._add(whole) or (not exact and self._add(_renamed(whole)))

    def _add(self, whole: Mapping[str, Any]) -> bool:
        counted: Mapping[str, Any] = next(
            (whole[name] for name in _HOLDERS if _counts(whole.get(name))), whole
        )
        within = [counted, *(each for name in _DETAILS if isinstance(each := counted.get(name), dict))]
        given, answered = _first((counted,), _INPUT), _first((counted,), _OUTPUT)
        if given is None and answered is None:
            return False
        self._input = (given or 0) + (_first((counted,), _BESIDE_INPUT) or 0) or self._input
        self._output = answered or self._output
        self._total = _first((counted,), _TOTAL) or self._total
        self._cached = _first(within, _CACHED) or self._cached
        self._written = _first(within, _WRITTEN) or _in_classes(counted) or self._written
        self._reasoning = _first(within, _REASONING) or self._reasoning
        self.found = bool(self._input or self._output)
        return True

    def add_timings(self, timings: Any) -> bool:
        """Take what llama.cpp says of an answer where it sends no counts; return whether it counts."""
        if not isinstance(timings, dict) or (self.found and not self._timed):
            return False
        told = cast("Mapping[str, Any]", timings)
        cached, read = token_count(told.get("cache_n")) or 0, token_count(told.get("prompt_n"))
        answered = token_count(told.get("predicted_n"))
        if read is None or answered is None:
            return False
        self._timed = self.add(
            {"prompt_tokens": read + cached, "completion_tokens": answered, "cached_tokens": cached}
        )
        return self._timed

    def usage(self) -> Usage | None:
        """Return what is billed; None where nothing was counted.

        Cache reads lie inside the input and reasoning inside the output, unless the total, or their size,
        says that they lie beside.
        """
        if not self.found:
            return None
        given, answered = self._input, self._output
        cache = self._cached + self._written
        beside = self._total - given - answered
        thought = self._reasoning
        if cache and (beside in (cache, cache + thought) or self._cached > given):
            given += cache
            beside -= cache
        elif self._cached and beside in (self._cached, self._cached + thought):
            given += self._cached
            beside -= self._cached
        if thought and (beside == thought or thought > answered):
            answered += thought
        elif beside > 0:
            # Gemini's compatible address counts what was thought in the total alone.
            answered += beside
            thought = thought or beside
        return Usage(
            input_tokens=given,
            output_tokens=answered,
            cached_input_tokens=min(self._cached, given),
            cache_write_tokens=min(self._written, given),
            reasoning_tokens=min(thought, answered),
        )


def counts_of(usage: Any) -> Usage | None:
    """Return what one usage object counts; None where it is none, or counts nothing."""
    counts = TokenCounts()
    counts.add(usage)
    return counts.usage()


def _renamed(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return counts under the names that are known, whatever their case and what joins their words."""
    return {
        _NAMES.get(_bare(name), name): _renamed(cast("Mapping[str, Any]", value))
        if isinstance(value, dict)
        else value
        for name, value in found.items()
    }


def _bare(name: str) -> str:
    return _NO_LETTER.sub("", name.lower())


_NO_LETTER = re.compile("[^a-z]+")
_NAMES = {
    _bare(name): name
    for name in (*_INPUT, *_OUTPUT, *_TOTAL, *_CACHED, *_WRITTEN, *_REASONING, *_DETAILS, *_HOLDERS)
} | {
    "input": "input_tokens",
    "prompt": "prompt_tokens",
    "output": "output_tokens",
    "completion": "completion_tokens",
    "total": "total_tokens",
    "cached": "cached_tokens",
    "cacheread": "cache_read_tokens",
    "cachewrite": "cache_write_tokens",
    "reasoning": "reasoning_tokens",
}


def _counts(held: Any) -> bool:
    """Whether something is an object with counts."""
    return isinstance(held, dict) and not cast("Mapping[str, Any]", held).keys().isdisjoint(_INPUT + _OUTPUT)


def _in_classes(counted: Mapping[str, Any]) -> int:
    """Return what was written to the cache where it is told for each time to live alone (Anthropic)."""
    classes = counted.get("cache_creation")
    if not isinstance(classes, dict):
        return 0
    told = cast("Mapping[str, Any]", classes).items()
    return sum(token_count(each) or 0 for name, each in told if str(name).startswith("ephemeral"))


def _first(within: Iterable[Mapping[str, Any]], names: tuple[str, ...]) -> int | None:
    """Return the first count of one of the names that is not 0, else 0 where one is; None where there is
    none."""
    found: int | None = None
    for each in within:
        if each.keys().isdisjoint(names):
            continue
        for name in names:
            if (count := token_count(each.get(name))) is not None:
                if count:
                    return count
                found = 0
    return found


def token_count(value: Any) -> int | None:
    """Return a count that may be written as a float or as text; None where it is none."""
    if type(value) is int:  # what nearly all servers send
        return value if 0 <= value <= _MOST else None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value)
    except ValueError:
        return None
    if not math.isfinite(number) or number < 0 or number > _MOST:
        return None
    return int(number)
