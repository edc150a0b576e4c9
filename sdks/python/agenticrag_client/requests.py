"""Requests as values: what is asked, and whether asking again is harmless."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Dict, List, Mapping, Optional, Tuple, Union
from urllib.parse import quote

from .codec import encode
from .config import UNSET

__all__ = ["Content", "File", "Request", "form", "segment"]

File = Union[bytes, str, os.PathLike[str], BinaryIO]
"""A file to send: its bytes, its path, or an open file."""


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
class Request:
    """One call, however often it is tried."""

    verb: str
    url: str
    query: Mapping[str, Any] = field(default_factory=lambda: {})
    body: Optional[Mapping[str, Any]] = None
    form: Optional[Mapping[str, Tuple[str, bytes]]] = None
    keyed: bool = False
    """Whether it carries an idempotency key."""
    key: Optional[str] = None
    """The caller's own."""
    accept: str = "application/json"
    named: Mapping[str, Optional[str]] = field(default_factory=lambda: {})
    """Headers that the caller has a say in."""
    open: bool = False
    """Whether it goes without the client's key."""
    headers: Dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Make the key, once for all attempts."""
        headers = {"Accept": self.accept}
        headers.update({name: value for name, value in self.named.items() if value is not None})
        if self.keyed:
            headers["Idempotency-Key"] = self.key or str(uuid.uuid4())
        object.__setattr__(self, "headers", headers)

    @property
    def harmless(self) -> bool:
        """Whether it may be sent again though it may have arrived."""
        return self.keyed or self.verb in ("GET", "PUT", "DELETE")

    def arguments(self) -> Dict[str, Any]:
        """Return what httpx takes of it beside verb and address."""
        query: List[Tuple[str, str]] = []
        for name, value in self.query.items():
            if value is not None and value is not UNSET:
                query.append((name, str(value).lower() if isinstance(value, bool) else str(value)))
        taken: Dict[str, Any] = {"params": query}
        if self.body is not None:
            taken["content"] = json.dumps(encode(self.body), ensure_ascii=False).encode("utf-8")
            taken["headers"] = {**self.headers, "Content-Type": "application/json"}
        else:
            taken["headers"] = self.headers
        if self.form is not None:
            taken["files"] = self.form
        return taken


def segment(value: str) -> str:
    """Return a value as one segment of a path."""
    return quote(value, safe="")


def form(**files: File) -> Dict[str, Tuple[str, bytes]]:
    """Return files as a form has them; each is read here, so that it can be sent again."""
    read: Dict[str, Tuple[str, bytes]] = {}
    for name, file in files.items():
        if isinstance(file, bytes):
            read[name] = (name, file)
        elif isinstance(file, (str, os.PathLike)):
            with open(file, "rb") as opened:
                read[name] = (os.path.basename(file), opened.read())
        else:
            named = getattr(file, "name", name)
            read[name] = (os.path.basename(named) if isinstance(named, str) else name, file.read())
    return read
