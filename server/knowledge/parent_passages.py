"""Parent passages: the section around each hit, in place of the passage alone."""

from collections.abc import Sequence

from msgspec import structs

from graphs.passage_search.search_request import Hit
from persistence.knowledge.passages import Passages, StoredPassage, passage_place

__all__ = ["with_sections"]

_SHORTEST = 100
"""Characters of the shortest passages, about: how many may lie in a section."""
_REACH = 50
"""Passages before and after a hit that are read."""


async def with_sections(passages: Passages, hits: Sequence[Hit], most: int) -> list[Hit]:
    """Return hits with the text of the section around them: passages under the same headings, in order.

    A hit that lies in the section of a better one is left out.

    Args:
        passages: Where they are.
        hits: What a search found, the best first.
        most: Characters of a section. A longer one is cut at passages, around the hit.
    """
    found: list[Hit] = []
    covered: set[tuple[str, int]] = set()
    for hit in hits:
        place = passage_place(hit.passage_id)
        if place is None or place in covered:
            continue
        generation, number = place
        reach = min(_REACH, most // _SHORTEST)
        near = await passages.read(generation, max(0, number - reach), number + reach + 1)
        section = _section(near, number, most, covered, generation)
        covered |= {(generation, passage.number) for passage in section}
        if len(section) < 2:
            found.append(hit)
            continue
        first, last = section[0], section[-1]
        found.append(
            structs.replace(hit, text=_joined(section), start=first.start, end=last.end, page=first.page)
        )
    return found


def _section(
    near: Sequence[StoredPassage], number: int, most: int, covered: set[tuple[str, int]], generation: str
) -> list[StoredPassage]:
    """Return the passages around one that belong to it, by turns after and before it."""
    by_number = {passage.number: passage for passage in near}
    own = by_number.get(number)
    if own is None:
        return []
    section = [own]
    ahead, behind = True, True
    while ahead or behind:
        for after in (True, False):
            if not (ahead if after else behind):
                continue
            next = by_number.get(section[-1].number + 1 if after else section[0].number - 1)
            start = min(section[0].start, next.start if next else section[0].start)
            end = max(section[-1].end, next.end if next else section[-1].end)
            fits = (
                next is not None
                and next.heading == own.heading
                and (generation, next.number) not in covered
                and end - start <= most
            )
            if fits and next is not None:
                section = [*section, next] if after else [next, *section]
            elif after:
                ahead = False
            else:
                behind = False
    return section


def _joined(section: Sequence[StoredPassage]) -> str:
    """Return the text of passages that follow each other; what two share is there once."""
    text, end = section[0].text, section[0].end
    for passage in section[1:]:
        shared = max(0, end - passage.start)
        text += passage.text[shared:] if shared else f"\n\n{passage.text}"
        end = max(end, passage.end)
    return text
