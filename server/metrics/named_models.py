"""Named models: which models have series of their own, so that invented names crowd out no real ones."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from persistence.reports.totals import ModelTotal

__all__ = ["MODELS", "NamedModels"]

MODELS = 50
"""Models that have series of their own, beside those that the operator names."""
UNANSWERED = 10
"""Further models that have not answered yet and have series all the same: a real one that fails is seen."""


class NamedModels:
    """Says which names are known to be models'.

    Args:
        pins: The operator's, as ``provider/model``.
        priced: Says whether a model has a stored price, which only who may store prices gives it.
    """

    def __init__(self, pins: Iterable[str], priced: Callable[[str, str], bool]) -> None:
        self._pins = frozenset(pins)
        self._priced = priced

    def pinned(self, provider: str, model: str) -> bool:
        """Say whether the operator names it."""
        return f"{provider}/{model}" in self._pins

    def trusted(self, provider: str, model: str) -> bool:
        """Say whether somebody who may has named it, so that it needs no answer."""
        return self.pinned(provider, model) or self._priced(provider, model)

    def own(self, totals: Sequence[ModelTotal]) -> set[tuple[str, str]]:
        """Return those that have series of their own: of each kind those that were used first.

        Providers take turns. So one that answers to any name crowds out no model of another.
        """
        order = sorted(totals, key=lambda one: (one.first, one.provider, one.model))
        answered = {(one.provider, one.model) for one in order if one.status == "completed"}
        names = dict.fromkeys((one.provider, one.model) for one in order)
        own = {name for name in names if self.pinned(*name)}
        known = [name for name in names if name in answered or self.trusted(*name)]
        unknown = [name for name in names if name not in known]
        known = _by_turns([name for name in known if name not in own])
        return own.union(known[:MODELS], _by_turns(unknown)[:UNANSWERED])


def _by_turns(names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the first of each provider, then the second of each, and so on."""
    turns: Counter[str] = Counter()
    placed: list[tuple[int, tuple[str, str]]] = []
    for name in names:
        turns[name[0]] += 1
        placed.append((turns[name[0]], name))
    return [name for _, name in sorted(placed, key=lambda one: one[0])]
