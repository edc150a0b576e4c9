"""Slugs: names as they can stand in addresses, in lower-case ASCII."""

import re
import unicodedata

__all__ = ["LONGEST_SLUG", "SLUG_ROOM", "slug_from"]

LONGEST_SLUG = 64
SLUG_ROOM = LONGEST_SLUG - 12
"""Characters of a name that are used: a number may follow."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def slug_from(name: str, otherwise: str) -> str:
    """Return a name as a slug: lower-case ASCII letters, digits and single hyphens.

    Args:
        name: Of a flow. Letters lose their accents.
        otherwise: The slug of a name that has no ASCII letter or digit.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_ROOM].strip("-") or otherwise
    return f"flow-{slug}" if _UUID.fullmatch(slug) else slug
