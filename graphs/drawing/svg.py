"""SVG: a picture laid out here and drawn with plain shapes, without styles, scripts or anything fetched."""

from collections.abc import Iterator
from itertools import pairwise

from graphs.drawing.layout import LABEL_SIZE, MOST_LABEL, Frame, Layout, Place, lay_out, lines_of
from graphs.drawing.painting import summary
from graphs.drawing.picture import Box, Line, Picture
from graphs.drawing.region_rows import Point
from graphs.drawing.styles import STATES, look_of, shape_of
from graphs.drawing.text_width import cut, one_line, width

__all__ = ["escaped", "svg"]

MARGIN = 24.0
FONT = "DejaVu Sans, Verdana, sans-serif"
INK, FAINT, BOLD_INK = "#5b6675", "#c3cad3", "#1f7a38"
LONGEST_HINT = 2_000
"""Characters of what a viewer shows when it points at a box."""


def svg(picture: Picture) -> str:
    """Return a picture as an SVG document."""
    layout = lay_out(picture)
    heading = _heading(picture)
    top = MARGIN + (8 + 19 * len(heading) if heading else 0)
    across = max(layout.width, *(width(text, size, bold=bold) for text, size, bold, _ in heading), 60.0)
    size = (round(across + 2 * MARGIN), round(layout.height + top + MARGIN))
    title = escaped(picture.title or "Flow")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'viewBox="0 0 {size[0]} {size[1]}" role="img" aria-label="{title}" font-family="{FONT}">',
        f"<title>{title}</title>",
        "<defs>",
        *(_arrow(name, colour) for name, colour in (("on", INK), ("off", FAINT), ("way", BOLD_INK))),
        "</defs>",
        f'<rect width="{size[0]}" height="{size[1]}" fill="#ffffff"/>',
    ]
    for number, (text, font, bold, colour) in enumerate(heading):
        weight = ' font-weight="bold"' if bold else ""
        parts.append(
            f'<text x="{_n(MARGIN)}" y="{_n(MARGIN + 12 + 19 * number)}" font-size="{_n(font)}"{weight} '
            f'fill="{colour}">{escaped(text)}</text>'
        )
    parts.append(f'<g transform="translate({_n(MARGIN)},{_n(top)})">')
    parts += _body(picture, layout)
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def escaped(text: str) -> str:
    """Return text for an element or an attribute, on one line."""
    text = one_line(text)
    for letter, code in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("'", "&#39;")):
        text = text.replace(letter, code)
    return text


def _heading(picture: Picture) -> list[tuple[str, float, bool, str]]:
    lines = [(cut(picture.title, 600, 14, bold=True), 14.0, True, "#0f172a")] if picture.title else []
    if picture.run is not None:
        lines.append((summary(picture.run), 11.5, False, INK))
        if picture.run.error:
            lines.append((cut(picture.run.error, 700, 11.5), 11.5, False, STATES["failed"].border))
    return lines


def _body(picture: Picture, layout: Layout) -> Iterator[str]:
    boxes = {box.id: box for box in picture.boxes}
    frames = {frame.box for frame in layout.frames}
    for frame in sorted(layout.frames, key=lambda frame: -frame.place.width * frame.place.height):
        yield _frame(frame, boxes[frame.box])
    drawn = [line for line in picture.lines if line.id in layout.ways]
    for line in sorted(drawn, key=lambda line: bool(line.taken)):  # the way that was taken lies on top
        yield _line(line, layout.ways[line.id], turned=layout.style == "right")
    compact = layout.style == "compact"
    for box in picture.boxes:
        yield from _box(box, layout.boxes[box.id], frames=box.id in frames, compact=compact)
    for line in drawn:
        if line.id in layout.labels:
            yield _label(line, layout.labels[line.id])


def _frame(frame: Frame, box: Box) -> str:
    place = frame.place
    look = look_of(box)
    return (
        f'<rect x="{_n(place.x)}" y="{_n(place.y)}" width="{_n(place.width)}" height="{_n(place.height)}" '
        f'rx="12" fill="{look.border}" fill-opacity="0.05" stroke="{look.border}" stroke-opacity="0.6" '
        'stroke-dasharray="5 4"/>'
    )


def _line(line: Line, way: list[Point], *, turned: bool) -> str:
    name, colour = ("on", INK) if line.taken is None else ("way", BOLD_INK) if line.taken else ("off", FAINT)
    dashes = ' stroke-dasharray="4 3"' if line.back or line.inner else ""
    stroke = 2 if line.taken else 1.3
    return (
        f'<path d="{_path(way, turned=turned)}" fill="none" stroke="{colour}" '
        f'stroke-width="{stroke}"{dashes} marker-end="url(#{name})"/>'
    )


