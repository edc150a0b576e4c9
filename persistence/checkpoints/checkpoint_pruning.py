"""Deleting, copying and pruning checkpoints, each a plain function of a connection.

Pruning reads a thread's shape without its state, so that it may run after every turn.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, select, tuple_, union

from persistence.storage.execution_rows import is_open
from persistence.storage.large_values import release
from persistence.storage.tables.checkpoints import checkpoint_writes, checkpoints
from persistence.storage.tables.large_values import checkpoint_values
from persistence.storage.tables.runs import executions

__all__ = ["copy_thread", "delete_runs", "delete_threads", "drop_task_states", "prune_thread"]

Place = tuple[str, str]
"""Namespace and id of a checkpoint."""
STEP = 200
"""Checkpoints that one statement names: SQLite takes so many parameters, and no more."""
UNDER_WAY = ("running", "waiting_approval")


def delete_threads(connection: Connection, thread_ids: Sequence[str]) -> None:
    """Delete everything of threads."""
    for table in (checkpoint_writes, checkpoints):
        connection.execute(delete(table).where(table.c.thread_id.in_(thread_ids)))
    release(connection, checkpoint_values, checkpoint_values.c.thread_id.in_(thread_ids))


def delete_runs(connection: Connection, run_ids: Sequence[str]) -> None:
    """Delete the checkpoints of runs, the writes on them, and what the runs wrote on earlier checkpoints.

    The latter are found in the threads where a run has a checkpoint or an execution of that id.
    """
    c, w = checkpoints.c, checkpoint_writes.c
    threads = connection.scalars(
        union(
            select(c.thread_id).where(c.run_id.in_(run_ids)),
            select(executions.c.thread_id).where(executions.c.id.in_(run_ids)),
        )
    ).all()
    theirs = select(c.thread_id, c.checkpoint_ns, c.checkpoint_id).where(c.run_id.in_(run_ids))
    connection.execute(
        delete(checkpoint_writes).where(tuple_(w.thread_id, w.checkpoint_ns, w.checkpoint_id).in_(theirs))
    )
    connection.execute(delete(checkpoint_writes).where(w.thread_id.in_(threads), w.run_id.in_(run_ids)))
    v = checkpoint_values.c
    release(connection, checkpoint_values, tuple_(v.thread_id, v.checkpoint_ns, v.checkpoint_id).in_(theirs))
    connection.execute(delete(checkpoints).where(c.run_id.in_(run_ids)))


def copy_thread(connection: Connection, source: str, target: str) -> None:
    """Copy all checkpoints and writes of a thread to one that has none."""
    for table in (checkpoints, checkpoint_writes, checkpoint_values):
        others = [column for column in table.c if column.name != "thread_id"]
        connection.execute(
            table.insert().from_select(
                ["thread_id", *(column.name for column in others)],
                select(bindparam("target", target, type_=table.c.thread_id.type), *others).where(
                    table.c.thread_id == source
                ),
            )
        )


def drop_task_states(connection: Connection, thread_ids: Sequence[str]) -> None:
    """Delete what sub-graphs within tasks have stored in threads without an open run: nothing reads it again.

    LangGraph names such a namespace by the task, behind a colon, and a task is done once.
    """
    for table in (checkpoint_writes, checkpoints):
        connection.execute(
            delete(table).where(table.c.thread_id.in_(thread_ids), table.c.checkpoint_ns.contains(":"))
        )
    v = checkpoint_values.c
    release(connection, checkpoint_values, v.thread_id.in_(thread_ids), v.checkpoint_ns.contains(":"))


def prune_thread(connection: Connection, thread_id: str, *, limit: int | None = None) -> bool:
    """Keep the latest checkpoint of each namespace and what its delta channels are replayed from.

    That is its ancestors back to each channel's seed, and of their writes those to these channels. While a
    run is under way the same is kept for the latest checkpoint before it, so that it can be rolled back.
    With a `limit` no more checkpoints are dropped than that; say whether that was all.
    """
    c, w, e = checkpoints.c, checkpoint_writes.c, executions.c
    open_runs = set(
        connection.scalars(select(e.id).where(e.thread_id == thread_id, is_open(), e.status.in_(UNDER_WAY)))
    )
    stored: dict[str, dict[str, tuple[str | None, str]]] = {}
    settled: dict[str, set[str]] = {}
    for row in connection.execute(
        select(c.checkpoint_ns, c.checkpoint_id, c.parent_id, c.channels, c.run_id).where(
            c.thread_id == thread_id
        )
    ):
        stored.setdefault(row.checkpoint_ns, {})[row.checkpoint_id] = (row.parent_id, row.channels)
        if open_runs and row.run_id not in open_runs:
            settled.setdefault(row.checkpoint_ns, set()).add(row.checkpoint_id)
    written: dict[tuple[str, str], set[str]] = {}
    for row in connection.execute(
        select(w.checkpoint_ns, w.checkpoint_id, w.channel).distinct().where(w.thread_id == thread_id)
    ):
        written.setdefault((row.checkpoint_ns, row.checkpoint_id), set()).add(row.channel)
    roots = {(ns, max(ids)) for group in (stored, settled) for ns, ids in group.items()}
    metadata = connection.execute(
        select(c.checkpoint_ns, c.checkpoint_id, c.metadata).where(
            c.thread_id == thread_id, tuple_(c.checkpoint_ns, c.checkpoint_id).in_([*roots])
        )
    )
    needed: dict[tuple[str, str], set[str]] = {}
    for ns, root, described in metadata:
        for ancestor, channels in _ancestors(
            ns, root, stored[ns], written, msgspec.json.decode(described)
        ).items():
            needed.setdefault((ns, ancestor), set()).update(channels)
    gone: list[Place] = []
    idle: dict[str, list[Place]] = {}
    for key in ((ns, checkpoint_id) for ns, ids in stored.items() for checkpoint_id in ids):
        if key not in roots and key not in needed:
            gone.append(key)
        elif key not in roots:
            for channel in written.get(key, set()) - needed[key]:
                idle.setdefault(channel, []).append(key)
    whole = limit is None or len(gone) <= limit
    for ns, ids in _steps(gone[:limit]):
        for table in (checkpoint_writes, checkpoints):
            connection.execute(delete(table).where(*_among(table, thread_id, ns, ids)))
        release(connection, checkpoint_values, *_among(checkpoint_values, thread_id, ns, ids))
    for channel, places in idle.items():
        for ns, ids in _steps(places):
            on = _among(checkpoint_writes, thread_id, ns, ids)
            connection.execute(delete(checkpoint_writes).where(*on, w.channel == channel))
    return whole


def _steps(places: Iterable[Place]) -> Iterator[tuple[str, list[str]]]:
    """Give the checkpoints of each namespace, as many at a time as one statement names."""
    by_namespace: dict[str, list[str]] = {}
    for ns, checkpoint_id in places:
        by_namespace.setdefault(ns, []).append(checkpoint_id)
    for ns, ids in by_namespace.items():
        for start in range(0, len(ids), STEP):
            yield ns, ids[start : start + STEP]


def _among(table: Table, thread_id: str, ns: str, ids: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    columns = table.c
    return (columns.thread_id == thread_id, columns.checkpoint_ns == ns, columns.checkpoint_id.in_(ids))


def _ancestors(
    ns: str,
    start: str,
    stored: Mapping[str, tuple[str | None, str]],
    written: Mapping[tuple[str, str], set[str]],
    metadata: Mapping[str, Any],
) -> dict[str, set[str]]:
    """Return the ancestors that a checkpoint's delta channels need, and which channels each is needed for."""
    held = set(msgspec.json.decode(stored[start][1], type=list[str]))
    path: list[tuple[str, set[str]]] = []
    parent = stored[start][0]
    walked: set[str] = set()
    while parent is not None and parent in stored and parent not in walked:
        walked.add(parent)
        path.append((parent, set(msgspec.json.decode(stored[parent][1], type=list[str]))))
        parent = stored[parent][0]
    needed: dict[str, set[str]] = {}
    for channel in set(metadata.get("counters_since_delta_snapshot") or {}) - held:
        reach = next((at + 1 for at, (_, channels) in enumerate(path) if channel in channels), None)
        if reach is None:  # never stored whole: back to its first write
            reach = 1 + max(
                (at for at, (id_, _) in enumerate(path) if channel in written.get((ns, id_), ())), default=-1
            )
        for checkpoint_id, _ in path[:reach]:
            needed.setdefault(checkpoint_id, set()).add(channel)
    return needed
