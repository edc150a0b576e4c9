"""Python tools: functions of an operator's folder as tools.

The code is the operator's, as trusted as the server's own. A file that cannot be loaded is told and left out;
it keeps nothing else from working.
"""

import asyncio
import inspect
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, get_type_hints

import msgspec
from msgspec import Meta, Struct

from graphs.parsing.numbers import converted
from graphs.tool.tool_type import NAME, Tool, ToolContext, effects_of, examples_of, is_stored_only, marks_of
from graphs.toolbox.python_files import things_of
from graphs.tools import ToolKinds, built_in_tools
from graphs.values.effects import Effects

__all__ = [
    "FunctionTool",
    "LoadedTools",
    "ToolFault",
    "UnfitError",
    "function_tool",
    "load_tools",
]

_ARGUMENT = re.compile(r"^\s+(\w+)(?:\s*\([^)]*\))?:\s*(.+)$")

log = logging.getLogger("agenticrag.tools")


class ToolFault(Struct, frozen=True):
    """Something that was to be a tool and is none."""

    source: str
    """The file."""
    message: str
    """What is wrong with it, a sentence."""


class LoadedTools(Struct, frozen=True):
    """The tools that there are, and what could not be loaded."""

    kinds: ToolKinds
    faults: tuple[ToolFault, ...] = ()


class UnfitError(ValueError):
    """A function that cannot be a tool; the message says what to change."""


class FunctionTool(Tool, frozen=True, kw_only=True):
    """Base of tools that are a Python function."""

    function: ClassVar[Callable[..., Any]]
    context: ClassVar[str] = ""
    """The parameter that takes the `ToolContext`; empty where none does."""
    touched: ClassVar[Effects] = Effects()

    def touches(self) -> Effects:
        """Return what whoever wrote it has said of it."""
        return self.touched

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Call it; a function that is not async is called in a thread."""
        given = msgspec.structs.asdict(converted(arguments, self.arguments))
        if self.context:
            given[self.context] = context
        function = type(self).function
        if inspect.iscoroutinefunction(function):
            result = await function(**given)
        else:
            result = await asyncio.to_thread(function, **given)
        return msgspec.to_builtins(result, str_keys=True)


def load_tools(folder: str = "", added: Mapping[str, type[Tool]] | None = None) -> LoadedTools:
    """Return the built-in tools, those of extensions and those of a folder's Python files.

    Reads and runs the files: call it in a thread. Where a name is taken, the earlier tool stays.
    """
    kinds: dict[str, type[Tool]] = {**built_in_tools(), **(added or {})}
    faults: list[ToolFault] = []
    for source, load in _files(folder):
        try:
            found = load()
        except (Exception, SystemExit) as error:
            faults.append(ToolFault(source, f"It cannot be loaded. {type(error).__name__}: {error}"))
            log.warning("%s cannot be loaded.", source, exc_info=True)
            continue
        for thing in found:
            try:
                kind = thing if isinstance(thing, type) else function_tool(thing)
                name = str(kind.__struct_config__.tag)
                if name in kinds:
                    raise UnfitError(f"There is a tool '{name}' already; rename this one.")
                kinds[name] = kind
            except UnfitError as error:
                faults.append(ToolFault(source, str(error)))
                log.warning("%s: %s", source, error)
    return LoadedTools(MappingProxyType(dict(sorted(kinds.items()))), tuple(faults))


def function_tool(function: Callable[..., Any]) -> type[Tool]:
    """Return the tool that a function is: its annotations are the schema, its docstring is what models read.

    The lines below ``Args:`` describe the parameters. One that is annotated as `ToolContext` gets that.

    Raises:
        UnfitError: it has no docstring, or a parameter that JSON has nothing for.
    """
    name = function.__name__
    told = inspect.getdoc(function)
    if not told:
        raise UnfitError(f"Function '{name}' has no docstring, which is what models read of it. Write one.")
    if not re.fullmatch(NAME, name):
        raise UnfitError(f"Function '{name}' needs a name of at most 64 letters, digits and underscores.")
    description, _, rest = told.partition("\nArgs:\n")
    arguments, context = _arguments(function, dict(_described(rest)))
    base = get_type_hints(Tool, include_extras=True)
    made: Any = msgspec.defstruct(
        f"{name}_tool",
        [(field, base[field], value) for field, value in marks_of(function).items()],
        bases=(FunctionTool,),
        namespace={
            "examples": examples_of(function),
            "__doc__": description.strip(),
            "function": staticmethod(function),
            "arguments": arguments,
            "context": context,
            "touched": effects_of(function),
            "stored_only": is_stored_only(function),
        },
        frozen=True,
        kw_only=True,
        tag=name,
    )
    return made


def _arguments(function: Callable[..., Any], described: Mapping[str, str]) -> tuple[type[Struct], str]:
    """Return the struct of a function's parameters, and which of them takes the context."""
    name = function.__name__
    try:
        hints = get_type_hints(function, include_extras=True)
    except (NameError, TypeError) as error:
        raise UnfitError(f"The annotations of '{name}' cannot be read: {error}.") from None
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    context = ""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise UnfitError(f"Parameter '{parameter.name}' of '{name}' is not given by name; tools' are.")
        if parameter.name not in hints:
            raise UnfitError(
                f"Parameter '{parameter.name}' of '{name}' has no annotation. Say what it takes."
            )
        kind = hints[parameter.name]
        if kind is ToolContext:
            context = parameter.name
            continue
        if about := described.get(parameter.name):
            kind = Annotated[kind, Meta(description=about)]
        if parameter.default is parameter.empty:
            fields.append((parameter.name, kind))
        else:
            fields.append((parameter.name, kind, parameter.default))
    try:
        made = msgspec.defstruct(
            f"{name}_arguments", fields, frozen=True, kw_only=True, forbid_unknown_fields=True
        )
        msgspec.json.schema(made)
    except (TypeError, ValueError) as error:
        raise UnfitError(f"The parameters of '{name}' are not all JSON: {error}.") from None
    return made, context


def _described(lines: str) -> Iterator[tuple[str, str]]:
    """Yield what the lines below ``Args:`` say of each parameter."""
    for line in lines.splitlines():
        if not line.strip():
            return
        if found := _ARGUMENT.match(line):
            yield found[1], found[2].strip()


def _files(folder: str) -> Iterator[tuple[str, Callable[[], list[Any]]]]:
    if not folder:
        return
    if not Path(folder).is_dir():
        yield folder, lambda: _missing(folder)
        return
    for file in sorted(Path(folder).glob("*.py")):
        if not file.name.startswith("_"):
            yield file.name, lambda file=file: _things(file)


def _missing(folder: str) -> list[Any]:
    raise FileNotFoundError(
        f"There is no folder '{folder}'. Make it, or set AGENTICRAG_TOOLS_DIR to another."
    )


def _things(file: Path) -> list[Any]:
    """Return the public functions and `Tool` classes that a file defines, in its order."""
    return [thing for thing in things_of(file, "agenticrag_tools_") if _is_tool(thing)]


def _is_tool(thing: Any) -> bool:
    return inspect.isfunction(thing) or (isinstance(thing, type) and issubclass(thing, Tool))
