"""AnswerBuilder: puts a provider's pieces together to a `ModelAnswer`."""

import re
import string
from collections.abc import Iterator, Sequence
from typing import Any, cast

import msgspec

from graphs.conversation.messages import Attempt, Citation, ModelAnswer, ModelRequest, ToolCall, Usage
from graphs.model_api.finish_reasons import Ending, ending_of
from graphs.model_api.model_interface import Listener
from graphs.model_api.provider import Piece, PlainText, ToolPiece
from graphs.model_api.token_estimate import estimate_usage
from graphs.model_output.call_arguments import properties_of
from graphs.model_output.end_marks import EndMarks
from graphs.model_output.reasoning_details import ReasoningDetails
from graphs.model_output.reasoning_tags import ThinkSplitter
from graphs.model_output.text_calls import calls_in_text
from graphs.model_output.tool_assembly import ToolAssembly

__all__ = ["AnswerBuilder"]

_BLANKS = string.whitespace + "\u00a0\u200b\u200c\u200d\u2060\u3000\ufeff"
"""Characters that nobody sees."""
_TAGGED = re.compile(r"\s*+<(answer|final_answer|response|output)>(.*)</\1>\s*", re.DOTALL | re.IGNORECASE)
"""An answer that a model has put between tags of its own, as reasoning models are trained to."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class AnswerBuilder:
    """Collects one attempt's pieces and lets a listener hear them."""

    def __init__(self, listener: Listener, request: ModelRequest) -> None:
        self._listener = listener
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._tools = {tool.name: properties_of(tool) for tool in request.tools}
        self._calls = ToolAssembly(self._tools)
        self._messages = request.messages
        self._form = request.response_format is not None
        """Whether JSON was asked for, so that JSON is no call."""
        self._echo: dict[str, Any] = {}
        self._details: dict[str, ReasoningDetails] = {}
        self._thought_apart = False
        """Whether the server sent reasoning in a field of its own."""
        self._warnings: list[str] = []
        self._structured = ""
        self._think = ThinkSplitter(self._asked_for)
        self._marks = EndMarks()
        self._half = ""
        self._usage: Usage | None = None
        self._cited: dict[tuple[str, int | None], Citation] = {}
        self.ending: Ending = ""
        """How it ended; empty while it has not."""

    @property
    def heard(self) -> bool:
        """Whether the listener heard anything."""
        return bool(self._text or self._reasoning)

    @property
    def text(self) -> str:
        """What was said so far."""
        return "".join(self._text)

    @property
    def begun(self) -> bool:
        """Whether the model has begun to answer."""
        return self.heard or bool(self._calls)

    @property
    def counted(self) -> bool:
        """Whether the provider has counted tokens."""
        return self._usage is not None

    @property
    def empty(self) -> bool:
        """Whether it has neither text nor calls."""
        return not self._calls.any() and not any(part.strip(_BLANKS) for part in self._text)

    @property
    def reasoned(self) -> bool:
        """Whether it has, or was charged for, reasoning."""
        return bool(self._reasoning or (self._usage and self._usage.reasoning_tokens))

    def add(self, piece: Piece) -> None:
        """Take a piece."""
        if type(piece) is PlainText and not self._half and not self._marks.held:
            # Nearly every token comes so.
            chunk = piece.text
            ordinary = chunk.isascii() and "<" not in chunk and "[" not in chunk and "\0" not in chunk
            if ordinary and chunk and self._think.passes(chunk):
                self._text.append(chunk)
                self._listener.text(chunk)
                return
        if piece.text:
            text, reasoning = self._think.feed(self._whole(piece.text))
            if self._think.recalled:
                reasoning = self._recall(reasoning)
            self._say(self._marks.feed(text) if text else "", reasoning)
            if type(piece) is PlainText:
                return
        if piece.reasoning:
            self._thought_apart = True
            self._say("", _plain(piece.reasoning))
        for tool in piece.tools:
            self._calls.add(tool)
        if piece.finish_reason:
            self.ending = ending_of(piece.finish_reason) or self.ending
        if piece.echo:
            self._keep(piece.echo)
        if piece.warnings:
            self._warnings += piece.warnings
        self._structured = piece.structured or self._structured
        for one in piece.citations:
            # Some servers repeat them with every chunk, the later ones with titles.
            if one.title or (one.url, one.start) not in self._cited:
                self._cited[one.url, one.start] = one
        if piece.usage is not None:
            self._usage = piece.usage

    def warn(self, sentence: str) -> None:
        """Keep a warning with the answer."""
        self._warnings.append(sentence)

    def end(self) -> None:
        """Say what was held back; the answer is complete."""
        text, reasoning = self._think.end()
        text = self._marks.feed(text + ("�" if self._half else ""))
        self._say(text + self._marks.end(), reasoning)
        self._half = ""
        if self._tools and not self._calls and self.ending != "length":
            self._call_by_text()
        elif self._calls and self._text:
            self._unsay_calls()
        if (inner := self._within_tags()) is not None:
            self._listener.reset()
            reasoning = "".join(self._reasoning)
            self._text.clear()
            self._reasoning.clear()
            self._say(inner, reasoning)
        if self.ending == "tool_calls" and not self._calls and not self.empty:
            # Some servers say so whenever tools were offered.
            self.ending = "stop"

    def usage(self, request: ModelRequest) -> Usage:
        """Return the provider's count, else an estimate of what has come so far."""
        counted = self._usage
        if counted is not None and counted.input_tokens and (counted.output_tokens or not self.begun):
            return counted
        guessed = estimate_usage(request, "".join(self._text) + self._calls.words(), "".join(self._reasoning))
        if counted is None:
            return guessed
        return msgspec.structs.replace(
            guessed,
            input_tokens=counted.input_tokens or guessed.input_tokens,
            output_tokens=counted.output_tokens or guessed.output_tokens,
            cached_input_tokens=counted.cached_input_tokens,
        )

    def answer(self, request: ModelRequest, usage: Usage, attempts: list[Attempt]) -> ModelAnswer:
        """Return the whole answer."""
        calls = self._calls.calls(cut=self.ending == "length")
        return ModelAnswer(
            provider=request.provider,
            model=request.model,
            content="".join(self._text),
            reasoning="".join(self._reasoning),
            tool_calls=calls,
            finish_reason=self.ending,
            usage=usage,
            attempts=attempts,
            citations=[*self._cited.values()],
            echo=self._wanted_back(calls),
            warnings=self._warnings,
            structured=self._structured if request.response_format else "",
        )

    def _say(self, text: str, reasoning: str) -> None:
        if reasoning:
            self._reasoning.append(reasoning)
            self._listener.reasoning(reasoning)
        if text:
            self._text.append(text)
            self._listener.text(text)

    def _call_by_text(self) -> None:
        """Take the calls that the model wrote into its text; what was said is said anew without them."""
        written = [*self._think.calls]
        found = calls_in_text("".join(self._text), self._tools, bare=not self._form)
        if found is not None:
            before, calls = found
            written += [(name, msgspec.json.encode(arguments).decode()) for name, arguments in calls]
            reasoning = "".join(self._reasoning)
            self._listener.reset()
            self._text.clear()
            self._reasoning.clear()
            self._say(before, reasoning)
        elif self.empty and not written and not self._form:
            # Where nothing else was said, a call among the thoughts is meant.
            found = calls_in_text("".join(self._reasoning), self._tools, bare=False)
            written += [
                (name, msgspec.json.encode(given).decode()) for name, given in (found[1] if found else ())
            ]
        for place, (name, arguments) in enumerate(written):
            self._calls.add(ToolPiece(place, "", name, arguments))

    def _unsay_calls(self) -> None:
        """Take calls out of the text that the server has given as calls as well."""
        found = calls_in_text("".join(self._text), self._tools, bare=False)
        if found is None:
            return
        known = [(call.name, call.arguments) for call in self._calls.calls()]
        if all(each in known for each in found[1]):
            reasoning = "".join(self._reasoning)
            self._listener.reset()
            self._text.clear()
            self._reasoning.clear()
            self._say(found[0], reasoning)

    def _within_tags(self) -> str | None:
        """Return the answer that stands between tags of its own; None where it does not, or where the
        prompt asks for them."""
        start = self._text[0] if self._text else ""
        if not start.lstrip().startswith("<"):
            return None
        found = _TAGGED.fullmatch(text := "".join(self._text))
        if found is None or (found[1].lower() != "answer" and not self._reasoning):
            return None
        tag, inner = f"<{found[1]}>", text[found.start(2) : found.end(2)]
        if tag in inner or f"</{found[1]}>" in inner or self._asked_for(tag):
            return None
        return inner.strip()

    def _asked_for(self, words: str) -> bool:
        """Whether the conversation has some words already."""
        return any(words.lower() in one.lower() for one in self._prompt())

    def _prompt(self) -> Iterator[str]:
        for message in self._messages:
            if isinstance(message.content, str):
                yield message.content
            else:
                yield from (str(part.get("text")) for part in message.content)

    def _whole(self, chunk: str) -> str:
        """Join a character that a provider split into two surrogates over two chunks."""
        if chunk.isascii() and not self._half:
            return chunk.replace("\0", "")
        chunk = self._half + chunk
        self._half = ""
        if "\ud800" <= chunk[-1] <= "\udbff":
            self._half = chunk[-1]
            chunk = chunk[:-1]
        return _plain(chunk)

    def _wanted_back(self, calls: Sequence[ToolCall]) -> dict[str, Any]:
        """Return what the server wants to see again: its reasoning too, where it asks for tools."""
        found = {**self._echo, **{name: details.joined() for name, details in self._details.items()}}
        if self._thought_apart and self._calls:
            found["reasoning_content"] = "".join(self._reasoning)
        has_more = len(found) > 1 or any(call.extra for call in calls)
        return found if has_more else {}

    def _recall(self, more: str) -> str:
        """Take back what was said: it was reasoning. Return all of the reasoning, which is told anew."""
        self._think.recalled = False
        whole = "".join([*self._reasoning, *self._text, self._marks.held, more])
        whole = whole.removeprefix(self._think.dropped)
        self._marks.held = ""
        if self._text or self._reasoning:
            self._listener.reset()
        self._text.clear()
        self._reasoning.clear()
        return whole

    def _keep(self, echo: dict[str, Any]) -> None:
        """Keep what the server wants back: texts and lists come in parts."""
        for name, value in echo.items():
            if isinstance(value, list):
                self._details.setdefault(name, ReasoningDetails()).add(cast("list[Any]", value))
            else:
                self._echo[name] = value


def _plain(text: str) -> str:
    text = text.replace("\0", "")
    if _SURROGATE.search(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
