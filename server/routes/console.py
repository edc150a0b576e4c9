"""The console: the pages that the server has of its own, as `console/` is built."""

import hashlib
import mimetypes
from pathlib import Path
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath
from msgspec import Struct

from server.http.problems import Problem
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import OPEN

__all__ = ["ConsoleController"]

FILES = Path(__file__).parent.parent / "pages" / "console"
HEADERS = {
    # Whatever a flow or a model says, no script but these files runs, and nothing is fetched but from here.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ASKED_EACH_TIME = "no-cache"
KEPT = "public, max-age=31536000, immutable"
"""For files whose names change with their content."""
HASHED = "assets/"


class Shipped(Struct, frozen=True):
    """A file as it is sent."""

    content: bytes
    media: str
    etag: str


class ConsoleController(Controller):
    """Open to all: the pages hold nothing, and ask for a key before they show anything."""

    path = "/"
    include_in_schema = False
    opt = OPEN | ANY_QUERY

    @get("/")
    async def page(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the page."""
        return _sent(request, "index.html")

    @get("/console/{name:path}")
    async def file(self, name: FromPath[Path], request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return a file of the page."""
        return _sent(request, name.as_posix().removeprefix("/"))


def _sent(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    """Return a file; 304 to a browser that has it.

    Raises:
        Problem: 404.
    """
    shipped = _files(request).get(name)
    if shipped is None:
        raise Problem(404, "no_such_address", f"The console has no file '{name[:80]}'.")
    caching = KEPT if name.startswith(HASHED) else ASKED_EACH_TIME
    headers = {**HEADERS, "Cache-Control": caching, "ETag": shipped.etag}
    if request.headers.get("if-none-match") == shipped.etag:
        return Response(b"", status_code=304, headers=headers)
    return Response(shipped.content, media_type=shipped.media, headers=headers)


def _files(request: Request[Any, Any, Any]) -> dict[str, Shipped]:
    """Return the files by name, read at the first request for one: no name leads out of their folder."""
    state = request.app.state
    if "console" not in state:
        state["console"] = {
            file.relative_to(FILES).as_posix(): _shipped(file) for file in FILES.rglob("*") if file.is_file()
        }
    files: dict[str, Shipped] = state["console"]
    return files


def _shipped(file: Path) -> Shipped:
    content = file.read_bytes()
    kind = "text/javascript" if file.suffix == ".js" else mimetypes.guess_type(file.name)[0]
    # Weak: the same file, compressed or not.
    return Shipped(content, kind or "text/plain", f'W/"{hashlib.sha256(content).hexdigest()[:32]}"')
