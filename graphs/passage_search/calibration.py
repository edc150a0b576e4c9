"""Calibration: from a model's cosines to scores of 0 to 1 that mean about the same for every model."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from graphs.passage_search.blocks import Block

__all__ = ["Calibration", "calibration_of"]

_SAMPLE = 256
"""Passages that are compared where a model is not known."""
_DEVIATIONS = 4.5
"""How far above chance, in standard deviations, a passage is that answers a question for sure."""


class Calibration(Struct, frozen=True):
    """The cosines that count as 0 and as 1."""

    low: float = 0.0
    high: float = 1.0

    def scores(self, cosines: Any) -> Any:
        """Return cosines, an array, as scores."""
        import numpy as np

        return np.clip((cosines - self.low) / (self.high - self.low), 0, 1)

    @classmethod
    def of_blocks(cls, blocks: Sequence[Block]) -> "Calibration":
        """Return what the passages' own vectors say: how similar two are that have nothing in common."""
        import numpy as np

        total = sum(len(block) for block in blocks)
        if total < 16:
            return cls()
        share = max(1, total // _SAMPLE)
        vectors = np.concatenate([block.vectors[::share][:_SAMPLE] for block in blocks])[: 2 * _SAMPLE]
        if len(vectors) < 2:
            return cls()
        values = vectors.astype(np.float32)
        values /= np.linalg.norm(values, axis=1, keepdims=True) + 1e-9
        cosines = (values @ values.T)[np.triu_indices(len(values), 1)]
        low = float(np.median(cosines))
        return cls(low, min(1.0, max(low + 0.05, low + _DEVIATIONS * float(cosines.std()))))


_KNOWN = {"local/use-multilingual-v3": Calibration(0.05, 0.55)}
"""By provider and model; measured with the questions of docs/retrieval.md."""


def calibration_of(provider: str, model: str) -> Calibration | None:
    """Return what is known of a model; None where its vectors have to say it (`Calibration.of_blocks`)."""
    return _KNOWN.get(f"{provider}/{model}")
