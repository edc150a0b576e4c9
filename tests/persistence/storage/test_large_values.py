"""Large values: split off and put back, and none dropped that somebody refers to, whatever goes on beside."""

import asyncio
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from persistence.checkpoints.serializer import Serializer
from persistence.storage.database import Database, open_database
from persistence.storage.large_values import bodies_of, drop_unreferred, hold, release
from persistence.storage.tables.large_values import checkpoint_values, large_values
from persistence.storage.value_references import (
    Kept,
    ValueMissing,
    from_text,
    references,
    restored,
    to_text,
)

MOST = 64
TEXTS = st.text(max_size=12) | st.text(alphabet="aü\x01", min_size=40, max_size=200)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=30), inner, max_size=6),
    max_leaves=40,
)


@settings(max_examples=150, deadline=None, database=None)
@given(value=VALUES, whole=st.booleans())
def test_any_value_comes_back_as_it_was(value: Any, whole: bool) -> None:
    kept = Kept("w", MOST)
    text = to_text(kept.split(value, whole=whole))
    bodies = {name: kept.body(name) for name in kept.values}
    assert from_text(text, lambda name: restored(name, bodies)) == value
    assert references(text) <= kept.values.keys()
    serializer = Serializer()
    keep = serializer.keep("w", MOST)
    stored = serializer.dumps_typed(value, keep, whole=whole)
    bodies = {name: keep.body(name) for name in keep.values}
    assert serializer.loads_typed(stored, bodies) == value
    again = serializer.keep("w", MOST, keep.seen)
    assert serializer.dumps_typed(value, again, whole=whole) == stored
    assert {name: again.body(name) for name in again.values} == bodies


def test_the_same_value_has_one_name_in_its_workspace_and_another_elsewhere() -> None:
    value = {"rows": [{"n": number} for number in range(100)], "text": "x" * 1000}
    names: list[set[str]] = []
    for workspace in ("a", "a", "b"):
        kept = Kept(workspace, MOST)
        kept.split([value, value])
        names.append({*kept.values})
    assert names[0] == names[1]
    assert not names[0] & names[2]
    with pytest.raises(ValueMissing):
        restored(next(iter(names[0])), {})


async def test_no_value_is_dropped_that_somebody_refers_to(database: Database, database_url: str) -> None:
    """Owners of two values come and go over two servers, at the same moment."""
    chance = random.Random(16)
    kept = Kept("w", MOST)
    kept.split(["a" * 1000, "b" * 1000])
    async with open_database(database_url) as other:

        def come(number: int, connection: Connection) -> None:
            owner = {"thread_id": f"t{number}", "checkpoint_ns": "", "checkpoint_id": "c"}
            hold(connection, kept, checkpoint_values, owner)

        def go(number: int, connection: Connection) -> None:
            release(connection, checkpoint_values, checkpoint_values.c.thread_id == f"t{number}")

        async def live(number: int) -> None:
            for _ in range(12):
                await chance.choice((database, other)).write(lambda connection: come(number, connection))
                there = await database.read(
                    lambda connection: (
                        connection.scalars(select(checkpoint_values.c.value_id).distinct()).all(),
                        bodies_of(connection, kept.values),
                    )
                )
                assert there[1] == {name: kept.body(name) for name in kept.values}
                assert {*there[0]} == kept.values.keys()
                await chance.choice((database, other)).write(lambda connection: go(number, connection))
                await chance.choice((database, other)).write(lambda c: drop_unreferred(c, 10))

        await asyncio.gather(*(live(number) for number in range(4)))
        await database.write(lambda connection: drop_unreferred(connection, 10))
        left = await database.read(lambda connection: connection.scalars(select(large_values.c.id)).all())
        assert left == []
