"""Expressions and templates: a closed grammar whose evaluation is bounded in cost."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from graphs.expressions.bounded_evaluation import Evaluation, ExpressionError, MissingError
from graphs.expressions.functions import READS_CLOCK
from graphs.expressions.grammar import Parser
from graphs.expressions.terms import Lookup, Name, Term
from graphs.values.clock import CLOCK
from graphs.values.node_view import View

__all__ = [
    "ABOUT",
    "NAMES",
    "UPDATE_NAMES",
    "Expression",
    "ExpressionError",
    "MissingError",
    "is_filled",
    "message_text",
    "parse",
    "scope",
]

ABOUT: Mapping[str, str] = {
    "input": "the input of the run",
    "message": "the user's message, or an empty text",
    "variables": "values that `variable` nodes have set, and variables that the run started with",
    "nodes": "the outputs of the nodes that ran, by node ID",
    "arrived": "the output of the previous node. If several edges arrived: an object by node ID",
    "loop": "in a body: `index`, `item`, `count`, `parent` (the loop around it), `previous` (its outputs)",
    "session": "in a chat, its session: `id` and `turn` (1, 2, …)",
    "user": "the user of the run: `id`, or an empty text if it is not known",
    "run": "this run: `id` and `started_at`",
    "files": "files of the message: `name`, `kind` (`text`, `image`), `size`, `id`, `text` of a text file",
    "env": "[workspace variables](variables.md), by name. Secret ones are `***` outside of headers",
}
"""What each name stands for, in Markdown."""
NAMES = tuple(ABOUT)
"""What an expression or template of a flow may look into; `scope` fills it."""
UPDATE_NAMES = (*NAMES, "output")
"""What the expressions of a node's `set` may look into: its output too."""


class Expression(Struct, frozen=True):
    """A parsed expression."""

    source: str
    term: Term
    paths: tuple[tuple[str, ...], ...]
    """Its literal look-ups, each from a name of the scope on: ``("nodes", "a", "title")``."""
    functions: frozenset[str]
    """The functions that it calls."""
    certain: tuple[tuple[str, ...], ...] = ()
    """Those of its look-ups that each evaluation makes, and fails where nothing is there."""

    def reads_clock(self) -> bool:
        """Say whether it asks for the time or for chance."""
        return not self.functions.isdisjoint(READS_CLOCK)

    def evaluate(self, scope: Mapping[str, Any], *, exact: bool = False) -> Any:
        """Return the value as plain JSON, parts of which may be parts of the scope.

        Args:
            scope: What the names stand for.
            exact: Whether to count in decimals instead of binary fractions.

        Raises:
            MissingError: a name, key or index is not there.
            ExpressionError: the values do not fit, or the result or the work is too large. What is looked up
                as it is has been bounded where it came from.
        """
        evaluation = Evaluation(scope, self.source, exact=exact)
        value = evaluation.plain(self.term.value(evaluation))
        if not (isinstance(self.term, Lookup) and isinstance(self.term.base, Name)):
            evaluation.size(value, 0)
        return value


@lru_cache(maxsize=512)
def parse(source: str, *, names: Collection[str] = NAMES) -> Expression:
    """Return a parsed expression.

    Literals, lists and objects; ``+ - * / % **``, ``20%``, comparisons, ``in``, ``and or not``,
    ``a if b else c``; look-ups by ``.key``, ``["key"]``, ``[0]`` and ``[1:3]`` in the values of `names`;
    ``[a for b in c if d]`` and ``{a: b for c in d}``; the functions of `graphs.expressions.functions`,
    ``default(x, otherwise)``, ``exists(x)`` and ``has_value(x)``. There is nothing else.

    Raises:
        ExpressionError: the source is not in this grammar, has over 4,000 characters or 50 levels.
    """
    parser = Parser(source, names)
    term = parser.parse()
    return Expression(source, term, tuple(parser.paths), frozenset(parser.functions), tuple(parser.certain))


def is_filled(source: str) -> bool:
    """Say whether an expression gives a list that is not empty without looking anything up."""
    try:
        expression = parse(source)
        if expression.paths:
            return False
        found = expression.evaluate({})
    except ExpressionError:
        return False
    return isinstance(found, list) and bool(found)  # pyright: ignore[reportUnknownArgumentType]  # JSON


def scope(view: View, *, loop: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what a node's expressions and templates may look into.

    Args:
        view: What the node sees.
        loop: The loop record to show instead of the enclosing one's.
    """
    return {
        "input": view.input,
        "message": message_text(view.input.get("message")),
        "variables": view.variables,
        "nodes": view.outputs,
        "arrived": view.arrived(),
        "loop": view.enclosing if loop is None else loop,
        "session": view.facts.get("session", {}),
        "user": view.facts.get("user", {}),
        "run": view.facts.get("run", {}),
        "files": view.facts.get("files", []),
        "env": view.facts.get("env", {}),
        CLOCK: view.clock,
    }


def message_text(content: Any) -> str:
    """Return the text of a message's content: of its text parts where it has parts, else nothing."""
    if isinstance(content, str):
        return content
    parts: list[Any] = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text"]
    return "\n".join(text for text in texts if isinstance(text, str))
