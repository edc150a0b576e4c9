"""Models from JSON and back: fields that are new are passed over, words that are new stay as they are."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
import os
import sys
import typing
import uuid
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Type, TypeVar, Union, cast, overload

from .config import UNSET
from .problems import APIResponseValidationError

__all__ = ["UnexpectedAnswer", "decode", "encode"]

T = TypeVar("T")
UnexpectedAnswer = APIResponseValidationError
"""Its name until 1.0."""


@overload
def decode(kind: Type[T], value: Any) -> T: ...
@overload
def decode(kind: Any, value: Any) -> Any: ...
def decode(kind: Any, value: Any) -> Any:
    """Return plain JSON as a value of a kind: a model, or what `typing` makes of models.

    Raises:
        APIResponseValidationError: a field is missing that a model requires, or an object is none.
    """
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _model(kind, value)
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin is Union:
        return None if value is None else _one_of(arguments, value)
    if origin is list and isinstance(value, list):
        return [decode(arguments[0], each) for each in cast("List[object]", value)]
    if origin is dict and isinstance(value, dict):
        items = cast("Dict[str, object]", value)
        return {key: decode(arguments[1], each) for key, each in items.items()}
    return value


def encode(value: Any) -> Any:
    """Return a value as plain JSON, without what is unset."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        sent: Dict[str, Any] = {}
        for each in dataclasses.fields(value):
            found = getattr(value, each.name)
            if found is not UNSET:
                sent[each.metadata.get("name", each.name)] = encode(found)
        return sent
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value)
        return {str(key): encode(each) for key, each in pairs.items() if each is not UNSET}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [encode(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, (uuid.UUID, os.PathLike)):
        return str(cast("object", value))
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return encode(value.value) if isinstance(value, enum.Enum) else value


@functools.lru_cache(maxsize=None)
def _hints(kind: type) -> Dict[str, Any]:
    return typing.get_type_hints(kind, vars(sys.modules[kind.__module__]))


@functools.lru_cache(maxsize=None)
def _fields(kind: Any) -> Tuple[Tuple[str, str, bool, Any], ...]:
    """Return attribute, name on the wire, whether it is required, and kind of each field."""
    hints = _hints(kind)
    return tuple(
        (
            each.name,
            each.metadata.get("name", each.name),
            each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING,
            hints[each.name],
        )
        for each in dataclasses.fields(kind)
    )


def _model(kind: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        raise APIResponseValidationError(f"Expected {kind.__name__}, an object; found {type(value).__name__}.")
    found = cast("Dict[str, object]", value)
    given: Dict[str, Any] = {}
    for attribute, name, required, hint in _fields(kind):
        if name in found:
            given[attribute] = decode(hint, found[name])
        elif required:
            raise APIResponseValidationError(f"{kind.__name__} lacks '{name}'; is the server of another version?")
    return kind(**given)


def _one_of(members: Tuple[Any, ...], value: Any) -> Any:
    """Return the value as the first member that it fits; as it is where it fits none."""
    for member in members:
        if _fits(member, value):
            return decode(member, value)
    return value


def _fits(member: Any, value: Any) -> bool:
    if dataclasses.is_dataclass(member):
        return isinstance(value, dict) and _fits_model(member, cast("Dict[str, object]", value))
    origin: Optional[Any] = typing.get_origin(member)
    if origin is Union:
        return any(_fits(each, value) for each in typing.get_args(member))
    return origin in (list, dict) and isinstance(value, origin)


def _fits_model(member: Any, value: Dict[str, object]) -> bool:
    """Return whether all that it requires is there and its constants are as they should be."""
    for _, name, required, hint in _fields(member):
        if required and name not in value:
            return False
        constants = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else ()
        if len(constants) == 1 and value.get(name, constants[0]) != constants[0]:
            return False
    return True
