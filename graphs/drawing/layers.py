"""Layers: which row each item of a drawing stands in, with stand-ins wherever a link passes a row.

The first two steps of Sugiyama's method (K. Sugiyama, S. Tagawa, M. Toda, 1981): links that would close a
circle are turned round, then every item gets a row below all that lead to it.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise

from msgspec import Struct

__all__ = ["MAX_STAND_INS", "Item", "Layers", "Link", "stack"]

MAX_STAND_INS = 12_000
"""How many stand-ins a drawing may have. The longest links beyond that are led round the outside."""

WIDEST_ROW = 14
"""Items in a row: a picture of a hundred branches side by side could not be read."""


class Item(Struct, frozen=True):
    """Something to be placed: how far it reaches to the left and right of the line that links meet it on."""

    left: float
    right: float
    height: float


class Link(Struct, frozen=True):
    """A link from one item to another, both by number."""

    source: int
    target: int
    label: float = 0.0
    """Width of what is written at it; 0 for nothing."""
    back: bool = False
    """True for one that is known to lead back."""


class Layers(Struct):
    """Items and stand-ins in rows."""

    count: int
    """How many are items; higher numbers are stand-ins."""
    items: list[Item]
    rows: list[list[int]]
    row: list[int]
    """The row of each item and stand-in."""
    above: list[list[int]]
    """Of each, what it is tied to in the row above."""
    below: list[list[int]]
    chains: list[list[int]]
    """Of each link, what it passes from the top down, ends included; empty for one led round the outside."""
    turned: list[bool]
    """Whether a link's chain runs against the link."""
    labels: list[int]
    """Of each link, the stand-in that its label stands at; -1 without a label."""


def stack(items: Sequence[Item], links: Sequence[Link], *, label_height: float) -> Layers:
    """Return items in rows, in the order in which they are given where nothing else says it."""
    turned = _turned(len(items), links)
    ends = [
        (link.target, link.source) if turn else (link.source, link.target)
        for link, turn in zip(links, turned, strict=True)
    ]
    lengths = [2 if link.label else 1 for link in links]
    row = _rows(len(items), ends, lengths)
    layers = Layers(
        count=len(items),
        items=list(items),
        rows=[[] for _ in range(max(row, default=-1) + 1)],
        row=row,
        above=[[] for _ in items],
        below=[[] for _ in items],
        chains=[[] for _ in links],
        turned=turned,
        labels=[-1] * len(links),
    )
    for item, number in enumerate(row):
        layers.rows[number].append(item)
    spans = [row[low] - row[high] for high, low in ends]
    led_round = _too_long(spans)
    for number, link in enumerate(links):
        if number not in led_round and link.source != link.target:
            _chain(layers, number, ends[number], link, label_height)
    return layers


def _too_long(spans: Sequence[int]) -> set[int]:
    """Return the links that there are not enough stand-ins for."""
    spare = MAX_STAND_INS
    left: set[int] = set()
    for number in sorted(range(len(spans)), key=lambda number: (spans[number], number)):
        spare -= spans[number] - 1
        if spare < 0 and spans[number] > 2:
            left.add(number)
    return left


def _chain(layers: Layers, number: int, ends: tuple[int, int], link: Link, label_height: float) -> None:
    """Tie the ends of a link to each other by a stand-in in every row between them."""
    high, low = ends
    chain = [high]
    labelled = 0
    if link.label:  # next to where it leaves, so that it is read with the choice that it names
        labelled = layers.row[low] - 1 if layers.turned[number] else layers.row[high] + 1
    for row in range(layers.row[high] + 1, layers.row[low]):
        stand_in = len(layers.items)
        if link.label and row == labelled:
            layers.items.append(Item(link.label / 2, link.label / 2, label_height))
            layers.labels[number] = stand_in
        else:
            layers.items.append(Item(0, 0, 0))
        layers.row.append(row)
        layers.rows[row].append(stand_in)
        layers.above.append([])
        layers.below.append([])
        chain.append(stand_in)
    chain.append(low)
    for upper, lower in pairwise(chain):
        layers.below[upper].append(lower)
        layers.above[lower].append(upper)
    layers.chains[number] = chain


def _turned(count: int, links: Sequence[Link]) -> list[bool]:
    """Return which links to turn round so that no circle is left: those said to lead back, and any more."""
    following: list[list[int]] = [[] for _ in range(count)]
    entered = [False] * count
    for number, link in enumerate(links):
        if not link.back and link.source != link.target:
            following[link.source].append(number)
            entered[link.target] = True
    turned = [link.back for link in links]
    state = [0] * count  # 1: on the way from a first item to here, 2: done
    for first in sorted(range(count), key=lambda item: entered[item]):
        if state[first]:
            continue
        state[first] = 1
        way = [(first, iter(following[first]))]
        while way:
            item, numbers = way[-1]
            number = next(numbers, None)
            if number is None:
                state[item] = 2
                way.pop()
            elif state[target := links[number].target] == 1:
                turned[number] = True
            elif state[target] == 0:
                state[target] = 1
                way.append((target, iter(following[target])))
    return turned


def _rows(count: int, ends: Sequence[tuple[int, int]], lengths: Sequence[int]) -> list[int]:
    """Return the row of each item: below all that lead to it, and near what follows it."""
    following: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    missing = [0] * count
    for (high, low), length in zip(ends, lengths, strict=True):
        if high != low:
            following[high].append((low, length))
            missing[low] += 1
    entering = missing.copy()
    rows = [0] * count
    order = [item for item in range(count) if missing[item] == 0]
    for item in order:  # grows while it is walked
        for low, length in following[item]:
            rows[low] = max(rows[low], rows[item] + length)
            missing[low] -= 1
            if missing[low] == 0:
                order.append(low)
    for item in reversed(order):
        if following[item] and len(following[item]) > entering[item]:
            rows[item] = min(rows[low] - length for low, length in following[item])
    return _staggered(rows)


def _staggered(rows: Sequence[int]) -> list[int]:
    """Return rows none of which is too wide: the members of a wide one take turns on several."""
    members = Counter(rows)
    parts = [-(-members[row] // WIDEST_ROW) for row in range(max(rows, default=-1) + 1)]
    tops = [0, *accumulate(max(1, part) for part in parts)]
    met: Counter[int] = Counter()
    staggered: list[int] = []
    for row in rows:
        staggered.append(tops[row] + met[row] % max(1, parts[row]))
        met[row] += 1
    first = min(staggered, default=0)
    return [row - first for row in staggered]
