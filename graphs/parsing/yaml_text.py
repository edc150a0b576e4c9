"""YAML's JSON-like part, read within limits and written.

It is read event by event: a document that is composed as a whole keeps every other thread waiting meanwhile.
"""

import math
import re
from typing import Any

import yaml

__all__ = ["YAMLError", "read_yaml", "write_yaml"]

YAMLError = yaml.YAMLError
DEEPEST = 100
"""Lists and objects within one another that are read at all."""
_Events: Any = getattr(yaml, "CLoader", yaml.Loader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""libyaml's where PyYAML was built with it, as its wheels are: several times as quick."""

_TAG = "tag:yaml.org,2002:"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(?:0b[01_]++|0x[0-9a-fA-F_]++|0[0-7_]++|0|[1-9][0-9_]*+)")
_FLOAT = re.compile(
    r"[-+]?[0-9][0-9_]*+\.[0-9_]*+(?:[eE][-+][0-9]++)?|\.[0-9][0-9_]*+(?:[eE][-+][0-9]++)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_MERGE = object()
"""The key ``<<``: what it holds belongs to the object that it is in."""


def read_yaml(content: bytes, most: float = math.inf) -> Any:
    """Return the value of a YAML document: without aliases, tags of other types, or a second document.

    ``yes``, ``no``, dates and times are text.

    Args:
        content: The document.
        most: Values and keys that it may have; a file of the operator's own may have any number.

    Raises:
        YAMLError: it is not such a document.
    """
    reading = _Reading(most)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place(content[: error.start])
        raise YAMLError(f"it is no UTF-8: see byte 0x{content[error.start]:02x} ({place}).") from None
    try:
        for event in yaml.parse(text, _Events):
            reading.take(event)
    except yaml.reader.ReaderError as error:  # its own text names "<unicode string>" and no line
        sign = int(error.character)
        place = _place(text.partition(chr(sign))[0].encode())
        told = f"it has the character U+{sign:04X} ({place}), which YAML does not take. Leave it out."
        raise YAMLError(told) from None
    except yaml.MarkedYAMLError as error:
        if (mark := error.problem_mark) is None:
            raise YAMLError(error.problem or "it is malformed.") from None
        line = text.splitlines()[mark.line : mark.line + 1]
        tab = bool(line) and line[0][mark.column : mark.column + 1] == "\t"
        hint = ". Indent with spaces, not with tabs" if tab else ""
        told = f"{error.problem or 'it is malformed'} (line {mark.line + 1}, column {mark.column + 1}){hint}."
        raise YAMLError(told) from None
    return reading.value


def _place(before: bytes) -> str:
    """Return the line and the column, each from 1, that follow a text in UTF-8."""
    text = before.decode("utf-8-sig")
    return f"line {text.count(chr(10)) + 1}, column {len(text) - text.rfind(chr(10))}"


def write_yaml(value: Any) -> str:
    """Return plain JSON as YAML that `read_yaml` reads."""
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)


class _Open:
    """A list or an object that has not ended."""

    __slots__ = ("key", "merged", "value", "waits")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.merged: dict[Any, Any] = {}
        self.key: Any = None
        self.waits = False
        """Whether a key has come, and its value has not."""

    def put(self, found: Any) -> None:
        """Take an item, a key or a key's value."""
        if isinstance(self.value, list):
            self.value.append("<<" if found is _MERGE else found)
        elif not self.waits:
            if isinstance(found, list | dict):
                raise YAMLError("it has a list or an object as a key.")
            self.key, self.waits = found, True
        else:
            self.waits = False
            if self.key is _MERGE:
                self._merge(found)
            else:
                self.value[self.key] = "<<" if found is _MERGE else found

    def ended(self) -> Any:
        """Return it as it is now that it has ended; its own keys count over those that it merges."""
        return {**self.merged, **self.value} if self.merged else self.value

    def _merge(self, found: Any) -> None:
        parts = found if isinstance(found, list) else [found]
        for part in reversed(parts):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if not isinstance(part, dict):
                raise YAMLError("it has '<<' with what is no object.")
            self.merged.update(part)  # pyright: ignore[reportUnknownArgumentType]


class _Reading:
    """The value of a document, from its events."""

    def __init__(self, most: float) -> None:
        self.value: Any = None
        self._most = most
        self._count = 0
        self._documents = 0
        self._open: list[_Open] = []

    def take(self, event: Any) -> None:
        """Take the next event."""
        match event:
            case yaml.events.ScalarEvent():
                self._counted()
                found = _scalar(event)
                merges = found == "<<" and event.tag is None and event.implicit[0]
                self._put(_MERGE if merges else found)
            case yaml.events.SequenceStartEvent() | yaml.events.MappingStartEvent():
                self._counted()
                kind = "seq" if isinstance(event, yaml.events.SequenceStartEvent) else "map"
                if event.tag not in (None, "!", _TAG + kind):
                    raise _tagged(event.tag)
                if len(self._open) == DEEPEST:
                    raise YAMLError(f"it nests deeper than {DEEPEST} lists and objects. Send it flatter.")
                self._open.append(_Open([] if kind == "seq" else {}))
            case yaml.events.CollectionEndEvent():
                self._put(self._open.pop().ended())
            case yaml.events.AliasEvent():
                raise YAMLError("it has an alias (*name); write the value out.")
            case yaml.events.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise YAMLError("it has more than one document.")
            case _:
                pass

    def _counted(self) -> None:
        self._count += 1
        if self._count > self._most:
            raise YAMLError(f"it has more than {self._most:,} values and keys. Send less at once.")

    def _put(self, found: Any) -> None:
        if self._open:
            self._open[-1].put(found)
        else:
            self.value = "<<" if found is _MERGE else found


def _scalar(event: Any) -> Any:
    text: str = event.value
    tag: str | None = event.tag
    if tag is None:
        return _plain(text) if event.implicit[0] else text
    if tag in ("!", _TAG + "str"):
        return text
    found = _plain(text)
    kinds: dict[str, type] = {"null": type(None), "bool": bool, "int": int, "float": float}
    wanted = kinds.get(tag.removeprefix(_TAG))
    if wanted is None:
        raise _tagged(tag)
    if wanted is float and type(found) is int:
        return float(found)
    if type(found) is not wanted:
        raise YAMLError(f"it has {text[:80]!r} where its tag says {tag.removeprefix(_TAG)}.")
    return found


def _plain(text: str) -> Any:
    """Return what a text without quotes stands for."""
    if text in _NULLS:
        return None
    if (known := _BOOLS.get(text)) is not None:
        return known
    if text[0] not in "-+.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        return float(
            text.replace("_", "")
            .replace(".inf", "inf")
            .replace(".Inf", "inf")
            .replace(".INF", "inf")
            .replace(".nan", "nan")
            .replace(".NaN", "nan")
            .replace(".NAN", "nan")
        )
    return text


def _integer(text: str) -> int:
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.removeprefix("+"))
    for begin, base in (("0b", 2), ("0x", 16)):
        if digits.startswith(begin):
            return sign * int(digits[2:], base)
    return sign * int(digits, 8 if digits[0] == "0" and len(digits) > 1 else 10)


def _tagged(tag: str) -> Exception:
    return YAMLError(
        f"it has the tag {tag.replace(_TAG, '!!')[:80]}; only texts, numbers, lists and objects are read."
    )


class _Plain(_Dumper):
    """Writes values that are met twice twice: what reads them takes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say that nothing is to be an alias."""
        return True
