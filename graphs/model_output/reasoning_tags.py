"""ThinkSplitter: parts reasoning from text where a model writes both into its answer.

Models mark reasoning with tags (``<think>``, ``[THINK]``, …) or, as gpt-oss does, with channels. Some servers
swallow the opening tag, as it is a part of the prompt; then all before the closing one is reasoning.
"""

import re
from collections.abc import Callable
from functools import cache

__all__ = ["ThinkSplitter"]

_TAGS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "<mm:think>": "</mm:think>",
    "<longcat_think>": "</longcat_think>",
    "<unused94>": "<unused95>",
    "<|channel>thought": "<channel|>",
    "[THINK]": "[/THINK]",
    "◁think▷": "◁/think▷",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
}
_SOFT_TAGS = {
    "<reason>": "</reason>",
    "<thoughts>": "</thoughts>",
    "<reflection>": "</reflection>",
    "<antthinking>": "</antthinking>",
    '<details type="reasoning"': "</details>",
    "<think ": "</think>",
    "<thinking ": "</thinking>",
}
"""Words that prompts also ask for as parts of an answer: then they are text. Those without an end have
attributes."""
_ANSWERS = ("<think/>", "<|START_RESPONSE|>", "<|begin_of_solution|>", "<|begin_of_box|>")
"""What some models write before the answer itself."""
_HEADERS = (
    "<|im_start|>assistant\n",
    "<|start_header_id|>assistant<|end_header_id|>",
    "<start_of_turn>model\n",
    "<|assistant|>",
)
"""What begins a turn in a chat template, where a server leaves it in."""
_OPENERS = (*_TAGS, *_SOFT_TAGS, *_ANSWERS, *_HEADERS, "<|channel|>", "<|start|>")
_CLOSERS = (
    "</think>",
    "</thinking>",
    "</thought>",
    "[/THINK]",
    "</seed:think>",
    "</mm:think>",
    "</longcat_think>",
    "◁/think▷",
)
"""What ends reasoning without an opening tag."""
_LATER_CHANNELS = ("<|start|>assistant", "<|channel|>final")
"""What follows reasoning whose own channel was not told."""
_BARE_START, _BARE_FINAL = "analysis", "assistantfinal"
"""The channels of an answer whose marks a server has taken out."""
_LONGEST_ATTRIBUTES = 300
"""Characters between an opening tag's name and its end."""
_LONGEST_OPENER = max(map(len, _OPENERS))
_MARK = re.compile(r"<\|(start|channel|constrain|message|end|return|call)\|>")
_LONGEST_MARK = "<|constrain|>"
_CALLED = re.compile(r"\bto=(?:functions\.)?([\w-]+)")
"""Whom a message of a channel is to: a tool."""


