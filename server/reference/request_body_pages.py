"""The page of every field that the API takes, written from the OpenAPI document."""

import json
from collections.abc import Iterator
from typing import Any, cast

from server.app import document

__all__ = ["fields_page"]

Schema = dict[str, Any]

FIRST = (
    "Chatflow",
    "ChatSettings",
    "MemoryConfig",
    "RagConfig",
    "Uploads",
    "Agentflow",
    "Supervisor",
    "AttachedAgent",
    "FlowLimits",
    "GraphDefinition",
    "Agent",
    "ChatRequest",
    "ChatOptions",
    "ExecutionRequest",
)
"""What most readers look for; the others follow by name."""
NAMED = {
    "ChatSettings": "`chat_config` of a chatflow",
    "MemoryConfig": "`memory_config` of a chatflow",
    "RagConfig": "`rag_config` of a chatflow",
    "Uploads": "`uploads` of `chat_config`",
    "Supervisor": "`supervisor_config` of an agentflow",
    "AttachedAgent": "an entry of `agents` of an agentflow",
    "FlowLimits": "`limits` of a flow or a request",
    "ChatOptions": "`config` of a chat request",
}
"""What an object is called where it is used, if that is not its own name."""
REFERENCE = "#/components/schemas/"
HEAD = """# Fields of requests

<!-- Written by `make docs` from server/reference/request_body_pages.py and the API. Do not edit. -->

Every object that the API takes, with every field: its type, its default, and what it does. A field without a
default is required. The API rejects fields that are not listed here.

For the `data` of nodes see [node types](nodes.md), for the server's settings see [settings](settings.md).
A running server has the same as an OpenAPI document at `/schema`.

"""


def fields_page() -> str:
    """Return the page in Markdown."""
    described: Schema = json.loads(document())
    schemas: dict[str, Schema] = described["components"]["schemas"]
    used = _used(described, schemas)
    order = [name for name in FIRST if name in used] + sorted(name for name in used if name not in FIRST)
    listed = "\n".join(f"- [{name}](#{name.lower()}){_also(name)}" for name in order)
    return f"{HEAD}{listed}\n\n" + "\n".join(_section(name, schemas[name], used[name]) for name in order)


def _also(name: str) -> str:
    return f": {NAMED[name]}" if name in NAMED else ""


def _used(described: Schema, schemas: dict[str, Schema]) -> dict[str, list[str]]:
    """Return the objects that requests can have in them, each with the requests that it is the body of."""
    used: dict[str, list[str]] = {}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if not isinstance(operation, dict) or "requestBody" not in operation:
                continue
            asked = f"`{method.upper()} {path.removeprefix('/api/agent-builder')}`"
            body = cast("Schema", operation)["requestBody"]
            for content in body.get("content", {}).values():
                for name in _references(content.get("schema", {})):
                    used.setdefault(name, []).append(asked)
    waiting = [*used]
    while waiting:
        for name in _references(schemas[waiting.pop()]):
            if name not in used:
                used[name] = []
                waiting.append(name)
    return {name: asked for name, asked in used.items() if schemas[name].get("properties")}


def _references(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        held = cast("Schema", schema)
        if isinstance(reference := held.get("$ref"), str):
            yield reference.removeprefix(REFERENCE)
        for value in held.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in cast("list[Any]", schema):
            yield from _references(value)


def _section(name: str, schema: Schema, asked: list[str]) -> str:
    about = " ".join(str(schema.get("description", "")).split())
    where = f"{NAMED[name][:1].upper()}{NAMED[name][1:]}. " if name in NAMED else ""
    body = f" Body of {', '.join(dict.fromkeys(asked))}." if asked else ""
    required: list[str] = schema.get("required", [])
    rows = "".join(
        f"| `{field}` | {_type(part)} | {_default(part, needed=field in required)} | {_about(part)} |\n"
        for field, part in schema["properties"].items()
    )
    return f"## {name}\n\n{where}{about}{body}\n\n| field | type | default | |\n|---|---|---|---|\n{rows}"


def _type(schema: Schema) -> str:
    """Return a schema's type in a few words."""
    if isinstance(reference := schema.get("$ref"), str):
        name = reference.removeprefix(REFERENCE)
        return f"[{name}](#{name.lower()})"
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(_type(part) for part in schema[word]))
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value) if value is None else value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "any value")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "string" and (longest := schema.get("maxLength")):
        return f"text, up to {longest:,}"
    if kind in ("integer", "number"):
        return {"integer": "whole number", "number": "number"}[kind] + _range(schema)
    return {"string": "text", "boolean": "true or false", "object": "object"}.get(str(kind), str(kind))


def _range(schema: Schema) -> str:
    low, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    high, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    parts = [
        f"{word} {value:,}"
        for word, value in (("from", low), ("above", above), ("to", high), ("below", below))
        if value is not None
    ]
    return f" {' '.join(parts)}" if parts else ""


def _default(schema: Schema, *, needed: bool) -> str:
    if needed:
        return "required"
    if "default" in schema and schema["default"] not in ("", [], {}):
        return f"`{json.dumps(schema['default'], ensure_ascii=False)}`".replace("|", "\\|")
    return "empty" if schema.get("type") in ("string", "array", "object") or "default" in schema else ""


def _about(schema: Schema) -> str:
    return " ".join(str(schema.get("description", "")).split()).replace("|", "\\|")
