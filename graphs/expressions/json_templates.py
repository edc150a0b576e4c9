"""JSON templates: JSON whose texts are templates, for arguments, request bodies and mappings."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from graphs.expressions import NAMES, templates

__all__ = ["fill", "render_url", "sources"]


def fill(value: Any, scope: Mapping[str, Any], *, names: tuple[str, ...] = NAMES) -> Any:
    """Return a JSON value with every text in it rendered as a template; keys stay as they are.

    A text that is one look-up and nothing else, ``"{{ input.items }}"``, gives what it finds as it is: a
    list stays a list, a number a number. `names` are those that templates may use.

    Raises:
        ExpressionError: a template cannot be rendered.
    """
    match value:
        case str():
            return templates.parse(value, names=names).value(scope)
        case list():
            return [fill(item, scope, names=names) for item in value]
        case dict():
            return {key: fill(item, scope, names=names) for key, item in value.items()}
        case _:
            return value


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
