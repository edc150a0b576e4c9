"""Word keys: short texts that stand for the words of a text, so that a database finds words without an index
of its own.

The keys of all words of a text stand one behind the other. A search looks for the keys of its words in them.
It finds a little more than there is, since keys are short; so who searches looks at the text itself then.
"""

import re
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from zlib import crc32

from msgspec import Struct

from graphs.passage_search.word_tokens import is_cjk, runs_of, tokens_of

__all__ = ["KEY", "SearchedWord", "fold", "join_keys", "keys_of", "searched_words", "split_keys"]

KEY = 4
"""Characters of a key: 24 bits."""
_SHORT, _LONG = 3, 5
"""Characters that beginnings of words have. A search for a longer beginning compares so many."""
_PART = re.compile(r"[^\W_]+")


class SearchedWord(Struct, frozen=True):
    """A word of a query."""

    text: str
    """As `fold` gives it."""
    token: str
    """Its token; empty for a stop word."""
    keys: tuple[tuple[str, ...], ...]
    """Keys that a text with the word has: all of one of these groups."""

    def place_in(self, folded: str) -> int:
        """Return where a text of `fold` has the word, or another form of it; -1 where it does not."""
        place = folded.find(self.text)
        if place >= 0 or is_cjk(self.text[0]):
            return place
        return next((run.start() for run in _PART.finditer(folded) if self.token in tokens_of(run[0])), -1)


def fold(text: str) -> str:
    """Return a text as words are compared in it: without case, and one form of each character."""
    return unicodedata.normalize("NFKC", text).casefold()


def keys_of(text: str) -> Iterator[str]:
    """Yield the keys of a text: of tokens, of beginnings of words, and of single CJK characters."""
    for run in runs_of(text):
        for name in _cjk_names(run) if is_cjk(run[0]) else _names(run):
            yield _key(name)


def searched_words(query: str, most: int) -> list[SearchedWord]:
    """Return the different words of a query, `most` at most.

    Words of three letters and more are found as beginnings of words; shorter ones as whole words.
    """
    words: dict[str, SearchedWord] = {}
    for run in runs_of(query):
        if is_cjk(run[0]):
            pairs = tuple(_key(name) for name in tokens_of(run))
            words[fold(run)] = SearchedWord(fold(run), "", (pairs,))
            continue
        for part in _PART.findall(run):
            word = fold(part)
            token = next(tokens_of(part), "")
            begins = word[: _LONG if len(word) >= _LONG else _SHORT]
            words[word] = SearchedWord(
                word, token, tuple({(_key(name),): None for name in (begins, token) if name})
            )
    return [*words.values()][:most]


def join_keys(keys: Iterable[str]) -> str:
    """Return different keys as one text."""
    return "".join(dict.fromkeys(keys))


def split_keys(keys: str) -> list[str]:
    """Return the keys that `join_keys` joined."""
    return [keys[at : at + KEY] for at in range(0, len(keys), KEY)]


def _cjk_names(run: str) -> Iterator[str]:
    yield from tokens_of(run)
    yield from run


@lru_cache(maxsize=16_384)
def _names(run: str) -> tuple[str, ...]:
    parts = [fold(part) for part in _PART.findall(run)]
    begins = (part[:size] for part in parts for size in (_SHORT, _LONG))
    return tuple(dict.fromkeys([*begins, *tokens_of(run)]))


@lru_cache(maxsize=16_384)
def _key(name: str) -> str:
    return urlsafe_b64encode((crc32(name.encode()) >> 8).to_bytes(3, "big")).decode()
