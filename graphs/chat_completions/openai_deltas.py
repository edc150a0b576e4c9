"""ChunkPieces: chunks of a chat completion as pieces of an answer, with what a stream of them has to
remember."""

import operator
from collections.abc import Mapping
from typing import Any, cast

from graphs.chat_completions.content_parts import (
    plain_text,
    reasoning_of,
    refuses,
    split_content,
    spoken,
)
from graphs.chat_completions.lenient_json import DONE, read_json
from graphs.chat_completions.openai_calls import tool_pieces
from graphs.chat_completions.openai_chunks import (
    Choice,
    Chunk,
    Delta,
    chunk_of,
    decode_chunk,
    last_message,
    plain_text_of,
    translated,
    wrapped,
)
from graphs.conversation.citations import from_annotations, from_search
from graphs.conversation.messages import Citation
from graphs.model_api.finish_reasons import ending_of
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Piece, PlainText, ToolPiece
from graphs.model_api.provider_errors import error_in
from graphs.model_api.token_counts import TokenCounts, token_count

__all__ = ["ChunkPieces"]


class ChunkPieces:
    """Reads the chunks of one answer."""

    def __init__(self, provider: str) -> None:
        self.begun = False
        """Whether anything of an answer has come."""
        self.ended = False
        """Whether the answer's end has come."""
        self.noise = b""
        """The beginning of JSON that was no part of an answer, to be told."""
        self._provider = provider
        self._counts = TokenCounts()
        self._counted_last = False
        """Whether the last that came was the counts."""
        self._other_ending = ""
        """How an answer ended that is not heard."""
        self._voice: int | None = None
        """The index of the choice whose text is the answer's."""
        self._text: list[str] = []
        """What whole messages have said so far, where a server streams those, in parts."""
        self._characters = 0
        """How long that is."""
        self._deltas = False
        self._message = False
        self._plain = False
        """Whether the last chunk had text of the answer and nothing else."""
        self._calls = False
        self._tagged = False
        """Whether thoughts stand between tags."""
        self._refused = False

    def close(self, pieces: list[Piece]) -> None:
        """Add the end, where it lies in what came last: the counts, or a whole message, which needs none."""
        whole = self._counted_last or (self._message and not self._deltas) or bool(self._other_ending)
        if not self.ended and self.begun and whole:
            self.end(pieces)

    def end(self, pieces: list[Piece]) -> None:
        """Add the end, unless it has come."""
        if not self.ended:
            self.ended = True
            ending = self._other_ending or "stop"
            pieces.append(Piece(finish_reason="model_refusal" if self._refused else ending))

    def take(self, text: bytes, pieces: list[Piece]) -> None:
        """Take the JSON of a chunk.

        Raises:
            NotJson: it is none.
            ModelError: it is an error.
        """
        if self._plain:
            # Where one chunk had text and nothing else, the next one will.
            if (plain := plain_text_of(text)) is not None and plain[0] and plain[1] == self._voice:
                if pieces and type(pieces[-1]) is PlainText:
                    pieces[-1] = PlainText(text=pieces[-1].text + plain[0])
                else:
                    pieces.append(PlainText(text=plain[0]))
                return
            self._plain = False
        chunk, found = decode_chunk(text)
        if isinstance(found, str) and found.lstrip()[:1] in ("{", "["):
            # A gateway has written JSON as a text of JSON.
            self.take(found.encode("utf-8", "replace"), pieces)
        elif isinstance(found, list):
            for each in cast("list[Any]", found):
                if each == DONE:
                    self.end(pieces)
                else:
                    self._chunk(chunk_of(each), each, text, pieces)
        else:
            self._chunk(chunk, found, text, pieces)

    def _chunk(self, chunk: Chunk, found: Any, text: bytes, pieces: list[Piece]) -> None:
        if chunk.error and (failure := self._error({"error": chunk.error})):
            raise failure
        cause = (
            cast("Mapping[str, Any]", chunk.x_groq).get("error") if isinstance(chunk.x_groq, dict) else None
        )
        if cause and (failure := self._error({"error": cause})):
            raise failure
        if not chunk.choices and (chunk.usage is None or chunk.choices is None):
            found = read_json(text) if found is None else found
            if (inner := wrapped(found)) is not None:
                self._chunk(chunk_of(inner), inner, text, pieces)
                return
            if failure := self._error(found):
                raise failure
            if (meant := translated(found)) is not None:
                if any(meant.values()):
                    self._chunk(chunk_of(meant), meant, text, pieces)
                return
            if chunk.usage is None:
                self.noise = self.noise or text[:200]
        piece = self._piece(chunk)
        if piece is None:
            return
        self.begun = True
        if pieces and (both := _joined(pieces[-1], piece)):
            pieces[-1] = both
        else:
            pieces.append(piece)

    def _error(self, found: Any) -> ModelError | None:
        """Return the error that an object in place of a chunk is; None after the end, where none counts."""
        return None if self.ended else error_in(self._provider, found)

    def _piece(self, chunk: Chunk) -> Piece | None:
        counted = self._count(chunk)
        citations = list[Citation]()
        if chunk.citations is not None or chunk.search_results is not None:
            citations += from_search(chunk.citations, chunk.search_results)
        if not chunk.choices:
            self._counted_last = counted or self._counted_last
            if not counted and not citations:
                return None
            return Piece(usage=self._counts.usage() if counted else None, citations=(*citations,))
        text = reasoning = finish = ""
        tools: list[ToolPiece] = []
        echo: Any = None
        for choice in chunk.choices:
            if choice.error and (failure := self._error({"error": choice.error})):
                raise failure
            said, thought, called, delta = self._said(choice)
            if (beside := choice.tool_calls or chunk.tool_calls) and not called:
                called = self._called(Delta(tool_calls=beside))
            place = _place(choice)
            if said and self._voice is None:
                self._voice = place
            if said and place == self._voice:
                text += said
            if thought:
                reasoning += thought
            if called:
                tools += called
            if (told := choice.ending) is not None:
                finish = self._finish(told, place) or finish
            if delta is not None:
                if delta.annotations:
                    citations += from_annotations(delta.annotations)
                if _KEPT(delta) != _NOTHING_KEPT:
                    echo = kept_of(delta)
        if chunk.finish_reason and not finish:
            finish = self._finish(chunk.finish_reason, self._voice)
        self._counted_last = counted and not (text or tools)
        self._plain = bool(text and self._deltas) and not (
            reasoning or tools or finish or counted or citations or echo
        )
        return Piece(
            text=text,
            reasoning=reasoning,
            tools=tuple(tools),
            finish_reason=finish,
            usage=self._counts.usage() if counted else None,
            citations=(*citations,),
            echo=echo,
            warnings=(_UNNAMED,) if finish == "stop" and _is_unnamed(chunk.choices) else (),
        )

    def _said(self, choice: Choice) -> tuple[str, str, list[ToolPiece], Delta | None]:
        """Return text, reasoning and calls of a choice, and where they stood."""
        delta, whole = choice.delta, choice.message
        if delta is None and whole is None and choice.messages is not None:
            whole, delta = last_message(choice.messages)
        if delta is None or (whole is not None and _is_empty(delta)):
            if whole is not None:
                return self._said_whole(whole)
            if delta is None:
                said = plain_text(choice.content if choice.text is None else choice.text)
                return said, "", [], None
        self._deltas = True
        said, thought = (
            (delta.content, "") if isinstance(delta.content, str) else split_content(delta.content)
        )
        if not said and not (delta.text is None and delta.audio is None and delta.response is None):
            said = plain_text(delta.text) or spoken(delta.audio) or plain_text(delta.response)
        if (
            said
            and (delta.thought is True or delta.extra_content is not None)
            and self._is_thought(delta, said)
        ):
            said, thought = "", said
        said += self._refusal(delta)
        return said, thought or reasoning_of(delta), self._called(delta), delta

    def _refusal(self, delta: Delta) -> str:
        """Return the text in which the model refuses to answer."""
        refused = plain_text(delta.refusal) if delta.refusal else ""
        self._refused = self._refused or bool(refused) or refuses(delta.content)
        return refused

    def _is_thought(self, delta: Delta, said: str) -> bool:
        """Whether a delta is marked as a thought; where the text has tags as well, they tell."""
        found = delta.thought is True
        if not found and isinstance(delta.extra_content, dict):
            google: Any = cast("Mapping[str, Any]", delta.extra_content).get("google")
            found = isinstance(google, dict) and cast("Mapping[str, Any]", google).get("thought") is True
        self._tagged = self._tagged or (found and said.lstrip().startswith("<"))
        return found and not self._tagged

    def _said_whole(self, whole: Delta) -> tuple[str, str, list[ToolPiece], Delta]:
        """Return what a message says more than was said: some servers send it whole at the end, or each
        time."""
        self._message = True
        said, thought = split_content(whole.content)
        said = (said or spoken(whole.audio)) + self._refusal(whole)
        thought = thought or reasoning_of(whole)
        called = [] if self._calls else self._called(whole)
        if self._deltas:
            # It repeats what the pieces before it said, unless there were none with anything in them.
            return "" if self._voice is not None else said, "" if self.begun else thought, called, whole
        # Joined only for a text that is as long: the work is in proportion to what was sent.
        if len(said) >= self._characters and said.startswith("".join(self._text)):
            more, self._text, self._characters = said[self._characters :], [said], len(said)
            return more, thought, called, whole
        self._text.append(said)
        self._characters += len(said)
        return said, thought, called, whole

    def _called(self, delta: Delta) -> list[ToolPiece]:
        pieces = tool_pieces(delta)
        self._calls = self._calls or bool(pieces)
        return pieces

    def _finish(self, told: Any, place: int | None) -> str:
        ending: str = ending_of(told)
        if self._voice not in (None, place) and not self._calls:
            # How another answer ended that nobody hears.
            self._other_ending = self._other_ending or ending
            return ""
        if ending == "stop" and self._refused:
            ending = "model_refusal"
        if not ending or (self.ended and ending == "stop"):
            return ""
        self.ended = True
        return ending

    def _count(self, chunk: Chunk) -> bool:
        """Add the counts that a chunk has, wherever it has them; return whether there are any."""
        counted = chunk.usage is not None and self._counts.add(chunk.usage)
        if isinstance(chunk.x_groq, dict):
            counted = self._counts.add(cast("Mapping[str, Any]", chunk.x_groq).get("usage")) or counted
        for usage in (chunk.usage_metadata, chunk.bedrock_counts, chunk.meta, chunk.metadata):
            if usage is not None:
                counted = self._counts.add(usage, exact=True) or counted
        for choice in chunk.choices or ():
            if choice.usage is not None:
                counted = self._counts.add(choice.usage) or counted
            if choice.delta is not None and choice.delta.usage is not None:
                counted = self._counts.add(choice.delta.usage) or counted
        if chunk.timings is not None and not counted:
            counted = self._counts.add_timings(chunk.timings)
        return counted


