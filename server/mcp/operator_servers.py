"""Operator's servers: MCP servers that this server starts as commands, read from the operator's file.

Only this file names commands. Workspaces see the servers by name and can set neither arguments nor
environment.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from graphs.mcp.server_access import StdioCommand
from server.settings.sources import Settings

__all__ = ["OperatorServers", "load_operator_servers"]

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    command: Annotated[str, Meta(min_length=1)]
    args: list[str] = []
    env: dict[str, str] = {}
    cwd: str = ""
    roots: list[str] = []
    workspaces: list[str] = field(default_factory=lambda: ["*"])


class _File(Struct, frozen=True, forbid_unknown_fields=True, rename={"servers": "mcpServers"}):
    servers: dict[str, _Entry]


class OperatorServers(Struct, frozen=True):
    """The servers of the operator's file."""

    commands: Mapping[str, StdioCommand] = {}
    workspaces: Mapping[str, frozenset[str]] = {}
    """Who sees each: ids of workspaces, or ``*``."""
    problem: str = ""
    """Why the file cannot be used, a sentence."""

    def names(self, workspace: str) -> list[str]:
        """Return the names of the servers that a workspace sees."""
        return [name for name in self.commands if self.command(workspace, name) is not None]

    def command(self, workspace: str, name: str) -> StdioCommand | None:
        """Return the command of a server; None where the workspace has none of this name."""
        if not self.workspaces.get(name, frozenset()) & {"*", workspace}:
            return None
        return self.commands.get(name)


def load_operator_servers(settings: Settings) -> OperatorServers:
    """Return the servers of the file that `mcp_servers_file` names. Reads it: call this in a thread."""
    if not settings.mcp_servers_file:
        return OperatorServers()
    path = Path(settings.mcp_servers_file)
    expected = 'Expected {"mcpServers": {"name": {"command": "…", "args": [], "env": {}, "cwd": "…"}}}'
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=_File).servers
    except OSError as error:
        return OperatorServers(problem=f"The file {path} cannot be read: {error.strerror}.")
    except (msgspec.DecodeError, RecursionError) as error:
        return OperatorServers(problem=f"The file {path} cannot be used: {error}. {expected}.")
    if wrong := [name for name in entries if not re.fullmatch(NAME, name)]:
        return OperatorServers(
            problem=f"The file {path} names a server {wrong[0][:80]!r}. Expected letters, digits, '.', "
            "'_' or '-', at most 64."
        )
    home = Path(settings.data_dir).absolute() / "mcp"
    commands: dict[str, StdioCommand] = {}
    for name, entry in entries.items():
        folder = Path(entry.cwd) if entry.cwd else home / name
        if not entry.cwd:
            folder.mkdir(parents=True, exist_ok=True)
        commands[name] = StdioCommand(
            command=shutil.which(entry.command) or entry.command,
            args=tuple(entry.args),
            env=entry.env,
            cwd=str(folder),
            log=str(home / f"{name}.log"),
            roots=tuple(str(Path(root).absolute()) for root in entry.roots),
        )
    return OperatorServers(commands, {name: frozenset(entry.workspaces) for name, entry in entries.items()})
