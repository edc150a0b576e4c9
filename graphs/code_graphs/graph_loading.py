"""Loading code graphs: from files, ``langgraph.json`` and installed packages, checked before any counts."""

import hashlib
import importlib.metadata
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import msgspec
from langgraph.graph.state import StateGraph
from langgraph.pregel import Pregel

from graphs.code_graphs.code_graph import CodeGraph, CodeGraphError
from graphs.code_graphs.drawn_graph import drawn
from graphs.code_graphs.source_files import import_file, sources_of
from graphs.code_graphs.state_fields import unstorable_field
from graphs.code_graphs.stored_values import StoredValues

__all__ = ["GROUP", "load_code_graphs"]

GROUP = "agenticrag.graphs"
"""Entry points by which packages bring graphs."""
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
CONFIG = "langgraph.json"

_Load = Callable[[], tuple[Any, str, str]]
"""Gives the thing, the hash of its source, and the first line of its module's docstring."""
_Found = tuple[str, str, str, _Load]
"""Name, description, source, and what loads it."""


class _Described(msgspec.Struct):
    path: str
    description: str = ""


class _Config(msgspec.Struct):
    graphs: dict[str, str | _Described]


def load_code_graphs(entries: Sequence[str], values: StoredValues) -> dict[str, CodeGraph]:
    """Return the graphs of files and installed packages by name. Runs their code.

    Args:
        entries: ``path/to/file.py:graph``, ``name=path/to/file.py:graph``, or the path of a
            ``langgraph.json`` or of its folder.
        values: What their state may hold.

    Raises:
        CodeGraphError: one cannot be used; the message says why.
    """
    loaded: dict[str, CodeGraph] = {}
    for name, description, source, load in (
        *_installed(),
        *(one for entry in entries for one in _listed(entry)),
    ):
        if SLUG.fullmatch(name) is None:
            raise CodeGraphError(
                source, f"Its name '{name}' must have lower-case letters, digits and hyphens."
            )
        if name in loaded:
            raise CodeGraphError(source, f"'{name}' is the name of {loaded[name].source} already.")
        loaded[name] = _loaded(name, description, source, load, values)
    return loaded


def _loaded(name: str, description: str, source: str, load: _Load, values: StoredValues) -> CodeGraph:
    try:
        thing, source_hash, told = load()
        graph = _compiled(thing)
    except CodeGraphError:
        raise
    except (Exception, SystemExit) as error:
        raise CodeGraphError(source, f"{type(error).__name__}: {error}".rstrip(".") + ".") from error
    if graph is None:
        raise CodeGraphError(
            source,
            f"Expected a StateGraph, a compiled graph, an @entrypoint or a function that returns one, "
            f"found {type(thing).__name__}.",
        )
    if graph.interrupt_after_nodes:
        raise CodeGraphError(source, "interrupt_after is not supported. Use interrupt() or interrupt_before.")
    if (field := unstorable_field(_schemas(graph), values)) is not None:
        raise CodeGraphError(
            source,
            f"The field {field[0]} holds {field[1]}, which cannot be stored. Use plain values, or add "
            f"'{field[1]}' to AGENTICRAG_CODE_GRAPH_TYPES.",
        )
    fields = _input_fields(graph)
    return CodeGraph(
        name=name,
        description=description or told or f"A LangGraph graph in code: {source}.",
        source=source,
        source_hash=source_hash,
        graph=graph,
        drawing=drawn(graph),
        chat=fields == ["messages"],
        takes_messages="messages" in fields,
    )


def _compiled(thing: Any) -> "Pregel[Any, Any, Any, Any] | None":
    if isinstance(thing, StateGraph):
        return cast("Any", thing).compile()
    if isinstance(thing, Pregel):
        return cast("Pregel[Any, Any, Any, Any]", thing)
    if inspect.isfunction(thing):  # as langgraph.json allows: it may take the run's config
        made = thing({}) if inspect.signature(thing).parameters else thing()
        if inspect.isawaitable(made):
            import asyncio

            async def waited() -> Any:
                return await made

            made = asyncio.run(waited())  # in the thread that loads, which has no event loop
        return None if inspect.isfunction(made) else _compiled(made)
    return None


def _schemas(graph: Any) -> list[type]:
    builder = getattr(graph, "builder", None)
    return [] if builder is None else [one for one in builder.schemas if isinstance(one, type)]


def _input_fields(graph: "Pregel[Any, Any, Any, Any]") -> list[str]:
    builder = getattr(graph, "builder", None)
    if builder is None:
        return []
    return sorted(name for name in builder.schemas.get(builder.input_schema, {}) if not name.startswith("__"))


def _first_line(module: ModuleType) -> str:
    return (inspect.getdoc(module) or "").partition("\n")[0]


def _listed(entry: str) -> Iterator[_Found]:
    """Yield what an entry of the setting names."""
    name, sign, rest = entry.partition("=")
    path = Path((rest if sign else entry).strip()).expanduser()
    if path.is_dir():
        path = path / CONFIG
    if path.name == CONFIG or path.suffix == ".json":
        yield from _configured(path)
        return
    yield _from_file(name.strip() if sign else "", "", str(path), Path())


def _configured(path: Path) -> Iterator[_Found]:
    try:
        config = msgspec.json.decode(path.read_bytes(), type=_Config)
    except OSError as error:
        raise CodeGraphError(f"'{path}'", f"The file cannot be read: {error.strerror}.") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise CodeGraphError(
            f"'{path}'", f"Expected {CONFIG} with 'graphs', a path by name. {error}."
        ) from error
    for name, entry in config.graphs.items():
        described = _Described(entry) if isinstance(entry, str) else entry
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        yield _from_file(slug, described.description, described.path, path.parent)


def _from_file(name: str, description: str, path: str, folder: Path) -> _Found:
    place, _, variable = path.rpartition(":")
    file = (folder / place).resolve()
    source = f"'{path}'"
    if not place or not variable.isidentifier() or file.suffix != ".py":
        raise CodeGraphError(source, "Expected a path as path/to/file.py:graph.")
    stem = re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-")
    slug = name or (
        stem
        if variable in ("graph", "agent", "app", "workflow")
        else f"{stem}-{variable.replace('_', '-').lower()}"
    )

    def load() -> tuple[Any, str, str]:
        if not file.is_file():
            raise CodeGraphError(source, f"There is no file '{file}'.")
        hashed = _hash_of(sources_of(file))
        module = import_file(file)
        if not hasattr(module, variable):
            raise CodeGraphError(source, f"'{file.name}' has no '{variable}'.")
        return getattr(module, variable), hashed, _first_line(module)

    return slug, description, source, load


def _installed() -> Iterator[_Found]:
    for entry in sorted(importlib.metadata.entry_points(group=GROUP), key=lambda entry: entry.name):
        package = f" of the package {entry.dist.name}" if entry.dist is not None else ""

        def load(entry: importlib.metadata.EntryPoint = entry) -> tuple[Any, str, str]:
            thing = entry.load()
            version = entry.dist.version if entry.dist is not None else ""
            module = importlib.import_module(entry.module)
            files = sources_of(Path(module.__file__)) if module.__file__ else []
            return thing, _hash_of(files, version), _first_line(module)

        yield entry.name, "", f"'{entry.name}' ({GROUP}){package}", load


def _hash_of(files: Sequence[Path], more: str = "") -> str:
    hashed = hashlib.sha256(more.encode())
    for file in files:
        hashed.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return hashed.hexdigest()
