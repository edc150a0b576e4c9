"""Tool setup: the tools of this server, loaded once, and the egress rules."""

import threading
from typing import TYPE_CHECKING

from server.settings.sources import Settings

if TYPE_CHECKING:
    from graphs.toolbox.python_tools import LoadedTools
    from graphs.toolbox.toolbox import Toolbox

__all__ = ["ServerTools"]


class ServerTools:
    """The tools of this server. The operator's files are read when somebody first asks for them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._loaded: LoadedTools | None = None

    @property
    def loaded(self) -> "LoadedTools":
        """The tools, and what could not be loaded. The first who asks runs the operator's files."""
        from graphs.toolbox.python_tools import load_tools

        with self._lock:
            if self._loaded is None:
                self._loaded = load_tools(self._settings.tools_dir)
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
