"""State as bytes: plain JSON and the few types of LangGraph's own that it stores, nothing else, both ways.

The bytes are those of LangGraph's `JsonPlusSerializer`. Reading differs: that one imports and calls what the
bytes name if it is on a list, and hands out the raw payload if it is not; here a name is only a key of the
table below, and anything else is refused. Writing refuses what reading would.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import ormsgpack
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import (
    _DeltaSnapshot as DeltaSnapshot,  # pyright: ignore[reportPrivateUsage]: the only name it has
)
from langgraph.types import Interrupt, Overwrite, Send, TimeoutPolicy

from persistence.storage.errors import CheckpointUnreadable
from persistence.storage.value_references import REFERENCE, Kept, Reference, Seen, ValueMissing, restored

__all__ = ["Serializer", "has_snapshot"]

ONE, POSITIONAL, NAMED, SNAPSHOT = 0, 1, 2, 7
"""Extension codes of LangGraph's format: (module, name, argument | arguments | fields); a delta snapshot."""

OPTIONS = (
    ormsgpack.OPT_NON_STR_KEYS
    | ormsgpack.OPT_PASSTHROUGH_DATACLASS
    | ormsgpack.OPT_PASSTHROUGH_DATETIME
    | ormsgpack.OPT_PASSTHROUGH_ENUM
    | ormsgpack.OPT_PASSTHROUGH_UUID
    | ormsgpack.OPT_REPLACE_SURROGATES
)


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _sent(send: Send) -> tuple[Any, ...]:
    return (send.node, send.arg) if send.timeout is None else (send.node, send.arg, send.timeout)


TYPES: Mapping[type, tuple[int, Callable[[Any], Any], Callable[[Any], Any]]] = {
    set: (ONE, tuple, set),
    frozenset: (ONE, tuple, frozenset),
    Send: (POSITIONAL, _sent, lambda sent: Send(*sent[:2], **({"timeout": sent[2]} if sent[2:] else {}))),
    Interrupt: (NAMED, _fields, lambda given: Interrupt(**given)),
    Overwrite: (NAMED, _fields, lambda given: Overwrite(**given)),
    TimeoutPolicy: (NAMED, _fields, lambda given: TimeoutPolicy(**given)),
}
"""Type → extension code, its payload, and the way back."""

BY_NAME = {(code, type_.__module__, type_.__name__): revive for type_, (code, _, revive) in TYPES.items()}


class Serializer(JsonPlusSerializer):
    """LangGraph's serializer with a closed list of types, no pickle and no imports."""

    def __init__(self) -> None:
        super().__init__(
            pickle_fallback=False,
            allowed_msgpack_modules=[(type_.__module__, type_.__name__) for type_ in TYPES],
            __unpack_ext_hook__=lambda code, stored: _revive(code, stored, {}),
        )

    def dumps_typed(self, obj: Any, kept: Kept | None = None, *, whole: bool = False) -> tuple[str, bytes]:
        """Return the type's word and the bytes. What is large goes to `kept`, with references in its place;
        with `whole` the value itself does not, however large it is.

        Raises:
            TypeError: the value, or one in it, is not of a type that state may hold.
        """
        match obj:
            case None:
                return "null", b""
            case bytes():
                return "bytes", obj
            case _:
                return "msgpack", _encode(obj, kept, whole=whole)

    def keep(self, workspace: str, most: int, seen: Seen | None = None) -> Kept:
        """Return what takes large values of a workspace, `seen` before or not; see `dumps_typed`."""
        return Kept(workspace, most, lambda part: _extended(part, None), seen)

    def loads_typed(self, data: tuple[str, bytes], bodies: Mapping[str, bytes] | None = None) -> Any:
        """Return the value. `bodies` has the bytes of the large values that it refers to, by name.

        Raises:
            CheckpointUnreadable: the bytes are broken, name something that is not on the list, or refer to a
                value that is not there.
        """
        word, stored = data
        match word:
            case "null":
                return None
            case "bytes":
                return stored
            case "msgpack":
                return _decode(stored, bodies or {})
            case _:
                raise CheckpointUnreadable(
                    f"Stored state is of type {word!r}; this program writes 'msgpack', 'bytes' and 'null'."
                )


def has_snapshot(values: Mapping[str, Any]) -> bool:
    """Say whether a checkpoint has a delta channel stored whole."""
    return DeltaSnapshot in map(type, values.values())


def _encode(value: Any, kept: Kept | None = None, *, whole: bool = False) -> bytes:
    refused: list[TypeError] = []  # the encoder forgets why a hook raised

    def extend(part: Any) -> Any:
        try:
            return kept.extended(part) if isinstance(part, Reference) and kept else _extended(part, kept)
        except TypeError as error:
            refused.append(error)
            raise

    try:
        if kept is not None and kept.seen:  # then it has large values, and they are known
            value = kept.split(value, whole=whole)
        stored = ormsgpack.packb(value, default=extend, option=OPTIONS)
        if kept is not None and kept.is_large(len(stored)):
            small = kept.split(value, whole=whole)
            if small is not value:
                stored = ormsgpack.packb(small, default=extend, option=OPTIONS)
        return stored
    except TypeError as error:
        raise refused[0] if refused else TypeError(f"State cannot be stored: {error}.") from error


def _extended(value: Any, kept: Kept | None) -> Any:
    if isinstance(value, DeltaSnapshot):
        return ormsgpack.Ext(SNAPSHOT, _encode(value.value, kept))
    if isinstance(value, BaseException):  # what a failed task leaves behind
        return repr(value)
    kind = type(value)
    if kind not in TYPES:
        raise TypeError(f"State holds plain JSON only, not {kind.__module__}.{kind.__qualname__}.")
    code, payload, _ = TYPES[kind]
    return ormsgpack.Ext(code, _encode((kind.__module__, kind.__name__, payload(value)), kept, whole=True))


def _decode(stored: bytes, bodies: Mapping[str, bytes]) -> Any:
    refused: list[CheckpointUnreadable] = []

    def revive(code: int, payload: bytes) -> Any:
        try:
            return _revive(code, payload, bodies)
        except CheckpointUnreadable as error:
            refused.append(error)
            raise

    try:
        return ormsgpack.unpackb(stored, ext_hook=revive, option=ormsgpack.OPT_NON_STR_KEYS)
    except (ValueError, TypeError) as error:
        raise refused[0] if refused else CheckpointUnreadable(f"Stored state is broken: {error}.") from error


def _revive(code: int, stored: bytes, bodies: Mapping[str, bytes]) -> Any:
    if code == REFERENCE:
        try:
            return restored(stored.hex(), bodies, lambda code, part: _revive(code, part, bodies))
        except (ValueMissing, ValueError) as error:
            raise CheckpointUnreadable(
                f"Stored state refers to a value that cannot be read: {error}"
            ) from error
    if code == SNAPSHOT:
        return DeltaSnapshot(_decode(stored, bodies))
    match _decode(stored, bodies):
        case [str(module), str(name), payload] if (code, module, name) in BY_NAME:
            try:
                return BY_NAME[code, module, name](payload)
            except (TypeError, LookupError) as error:
                raise CheckpointUnreadable(
                    f"Stored state holds a broken {module}.{name}: {error}."
                ) from error
        case [str(module), str(name), *_]:
            raise CheckpointUnreadable(
                f"Stored state names {module}.{name} (form {code}), which it may not hold."
            )
        case _:
            raise CheckpointUnreadable(f"Stored state holds an extension of form {code} without a name.")
