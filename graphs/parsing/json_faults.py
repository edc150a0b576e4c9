"""JSON that people write: read strictly; what is wrong with it is told with its place and its remedy."""

import json
import re
from typing import Any

import msgspec

__all__ = ["NotJSON", "parse_json"]

_AT = re.compile(r"(?:JSON is malformed: )?(.*) \(byte (\d+)\)", re.DOTALL)
_YAML = re.compile(rb"(?:---|[\w.-]+:(?:\s|$)|- )")
_FORM = re.compile(rb"[\w.%-]+=")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UTF_8_MARK = b"\xef\xbb\xbf"
_STARTS = b'{["-0123456789tfn'
"""What JSON can begin with."""
_QUOTES = "JSON has double quotes around names and texts."
_SHOWN = 20
"""Characters from the place of a mistake that its sentence shows."""


class NotJSON(ValueError):
    """Bytes are no JSON. The message is what they are, in sentences that end with what to do."""


def parse_json(content: bytes) -> Any:
    """Return the JSON value of bytes in UTF-8, with or without a byte order mark.

    What msgspec refuses and JSON allows is read too: lone surrogates in escapes, numbers beyond a float.

    Raises:
        NotJSON: they are none.
        RecursionError: they nest too deep.
    """
    content = content.removeprefix(_UTF_8_MARK)
    try:
        return msgspec.json.decode(content)
    except UnicodeDecodeError:
        raise NotJSON(_no_utf_8(content)) from None
    except msgspec.MsgspecError as error:
        try:
            return json.loads(content.decode("utf-8"), parse_constant=_no_constant)
        except UnicodeDecodeError:
            raise NotJSON(_no_utf_8(content)) from None
        except (ValueError, RecursionError):
            raise NotJSON(_reason(content, error)) from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _reason(content: bytes, error: msgspec.MsgspecError) -> str:
    begun = content.lstrip()
    if not begun:
        return "it is empty"
    if b"\0" in content[:4]:
        return "it looks like UTF-16. Save it as UTF-8."
    if begun[0] not in _STARTS:
        return _other_language(begun)
    if isinstance(error, msgspec.ValidationError):
        return "a number is out of range"
    found = _AT.fullmatch(str(error))
    if found is None:
        return "it ends too early: a list, an object or a text is not closed."
    what, at = found[1], min(int(found[2]), len(content))
    while at and content[at - 1 : at] in (b"\xe2", b"\x80", b"\xef"):
        at -= 1  # a place within a character is that of the character
    rest = content[at : at + 200].decode("utf-8", "replace")
    shown = " ".join(rest[:_SHOWN].split())
    near = f" at '{shown}'" if shown else ""
    return f"{what}{near} ({_place(content, at)}).{_remedy(what, content, at, rest)}"


def _place(content: bytes, at: int) -> str:
    """Return a place as editors name it."""
    line = content.count(b"\n", 0, at) + 1
    begin = content.rfind(b"\n", 0, at) + 1
    return f"line {line}, column {len(content[begin:at].decode('utf-8', 'replace')) + 1}"


def _remedy(what: str, content: bytes, at: int, rest: str) -> str:
    """Return what to do about a mistake, after a space; empty where its sentence says it."""
    after = rest.lstrip()
    if after.startswith(("//", "/*", "#")):
        return " JSON has no comments: remove it."
    if what.startswith("trailing comma"):
        return " Remove the comma."
    if what == "trailing characters":
        return " Send one value."
    if what.startswith("object keys") or after[:1] in ("'", "“", "‘"):
        return f" {_QUOTES}"
    if re.match(r"(?:True|False|None|NaN|-?Infinity|undefined)\b", after):
        return " JSON has true, false, null and finite numbers."
    if what.startswith("invalid escape"):
        return " A backslash within text is written twice."
    if what.startswith("expected ','") and after[:1] in ('"', "{", "["):
        return " A comma is missing."
    if what == "invalid character" and rest[:1] < " ":
        return " Within text, write a line break as \\n and a tab as \\t."
    return f" {_QUOTES}" if b"'" in content[:64] else ""


def _other_language(begun: bytes) -> str:
    line = begun[:200].splitlines()[0].decode("utf-8", "replace")[:40]
    said = f"it begins with '{line}'"
    if begun.startswith(b"<"):
        return f"{said}, which looks like HTML or XML."
    if _YAML.match(begun):
        return f'{said}, which looks like YAML. JSON is written as {{"name": "value"}}.'
    if _FORM.match(begun):
        return f'{said}, which looks like a form. JSON is written as {{"name": "value"}}.'
    return f"{said}, and JSON with {{ or [. {_QUOTES}"


def _no_utf_8(content: bytes) -> str:
    if content.startswith(_UTF_16):
        return "it is UTF-16. Save it as UTF-8."
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start
        return f"it is no UTF-8: byte 0x{content[at]:02x} ({_place(content, at)}). Save it as UTF-8."
    return "it is no UTF-8. Save it as UTF-8."
