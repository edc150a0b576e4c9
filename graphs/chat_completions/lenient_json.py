"""JSON of a stream as servers and gateways write it: broken characters, objects side by side, texts of
texts."""

import ast
import json
import re
from typing import Any

from graphs.parsing.json_text import tolerant_json

__all__ = ["DONE", "NotJson", "read_json", "unwrapped_lines"]

_BETWEEN = re.compile(r"(?:[,\s]|\\[rn]|data:|\[DONE\])*+")
"""What may stand between objects that stand side by side, where a gateway has lost the ends of lines."""
DONE = "[DONE]"
_LONGEST_WRAPPED = 4_000_000


class NotJson(ValueError):
    """The text is no JSON."""


def read_json(text: bytes) -> Any:
    """Return JSON that may have bytes that are no UTF-8, half surrogates, control characters, NaN.

    Objects side by side are a list of them.

    Raises:
        NotJson: it is none all the same.
    """
    said = text.decode("utf-8", "replace")
    try:
        return json.loads(said, strict=False)
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":
            return _side_by_side(said)
        if said.lstrip().startswith("{") and (found := tolerant_json(said)) is not None:
            return found
        raise NotJson(str(error)) from None


def _side_by_side(said: str) -> list[Any]:
    """Return the objects of a text, and ``[DONE]`` last where it has that."""
    decoder = json.JSONDecoder(strict=False)
    found: list[Any] = []
    at, said = 0, said.strip()
    while at < len(said):
        try:
            value, end = decoder.raw_decode(said, at)
        except (ValueError, RecursionError) as error:
            raise NotJson(str(error)) from None
        if not isinstance(value, dict):
            raise NotJson("what stands side by side are no objects")
        found.append(value)
        between = _BETWEEN.match(said, end)
        at = end if between is None else between.end()
        if DONE in said[end:at]:
            found.append(DONE)
            break
    return found


def unwrapped_lines(text: bytes) -> list[bytes]:
    """Return the lines within a text that a gateway has made of what it should have passed on: bytes in
    Python's way, or events or an object as a text of JSON; none where it is neither."""
    if len(text) > _LONGEST_WRAPPED:
        return []
    if text[:2] in (b"b'", b'b"'):
        try:
            found: Any = ast.literal_eval(text.decode("utf-8", "replace"))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return []
        return found.splitlines() if isinstance(found, bytes) else []
    if text[:1] == b'"':
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return []
        if isinstance(found, str) and (told := found.strip()).startswith(("data:", "event:", ":", "{")):
            inner = told.encode("utf-8", "replace")
            return [inner] if told.startswith("{") and told.endswith("}") else inner.splitlines()
    return []
