"""Layout: a place for every box of a picture, regions inside the frames of their containers.

Each region is arranged by itself; in the level around it, it is one large item. That is exact, since no line
crosses a region's border but those of its container.
"""

from msgspec import Struct

from graphs.drawing.picture import Box, DrawLayout, Line, Picture
from graphs.drawing.region_rows import Item, Link, Point, arrange
from graphs.drawing.text_width import cut, width

__all__ = ["LABEL_HEIGHT", "LABEL_SIZE", "Frame", "Layout", "Place", "lay_out", "lines_of", "style_of"]

LABEL_SIZE = 10.5
LABEL_HEIGHT = 14.0
MOST_LABEL = 120.0
NARROWEST, WIDEST = 116.0, 250.0
PADDING = 14.0
"""Pixels between a box's border and its text."""
INSIDE = 16.0
"""Pixels between a frame and what is in it."""
COLUMN_GAP = 40.0
MOST_WIDTH, MOST_HEIGHT, WIDE = 1_400.0, 1_800.0, 2.0
"""A picture that is larger, and so many times longer in one direction, is laid out in another way."""
COMPACT = 0.5
"""Gaps of a compact picture, to the usual ones."""


class Place(Struct, frozen=True):
    """A rectangle, from its top left corner."""

    x: float
    y: float
    width: float
    height: float


class Frame(Struct, frozen=True):
    """The frame round a container and its region."""

    box: str
    place: Place


class Layout(Struct):
    """Where everything of a picture is; the top left corner is at (0, 0)."""

    width: float
    height: float
    boxes: dict[str, Place]
    frames: list[Frame]
    """Outer ones before those in them."""
    ways: dict[str, list[Point]]
    """Of each line that can be drawn: straight to the second point, curved to the third, and so on."""
    labels: dict[str, Point]
    """Middles of the labels of lines."""
    style: DrawLayout = "down"
    """Never ``auto``: how it is laid out."""


def lines_of(box: Box, *, compact: bool = False) -> list[tuple[str, float, bool]]:
    """Return what is written in a box: text, size in pixels, bold. A compact one has no second line."""
    lines = [(cut(box.label or box.id, WIDEST - 2 * PADDING, 13, bold=True), 13.0, True)]
    if compact:
        return lines
    if box.detail:
        lines.append((cut(box.detail, WIDEST - 2 * PADDING, 10.5), 10.5, False))
    if box.paint is not None:
        from graphs.drawing.painting import told  # only pictures of runs need it

        lines += [(cut(text, WIDEST - 2 * PADDING, 10.5), 10.5, False) for text in told(box.paint)]
    return lines


def lay_out(picture: Picture) -> Layout:
    """Return the layout of a picture; it takes about a second for a thousand boxes."""
    if picture.layout != "auto":
        return _Arrangement(picture, picture.layout).whole()
    down = _Arrangement(picture, "down").whole()
    if down.width > MOST_WIDTH and down.width > WIDE * down.height:
        right = _Arrangement(picture, "right").whole()
        return right if right.width < down.width else down
    if down.height > MOST_HEIGHT and down.height > WIDE * down.width:
        return _Arrangement(picture, "compact").whole()
    return down


def style_of(picture: Picture) -> DrawLayout:
    """Return how a picture is laid out, never ``auto``, for formats that others lay out."""
    return lay_out(picture).style if picture.layout == "auto" else picture.layout


class _Region(Struct):
    """A region once it is arranged: its own top left corner is at (0, 0)."""

    width: float
    height: float
    boxes: dict[str, Place]
    frames: list[Frame]
    ways: dict[str, list[Point]]
    labels: dict[str, Point]
    anchor: float = 0.0
    """Where links enter it, from its left edge."""


