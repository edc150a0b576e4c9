"""Conversation files: a conversation as JSON, CSV, text or Markdown, and back from JSON."""

import csv
import io
from typing import Any, Literal

import msgspec
from msgspec import Struct

from graphs.conversation.messages import Message
from graphs.parsing.text import clean
from graphs.run_state.message_tree import active_line, alternatives_of, parents_of
from persistence.library.sessions import SessionRow
from persistence.storage.ids import new_id
from server.http.answers.sse_bytes import iso
from server.http.bodies import read_json
from server.http.problems import Fault, Problem

__all__ = [
    "MEDIA",
    "ExportFormat",
    "SessionFile",
    "SessionContent",
    "StoredMessage",
    "as_file",
    "content_of",
    "session_file",
    "shown",
    "shown_messages",
]

ExportFormat = Literal["json", "csv", "txt", "markdown"]
FORMAT = "agenticrag.session"
MAX_MESSAGES = 10_000
MEDIA = {
    "json": ("application/json", "json"),
    "csv": ("text/csv", "csv"),
    "txt": ("text/plain", "txt"),
    "markdown": ("text/markdown", "md"),
}
"""Media type and ending of each format; whoever answers with a text adds its charset."""
BOM = b"\xef\xbb\xbf"
"""Without it spreadsheets take UTF-8 for an older encoding."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


class StoredMessage(Struct, frozen=True, kw_only=True):
    """A message of a session's history."""

    id: str
    role: str
    content: Any
    """Text, or a list of parts where files came with it: text, and each file's `id`, `name`, `kind`,
    `media_type` and `size`."""
    created_at: str | None
    message_metadata: dict[str, Any]
    parent_id: str | None = None
    """The message that it follows. Null: it begins the conversation."""
    alternatives: list[str] = []
    """Ids of the messages that follow the same one, oldest first, with its own. Empty: it is the only one."""
    active: bool = True
    """Whether it is on the chosen line, which the next message continues."""


class SessionFile(Struct, frozen=True, kw_only=True):
    """A session as a file: what an export gives and an import takes."""

    format: str = FORMAT
    version: int = 1
    session_id: str
    title: str = ""
    chatflow_id: str | None = None
    exported_at: str | None = None
    memory: dict[str, Any] = {}
    """The session's own memory settings."""
    variables: dict[str, Any] = {}
    """The session's variables by name."""
    messages: list[dict[str, Any]]
    """Messages as the history holds them."""


class _Imported(Struct, frozen=True, kw_only=True):
    """What is read of a file; the rest of it is left alone."""

    messages: list[dict[str, Any]]
    session_id: str = ""
    title: str = ""
    memory: dict[str, Any] = {}
    variables: dict[str, Any] = {}


class _ImportedMessage(Struct, frozen=True, kw_only=True):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] = ""
    id: str = ""
    tool_calls: list[dict[str, Any]] = []
    tool_call_id: str = ""
    name: str = ""
    created_at: float | str | None = None
    metadata: dict[str, Any] = {}
    message_metadata: dict[str, Any] = {}


def shown(message: dict[str, Any]) -> StoredMessage:
    """Return a message of the history as the API gives it."""
    return StoredMessage(
        id=message.get("id", ""),
        role=message.get("role", ""),
        content=message.get("content", ""),
        created_at=iso(message.get("created_at") or None),
        message_metadata={
            **message.get("metadata", {}),
            **{name: message[name] for name in ("tool_calls", "tool_call_id", "name") if message.get(name)},
        },
    )


def shown_messages(messages: list[dict[str, Any]], *, everything: bool = False) -> list[StoredMessage]:
    """Return the messages of a session's chosen line, or all of them, as the API gives them.

    Args:
        messages: As `graphs.run_state.message_tree` has them.
        everything: Whether alternatives are among them that are not on the line.
    """
    parents, alternatives = parents_of(messages), alternatives_of(messages)
    return [
        msgspec.structs.replace(
            shown(message),
            parent_id=parents[message["id"]] or None,
            alternatives=alternatives.get(message["id"], []),
            active="aside" not in message,
        )
        for message in (messages if everything else active_line(messages))
    ]


