"""ToolAssembly: the tool calls that a model meant, from the parts that servers send of them.

Servers number calls from 0, from 1, all alike or not at all; they give an id once, each time, a new one with
each part, or none; they repeat names and whole sets of arguments. A part belongs to an open call unless
something says that another has begun.
"""

import json
import secrets
import string
from collections.abc import Collection
from typing import Any, cast

import msgspec
from msgspec import Struct

from graphs.model_api.provider import ToolPiece
from graphs.model_api.provider_errors import bad_response
from graphs.parsing.text import TextError, clean
from graphs.values.messages import ToolCall

__all__ = ["ToolAssembly", "new_call_id", "read_arguments"]

_LONGEST = 65_536
"""Characters of arguments that are looked at while they come."""
MOST_CALLS = 1_000
"""Tool calls that one answer may have."""
_LETTERS = string.ascii_letters + string.digits


class _Call(Struct):
    index: int | None
    id: str
    name: str
    parts: list[str]
    extra: dict[str, Any] | None = None
    done: bool | None = None
    """Whether the parts are a whole set of arguments; None where nobody has looked since the last."""

    def text(self) -> str:
        """Return the parts as one."""
        return "".join(self.parts)

    def whole(self) -> bool:
        """Whether the arguments are complete, and more than the ``{}`` that some servers begin with."""
        if self.done is None:
            text = self.text().strip() if sum(map(len, self.parts)) <= _LONGEST else ""
            self.done = text.endswith("}") and bool(_parsed(text))
        return self.done


class ToolAssembly:
    """Collects the parts of one answer's calls."""

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = frozenset(names)
        """The tools that were offered: they tell a name in two parts from two names."""
        self._calls: list[_Call] = []

    def __bool__(self) -> bool:
        """Whether any call has begun."""
        return bool(self._calls)

    def add(self, piece: ToolPiece) -> None:
        """Take a part."""
        call = self._open(piece)
        if call is None:
            if len(self._calls) == MOST_CALLS:
                raise bad_response("The model", f"more than the {MOST_CALLS:,} tool calls of one answer")
            call = _Call(piece.index, "", "", [])
            self._calls.append(call)
        call.id = call.id or piece.id
        if piece.name:
            call.name = _longer(call.name, piece.name)
        if piece.arguments:
            call.parts.append(piece.arguments)
            call.done = None
        if piece.extra:
            call.extra = {**(call.extra or {}), **piece.extra}

    def words(self) -> str:
        """Return all that was said in calls, for an estimate of its tokens."""
        return "".join(part for call in self._calls for part in (call.name, *call.parts))

    def calls(self) -> list[ToolCall]:
        """Return the calls; each has an id of its own, and none is there twice."""
        finished: list[ToolCall] = []
        ids: set[str] = set()
        for call in self._calls:
            name = self._known(call.name)
            if not name and not call.text().strip():
                continue
            arguments, text = read_arguments(call.parts)
            if any(_same(one, call, name, arguments, text) for one in finished):
                continue
            call_id = call.id if call.id and call.id not in ids else new_call_id()
            ids.add(call_id)
            finished.append(
                ToolCall(
                    id=call_id,
                    name=name,
                    arguments=arguments or {},
                    invalid="" if arguments is not None else text,
                    extra=call.extra or {},
                )
            )
        return finished

    def _open(self, piece: ToolPiece) -> _Call | None:
        """Return the call that a part goes on with; None where it begins one."""
        if not self._calls:
            return None
        if piece.id:
            named = next((call for call in reversed(self._calls) if call.id == piece.id), None)
            # The same id under another number is the same call, unless that one is complete.
            if named is not None and (piece.index in (None, named.index) or not named.whole()):
                return self._unless_new(named, piece)
        if piece.index is None:
            return self._unless_new(self._calls[-1], piece)
        call = next((call for call in reversed(self._calls) if call.index == piece.index), None)
        return call and self._unless_new(call, piece)

    def _unless_new(self, call: _Call, piece: ToolPiece) -> _Call | None:
        """Return `call`, unless a part that may go on with it begins another."""
        other_id = bool(piece.id and call.id and piece.id != call.id)
        if not piece.name:
            # Without a name it can begin nothing, whatever its id.
            return call
        if not call.name:
            return None if other_id and call.parts else call
        if call.whole():
            # A repeated set of arguments under one id is no second call.
            return call if piece.id and piece.id == call.id else None
        if piece.name == call.name:
            began_again = other_id and not piece.arguments
            return None if began_again else call
        if call.parts and call.text().strip() not in ("", "{}"):
            return None if other_id or not call.id else call
        both_known = call.name in self._names and piece.name in self._names
        return None if other_id or both_known else call

    def _known(self, name: str) -> str:
        """Return a tool's name without what models and servers write around it."""
        name = name.strip()
        if name in self._names:
            return name
        bare = name.partition("<|")[0].strip().strip("\"'`")
        for prefix in ("functions.", "function.", "tools.", "tool."):
            bare = bare.removeprefix(prefix)
        head, _, number = bare.rpartition(":")
        if number.isdecimal() and head in self._names:
            return head
        return bare if bare in self._names else name


def new_call_id() -> str:
    """Return an id for a call that has none: nine letters or digits, which the strictest servers take."""
    return "".join(secrets.choice(_LETTERS) for _ in range(9))


def read_arguments(parts: list[str]) -> tuple[dict[str, Any] | None, str]:
    """Return the arguments in the parts that came, and their text where they are no object (then None).

    Servers wrap them (a code fence, JSON within JSON, a list of one), close them twice, begin with ``{}``,
    and
    send them once more, whole or with all that came before.
    """
    text = "".join(parts)
    if not text.strip() or text.strip() == "null":
        return {}, ""
    candidates = [text]
    if len(parts) > 1:
        candidates.append(parts[-1])
        if parts[0].strip() == "{}":
            candidates.append("".join(parts[1:]))
    for candidate in candidates:
        if (found := _parsed(candidate)) is not None:
            return found, ""
    return None, _plain(text)


def _parsed(text: str, depth: int = 0) -> dict[str, Any] | None:
    """Return the object that a text is, but for its form; None where it is none."""
    text = text.strip().removeprefix("\ufeff")
    if text.startswith("```"):
        text = text.strip("`").removeprefix("json").removeprefix("JSON").strip()
    try:
        value: Any = msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = _first_of(text)
    if isinstance(value, str) and depth < 3 and value.strip()[:1] in ("{", "[", '"', "`"):
        return _parsed(value, depth + 1)
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
    decoder = json.JSONDecoder(strict=False)
    try:
        value, end = decoder.raw_decode(text)
        rest = text[end:].strip()
        while rest.strip("}])`; \n\t"):
            again, end = decoder.raw_decode(rest)
            if again != value and value != {}:
                return None
            value, rest = again, rest[end:].strip()
        return value
    except (ValueError, RecursionError):
        return None


def _longer(name: str, part: str) -> str:
    """Return a name with a part of it added; a server may send it whole each time, or as far as it has
    come."""
    return part if part.startswith(name) else name if name.endswith(part) and len(part) > 1 else name + part


def _same(one: ToolCall, call: _Call, name: str, arguments: dict[str, Any] | None, text: str) -> bool:
    alike = one.name == name and one.arguments == (arguments or {}) and one.invalid == text
    return alike and (not call.id or one.id == call.id)


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
