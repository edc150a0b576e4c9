"""Large values in the database: stored once, read with what refers to them, dropped with the last reference.

A value is written in the transaction of what refers to it, before that. Whoever writes a reference holds the
value's row locked until the end of the transaction; whoever drops values passes over rows that are locked,
and looks at the references again once it has a row to itself. So none is dropped that somebody refers to,
whatever several servers do at once.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, delete, exists, literal_column, select

from persistence.storage.dialects.upsert import insert_into
from persistence.storage.heavy_work import in_thread
from persistence.storage.tables.large_values import checkpoint_values, large_values, run_values
from persistence.storage.value_references import MARK, Kept, from_text, names_in, restored

__all__ = ["Finder", "bodies_of", "drop_unreferred", "hold", "release", "unreferred", "whole"]

STEP = 200
"""Values that one statement names: SQLite takes so many parameters, and no more."""
unreferred = (
    ~exists(select(run_values.c.value_id).where(run_values.c.value_id == large_values.c.id)),
    ~exists(select(checkpoint_values.c.value_id).where(checkpoint_values.c.value_id == large_values.c.id)),
)
"""The conditions that nobody refers to a value."""


def hold(connection: Connection, kept: Kept, table: Table, owner: Mapping[str, Any]) -> int:
    """Write what was split off, as far as it is not there yet, and that `owner` refers to it.

    Returns the bytes that were written.

    Args:
        connection: Of the transaction that writes what refers to the values.
        kept: The values.
        table: `run_values` or `checkpoint_values`.
        owner: The columns that name who refers to them.
    """
    dialect, names = connection.dialect.name, sorted(kept.values)
    there: set[str] = set()
    for part in _parts(names):
        # Locked: nobody drops them before we are done.
        rows_of = select(large_values.c.id).where(large_values.c.id.in_(part)).order_by(large_values.c.id)
        there.update(connection.scalars(rows_of.with_for_update(read=True, key_share=True)))
    now = time.time()
    wanted = [name for name in names if name not in there]
    large = [kept.values[name] for name in wanted]
    bodies = in_thread(connection, large, lambda: [(name, kept.body(name)) for name in wanted])
    rows = [
        {"id": name, "workspace": kept.workspace, "created_at": now, "body": body} for name, body in bodies
    ]
    if rows:
        # Not DO NOTHING: it would leave alone a row that somebody else is about to drop.
        put = insert_into(dialect, large_values)
        put = put.on_conflict_do_update(
            index_elements=["id"],
            set_={"created_at": put.excluded.created_at},
            where=literal_column("1") == literal_column("0"),
        )
        for row in rows:
            connection.execute(put, row)
    refer = insert_into(dialect, table).on_conflict_do_nothing()
    if names:
        connection.execute(refer, [{**owner, "value_id": name} for name in names])
    return sum(len(body) for _, body in bodies)


def release(connection: Connection, table: Table, *where: Any) -> None:
    """Take references away, and drop the values that were referred to by them alone.

    Args:
        connection: Of the transaction that deletes what referred to them.
        table: `run_values` or `checkpoint_values`.
        where: Which references.
    """
    names = connection.scalars(select(table.c.value_id).distinct().where(*where)).all()
    if not names:
        return
    connection.execute(delete(table).where(*where))
    _drop(connection, names)


def drop_unreferred(connection: Connection, limit: int) -> int:
    """Drop values that nobody refers to, at most so many, and return how many there were.

    They are left where a reference went with its execution's row, and where two who held a value let go of it
    at the same moment.
    """
    names = connection.scalars(select(large_values.c.id).where(*unreferred).limit(limit)).all()
    _drop(connection, names)
    return len(names)


def bodies_of(connection: Connection, names: Iterable[str]) -> dict[str, bytes]:
    """Return values' bytes by name, with all that they refer to; those that are not stored are left out."""
    found: dict[str, bytes] = {}
    wanted = set(names)
    while wanted:
        fresh: dict[str, bytes] = {}
        for part in _parts(sorted(wanted)):
            statement = select(large_values.c.id, large_values.c.body)
            rows = connection.execute(statement.where(large_values.c.id.in_(part)))
            fresh |= {name: body for name, body in rows}  # noqa: C416 (a row is no pair to the type checker)
        found |= fresh
        wanted = {name for body in fresh.values() for name in names_in(body)} - found.keys()
    return found


class Finder:
    """Gives values by name, each read once; for `from_text`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._found: dict[str, Any] = {}

    def __call__(self, name: str) -> Any:
        """Return a value.

        Raises:
            ValueMissing: it is not stored.
        """
        if name not in self._found:
            self._found[name] = restored(name, bodies_of(self._connection, [name]))
        return self._found[name]


def whole(connection: Connection, stored: bytes) -> bytes:
    """Return JSON without references of JSON that may have some.

    Raises:
        ValueMissing: a value that it refers to is not stored.
    """
    return msgspec.json.encode(from_text(stored, Finder(connection))) if stored[:1] == MARK else stored


def _drop(connection: Connection, names: Sequence[str]) -> None:
    for part in _parts(names):
        free = connection.scalars(
            select(large_values.c.id)
            .where(large_values.c.id.in_(part), *unreferred)
            .with_for_update(skip_locked=True)
        ).all()
        if free:  # they are ours: who refers to them from now on waits for us and writes them anew
            connection.execute(delete(large_values).where(large_values.c.id.in_(free), *unreferred))


def _parts(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[start : start + STEP] for start in range(0, len(names), STEP))
