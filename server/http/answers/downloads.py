"""Downloads: files as answers, and the name under which a browser saves one."""

import re
import unicodedata
from urllib.parse import quote

from litestar import Response

__all__ = ["attachment", "download"]

LONGEST = 80
"""Characters of a name."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f/\\]+")


def attachment(name: str, suffix: str = "", *, otherwise: str = "file") -> str:
    """Return a ``Content-Disposition`` that saves an answer under a name in any script (RFC 6266, RFC 8187).

    Args:
        name: The name.
        suffix: What stands behind it: ``.json``.
        otherwise: The name for programs that read ASCII alone, where nothing of it is ASCII.
    """
    shown = "".join(letter for letter in _FORBIDDEN.sub("-", name) if letter.isprintable())
    shown = shown.strip("-. ")[:LONGEST] or otherwise
    plain = unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()
    plain = _UNSAFE.sub("-", plain).strip("-.") or otherwise
    encoded = quote(shown + suffix, safe="")
    return f"attachment; filename=\"{plain}{suffix}\"; filename*=UTF-8''{encoded}"


def download(content: bytes, name: str) -> Response[bytes]:
    """Return a file: whoever opens it saves it, nothing in it may run, and it is taken for no page."""
    headers = {
        "Content-Disposition": attachment(name),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, headers=headers, media_type="application/octet-stream")
