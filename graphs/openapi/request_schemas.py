"""Request schemas: from schemas of an OpenAPI document to one JSON Schema of an operation's arguments.

References stay references, to ``$defs``, so that what contains itself can be said. Each operation may take so
many values and bytes; where it would take more, what lies deep is left open.
"""

from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote

import msgspec

from graphs.mcp.tool_lists import visible
from graphs.parsing.schemas import SchemaError, check_schema
from graphs.parsing.text import TextError, clean

__all__ = ["MAX_SCHEMA", "Components", "SchemaTooLarge", "arguments_schema"]

MAX_SCHEMA = 32_768
"""Bytes of the schema of one operation's arguments."""
MAX_VALUES, MAX_DEPTH, MAX_REFERENCES = 20_000, 24, 8
"""Values of one schema, how deep it nests, and how many references may follow one another."""
MAX_TEXT = 600
"""Characters of a description."""
INLINE = 300
"""Bytes up to which what a reference names stands in its place."""

_MAPS = ("properties", "patternProperties", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SCHEMAS = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_VALUES = frozenset(
    {"type", "enum", "const", "default", "format", "pattern", "minimum", "maximum", "multipleOf"}
    | {"minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"}
    | {"exclusiveMinimum", "exclusiveMaximum", "required", "minContains", "maxContains", "dependentRequired"}
)
_FILES = frozenset({"binary", "byte"})
FILE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": 'A file: {"type": "file", "id": "<its id>"}.',
}


class SchemaTooLarge(Exception):
    """A schema has more values than one operation may take."""


class Components:
    """A document in which references are looked up."""

    def __init__(self, document: Mapping[str, Any], *, old: bool) -> None:
        self._document = document
        self.old = old
        """Whether it is of OpenAPI 3.0, whose schemas are not quite JSON Schema."""

    def find(self, reference: Any) -> Any:
        """Return what a reference within the document names; None where it names nothing here."""
        if not isinstance(reference, str) or not reference.startswith("#/") or len(reference) > 1000:
            return None
        found: Any = self._document
        for step in reference[2:].split("/"):
            step = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict):
                found = cast("dict[Any, Any]", found).get(step)
            elif isinstance(found, list) and step.isdecimal() and len(step) < 6:
                items = cast("list[Any]", found)
                found = items[int(step)] if int(step) < len(items) else None
            else:
                return None
        return found

    def resolved(self, value: Any) -> dict[str, Any]:
        """Return an object, or the one that it refers to; empty where there is none."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(value, dict):
                return {}
            found = cast("dict[str, Any]", value)
            if "$ref" not in found:
                return found
            value = self.find(found["$ref"])
        return {}


def arguments_schema(
    components: Components, properties: Mapping[str, Any], required: list[str], *, files: str = ""
) -> dict[str, Any]:
    """Return the JSON Schema of an object with these properties.

    Args:
        components: Where references lead.
        properties: Schemas of the document by property, each with a ``description`` of its own or none.
        required: Those that must be there.
        files: The property whose parts may be files.

    Raises:
        SchemaTooLarge: it cannot be made small enough.
        SchemaError: it is no JSON Schema.
    """
    for depth in (MAX_DEPTH, 8, 5, 3, 2, 1):
        try:
            schema = _Conversion(components, depth, files).arguments(properties, required)
        except SchemaTooLarge:
            continue
        if len(msgspec.json.encode(schema)) <= MAX_SCHEMA:
            return _usable(schema)
    raise SchemaTooLarge


def _usable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that can be checked: without its patterns where they are none of ours."""
    try:
        schema = clean(schema)
        check_schema(schema)
    except TextError as error:
        raise SchemaError(str(error)) from None
    except SchemaError:
        schema = _without_patterns(schema)
        check_schema(schema)
    return schema


def _without_patterns(value: Any, *, names: bool = False) -> Any:
    match value:
        case dict():
            return {
                name: _without_patterns(each, names=name in ("properties", "$defs") and not names)
                for name, each in cast("dict[str, Any]", value).items()
                if names or name not in ("pattern", "patternProperties", "format")
            }
        case list():
            return [_without_patterns(each) for each in cast("list[Any]", value)]
        case _:
            return value


