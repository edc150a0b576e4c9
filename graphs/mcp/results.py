"""Results: from what a tool of an MCP server gives to text or plain JSON."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from graphs.mcp.server_access import MCPAnswer

__all__ = ["read_result"]

_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


def read_result(said: Mapping[str, Any], *, most: int) -> MCPAnswer:
    """Return the answer that a ``CallToolResult`` of the protocol is.

    What has a structure is that. Else texts are joined; images, sounds and other bytes become files.

    Args:
        said: The result as the server sends it.
        most: Bytes that all its files together may have; those beyond are named and left out.
    """
    texts: list[str] = []
    files: list[tuple[str, str, bytes]] = []
    blocks: Sequence[Mapping[str, Any]] = said.get("content") or ()
    for block in blocks:
        match block.get("type"):
            case "text":
                texts.append(str(block.get("text", "")))
            case "image" | "audio" as kind:
                most -= _take(files, texts, kind, str(block.get("mimeType") or ""), block.get("data"), most)
            case "resource":
                resource: Mapping[str, Any] = block.get("resource") or {}
                if "text" in resource:
                    texts.append(str(resource["text"]))
                else:
                    name = str(resource.get("uri") or "resource").rpartition("/")[2]
                    kind = str(resource.get("mimeType") or "")
                    most -= _take(files, texts, name, kind, resource.get("blob"), most)
            case "resource_link":
                name, uri = str(block.get("name") or ""), str(block.get("uri") or "")
                texts.append(f"[{name}]({uri})" if name else uri)
            case other:
                texts.append(f"[Left out: content of the type {str(other)[:40]!r}.]")
    structured = said.get("structuredContent")
    failed = said.get("isError") is True
    value = structured if structured is not None and not failed else "\n".join(texts)
    return MCPAnswer(value=value, is_error=failed, files=tuple(files))


def _take(
    files: list[tuple[str, str, bytes]], texts: list[str], name: str, kind: str, data: Any, most: int
) -> int:
    """Add a file, or a remark why it is left out; return how many bytes it has."""
    try:
        content = base64.b64decode(str(data or ""), validate=True)
    except (binascii.Error, ValueError):
        texts.append(f"[Left out: {name} is not base64.]")
        return 0
    if len(content) > most:
        texts.append(f"[Left out: {name} has {len(content):,} bytes, which is more than may be kept.]")
        return 0
    ending = _ENDINGS.get(kind, "bin")
    named = name if "." in name else f"{name}-{len(files) + 1}.{ending}"
    files.append((named[:200], kind or "application/octet-stream", content))
    return len(content)
