"""Template parts: the blocks that a template repeats and chooses."""

from msgspec import Struct

from graphs.expressions.bounded_evaluation import STEP
from graphs.expressions.comprehensions import For
from graphs.expressions.terms import Term

__all__ = ["ForBlock", "IfBlock", "Part"]


class IfBlock(Struct, frozen=True):
    """``{% if a %}…{% elif b %}…{% else %}…{% endif %}``."""

    cases: "tuple[tuple[Term, tuple[Part, ...]], ...]"
    """The parts by their conditions: the first that holds counts."""
    otherwise: "tuple[Part, ...]" = ()


class ForBlock(Struct, frozen=True):
    """``{% for a in b if c %}…{% else %}…{% endfor %}``."""

    items: For
    parts: "tuple[Part, ...]"
    condition: Term | None = None
    otherwise: "tuple[Part, ...]" = ()
    """Stands where no item passes."""

    @property
    def cost(self) -> int:
        """What an item costs, in characters."""
        return STEP * (1 + len(self.parts))


Part = str | Term | IfBlock | ForBlock
