"""What is told of an address that is no endpoint: also which one was meant, where that can be seen."""

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

__all__ = ["no_endpoint", "where_listed"]

_LISTS = {"flow": "flows", "chatflow": "chatflows", "agentflow": "agentflows", "agent": "agents"}
_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_PREFIX = ["api", "agent-builder"]
_PARAMETER = re.compile(r"\{([^{:}]+)(?::[^{}]*)?\}")
_NAME = r"{\1}"
_LONGEST = 40
"""Characters of a segment that is compared."""


def no_endpoint(path: str, templates: Iterable[str]) -> str:
    """Return the sentences for a path that is none of these endpoints, such as ``/flows/{flow_id:str}``."""
    near = _near(path.strip("/").split("/"), templates)
    hint = f" Did you mean {_PARAMETER.sub(_NAME, near)}?" if near else ""
    return (
        f"There is no endpoint {path[:200]}.{hint} The API is below /api/agent-builder; /schema lists all "
        "endpoints."
    )


def where_listed(what: str, value: str) -> str:
    """Return where ids of flows are found, after a space, for who sends a name or a slug; else nothing."""
    path = "" if _ID.fullmatch(value) else _LISTS.get(what, "")
    return f" GET /api/agent-builder/{path} lists them." if path else ""


def _near(asked: list[str], templates: Iterable[str]) -> str:
    """Return the endpoint whose prefix is missing or doubled, or a segment misspelt; empty where none is."""
    best, found = 0.7, ""
    for template in templates:
        parts = template.strip("/").split("/")
        if _odd([*_PREFIX, *asked], parts) == []:
            return template
        if asked[:2] == _PREFIX and _odd(asked[2:], parts) == []:  # a base URL that has the prefix already
            return template
        odd = _odd(asked, parts)
        if odd and len(asked[odd[0]]) <= _LONGEST:
            match = SequenceMatcher(None, asked[odd[0]], parts[odd[0]])
            ratio = match.ratio() if match.real_quick_ratio() > best else 0.0
            if ratio - 0.1 * template.count("{") > best:
                best, found = ratio - 0.1 * template.count("{"), template
    return found


def _odd(asked: list[str], parts: list[str]) -> list[int] | None:
    """Return where a path differs from a template; None where that is in more than one segment."""
    if len(asked) != len(parts):
        return None
    odd = [at for at, part in enumerate(parts) if part != asked[at] and not part.startswith("{")]
    return odd if len(odd) <= 1 else None
