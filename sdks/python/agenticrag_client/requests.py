"""Requests as values: what is asked, and whether asking again is harmless."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Dict, List, Mapping, Optional, Sequence, Tuple, Union, cast
from urllib.parse import quote

import httpx

from .codec import encode
from .config import UNSET, Timeout, Unset, check_options
from .problems import ArgumentError

__all__ = ["Content", "File", "Id", "Options", "Request", "form", "segment"]

_Bytes = Union[bytes, str, os.PathLike[str], BinaryIO]
File = Union[bytes, str, os.PathLike[str], BinaryIO, Tuple[str, _Bytes], Tuple[str, _Bytes, Optional[str]]]
"""A file to send: its bytes, its path, an open file, or its name, what is in it, and perhaps its media type; what is
in it may be bytes, a text, a path or an open file."""

Id = Union[str, int, uuid.UUID]
"""What names a thing: a text, a number or a UUID."""

_Sent = Union[Tuple[str, bytes, str], Tuple[None, bytes]]
"""A part of a form: a file's name, bytes and media type, or no name and the bytes of a text."""

_NAMES = ("node_id", "scope_id", "session_id")
"""Fields of queries and bodies that may be empty or hold any text: names that users choose themselves."""

_EMPTY_FORM = "empty-form"
"""The boundary of a form without parts, which httpx does not write."""


@dataclass(frozen=True)
class Content:
    """An answer that is a file."""

    body: bytes
    media_type: str
    filename: str = ""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")

    def json(self) -> Any:
        """Return the body as plain JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Options:
    """What is said of one call alone."""

    timeout: Timeout = UNSET
    extra_headers: Optional[Mapping[str, str]] = field(default=None, repr=False)
    max_retries: Optional[int] = None
    raise_on_failure: Optional[bool] = None

    def __post_init__(self) -> None:
        """Refuse what is no time or no number of repetitions."""
        check_options(self.timeout, self.max_retries)


@dataclass(frozen=True)
class Request:
    """One call, however often it is tried."""

    verb: str
    url: str = field(repr=False)
    query: Mapping[str, Any] = field(default_factory=lambda: {}, repr=False)
    body: Optional[Mapping[str, Any]] = field(default=None, repr=False)
    content: Any = field(default=UNSET, repr=False)
    """A body of whatever kind, in place of one of named fields."""
    form: Optional[Mapping[str, _Sent]] = field(default=None, repr=False)
    keyed: bool = False
    """Whether it carries an idempotency key."""
    key: Optional[str] = None
    """The caller's own."""
    accept: str = "application/json"
    named: Mapping[str, Optional[Id]] = field(default_factory=lambda: {}, repr=False)
    """Headers that the caller has a say in."""
    open: bool = False
    """Whether it goes without the client's key."""
    hides: str = field(default="", repr=False)
    """A part of the address that is a secret."""
    options: Options = field(default_factory=Options)
    headers: httpx.Headers = field(init=False)

    def __post_init__(self) -> None:
        """Make the key, once for all attempts, and refuse what no header can hold."""
        headers = httpx.Headers({"Accept": self.accept})
        if self.form is not None and not self.form:
            headers["Content-Type"] = f"multipart/form-data; boundary={_EMPTY_FORM}"
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        given = {name: str(value) for name, value in self.named.items() if value is not None}
        if self.keyed:
            given["Idempotency-Key"] = self.key or str(uuid.uuid4())
        for name, value in {**given, **(self.options.extra_headers or {})}.items():
            headers[name] = checked_header(name, value)
        if self.content is not UNSET:
            headers.setdefault("Content-Type", "application/json")
        object.__setattr__(self, "headers", headers)

    @property
    def place(self) -> str:
        """The address as errors and log lines show it."""
        return self.url.replace(self.hides, "…") if self.hides else self.url

    @property
    def harmless(self) -> bool:
        """Whether it may be sent again though it may have arrived."""
        return self.keyed or self.verb in ("GET", "PUT", "DELETE")

    def arguments(self) -> Dict[str, Any]:
        """Return what httpx takes of it beside verb, address and headers."""
        query: List[Tuple[str, str]] = []
        for name, value in _checked(self.query).items():
            for each in cast("Sequence[Any]", value) if isinstance(value, (list, tuple)) else (value,):
                if each is not None and each is not UNSET:
                    query.append((name, str(each).lower() if isinstance(each, bool) else str(encode(each))))
        taken: Dict[str, Any] = {"params": query}
        if self.body is not None:
            taken["content"] = _json(self.body)
        if self.content is not UNSET:
            taken["content"] = _whole(self.content)
        if self.form:
            taken["files"] = self.form
        elif self.form is not None:
            taken["content"] = f"--{_EMPTY_FORM}--\r\n".encode("ascii")
        return taken


