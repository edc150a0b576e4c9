"""Large values, looked through: whether all that is referred to is there, and what nobody refers to."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, select, tuple_

from persistence.journal.stored_events import unpack
from persistence.recorded_calls.stored_results import unpack_result
from persistence.storage.large_values import unreferred
from persistence.storage.tables.checkpoints import checkpoint_writes, checkpoints
from persistence.storage.tables.large_values import checkpoint_values, large_values, run_values
from persistence.storage.tables.runs import calls, executions, journal
from persistence.storage.value_references import REFERENCE, names_in, references

__all__ = ["Place", "checkpoints_that_lack", "count_unreferred", "runs_that_lack", "some_checkpoints"]

Place = tuple[str, str, str]
"""Thread, namespace and checkpoint."""
STEP = 100
"""Checkpoints that are read at once."""


def runs_that_lack(connection: Connection, ids: list[str]) -> Iterator[str]:
    """Yield those of the executions that refer to a value without holding it."""
    held: dict[str, set[str]] = {id: set() for id in ids}
    v = run_values.c
    for id, name in connection.execute(select(v.execution_id, v.value_id).where(v.execution_id.in_(ids))):
        held[id].add(name)
    referred: dict[str, set[str]] = {id: set() for id in ids}
    bodies = select(journal.c.execution_id, journal.c.body).where(journal.c.execution_id.in_(ids))
    for id, body in connection.execute(bodies):
        unpack(body, referred[id].add)
    outputs = select(executions.c.id, executions.c.output).where(executions.c.id.in_(ids))
    results = select(calls.c.execution_id, calls.c.result).where(calls.c.execution_id.in_(ids))
    for id, output in connection.execute(outputs):
        if output is not None:
            referred[id] |= references(output)
    for id, result in connection.execute(results):
        referred[id] |= references(unpack_result(result))
    return (id for id in ids if referred[id] - held[id])


def some_checkpoints(connection: Connection, after: Place) -> list[Place]:
    """Return the next checkpoints after a place."""
    key = _key(checkpoints)
    wanted = select(*key).where(tuple_(*key) > tuple_(*after)).order_by(*key).limit(STEP)
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted)]


def checkpoints_that_lack(connection: Connection, places: list[Place]) -> Iterator[str]:
    """Yield the threads of those of the checkpoints that refer to a value without holding it."""
    held = _of(connection, checkpoint_values, "value_id", places)
    stored = _of(connection, checkpoints, "checkpoint", places)
    written = _of(connection, checkpoint_writes, "value", places)
    for place in places:
        blobs = [*stored.get(place, []), *written.get(place, [])]
        # What only looks like a reference is seldom, and no name of a value.
        missing = {name for blob in blobs for name in names_in(blob)} - {*held.get(place, [])}
        if missing and any(_refers(blob, missing) for blob in blobs):
            yield place[0]


def count_unreferred(connection: Connection) -> int:
    """Return how many values nobody refers to."""
    return connection.scalar(select(func.count()).select_from(large_values).where(*unreferred)) or 0


def _refers(blob: bytes, names: set[str]) -> bool:
    found: set[str] = set()

    def note(code: int, payload: memoryview) -> None:
        if code == REFERENCE:
            found.add(payload.hex())
        else:
            msgspec.msgpack.decode(payload, ext_hook=note)

    try:
        msgspec.msgpack.decode(blob, ext_hook=note)
    except msgspec.MsgspecError:
        return False  # bytes of a user, or broken: reading it says so
    return bool(found & names)


def _key(table: Table) -> tuple[Any, ...]:
    return (table.c.thread_id, table.c.checkpoint_ns, table.c.checkpoint_id)


def _of(connection: Connection, table: Table, column: str, places: list[Place]) -> dict[Place, list[Any]]:
    wanted: Any = select(*_key(table), table.c[column].label("value")).where(tuple_(*_key(table)).in_(places))
    found: dict[Place, list[Any]] = {}
    for row in connection.execute(wanted):
        found.setdefault((row.thread_id, row.checkpoint_ns, row.checkpoint_id), []).append(row.value)
    return found
