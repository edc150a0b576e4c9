"""Loading extensions: an operator's files and installed packages, checked before any of them counts."""

import importlib.metadata
import inspect
import re
import traceback
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from graphs.extensions.extension_error import ExtensionError
from graphs.node.node import Node
from graphs.nodes import add_node_type, describe_type, node_types
from graphs.providers.table import add_provider, marked_entry, provider_entries
from graphs.server_nodes import server_node_types
from graphs.tool.tool_type import Tool, is_marked
from graphs.toolbox.python_files import things_of
from graphs.toolbox.python_tools import UnfitError, function_tool
from graphs.tools import built_in_tools

__all__ = ["GROUPS", "Extension", "load_extensions"]

Kind = Literal["tool", "node", "provider"]
GROUPS: dict[str, Kind] = {
    "agenticrag.tools": "tool",
    "agenticrag.nodes": "node",
    "agenticrag.providers": "provider",
}
"""Groups of entry points by which packages bring extensions."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TAKES: dict[Kind, str] = {
    "tool": "a function or a subclass of Tool",
    "node": "a subclass of Node",
    "provider": "a class with @provider(...)",
}


class Extension(Struct, frozen=True):
    """A tool, node type or provider of somebody else's."""

    kind: Kind
    name: str
    """What flows call it."""
    source: str
    """The file, or the entry point and its package."""
    thing: Any
    """The class."""


@cache
def load_extensions(folder: str = "") -> tuple[Extension, ...]:
    """Return the extensions of a folder and of installed packages; from then on flows can use them.

    Runs their code, once for the process. Nothing of them counts if one cannot be used.

    Args:
        folder: The operator's folder: files and folders whose name does not begin with ``_``. Empty: none.

    Raises:
        ExtensionError: one cannot be used.
    """
    found: list[Extension] = []
    taken = {
        "tool": {*built_in_tools()},
        "node": {*node_types(), *server_node_types()},
        "provider": {*provider_entries()},
    }
    for source, load in (*_installed(), *_files(folder)):
        for extension in _loaded(source, load):
            if extension.name in taken[extension.kind]:
                what = {"node": "node type"}.get(extension.kind, extension.kind)
                raise ExtensionError(source, f"There is a {what} '{extension.name}' already.")
            taken[extension.kind].add(extension.name)
            found.append(extension)
    for extension in found:
        if extension.kind == "node":
            add_node_type(extension.thing)
        elif entry := marked_entry(extension.thing):
            add_provider(*entry)
    return tuple(found)


def _loaded(source: str, load: Callable[[], list[tuple[Kind, Any]]]) -> list[Extension]:
    """Return what a source brings, checked.

    Raises:
        ExtensionError: it cannot be loaded, brings nothing, or what it brings is not what it should be.
    """
    try:
        things = load()
    except (Exception, SystemExit) as error:
        raise ExtensionError(source, _reason(error, source)) from error
    if not things:
        raise ExtensionError(
            source,
            "It defines no tool (a function with @tool(...), a subclass of Tool), no node type (a subclass "
            "of Node) and no provider (a class with @provider(...)).",
        )
    try:
        return [_checked(source, kind, thing) for kind, thing in things]
    except (UnfitError, TypeError, ValueError) as error:
        raise ExtensionError(source, f"{error}".rstrip(".") + ".") from error


def _checked(source: str, kind: Kind, thing: Any) -> Extension:
    match kind:
        case "node":
            if not (isinstance(thing, type) and issubclass(thing, Node)):
                raise UnfitError(f"Expected {_TAKES[kind]}, found {thing!r}")
            name = thing.__struct_config__.tag
            for method in (one for one, of in vars(Node).items() if inspect.isfunction(of)):
                if not callable(getattr(thing, method)):
                    raise UnfitError(f"'{method}' of node type '{name}' must be a method: def {method}(self)")
            if thing.starts or thing.ends:
                raise UnfitError(f"Node type '{name}' starts or ends runs; only those of the server do")
            if isinstance(name, str) and _NAME.fullmatch(name):
                describe_type(name, thing)
        case "tool":
            thing = thing if isinstance(thing, type) else function_tool(thing)
            if not issubclass(thing, Tool):
                raise UnfitError(f"Expected {_TAKES[kind]}, found {thing!r}")
            name = thing.__struct_config__.tag
        case "provider":
            if (marked := marked_entry(thing)) is None:
                raise UnfitError(f"Expected {_TAKES[kind]}, found {thing!r}")
            name, entry = marked
            if not entry.models:
                raise UnfitError(f"Provider '{name}' has no models: name one at least in @provider(...)")
            for method in ("stream", "close"):
                if not callable(getattr(thing, method, None)):
                    raise UnfitError(f"Provider '{name}' has no method '{method}'")
    if not isinstance(name, str) or (kind != "tool" and not _NAME.fullmatch(name)):
        raise UnfitError(
            f"The {kind} {thing.__name__} needs a name of lower-case letters, digits and underscores: "
            f"found {name!r}"
        )
    if not thing.__doc__:
        raise UnfitError(f"The {kind} '{name}' has no docstring, which is its documentation")
    return Extension(kind, name, source, thing)


def _installed() -> Iterator[tuple[str, Callable[[], list[tuple[Kind, Any]]]]]:
    for group, kind in GROUPS.items():
        for entry in sorted(importlib.metadata.entry_points(group=group), key=lambda entry: entry.name):
            package = f" of the package {entry.dist.name}" if entry.dist is not None else ""
            yield f"'{entry.name}' ({group}){package}", lambda entry=entry, kind=kind: [(kind, entry.load())]


def _files(folder: str) -> Iterator[tuple[str, Callable[[], list[tuple[Kind, Any]]]]]:
    if not folder:
        return
    if not Path(folder).is_dir():
        raise ExtensionError(f"folder '{folder}'", "There is no such folder.")
    files = [*Path(folder).glob("*.py"), *Path(folder).glob("*/__init__.py")]
    for file in sorted(files):
        if not file.relative_to(folder).parts[0].startswith("_"):
            yield f"'{file.relative_to(folder)}'", lambda file=file: _kinds_in(file)


def _kinds_in(file: Path) -> list[tuple[Kind, Any]]:
    found: list[tuple[Kind, Any]] = []
    for thing in things_of(file, "agenticrag_extensions_"):
        if marked_entry(thing) is not None:
            found.append(("provider", thing))
        elif isinstance(thing, type) and issubclass(thing, Node):
            found.append(("node", thing))
        elif (isinstance(thing, type) and issubclass(thing, Tool)) or is_marked(thing):
            found.append(("tool", thing))
    return found


def _reason(error: BaseException, source: str) -> str:
    """Return what went wrong and in which line of the extension's own code."""
    file = source.strip("'")
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(file)
    ]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    where = f"Line {line}: " if line else ""
    return f"{where}{type(error).__name__}: {error}".rstrip(".") + "."
