"""OpenAI's chat completions, from the bytes of the socket to pieces: forgiving of form, never of substance.

An SDK builds and walks several pydantic objects for every token; that was two thirds of a run's CPU time.
`tests/graphs/providers` holds this reader to the shapes that servers are known to send.
"""

import re

from graphs.chat_completions.lenient_json import NotJson, read_json, unwrapped_lines
from graphs.chat_completions.openai_deltas import ChunkPieces
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Piece
from graphs.model_api.provider_errors import bad_response, from_body
from graphs.transport.stream_lines import StreamLines

__all__ = ["StreamReader"]

_SILENT = frozenset(
    {b"ping", b"heartbeat", b"keepalive", b"keep-alive", b"keep_alive", b"queue", b"queued", b"processing"}
)
"""Named events that are life and nothing else, whatever their data."""
_BRACE = ord("{")
_BLANKS = b" \t\r\n\0\x1e\xef\xbb\xbf"
"""What may stand around an event: blanks, NUL as a sign of life, the mark of a JSON text sequence
(RFC 7464), a byte order mark."""
_JUNK = frozenset(_BLANKS[place : place + 1] for place in range(len(_BLANKS)))
_CAPITALS = re.compile(rb"(?:data|event|id|retry|error)(?=:)", re.IGNORECASE)
_FIELD = re.compile(rb"(?:data|event|id|retry|error)?:")
_FIELDS = (b"id:", b"retry:", b":", b"id", b"retry", b"data", b"event")


