"""What commands write to a terminal: tables, JSON, progress, and the sentence they fail with."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

__all__ = ["CommandError", "operator", "print_json", "print_progress", "print_table", "write_file"]


class CommandError(Exception):
    """A command cannot do its work. The message is one sentence for a person; no traceback is shown."""

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        """1 where the work failed, 2 where the command was asked wrongly."""


def print_json(value: Any) -> None:
    """Write a value to standard output as indented JSON; Structs and dates as the API has them."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows to standard output in columns as wide as their longest cell."""
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    for row in [header, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def print_progress(sentence: str) -> None:
    """Tell on standard error what is being done, so that standard output stays what a script reads."""
    sys.stderr.write(sentence + "\n")
    sys.stderr.flush()


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file that a person named.

    Raises:
        CommandError: it cannot be written.
    """
    try:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise CommandError(f"'{path}' cannot be written: {error.strerror}.") from error


def operator() -> str:
    """Return who gives commands on this machine, as the audit log names them."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container's user that has no name
