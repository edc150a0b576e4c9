"""Retrieved passages: numbered, as a model is shown them and as an answer cites them."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from graphs.conversation.messages import Citation
from graphs.passage_search.search_request import Hit

__all__ = ["Retrieved", "Source", "cited_sources", "read_sources", "sources_text"]

_MARK = re.compile(r"\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]")


class Source(Hit, frozen=True, kw_only=True):
    """A passage with its number in the run."""

    number: int

    def citation(self, start: int | None = None, end: int | None = None) -> Citation:
        """Return it as a citation, of a place of the answer where that is known."""
        url = self.metadata.get("url")
        title = " > ".join(dict.fromkeys((self.document_name, *self.heading)))
        return Citation(
            number=self.number,
            url=url if isinstance(url, str) else "",
            title=title,
            text=self.text,
            start=start,
            end=end,
            passage_id=self.passage_id,
            document_id=self.document_id,
            page=self.page,
        )


class Retrieved(Struct, frozen=True, kw_only=True):
    """What a search gave a run."""

    passages: tuple[Source, ...] = ()
    dropped_by_threshold: int = 0
    pending_documents: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def value(self) -> dict[str, Any]:
        """It as plain JSON, with the passages as one text that a model can read."""
        return {**msgspec.json.decode(msgspec.json.encode(self)), "text": sources_text(self.passages)}


def read_sources(value: Any) -> list[Source]:
    """Return the passages that a value of a flow holds: a list of them, or what a retrieve node gave.

    Raises:
        ValueError: it holds something else.
    """
    if isinstance(value, dict):
        value = value.get("passages")  # pyright: ignore[reportUnknownMemberType]: JSON of a flow
    if value is None:
        return []
    try:
        return msgspec.convert(value, list[Source], strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(
            f"Expected passages of a retrieve node, such as nodes.retrieve, found something else: {error}."
        ) from None


def sources_text(sources: Iterable[Source]) -> str:
    """Return passages as a model reads them, each after its number and its title."""
    return "\n\n".join(f"[{source.number}] {source.citation().title}\n{source.text}" for source in sources)


def cited_sources(text: str, sources: Sequence[Source]) -> list[Citation]:
    """Return what an answer cites: each mark such as ``[2]`` or ``[1, 3]`` with its place.

    An answer without a single mark rests on all that was shown: the sources without a place.
    """
    numbered = {source.number: source for source in sources}
    marked = [
        numbered[number].citation(mark.start(), mark.end())
        for mark in _MARK.finditer(text)
        for number in map(int, mark[1].split(","))
        if number in numbered
    ]
    return marked or [source.citation() for source in sources]
