"""Shown values: what a code graph holds, as plain JSON for events, outputs and questions."""

import dataclasses
from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from typing import Any, cast

from pydantic import BaseModel

__all__ = ["shown"]

DEEPEST = 60


def shown(value: Any, depth: int = 0) -> Any:
    """Return a value as plain JSON; messages as LangChain shows them, what has no JSON as its text."""
    if value is None or (isinstance(value, (bool, int, float, str)) and not isinstance(value, Enum)):
        return value
    if depth > DEEPEST:
        return str(value)
    if isinstance(value, Enum):
        return shown(value.value, depth + 1)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", fallback=str)
    if isinstance(value, Mapping):
        items = cast("Mapping[Any, Any]", value)
        return {str(key): shown(item, depth + 1) for key, item in items.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [shown(item, depth + 1) for item in cast("list[Any]", value)]
    if isinstance(value, (date, time)):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: shown(getattr(value, field.name), depth + 1) for field in fields}
    return str(value)
