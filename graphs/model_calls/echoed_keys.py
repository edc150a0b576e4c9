"""The key of a request, kept out of what comes back: a server may repeat it in an answer or an error."""

import re

import msgspec

from graphs.conversation.messages import Citation
from graphs.model_api.model_interface import ModelError
from graphs.model_api.provider import Piece, ToolPiece
from graphs.values.secrets_in_answers import Redaction, StreamRedaction

__all__ = ["AnswerRedaction", "is_secret", "redacted", "redaction_for"]

_SHORTEST = 8
"""Characters of a key that is looked for."""
_PREFIX = re.compile(
    r"(sk|pk|rk|ak|key|api|gsk|xai|nvapi|hf|tgp|fw|dapi|csk|aiza)[-_]|AIza|eyJ", re.IGNORECASE
)
_DUMMY_WORDS = frozenset(
    [
        "a",
        "an",
        "any",
        "anything",
        "api",
        "apikey",
        "auth",
        "bearer",
        "change",
        "changeme",
        "default",
        "demo",
        "dev",
        "dummy",
        "empty",
        "example",
        "fake",
        "fill",
        "foo",
        "bar",
        "baz",
        "here",
        "hello",
        "hidden",
        "ignored",
        "insert",
        "is",
        "it",
        "key",
        "keys",
        "lab",
        "llama",
        "cpp",
        "lm",
        "lmstudio",
        "local",
        "localhost",
        "me",
        "mock",
        "model",
        "my",
        "needed",
        "no",
        "none",
        "not",
        "nothing",
        "null",
        "ollama",
        "open",
        "openai",
        "password",
        "placeholder",
        "proxy",
        "random",
        "replace",
        "required",
        "secret",
        "server",
        "sk",
        "some",
        "studio",
        "test",
        "testing",
        "the",
        "token",
        "unused",
        "used",
        "vllm",
        "sglang",
        "litellm",
        "whatever",
        "with",
        "without",
        "word",
        "x",
        "xx",
        "xxx",
        "your",
    ]
)


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
    """Return what keeps a key out of an answer; None where it is no secret, and any answer may have the
    word."""
    return AnswerRedaction(key) if is_secret(key) else None


def is_secret(key: str) -> bool:
    """Whether a key has the form or the randomness of a secret. Local servers take any word for a key."""
    prefix = _PREFIX.match(key)
    words = [word for word in re.split(r"[^a-z]+", key[prefix.end() if prefix else 0 :].lower()) if word]
    # Single letters are no words: they stand between the digits of a random key.
    if all(word in _DUMMY_WORDS or (len(word) > 1 and len(set(word)) == 1) for word in words):
        return False
    if prefix:
        return len(key) >= _SHORTEST + 4
    # A long passphrase is one too: an answer has none of its length by chance.
    mixed = any(letter.isdigit() for letter in key) and any(letter.isalpha() for letter in key)
    least = 2 * _SHORTEST if mixed else 3 * _SHORTEST
    return len(key) >= least and len(set(key)) >= _SHORTEST


def redacted(error: ModelError, key: str) -> ModelError:
    """Return an error without the key in its message."""
    return error if len(key) < _SHORTEST else error.saying(Redaction([key]).text(str(error)))
