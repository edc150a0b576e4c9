"""Named models: which models have series of their own, so that invented names crowd out no real ones."""

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
        """Return those that have series of their own: of each kind those that were used first."""
        order = sorted(totals, key=lambda one: (one.first, one.provider, one.model))
        answered = {(one.provider, one.model) for one in order if one.status == "completed"}
        names = dict.fromkeys((one.provider, one.model) for one in order)
        own = {name for name in names if self.pinned(*name)}
        known = [name for name in names if name in answered or self.trusted(*name)]
        unknown = [name for name in names if name not in known]
        return own.union([name for name in known if name not in own][:MODELS], unknown[:UNANSWERED])
