"""Cursors: what a page of a list gives as `next_cursor`, and what the next request sends back as `after`."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import Meta

from graphs.parsing.text import TextError, clean
from server.http.problems import Fault, Problem

__all__ = ["EXECUTIONS", "After", "TimeKey", "NumberKey", "TextKey", "next_cursor", "place_after"]

After = Annotated[
    str | None,
    QueryParameter(
        max_length=4000,
        description="Go on after the page before: its `next_cursor`. Not with a page or an offset.",
    ),
]
R = TypeVar("R")
EXECUTIONS = "executions"
"""The order of every list of executions: a cursor of one is good for the others."""
TimeKey = Annotated[float, Meta(ge=-1e15, le=1e15)]
NumberKey = Annotated[int, Meta(ge=0, le=2**62)]
TextKey = Annotated[str, Meta(max_length=1000)]


def next_cursor(
    order: str, rows: Sequence[R], limit: int, place: Callable[[R], tuple[Any, ...]]
) -> str | None:
    """Return where the next page begins; None where this one was not full.

    Args:
        order: Names the list and how it is sorted: a cursor is good for no other.
        rows: What the page has.
        limit: How many it may have.
        place: Gives the values that a row is sorted by.
    """
    if not rows or len(rows) < limit:
        return None
    return urlsafe_b64encode(msgspec.json.encode([order, *place(rows[-1])])).decode().rstrip("=")


def place_after(
    after: str | None, order: str, kinds: Sequence[Any], *, begins: bool = True
) -> tuple[Any, ...] | None:
    """Return the place that a cursor stands for; None without one.

    Args:
        after: What the request says.
        order: What `next_cursor` was given.
        kinds: What the values of a place are, in their order.
        begins: Whether the request names no page or offset beside it.

    Raises:
        Problem: 422 for a cursor of something else, or one beside a page.
    """
    if after is None:
        return None
    if not begins:
        sentence = "'after' says where to begin, and so do pages and offsets. Leave those out."
        raise Problem(422, "invalid", sentence, errors=[Fault(sentence, parameter="after")])
    try:
        found = msgspec.json.decode(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        named, *values = found if isinstance(found, list) else [None]
        if named == order and len(values) == len(kinds):
            place = [msgspec.convert(value, kind) for value, kind in zip(values, kinds, strict=True)]
            if all(clean(value) == value for value in place if isinstance(value, str)):
                return tuple(place)
    except (ValueError, TypeError, binascii.Error, msgspec.MsgspecError, TextError, RecursionError):
        pass
    sentence = "'after' takes the next_cursor of a page of this list in this order. Begin without one."
    raise Problem(422, "invalid", sentence, errors=[Fault(sentence, parameter="after")])
