"""State of code graphs as plain JSON: messages and a few standard types, and those that the operator allows.

What is no plain JSON becomes an object with the key ``__type``. The name in it is only a key of a table that
was made when the server started: stored bytes import nothing and call nothing else.
"""

import dataclasses
import importlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from langchain_core import messages as lc
from langgraph.checkpoint.serde.types import (
    _DeltaSnapshot as DeltaSnapshot,  # pyright: ignore[reportPrivateUsage]: the only name it has
)
from langgraph.types import Interrupt, Overwrite, Send
from pydantic import BaseModel

__all__ = ["StoredValues", "UnstorableError", "type_name"]

MARK = "__type"
MESSAGES: Mapping[str, type[lc.BaseMessage]] = {
    kind.__name__: kind
    for kind in (
        lc.AIMessage,
        lc.AIMessageChunk,
        lc.ChatMessage,
        lc.FunctionMessage,
        lc.HumanMessage,
        lc.HumanMessageChunk,
        lc.RemoveMessage,
        lc.SystemMessage,
        lc.ToolMessage,
    )
}
STANDARD: Mapping[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    datetime: (datetime.isoformat, datetime.fromisoformat),
    date: (date.isoformat, date.fromisoformat),
    time: (time.isoformat, time.fromisoformat),
    timedelta: (timedelta.total_seconds, lambda seconds: timedelta(seconds=seconds)),
    UUID: (str, UUID),
    Decimal: (str, Decimal),
}
PLAIN = (str, int, float, bool, bytes, type(None))


class UnstorableError(TypeError):
    """A value is of a type that state may not hold."""


def type_name(kind: type) -> str:
    """Return what the setting calls a type: ``module:Class``."""
    return f"{kind.__module__}:{kind.__qualname__}"


class StoredValues:
    """Makes state plain, and back."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        """Import the types that the operator allows, each as ``module:Class``.

        Raises:
            ValueError: one cannot be imported, or is no pydantic model, dataclass or enum.
        """
        self.allowed: dict[str, type] = {}
        for name in allowed:
            kind = _imported(name)
            self.allowed[type_name(kind)] = kind

    def holds(self, kind: type) -> bool:
        """Say whether values of a class may be stored."""
        if issubclass(kind, Enum):
            return type_name(kind) in self.allowed
        return (
            issubclass(kind, (*PLAIN, dict, list, tuple, set, frozenset, lc.BaseMessage))
            or kind in STANDARD
            or kind in (Send, Interrupt)
            or type_name(kind) in self.allowed
        )

    def plain(self, value: Any) -> Any:
        """Return a value as it is stored.

        Raises:
            UnstorableError: it, or one in it, is of a type that may not be stored.
        """
        kind = cast("type[Any]", type(value))
        if kind in PLAIN:
            return value
        if kind is dict:
            items = cast("dict[Any, Any]", value)
            made = {key: self.plain(item) for key, item in items.items()}
            return made if MARK not in made else {MARK: "dict", "value": [[*pair] for pair in made.items()]}
        if kind is list:
            return [self.plain(item) for item in value]
        if kind in (tuple, set, frozenset):
            return {MARK: kind.__name__, "value": [self.plain(item) for item in value]}
        if kind is Send:
            more = {} if value.timeout is None else {"timeout": value.timeout}
            return Send(value.node, self.plain(value.arg), **more)
        if kind in (Interrupt, Overwrite):
            return dataclasses.replace(value, value=self.plain(value.value))
        if kind is DeltaSnapshot:
            return DeltaSnapshot(self.plain(value.value))
        if isinstance(value, BaseException):
            return value
        if kind in STANDARD:
            return {MARK: kind.__name__, "value": STANDARD[kind][0](value)}
        if MESSAGES.get(kind.__name__) is kind:
            return {MARK: kind.__name__, "value": self.plain(value.model_dump())}
        return self._own(value, kind)

    def _own(self, value: Any, kind: type) -> Any:
        name = type_name(kind)
        if name not in self.allowed:
            raise UnstorableError(
                f"a value of {name}, which is no plain JSON. Store plain values, or add '{name}' to "
                "AGENTICRAG_CODE_GRAPH_TYPES"
            )
        if isinstance(value, Enum):
            return {MARK: name, "value": self.plain(value.value)}
        if isinstance(value, BaseModel):
            fields = {key: getattr(value, key) for key in type(value).model_fields}
        else:
            fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return {MARK: name, "value": self.plain(fields)}

    def revived(self, stored: Any) -> Any:
        """Return the value of what is stored.

        Raises:
            UnstorableError: it names a type that may not be stored any more.
        """
        kind = cast("type[Any]", type(stored))
        if kind is list:
            return [self.revived(item) for item in stored]
        if kind is Send:
            more = {} if stored.timeout is None else {"timeout": stored.timeout}
            return Send(stored.node, self.revived(stored.arg), **more)
        if kind in (Interrupt, Overwrite):
            return dataclasses.replace(stored, value=self.revived(stored.value))
        if kind is DeltaSnapshot:
            return DeltaSnapshot(self.revived(stored.value))
        if kind is not dict:
            return stored
        items = cast("dict[Any, Any]", stored)
        if MARK not in items:
            return {key: self.revived(item) for key, item in items.items()}
        return self._made(items[MARK], items["value"])

    def _made(self, name: str, value: Any) -> Any:
        if name == "dict":
            return {key: self.revived(item) for key, item in value}
        inner = self.revived(value)
        if name in ("tuple", "set", "frozenset"):
            return {"tuple": tuple, "set": set, "frozenset": frozenset}[name](inner)
        if name in MESSAGES:
            return MESSAGES[name].model_validate(inner)
        for kind, (_, made) in STANDARD.items():
            if kind.__name__ == name:
                return made(inner)
        own: Any = self.allowed.get(name)
        if own is None:
            raise UnstorableError(f"Stored state holds {name}, which AGENTICRAG_CODE_GRAPH_TYPES lacks now.")
        if issubclass(own, Enum):
            return own(inner)
        return own.model_validate(inner) if issubclass(own, BaseModel) else own(**inner)


def _imported(name: str) -> type:
    module, _, path = name.partition(":")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        raise ValueError(
            f"AGENTICRAG_CODE_GRAPH_TYPES names '{name}', which cannot be imported: {error}."
        ) from error
    if not isinstance(found, type) or not (
        issubclass(found, (BaseModel, Enum)) or dataclasses.is_dataclass(found)
    ):
        raise ValueError(
            f"AGENTICRAG_CODE_GRAPH_TYPES takes pydantic models, dataclasses and enums; '{name}' is none."
        )
    return found
