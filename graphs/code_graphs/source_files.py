"""Source files of a graph in code: imported as Python would, and those next to it that it imports."""

import ast
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

__all__ = ["import_file", "search_folder", "sources_of"]


def import_file(file: Path) -> ModuleType:
    """Return the module of a file; what lies next to it, or in its package, can be imported by it.

    Raises:
        Exception: whatever the file raises; nothing of it stays imported.
    """
    root, name = _root_of(file)
    if str(root) not in sys.path:
        sys.path.append(str(root))
    if "." in name:
        return importlib.import_module(name)
    read = hashlib.sha256(str(file).encode() + b"".join(one.read_bytes() for one in sources_of(file)))
    unique = f"agenticrag_graph_{name}_{read.hexdigest()[:16]}"
    if unique in sys.modules:
        return sys.modules[unique]
    spec = importlib.util.spec_from_file_location(unique, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"'{file.name}' is no Python file.")
    module = sys.modules[unique] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique]
        raise
    return module


def search_folder(entry: str) -> None:
    """Let Python import what lies in the folder of an entry of the setting, or of its config file."""
    path = Path(entry.rpartition("=")[2].strip()).expanduser()
    file = (
        path
        if path.is_dir()
        else path.parent
        if path.suffix == ".json"
        else Path(str(path).rpartition(":")[0])
    )
    root = str(file.resolve() if file.is_dir() else _root_of(file.resolve())[0])
    if root not in sys.path:
        sys.path.append(root)


def sources_of(file: Path) -> list[Path]:
    """Return a file and the files below its root that it imports, directly or not, sorted."""
    root, _ = _root_of(file)
    found, waiting = {file}, [file]
    for here in waiting:  # grows while it is walked
        for name in _imports(here, root):
            base = root.joinpath(*name.split("."))
            for one in (base.with_suffix(".py"), base / "__init__.py"):
                if one.is_file() and one not in found:
                    found.add(one)
                    waiting.append(one)
    return sorted(found)


def _root_of(file: Path) -> tuple[Path, str]:
    """Return the folder that imports begin at, and the module's name from there."""
    root, parts = file.parent, [file.stem]
    while (root / "__init__.py").is_file():
        parts.insert(0, root.name)
        root = root.parent
    return root, ".".join(parts)


def _imports(file: Path, root: Path) -> Iterator[str]:
    """Yield the modules that a file may import, by their names from the root."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, OSError):
        return
    package = [*file.parent.relative_to(root).parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            around = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*around, *([node.module] if node.module else [])])
            if base:
                yield base
            yield from (f"{base}.{alias.name}" if base else alias.name for alias in node.names)
