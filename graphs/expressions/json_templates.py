"""JSON templates: JSON whose texts are templates, for arguments, request bodies and mappings."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from graphs.expressions import NAMES, templates
from graphs.expressions.bounded_evaluation import ITEM, MAX_SIZE, ExpressionError

__all__ = ["MAX_FILLED", "fill", "render_url", "sources"]

MAX_FILLED = 10 * MAX_SIZE
"""Characters that the templates of one value may give together."""


def fill(value: Any, scope: Mapping[str, Any], *, names: tuple[str, ...] = NAMES) -> Any:
    """Return a JSON value with every text in it rendered as a template; keys stay as they are.

    A text that is one look-up and nothing else, ``"{{ input.items }}"``, gives what it finds as it is: a
    list stays a list, a number a number. `names` are those that templates may use.

    Raises:
        ExpressionError: a template cannot be rendered, or together they give more than `MAX_FILLED`.
    """
    return _filled(value, scope, names, _Room())


class _Room:
    """How much the templates of one value may still give. What they only hand on counts each time."""

    def __init__(self) -> None:
        self._left = MAX_FILLED
        self._sizes: dict[int, int] = {}  # by identity: all values live on in the scope or in the result

    def take(self, value: Any) -> Any:
        """Return a value that there is room for."""
        if (size := self._sizes.get(id(value))) is None:
            size = self._sizes[id(value)] = _size(value)
        self._left -= size
        if self._left < 0:
            raise ExpressionError(
                f"Expected templates that give at most {MAX_FILLED:,} characters together, found more"
            )
        return value


def _filled(value: Any, scope: Mapping[str, Any], names: tuple[str, ...], room: _Room) -> Any:
    match value:
        case str():
            return room.take(templates.parse(value, names=names).value(scope))
        case list():
            return [_filled(item, scope, names, room) for item in value]
        case dict():
            return {key: _filled(item, scope, names, room) for key, item in value.items()}
        case _:
            return value


def _size(value: Any) -> int:
    """Return the characters of a value, as expressions count them."""
    size = 0
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                size += len(text)
            case list(items):
                size += ITEM * len(items)
                waiting += items
            case dict(fields):
                size += ITEM * len(fields) + sum(map(len, fields))
                waiting += fields.values()
            case _:
                pass
    return size


def render_url(source: str, scope: Mapping[str, Any]) -> str:
    """Return a URL from its template.

    A look-up at the very beginning gives a base address as it is; any other goes in percent-encoded, so that
    what it finds stays within its place: no value makes another path, query or host.

    Raises:
        ExpressionError: the template cannot be rendered.
    """
    return templates.parse(source).render(scope, encode=lambda text: quote(text, safe=""))


def sources(value: Any, field: str) -> dict[str, str]:
    """Return the templates in a JSON value by field, for `Node.templates`: ``body.items[0].name``."""
    return dict(_sources(value, field))


def _sources(value: Any, field: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield field, value
        case list():
            for index, item in enumerate(value):
                yield from _sources(item, f"{field}[{index}]")
        case dict():
            for key, item in value.items():
                yield from _sources(item, f"{field}.{key}")
        case _:
            pass
