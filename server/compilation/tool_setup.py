"""Tool setup: the tools and extensions of this server, loaded once, and the egress rules."""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from server.settings.sources import Settings

if TYPE_CHECKING:
    from graphs.extensions.loading import Extension
    from graphs.toolbox.python_tools import LoadedTools
    from graphs.toolbox.toolbox import Toolbox

__all__ = ["ServerTools", "open_extensions"]


def open_extensions(settings: Settings) -> "tuple[Extension, ...]":
    """Return the extensions of this server; flows can use them from then on.

    Raises:
        ExtensionError: one cannot be used; the message names it and the reason.
    """
    if not settings.extensions_dir and not _packages_extend():
        return ()  # without importing what extensions build on
    from graphs.extensions.loading import load_extensions

    return load_extensions(settings.extensions_dir)


def _packages_extend() -> bool:
    """Say whether any installed package may bring extensions, without reading what all others bring."""
    return any(
        b"[agenticrag." in file.read_bytes()
        for folder in dict.fromkeys(sys.path)
        for file in Path(folder or ".").glob("*.*-info/entry_points.txt")
    )


class ServerTools:
    """The tools of this server. The operator's files are read when somebody first asks for them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._loaded: LoadedTools | None = None
        self._extensions = open_extensions(settings)

    @property
    def loaded(self) -> "LoadedTools":
        """The tools, and what could not be loaded. The first who asks runs the operator's files."""
        from graphs.toolbox.python_tools import load_tools

        with self._lock:
            if self._loaded is None:
                added = {one.name: one.thing for one in self._extensions if one.kind == "tool"}
                self._loaded = load_tools(self._settings.tools_dir, added)
            return self._loaded

    def toolbox(self) -> "Toolbox":
        """Return the tools with the rules of this server; its `egress` is the caller's to close."""
        from graphs.outbound.egress import Egress
        from graphs.sandbox.code_sandbox import CodeSandbox
        from graphs.toolbox.toolbox import Toolbox
        from persistence.queries.read_only import ReadOnlyQueries

        settings = self._settings
        return Toolbox(
            kinds=self.loaded.kinds,
            egress=Egress(settings.egress()),
            sandbox=CodeSandbox(settings.code()),
            query=ReadOnlyQueries(settings.sql_dir, settings.database_url).run,
            seconds=settings.tool_seconds,
            max_result_chars=settings.max_tool_result_chars,
        )
