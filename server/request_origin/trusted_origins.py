"""Origins: which pages may reach this server, compared exactly as browsers send them."""

from collections.abc import Collection

__all__ = ["is_allowed"]


def is_allowed(origins: Collection[str], host: str, allowed: Collection[str]) -> bool:
    """Say whether a request may have come from where it did.

    Args:
        origins: The values of its `Origin` headers. A program sends none, a browser exactly one.
        host: The value of its `Host` header: a page of this server is always allowed.
        allowed: Origins of other pages, each with its scheme and port: `https://app.example.com`.
    """
    if not origins:
        return True
    if len(origins) > 1:
        return False
    (origin,) = origins
    own = (f"http://{host.lower()}", f"https://{host.lower()}") if host else ()
    return origin in own or origin in allowed