_UNNAMED = "The model server ended this answer for a reason that it does not name: it may lack its end."
_KEPT = operator.attrgetter("reasoning_details", "thinking_blocks", "extra_content")
_NOTHING_KEPT = (None, None, None)


def kept_of(delta: Delta) -> dict[str, Any]:
    """Return what of a delta the server wants to see again with the turn, as it came."""
    kept = {
        "reasoning_details": delta.reasoning_details,
        "thinking_blocks": delta.thinking_blocks,
        "extra_content": delta.extra_content,
    }
    return {name: value for name, value in kept.items() if value}


def _is_unnamed(choices: list[Choice]) -> bool:
    """Whether the server says that an answer ended, and not of what."""
    return any(
        isinstance(choice.finish_reason, str)
        and choice.finish_reason.lower().removeprefix("finish_reason_") in ("other", "unknown")
        for choice in choices
    )


def _is_empty(delta: Delta) -> bool:
    told = delta.content or delta.tool_calls or delta.function_call or delta.refusal or delta.audio
    return not (told or reasoning_of(delta))


def _place(choice: Choice) -> int:
    """Return a choice's number; 0 where it has none, as we ask for one answer."""
    return choice.index if type(choice.index) is int else token_count(choice.index) or 0


def _joined(one: Piece, later: Piece) -> Piece | None:
    """Return two pieces that came together as one, where both are nothing but text."""
    if one.text and later.text and one == Piece(text=one.text) and later == Piece(text=later.text):
        return Piece(text=one.text + later.text)
    return None
