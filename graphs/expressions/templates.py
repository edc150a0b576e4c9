"""Templates: text with ``{{ look-ups }}``, whose values go in as they are and are never read as templates."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from graphs.expressions import NAMES
from graphs.expressions.evaluation import MAX_SIZE, Evaluation, ExpressionError
from graphs.expressions.terms import Literal, Lookup, Name, Term
from graphs.expressions.tokens import unescape
from graphs.values.text import as_text

__all__ = ["MAX_LENGTH", "Template", "parse"]

MAX_LENGTH = 100_000
"""Characters that a template may have."""

_STRING = r""""[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'"""
_NAME = re.compile(r"\s*(?P<name>[^\W\d]\w*)")
_TEXT = re.compile(rf"\s*(?P<text>{_STRING})\s*\}}\}}", re.DOTALL)
_KEY = re.compile(
    rf"\.(?P<name>(?!__)[\w-]+)|\[\s*(?:(?P<text>{_STRING})|(?P<index>-?[0-9]{{1,9}}))\s*\]", re.DOTALL
)
_END = re.compile(r"\s*\}\}")


class Template(Struct, frozen=True):
    """A parsed template."""

    source: str
    parts: tuple[str | Term, ...]
    paths: tuple[tuple[str, ...], ...]
    """Its look-ups, each from a name of the scope on: ``("nodes", "a", "title")``."""

    def render(self, scope: Mapping[str, Any]) -> str:
        """Return the text: strings as they are, null as nothing, everything else as JSON.

        Raises:
            MissingError: a name, key or index is not there; the message says what is.
            ExpressionError: the text would have over 1,000,000 characters.
        """
        evaluation = Evaluation(scope, self.source)
        texts: list[str] = []
        size = 0
        for part in self.parts:
            if isinstance(part, str):
                text, at = part, 0
            else:
                value, at = part.value(evaluation), part.at
                if not isinstance(value, str):
                    evaluation.size(value, at)
                text = as_text(value)
            size += len(text)
            if size > MAX_SIZE:
                raise evaluation.error(f"Expected a text of at most {MAX_SIZE:,} characters, found more", at)
            texts.append(text)
        return "".join(texts)

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


@lru_cache(maxsize=256)
def parse(source: str, *, names: Collection[str] = NAMES) -> Template:
    """Return a parsed template.

    Between ``{{`` and ``}}`` stands a path, ``name.key["any key"][0]``, or a quoted text, which is how to
    write two braces: ``{{ "{{" }}``. Everything else is text, single braces and dollar signs too.

    Raises:
        ExpressionError: something else stands between the braces, or the source has over 100,000 characters.
    """
    if len(source) > MAX_LENGTH:
        raise ExpressionError(
            f"Expected a template of at most {MAX_LENGTH:,} characters, found {len(source):,}"
        )
    parts: list[str | Term] = []
    paths: list[tuple[str, ...]] = []
    at = 0
    while (start := source.find("{{", at)) >= 0:
        if start > at:
            parts.append(source[at:start])
        if quoted := _TEXT.match(source, start + 2):
            parts.append(unescape(quoted["text"], source, quoted.start("text")))
            at = quoted.end()
        else:
            term, path, at = _path(source, start, names)
            parts.append(term)
            paths.append(path)
    if at < len(source):
        parts.append(source[at:])
    return Template(source, tuple(parts), tuple(paths))


def _path(source: str, start: int, names: Collection[str]) -> tuple[Term, tuple[str, ...], int]:
    """Return the look-up that opens at `start`, its path and the index after its ``}}``."""
    found = _NAME.match(source, start + 2)
    if found is None:
        raise _error(
            "Expected a name after '{{' (two braces as text are written {{ \"{{\" }})", source, start
        )
    name = found["name"]
    if name not in names:
        raise _error(
            f"There is no name {name[:80]!r}; there are {', '.join(names)}", source, found.start("name")
        )
    keys: list[Term] = []
    at = found.end()
    while key := _KEY.match(source, at):
        if key["index"] is not None:
            content: str | int = int(key["index"])
        elif key["text"] is not None:
            content = unescape(key["text"], source, key.start("text"))
        else:
            content = key["name"]
        keys.append(Literal(at, content))
        at = key.end()
    end = _END.match(source, at)
    if end is None:
        raise _error(
            "Expected '}}' after a look-up like nodes.a[\"b\"][0]; a template only looks up: compute in a "
            "transform node",
            source,
            at,
        )
    term = Name(found.start("name"), name)
    path = (name, *(str(key.content) for key in keys if isinstance(key, Literal)))
    return (Lookup(term.at, term, tuple(keys)) if keys else term), path, end.end()


def _error(message: str, source: str, at: int) -> ExpressionError:
    return ExpressionError(message, source=source, position=at)
