"""Arguments of tool calls: the object that a model meant, in whichever form its text came."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from graphs.conversation.messages import ToolSpec
from graphs.parsing.json_text import tolerant_json
from graphs.parsing.text import TextError, clean

__all__ = [
    "closed",
    "followed",
    "lone_argument",
    "parsed",
    "properties_of",
    "read_arguments",
    "side_by_side",
    "unwrapped",
]

_MARKS = re.compile(r'\\(?:.|\Z)|["{}\[\]]', re.DOTALL)
"""What opens and closes in JSON, and a backslash with what it stands before."""
_CLOSINGS = re.compile(r"(?:[}\])`;\s]|<[|/]?[\w:]{1,40}+[|]?>)*+")
"""What may follow arguments and is no part of them: brackets, a fence, marks of a chat template."""
_BLANKS = re.compile(r"\s*+")
_DECODER = json.JSONDecoder(strict=False)
_KINDS: Mapping[Any, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_WRAPPERS = frozenset({"input", "inputs", "arguments", "parameters", "args", "kwargs", "params"})
_LABEL = re.compile(r"\w[\w ]{0,30}[:=]\s{0,10}(?=\{)")
_STRAIGHT = str.maketrans({"“": '"', "”": '"'})
_LONGEST_REWRITTEN = 65_536
_REPEATS = 5
BESIDE = 1_000
"""Objects side by side that are read; an answer has no more calls."""
_NONE = frozenset({"", "null", "None", "undefined", "[]", '""'})
"""What servers write where a tool is given nothing; PHP has one empty form for lists and objects."""
_WHOLE = ('"', "]", "}", "true", "false", "null")
"""Where arguments may end that lack nothing but what closes them; a number may go on."""


def read_arguments(parts: list[str], *, cut: bool = False) -> tuple[dict[str, Any] | None, str]:
    """Return the arguments in the parts that came, and their text where they are no object (then None).

    Servers wrap them (a code fence, JSON within JSON, a list of one), close them twice, begin with ``{}``,
    and
    send them once more, whole or with all that came before.
    Arguments that lack the last brackets alone are taken, unless the answer was `cut`.
    """
    parts = [part.replace("\0", "") for part in parts]
    text = "".join(parts)
    if text.strip() in _NONE:
        return {}, ""
    candidates = [text]
    if len(parts) > 1:
        candidates.append(parts[-1])
        if parts[0].strip() == "{}":
            candidates.append("".join(parts[1:]))
    for candidate in candidates:
        if (found := parsed(candidate)) is not None:
            return found, ""
    found = tolerant_json(text) or (None if cut else parsed(closed(text)))
    if not isinstance(found, dict):
        found = next((one for form in _rewritten(text) if (one := parsed(form)) is not None), None)
    return (cast("dict[str, Any]", found), "") if isinstance(found, dict) else (None, _plain(text))


def side_by_side(text: str) -> list[dict[str, Any]]:
    """Return the objects that a text has side by side, and nothing else; empty where that is not so.

    More than `BESIDE` are no answer that is taken: they are not read to the end.
    """
    found: list[dict[str, Any]] = []
    at = 0
    try:
        while at < len(text) and len(found) <= BESIDE:
            value, at = _DECODER.raw_decode(text, at)
            if not isinstance(value, dict):
                return []
            found.append(clean(cast("dict[str, Any]", value)))
            following = _BLANKS.match(text, at)
            at = following.end() if following else at
    except (ValueError, RecursionError, TextError):
        return []
    return found if 1 < len(found) <= BESIDE else []


def lone_argument(text: str, properties: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the arguments of a tool that takes one alone, where a model has written its bare value.

    The value must be of the argument's type; what begins as an object or a list is a broken one.
    """
    text = text.strip()
    if len(properties) != 1 or not text or text[0] in "{[`":
        return None
    ((name, schema),) = properties.items()
    kind: Any = cast("Mapping[str, Any]", schema).get("type") if isinstance(schema, dict) else None
    try:
        value: Any = clean(msgspec.json.decode(text.encode("utf-8", "surrogatepass")))
    except (msgspec.DecodeError, UnicodeDecodeError, TextError, RecursionError):
        value = None if text[0] in "\"'" else _plain(text)
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        value = text
    fits = isinstance(value, _KINDS.get(kind, ())) and (kind == "boolean" or not isinstance(value, bool))
    return {name: value} if fits else None


