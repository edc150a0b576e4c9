"""Schemas: from JSON Schema to kinds and models; what has no kind here is refused with its place."""

from collections import Counter
from typing import Any

from msgspec import UNSET

from sdk_templates.model import (
    Binary,
    Field,
    Free,
    Kind,
    ListOf,
    MapOf,
    Model,
    Nullable,
    OneOf,
    Plain,
    Ref,
    Words,
)
from sdk_templates.names import words

__all__ = ["Inexpressible", "closure", "event_union", "fields_of", "kind_of", "model_of", "refs_of"]

_REFERENCE = "#/components/schemas/"
_BOUNDS = frozenset(
    {
        "title",
        "description",
        "default",
        "examples",
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "format",
        "contentEncoding",
        "discriminator",
        "deprecated",
        "readOnly",
        "writeOnly",
    }
)
"""What narrows or explains a value and does not change its kind."""


class Inexpressible(Exception):
    """The document holds something that the SDKs cannot say. The message names where and what."""


def kind_of(schema: Any, place: str) -> Kind:
    """Return the kind of a schema.

    Raises:
        Inexpressible: it uses what no kind expresses.
    """
    if not isinstance(schema, dict):
        raise Inexpressible(f"{place}: expected a schema, found {schema!r}.")
    asked = {key for key in schema if not key.startswith("x-")} - _BOUNDS
    match schema:
        case {"$ref": str(target)}:
            if not target.startswith(_REFERENCE):
                raise Inexpressible(f"{place}: '{target}' does not lead into {_REFERENCE}.")
            return Ref(target.removeprefix(_REFERENCE))
        case {"const": value}:
            return _constants([value], place)
        case {"enum": list(values)}:
            return _constants(values, place)
        case {"anyOf": list(members)} if asked == {"anyOf"}:
            return _union(members, schema, place)
        case {"oneOf": list(members)} if asked == {"oneOf"}:
            return _union(members, schema, place)
        case {"type": list(types)}:
            return _union([{**schema, "type": each} for each in types], {}, place)
        case {"type": "string", "format": "binary"}:
            return Binary()
        case {"type": "string" | "integer" | "number" | "boolean" as name} if asked == {"type"}:
            return Plain(str(name))
        case {"type": "array"} if asked <= {"type", "items"}:
            return ListOf(kind_of(schema["items"], f"{place}[]") if schema.get("items") else Free())
        case {"type": "object"} if asked <= {"type", "additionalProperties"}:
            values = schema.get("additionalProperties", True)
            return MapOf(kind_of(values, f"{place}{{}}") if isinstance(values, dict) and values else Free())
        case _ if not asked:
            return Free()
        case _:
            shown = ", ".join(sorted(asked))
            raise Inexpressible(f"{place}: no kind expresses a schema with {shown}.")


def model_of(name: str, schema: dict[str, Any], *, sent: bool, received: bool) -> Model:
    """Return the model of a component.

    Raises:
        Inexpressible: it is no object with known fields, or a field has no kind.
    """
    if schema.get("type") != "object" or "properties" not in schema:
        raise Inexpressible(f"schema {name}: expected an object with properties.")
    return Model(
        name,
        fields_of(schema, f"schema {name}"),
        description=schema.get("description", ""),
        sent=sent,
        received=received,
    )


def fields_of(schema: dict[str, Any], place: str) -> tuple[Field, ...]:
    """Return the fields of an object, the required ones first.

    Raises:
        Inexpressible: a field has no kind.
    """
    required = set(schema.get("required", []))
    found = [
        Field(
            name,
            kind_of(each, f"{place}.{name}"),
            name in required,
            description=each.get("description", ""),
            default=each.get("default", UNSET),
        )
        for name, each in schema.get("properties", {}).items()
    ]
    return tuple(sorted(found, key=lambda field: not field.required))


def event_union(kind: Kind, place: str) -> Kind:
    """Return a union of events with its name: the word that most of its members begin with, and `Event`.

    Raises:
        Inexpressible: no word begins more than half of them.
    """
    match kind:
        case OneOf(members=members) if any(isinstance(member, OneOf) for member in members):
            return OneOf(tuple(event_union(member, place) for member in members))
        case OneOf(members=members, discriminator=discriminator):
            names = [member.name for member in members if isinstance(member, Ref)]
            word, count = Counter(words(name)[0] for name in names).most_common(1)[0]
            if len(names) != len(members) or count * 2 <= len(names):
                raise Inexpressible(f"{place}: its events share no first word to name them by.")
            return OneOf(members, discriminator, f"{word.capitalize()}Event")
        case _:
            return kind


def refs_of(kind: Kind) -> set[str]:
    """Return the names of the models that a kind is made of."""
    match kind:
        case Ref(name=name):
            return {name}
        case ListOf(items=inner) | MapOf(values=inner) | Nullable(inner=inner):
            return refs_of(inner)
        case OneOf(members=members):
            return {name for member in members for name in refs_of(member)}
        case _:
            return set()


def closure(names: set[str], schemas: dict[str, Any], place: str) -> set[str]:
    """Return the names of all models that some are made of, themselves included.

    Raises:
        Inexpressible: one is not in the document.
    """
    found: set[str] = set()
    waiting = sorted(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        if name not in schemas:
            raise Inexpressible(f"{place}: there is no schema '{name}'.")
        found.add(name)
        for field in fields_of(schemas[name], f"schema {name}"):
            waiting.extend(refs_of(field.kind))
    return found


def _constants(values: list[Any], place: str) -> Kind:
    words = tuple(value for value in values if isinstance(value, str | int))
    if len(words) != len([value for value in values if value is not None]) or not words:
        raise Inexpressible(f"{place}: constants must be texts, integers or booleans.")
    return Nullable(Words(words)) if None in values else Words(words)


def _union(members: list[Any], schema: dict[str, Any], place: str) -> Kind:
    kinds = [
        kind_of(member, f"{place}|{position}")
        for position, member in enumerate(members)
        if member != {"type": "null"} and member.get("type") != "null"
    ]
    if not kinds:
        raise Inexpressible(f"{place}: it can be null only.")
    discriminator = schema.get("discriminator", {}).get("propertyName", "")
    kind = kinds[0] if len(kinds) == 1 else OneOf(tuple(kinds), discriminator)
    nullable = len(kinds) < len(members) and not isinstance(kind, Nullable | Free)
    return Nullable(kind) if nullable else kind
