"""An MCP server of the tests' own, over stdio: ``python -m tests.runtimes.mcp_server FILE``.

`FILE` holds what `greet` says of itself, so that a test can change it behind the product's back.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, ListRoots, MCPServer, Resolve, Sample
from mcp.shared.exceptions import UrlElicitationRequiredError
from mcp_types import (
    CreateMessageResult,
    ElicitRequestURLParams,
    ListRootsResult,
    SamplingMessage,
    TextContent,
    ToolAnnotations,
)
from pydantic import BaseModel

__all__ = ["build"]


class Seat(BaseModel):
    """What a traveller is asked."""

    window: bool


def _ask_seat(city: str) -> Elicit[Seat]:
    return Elicit(f"Do you want a window seat to {city}?", Seat)


def _ask_roots() -> ListRoots:
    return ListRoots()


def _ask_title(text: str) -> Sample:
    asked = SamplingMessage(role="user", content=TextContent(type="text", text=f"Give a title to: {text}"))
    return Sample([asked], system_prompt="You write titles.", max_tokens=50_000, temperature=0.5)


def _ask_slogan(title: Annotated[CreateMessageResult, Resolve(_ask_title)]) -> Sample:
    said = getattr(title.content, "text", "")
    asked = SamplingMessage(role="user", content=TextContent(type="text", text=f"Advertise: {said}"))
    return Sample([asked], max_tokens=20)


def build(description: str) -> MCPServer:
    """Return the server."""
    server = MCPServer("tests")
    reads = ToolAnnotations(read_only_hint=True)

    @server.tool(description=description, annotations=reads)
    def greet(name: str) -> str:
        return f"Hello {name}"

    @server.tool(annotations=reads)
    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    @server.tool()
    def environment() -> dict[str, str]:
        """Return the environment and the process."""
        return {**os.environ, "pid": str(os.getpid())}

    @server.tool()
    def die(marker: str) -> str:
        """End the process in the middle of the call."""
        Path(marker).write_text(f"{Path(marker).read_text() if Path(marker).exists() else ''}died ")
        os._exit(3)

    @server.tool(annotations=reads)
    def die_once(marker: str) -> str:
        """End the process in the middle of the first call."""
        if not Path(marker).exists():
            Path(marker).write_text("died")
            os._exit(3)
        return "I am back"

    @server.tool(annotations=reads)
    async def steps(context: Context) -> str:
        """Tell how far it is."""
        await context.report_progress(1, 3, "one of three")
        return "done"

    @server.tool()
    def book(city: str, seat: Annotated[Seat, Resolve(_ask_seat)]) -> str:
        """Book a journey."""
        return f"{city}, {'window' if seat.window else 'aisle'}"

    @server.tool()
    def sign_in(marker: str) -> str:
        """Work for who has signed in."""
        if not Path(marker).exists():
            link = ElicitRequestURLParams(
                message="Sign in first.", url="https://login.example.com/start?state=1", elicitation_id="1"
            )
            raise UrlElicitationRequiredError([link])
        return "You are signed in."

    @server.tool(annotations=reads)
    def folders(listed: Annotated[ListRootsResult, Resolve(_ask_roots)]) -> str:
        """Name the folders."""
        return " ".join(str(root.uri) for root in listed.roots)

    @server.tool(annotations=reads)
    def title(text: str, said: Annotated[CreateMessageResult, Resolve(_ask_title)]) -> str:
        """Find a title."""
        return f"{getattr(said.content, 'text', '')} ({said.model}, {said.stop_reason})"

    @server.tool()
    def slogan(text: str, said: Annotated[CreateMessageResult, Resolve(_ask_slogan)]) -> str:
        """Find a title and advertise it."""
        return str(getattr(said.content, "text", ""))

    @server.tool()
    def forbidden() -> str:
        """Fail."""
        raise ValueError("never")

    return server


if __name__ == "__main__":
    print("a line on standard error", file=sys.stderr, flush=True)
    build(Path(sys.argv[1]).read_text("utf-8")).run()
