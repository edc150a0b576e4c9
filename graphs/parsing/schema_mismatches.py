"""Misfits: everything in a JSON value that does not fit a type; msgspec tells the first one alone."""

import types
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Annotated, Any, Union, cast, get_args, get_origin

import msgspec
from msgspec import Struct

from graphs.parsing.decode_errors import in_words, known_at

__all__ = ["MOST", "Misfit", "fields_of", "misfits", "pointer_of"]

MOST = 200
"""How many are told of one value."""

Convert = Callable[[Any, Any], Any]


class Misfit(Struct, frozen=True):
    """One thing that does not fit."""

    message: str
    """A sentence: where it is, what was expected, what was found."""
    pointer: str
    """JSON Pointer (RFC 6901) of where it is, or of the field that is missing or unknown."""
    bare: str
    """The sentence without its place."""
    about: str
    """JSON Pointer of that place: for a missing or unknown field, of the object around it."""


def misfits(value: Any, kind: Any, *, whole: str = "", convert: Convert = msgspec.convert) -> list[Misfit]:
    """Return everything that does not fit, in the order of the value, 200 at most; empty where all fits.

    A part is looked into where its type says what belongs there: a Struct, a list, an object by names, or a
    union that has one of them for this value. Rules of a whole are told once its parts fit.

    Args:
        value: What JSON decodes to.
        kind: The type: anything that msgspec converts to.
        whole: What sentences about the value itself call it: "The body"; empty for "It".
        convert: From a value and a type to a value of the type; raises `msgspec.ValidationError`.
    """
    return [*islice(_misfits(value, kind, (), whole, convert), MOST)]


def _misfits(value: Any, kind: Any, steps: tuple[str, ...], whole: str, convert: Convert) -> Iterator[Misfit]:
    try:
        convert(value, kind)
        return
    except msgspec.ValidationError as error:
        told = str(error)
    inside = False
    for step, item, inner in _parts(value, kind):
        for found in _misfits(item, inner, (*steps, step), whole, convert):
            inside = True
            yield found
    for message, step in _named(value, kind):
        inside = True
        known, instead = fields_of(kind), _instead(kind, step)
        yield Misfit(
            message=in_words(message, where=_where(steps) or whole, known=known, instead=instead),
            pointer=pointer_of((*steps, step)),
            bare=in_words(message, known=known, instead=instead),
            about=pointer_of(steps),
        )
    if not inside:
        text, _, place = told.partition(" - at ")
        at = (*steps, *_steps(place))
        known, unfit = known_at(kind, _steps(place)), _at(value, _steps(place))
        told = in_words(text, known=known, value=unfit)
        message = in_words(text, where=_where(at), known=known, value=unfit)
        yield Misfit(message, pointer_of(at), told, pointer_of(at))


def _parts(value: Any, kind: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the parts of a value whose types are known: their names, themselves, their types."""
    kind = _chosen(value, kind)
    arguments = get_args(kind)
    if isinstance(value, list) and get_origin(kind) is list and arguments:
        for index, item in enumerate(cast("list[Any]", value)):
            yield str(index), item, arguments[0]
    elif isinstance(value, dict) and get_origin(kind) is dict:
        for name, item in cast("dict[Any, Any]", value).items():
            yield str(name), item, arguments[1]
    elif isinstance(value, dict) and _is_struct(kind):
        known = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
        for name, item in cast("dict[Any, Any]", value).items():
            if name in known:
                yield str(name), item, known[name]


def _named(value: Any, kind: Any) -> Iterator[tuple[str, str]]:
    """Yield msgspec's words for the fields that a Struct does not have, and for those that are missing."""
    kind = _chosen(value, kind)
    if not isinstance(value, dict) or not _is_struct(kind):
        return
    config = kind.__struct_config__
    fields = msgspec.structs.fields(kind)
    known = {config.tag_field, *(field.encode_name for field in fields)}
    if config.forbid_unknown_fields:
        for name in cast("dict[Any, Any]", value):
            if name not in known:
                yield f"Object contains unknown field `{name}`", str(name)
    for field in fields:
        if field.required and field.encode_name not in value:
            yield f"Object missing required field `{field.encode_name}`", field.encode_name


def _at(value: Any, steps: tuple[str, ...]) -> Any:
    """Return the part of a value at a place; UNSET where the place is not told exactly."""
    for step in steps:
        if isinstance(value, dict) and step in value:
            value = cast("dict[Any, Any]", value)[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(cast("list[Any]", value)):
            value = cast("list[Any]", value)[int(step)]
        else:
            return msgspec.UNSET
    return value


_CALLED_ELSEWHERE = {
    "from": "source",
    "to": "target",
    "prompt": "message",
    "text": "message",
    "query": "message",
    "question": "message",
    "content": "message",
}
"""Names that other products have for fields of ours."""


def _instead(kind: Any, name: str) -> str:
    """Return which field is meant by one that a Struct does not have; empty where none is known.

    It may be one of an object in the Struct: `model` is found in `config`.
    """
    known = fields_of(kind)
    if _CALLED_ELSEWHERE.get(name) in known:
        return _CALLED_ELSEWHERE[name]
    for option in (kind, *get_args(kind)):
        if _is_struct(option):
            for field in msgspec.structs.fields(option):
                if get_origin(field.type) is not list and name in fields_of(field.type):
                    return f"{field.encode_name}.{name}"
    return ""


def _chosen(value: Any, kind: Any) -> Any:
    """Return the one type of a union that a value with parts must have; None where it may be several."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) not in (Union, types.UnionType):
        return kind
    options = [_chosen(value, option) for option in get_args(kind)]
    if isinstance(value, list):
        fitting = [option for option in options if get_origin(option) is list]
    elif isinstance(value, dict):
        fitting = [option for option in options if get_origin(option) is dict or _is_struct(option)]
        if len(fitting) > 1:
            tags = cast("dict[Any, Any]", value)
            fitting = [option for option in fitting if _is_struct(option) and _tagged(option, tags)]
    else:
        return None
    return fitting[0] if len(fitting) == 1 else None


def _tagged(kind: Any, value: dict[Any, Any]) -> bool:
    config = kind.__struct_config__
    return config.tag_field is not None and value.get(config.tag_field) == config.tag


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def fields_of(kind: Any) -> list[str]:
    """Return the names that a Struct's fields have in JSON; of a union, those of its first Struct."""
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    for option in (kind, *get_args(kind)):
        if _is_struct(option):
            return [field.encode_name for field in msgspec.structs.fields(option)]
    return []


def _steps(place: str) -> tuple[str, ...]:
    """Return the steps of msgspec's path: `$.a[0].b`."""
    path = place.strip("`").removeprefix("$").replace("[", ".").replace("]", "")
    return tuple(step for step in path.split(".") if step)


def _where(steps: tuple[str, ...]) -> str:
    return f"'{'.'.join(steps)}'" if steps else ""


def pointer_of(steps: tuple[str, ...]) -> str:
    """Return the JSON Pointer of a place."""
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
