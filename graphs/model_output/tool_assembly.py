"""ToolAssembly: the tool calls that a model meant, from the parts that servers send of them.

Servers number calls from 0, from 1, all alike or not at all; they give an id once, each time, a new one with
each part, or none; they repeat names and whole sets of arguments. A part belongs to an open call unless
something says that another has begun.
"""

import itertools
import re
import secrets
import string
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from msgspec import Struct

from graphs.conversation.messages import ToolCall
from graphs.model_api.provider import ToolPiece
from graphs.model_api.provider_errors import bad_response
from graphs.model_output.call_arguments import (
    followed,
    lone_argument,
    parsed,
    read_arguments,
    side_by_side,
    unwrapped,
)

__all__ = ["ToolAssembly", "new_call_id"]

_LONGEST = 65_536
"""Characters of arguments that are looked at while they come."""
_LOOKS = 20
"""How often arguments that look complete are read while they come."""
_LONGEST_NAME = 1_000
"""Characters of a tool's name."""
_ADDRESSED = re.compile(r"\bto=(?:functions\.)?([\w-]{1,200})")
"""A name that a server has left in the header of a message to a tool, as gpt-oss writes them."""
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
    length: int = 0
    """Characters of all parts."""
    looks: int = 0
    """How often somebody has read them while they came."""
    inside: tuple[int, bool, bool] = (0, False, False)
    """How deep the last part ended within objects, whether within a text, and behind a backslash."""

    def text(self) -> str:
        """Return the parts as one."""
        return "".join(self.parts)

    def take(self, part: str) -> None:
        """Add a part of the arguments."""
        self.parts.append(part)
        self.length += len(part)
        self.done = None
        if self.length <= _LONGEST:
            self.inside = followed(self.inside, part)

    def whole(self) -> bool:
        """Whether the arguments are complete, and more than the ``{}`` that some servers begin with.

        They are read only where all that was opened is closed, and not without end: parts that come with a
        name each time would otherwise have everything before them read again.
        """
        if self.done is None:
            depth, within, _ = self.inside
            fit = self.length <= _LONGEST and depth <= 0 and not within and self.looks < _LOOKS
            text = self.text().strip() if fit else ""
            ready = text.endswith("}")
            self.looks += ready
            self.done = ready and bool(parsed(text))
        return self.done