class _Conversion:
    """One operation's schemas on their way to JSON Schema."""

    def __init__(self, components: Components, depth: int, files: str) -> None:
        self._components = components
        self._deepest = depth
        self._files = files
        self._left = MAX_VALUES
        self._names: dict[str, str] = {}
        """Names in ``$defs`` by reference."""
        self._defs: dict[str, Any] = {}

    def arguments(self, properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
        """Return the whole."""
        made: dict[str, Any] = {}
        for name, schema in properties.items():
            target = self._components.resolved(schema) if name in ("body", "request_body") else schema
            made[name] = self._schema(target, 1, files=name == self._files)
        whole: dict[str, Any] = {"type": "object", "properties": made}
        if required:
            whole["required"] = required
        whole["additionalProperties"] = False
        return {**whole, "$defs": self._defs} if self._defs else whole

    def _schema(self, said: Any, depth: int, *, files: bool = False) -> Any:
        self._count()
        if isinstance(said, bool):
            return said
        if not isinstance(said, dict) or depth > self._deepest:
            return {}
        schema = cast("dict[str, Any]", said)
        if "$ref" in schema:
            return self._reference(schema, depth)
        made: dict[str, Any] = {}
        text = schema.get("description")
        if isinstance(text, str) and text.strip():
            made["description"] = visible(text)[:MAX_TEXT]
        for name in _VALUES & schema.keys():
            made[name] = self._plain(schema[name])
        hidden: set[str] = set()
        for name in _MAPS:
            if isinstance(schema.get(name), dict):
                made[name] = self._properties(schema[name], depth, hidden, files=files)
        for name in _LISTS:
            if isinstance(schema.get(name), list) and schema[name]:
                made[name] = [self._schema(each, depth + 1) for each in schema[name]]
        for name in _SCHEMAS:
            if isinstance(schema.get(name), dict | bool):
                made[name] = self._schema(schema[name], depth + 1)
        self._mend(schema, made, hidden)
        return made

    def _properties(self, said: Any, depth: int, hidden: set[str], *, files: bool) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, each in said.items():
            found = self._components.resolved(each)
            if found.get("readOnly") is True:
                hidden.add(str(name))
            elif files and (found.get("format") in _FILES or "contentMediaType" in found):
                made[str(name)] = FILE_SCHEMA
            else:
                made[str(name)] = self._schema(each, depth + 1)
        return made

    def _reference(self, schema: dict[str, Any], depth: int) -> Any:
        reference = schema["$ref"]
        target = self._components.find(reference)
        if not isinstance(target, dict):
            return {}
        small = len(target) < 12 and not any(name in target for name in ("$ref", *_MAPS, *_LISTS, "items"))
        if small and len(str(target)[: INLINE + 1]) <= INLINE:
            return self._schema(target, depth)
        if reference not in self._names:
            base = "".join(
                letter if letter.isascii() and letter.isalnum() else "_"
                for letter in reference.rpartition("/")[2]
            )
            name, number = base[:60] or "schema", 2
            while name in self._defs:
                name, number = f"{base[:56]}_{number}", number + 1
            self._names[reference] = name
            self._defs[name] = {}  # it may refer to itself
            self._defs[name] = self._schema(target, depth + 1)
        made: dict[str, Any] = {"$ref": f"#/$defs/{self._names[reference]}"}
        text = schema.get("description")
        if not self._components.old and isinstance(text, str) and text.strip():
            made["description"] = visible(text)[:MAX_TEXT]
        return made

    def _mend(self, schema: dict[str, Any], made: dict[str, Any], hidden: set[str]) -> None:
        """Make of what OpenAPI 3.0 says in its own way what JSON Schema says, and drop what is neither."""
        required = made.get("required")
        if required is not None:
            kept = [name for name in required if name not in hidden] if isinstance(required, list) else []
            if kept:
                made["required"] = kept
            else:
                del made["required"]
        for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            if isinstance(made.get(exclusive), bool) and made.pop(exclusive) and bound in made:
                made[exclusive] = made.pop(bound)
        if schema.get("nullable") is True:
            if isinstance(made.get("type"), str):
                made["type"] = [made["type"], "null"]
                if isinstance(made.get("enum"), list) and None not in made["enum"]:
                    made["enum"] = [*made["enum"], None]
            elif "allOf" in made:
                made["anyOf"] = [{"allOf": made.pop("allOf")}, {"type": "null"}]
        if made.get("type") == "file":
            made["type"] = "string"
        if isinstance(made.get("enum"), list) and not made["enum"]:
            del made["enum"]

    def _plain(self, value: Any, depth: int = 0) -> Any:
        """Return a value as JSON has it."""
        self._count()
        match value:
            case dict() if depth < self._deepest:
                found = cast("dict[Any, Any]", value)
                return {str(name): self._plain(each, depth + 1) for name, each in found.items()}
            case list() if depth < self._deepest:
                return [self._plain(each, depth + 1) for each in cast("list[Any]", value)]
            case str() | bool() | int() | float() | None:
                return value
            case _:
                return None

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise SchemaTooLarge
