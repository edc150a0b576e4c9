"""A minimal value that a JSON Schema accepts: the demo model's tool arguments and structured answers."""

from typing import Any, cast

__all__ = ["sample"]

_FORMATS = {
    "date": "2024-01-01",
    "date-time": "2024-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "demo@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
}
_DEPTH = 32

Schema = dict[str, Any]


def sample(schema: Schema, text: str = "demo") -> Any:
    """Return the smallest value of `schema`, with `text` where any string will do.

    Of an enum it is the first value that the text mentions, else the first; where the text tells what was
    chosen so far, the first that it does not mention, so that all get their turn.

    Optional properties are left out, unless that leaves an object empty. Knows types, const, enum, default,
    examples, properties, items, any/one/allOf, local $ref, lengths, ranges and the usual formats; patterns
    are beyond it.
    """
    return _value(schema, schema, text, 0)


def _value(schema: Any, root: Schema, text: str, depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEPTH:
        return None
    schema = cast("Schema", schema)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return _chosen(schema["enum"], text)
    if isinstance(schema.get("examples"), list) and schema["examples"]:
        return schema["examples"][0]
    if isinstance(ref := schema.get("$ref"), str):
        return _value(_resolve(ref, root), root, text, depth + 1)
    for name in ("anyOf", "oneOf"):
        if isinstance(schema.get(name), list) and schema[name]:
            return _value(schema[name][0], root, text, depth + 1)
    if isinstance(parts := schema.get("allOf"), list):
        merged: Schema = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            resolved = _resolve(part["$ref"], root) if "$ref" in part else part
            properties = {**merged.get("properties", {}), **resolved.get("properties", {})}
            required = [*merged.get("required", []), *resolved.get("required", [])]
            merged = {**merged, **resolved, "properties": properties, "required": required}
        return _value(merged, root, text, depth + 1)
    return _typed(schema, root, text, depth)


def _chosen(values: list[Any], text: str) -> Any:
    """Return the first value that a text mentions, or that it does not where it tells of others "so far"."""
    words = text.casefold()
    told = "so far" in words
    return next((value for value in values if (str(value).casefold() in words) != told), values[0])


def _typed(schema: Schema, root: Schema, text: str, depth: int) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    match kind:
        case "string":
            return _string(schema, text)
        case "integer" | "number":
            return _number(schema, whole=kind == "integer")
        case "boolean":
            return True
        case "array":
            count = int(schema.get("minItems", 0))
            return [_value(schema.get("items", {}), root, text, depth + 1) for _ in range(min(count, 100))]
        case "null":
            return None
        case _ if kind == "object" or "properties" in schema:
            properties: Schema = schema.get("properties", {})
            names = [name for name in properties if name in schema.get("required", [])] or list(properties)[
                :1
            ]
            return {name: _value(properties[name], root, text, depth + 1) for name in names}
        case _:
            return text


def _string(schema: Schema, text: str) -> str:
    if (known := _FORMATS.get(schema.get("format", ""))) is not None:
        return known
    longest = int(schema.get("maxLength", 1000))
    return text[:longest].ljust(int(schema.get("minLength", 0)), "x")


def _number(schema: Schema, *, whole: bool) -> float:
    step = schema.get("multipleOf", 1)
    value = schema.get("minimum", 0)
    if "exclusiveMinimum" in schema:
        value = schema["exclusiveMinimum"] + step
    elif "maximum" in schema and value > schema["maximum"]:
        value = schema["maximum"]
    elif "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        value = schema["exclusiveMaximum"] - step
    if value % step:
        value += step - value % step
    return int(value) if whole else value


def _resolve(ref: str, root: Schema) -> Any:
    found: Any = root
    for part in ref.removeprefix("#/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
    return found
