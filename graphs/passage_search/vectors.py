"""Vectors as they are stored: signed 8-bit numbers and a scale."""

from collections.abc import Sequence
from typing import Any

__all__ = ["HEADING_SHARE", "quantize", "unit", "with_heading"]

HEADING_SHARE = {"local": 0.35}
"""By provider how much the vector of its headings counts beside a passage's own, measured with the questions
of docs/retrieval.md. A model that averages its words loses a short heading in a long passage."""


def quantize(vector: Sequence[float]) -> tuple[bytes, float]:
    """Return a vector of length 1 as one signed byte a number, and what to multiply each with.

    Raises:
        ValueError: it has no direction, or numbers that are not finite.
    """
    import numpy as np

    values = unit(vector)
    scale = float(np.abs(values).max()) / 127
    return np.rint(values / scale).astype(np.int8).tobytes(), scale


def unit(vector: Sequence[float]) -> Any:
    """Return a vector with length 1, as a float32 array.

    Raises:
        ValueError: it has no direction, or numbers that are not finite.
    """
    import numpy as np

    values = np.asarray(vector, dtype=np.float32)
    length = float(np.linalg.norm(values))
    if not np.isfinite(length) or length == 0:
        raise ValueError("Expected an embedding of finite numbers that are not all 0.")
    return values / length


def with_heading(vector: Sequence[float], heading: Sequence[float], share: float) -> Any:
    """Return the vector of a passage moved towards that of its headings.

    Raises:
        ValueError: one has no direction, or numbers that are not finite.
    """
    return unit(vector) + share * unit(heading)
