"""Import paths of the last release, each with a warning that names the new one. They go with the next one."""

import importlib
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any

__all__ = ["install", "moved"]

_DOOR = "graphs.extend"
_MODULES = {
    "graphs.context": ("Context",),
    "graphs.templates": ("Template", "parse"),
    "graphs.touches": ("Touches",),
}
"""Modules that are gone, and what programs imported from each."""


def install() -> None:
    """Let modules that are gone be imported still."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())


def moved(module: str, names: Sequence[str]) -> Callable[[str], Any]:
    """Return a module's ``__getattr__`` that gives names which have moved to `graphs.extend`."""

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _warn(module, name)
        return getattr(importlib.import_module(_DOOR), name)

    return find


def _warn(module: str, name: str) -> None:
    warnings.warn(
        f"{module}.{name} has moved: write 'from {_DOOR} import {name}'. "
        "The old path goes with the next release.",
        DeprecationWarning,
        stacklevel=3,
    )


class _Finder(MetaPathFinder):
    """Comes last: asked only for modules that nothing else has."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a module that is gone, None for any other."""
        return spec_from_loader(fullname, _OldModule()) if fullname in _MODULES else None


class _OldModule(Loader):
    def exec_module(self, module: ModuleType) -> None:
        """Fill an old module with what it had."""
        name = module.__name__
        door = importlib.import_module(_DOOR)
        source = door.templates if name == "graphs.templates" else door
        _warn(name.rpartition(".")[0], name.rpartition(".")[2])
        vars(module).update({each: getattr(source, each) for each in _MODULES[name] if hasattr(source, each)})
