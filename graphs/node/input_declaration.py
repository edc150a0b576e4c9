"""Input declarations: the fields that a run is started with, and whether values fit them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, cast

from msgspec import Meta, Struct

from graphs.conversation.files import FileRef
from graphs.parsing.numbers import is_number, kind, whole
from graphs.parsing.text import as_text

__all__ = ["FILES", "TEXTS", "Input", "InputFault", "InputType", "complete", "input_faults"]

InputType = Literal[
    "string",
    "number",
    "integer",
    "boolean",
    "object",
    "array",
    "text",
    "paragraph",
    "select",
    "date",
    "file",
    "files",
    "json",
]
"""What a value is, in JSON or for a form:

- ``string`` and ``paragraph``: text; ``text``: text of one line
- ``select``: one of the choices
- ``date``: text such as ``2026-01-31``
- ``file`` and ``files``: what was uploaded; a run reads it as `graphs.conversation.files.FileRef` in JSON
- ``json``: any JSON value
"""

FILES: frozenset[str] = frozenset({"file", "files"})
TEXTS: frozenset[str] = frozenset({"string", "text", "paragraph", "select", "date", "json"})
"""Types that a text can fit."""

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "text": (str,),
    "paragraph": (str,),
    "date": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "file": (dict,),
    "files": (list,),
}
_MEASURED: Mapping[str, str] = {
    "string": "characters",
    "text": "characters",
    "paragraph": "characters",
    "array": "items",
    "files": "files",
}
"""Types that have a length, and in what it is counted."""


_SHORT = frozenset({"date", "text", "number", "integer", "boolean"})
"""Types whose values are so short that one which does not fit is shown."""
_SCHEMAS: Mapping[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "paragraph": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "select": {},
    "json": {},
    "file": {"type": "object"},
    "files": {"type": "array", "items": {"type": "object"}},
}
"""JSON Schemas of the types that JSON has not."""


class Input(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An input that a run takes."""

    name: Annotated[str, Meta(pattern=r"^[^\W\d]\w*$", max_length=64, description="Read as `input.<name>`.")]
    type: Annotated[
        InputType,
        Meta(
            description="What the value is: `string`, `text` (one line), `paragraph`, `number`, `integer`, "
            "`boolean`, `select` (one of `choices`), `date` (`2026-01-31`), `file`, `files`, `object`, "
            "`array`, or `json` (any value)."
        ),
    ] = "string"
    description: Annotated[str, Meta(description="Description for users.")] = ""
    required: Annotated[bool, Meta(description="Whether a run without it is rejected.")] = False
    default: Annotated[Any, Meta(description="Value if it is missing. Null: none.")] = None
    choices: Annotated[list[Any], Meta(description="Allowed values. Empty: any.")] = []
    max_length: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(
            description="Maximum number of characters of a text, of items of an array, or of files. Null: "
            "no limit of its own."
        ),
    ] = None
    public: Annotated[
        bool, Meta(description="Whether visitors of an embedded chat, whom nobody knows, can set it.")
    ] = False

    def __post_init__(self) -> None:
        """Refuse a declaration that no value could fit, and a default that the input would not take."""
        if self.type == "select" and not self.choices:
            raise ValueError("choices: a 'select' needs at least one")
        if self.max_length is not None and self.type not in _MEASURED:
            raise ValueError(f"max_length: only {', '.join(_MEASURED)} have a length")
        if self.type in FILES and (self.default is not None or self.choices):
            raise ValueError("default: a file can have neither a default nor choices")
        if self.default is not None and (problem := self.problem(self.default)):
            raise ValueError(f"default: {problem}")

    def schema(self) -> dict[str, Any]:
        """Return a JSON Schema of its values."""
        found: dict[str, Any] = {**_SCHEMAS.get(self.type, {"type": self.type})}
        if self.max_length is not None:
            found["maxLength" if _MEASURED[self.type] == "characters" else "maxItems"] = self.max_length
        if self.description:
            found["description"] = self.description
        if self.choices:
            found["enum"] = self.choices
        if self.default is not None:
            found["default"] = self.default
        return found

    def problem(self, value: Any) -> str:
        """Return why it does not take this value, a sentence; empty where it does."""
        if not self._fits(value):
            expected = {"date": "a date such as 2026-01-31", "text": "text of one line"}.get(
                self.type, self.type
            )
            found = kind(value)
            if self.type in _SHORT and (isinstance(value, str) or is_number(value)):
                found = repr(value[:40]) if isinstance(value, str) else as_text(value)
            return f"Input '{self.name}' takes {expected}, found {found}."
        if self.choices and value not in self.choices:
            choices = ", ".join(str(choice)[:40] for choice in self.choices[:20])
            return f"Input '{self.name}' takes one of {choices}; found {str(value)[:40]!r}."
        if self.max_length is not None and len(value) > self.max_length:
            return (
                f"Input '{self.name}' takes {self.max_length:,} {_MEASURED[self.type]} at most, found "
                f"{len(value):,}."
            )
        return ""

    def shaped(self, value: Any) -> Any:
        """Return a value that fits as nodes read it."""
        return whole(value) if self.type == "integer" else value

    def _fits(self, value: Any) -> bool:
        kinds = _KINDS.get(self.type)
        if kinds is None:
            return True
        if not isinstance(value, kinds) or (self.type == "boolean") != isinstance(value, bool):
            return False
        match self.type:
            case "integer":
                return whole(value) is not None
            case "number":
                return is_number(value)
            case "text":
                return len(value.splitlines()) < 2
            case "date":
                return _is_date(value)
            case "file":
                return _is_file(value)
            case "files":
                return all(_is_file(one) for one in value)
            case _:
                return True


class InputFault(Struct, frozen=True):
    """What is wrong with one of the inputs that a run is given."""

    name: str
    code: Literal["unknown_input", "missing_input", "bad_input"]
    message: str


def input_faults(declared: Sequence[Input], given: Mapping[str, Any]) -> list[InputFault]:
    """Return all that is wrong with a run's inputs. The ``message`` of a chat needs no declaration."""
    named = {entry.name: entry for entry in declared}
    faults = [
        InputFault(
            name,
            "unknown_input",
            f"There is no input {name[:80]!r}; this flow takes {', '.join(named) or 'none'}.",
        )
        for name in given
        if name not in named and name != "message"
    ]
    for name, entry in named.items():
        value = given.get(name)
        if value is None and entry.required and entry.default is None:
            faults.append(
                InputFault(name, "missing_input", f"Input '{name}' is missing; this flow requires it.")
            )
        elif value is not None and (problem := entry.problem(value)):
            faults.append(InputFault(name, "bad_input", problem))
    return faults


def complete(declared: Sequence[Input], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs without faults as nodes read them, with defaults filled in."""
    completed = dict(given)
    for entry in declared:
        value = completed.get(entry.name)
        completed[entry.name] = entry.default if value is None else entry.shaped(value)
    return completed


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and cast("dict[str, Any]", value).keys() >= {*FileRef.__struct_fields__}
