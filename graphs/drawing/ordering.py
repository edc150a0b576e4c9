"""Ordering: who stands left of whom in each row, so that few links cross.

Sweeps down and up by barycentres, each row by the row before, then swaps of neighbours; the best is kept.
"""

from bisect import bisect_right, insort

from graphs.drawing.layers import Layers

__all__ = ["order"]

WORK = 600_000
"""Ties that are looked at in all sweeps together: more rounds for small drawings than for large ones."""
ROUNDS = 24
SWAPPED = 1_500
"""Ties up to which neighbours are swapped too."""


def order(layers: Layers) -> None:
    """Put every row of `layers` in order."""
    ties = sum(map(len, layers.below))
    if not ties:
        return
    _walk(layers)
    best, fewest = [row.copy() for row in layers.rows], _crossings(layers)
    idle = 0
    for turn in range(max(2, min(ROUNDS, WORK // ties))):
        if fewest == 0 or idle == 4:
            break
        _sweep(layers, down=turn % 2 == 0)
        if ties <= SWAPPED:
            _swap(layers)
        crossings = _crossings(layers)
        idle += 1
        if crossings < fewest:
            best, fewest, idle = [row.copy() for row in layers.rows], crossings, 0
    layers.rows = best


def _walk(layers: Layers) -> None:
    """Put rows in the order in which a walk from the top meets their members."""
    met: list[list[int]] = [[] for _ in layers.rows]
    seen = [False] * len(layers.row)
    for row in layers.rows:
        for first in row:
            waiting = [first]
            while waiting:
                here = waiting.pop()
                if not seen[here]:
                    seen[here] = True
                    met[layers.row[here]].append(here)
                    waiting += [low for low in reversed(layers.below[here]) if not seen[low]]
    layers.rows = met


def _sweep(layers: Layers, *, down: bool) -> None:
    ties = layers.above if down else layers.below
    numbers = range(1, len(layers.rows)) if down else range(len(layers.rows) - 2, -1, -1)
    place = [0.0] * len(layers.row)
    for row in layers.rows:
        for index, member in enumerate(row):
            place[member] = index
    for number in numbers:
        row = layers.rows[number]
        wished = {
            member: sum(place[tied] for tied in ties[member]) / len(ties[member]) if ties[member] else index
            for index, member in enumerate(row)
        }
        row.sort(key=wished.__getitem__)
        for index, member in enumerate(row):
            place[member] = index


def _swap(layers: Layers) -> None:
    """Swap neighbours as long as that saves crossings, a few times over."""
    place = {member: index for row in layers.rows for index, member in enumerate(row)}
    above = [sorted(place[tied] for tied in tied) for tied in layers.above]
    below = [sorted(place[tied] for tied in tied) for tied in layers.below]
    for _ in range(3):
        swapped = False
        for row in layers.rows:
            for index in range(len(row) - 1):
                left, right = row[index], row[index + 1]
                now = _crossed(above[left], above[right]) + _crossed(below[left], below[right])
                then = _crossed(above[right], above[left]) + _crossed(below[right], below[left])
                if then < now:
                    row[index], row[index + 1] = right, left
                    place[left], place[right] = index + 1, index
                    for tied in (*layers.above[left], *layers.above[right]):
                        below[tied] = sorted(place[low] for low in layers.below[tied])
                    for tied in (*layers.below[left], *layers.below[right]):
                        above[tied] = sorted(place[high] for high in layers.above[tied])
                    swapped = True
        if not swapped:
            return


def _crossed(left: list[int], right: list[int]) -> int:
    """Return how many ties of a left member cross ties of its right neighbour; both are sorted."""
    crossed = index = 0
    for place in left:
        while index < len(right) and right[index] < place:
            index += 1
        crossed += index
    return crossed


def _crossings(layers: Layers) -> int:
    total = 0
    for upper, lower in zip(layers.rows, layers.rows[1:], strict=False):
        place = {member: index for index, member in enumerate(lower)}
        met: list[int] = []
        for member in upper:
            ends = sorted(place[low] for low in layers.below[member])
            for end in ends:
                total += len(met) - bisect_right(met, end)
            for end in ends:
                insort(met, end)
    return total
