"""The API's description: as OpenAPI, and as a page that needs nothing but a browser."""

import asyncio
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get

from server.description.openapi import describe_app
from server.http.query_strings import ANY_QUERY
from server.identity.authentication import OPEN

__all__ = ["SchemaController"]


class SchemaController(Controller):
    """Made at the first request for it, and kept: a server that nobody asks carries none."""

    path = "/schema"
    include_in_schema = False
    opt = OPEN | ANY_QUERY

    @get("/openapi.json")
    async def document(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the OpenAPI document."""
        document, _ = await _described(request)
        return Response(document, media_type="application/vnd.oai.openapi+json")

    @get("/")
    async def page(self, request: Request[Any, Any, Any]) -> Response[bytes]:
        """Return the page."""
        _, page = await _described(request)
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": policy})


async def _described(request: Request[Any, Any, Any]) -> tuple[bytes, bytes]:
    state = request.app.state
    if "described" not in state:
        from server.description.schema_page import (
            render_page,  # with the tables of HTML's names, which only it needs
        )

        document = await asyncio.to_thread(describe_app, request.app)
        state["described"] = (msgspec.json.encode(document), render_page(document).encode())
    described: tuple[bytes, bytes] = state["described"]
    return described
