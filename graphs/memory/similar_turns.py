"""Similar turns: earlier turns of a session whose meaning is near to the question.

Of each turn the signs of its vector's numbers are kept in the session's state, a bit each, so that a long
session stays small: 64 bytes for 512 numbers. The angle between two vectors is estimated from the bits that
differ (Charikar, "Similarity estimation techniques from rounding algorithms", STOC 2002).
"""

import math
from base64 import b85decode, b85encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from graphs.embeddings.embedder import Embedded
from graphs.expressions import message_text
from graphs.passage_search.calibration import Calibration, calibration_of

__all__ = ["Embed", "Found", "find_similar", "introduce_turns"]

Embed = Callable[[Sequence[str]], Awaitable[Embedded]]
"""From texts to their vectors, booked on the run."""
REMEMBERED = 1_000
"""Turns that are looked through: the latest."""
AT_ONCE = 100
"""Turns that one request embeds; what is left of a long history waits for the next turns."""
LONGEST = 2_000
"""Characters of a turn that are embedded and shown."""


class Turn(Struct, frozen=True):
    """A message of the user and what was answered."""

    id: str
    text: str


class Found(Struct, frozen=True):
    """Turns that are near to the question, in the order of the session, and what the session keeps of all."""

    turns: list[str]
    kept: dict[str, Any] | None
    """The state's new ``turns``; None where it stays as it is."""


async def find_similar(
    history: Sequence[Mapping[str, Any]],
    question: str,
    kept: Mapping[str, Any],
    embed: Embed,
    *,
    most: int,
    threshold: float | None,
) -> Found:
    """Return the turns of a history that are nearest to a question.

    Args:
        history: Messages that the model is not shown anyway, as plain JSON.
        question: What is asked now.
        kept: ``turns`` of the session's state: the fingerprint of the vectors, and bits by message id.
        embed: Embeds texts.
        most: How many turns to find.
        threshold: The least similarity, 0 to 1 as for knowledge bases; None for none.

    Raises:
        NodeError: the texts could not be embedded.
    """
    turns = _turns(history)[-REMEMBERED:]
    if not turns or not question.strip():
        return Found([], None)
    known: dict[str, str] = dict(kept.get("bits", {}))
    new = [turn for turn in turns if turn.id not in known][-AT_ONCE:]
    embedded = await embed([question[:LONGEST], *(turn.text for turn in new)])
    fingerprint = str(embedded.fingerprint)
    if known and kept.get("fingerprint") != fingerprint:  # another model: its bits say nothing of these
        known, new = {}, turns[-AT_ONCE:]
        embedded = await embed([question[:LONGEST], *(turn.text for turn in new)])
    asked, *vectors = embedded.vectors
    bits = {turn.id: known[turn.id] for turn in turns if turn.id in known}
    bits |= {turn.id: _packed(vector) for turn, vector in zip(new, vectors, strict=True)}
    wanted, dimensions = _bits(asked), len(asked)
    scale = calibration_of(embedded.fingerprint.provider, embedded.fingerprint.model) or Calibration()
    scores = {
        id: _score(wanted, int.from_bytes(b85decode(one)), dimensions, scale) for id, one in bits.items()
    }
    near = sorted(
        (id for id, score in scores.items() if threshold is None or score >= threshold),
        key=lambda id: -scores[id],
    )[:most]
    changed = bits.keys() != kept.get("bits", {}).keys() or bool(new)
    return Found(
        [turn.text for turn in turns if turn.id in near],
        {"fingerprint": fingerprint, "bits": bits} if changed else None,
    )


def introduce_turns(turns: Sequence[str]) -> str:
    """Return earlier turns as a note before the conversation; empty for none."""
    if not turns:
        return ""
    shown = "\n---\n".join(turns)
    return f"[Earlier in our conversation]\n{shown}\n[End of what was earlier]\n\n"


def _turns(history: Sequence[Mapping[str, Any]]) -> list[Turn]:
    found: list[Turn] = []
    lines: list[str] = []
    id = ""
    for message in [*history, {"role": "user"}]:
        if message["role"] == "user":
            if id and lines:
                found.append(Turn(id, "\n".join(lines)[:LONGEST]))
            id, lines = str(message.get("id", "")), []
        text = message_text(message.get("content", "")).strip()
        if text and message["role"] in ("user", "assistant"):
            lines.append(f"{'User' if message['role'] == 'user' else 'Assistant'}: {text}")
    return found


def _bits(vector: Sequence[float]) -> int:
    return sum(1 << place for place, number in enumerate(vector) if number > 0)


def _packed(vector: Sequence[float]) -> str:
    return b85encode(_bits(vector).to_bytes((len(vector) + 7) // 8)).decode()


def _score(one: int, other: int, dimensions: int, scale: Calibration) -> float:
    cosine = math.cos(math.pi * (one ^ other).bit_count() / dimensions)
    return min(1.0, max(0.0, (cosine - scale.low) / (scale.high - scale.low)))