def properties_of(tool: ToolSpec) -> Mapping[str, Any]:
    """Return the schemas of a tool's arguments, by name."""
    found: Any = tool.parameters.get("properties")
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def unwrapped(name: str, arguments: dict[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments where a model has written the whole call, or a name for them, in their place."""
    if arguments.get("name") == name and len(arguments) == 2:
        inner = arguments.get("arguments", arguments.get("parameters"))
        if isinstance(inner, dict):
            return cast("dict[str, Any]", inner)
    if len(arguments) == 1 and properties:
        ((key, inner),) = arguments.items()
        if key in _WRAPPERS and key not in properties and isinstance(inner, dict):
            found = cast("dict[str, Any]", inner)
            return found if found.keys() <= properties.keys() else arguments
    return arguments


def _rewritten(text: str) -> Iterator[str]:
    """Yield what a text may stand for that a server or a model has written in another way."""
    bare = text.strip()
    if len(bare) > _LONGEST_REWRITTEN:
        return
    if bare.startswith(("{&quot;", "{&#34;")):
        yield html.unescape(bare)
    if bare.startswith("{{") and bare.endswith("}}"):
        yield bare[1:-1]
    if bare.startswith(('{\\"', '[{\\"')):
        yield f'"{bare}"'
    if bare.startswith(("{“", "{”")):
        yield bare.translate(_STRAIGHT)
    if named := _LABEL.match(bare):
        yield bare[named.end() :]
    place = bare.find(bare[:8], 1) if bare.endswith("}") else 0
    for _ in range(_REPEATS):
        if not 0 < place <= len(bare) // 2:
            return
        if bare.startswith(bare[:place], place):
            # What had come so far was sent once more, with the rest.
            yield bare[place:]
        place = bare.find(bare[:8], place + 1)


def closed(text: str) -> str:
    """Return a text with the brackets that it lacks at its end; itself where it may lack more."""
    bare = text.strip()
    if not bare.endswith(_WHOLE) or followed((0, False, False), bare)[1]:
        return text
    open_ones: list[str] = []
    for mark in _outside(bare):
        if mark in "{[":
            open_ones.append("}" if mark == "{" else "]")
        elif not open_ones or open_ones.pop() != mark:
            return text
    return bare + "".join(reversed(open_ones))


def _outside(text: str) -> list[str]:
    """Return the brackets of a text that stand in none of its texts."""
    within, found = False, list[str]()
    for mark in (each[0] for each in _MARKS.finditer(text)):
        if mark == '"':
            within = not within
        elif not within and mark[0] != "\\":
            found.append(mark)
    return found


def parsed(text: str, depth: int = 0) -> dict[str, Any] | None:
    """Return the object that a text is, but for its form; None where it is none."""
    text = text.strip().removeprefix("\ufeff")
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json").removeprefix("JSON").strip()
    try:
        value: Any = msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = _first_of(text)
    if isinstance(value, str) and depth < 3 and value.strip()[:1] in ("{", "[", '"', "`"):
        return parsed(value, depth + 1)
    if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return None
    try:
        return clean(cast("dict[str, Any]", value))
    except (TextError, RecursionError):
        return None


def _first_of(text: str) -> Any:
    """Return the value at the start of a text, if nothing comes after it but closings, or itself once
    more."""
    try:
        value, end = _DECODER.raw_decode(text)
        while not _CLOSINGS.fullmatch(text, end):
            following = _BLANKS.match(text, end)
            again, end = _DECODER.raw_decode(text, following.end() if following else end)
            if again != value and value != {}:
                return None
            value = again
        return value
    except (ValueError, RecursionError):
        return None


def followed(inside: tuple[int, bool, bool], part: str) -> tuple[int, bool, bool]:
    """Return where a part ends that goes on where another ended: depth, within a text, behind a backslash."""
    depth, within, escaped = inside
    begin = 1 if escaped else 0
    escaped = False
    for found in _MARKS.finditer(part, begin):
        mark = found[0]
        if mark[0] == "\\":
            escaped = len(mark) == 1
        elif mark == '"':
            within = not within
        elif not within:
            depth += 1 if mark in "{[" else -1
    return depth, within, escaped


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
