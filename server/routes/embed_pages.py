"""The embedded chat's own files: the script that sites load, its modules, and the chat as a page."""

from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from persistence.library.embeds import Embeds
from server.description.operations import operation
from server.embed.embed_settings import config_of
from server.embed.visitor_access import gone
from server.embed.visitor_origins import frame_ancestors
from server.http.problems import Problem
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import OPEN

__all__ = ["EmbedPagesController", "page_policy"]

FILES = Path(__file__).parent.parent / "pages" / "embed"
SCRIPT = "text/javascript"
SECONDS = 300
"""How long browsers use a file without asking whether it has changed."""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<script src="../widget.js" data-token="{token}" data-mode="page" defer></script>
</head>
<body><noscript>This chat needs JavaScript.</noscript></body>
</html>
"""


class EmbedPagesController(Controller):
    """Files that are the same for everybody, and the page of each chat."""

    path = "/embed"
    tags = ("Embed",)
    opt = ANY_QUERY

    @get("/widget.js", operation_id="getWidgetScript", opt=operation(media=SCRIPT, opt=OPEN))
    async def script(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the script of the embed tag.

        It reads `data-token`, and `data-mode`, `data-theme`, `data-position` and `data-locale` where they
        are given.
        """
        return _file(request, "widget.js")

    @get(
        "/assets/{name:str}",
        operation_id="getWidgetModule",
        opt=operation(404, media=SCRIPT, opt=OPEN),
    )
    async def module(self, name: FromPath[str], request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return a file of the embedded chat."""
        if name not in _modules():
            raise Problem(404, "not_found", f"The chat has no part named '{name[:80]}'.")
        return _file(request, name)

    @get(
        "/widget/{embed_token:str}",
        operation_id="getEmbedPage",
        opt=operation(404, media="text/html", opt=OPEN),
    )
    async def page(self, embed_token: FromPath[str], embeds: NamedDependency[Embeds]) -> Response[bytes]:
        """Return the chat as a page. Only allowed websites can show it in a frame."""
        row = await embeds.find(embed_token)
        if row is None or not row.is_active:
            raise gone()
        config = config_of(row)
        body = PAGE.format(title=escape(config.widget_title or "Chat"), token=escape(row.token))
        return Response(
            body.encode(),
            media_type="text/html",
            headers={
                "Content-Security-Policy": page_policy(frame_ancestors(config.allowed_domains)),
                "Cache-Control": "no-store",
                "Referrer-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
            },
        )


def page_policy(ancestors: str) -> str:
    """Return the Content-Security-Policy of a chat's page."""
    return (
        "default-src 'none'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


@cache
def _modules() -> frozenset[str]:
    return frozenset(path.name for path in FILES.glob("*.js"))


@cache
def _content(name: str) -> tuple[bytes, str]:
    content = (FILES / name).read_bytes()
    return content, f'W/"{sha256(content).hexdigest()[:20]}"'


def _file(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    content, tag = _content(name)
    headers = {
        "ETag": tag,
        "Cache-Control": f"public, max-age={SECONDS}",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, media_type=SCRIPT, headers=headers)
    return Response(content, media_type=SCRIPT, headers=headers)
