"""The key of a request, kept out of what comes back: a server may repeat it in an answer or an error."""

import msgspec

from graphs.providers.model_interface import ModelError
from graphs.providers.provider import Piece, ToolPiece
from graphs.values.messages import Citation
from graphs.values.redaction import Redaction, StreamRedaction

__all__ = ["AnswerRedaction", "redacted", "redaction_for"]

_SHORTEST = 8
"""Characters of a key that is looked for: local servers take any word for one."""


class AnswerRedaction:
    """Takes a key out of an answer: its text and reasoning, wherever pieces cut it, calls and citations."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._plain = Redaction([key]).text
        self._text = StreamRedaction(key)
        self._reasoning = StreamRedaction(key)
        self._calls: dict[int | None, StreamRedaction] = {}

    def over(self, piece: Piece) -> Piece:
        """Return what can be shown of a piece by now."""
        return msgspec.structs.replace(
            piece,
            text=self._text.feed(piece.text) if piece.text else "",
            reasoning=self._reasoning.feed(piece.reasoning) if piece.reasoning else "",
            tools=tuple(self._over_call(tool) for tool in piece.tools),
            citations=tuple(self._over_citation(one) for one in piece.citations),
        )

    def rest(self) -> Piece:
        """Return what was held back of a whole answer."""
        tools = (ToolPiece(index, arguments=veil.end()) for index, veil in self._calls.items())
        return Piece(
            text=self._text.end(),
            reasoning=self._reasoning.end(),
            tools=tuple(tool for tool in tools if tool.arguments),
        )

    def _over_citation(self, one: Citation) -> Citation:
        url, title, text = (self._plain(said) for said in (one.url, one.title, one.text))
        return msgspec.structs.replace(one, url=url, title=title, text=text)

    def _over_call(self, tool: ToolPiece) -> ToolPiece:
        veil = self._calls.setdefault(tool.index, StreamRedaction(self._key))
        return msgspec.structs.replace(tool, arguments=veil.feed(tool.arguments))


def redaction_for(key: str) -> AnswerRedaction | None:
    """Return the veil for a key; None where there is none to speak of."""
    return AnswerRedaction(key) if len(key) >= _SHORTEST else None


def redacted(error: ModelError, key: str) -> ModelError:
    """Return an error without the key in its message."""
    if len(key) < _SHORTEST:
        return error
    return ModelError(
        Redaction([key]).text(str(error)),
        error_class=error.error_class,
        retry_after=error.retry_after,
        code=error.code,
    )