def session_file(
    row: SessionRow, messages: list[dict[str, Any]], variables: dict[str, Any], *, now: float
) -> SessionFile:
    """Return a session as its file."""
    return SessionFile(
        session_id=row.name,
        title=row.title,
        chatflow_id=row.flow_id,
        exported_at=iso(now),
        memory=row.memory,
        variables=variables,
        messages=[
            {name: value for name, value in message.items() if name != "parent"} for message in messages
        ],
    )


def as_file(file: SessionFile, format: ExportFormat) -> tuple[bytes, dict[str, str], str]:
    """Return a file's content, the headers that make a browser save it, and its media type."""
    match format:
        case "json":
            content = msgspec.json.format(msgspec.json.encode(file), indent=2)
        case "csv":
            content = BOM + _csv(file)
        case "txt":
            content = "\n\n".join(f"{m['role']}: {_text(m)}" for m in file.messages).encode() + b"\n"
        case "markdown":
            parts = [f"# {file.title or file.session_id}"]
            parts += [f"## {m['role'].capitalize()}\n\n{_text(m)}" for m in file.messages]
            content = "\n\n".join(parts).encode() + b"\n"
    media, suffix = MEDIA[format]
    headers = {
        "Content-Disposition": f'attachment; filename="session.{suffix}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return content, headers, media


class SessionContent(Struct, frozen=True, kw_only=True):
    """What a file of a session holds, fit to be stored."""

    session_id: str
    title: str
    memory: dict[str, Any]
    variables: dict[str, Any]
    messages: list[dict[str, Any]]


def content_of(content: bytes, most: int) -> SessionContent:
    """Return what a file of a session holds.

    Args:
        content: The file.
        most: Values and keys that it may have.

    Raises:
        Problem: 400 or 422 for what is no session file, 413 for one that is too large.
    """
    value = read_json(content, most)
    try:
        read = msgspec.convert(value, _Imported)
        if len(read.messages) > MAX_MESSAGES:
            raise Problem(
                413, "too_large", f"The file has {len(read.messages)} messages; {MAX_MESSAGES} are taken."
            )
        found = [msgspec.convert(message, _ImportedMessage) for message in read.messages]
    except msgspec.ValidationError as error:
        detail = f"The file is no session that was exported as JSON: {error}."
        raise Problem(422, "invalid", detail, errors=[Fault(detail)]) from error
    seen: set[str] = set()
    return SessionContent(
        session_id=read.session_id,
        title=read.title,
        memory=read.memory,
        variables=clean(read.variables),
        messages=[_restored(message, seen) for message in found],
    )


def _restored(message: _ImportedMessage, seen: set[str]) -> dict[str, Any]:
    """Return a message as the history holds it, with an id that no other of the file has."""
    identity = message.id if message.id and len(message.id) <= 255 and message.id not in seen else new_id()
    seen.add(identity)
    try:
        restored = msgspec.convert(
            {
                "role": message.role,
                "content": message.content,
                "id": identity,
                "tool_calls": message.tool_calls,
                "tool_call_id": message.tool_call_id,
                "name": message.name,
                "created_at": message.created_at if isinstance(message.created_at, float | int) else 0.0,
                "metadata": message.metadata or message.message_metadata,
            },
            Message,
        )
    except msgspec.ValidationError as error:
        detail = f"The file has a message that is none: {error}."
        raise Problem(422, "invalid", detail, errors=[Fault(detail)]) from error
    plain: dict[str, Any] = clean(msgspec.to_builtins(restored))
    return plain


def _text(message: dict[str, Any]) -> str:
    content = message.get("content", "")
    if isinstance(content, str):
        return content
    return "\n".join(
        part.get("text") or f"[{part.get('name') or part.get('type', 'part')}]" for part in content
    )


def _csv(file: SessionFile) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(["id", "role", "content", "created_at"])
    for message in file.messages:
        text = _text(message)
        safe = f"'{text}" if text.startswith(FORMULA) else text
        writer.writerow(
            [message.get("id", ""), message["role"], safe, iso(message.get("created_at") or None) or ""]
        )
    return target.getvalue().encode("utf-8")
