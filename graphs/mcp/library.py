"""The library `mcp`, an extra, imported in a thread when the first server is used."""

import asyncio
import importlib
import logging
from types import ModuleType

from graphs.mcp.server_access import MCPError

__all__ = ["load_library"]


async def load_library() -> ModuleType:
    """Return the module ``mcp``.

    Raises:
        MCPError: it is not installed.
    """
    try:
        return await asyncio.to_thread(_imported)
    except ModuleNotFoundError as error:
        raise MCPError(
            f"MCP servers need the package '{error.name}'. Install it: pip install 'agenticrag[mcp]'.",
            code="mcp_not_installed",
        ) from None


def _imported() -> ModuleType:
    # It logs what servers send, and each failure with its stack; callers are told of failures anyway.
    logging.getLogger("mcp").setLevel(logging.CRITICAL)
    logging.getLogger("client").setLevel(logging.CRITICAL)
    return importlib.import_module("mcp")
