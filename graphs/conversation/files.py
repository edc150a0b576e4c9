"""Files of a chat: which a flow takes, how one is read, and what expressions see of it.

The session's history holds a file as a part that names it, its bytes lie beside.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import PurePath
from typing import Annotated, Any, Literal, cast
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct, field

from graphs.parsing.text import clean

__all__ = [
    "DOCUMENT_TYPES",
    "IMAGE_TYPES",
    "TEXT_TYPES",
    "FileError",
    "FileKind",
    "FilePage",
    "FileRef",
    "KeptKind",
    "ReadFiles",
    "StoredFile",
    "Uploads",
    "file_ids",
    "file_refs",
    "file_value",
    "files_alone",
    "held_file",
    "kept_file",
    "no_files",
    "parted",
    "parts_of",
    "read_file",
    "with_parts",
]

FileKind = Literal["text", "image", "document"]
"""Kinds of files that users may send."""
KeptKind = Literal["text", "image", "document", "other"]
"""Kinds of files that there are: what a service answers may be anything."""

TEXT_TYPES = {
    ".txt": "text/plain",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".json": "application/json",
}
"""Media type by the ending of the name."""
IMAGE_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
DOCUMENT_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".epub": "application/epub+zip",
    ".html": "text/html",
}
"""Of what a parser reads the text."""


class Uploads(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Files that a chatflow accepts with a message."""

    max_files: Annotated[
        int, Meta(ge=0, le=20, description="Maximum number of files in a message. 0: none.")
    ] = 0
    max_bytes: Annotated[
        int,
        Meta(
            ge=1,
            le=100_000_000,
            description="Maximum size of a file, in bytes. The server can have a lower limit.",
        ),
    ] = 1_000_000
    kinds: Annotated[
        list[FileKind],
        Meta(
            min_length=1,
            max_length=3,
            description="`text`: .txt, .md, .csv and .json in UTF-8. `image`: PNG, JPEG, WebP and GIF, "
            "for models that accept images. `document`: PDF, DOCX, XLSX, PPTX, EPUB and HTML, whose text is "
            "extracted. Needs the extra `knowledge`.",
        ),
    ] = field(default_factory=lambda: ["text"])


class FileRef(Struct, frozen=True, kw_only=True):
    """A file as history, lists and exports show it."""

    id: str
    name: str
    kind: KeptKind
    media_type: str
    size: int
    """Bytes, as they are kept."""


class FilePage(Struct, frozen=True):
    """A page, slide or sheet of a document."""

    number: int
    """1 for the first."""
    text: str


class StoredFile(Struct, frozen=True):
    """A file with its bytes."""

    ref: FileRef
    content: bytes
    text: str | None = None
    """What was extracted from a document; None of others, and of one that was not parsed."""
    pages: tuple[FilePage, ...] = ()
    """Its pages; empty for formats without."""

    def __repr__(self) -> str:
        """Name it without what is in it."""
        return f"StoredFile({self.ref.id!r})"


ReadFiles = Callable[[Sequence[str]], Awaitable[Mapping[str, StoredFile]]]
"""From ids to the files of the run's own session; ids that it does not have are left out."""


async def no_files(_: Sequence[str]) -> Mapping[str, StoredFile]:
    """Find nothing."""
    return {}


class FileError(Exception):
    """A file is not one that can be taken. The message says what was expected, found and to do."""


def read_file(id: str, name: str, content: bytes) -> StoredFile:
    """Return a file by what is in it: text as clean UTF-8, an image or a document as it is.

    Raises:
        FileError: its name promises something else, or it is of no known kind.
    """
    ending = PurePath(name).suffix.lower()
    if not any(ending in known for known in (TEXT_TYPES, IMAGE_TYPES, DOCUMENT_TYPES)):
        known = ", ".join([*TEXT_TYPES, *IMAGE_TYPES, *DOCUMENT_TYPES])
        raise FileError(f"Expected a file named {known}, found '{name}'.")
    if ending in DOCUMENT_TYPES:
        return StoredFile(_ref(id, name, "document", DOCUMENT_TYPES[ending], content), content)
    found = _image_type(content)
    if ending in TEXT_TYPES:
        if found:
            raise FileError(f"'{name}' is named as text and holds {found}. Name it for what it is.")
        try:
            content = clean(content.decode("utf-8-sig")).encode()
        except UnicodeDecodeError as error:
            raise FileError(
                f"'{name}' is no text in UTF-8 (at byte {error.start}). Save it as UTF-8."
            ) from error
        return StoredFile(_ref(id, name, "text", TEXT_TYPES[ending], content), content)
    if found != IMAGE_TYPES[ending]:
        raise FileError(
            f"'{name}' is named as {IMAGE_TYPES[ending]} and holds {found or 'something else'}. Name it for "
            "what it is."
        )
    return StoredFile(_ref(id, name, "image", found, content), content)


