"""ETags of flows and drafts: changes that are made only to what their author has seen (RFC 9110 §13.1.1)."""

import re
from typing import Any

from litestar import Request

from server.http.problems import Problem

__all__ = ["etag", "expected", "refuse_stale"]

_TAG = re.compile(r'\s*(?:W/)?"([^"]*)"\s*(?:,|$)')


def etag(version: int) -> str:
    """Return the ETag of a version."""
    return f'"{version}"'


def expected(request: Request[Any, Any, Any]) -> frozenset[str] | None:
    """Return the tags of `If-Match`, one of which the version must have; None where any will do.

    Raises:
        Problem: 400 for a header that is no list of tags.
    """
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    tags, at = set[str](), 0
    while at < len(given):
        found = _TAG.match(given, at)
        if found is None:
            shown = given[:80]
            detail = f"If-Match must be the ETag of a flow, such as \"3\" with its quotes; it is '{shown}'."
            raise Problem(400, "malformed", detail)
        tags.add(found[1])
        at = found.end()
    return frozenset(tags)


def refuse_stale(tags: frozenset[str] | None, version: int, what: str) -> None:
    """Return if a change may be made to this version.

    Raises:
        Problem: 412, with the ETag that there is now.
    """
    if tags is None or str(version) in tags:
        return
    detail = (
        f"{what} was changed meanwhile: it is at {version}, and If-Match expects "
        f"{' or '.join(sorted(tags)) or 'nothing'}. Read it again, and repeat the change on what it is now."
    )
    raise Problem(412, "stale", detail, headers={"ETag": etag(version)})
