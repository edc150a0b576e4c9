"""Wanted versions: how a flow names the version of another one that it calls."""

from typing import Annotated

from msgspec import Meta

__all__ = ["WantedVersion"]

WantedVersion = (
    Annotated[int, Meta(ge=1)]
    | Annotated[str, Meta(pattern=r"^(?!draft$|current$)[a-z][a-z0-9_-]*$(?!\n)", max_length=64)]
)
"""A number, or a label such as ``production``, which is looked up when a run begins."""
