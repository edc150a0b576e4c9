"""The read_page tool."""

import asyncio
import re
from html import unescape
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct, field

from graphs.outbound.http_messages import EgressError, Outbound
from graphs.parsing.web_address import WebAddressError, read_address
from graphs.tool.tool_type import Tool, ToolContext, ToolError, ToolExample
from graphs.values.effects import Effects
from graphs.values.node_error import NodeError

__all__ = ["ReadPage"]

_INSTALL = "pip install 'agenticrag[web]'"
_CHARSET = re.compile(r"charset=[\"']?([\w.-]+)", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_TEXTS = ("text/", "application/json", "application/xml", "application/xhtml+xml")


class Page(Struct, frozen=True, forbid_unknown_fields=True):
    """What to read."""

    url: Annotated[
        str, Meta(min_length=1, max_length=4000, description="Address of the page: http or https.")
    ]
    start: Annotated[int, Meta(ge=0, description="Character to begin at: `next` of an earlier answer.")] = 0


class ReadPage(Tool, frozen=True, kw_only=True, tag="read_page"):
    """Read a web page as Markdown. Long pages come in parts: `next` says where the rest begins."""

    arguments: ClassVar[type[Struct]] = Page
    examples: ClassVar[tuple[ToolExample, ...]] = (
        ToolExample(title="A page", arguments={"url": "https://example.com/"}),
    )

    hosts: Annotated[
        list[str],
        Meta(
            max_length=100,
            description="Hosts that the model may read, each with its subdomains. Empty: all public ones.",
        ),
    ] = field(default_factory=list[str])
    max_chars: Annotated[int, Meta(ge=100, le=200_000, description="Maximum length of one part.")] = 20_000
    max_bytes: Annotated[int, Meta(ge=1, le=10_485_760, description="Maximum size of a page.")] = 3_000_000
    seconds: Annotated[float, Meta(gt=0, le=300, description="Maximum time of a request.")] = 20.0

    def advice(self) -> dict[str, str]:
        """Return how to install the converter, where it is missing."""
        if find_spec("html_to_markdown") is not None:
            return {}
        return {"name": f"Pages cannot be converted here. Install the converter with: {_INSTALL}"}

    def touches(self) -> Effects:
        """Return that the model chooses an address and reads what stands there."""
        return Effects(
            strangers="what web pages say", way_out=f"requests to {', '.join(self.hosts) or 'any host'}"
        )

    async def run(self, arguments: dict[str, Any], context: ToolContext) -> Any:
        """Return ``{"content", "sources"}``, and ``next`` where there is more."""
        url, start = arguments["url"], arguments.get("start", 0)
        try:
            self._refuse_others(url)
            came = await context.egress.fetch(
                Outbound(
                    url=url,
                    headers={"accept": "text/html, text/*;q=0.8, application/json;q=0.7"},
                    seconds=self.seconds,
                    max_bytes=self.max_bytes,
                )
            )
            self._refuse_others(came.url)  # a redirect may lead elsewhere
        except WebAddressError as error:
            raise ToolError(str(error)) from None
        except EgressError as error:
            raise ToolError(str(error), passing=error.code in ("network", "timeout")) from error
        if came.status >= 400:
            raise ToolError(f"The page answered {came.status}.", passing=came.status in (429, 502, 503, 504))
        kind = came.headers.get("content-type", "text/html").lower()
        if not kind.startswith(_TEXTS):
            raise ToolError(f"The page is no text: its type is {kind[:80]}.")
        text = _decoded(came.content, kind)
        title = ""
        if "html" in kind:
            found = _TITLE.search(text)
            title = " ".join(unescape(found[1]).split()) if found else ""
            text = await asyncio.to_thread(_markdown, text)
        part = text[start : start + self.max_chars]
        if not part.strip():
            raise ToolError("The page has no text there." if start else "The page has no text.")
        read: dict[str, Any] = {"content": part, "sources": [{"url": came.url, "title": title}]}
        end = start + self.max_chars
        return {**read, "next": end, "length": len(text)} if end < len(text) else read

    def _refuse_others(self, url: str) -> None:
        host = read_address(url).host
        if self.hosts and not any(host == each or host.endswith(f".{each}") for each in self.hosts):
            raise ToolError(f"Only pages of {', '.join(self.hosts)} may be read.")


def _decoded(content: bytes, kind: str) -> str:
    named = _CHARSET.search(kind) or _CHARSET.search(content[:2_000].decode("ascii", "replace"))
    try:
        return content.decode(named[1] if named else "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _markdown(text: str) -> str:
    try:
        import html_to_markdown
    except ModuleNotFoundError:
        raise NodeError(
            f"Pages need 'html-to-markdown', which is not installed. Install it with: {_INSTALL}, and start "
            "the server again.",
            code="not_installed",
        ) from None
    try:
        content = html_to_markdown.convert(text).content or ""
    except html_to_markdown.ConversionError as error:
        raise ToolError(f"The page cannot be read: {str(error)[:200]}.") from None
    _, mark, rest = content.partition("---\n")
    _, end, body = rest.partition("---\n")
    return (body if content.startswith("---\n") and mark and end else content).strip()
