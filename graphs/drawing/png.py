"""PNG: the SVG of a picture as pixels, by resvg, with fonts of our own so that text shows in any container."""

import re
from pathlib import Path

__all__ = ["png"]

FONTS = Path(__file__).parent / "fonts"
"""Latin, Greek and Cyrillic. Letters of other scripts are drawn where the system has a font for them."""
SHARPNESS = 2.0
"""Pixels for one of the SVG's; less where the picture would become too large."""
LONGEST_SIDE, MOST_PIXELS = 16_000, 12_000_000
"""No side and no picture gets more pixels; so many take about a second and 50 MB."""


def png(svg: str) -> bytes:
    """Return an SVG document of ours as a PNG."""
    import resvg_py

    found = re.match(r'<svg [^>]*?width="(\d+)" height="(\d+)"', svg)
    assert found is not None, "the document is not one of ours"
    across, down = int(found[1]), int(found[2])
    sharpness = min(SHARPNESS, LONGEST_SIDE / max(across, down), (MOST_PIXELS / (across * down)) ** 0.5)
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        width=max(1, int(across * sharpness)),
        height=max(1, int(down * sharpness)),
        font_files=[str(FONTS / "sans.ttf"), str(FONTS / "sans-bold.ttf")],
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
    )
