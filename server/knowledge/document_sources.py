"""Sources of documents: where the bytes of one come from that were not sent with its request."""

import asyncio
import mimetypes
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from graphs.file_parsing.formats import EXTENSIONS
from graphs.outbound.http_messages import EgressError, Outbound
from graphs.toolbox.toolbox import Toolbox
from graphs.values.node_error import NodeError
from persistence.knowledge.document_rows import Source

__all__ = ["FetchedDocument", "FolderError", "fetch_source", "folder_files", "name_of_url"]


class FetchedDocument(Struct, frozen=True):
    """The bytes of a document."""

    content: bytes
    content_type: str

    def __repr__(self) -> str:
        """Say its size without what is in it."""
        return f"FetchedDocument({len(self.content)} bytes)"


class FolderError(Exception):
    """A folder or a file of it cannot be used. The message says what was expected and what to do."""


async def fetch_source(
    source: Source, toolbox: Toolbox, folders: dict[str, Path], max_bytes: int
) -> FetchedDocument:
    """Return a document from the web, by the rules of outbound requests, or from a folder of the operator.

    Raises:
        NodeError: it cannot be had.
    """
    if source.kind == "url":
        try:
            came = await toolbox.egress.fetch(
                Outbound(method="GET", url=source.url, headers={"Accept": "*/*"}, max_bytes=max_bytes)
            )
        except EgressError as error:
            raise NodeError(str(error), code=error.code) from None
        if came.status >= 400:
            raise NodeError(f"{came.url} answered {came.status}.", code="http_status")
        return FetchedDocument(came.content, came.headers.get("content-type", ""))
    try:
        path = await asyncio.to_thread(_file, source.path, folders)
        content = await asyncio.to_thread(_read, path, max_bytes)
    except (FolderError, OSError) as error:
        raise NodeError(f"{error}", code="folder") from None
    return FetchedDocument(content, mimetypes.guess_type(path.name)[0] or "")


def folder_files(wanted: str, folders: dict[str, Path], limit: int) -> list[str]:
    """Return the files of a folder of the operator that can be parsed, as ``name/path``, in order.

    Args:
        wanted: The name of a folder, with a path within it or without; it may name a file too.
        folders: The operator's folders by name.
        limit: The most files.

    Raises:
        FolderError: there is no such folder or file, or it has more files.
    """
    path = _file(wanted, folders)
    if path.is_file():
        return [wanted.strip("/")]
    name = wanted.strip("/").partition("/")[0]
    root = folders[name].resolve()
    found: list[str] = []
    for file in _walk(path, root):
        found.append(f"{name}/{file.relative_to(root).as_posix()}")
        if len(found) > limit:
            raise FolderError(
                f"'{wanted}' has more than {limit:,} files. Name a folder in it, or let the operator raise "
                "max_folder_files."
            )
    if not found:
        raise FolderError(f"'{wanted}' has no file of a format that is parsed.")
    return found


def name_of_url(url: str) -> str:
    """Return what a document from the web is called that was given no name."""
    parts = urlsplit(url)
    return (unquote(parts.path).rstrip("/").rpartition("/")[2] or parts.hostname or url)[:255]


def _walk(path: Path, root: Path) -> Iterator[Path]:
    for each in sorted(path.iterdir()):
        if each.name.startswith(".") or not each.resolve().is_relative_to(root):
            continue
        if each.is_dir():
            if not each.is_symlink():  # it may lead in a circle
                yield from _walk(each, root)
        elif each.suffix.lower() in EXTENSIONS:
            yield each


def _file(wanted: str, folders: dict[str, Path]) -> Path:
    """Return what a request names, which lies within the operator's folder wherever links lead."""
    name, _, rest = wanted.strip("/").partition("/")
    if name not in folders:
        known = f"There are {', '.join(folders)}." if folders else "The operator lists none."
        raise FolderError(
            f"There is no folder '{name[:80]}'. {known} Folders are listed in AGENTICRAG_KNOWLEDGE_FOLDERS."
        )
    root = folders[name].resolve()
    path = (root / rest).resolve()
    if not path.is_relative_to(root) or any(part.startswith(".") for part in Path(rest).parts):
        raise FolderError(f"'{wanted[:200]}' lies outside of the folder '{name}'.")
    if not path.exists():
        raise FolderError(f"There is no '{rest[:200]}' in the folder '{name}'.")
    return path


def _read(path: Path, max_bytes: int) -> bytes:
    with path.open("rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise FolderError(f"'{path.name}' is larger than the {max_bytes:,} bytes that a document may have.")
    return content
