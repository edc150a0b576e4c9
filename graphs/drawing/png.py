"""PNG: the SVG of a picture as pixels, by resvg, with fonts of our own so that text shows anywhere."""

import re
from pathlib import Path

__all__ = ["png"]

FONTS = Path(__file__).parent / "fonts"
"""Latin, Greek and Cyrillic. Letters of other scripts are drawn where the system has a font for them."""
SHARPNESS = 2.0
"""Pixels for one of the SVG's; less where the picture would become too large."""
LONGEST_SIDE, MOST_PIXELS = 16_000, 12_000_000
"""No side and no picture gets more pixels; so many take about a second and 50 MB."""

MOST_WORK = 4_000_000_000
"""Pixels times lines: what has thousands of lines gets fewer pixels, so that it is done within seconds."""
LEAST_STROKE = 1.1
"""Pixels that a line is wide at least: thinner ones vanish, and take resvg five times as long."""
STROKE = re.compile(r'stroke-width="([0-9.]+)"')


def png(svg: str) -> bytes:
    """Return an SVG document of ours as a PNG."""
    import resvg_py

    found = re.match(r'<svg [^>]*?width="(\d+)" height="(\d+)"', svg)
    assert found is not None, "the document is not one of ours"
    across, down = int(found[1]), int(found[2])
    pixels = min(MOST_PIXELS, MOST_WORK / max(1, svg.count("<path ")))
    sharpness = min(SHARPNESS, LONGEST_SIDE / max(across, down), (pixels / (across * down)) ** 0.5)
    least = LEAST_STROKE / sharpness
    svg = STROKE.sub(lambda stroke: f'stroke-width="{max(float(stroke[1]), least):.1f}"', svg)
    return resvg_py.svg_to_bytes(
        svg_string=svg,
        width=max(1, int(across * sharpness)),
        height=max(1, int(down * sharpness)),
        font_files=[str(FONTS / "sans.ttf"), str(FONTS / "sans-bold.ttf")],
        font_family="DejaVu Sans",
        sans_serif_family="DejaVu Sans",
    )
