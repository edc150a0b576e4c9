"""The node types, one file each, found by walking this folder."""

import difflib
import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from graphs.node.node import Example, Node
from graphs.parsing.numbers import converted
from graphs.server_nodes import server_node_types

__all__ = [
    "NodeTypeError",
    "NodeTypeInfo",
    "add_node_type",
    "decode_node",
    "describe",
    "describe_type",
    "node_types",
]

N = TypeVar("N", bound=Node)


class NodeTypeError(ValueError):
    """There is no node type of this name; the message lists those that there are."""


class NodeTypeInfo(Struct, frozen=True):
    """A node type as a palette shows it."""

    type: str
    title: str
    group: str
    """``flow``, ``model``, ``data`` or ``note``."""
    description: str
    """Markdown: a sentence, then what else there is to know."""
    schema: dict[str, Any]
    """JSON Schema of ``data``."""
    outlets: list[str]
    """Those of the first example: a type such as ``switch`` names its own."""
    examples: list[Example]


class _Document(Struct, Generic[N]):
    data: N


_ADDED: dict[str, type[Node]] = {}
"""Node types of extensions, as their modules are: once for the process, before any flow is read."""


def add_node_type(kind: type[Node]) -> None:
    """Let flows use a node type of an extension."""
    _ADDED[str(kind.__struct_config__.tag)] = kind


def node_types() -> Mapping[str, type[Node]]:
    """Return the node types by name, in alphabetical order: those of this folder and of extensions."""
    return MappingProxyType(dict(sorted({**_ours(), **_ADDED}.items()))) if _ADDED else _ours()


@cache
def _ours() -> Mapping[str, type[Node]]:
    found: dict[str, type[Node]] = {}
    for file in sorted(pkgutil.iter_modules(__path__), key=lambda file: file.name):
        if file.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{file.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Node) and value.__module__ == module.__name__:
                found[str(value.__struct_config__.tag)] = value
    return MappingProxyType(found)


def decode_node(type: str, data: Mapping[str, Any]) -> Node:
    """Return the node that a document's ``type`` and ``data`` stand for.

    Raises:
        NodeTypeError: there is no such type.
        msgspec.ValidationError: the data does not fit; the message ends with its path, ``$.data.…``.
    """
    kinds = node_types()
    if (kind := kinds.get(type) or server_node_types().get(type)) is None:
        near = difflib.get_close_matches(type[:80], kinds, 1)
        near = near or [kind for kind in kinds if len(type) > 2 and type.lower() in kind.split("_")]
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise NodeTypeError(f"There is no node type {type[:80]!r}. {hint}There are {', '.join(kinds)}.")
    return _decoded(kind, data)


def _decoded(kind: type[N], data: Mapping[str, Any]) -> N:
    return converted({"data": dict(data)}, _Document[kind]).data


def describe() -> list[NodeTypeInfo]:
    """Return all node types with their schemas and examples."""
    return [describe_type(type, kind) for type, kind in node_types().items()]


def describe_type(type: str, kind: type[Node]) -> NodeTypeInfo:
    """Return a node type with its schema and examples."""
    return NodeTypeInfo(
        type=type,
        title=kind.title or type.replace("_", " ").capitalize(),
        group=kind.group,
        description=inspect.getdoc(kind) or "",
        schema=_schema(kind),
        outlets=list(_decoded(kind, kind.examples[0].data).outlets()) if kind.examples else [],
        examples=list(kind.examples),
    )


def _schema(kind: type[Node]) -> dict[str, Any]:
    """Return the JSON Schema of a type's ``data``: without the tag, which stands beside it in a document."""
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    schema = components.pop(reference["$ref"].rpartition("/")[2])
    schema["properties"].pop("type", None)
    schema["required"] = [name for name in schema.get("required", []) if name != "type"]
    for entry in msgspec.structs.fields(kind):
        if entry.default_factory is not msgspec.NODEFAULT:
            schema["properties"][entry.encode_name]["default"] = entry.default_factory()
    for described in (schema, *components.values()):
        if "description" in described:
            described["description"] = inspect.cleandoc(described["description"])
    return {**schema, "$defs": components} if components else schema
