"""A level of a drawing: the items of one region placed in rows, and the ways of the links between them."""

from collections.abc import Sequence

from msgspec import Struct

from graphs.drawing.layers import Item, Layers, Link, stack
from graphs.drawing.ordering import order
from graphs.drawing.placing import place

__all__ = ["Item", "Level", "Link", "Point", "arrange"]

Point = tuple[float, float]

GAP = 36.0
"""Pixels between neighbours in a row."""
ROW_GAP = 34.0
"""Pixels between two rows; more where links between them lead far aside."""
MOST_ROW_GAP = 110.0
BESIDE = 16.0
"""How far a way back keeps aside at both of its ends, so that it is not taken for a way there."""
LANE = 10.0
"""Pixels between links that are led round the outside."""
LANES = 24


class Level(Struct):
    """Where everything is, from the top left corner of the level."""

    width: float
    height: float
    places: list[Point]
    """Of each item, where links enter it: its top, at the x that it reaches left and right from."""
    ways: list[list[Point]]
    """Of each link. An even number of points: straight from the first to the second, curved to the third,
    straight again. Three points: from the first sideways to the x of the second, then to the third."""
    labels: list[Point | None]
    """Of each link, the middle of its label."""


def arrange(
    items: Sequence[Item], links: Sequence[Link], *, label_height: float, spacing: float = 1.0
) -> Level:
    """Return the places of items and the ways of links between them.

    Args:
        items: What is placed, by number.
        links: The links.
        label_height: How much of a row a label takes.
        spacing: How large gaps are: 1 for the usual ones.
    """
    layers = stack(items, links, label_height=label_height)
    order(layers)
    xs = place(layers, GAP * spacing)
    tops, heights = _tops(layers, xs, spacing)
    ys = [
        tops[layers.row[member]] + (heights[layers.row[member]] - layers.items[member].height) / 2
        for member in range(len(layers.items))
    ]
    right = max((x + item.right for x, item in zip(xs, layers.items, strict=True)), default=0.0)
    bottom = tops[-1] + heights[-1] if tops else 0.0
    drawing = _Drawing(layers, xs, ys, tops, heights, right)
    level = Level(right, bottom, [(xs[n], ys[n]) for n in range(len(items))], [], [])
    for number, link in enumerate(links):
        level.ways.append(drawing.way(number, link))
        stand_in = layers.labels[number]
        middle = None if stand_in < 0 else (xs[stand_in], ys[stand_in] + label_height / 2)
        if link.label and middle is None:  # led round the outside
            x, y = level.ways[-1][0]
            middle = (x + link.label / 2 + 6, y + label_height / 2 + 2)
        level.labels.append(middle)
    level.width = max(right, *(x for way in level.ways for x, _ in way), 0.0)
    return level


class _Drawing:
    def __init__(
        self,
        layers: Layers,
        xs: list[float],
        ys: list[float],
        tops: list[float],
        heights: list[float],
        right: float,
    ) -> None:
        self._layers = layers
        self._xs = xs
        self._ys = ys
        self._tops = tops
        self._heights = heights
        self._right = right
        self._outside = 0

    def way(self, number: int, link: Link) -> list[Point]:
        """Return the way of a link, from its source to its target."""
        chain = self._layers.chains[number]
        if not chain:
            return self._round(link)
        turned = self._layers.turned[number]
        aside = BESIDE if turned else 0.0
        points: list[Point] = []
        for position, member in enumerate(chain):
            row = self._layers.row[member]
            x, y = self._xs[member], self._ys[member]
            top, bottom = self._tops[row], self._tops[row] + self._heights[row]
            if position == 0:
                points += [(x + aside, y + self._layers.items[member].height), (x + aside, bottom)]
            elif position == len(chain) - 1:
                points += [(x + aside, top), (x + aside, y)]
            else:
                points += [(x, top), (x, bottom)]
        return points[::-1] if turned else points

    def _round(self, link: Link) -> list[Point]:
        """Lead a link round the right side of everything."""
        lane = self._right + 24 + LANE * (self._outside % LANES)
        self._outside += 1
        source, target = self._layers.items[link.source], self._layers.items[link.target]
        x, y = self._xs[link.source] + source.right, self._ys[link.source] + source.height / 2
        to_x, to_y = self._xs[link.target] + target.right, self._ys[link.target] + target.height / 2
        if link.source == link.target:
            y, to_y = y + 8, to_y - 8
        return [(x, y), (lane, (y + to_y) / 2), (to_x, to_y)]


def _tops(layers: Layers, xs: list[float], spacing: float) -> tuple[list[float], list[float]]:
    """Return the top and the height of each row."""
    heights = [max((layers.items[member].height for member in row), default=0.0) for row in layers.rows]
    tops: list[float] = []
    here = 0.0
    for number, row in enumerate(layers.rows):
        tops.append(here)
        aside = max(
            (abs(xs[low] - xs[member]) for member in row for low in layers.below[member]), default=0.0
        )
        here += heights[number] + spacing * min(MOST_ROW_GAP, ROW_GAP + aside / 14)
    return tops, heights
