"""Toolbox: which tools a server has, and by which rules they work."""

from msgspec import Struct, field, structs

from graphs.outbound.databases import Query, no_databases
from graphs.outbound.egress import Egress
from graphs.sandbox.code_sandbox import CodeSandbox
from graphs.tools import ToolKinds, built_in_tools

__all__ = ["Toolbox"]


class Toolbox(Struct, frozen=True, kw_only=True):
    """The tools of a server and what they may."""

    kinds: ToolKinds = field(default_factory=built_in_tools)
    egress: Egress = field(default_factory=Egress)
    sandbox: CodeSandbox = field(default_factory=CodeSandbox)
    query: Query = no_databases
    """Asks databases, by drivers of whoever runs the server."""
    seconds: float = 60.0
    """How long one use may take, its repetitions together."""
    max_result_chars: int = 32_768
    """How much of a result a model gets to read."""

    def for_visitors(self) -> "Toolbox":
        """Return what runs of anonymous visitors may use."""
        return structs.replace(self, sandbox=self.sandbox.for_visitors())

    async def close(self) -> None:
        """Close connections and end processes."""
        await self.egress.close()
        await self.sandbox.close()
