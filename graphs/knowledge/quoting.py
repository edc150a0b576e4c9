"""Quoting: an answer made of sentences of the sources, word for word, without a model.

A small model tells things that its sources do not say, whatever its prompt is. Sentences that are copied
cannot.
"""

import math
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from graphs.knowledge.quoted_pieces import is_wide, pieces
from graphs.knowledge.retrieved import Source
from graphs.passage_search.word_tokens import query_words, tokens_of

__all__ = ["Quote", "quotes_of", "quoted_answer"]

_PIECES = 5
"""Sentences, rows or blocks that one quote has at most: they follow each other in the source."""
_CHARACTERS = 600
"""Characters of a quote of more than one."""
_MOST = 2
"""Quotes of an answer, each of another source."""
_SHARE = 0.85
"""How good the second quote must be, compared with the best."""
_SOURCE_SHARE = 0.5
"""How good another source must be, compared with the first."""
_MEANING = 0.6
"""The part of a quote's worth that is how close it is in meaning; the rest are the question's words."""
_WHOLE = 250
"""Characters of a quote that says enough to be an answer; a shorter one is worth up to a quarter less."""
_ALIKE = 0.6
"""The part of the tokens that two quotes have in common that say the same."""
_MOST_QUOTES = 200
"""Quotes that are compared."""


class Quote(Struct, frozen=True):
    """Some sentences, rows of a table, items of a list or blocks of code that follow each other."""

    parts: tuple[str, ...]
    source: Source
    terms: frozenset[str]

    @property
    def compared(self) -> str:
        """What is embedded: the text below its last heading."""
        heading = self.source.heading[-1] if self.source.heading else self.source.document_name
        return "\n".join((heading, *self.parts))[:600]


def quotes_of(sources: Sequence[Source]) -> list[Quote]:
    """Return what can be quoted of sources, the best source first."""
    found: list[Quote] = []
    for source in sources:
        if source.score < _SOURCE_SHARE * sources[0].score:
            continue
        heading = frozenset(token for part in source.heading for token in tokens_of(part))
        texts = [*pieces(source.text)]
        terms = [frozenset(tokens_of(text)) for text in texts]
        for first in range(len(texts)):
            for last in range(first + 1, min(first + _PIECES, len(texts)) + 1):
                parts = tuple(texts[first:last])
                if last > first + 1 and sum(map(len, parts)) > _CHARACTERS:
                    break
                found.append(Quote(parts, source, heading.union(*terms[first:last])))
    return found[:_MOST_QUOTES]


def quoted_answer(question: str, quotes: Sequence[Quote], likeness: Sequence[float] = ()) -> str:
    """Return the quotes that fit a question best, each with the number of its source.

    Args:
        question: What was asked, in any language; words count where it is English or Korean.
        quotes: What `quotes_of` gave.
        likeness: How close each is to the question in meaning, the larger the closer; empty where nobody
            knows.
    """
    if not quotes:
        return ""
    counts = Counter(term for quote in quotes for term in quote.terms)
    asked = {term for word in query_words(question) for term in (*word.terms, *word.english)}
    weights = {term: math.log(1 + len(quotes) / counts[term]) for term in asked if term in counts}
    said = _shares(
        [
            sum(weights.get(term, 0.0) for term in quote.terms) / (1 + 0.004 * len(quote.terms))
            for quote in quotes
        ]
    )
    close = _shares([each - min(likeness) for each in likeness]) if likeness else said
    first = max(quote.source.score for quote in quotes) or 1.0
    wide = is_wide(question)

    def worth(at: int) -> float:
        source = 0.5 + 0.5 * quotes[at].source.score / first
        length = 0.75 + 0.25 * min(1.0, sum(map(len, quotes[at].parts)) / (_WHOLE / 2 if wide else _WHOLE))
        return source * length * (_MEANING * close[at] + (1 - _MEANING) * said[at])

    ranked = sorted(range(len(quotes)), key=lambda at: -worth(at))
    best = worth(ranked[0])
    chosen: list[Quote] = []
    for quote in (quotes[at] for at in ranked if worth(at) >= _SHARE * best):
        others = [quote.source is other.source or _alike(quote, other) for other in chosen]
        if not any(others) and len(chosen) < _MOST:
            chosen.append(quote)
    return "\n\n".join(map(_cited, chosen))


def _cited(quote: Quote) -> str:
    """Return a quote with its number, which stands outside of code."""
    text = quote.parts[0]
    for part in quote.parts[1:]:
        text += ("\n\n" if "```" in (text[-3:], part[:3]) else "\n") + part
    return f"{text}\n[{quote.source.number}]" if text.endswith("```") else f"{text} [{quote.source.number}]"


def _shares(values: Sequence[float]) -> list[float]:
    """Return values as parts of the largest."""
    most = max(values, default=0.0)
    return [value / most if most > 0 else 0.0 for value in values]


def _alike(one: Quote, other: Quote) -> bool:
    return len(one.terms & other.terms) >= _ALIKE * len(one.terms | other.terms)
