"""Python files of an operator: what they define, as they are run once."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

__all__ = ["things_of"]


def things_of(file: Path, prefix: str) -> list[Any]:
    """Run a file and return what it defines under public names, in its order.

    Args:
        file: The file, or the ``__init__.py`` of a folder of files.
        prefix: Begins the module's name, so that no other module has it.

    Raises:
        Exception: whatever the file raises; nothing of it stays imported.
    """
    package = file.name == "__init__.py"
    name = prefix + (file.parent.name if package else file.stem)
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(file.parent)] if package else None
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"'{file.name}' is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # annotations are looked up by it
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return [
        thing
        for title, thing in vars(module).items()
        if not title.startswith("_") and str(getattr(thing, "__module__", "")).startswith(name)
    ]
