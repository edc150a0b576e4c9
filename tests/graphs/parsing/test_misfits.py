"""Misfits: everything that does not fit is told, each with its place."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from graphs.parsing.schema_mismatches import MOST, misfits


class Cat(Struct, tag="cat", tag_field="kind", forbid_unknown_fields=True):
    lives: Annotated[int, Meta(ge=1, le=9)]


class Dog(Struct, tag="dog", tag_field="kind", forbid_unknown_fields=True):
    name: str
    friends: list["Cat | Dog"] = []


class Home(Struct, forbid_unknown_fields=True):
    owner: str
    pets: Annotated[list[Cat | Dog], Meta(max_length=3)] = []
    notes: dict[str, Annotated[str, Meta(max_length=5)]] | None = None
    size: Literal["small", "large"] = "small"


@pytest.mark.parametrize(
    ("given", "places"),
    [
        ({"owner": "Ada"}, []),
        ({}, ["/owner"]),
        ([], [""]),
        ({"owner": 1, "pest": [], "size": "huge"}, ["/owner", "/size", "/pest"]),
        ({"owner": "Ada", "notes": {"a/b": "short", "c~d": "longer", "e": 1}}, ["/notes/c~0d", "/notes/e"]),
        (
            {"owner": "Ada", "pets": [{"kind": "cat", "lives": 12}, {"kind": "dog"}, {"kind": "cow"}]},
            ["/pets/0/lives", "/pets/1/name", "/pets/2/kind"],
        ),
        ({"owner": "Ada", "pets": [{"kind": "cat", "lives": 1}] * 4}, ["/pets"]),
        (
            {"owner": "Ada", "pets": [{"kind": "dog", "name": "x", "friends": [{"kind": "cat"}, 7]}]},
            ["/pets/0/friends/0/lives", "/pets/0/friends/1"],
        ),
    ],
)
def test_everything_is_told_where_it_is(given: Any, places: list[str]) -> None:
    found = misfits(given, Home)
    assert [one.pointer for one in found] == places
    assert bool(found) == (not _fits(given))


def test_very_many_are_cut() -> None:
    assert len(misfits({"owner": "Ada", "pets": [7] * 5_000}, Home)) == MOST


def _fits(value: Any) -> bool:
    try:
        msgspec.convert(value, Home)
    except msgspec.ValidationError:
        return False
    return True
