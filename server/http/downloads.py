"""Downloads: the name under which a browser saves an answer."""

import re
import unicodedata
from urllib.parse import quote

__all__ = ["attachment"]

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
