"""The models, imported when the first of them is needed: making their classes takes longer than all else here."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from . import models

    return getattr(models, name)
