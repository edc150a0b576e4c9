"""A line an operation: what the TypeScript SDK's table of calls says of it; `calls.ts` has the words."""

import re

from sdk_templates.model import Body, Content, Field, Kind, Operation, Parameter, Ref, Stream, Value
from sdk_templates.names import camel, plain_camel
from sdk_templates.schemas import Inexpressible
from sdk_templates.typescript_methods import all_name
from sdk_templates.typescript_shapes import Shapes

__all__ = ["lines_of"]

_WORD = re.compile(r"[^\s:\\`$]+(:[^\s:\\`$]*)?", re.ASCII)


def lines_of(operations: tuple[Operation, ...], shapes: Shapes) -> list[str]:
    """Return the lines of operations. A path begins with how many parts it has in common with the one before.

    Raises:
        Inexpressible: a word of one would be read as something else.
    """
    lines: list[str] = []
    before: list[str] = []
    for operation in operations:
        parts = re.sub(r"{(\w+)}", lambda found: f"{{{camel(found[1])}}}", operation.url).split("/")[1:]
        pairs = enumerate(zip(before, parts, strict=False))
        same = next((place for place, (old, new) in pairs if old != new), min(len(before), len(parts)))
        lines.append(_line(operation, "/".join([str(same), *parts[same:]]), shapes))
        before = parts
    return lines


def _line(operation: Operation, path: str, shapes: Shapes) -> str:
    words = [
        camel(operation.method),
        operation.verb.upper(),
        path,
        *(name for name, is_so in (("keyed", operation.idempotent), ("open", operation.open)) if is_so),
        *_said("query", _names(operation.query)),
        *_said("headers", ",".join(f"{each.header}={camel(each.name)}" for each in operation.headers)),
        *(_body(operation.body, shapes) if operation.body is not None else ()),
        *_answer(operation, shapes),
    ]
    if pages := operation.pages:
        words.append(f"list:{pages.start},{pages.size},{camel(pages.items)}")
        if camel(all_name(operation.method)) != _all_of(words[0]):
            raise Inexpressible(f"operation {operation.id}: its list has no name by the rule of `calls.ts`.")
    if until := operation.until:
        words.append(f"until:{camel(until.field)},{','.join(until.values)}")
    if odd := [word for word in words if not _WORD.fullmatch(word)]:
        raise Inexpressible(f"operation {operation.id}: '{odd[0]}' cannot stand in a table.")
    return " ".join(words)


def _all_of(name: str) -> str:
    return re.sub(r"^(list)?(.?)", lambda found: f"listAll{found[2].upper()}", name, count=1)


def _said(word: str, value: str) -> list[str]:
    return [f"{word}:{value}"] if value else []


def _names(fields: tuple[Parameter, ...] | tuple[Field, ...]) -> str:
    """Return names of the wire, each with its own where the rule makes another of it."""
    return ",".join(
        each.name if plain_camel(each.name) == camel(each.name) else f"{each.name}={camel(each.name)}"
        for each in fields
    )


def _body(body: Body, shapes: Shapes) -> list[str]:
    if body.is_whole:
        return ["sends"]
    if not body.model:
        files = tuple(field for field in body.fields if field.is_file)
        texts = tuple(field for field in body.fields if not field.is_file)
        return [*_said("files", _names(files)), *_said("texts", _names(texts))]
    leads = _said("leads", camel(body.leading))
    only = ["only"] if leads and len(body.fields) == 1 else []
    return [*leads, *only, f"takes:{shapes.word(Ref(body.model))}".rstrip(":")]


def _answer(operation: Operation, shapes: Shapes) -> list[str]:
    match operation.answer:
        case Value(kind=kind):
            return _gives(kind, shapes)
        case Content(media=media) as answer:
            return [f"{'text' if answer.is_text else 'file'}:{','.join(media).replace(' ', '')}"]
        case Stream(kind=kind, last=last):
            return [*_gives(kind, shapes), f"events:{','.join(last)}" if last else "events"]
        case _:
            return []


def _gives(kind: Kind, shapes: Shapes) -> list[str]:
    """Return the word of an answer; a model whose fields are named alike in both takes no harm from `+`."""
    word = shapes.word(kind)
    return [] if word == "+" or (not word and isinstance(kind, Ref)) else [f"gives:{word}".rstrip(":")]
