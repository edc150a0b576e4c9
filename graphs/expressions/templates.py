"""Templates: text with look-ups, conditions and lists, whose values are never read as templates."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from graphs.expressions import NAMES
from graphs.expressions.bounded_evaluation import MAX_SIZE, Evaluation
from graphs.expressions.functions import READS_CLOCK
from graphs.expressions.template_parser import MAX_LENGTH, TemplateParser, tags_as_text
from graphs.expressions.template_parts import ForBlock, IfBlock, Part
from graphs.expressions.terms import Term
from graphs.parsing.text import as_text

__all__ = ["MAX_LENGTH", "Template", "parse", "tags_as_text"]


class Template(Struct, frozen=True):
    """A parsed template."""

    source: str
    parts: tuple[Part, ...]
    paths: tuple[tuple[str, ...], ...]
    """Its look-ups, each from a name of the scope on: ``("nodes", "a", "title")``."""
    functions: frozenset[str] = frozenset()
    """The functions that it calls."""
    certain: tuple[tuple[str, ...], ...] = ()
    """Those of its look-ups that each rendering makes, and fails where nothing is there."""

    def reads_clock(self) -> bool:
        """Say whether it asks for the time or for chance."""
        return not self.functions.isdisjoint(READS_CLOCK)

    def render(self, scope: Mapping[str, Any], *, encode: Callable[[str], str] | None = None) -> str:
        """Return the text: strings as they are, null as nothing, everything else as JSON.

        Args:
            scope: What the names stand for.
            encode: What is done to each value, but for one that the text begins with.

        Raises:
            MissingError: a name, key or index is not there; the message says what is.
            ExpressionError: the text would have over 1,000,000 characters, or the work is too much.
        """
        rendering = _Rendering(Evaluation(scope, self.source), encode)
        rendering.add(self.parts)
        return "".join(rendering.texts)

    def value(self, scope: Mapping[str, Any]) -> Any:
        """Return what a template that is one look-up finds, as it is; of any other the text.

        Raises:
            MissingError: a name, key or index is not there; the message says what is.
            ExpressionError: it is larger than `MAX_SIZE`.
        """
        match self.parts:
            case (Term() as term,):
                evaluation = Evaluation(scope, self.source)
                found = term.value(evaluation)
                evaluation.size(found, term.at)
                return found
            case _:
                return self.render(scope)


class _Rendering:
    """A text while it is made."""

    def __init__(self, evaluation: Evaluation, encode: Callable[[str], str] | None) -> None:
        self.texts: list[str] = []
        self._evaluation = evaluation
        self._encode = encode
        self._size = 0

    def add(self, parts: tuple[Part, ...]) -> None:
        """Put parts behind what is there."""
        evaluation = self._evaluation
        for part in parts:
            match part:
                case str():
                    self._put(part, 0)
                case IfBlock():
                    chosen = (then for condition, then in part.cases if condition.value(evaluation))
                    self.add(next(chosen, part.otherwise))
                case ForBlock():
                    self._repeat(part)
                case _:
                    value = part.value(evaluation)
                    if not isinstance(value, str):
                        evaluation.size(value, part.at)
                    text = as_text(value)
                    as_it_is = self._encode is None or not self.texts
                    self._put(text if as_it_is or self._encode is None else self._encode(text), part.at)

    def _repeat(self, block: ForBlock) -> None:
        evaluation = self._evaluation
        passed = False

        def item() -> None:
            nonlocal passed
            if block.condition is None or block.condition.value(evaluation):
                passed = True
                self.add(block.parts)

        block.items.each(evaluation, item, block.cost)
        if not passed:
            self.add(block.otherwise)

    def _put(self, text: str, at: int) -> None:
        self._size += len(text)
        if self._size > MAX_SIZE:
            raise self._evaluation.error(
                f"Expected a text of at most {MAX_SIZE:,} characters, found more", at
            )
        self.texts.append(text)


@lru_cache(maxsize=256)
def parse(source: str, *, names: Collection[str] = NAMES) -> Template:
    """Return a parsed template.

    Between ``{{`` and ``}}`` stands a look-up, ``name.key["any key"][0]``, an expression that looks
    something up, or a quoted text, which is how to write two braces: ``{{ "{{" }}``. Parts are repeated by
    ``{% for a in list %}`` … ``{% else %}`` … ``{% endfor %}`` and chosen by ``{% if a %}`` …
    ``{% elif b %}`` … ``{% else %}`` … ``{% endif %}``; a ``-`` beside the ``%`` takes away the white space
    on that side.
    Everything else is text: braces that hold no look-up, single braces and dollar signs too.

    Raises:
        ExpressionError: a look-up, an expression or a block is wrong, or the source has over 100,000
            characters.
    """
    parser = TemplateParser(source, names)
    parts = parser.parse()
    return Template(source, parts, tuple(parser.paths), frozenset(parser.functions), tuple(parser.certain))