def checked_header(name: str, given: Any) -> str:
    """Return a header's value as it may be sent.

    Raises:
        ArgumentError: it holds what no header may; the value, perhaps a secret, is not shown.
    """
    if isinstance(given, bool) or not isinstance(given, (str, int)):
        raise ArgumentError(f"The header '{name}' takes a text; found {type(given).__name__}.")
    value = str(given).strip()
    if not all(" " <= character <= "\xff" and character != "\x7f" for character in value):
        raise ArgumentError(f"The header '{name}' takes one line of Latin letters; found something else in it.")
    return value


def segment(value: Id, name: str = "id") -> str:
    """Return an id as one segment of a path.

    Raises:
        ArgumentError: it is none.
    """
    return quote(_id(value, name), safe="")


def _checked(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the fields of a query or a body, ids among them as texts.

    Raises:
        ArgumentError: one of them is no id.
    """
    found = dict(fields)
    for name, value in fields.items():
        if name.endswith("_id") and value is not None and value is not UNSET:
            found[name] = str(value) if name in _NAMES and isinstance(value, (str, int)) else _id(value, name)
    return found


def _id(value: Any, name: str) -> str:
    """Return an id as text.

    Raises:
        ArgumentError: it is empty, or a server or a proxy could read it as the way to something else.
    """
    given: Any = value  # others than those of its type may be ids of a library's own, which `str` writes
    if given is None or isinstance(given, (bool, float, bytes, bytearray, list, tuple, set)):
        raise ArgumentError(f"'{name}' takes the id of one thing; found {type(value).__name__}.")
    text = str(given)
    low = text.lower()
    hidden = any(sign in low for sign in ("/", "\\", "%2e", "%2f", "%5c", "%00"))
    if not text.strip() or text in (".", "..") or hidden or not _plain(text):
        raise ArgumentError(
            f"'{name}' takes the id of one thing, without slashes, control characters and percent-encoded "
            f"dots; found {text[:80]!r}."
        )
    return text


def _plain(text: str) -> bool:
    return not any(c < " " or "\x7f" <= c <= "\x9f" or "\ud800" <= c <= "\udfff" for c in text)


def _whole(body: Any) -> bytes:
    """Return text and bytes as they are, and all else as JSON."""
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(cast("bytes", body))
    return _written(encode(body), text=True)


def _json(body: Mapping[str, Any]) -> bytes:
    """Return a body as JSON.

    Raises:
        ArgumentError: it is none; the body, which may hold a secret, is not shown.
    """
    return _written(encode(_checked(body)))


def _written(value: Any, *, text: bool = False) -> bytes:
    """Return plain JSON as bytes; where `text`, a text as it is, without quotes.

    Raises:
        ArgumentError: JSON cannot hold it; the value, which may hold a secret, is not shown.
    """
    try:
        if text and isinstance(value, str):
            return value.encode("utf-8")
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ArgumentError("A text holds half of a surrogate pair, which is no character.") from None
    except TypeError as error:
        raise ArgumentError(f"What is given cannot be sent as JSON: {error}.") from None
    except ValueError:
        raise ArgumentError("A number is infinite or none (NaN), which JSON cannot hold.") from None


def form(files: Mapping[str, Union[File, Unset]], texts: Optional[Mapping[str, Any]] = None) -> Dict[str, _Sent]:
    """Return a form's parts that are set; each file is read here, so that it can be sent again.

    Raises:
        ArgumentError: a file was opened as text, or a text holds what none may.
    """
    sent: Dict[str, _Sent] = {
        name: _read(name, file) for name, file in files.items() if not isinstance(file, Unset)
    }
    for name, value in encode(texts or {}).items():
        sent[name] = (None, _written(value, text=True))
    return sent


def _read(name: str, file: File) -> _Sent:
    media = "application/octet-stream"
    if isinstance(file, tuple):
        named, content, *rest = file
        held = content.encode("utf-8") if isinstance(content, str) else _bytes(name, content)
        return named, held, str(rest[0]) if rest and rest[0] else media
    named = os.fspath(file) if isinstance(file, (str, os.PathLike)) else getattr(file, "name", name)
    return os.path.basename(named) if isinstance(named, str) else name, _bytes(name, file), media


def _bytes(name: str, content: Any) -> bytes:
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(cast("bytes", content))
    if isinstance(content, (str, os.PathLike)):
        with open(cast("str", content), "rb") as opened:
            return opened.read()
    if not hasattr(content, "read"):
        kinds = "bytes, a path, a file that was opened with 'rb', or (name, content, media type)"
        raise ArgumentError(f"'{name}' takes a file: {kinds}; found {type(content).__name__}.")
    found = content.read()
    if not isinstance(found, bytes):
        raise ArgumentError(f"'{name}' takes a file that was opened with 'rb'; its text is no bytes.")
    return found
