"""Secret removal: what is removed from a flow before it leaves the server."""

import re
from typing import Any

__all__ = ["without_secrets"]

NAMES = re.compile(
    r"(?:.*[-_])?(?:api[-_]?key|apikey|authorization|token|secret|password|passwd|credentials|cookie|private[-_]?key)\Z",
    re.IGNORECASE,
)
"""Names of fields and headers whose text is a secret, unless it is made by a template.

``credential`` is none of them: it has the name of a stored one, and the flow needs it."""
IN_ADDRESS = re.compile(r"(?P<scheme>(?<=[a-z0-9+.-])://)[^/@\s]+@", re.IGNORECASE)
"""It begins at the ``://``: where each word might begin a scheme, a long text took time squared."""
IN_QUERY = re.compile(
    r"(?P<name>[?&](?:api[-_]?key|key|access[-_]?token|token|secret|password)=)(?!\{\{)[^&\s#]+",
    re.IGNORECASE,
)


def without_secrets(value: Any) -> tuple[Any, list[str]]:
    """Return plain JSON without what looks like a secret, and JSON Pointers to what was taken out."""
    removed: list[str] = []
    return _cleared(value, "", removed), removed


def _cleared(value: Any, pointer: str, removed: list[str]) -> Any:
    match value:
        case dict():
            found: dict[str, Any] = {}
            for name, each in value.items():
                here = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
                if isinstance(each, str) and each and NAMES.match(str(name)) and "{{" not in each:
                    removed.append(here)
                    found[name] = ""
                else:
                    found[name] = _cleared(each, here, removed)
            return found
        case list():
            return [_cleared(each, f"{pointer}/{place}", removed) for place, each in enumerate(value)]
        case str():
            text = IN_QUERY.sub(r"\g<name>", IN_ADDRESS.sub(r"\g<scheme>", value))
            if text != value:
                removed.append(pointer)
            return text
        case _:
            return value
