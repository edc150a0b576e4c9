"""Answers: what an operation gives, and whether it is a page of a list."""

from typing import Any

from sdk_templates.model import (
    Answer,
    Content,
    ListOf,
    Nothing,
    Pages,
    Parameter,
    Ref,
    Stream,
    Value,
)
from sdk_templates.schemas import Inexpressible, event_union, fields_of, kind_of

__all__ = ["answer_of", "pages_of"]

_STARTS = {"offset": False, "skip": False, "page": True}
_SIZES = {"limit", "page_size"}
_CURSOR, _NEXT = "after", "next_cursor"


def answer_of(responses: dict[str, Any], place: str) -> Answer:
    """Return what an operation gives.

    Raises:
        Inexpressible: it gives several things.
    """
    good = {status: each for status, each in responses.items() if status.startswith("2")}
    with_content = {status: each["content"] for status, each in sorted(good.items()) if each.get("content")}
    if len(with_content) > 1 and all([*each] == ["application/json"] for each in with_content.values()):
        members = [each["application/json"]["schema"] for each in with_content.values()]
        each = [one for member in members for one in member.get("anyOf", [member])]
        once = [one for place, one in enumerate(each) if one not in each[:place]]
        return Value(kind_of({"anyOf": once}, f"{place}, answers"))
    if not good or len(with_content) > 1:
        raise Inexpressible(f"{place}: expected one kind of good answer, found {', '.join(good) or 'none'}.")
    if not with_content:
        return Nothing()
    (content,) = with_content.values()
    media = tuple(content)
    match media:
        case ("text/event-stream",) | ("text/event-stream", "application/json"):  # the same, as a list
            entry = content["text/event-stream"]
            kind = event_union(kind_of(entry["schema"], f"{place}, events"), place)
            return Stream(kind, last=tuple(entry.get("x-last", ())))
        case ("application/json",) if content["application/json"]["schema"] != {"type": "string"}:
            return Value(kind_of(content["application/json"]["schema"], f"{place}, answer"))
        case _ if "text/event-stream" in media:
            raise Inexpressible(f"{place}: it answers with events or something else.")
        case _:
            return Content(media)


def pages_of(
    query: tuple[Parameter, ...], answer: Answer, schemas: dict[str, Any], place: str
) -> Pages | None:
    """Return how to go through a list: it takes a start and a size and answers with one list and a total."""
    names = [parameter.name for parameter in query]
    start = next((name for name in names if name in _STARTS), "")
    size = next((name for name in names if name in _SIZES), "")
    if not start or not size or not isinstance(answer, Value) or not isinstance(answer.kind, Ref):
        return None
    fields = fields_of(schemas[answer.kind.name], f"{place}, answer")
    lists = [(field.name, field.kind) for field in fields if isinstance(field.kind, ListOf)]
    if len(lists) != 1 or not any(field.name == "total" for field in fields):
        return None
    ((items, kind),) = lists
    item = kind.items if isinstance(kind, ListOf) else kind
    turns = _CURSOR in names and any(field.name == _NEXT for field in fields)
    return Pages(start, size, items, item, "total", _STARTS[start], cursor=_CURSOR if turns else "")