def _path(way: list[Point], *, turned: bool) -> str:
    """Return a way as a path: it leaves and arrives downwards, in a turned picture to the right."""
    across, down = ("V", "H") if turned else ("H", "V")

    def at(x: float, y: float) -> str:
        return f"{_n(y)} {_n(x)}" if turned else f"{_n(x)} {_n(y)}"

    if turned:
        way = [(y, x) for x, y in way]
    if len(way) == 3:
        (x, y), (lane, _), (to_x, to_y) = way
        side = 8 if to_y >= y else -8
        return (
            f"M{at(x, y)}{across}{_n(lane - 8)}Q{at(lane, y)} {at(lane, y + side)}"
            f"{down}{_n(to_y - side)}Q{at(lane, to_y)} {at(lane - 8, to_y)}{across}{_n(to_x)}"
        )
    parts = [f"M{at(*way[0])}"]
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(way)):
        if number % 2 == 0 or abs(to_x - x) < 0.6:
            if (x, y) != (to_x, to_y):
                parts.append(f"L{at(to_x, to_y)}")
        else:
            middle = (y + to_y) / 2
            parts.append(f"C{at(x, middle)} {at(to_x, middle)} {at(to_x, to_y)}")
    return "".join(parts)


def _box(box: Box, place: Place, *, frames: bool, compact: bool) -> Iterator[str]:
    look = look_of(box)
    dashes = ' stroke-dasharray="4 3"' if box.paint is not None and box.paint.state == "pending" else ""
    paint = f'fill="{look.fill}" stroke="{look.border}" stroke-width="1.4"{dashes}'
    yield f"<g><title>{_hint(box)}</title>"
    yield _outline(box, place, paint, frames=frames)
    y = place.y + 7
    for text, size, bold in lines_of(box, compact=compact):
        y += size + 2.25
        weight = ' font-weight="bold"' if bold else ' fill-opacity="0.8"'
        yield (
            f'<text x="{_n(place.x + place.width / 2)}" y="{_n(y)}" font-size="{_n(size)}"{weight} '
            f'text-anchor="middle" fill="{look.text}">{escaped(text)}</text>'
        )
        y += 2.25
    yield "</g>"


def _outline(box: Box, place: Place, paint: str, *, frames: bool) -> str:
    x, y, across, down = place.x, place.y, place.width, place.height
    match shape_of(box, frames=frames):
        case "choice":
            point = min(12.0, down / 3)
            corners = [
                (x + point, y),
                (x + across - point, y),
                (x + across, y + down / 2),
                (x + across - point, y + down),
                (x + point, y + down),
                (x, y + down / 2),
            ]
            return f'<polygon points="{" ".join(f"{_n(px)},{_n(py)}" for px, py in corners)}" {paint}/>'
        case "note":
            fold = f"M{_n(x)} {_n(y)}H{_n(x + across - 12)}L{_n(x + across)} {_n(y + 12)}V{_n(y + down)}"
            return f'<path d="{fold}H{_n(x)}Z" {paint}/>'
        case shape:
            radius = {"pill": down / 2, "round": 14.0}.get(shape, 6.0)
            return (
                f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(across)}" height="{_n(down)}" '
                f'rx="{_n(radius)}" {paint}/>'
            )


def _hint(box: Box) -> str:
    parts = [box.label, box.id, box.detail]
    if box.paint is not None:
        parts += [box.paint.state, box.paint.error]
    return escaped(" · ".join(dict.fromkeys(part[:LONGEST_HINT] for part in parts if part)))


def _label(line: Line, middle: Point) -> str:
    colour = FAINT if line.taken is False else BOLD_INK if line.taken else INK
    text = cut(line.label, MOST_LABEL, LABEL_SIZE)
    across = width(text, LABEL_SIZE) + 4
    return (
        f'<rect x="{_n(middle[0] - across / 2)}" y="{_n(middle[1] - 7)}" width="{_n(across)}" height="14" '
        'fill="#ffffff" fill-opacity="0.92"/>'
        f'<text x="{_n(middle[0])}" y="{_n(middle[1] + 3.6)}" font-size="{LABEL_SIZE}" text-anchor="middle" '
        f'fill="{colour}">{escaped(text)}</text>'
    )


def _arrow(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5L8 4L0 7.5Z" fill="{colour}"/></marker>'
    )


def _n(value: float) -> str:
    """Return a number with one digit after the point at most: the same on every machine."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "-0" if value <= -0.05 else "0")
