"""Text of plain formats: text, Markdown, CSV and JSON. Runs in the parser process."""

import csv
import io
import json
import re
from contextlib import suppress
from itertools import islice

__all__ = ["decoded", "text_of_csv", "text_of_json"]

_HANGUL = re.compile("[\uac00-\ud7a3]")
_CELL = 1_000_000
"""Characters of a cell of a CSV file."""
_COLUMNS = 16_384
"""Columns of a CSV file: as many as a sheet of Excel has."""
_DELIMITERS = ",;\t|^~\x1f"
_STATED = re.compile(r'"?sep=([^"\w\s]|\t)"?', re.IGNORECASE)
"""The line by which Excel is told the delimiter."""
_SAMPLE = 20_000
_SAMPLE_ROWS = 100
_RECORD = re.compile(r"^[ \t]*[{\[]")


def decoded(content: bytes) -> str:
    """Return bytes as text: by their byte order mark, as UTF-8, or as a text of an older program.

    What is no UTF-8 is read as CP949 where that gives Korean, else as Windows-1252.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content.decode("utf-16", "replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = _of_older_programs(content)
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _of_older_programs(content: bytes) -> str:
    try:
        korean = content.decode("cp949")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")
    letters = sum(character > "\x7f" for character in korean)
    return korean if len(_HANGUL.findall(korean)) * 2 > letters else content.decode("cp1252", "replace")


def text_of_csv(content: bytes) -> str:
    """Return a table in Markdown: its first row is the header.

    Raises:
        ValueError: a cell is too large, or there are too many columns.
    """
    text = decoded(content)
    csv.field_size_limit(_CELL)
    text, delimiter = _delimited(text)
    rows = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        header = next(rows, None)
        if header is None:
            return ""
        width = len(header)
        if width > _COLUMNS:
            raise ValueError(f"The table has {width:,} columns; {_COLUMNS:,} are read.")
        lines = [_row(header, width), "|" + " --- |" * width]
        lines.extend(_row(row, width) for row in rows if row)
    except csv.Error as error:
        raise ValueError(f"The file is no CSV: {error}.") from error
    return "\n".join(lines) + "\n"


def _delimited(text: str) -> tuple[str, str]:
    """Return a table's text and what separates its cells, which ``sep=;`` may say in its first line.

    Else it is what gives most rows the same number of cells, and the more cells the better. `csv.Sniffer`
    also guesses how quotes are written, and is often wrong there: RFC 4180 doubles them.
    """
    first, _, rest = text.partition("\n")
    if stated := _STATED.fullmatch(first):
        return rest, stated[1]
    best, found = (0.0, 0), ","
    for delimiter in _DELIMITERS:
        if delimiter not in first:
            continue
        rows = csv.reader(io.StringIO(text[:_SAMPLE]), delimiter=delimiter)
        with suppress(csv.Error):
            widths = [len(row) for row in islice(rows, _SAMPLE_ROWS) if row]
            if len(text) > _SAMPLE and len(widths) > 1:
                widths.pop()  # the sample may end within it
            width = widths[0]
            even = round(widths.count(width) / len(widths), 1)
            if width > 1 and (even, width) > best:
                best, found = (even, width), delimiter
    return text, found


def _row(cells: list[str], width: int) -> str:
    padded = [*cells, *([""] * (width - len(cells)))]
    shown = (" ".join(cell.replace("|", "\\|").split()) for cell in padded)
    return "| " + " | ".join(shown) + " |"


def text_of_json(content: bytes) -> str:
    """Return JSON with a line for each value; the items of a list at the top stand apart as paragraphs.

    Raises:
        ValueError: it is neither JSON nor lines of JSON.
    """
    text = decoded(content)
    try:
        value = json.loads(text)
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2 or not all(_RECORD.match(line) for line in islice(lines, 20)):
            raise ValueError(f"The file is no JSON: {error}.") from None
        value = [json.loads(line) for line in lines]
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        return "\n\n".join(_shown(item) for item in value) + "\n"
    return _shown(value) + "\n"


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)
