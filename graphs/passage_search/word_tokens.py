"""Tokens: the words of a text as lexical search compares them, the same whatever database stores them."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from graphs.passage_search.korean_words import english_of
from graphs.passage_search.stemming import stem

__all__ = ["QueryWord", "is_cjk", "query_words", "runs_of", "terms_of", "tokens_of"]

HEADING_WEIGHT = 2
"""How often more a word of a heading counts."""
_LONGEST = 64
"""Characters of a token; longer ones are cut."""
_CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_CJK}]+|[^\W_{_CJK}]+(?:[_.\-/:@][^\W_{_CJK}]+)*", re.UNICODE)
_CJK_LETTER = re.compile(rf"[{_CJK}]")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\WA-Za-z\d_]+")
_JOINT = re.compile(r"[_.\-/:@]")
_STOP = frozenset(
    re.findall(
        r"\w+",
        """
    a an and are as at be been being but by can could did do does for from had has have how i if in
    into is it its may me my of on or our shall should so such that the their them then there these
    they this those to was we were what when where which while who whom why will with would you your
        """,
    )
)
_KOREAN_STOP = frozenset(
    re.findall(
        r"\w+",
        """
    것 것을 것은 경우 그 나요 누가 누구 대해 때 또는 무슨 무엇 무엇을 무엇이
    무엇인가요 뭐 뭔가요 방법 방법은 방법을 방법이 쓰려면 수 수가 알려줘 알려주세요
    어느 어디 어디서 어디에 어떤 어떻게 언제 왜 이 있나요 있는 있는지 있습니까
    인가요 저 제 좀 주세요 하기 하나요 하는 하려면 하면 할 합니까 해야 되나요
    되는 되려면 됩니까 될 및
        """,
    )
)
"""Words that questions in Korean are made with. Passages keep theirs: a name may have them."""


class QueryWord(Struct, frozen=True):
    """A word of a query: what stands for it in passages."""

    terms: tuple[str, ...]
    """Its tokens."""
    english: tuple[str, ...] = ()
    """Tokens of the same word in English, of a Korean one that the table has."""


def tokens_of(text: str) -> Iterator[str]:
    """Yield the tokens of a text, in order.

    Words are stemmed; of a name such as ``max_recoveries`` or ``retryAfter`` come the whole and its parts.
    Runs of Chinese, Japanese and Korean characters give their pairs. Stop words are left out.
    """
    for run in runs_of(text):
        if is_cjk(run[0]):
            yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
        else:
            yield from _word_tokens(run[: _LONGEST * 4])


def terms_of(text: str, heading: Sequence[str] = ()) -> Mapping[str, int]:
    """Return how often each token counts in a passage whose headings count more."""
    counted = Counter(tokens_of(text))
    for part in heading:
        for token in tokens_of(part):
            counted[token] += HEADING_WEIGHT
    return counted


def query_words(query: str) -> list[QueryWord]:
    """Return the different words of a query, in order; of one that has stop words alone, none.

    A run of Chinese, Japanese or Korean characters is one word, however many pairs it has.
    """
    words: list[QueryWord] = []
    for run in runs_of(query):
        if not is_cjk(run[0]):
            words += (QueryWord((token,)) for token in _word_tokens(run[: _LONGEST * 4]))
        elif run not in _KOREAN_STOP:
            english = [token for word in english_of(run[:_LONGEST]) for token in tokens_of(word)]
            words.append(QueryWord(tuple(tokens_of(run)), tuple(english)))
    return list(dict.fromkeys(words))


def runs_of(text: str) -> Iterator[str]:
    """Yield what tokens are made of: words and names, and runs of Chinese, Japanese or Korean characters."""
    return (found.group() for found in _RUN.finditer(unicodedata.normalize("NFKC", text)))


def is_cjk(letter: str) -> bool:
    """Say whether a character is Chinese, Japanese or Korean."""
    return _CJK_LETTER.match(letter) is not None


@lru_cache(maxsize=65_536)
def _word_tokens(run: str) -> tuple[str, ...]:
    whole = run.lower()
    parts = [part.lower() for piece in _JOINT.split(run) for part in _PART.findall(piece)]
    if len(parts) < 2:
        return () if whole in _STOP else (stem(whole[:_LONGEST]),)
    kept = tuple(stem(part[:_LONGEST]) for part in parts if part not in _STOP)
    return (whole[:_LONGEST], *kept)
