"""Known schemas: what JSON the values are that a flow looks up, as far as its document says so."""

from collections.abc import Mapping
from typing import Any, cast

from graphs.document.topology import Topology
from graphs.nodes.start import Start

__all__ = ["KnownSchemas", "kind_of", "properties_of", "within"]

_OPEN = frozenset({"$ref", "allOf", "anyOf", "oneOf", "if", "not", "patternProperties", "dependentSchemas"})
"""Keywords with which a schema says more than its own `properties` and `type`."""
_KINDS = {
    "string": "text",
    "text": "text",
    "paragraph": "text",
    "date": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "array": "list",
    "files": "list",
    "object": "object",
}

Schema = Mapping[str, Any]


class KnownSchemas:
    """Gives the schema of what a path looks up; None where the flow does not say it."""

    def __init__(self, shape: Topology) -> None:
        self._shape = shape
        self._nodes: dict[str, Schema] = {}
        for id, node in shape.nodes.items():
            if node.on_error == "outlet" or node.on_error == "continue":
                continue
            if node.gives_text():
                self._nodes[id] = {"type": "string"}
            elif schema := node.gives_schema():
                self._nodes[id] = schema
        start = shape.nodes[shape.start]
        declared = start.inputs if isinstance(start, Start) else ()
        self._inputs: dict[str, Schema] = {one.name: {"type": one.type} for one in declared}
        self._variables: dict[str, Schema] = {
            one.name: {"type": one.type} for node in shape.nodes.values() for one in node.declares()
        }

    def root(self, id: str, path: tuple[str, ...]) -> tuple[str, Schema, tuple[str, ...]] | None:
        """Return what a path of a node begins with, as an expression has it, its schema, and the keys that
        follow."""
        match path:
            case ("nodes", other, *keys) if other in self._nodes:
                return f"nodes.{other}", self._nodes[other], tuple(keys)
            case ("arrived", *keys):
                before = [link.source for link in self._shape.forward[id]]
                if len(before) != 1 or self._shape.nodes[before[0]].bodies() or before[0] not in self._nodes:
                    return None
                return "arrived", self._nodes[before[0]], tuple(keys)
            case ("input", name, *keys) if name in self._inputs:
                return f"input.{name}", self._inputs[name], tuple(keys)
            case ("variables", name, *keys) if name in self._variables:
                return f"variables.{name}", self._variables[name], tuple(keys)
            case ("message", *keys):
                return "message", {"type": "string"}, tuple(keys)
            case ("loop", "index", *keys):
                return "loop.index", {"type": "integer"}, tuple(keys)
            case _:
                return None

    def kind(self, id: str, path: tuple[str, ...]) -> str:
        """Return ``text``, ``number``, ``boolean``, ``list`` or ``object`` where a path of a node is known to
        look up one; else empty."""
        found = self.root(id, path)
        if found is None:
            return ""
        _, schema, keys = found
        for key in keys:
            inner = within(schema, key)
            if inner is None:
                return ""
            schema = inner
        return kind_of(schema)


def kind_of(schema: Schema) -> str:
    """Return the kind that all values of a schema have; empty where that is not one of five."""
    kind = schema.get("type")
    return _KINDS.get(kind, "") if isinstance(kind, str) and _OPEN.isdisjoint(schema) else ""


def properties_of(schema: Schema) -> Mapping[str, Any] | None:
    """Return the fields that an object may have; None where it may have others, or is none."""
    named: Any = schema.get("properties")
    if not isinstance(named, dict) or not named or not _OPEN.isdisjoint(schema):
        return None
    if schema.get("additionalProperties", False) is not False or schema.get("type", "object") != "object":
        return None
    return cast("Mapping[str, Any]", named)


def within(schema: Schema, key: str) -> Schema | None:
    """Return the schema of a field or an item; None where it is not known."""
    if not _OPEN.isdisjoint(schema):
        return None
    inner: Any = schema.get("items") if key.removeprefix("-").isdecimal() else None
    named: Any = schema.get("properties")
    if inner is None and isinstance(named, dict):
        inner = cast("Mapping[str, Any]", named).get(key)
    return cast("Schema", inner) if isinstance(inner, dict) else None
