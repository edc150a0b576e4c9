"""The built-in tools, one file each, found by walking this folder."""

import difflib
import importlib
import inspect
import pkgutil
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.parsing.decode_errors import in_words, known_at
from graphs.tool.tool_type import Tool, ToolExample

__all__ = [
    "ToolEntryError",
    "ToolInfo",
    "ToolKinds",
    "built_in_tools",
    "describe_tools",
    "read_tool",
    "source_of",
]

ToolKinds = Mapping[str, type[Tool]]
"""Tools by the name that flows ask for them by."""


class ToolEntryError(ValueError):
    """An entry names no tool, or configures one in a way that it does not take."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path
        """Where in the entry: ``.headers.accept``; empty for the whole."""


class ToolInfo(Struct, frozen=True, kw_only=True):
    """A tool as a palette shows it."""

    name: str
    description: str
    """What models are told."""
    repeatable: bool
    parameters: dict[str, Any]
    """JSON Schema of what a call may say. Where it hangs on the configuration: that of the first example."""
    config: dict[str, Any]
    """JSON Schema of what stands beside ``name`` in a flow."""
    examples: list[ToolExample]
    source: Literal["builtin", "python", "mcp", "openapi"] = "builtin"
    """Where it comes from."""
    server: str = ""
    """The MCP server or the API that it is of."""
    input_schema: dict[str, Any] = {}
    """The same as `parameters`."""
    approval: bool = False
    """Whether a person is asked before each use."""


@cache
def built_in_tools() -> ToolKinds:
    """Return the tools of this folder by name, in alphabetical order."""
    found: dict[str, type[Tool]] = {}
    for file in sorted(pkgutil.iter_modules(__path__), key=lambda file: file.name):
        if file.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{file.name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Tool) and value.__module__ == module.__name__:
                found[str(value.__struct_config__.tag)] = value
    return MappingProxyType(found)


def source_of(kind: type[Tool]) -> str:
    """Return where a tool comes from: ``builtin``, ``python``, ``mcp`` or ``flow``."""
    name = str(kind.__struct_config__.tag)
    if built_in_tools().get(name) is not kind:
        return "python"
    return name if name in ("mcp", "flow") else "builtin"


def read_tool(entry: str | Mapping[str, Any], kinds: ToolKinds | None = None) -> Tool:
    """Return the tool that an entry of a flow stands for: a name, or ``{"name": …}`` with its configuration.

    Raises:
        ToolEntryError: there is no such tool, or it does not take this configuration.
    """
    kinds = built_in_tools() if kinds is None else kinds
    fields = {"name": entry} if isinstance(entry, str) else dict(entry)
    name = fields.get("name")
    if not isinstance(name, str):
        raise ToolEntryError("Expected a tool's name, or an object with 'name'.")
    if name not in kinds:
        near = difflib.get_close_matches(name[:80], kinds, 1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise ToolEntryError(f"There is no tool {name[:80]!r}. {hint}There are {', '.join(kinds)}.")
    try:
        tool = msgspec.convert(fields, kinds[name])
    except msgspec.ValidationError as error:
        problem, _, path = str(error).partition(" - at `")
        place = path.rstrip("`").removeprefix("$")
        known = known_at(kinds[name], [step for step in re.split(r"[.\[\]]+", place) if step])
        raise ToolEntryError(in_words(problem, known=known), path=place) from None
    if problem := tool.problem():
        raise ToolEntryError(problem)
    return tool


def describe_tools(kinds: ToolKinds | None = None) -> list[ToolInfo]:
    """Return tools with their schemas and examples."""
    found = built_in_tools() if kinds is None else kinds
    return [_describe(name, kind) for name, kind in found.items()]


def _describe(name: str, kind: type[Tool]) -> ToolInfo:
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    schema = components.pop(reference["$ref"].rpartition("/")[2])
    schema["properties"].pop("name", None)
    schema["required"] = [field for field in schema.get("required", []) if field != "name"]
    for noise in ("title", "description"):
        schema.pop(noise, None)
    example = kind.examples[0].config if kind.examples else {}
    shown = msgspec.convert({"name": name, **example}, kind)
    return ToolInfo(
        name=name,
        description=inspect.getdoc(kind) or "",
        repeatable=shown.repeatable,
        parameters=shown.parameters(),
        config={**schema, "$defs": components} if components else schema,
        examples=list(kind.examples),
        source="builtin" if built_in_tools().get(name) is kind else "python",
        input_schema=shown.parameters(),
        approval=shown.approval,
    )