class ToolAssembly:
    """Collects the parts of one answer's calls."""

    def __init__(self, tools: Mapping[str, Mapping[str, Any]]) -> None:
        self._tools = tools
        """The schemas of the arguments of each tool that was offered."""
        self._names = frozenset(tools)
        """Names tell a name in two parts from two names."""
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}

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
            if piece.index is not None:
                self._by_index[piece.index] = call
        if piece.id and not call.id:
            call.id = piece.id
            self._by_id[piece.id] = call
        if piece.name:
            call.name = _longer(call.name, piece.name)
            if len(call.name) > _LONGEST_NAME:
                raise bad_response("The model", f"a tool's name of more than {_LONGEST_NAME:,} characters")
        if piece.arguments:
            call.take(piece.arguments)
        if piece.extra:
            call.extra = {**(call.extra or {}), **piece.extra}

    def words(self) -> str:
        """Return all that was said in calls, for an estimate of its tokens."""
        return "".join(part for call in self._calls for part in (call.name, *call.parts))

    def any(self) -> bool:
        """Say whether there is a call."""
        return any(self._meant(call, cut=False) for call in self._calls)

    def calls(self, *, cut: bool = False) -> list[ToolCall]:
        """Return the calls; each has an id of its own, and none is there twice.

        Args:
            cut: Whether the answer ended at a limit, so that the last arguments may lack something.
        """
        finished: list[ToolCall] = []
        ids: set[str] = set()
        alike: dict[tuple[str, bytes, str], set[str]] = {}
        for call in self._calls:
            for number, (name, arguments, invalid) in enumerate(self._meant(call, cut=cut)):
                named = call.id if not number else ""
                key = (name, msgspec.json.encode(arguments, order="sorted"), invalid)
                same = alike.setdefault(key, set())
                if same and (not named or named in same):
                    continue
                call_id = named if named and named not in ids else new_call_id()
                ids.add(call_id)
                same.add(call_id)
                extra = call.extra or {}
                finished.append(
                    ToolCall(id=call_id, name=name, arguments=arguments or {}, invalid=invalid, extra=extra)
                )
        return finished

    def _meant(self, call: _Call, *, cut: bool) -> list[tuple[str, dict[str, Any] | None, str]]:
        """Return the calls that one stands for: name, arguments, and their text where they are no object."""
        name = self._known(call.name or _named_by(call.id))
        if not name and not call.text().strip():
            return []
        if not name and len(self._names) == 1:
            (name,) = self._names
        if len(call.parts) > 1 and (several := _several(call.text())):
            return [(name, each, "") for each in several]
        arguments, text = read_arguments(call.parts, cut=cut)
        if arguments is None:
            # Calls side by side, whose sets of arguments a server has joined.
            several = side_by_side(text)
            if not several and not cut and (alone := lone_argument(text, self._tools.get(name, {}))):
                return [(name, alone, "")]
            return [(name, each, "") for each in several] or [(name, None, text)]
        uses = arguments.get("tool_uses")
        if name not in self._names and isinstance(uses, list):
            # What OpenAI's models call when they mean several at once.
            found = [self._use(cast("dict[str, Any]", one)) for one in uses if isinstance(one, dict)]
            return [one for one in found if one[0] in self._names] or [(name, arguments, "")]
        return [(name, unwrapped(name, arguments, self._tools.get(name, {})), "")]

    def _use(self, use: dict[str, Any]) -> tuple[str, dict[str, Any] | None, str]:
        given: Any = use.get("parameters", use.get("arguments"))
        return self._known(str(use.get("recipient_name", ""))), given if isinstance(given, dict) else {}, ""

    def _open(self, piece: ToolPiece) -> _Call | None:
        """Return the call that a part goes on with; None where it begins one."""
        if not self._calls:
            return None
        if piece.id:
            named = self._by_id.get(piece.id)
            # The same id under another number is the same call, unless that one is complete.
            if named is not None and (piece.index in (None, named.index) or not named.whole()):
                return self._unless_new(named, piece)
        if piece.index is None:
            return self._unless_new(self._calls[-1], piece)
        call = self._by_index.get(piece.index)
        if call is None and not piece.id and not piece.name:
            # Some servers number the parts in place of the calls.
            return self._calls[-1]
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
        if (meant := _ADDRESSED.search(name[:_LONGEST_NAME])) and meant[1] in self._names:
            return meant[1]
        bare = name.partition("<|")[0].strip().strip("\"'`")
        for prefix in ("functions.", "function.", "tools.", "tool."):
            bare = bare.removeprefix(prefix)
        bare = bare.removesuffix("()")
        head, _, number = bare.rpartition(":")
        if number.isdecimal() and head in self._names:
            return head
        if bare in self._names:
            return bare
        tail = re.split(r"[.:/]", bare)[-1]
        if tail in self._names:
            return tail
        alike = [one for one in self._names if one.lower() == tail.lower()]
        return alike[0] if len(alike) == 1 else name


def new_call_id() -> str:
    """Return an id for a call that has none: nine letters or digits, which the strictest servers take."""
    return "".join(secrets.choice(_LETTERS) for _ in range(9))


def _named_by(call_id: str) -> str:
    """Return the tool's name in an id like ``functions.calculator:0``; empty where there is none."""
    found = re.fullmatch(r"functions\.([\w.-]+):\d+", call_id)
    return found[1] if found else ""


def _several(text: str) -> list[dict[str, Any]]:
    """Return the sets of arguments that a server has sent under one number, none of which repeats the one
    before it or adds to it; empty where that is not so."""
    found = side_by_side(text)
    for before, after in itertools.pairwise(found):
        if not before or before.items() <= after.items():
            return []
    return found


def _longer(name: str, part: str) -> str:
    """Return a name with a part of it added; a server may send it whole each time, or as far as it has
    come."""
    return part if part.startswith(name) else name if name.endswith(part) and len(part) > 1 else name + part
