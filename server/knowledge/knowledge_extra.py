"""The extra `knowledge`: whether what it brings is installed, which a process may learn while it runs."""

import importlib
from importlib.util import find_spec

from graphs.file_parsing.parser_process import INSTALL

__all__ = ["EXTRA_MISSING", "extra_installed"]

_MODULES = ("numpy", "semantic_text_splitter", "kreuzberg")
EXTRA_MISSING = (
    f"Knowledge bases need the extra 'knowledge', which is not installed. Run `{INSTALL}` on the server; it "
    "needs no restart."
)


def extra_installed() -> bool:
    """Whether documents can be split and searched."""
    if all(map(find_spec, _MODULES)):
        return True
    importlib.invalidate_caches()  # it may have been installed a moment ago
    return all(map(find_spec, _MODULES))
