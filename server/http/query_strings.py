"""Query strings: the part of an address after its question mark; Litestar would take the last of several."""

from typing import Any
from urllib.parse import unquote_plus

from litestar import Request

from server.http.problems import Fault, Problem

__all__ = ["refuse_repeats"]


async def refuse_repeats(request: Request[Any, Any, Any]) -> None:
    """Refuse a query that gives a parameter twice: whoever checked one of them may not have meant the other.

    Raises:
        Problem: 422.
    """
    query: bytes = request.scope["query_string"]
    if b"&" not in query or request.route_handler.opt.get("open"):
        return
    seen: set[str] = set()
    for part in query.decode("latin-1").split("&"):
        name = unquote_plus(part.partition("=")[0])
        if name and name in seen:
            sentence = f"The parameter '{name[:80]}' is given more than once. Give it once."
            raise Problem(422, "invalid", sentence, errors=[Fault(sentence, parameter=name[:80])])
        seen.add(name)