def kept_file(name: str, media_type: str, content: bytes) -> StoredFile:
    """Return a file of any kind under an id of its own, as a run keeps it."""
    plain = "".join(letter if letter.isprintable() and letter not in "/\\" else "_" for letter in name)
    image = _image_type(content)
    kind: KeptKind = "image" if image else "other"
    if media_type.startswith("text/") or media_type in TEXT_TYPES.values():
        with suppress(UnicodeDecodeError):  # then it is kept as it is
            content, kind = clean(content.decode("utf-8-sig")).encode(), "text"
    name = plain.strip(". ")[:200] or "file"
    return StoredFile(_ref(str(uuid4()), name, kind, image or media_type[:64], content), content)


def file_value(file: StoredFile, *, inline: bool = False) -> dict[str, Any]:
    """Return a file as expressions see it: what it is, its text if it has one, and the pages of a document.

    Args:
        file: The file.
        inline: Whether its content is in the value, in base64, because it is kept nowhere else.
    """
    value = {"type": "file", **msgspec.to_builtins(file.ref)}
    value["text"] = file.content.decode() if file.ref.kind == "text" else file.text
    if file.ref.kind == "document":
        value["pages"] = msgspec.to_builtins([*file.pages])
    return {**value, "data": base64.b64encode(file.content).decode()} if inline else value


def file_ids(value: Any, *, within: bool = True) -> list[str]:
    """Return the ids of files in a JSON value; empty where there are none.

    Args:
        value: Any JSON.
        within: Whether to look into lists and objects.
    """
    match value:
        case {"type": "file", "id": str(id)}:
            return [id]
        case dict() if within:
            return [id for item in cast("dict[str, Any]", value).values() for id in file_ids(item)]
        case list() if within:
            return [id for item in cast("list[Any]", value) for id in file_ids(item)]
        case _:
            return []


def file_refs(value: Any) -> list[FileRef]:
    """Return the kept files in a JSON value, each once, in their order."""
    found: dict[str, FileRef] = {}
    waiting = [value]
    while waiting:
        match waiting.pop():
            case {"type": "file", "id": str(id), **facts} if "data" not in facts:
                with suppress(msgspec.ValidationError):
                    found.setdefault(id, msgspec.convert({"id": id, **facts}, FileRef))
            case dict() as held:
                waiting += reversed(cast("dict[str, Any]", held).values())
            case list() as held:
                waiting += reversed(cast("list[Any]", held))
            case _:
                pass
    return [*found.values()]


def files_alone(value: Any) -> bool:
    """Say whether a value is a file, or a list of nothing but files."""
    items: list[Any] = value if isinstance(value, list) else [value]
    return bool(items) and all(len(file_refs(one)) == 1 and one.get("type") == "file" for one in items)


def held_file(value: Any, files: Mapping[str, StoredFile]) -> StoredFile | None:
    """Return the file that a value is: one of those, or one that holds its own content; None for neither."""
    match value:
        case {"type": "file", "id": str(id)} if id in files:
            return files[id]
        case {"type": "file", "id": str(id), "name": str(name), "media_type": str(media), "data": str(data)}:
            try:
                content = base64.b64decode(data, validate=True)
            except ValueError:
                return None
            return StoredFile(_ref(id, name, "other", media, content), content)
        case _:
            return None


def parted(content: Any) -> tuple[str, list[FileRef]]:
    """Return the text and the files of a message's content, which `with_parts` has put together."""
    if not isinstance(content, list):
        return str(content), []
    parts = parts_of(content)
    text = "".join(str(part.get("text", "")) for part in parts if part.get("type") == "text")
    return text, file_refs(parts)


def with_parts(message: Any, files: Sequence[FileRef]) -> Any:
    """Return a message's content with its files: as it is where there are none, else a list of parts."""
    if not files:
        return message
    parts = [{"type": "file", **msgspec.to_builtins(file)} for file in files]
    return [{"type": "text", "text": message}, *parts]


def parts_of(content: Any) -> list[dict[str, Any]]:
    """Return the parts of a message's content; none of one that is a text."""
    parts: list[Any] = content if isinstance(content, list) else []
    return [part for part in parts if isinstance(part, dict)]


def _ref(id: str, name: str, kind: KeptKind, media_type: str, content: bytes) -> FileRef:
    return FileRef(id=id, name=name, kind=kind, media_type=media_type, size=len(content))


def _image_type(content: bytes) -> str:
    """Return the media type of an image by its first bytes; empty for what is none of those taken."""
    match content[:12]:
        case head if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return "image/png"
        case head if head.startswith(b"\xff\xd8\xff"):
            return "image/jpeg"
        case head if head.startswith((b"GIF87a", b"GIF89a")):
            return "image/gif"
        case head if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return "image/webp"
        case _:
            return ""