class StreamReader:
    """Takes bytes as they come and gives the pieces that are complete; one for each answer.

    What comes may be Server-Sent Events, JSON lines, or one JSON document: its first character tells.
    """

    def __init__(self, provider: str, max_bytes: int) -> None:
        self.done = False
        """Whether ``[DONE]`` came."""
        self.failed: ModelError | None = None
        """What is wrong with the stream after the pieces that were given last: to be raised after them."""
        self._provider = provider
        self._left = max_bytes
        self._lines = StreamLines()
        self._event = b""
        self._held: list[bytes] = []
        """Lines of data that are no JSON yet: an event may have several."""
        self._noise = b""
        """The beginning of what could not be read, to be told."""
        self._document: list[bytes] | None = None
        """The lines of a whole JSON document; None where events come."""
        self._chunks = ChunkPieces(provider)
        self._between = False
        """Whether what comes next begins an event, and nothing is held back."""

    def feed(self, data: bytes) -> list[Piece]:
        """Return the pieces in the complete lines so far; text that came together is one piece.

        Raises:
            ModelError: the stream carries an error, or what is no chunk of a chat completion. After pieces
                that came with it, it is `failed` instead.
        """
        self._left -= len(data)
        if self._left < 0:
            raise bad_response(self._provider, "more than this server takes as one answer")
        pieces: list[Piece] = []
        try:
            if self._between and data.startswith(b"data: {") and data.endswith(b"}\n\n"):
                data = self._events(data, pieces)
                if not data:
                    return pieces
            for line in self._lines.feed(data):
                if line or self._document is not None:
                    self._line(line, pieces)
                else:
                    if self._held:
                        self._close_event(pieces)
                    self._event = b""
        except ModelError as error:
            return self._last(pieces, error)
        self._between = not (
            self.done or self._event or self._held or self._document is not None or not self._lines.idle
        )
        return pieces

    def _events(self, data: bytes, pieces: list[Piece]) -> bytes:
        """Take whole events of one line each, as nearly all reads are, and return what is none."""
        if data.find(b"\n", 0, -2) < 0:
            events = [data[6:-2]]
        else:
            events = data[6:-2].split(b"\n\ndata: ")
            if data.count(b"\n") != 2 * len(events):
                return data
        for place, event in enumerate(events):
            try:
                self._chunks.take(event, pieces)
            except NotJson:
                return b"".join(b"data: %s\n\n" % each for each in events[place:])
        return b""

    def end(self) -> list[Piece]:
        """Return the pieces in what is left: the answer's bytes have ended.

        Raises:
            ModelError: what is left is an error, or no JSON. After pieces it is `failed` instead.
        """
        pieces: list[Piece] = []
        try:
            if rest := self._lines.end():
                self._line(rest, pieces)
            if self._document is not None:
                self._whole(b"\n".join(self._document), pieces)
                self._document = None
            self._close_event(pieces)
            self._chunks.close(pieces)
            whole = self._chunks.ended and (self._chunks.begun or not self._noise)
            if not whole and (noise := self._noise or self._chunks.noise):
                found = "a part of an answer and then" if self._chunks.begun else "what is no answer:"
                raise bad_response(self._provider, f"{found} {_shown(noise)}")
        except ModelError as error:
            return self._last(pieces, error)
        return pieces

    def _last(self, pieces: list[Piece], error: ModelError) -> list[Piece]:
        """Return the pieces that came before an error, so that none is lost by coming in the same bytes."""
        if not pieces:
            raise error
        self.failed = error
        return pieces

    def _line(self, line: bytes, pieces: list[Piece]) -> None:
        if line[:1] in _JUNK and self._document is None:
            line = line.lstrip(_BLANKS)
        if line.startswith(b"data:"):
            self._data(line[5:].strip(_BLANKS), pieces)
        elif self._document is not None:
            self._document.append(line)
        elif not (bare := line.strip(_BLANKS)):
            self._close_event(pieces)
            self._event = b""
        elif (named := _CAPITALS.match(line)) and named[0].lower() != named[0]:
            self._line(named[0].lower() + line[named.end() :], pieces)
        elif bare.upper() == b"[DONE]":
            self._data(bare, pieces)
        elif line.startswith(b"event:"):
            self._close_event(pieces)
            self._event = line[6:].strip().lower()
        elif line.startswith(b"error:"):
            self._fail(line[6:].strip())
        elif self._held and not _FIELD.match(line):
            # JSON in several lines, of which only the first has its field's name.
            self._held.append(line)
        elif bare[0] in b"{[":
            self._bare(bare, pieces)
        elif self._is_wrapped(bare, pieces):
            pass
        elif not line.startswith(_FIELDS):
            if bare[:1] == b"<" and not self._chunks.begun:
                raise bad_response(self._provider, "a web page in place of an answer: is its base URL right?")
            self._noise = self._noise or bare[:200]

    def _is_wrapped(self, text: bytes, pieces: list[Piece]) -> bool:
        """Take what a gateway has written as a text of its own: bytes in Python's way, events as one text of
        JSON; return whether it was one."""
        lines = unwrapped_lines(text)
        for line in lines:
            if line.startswith((b"{", b"[")):
                self._data(line, pieces)
            else:
                self._line(line, pieces)
        return bool(lines)

    def _bare(self, line: bytes, pieces: list[Piece]) -> None:
        """Take a line of JSON without a field's name: a line of its own, or the first of a whole document."""
        try:
            self._chunks.take(line, pieces)
        except NotJson:
            if self._chunks.begun:
                self._noise = self._noise or line[:200]
            else:
                self._document = [line]

    def _whole(self, text: bytes, pieces: list[Piece]) -> None:
        try:
            self._chunks.take(text, pieces)
        except NotJson as error:
            raise bad_response(self._provider, f"JSON that is none ({error}): {_shown(text)}") from None

    def _data(self, text: bytes, pieces: list[Piece]) -> None:
        while text.startswith(b"data:"):
            # A gateway that wraps events of another server as they are.
            text = text[5:].strip()
        if not text or (self._event and self._event in _SILENT):
            return
        if text[0] != _BRACE and self._is_wrapped(text, pieces):
            return
        if text[0] != _BRACE and text.strip(b'"').upper() == b"[DONE]":
            self._close_event(pieces)
            self.done = True
            self._chunks.end(pieces)
            return
        if self.done:
            return
        if self._event in (b"error", b"exception") or text.startswith(b"error:"):
            self._fail(text.removeprefix(b"error:").strip())
            return
        if self._held:
            self._held.append(text)
            return
        try:
            self._chunks.take(text, pieces)
        except NotJson:
            if text[0] in b"{[":
                self._held = [text]
            else:
                # Some servers send their comments as data.
                self._noise = self._noise or text[:200]

    def _close_event(self, pieces: list[Piece]) -> None:
        """An event is complete: take what it has in several lines; what is no JSON by now will be none."""
        if self._held:
            held, self._held = b"\n".join(self._held), []
            try:
                self._chunks.take(held, pieces)
            except NotJson:
                if not self._chunks.ended:
                    raise bad_response(self._provider, f"a chunk that is none: {_shown(held)}") from None

    def _fail(self, text: bytes) -> None:
        """Raise the error that a text is; after the end of the answer none counts."""
        if self._chunks.ended:
            return
        try:
            found = read_json(text)
        except NotJson:
            found = text.decode("utf-8", "replace")
        raise from_body(self._provider, found)


def _shown(text: bytes) -> str:
    return repr(text[:80].decode("utf-8", "replace"))