class _Arrangement:
    def __init__(self, picture: Picture, style: DrawLayout) -> None:
        self._style: DrawLayout = style
        self._turned = style == "right"
        labels = [label_width(line) for line in picture.lines] if self._turned else []
        self._label_height = max([*labels, 0.0]) + 4 if self._turned else LABEL_HEIGHT
        self._boxes = {box.id: box for box in picture.boxes}
        self._children: dict[str, list[str]] = {}
        for box in picture.boxes:
            self._children.setdefault(box.parent, []).append(box.id)
        self._lines: dict[str, list[Line]] = {}
        for line in picture.lines:
            if line.source in self._boxes and line.target in self._boxes:
                self._lines.setdefault(self._level(line), []).append(line)

    def whole(self) -> Layout:
        regions: dict[str, _Region] = {}
        for parent in self._inside_out():
            regions[parent] = self._arranged(parent, regions)
        top = regions[""]
        whole = Layout(top.width, top.height, top.boxes, top.frames, top.ways, top.labels, self._style)
        return _turned(whole) if self._turned else whole

    def _inside_out(self) -> list[str]:
        order = [""]
        for parent in order:  # grows while it is walked
            order += [child for child in self._children.get(parent, []) if child in self._children]
        return order[::-1]

    def _level(self, line: Line) -> str:
        """Return the container in whose region a line runs: that of both its ends, or that of one and the
        other itself."""
        source, target = self._boxes[line.source], self._boxes[line.target]
        if source.parent == line.target:
            return line.target
        if target.parent == line.source:
            return line.source
        return source.parent

    def _arranged(self, parent: str, regions: dict[str, _Region]) -> _Region:
        """Arrange what lies directly in a container, with the container itself on top of it."""
        members = [parent, *self._children[parent]] if parent else self._children.get("", [])
        lines = self._lines.get(parent, [])
        tied = {end for line in lines for end in (line.source, line.target)} | {parent}
        alone = [member for member in members if member not in tied]
        if len(alone) == len(members):
            alone = alone[1:] if len(alone) > 1 else []
        loose = set(alone)
        placed = [member for member in members if member not in loose]
        numbers = {member: number for number, member in enumerate(placed)}
        inner = {member: regions[member] for member in members if member in regions and member != parent}
        sizes = {member: self._size(member, inner.get(member)) for member in members}
        level = arrange(
            [sizes[member] for member in placed],
            [
                Link(
                    numbers[line.source],
                    numbers[line.target],
                    label=(LABEL_HEIGHT if line.label else 0.0) if self._turned else label_width(line),
                    back=line.back,
                )
                for line in lines
                if line.source in numbers and line.target in numbers
            ],
            label_height=self._label_height,
            spacing=COMPACT if self._style == "compact" else 1.0,
        )
        edge = INSIDE if parent else 0.0
        region = _Region(level.width + 2 * edge, level.height + 2 * edge, {}, [], {}, {})
        for member, (x, y) in zip(placed, level.places, strict=True):
            self._put(region, member, sizes[member], inner.get(member), x + edge, y + edge)
        drawn = [line for line in lines if line.source in numbers and line.target in numbers]
        for line, way, label in zip(drawn, level.ways, level.labels, strict=True):
            moved = [(x + edge, y + edge) for x, y in way]
            if line.target in inner and way[-1][1] <= level.places[numbers[line.target]][1]:
                moved[-1] = (
                    moved[-1][0],
                    moved[-1][1] + INSIDE,
                )  # through the frame, to the container itself
            region.ways[line.id] = moved
            if label is not None:
                region.labels[line.id] = (label[0] + edge, label[1] + edge)
        self._beside(region, alone, sizes, inner)
        if parent:
            place = region.boxes[parent]
            region.anchor = place.x + place.width / 2
        return region

    def _beside(
        self, region: _Region, alone: list[str], sizes: dict[str, Item], inner: dict[str, _Region]
    ) -> None:
        """Put boxes without lines, notes most of all, into columns on the right."""
        x, y, column = region.width + COLUMN_GAP, 0.0, 0.0
        lowest = max(region.height, 200.0)
        for member in alone:
            size = sizes[member]
            if y and y + size.height > lowest:
                x, y, column = x + column + 20, 0.0, 0.0
            self._put(region, member, size, inner.get(member), x + size.left, y)
            column = max(column, size.left + size.right)
            y += size.height + 20
            region.width = max(region.width, x + column)
            region.height = max(region.height, y - 20)

    def _put(
        self, region: _Region, member: str, size: Item, inner: _Region | None, x: float, y: float
    ) -> None:
        """Put a box, or a container with its whole region, at the x where links enter it."""
        left = x - size.left
        if inner is None:
            region.boxes[member] = Place(left, y, size.left + size.right, size.height)
            return
        region.frames.append(Frame(member, Place(left, y, inner.width, inner.height)))
        for id, place in inner.boxes.items():
            region.boxes[id] = Place(place.x + left, place.y + y, place.width, place.height)
        for frame in inner.frames:
            place = frame.place
            moved = Place(place.x + left, place.y + y, place.width, place.height)
            region.frames.append(Frame(frame.box, moved))
        for id, way in inner.ways.items():
            region.ways[id] = [(px + left, py + y) for px, py in way]
        for id, (px, py) in inner.labels.items():
            region.labels[id] = (px + left, py + y)

    def _size(self, member: str, inner: _Region | None) -> Item:
        if inner is not None:
            return Item(inner.anchor, inner.width - inner.anchor, inner.height)
        lines = lines_of(self._boxes[member], compact=self._style == "compact")
        widest = max(width(text, size, bold=bold) for text, size, bold in lines)
        across = min(WIDEST, max(NARROWEST, widest + 2 * PADDING))
        down = 14 + sum(size + 4.5 for _, size, _ in lines)
        return Item(down / 2, down / 2, across) if self._turned else Item(across / 2, across / 2, down)


def _turned(layout: Layout) -> Layout:
    """Return a layout with across and down exchanged."""

    def turned(place: Place) -> Place:
        return Place(place.y, place.x, place.height, place.width)

    return Layout(
        layout.height,
        layout.width,
        {id: turned(place) for id, place in layout.boxes.items()},
        [Frame(frame.box, turned(frame.place)) for frame in layout.frames],
        {id: [(y, x) for x, y in way] for id, way in layout.ways.items()},
        {id: (y, x) for id, (x, y) in layout.labels.items()},
        layout.style,
    )


def label_width(line: Line) -> float:
    """Return the width of a line's label, as far as it is shown; 0 without one."""
    return width(cut(line.label, MOST_LABEL, LABEL_SIZE), LABEL_SIZE) + 8 if line.label else 0.0
