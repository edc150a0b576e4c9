"""Support code: the functions that an exported project brings along, with all that they need themselves."""

import ast
from functools import cache
from pathlib import Path

from msgspec import Struct

__all__ = ["Uses", "all_names", "written"]

FOLDER = Path(__file__).parent / "support"
_INTERNAL = "graphs.export.support.exported_"
_PREFIX = "exported_"
"""What the files begin with: names of modules are unique here. Projects have them without."""


class _Module(Struct, frozen=True):
    """A module of support code, taken apart."""

    docstring: str
    parts: dict[str, str]
    """Source of each top-level name, in order."""
    needs: dict[str, frozenset[str]]
    """Names that each of them mentions."""
    internal: dict[str, str]
    """By name that comes from another module of support code, that module."""
    imports: dict[str, str]
    """By name that comes from elsewhere, the line that imports it alone."""


class Uses:
    """What the code of a project uses of the support code."""

    def __init__(self) -> None:
        self.names: dict[str, dict[str, None]] = {}
        """By module."""

    def take(self, module: str, name: str) -> str:
        """Note that a name is used, with all that it needs, and return it."""
        known = self.names.setdefault(module, {})
        if name in known:
            return name
        known[name] = None
        read = _read(module)
        for needed in read.needs[name]:
            if needed in read.parts:
                self.take(module, needed)
            elif needed in read.internal:
                self.take(read.internal[needed], needed)
        return name


def written(module: str, names: dict[str, None], package: str) -> str:
    """Return the source of a module that has these names, in the order of the support code."""
    read = _read(module)
    chosen = [name for name in read.parts if name in names]
    mentioned = {needed for name in chosen for needed in read.needs[name]}
    lines = [f'"""{read.docstring}"""', ""]
    plain = sorted(read.imports[name] for name in mentioned if name in read.imports)
    standard = [line for line in plain if "langchain" not in line and "langgraph" not in line]
    others = [line for line in plain if line not in standard]
    own: dict[str, list[str]] = {}
    for name in sorted(mentioned):
        if name in read.internal:
            own.setdefault(read.internal[name], []).append(name)
    for group in (
        standard,
        others,
        [f"from {package}.{one} import {', '.join(own[one])}" for one in sorted(own)],
    ):
        if group:
            lines += [*_joined(group), ""]
    text = "\n".join(lines)
    for name in chosen:
        source = read.parts[name]
        large = source.lstrip().startswith(("def", "async", "class", "@"))
        text += ("\n\n" if large else "\n") + source + "\n"
    return text


def _joined(lines: list[str]) -> list[str]:
    """Return import lines with one for each module."""
    plain = [line for line in lines if line.startswith("import ")]
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("from "):
            module, _, name = line.removeprefix("from ").partition(" import ")
            found.setdefault(module, []).append(name)
    return [
        *plain,
        *(f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(found.items())),
    ]


@cache
def _read(module: str) -> _Module:
    source = (FOLDER / f"{_PREFIX}{module}.py").read_text("utf-8")
    tree = ast.parse(source)
    lines = source.splitlines()
    parts: dict[str, str] = {}
    needs: dict[str, frozenset[str]] = {}
    internal: dict[str, str] = {}
    imports: dict[str, str] = {}
    last = ""
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=str() as origin, names=names):
                for alias in names:
                    if origin.startswith(_INTERNAL):
                        internal[alias.name] = origin.removeprefix(_INTERNAL)
                    else:
                        imports[alias.name] = f"from {origin} import {alias.name}"
            case ast.Import(names=names):
                for alias in names:
                    imports[alias.name] = f"import {alias.name}"
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                last = name
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                last = name
            case ast.Expr(value=ast.Constant()) if last in parts:
                parts[last] += "\n" + _source(lines, node)
                continue
            case _:
                continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            continue
        parts[last] = _source(lines, node)
        needs[last] = frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
    docstring = ast.get_docstring(tree) or ""
    return _Module(docstring, parts, needs, internal, imports)


def _source(lines: list[str], node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = decorators[0].lineno if decorators else node.lineno
    return "\n".join(lines[first - 1 : node.end_lineno])


@cache
def all_names() -> list[str]:
    """Return every name that support code has."""
    return [
        name
        for path in sorted(FOLDER.glob(f"{_PREFIX}*.py"))
        for name in _read(path.stem.removeprefix(_PREFIX)).parts
    ]
