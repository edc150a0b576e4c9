"""Schemas: does a value fit a JSON Schema? For answers of people, arguments of tools and output of models.

A schema may come from a flow's author or from far away, so it is never fetched from elsewhere: a ``$ref`` to
another document is an error. Patterns are matched in linear time. Import this where it is needed: the
validator is a native library that a server without schemas does without.
"""

from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

import jsonschema_rs
import msgspec
from msgspec import Struct

__all__ = ["Misfit", "SchemaError", "check_schema", "misfit", "misfits"]

MAX_TOLD = 5
"""Faults that one sentence tells."""


class SchemaError(ValueError):
    """What is given as a JSON Schema is none; the message says where and why."""


class Misfit(Struct, frozen=True):
    """One place where a value does not fit a schema."""

    place: tuple[str | int, ...]
    rule: str
    """The keyword of the schema: ``type``, ``required``."""
    message: str


def check_schema(schema: Mapping[str, Any]) -> None:
    """Return if a schema can be used.

    Raises:
        SchemaError: it cannot.
    """
    _validator(_canonical(schema))


def misfit(schema: Mapping[str, Any], value: Any) -> str:
    """Return why a value does not fit a schema, as sentences with the places; empty where it fits.

    Draft 2020-12 where the schema does not name another. Formats are checked.

    Raises:
        SchemaError: the schema is none.
    """
    told: list[str] = []
    for error in _validator(_canonical(schema)).iter_errors(value):
        if len(told) == MAX_TOLD:
            told.append("…")
            break
        place = "".join(f"/{part}" for part in error.instance_path)
        told.append(f"{place or 'The value'}: {error.message[:300]}.")
    return " ".join(told)


def misfits(schema: Mapping[str, Any], value: Any) -> list[Misfit]:
    """Return the first places where a value does not fit a schema.

    Raises:
        SchemaError: the schema is none.
    """
    errors = islice(_validator(_canonical(schema)).iter_errors(value), 100)
    return [
        Misfit(tuple(error.instance_path), str((error.schema_path or [""])[-1]), error.message[:300])
        for error in errors
    ]


def _canonical(schema: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(schema, order="sorted")


@lru_cache(maxsize=256)
def _validator(schema: bytes) -> Any:
    try:
        return jsonschema_rs.validator_for(
            msgspec.json.decode(schema),
            validate_formats=True,
            retriever=_refuse,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        message = getattr(error, "message", None) or str(error)
        raise SchemaError(f"Expected a JSON Schema, found one that cannot be used: {message[:300]}") from None


def _refuse(uri: str) -> Any:
    raise ValueError(f"a schema may not refer to another document, as this does to {uri[:200]!r}")