class ThinkSplitter:
    """Takes chunks and gives (text, reasoning) for each; tags may be split over chunks.

    Only a block that starts the answer counts: a tag in the middle of an answer is text about tags.
    """

    def __init__(self, asked_for: Callable[[str], bool] = lambda _: False) -> None:
        """Take what tells whether a prompt has some words of its own."""
        self._asked_for = asked_for
        self.recalled = False
        """Whether what was given as text so far turned out to be reasoning; whoever reads it sets it back."""
        self._phase = "start"
        self._held = ""
        self._blanks: list[str] = []
        """Blanks that something may follow which tells whether they belong to the answer."""
        self._close = ""
        self._last = ""
        """The last character of the text, to tell a quoted tag."""
        self._header = ""
        self._channel = "final"
        self.calls: list[tuple[str, str]] = []
        """Calls of tools that stood in channels of their own: the tool's name and its arguments."""
        self._bare = False
        """Whether the answer begins as one without marks would."""

    @property
    def dropped(self) -> str:
        """What stands before reasoning that was recalled, and is no part of it."""
        return _BARE_START if self._bare else ""

    def passes(self, chunk: str) -> bool:
        """Take a chunk that has no part of a tag; return whether it is text as it stands, and nothing is held
        back."""
        if self._held or self._bare:
            return False
        if self._phase == "text":
            self._last = chunk[-1:]
            return True
        return self._phase == "plain"

    def feed(self, chunk: str) -> tuple[str, str]:
        """Return what of the chunk, and of what was held back before, is text and what is reasoning."""
        if self._phase == "text":
            plain = "<" not in chunk and "[" not in chunk and "◁" not in chunk and not self._bare
            if plain and not self._held:
                self._last = chunk[-1:]
                return chunk, ""
            return self._in_text(chunk)
        if self._phase == "plain":
            return chunk, ""
        if self._phase in ("start", "gap") and chunk.isspace() and not self._held:
            self._blanks.append(chunk)
            return "", ""
        chunk = "".join((*self._blanks, self._held, chunk))
        self._held = ""
        self._blanks.clear()
        if self._phase in ("start", "gap"):
            start = chunk.lstrip()
            small = start[:_LONGEST_OPENER].lower()
            opener = next((tag for tag in _OPENERS if small.startswith(tag.lower())), None)
            if opener is None:
                first = self._phase == "start"
                awaited = (*_OPENERS, _BARE_START) if first else _OPENERS
                if len(start) < _LONGEST_OPENER and any(tag.lower().startswith(small) for tag in awaited):
                    self._held = chunk
                    return "", ""
                # Between the closing tag and the answer there are usually empty lines.
                if self._phase == "gap":
                    self._phase = "plain"
                    return start, ""
                self._phase = "text"
                self._bare = first and start.startswith(_BARE_START)
                return self._in_text(chunk)
            if opener in _HEADERS:
                rest = start[len(opener) :].lstrip()
                # What follows begins the answer: blanks between them are no part of it.
                self._phase = "gap"
                return self.feed(rest) if rest else ("", "")
            if opener in _ANSWERS:
                self._phase = "plain"
                return start[len(opener) :], ""
            if opener.startswith("<|") and opener not in _TAGS:
                self._phase, self._header = "channels", ""
                chunk = start
            else:
                if opener in _SOFT_TAGS and self._asked_for(opener):
                    self._phase = "plain"
                    return start, ""
                rest = start[len(opener) :]
                if opener in _SOFT_TAGS and not opener.endswith(">"):
                    attributes, ended, rest = rest.partition(">")
                    if len(attributes) > _LONGEST_ATTRIBUTES or "<" in attributes:
                        self._phase = "text"
                        return self._in_text(chunk)
                    if not ended:
                        self._held = chunk
                        return "", ""
                self._phase, self._close = "thinking", _closing(opener, start)
                chunk = rest
        if self._phase == "channels":
            return self._channels(chunk)
        thought, closed, chunk = chunk.partition(self._close)
        if not closed:
            kept = _overlap(thought, (self._close,))
            self._held = thought[len(thought) - kept :]
            return "", thought[: len(thought) - kept]
        self._phase = "gap"
        text, more = self.feed(chunk) if chunk else ("", "")
        return text, thought + more

    def end(self) -> tuple[str, str]:
        """Return what was held back when the answer ended."""
        held, self._held = "".join((*self._blanks, self._held)), ""
        self._blanks.clear()
        if self._phase == "gap":
            return held.lstrip(), ""
        if self._phase == "channels":
            if self._channel == "call" and not self._header:
                self._say(held, [], [])
                return "", ""
            return (held, "") if self._channel == "final" and not self._header else ("", held)
        return ("", held) if self._phase == "thinking" else (held, "")

    def _in_text(self, chunk: str) -> tuple[str, str]:
        """Look for a closing tag that nothing has opened: all before it was reasoning."""
        chunk = self._held + chunk
        self._held = ""
        marks = (*_CLOSERS, *_TAGS, *_LATER_CHANNELS, *((_BARE_FINAL,) if self._bare else ()))
        found = [(place, tag) for tag in marks if (place := chunk.find(tag)) >= 0]
        if not found:
            kept = _overlap(chunk, marks)
            self._held = chunk[len(chunk) - kept :]
            chunk = chunk[: len(chunk) - kept]
            self._last = chunk[-1:] or self._last
            return chunk, ""
        place, tag = min(found)
        before = chunk[place - 1] if place else self._last
        if tag in _TAGS or (before and before in "`'\"“«"):
            # The text speaks of tags.
            self._phase = "plain"
            return chunk, ""
        self.recalled = True
        if tag in _LATER_CHANNELS:
            self._phase, self._channel = "channels", "analysis"
            text, more = self._channels(chunk[place:])
            return text, chunk[:place].removesuffix("<|end|>") + more
        self._phase = "gap"
        text, more = self.feed(chunk[place + len(tag) :])
        return text, chunk[:place] + more

    def _channels(self, chunk: str) -> tuple[str, str]:
        """Part gpt-oss's channels:
        ``<|channel|>analysis<|message|>…<|end|><|start|>assistant<|channel|>final…``."""
        text: list[str] = []
        reasoning: list[str] = []
        at = 0
        for mark in _MARK.finditer(chunk):
            self._say(chunk[at : mark.start()], text, reasoning)
            at = mark.end()
            kind = mark[1]
            if kind == "message":
                called = _CALLED.search(self._header)
                self._channel = "final" if "final" in self._header else "call" if called else "analysis"
                if called:
                    self.calls.append((called[1], ""))
                self._header = ""
            else:
                self._header = f"{self._header if kind in ('channel', 'constrain') else ''}<{kind}>"
        rest = chunk[at:]
        kept = rest.rfind("<|")
        if kept < 0 and rest.endswith("<"):
            kept = len(rest) - 1
        if kept >= 0 and len(rest) - kept < len(_LONGEST_MARK):
            self._held = rest[kept:]
            rest = rest[:kept]
        self._say(rest, text, reasoning)
        return "".join(text), "".join(reasoning)

    def _say(self, part: str, text: list[str], reasoning: list[str]) -> None:
        if not part:
            return
        if self._header:
            self._header += part
        elif self._channel == "call":
            name, arguments = self.calls[-1]
            self.calls[-1] = (name, arguments + part)
        else:
            (text if self._channel == "final" else reasoning).append(part)


def _closing(opener: str, start: str) -> str:
    """Return the tag that closes another, in the letters in which that is written."""
    close = _TAGS.get(opener) or _SOFT_TAGS[opener]
    written = start[: len(opener)]
    if written == opener or not opener.startswith("<") or opener.startswith("<|"):
        return close
    return f"</{written[1 : len(close) - 2]}>"


def _overlap(text: str, tags: tuple[str, ...]) -> int:
    """Return how many characters at the end of `text` may be the beginning of a tag."""
    begun, longest = _beginnings(tags)
    return next((size for size in range(min(longest, len(text)), 0, -1) if text[-size:] in begun), 0)


@cache
def _beginnings(tags: tuple[str, ...]) -> tuple[frozenset[str], int]:
    """Return all that tags may begin with, short of the whole, and how long the longest of it is."""
    return frozenset(tag[:size] for tag in tags for size in range(1, len(tag))), max(map(len, tags)) - 1
