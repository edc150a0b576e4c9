"""Placing: where in its row each item stands: straight below what it is tied to, in order, with room between.

By U. Brandes and B. Köpf, "Fast and Simple Horizontal Coordinate Assignment" (2001): members of neighbouring
rows that are each other's medians form columns, columns are packed, four times over from each side, and the
four results are averaged. Columns are packed along the graph of their neighbourhoods, which needs no classes.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from graphs.drawing.layers import Layers

__all__ = ["place"]

THIN = 14.0
"""Pixels between stand-ins, and between one and an item."""

Ties = list[list[int]]
Apart = Callable[[int, int], float]


def place(layers: Layers, gap: float) -> list[float]:
    """Return the x of each item and stand-in, the leftmost edge at 0; `gap` pixels are between items."""
    count = len(layers.items)
    if not count:
        return []
    crossed = _crossed(layers)
    results: list[list[float]] = []
    for down in (True, False):
        for rightwards in (True, False):
            step = 1 if rightwards else -1
            rows = [row[::step] for row in (layers.rows if down else layers.rows[::-1])]
            ties = layers.above if down else layers.below
            roots = _columns(rows, ties, crossed, count)
            xs = _packed(rows, roots, _distances(layers, gap, rightwards=rightwards), count)
            results.append(xs if rightwards else [-x for x in xs])
    _align(layers, results)
    xs = [sum(sorted(result[member] for result in results)[1:3]) / 2 for member in range(count)]
    left = min(x - item.left for x, item in zip(xs, layers.items, strict=True))
    return [x - left for x in xs]


def _distances(layers: Layers, gap: float, *, rightwards: bool) -> Apart:
    """Return what says how far neighbours of a row must be apart; the first is on the side begun from."""
    items = layers.items

    def apart(first: int, second: int) -> float:
        left, right = (first, second) if rightwards else (second, first)
        thin = items[left].height == 0 or items[right].height == 0
        return items[left].right + (THIN if thin else gap) + items[right].left

    return apart


def _crossed(layers: Layers) -> set[tuple[int, int]]:
    """Return the ties (upper, lower) that cross one between two stand-ins: those shall stay straight."""
    crossed: set[tuple[int, int]] = set()
    count = layers.count
    for upper, lower in zip(layers.rows, layers.rows[1:], strict=False):
        places = {member: index for index, member in enumerate(upper)}
        low, scanned = 0, 0
        for index, member in enumerate(lower):
            inner = (
                next((high for high in layers.above[member] if high >= count), -1) if member >= count else -1
            )
            if inner < 0 and index < len(lower) - 1:
                continue
            high = places[inner] if inner >= 0 else len(upper)
            for other in lower[scanned : index + 1]:
                for tied in layers.above[other]:
                    if not low <= places[tied] <= high and not (other >= count and tied >= count):
                        crossed.add((tied, other))
            scanned, low = index + 1, high
    return crossed


def _columns(
    rows: Sequence[Sequence[int]], ties: Ties, crossed: set[tuple[int, int]], count: int
) -> list[int]:
    """Return the first member of the column of each member."""
    roots = list(range(count))
    following = list(range(count))
    places = [0] * count
    for row in rows:
        for index, member in enumerate(row):
            places[member] = index
    for row in rows:
        last = -1
        for member in row:
            tied = sorted(ties[member], key=places.__getitem__)
            middle = (len(tied) - 1) // 2
            for each in tied[middle : len(tied) // 2 + 1]:
                free = following[member] == member and last < places[each]
                if free and (each, member) not in crossed and (member, each) not in crossed:
                    following[each] = member
                    following[member] = roots[member] = roots[each]
                    last = places[each]
    return roots


def _packed(rows: Sequence[Sequence[int]], roots: list[int], apart: Apart, count: int) -> list[float]:
    """Return an x for each member: its column as near to the first side as can be, then as near to the next
    column as can be, so that no hole is left between columns that belong together."""
    distances: dict[tuple[int, int], float] = {}
    for row in rows:
        for first, second in pairwise(row):
            pair = roots[first], roots[second]
            distances[pair] = max(distances.get(pair, 0.0), apart(first, second))
    following: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    missing = [0] * count
    for (first, second), distance in distances.items():
        following[first].append((second, distance))
        missing[second] += 1
    xs = [0.0] * count
    order = [root for root in dict.fromkeys(roots) if missing[root] == 0]
    for root in order:  # grows while it is walked
        for second, distance in following[root]:
            xs[second] = max(xs[second], xs[root] + distance)
            missing[second] -= 1
            if missing[second] == 0:
                order.append(second)
    for root in reversed(order):
        if following[root]:
            xs[root] = max(xs[root], min(xs[second] - distance for second, distance in following[root]))
    return [xs[root] for root in roots]


def _align(layers: Layers, results: list[list[float]]) -> None:
    """Shift the results onto the narrowest: those packed from the left by their left sides, the others by
    their right ones."""

    def sides(xs: list[float]) -> tuple[float, float]:
        both = [(x - item.left, x + item.right) for x, item in zip(xs, layers.items, strict=True)]
        return min(left for left, _ in both), max(right for _, right in both)

    found = [sides(xs) for xs in results]
    left, right = min(found, key=lambda both: both[1] - both[0])
    for number, xs in enumerate(results):
        shift = left - found[number][0] if number % 2 == 0 else right - found[number][1]
        results[number] = [x + shift for x in xs]
