"""What commands write to a terminal: tables, JSON, progress, and the sentence they fail with."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

__all__ = [
    "CommandError",
    "json_object",
    "json_value",
    "operator",
    "print_json",
    "print_progress",
    "print_table",
    "read_line",
    "write_file",
]


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


def json_value(option: str, text: str) -> Any:
    """Return the JSON value of an option.

    Raises:
        CommandError: it has none.
    """
    return _parsed(f"{option} is no JSON: ", text)


def json_object(option: str, text: str) -> dict[str, Any]:
    """Return the JSON object of an option.

    Raises:
        CommandError: it has none.
    """
    expected = f'{option} must be a JSON object, such as \'{{"city": "Oslo"}}\''
    value = _parsed(f"{expected}: ", text)
    if not isinstance(value, dict):
        found = msgspec.json.encode(value).decode()[:40]
        raise CommandError(f"{expected}; it is {found}.", exit_code=2)
    return value  # pyright: ignore[reportUnknownVariableType]  # JSON: its keys are texts


def _parsed(before: str, text: str) -> Any:
    from graphs.parsing.json_faults import NotJSON, parse_json

    try:
        return parse_json(text.encode("utf-8", "surrogateescape"))
    except NotJSON as error:
        raise CommandError(f"{before}{str(error).rstrip('.')}.", exit_code=2) from None
    except RecursionError:
        raise CommandError(f"{before}it nests too deep to be read.", exit_code=2) from None


def read_line(file: Path) -> str:
    """Return the text of a file, or of standard input for ``-``, without the line break at its end.

    Raises:
        CommandError: it cannot be read.
    """
    try:
        content = sys.stdin.buffer.read(1_000_000) if str(file) == "-" else file.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"'{file}' cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"'{file}' cannot be read: it is no UTF-8. Save it as UTF-8.") from error
    return text.removesuffix("\n").removesuffix("\r")


def operator() -> str:
    """Return who gives commands on this machine, as the audit log names them."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container's user that has no name
