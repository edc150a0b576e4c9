"""Quoting: an answer made of sentences of the sources, word for word, without a model.

A small model tells things that its sources do not say, whatever its prompt is. Sentences that are copied
cannot.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec import Struct

from graphs.knowledge.retrieved import Source
from graphs.knowledge.word_tokens import query_words, tokens_of

__all__ = ["quoted_answer"]

_MOST = 3
"""Sentences of an answer."""
_SHARE = 0.6
"""How good another sentence must be, compared with the best, and another source with the first."""
_SENTENCE = re.compile(r"(?<=[.!?。])\s+(?=\S)")
_RULE = re.compile(r"[|:\-\s]+")
_LONGEST = 600
"""Characters of a row or a block."""


class _Unit(Struct, frozen=True):
    """A sentence, a row of a table or a block of code."""

    text: str
    source: Source
    terms: frozenset[str]


def quoted_answer(question: str, sources: Sequence[Source]) -> str:
    """Return the sentences of sources that have most of a question's words, each with the source's number.

    Args:
        question: What was asked, in English or Korean.
        sources: The best first.
    """
    if not sources:
        return ""
    near = [source for source in sources if source.score >= _SHARE * sources[0].score]
    units = [unit for source in near for unit in _units(source)]
    if not units:
        return ""
    counts = Counter(term for unit in units for term in unit.terms)
    asked = {term for word in query_words(question) for term in (*word.terms, *word.english)}
    weights = {term: math.log(1 + len(units) / counts[term]) for term in asked if term in counts}

    def worth(unit: _Unit) -> float:
        found = sum(weights.get(term, 0.0) for term in unit.terms)
        return unit.source.score * found / (1 + 0.02 * len(unit.terms))

    ranked = sorted(range(len(units)), key=lambda at: -worth(units[at]))
    best = worth(units[ranked[0]])
    if not best:
        return _cited(units[0])
    chosen = sorted(at for at in ranked[:_MOST] if worth(units[at]) >= _SHARE * best)
    quotes = dict.fromkeys(_cited(units[at]) for at in chosen)
    return "\n\n".join(quotes)


def _cited(unit: _Unit) -> str:
    """Return a quote with its number, which stands outside of code."""
    end = "\n" if unit.text.endswith("```") else " "
    return f"{unit.text}{end}[{unit.source.number}]"


def _units(source: Source) -> Iterator[_Unit]:
    heading = frozenset(token for part in source.heading for token in tokens_of(part))
    for text in _pieces(source.text):
        yield _Unit(text, source, frozenset(tokens_of(text)) | heading)


def _pieces(text: str) -> Iterator[str]:
    """Yield sentences, rows of tables and blocks of code."""
    paragraph: list[str] = []
    block: list[str] | None = None
    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        if block is not None:
            block.append(line)
            if bare.startswith("```"):
                yield "\n".join(block)[:_LONGEST]
                block = None
            continue
        code = bare.startswith("```")
        row = bare.startswith("|")
        if paragraph and (not bare or code or row or bare.startswith(("#", "-", "<!--"))):
            yield from _SENTENCE.split(" ".join(paragraph)[: _LONGEST * 10])
            paragraph = []
        if code:
            block = [line]
        elif row:
            if not _RULE.fullmatch(bare):
                cells = [cell.strip() for cell in bare.strip("|").split("|")]
                yield " | ".join(cell for cell in cells if cell)[:_LONGEST]
        elif bare and not bare.startswith(("#", "<!--")):
            paragraph.append(bare.removeprefix("- ").replace("**", ""))
