"""The SQL of checkpoints: what the checkpointer runs on a connection, each statement compiled once.

A checkpoint's writes hang on the checkpoint that the tasks started from. A delta channel (LangGraph's beta
`DeltaChannel`) has no value in most checkpoints: it is replayed from the writes along the chain of parents,
back to the nearest checkpoint that holds a value of it, its seed.
"""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Table, bindparam, select, text, tuple_

from persistence.storage.database import Database
from persistence.storage.dialects.upsert import insert_into
from persistence.storage.large_values import bodies_of, hold
from persistence.storage.row_batches import RowBatches
from persistence.storage.tables.checkpoints import checkpoint_writes, checkpoints
from persistence.storage.tables.large_values import checkpoint_values
from persistence.storage.value_references import Kept, names_in

__all__ = ["CheckpointSql", "Link", "Write"]

Row = Mapping[str, Any]
_TOGETHER = (1, 2, 3, 4, 8)
"""How many checkpoints, or writes of tasks, one statement stores."""
_COLUMNS = tuple(column.name for column in checkpoints.c)
_columns_of = itemgetter(*_COLUMNS)
_write_columns_of = itemgetter(*(column.name for column in checkpoint_writes.c))


class Write(Struct, frozen=True):
    """A stored write of a task to a channel."""

    task_path: str
    task_id: str
    idx: int
    channel: str
    value_type: str
    value: bytes


class Link(Struct, frozen=True):
    """A checkpoint on the way from a checkpoint back to a channel's seed, with its writes to that channel."""

    checkpoint_id: str
    seeded: bool
    writes: list[Write]


class CheckpointSql:
    """Every statement of the checkpointer, compiled once for its database."""

    def __init__(self, database: Database) -> None:
        found = "instr" if database.dialect == "sqlite" else "strpos"
        put = insert_into(database.dialect, checkpoints)
        keys = {column.name for column in checkpoints.primary_key}
        newer = {
            column.name: put.excluded[column.name] for column in checkpoints.c if column.name not in keys
        }
        self._put = {
            count: database.prepare(
                put.values(_several(checkpoints, count)).on_conflict_do_update(
                    index_elements=[*checkpoints.primary_key], set_=newer
                )
            )
            for count in _TOGETHER
        }
        write = insert_into(database.dialect, checkpoint_writes)
        keys = {column.name for column in checkpoint_writes.primary_key}
        self._keep_writes = RowBatches(
            database,
            lambda count: write.values(_several(checkpoint_writes, count)).on_conflict_do_nothing(),
            _TOGETHER,
        )
        self._replace_write = database.prepare(
            write.on_conflict_do_update(
                index_elements=[*checkpoint_writes.primary_key],
                set_={
                    column.name: write.excluded[column.name]
                    for column in checkpoint_writes.c
                    if column.name not in keys
                },
            )
        )
        place = (
            checkpoint_writes.c.thread_id == bindparam("thread_id"),
            checkpoint_writes.c.checkpoint_ns == bindparam("checkpoint_ns"),
            checkpoint_writes.c.checkpoint_id == bindparam("checkpoint_id"),
        )
        named = (
            checkpoints.c.thread_id == bindparam("thread_id"),
            checkpoints.c.checkpoint_ns == bindparam("checkpoint_ns"),
        )
        one = select(
            checkpoints.c.checkpoint_id,
            checkpoints.c.parent_id,
            checkpoints.c.metadata,
            checkpoints.c.checkpoint,
        ).where(*named)
        self._latest = database.prepare(one.order_by(checkpoints.c.checkpoint_id.desc()).limit(1))
        self._one = database.prepare(one.where(checkpoints.c.checkpoint_id == bindparam("checkpoint_id")))
        self._writes = database.prepare(select(*_write_columns()).where(*place))
        self._chain = database.prepare(
            text(
                f"""
                WITH RECURSIVE chain (checkpoint_id, parent_id, seeded, depth) AS (
                    SELECT checkpoint_id, parent_id, 0, 0 FROM checkpoints
                    WHERE thread_id = :thread_id AND checkpoint_ns = :checkpoint_ns
                    AND checkpoint_id = :checkpoint_id
                    UNION ALL
                    SELECT c.checkpoint_id, c.parent_id,
                        CASE WHEN {found}(c.channels, :first) > 0 OR {found}(c.channels, :later) > 0
                        THEN 1 ELSE 0 END,
                        chain.depth + 1
                    FROM chain CROSS JOIN checkpoints c
                    WHERE c.thread_id = :thread_id AND c.checkpoint_ns = :checkpoint_ns
                    AND c.checkpoint_id = chain.parent_id AND chain.seeded = 0
                    AND chain.depth < (  -- a circle of parents has an end too
                        SELECT count(*) FROM checkpoints
                        WHERE thread_id = :thread_id AND checkpoint_ns = :checkpoint_ns
                    )
                )
                SELECT chain.checkpoint_id, chain.seeded,
                    w.task_path, w.task_id, w.idx, w.channel, w.value_type, w.value
                FROM chain LEFT JOIN checkpoint_writes w
                ON w.thread_id = :thread_id AND w.checkpoint_ns = :checkpoint_ns
                AND w.checkpoint_id = chain.checkpoint_id AND w.channel = :channel
                WHERE chain.depth > 0 AND (chain.seeded = 1 OR w.channel = :channel)
                ORDER BY chain.depth
                """  # noqa: S608 (only the name of a function is put in)
            )
        )

    def put(self, connection: Connection, rows: Sequence[tuple[Row, Kept]]) -> None:
        """Store checkpoints and the large values in them; one with the same id is replaced."""
        newest: dict[str, tuple[Any, ...]] = {}
        for row, kept in rows:
            _hold(connection, row, kept)
            place = f"{row['thread_id']} {row['checkpoint_id']} {row['checkpoint_ns']}"
            newest[place] = _columns_of(row)
        left = [*newest.values()]
        while left:  # no row twice in a statement, so none is filled up
            count = next(count for count in reversed(_TOGETHER) if count <= len(left))
            some, left = left[:count], left[count:]
            self._put[count].execute_values(connection, [value for row in some for value in row])

    def put_all_writes(self, connection: Connection, queued: Sequence[tuple[Sequence[Row], Kept]]) -> None:
        """Store the writes of several tasks, as `put_writes` does without ``replace``."""
        for rows, kept in queued:
            _hold(connection, rows[0], kept)
        several = [_write_columns_of(row) for rows, _ in queued for row in rows]
        self._keep_writes.write(connection, several)

    def put_writes(self, connection: Connection, rows: Sequence[Row], kept: Kept, *, replace: bool) -> None:
        """Store a task's writes, at least one, and the large values in them; those stored before stay, or are
        replaced."""
        _hold(connection, rows[0], kept)
        if replace:
            self._replace_write.execute(connection, *rows)
            return
        self._keep_writes.write(connection, [*map(_write_columns_of, rows)])

    def one(
        self,
        connection: Connection,
        thread_id: str,
        checkpoint_ns: str,
        checkpoint_id: str | None,
        *,
        again: bool = False,
    ) -> tuple[tuple[str, str | None, str, bytes], list[Write], dict[str, bytes]] | None:
        """Return a checkpoint as (id, parent id, metadata, bytes), with its writes and the bytes of its large
        values by name; else the latest."""
        place = {"thread_id": thread_id, "checkpoint_ns": checkpoint_ns}
        if checkpoint_id is None:
            rows = self._latest.fetch(connection, **place)
        else:
            rows = self._one.fetch(connection, **place, checkpoint_id=checkpoint_id)
        if not rows:
            return None
        writes = [_write(row) for row in self._writes.fetch(connection, **place, checkpoint_id=rows[0][0])]
        names = _names([rows[0][3], *(write.value for write in writes)])
        bodies = bodies_of(connection, names)
        if names - bodies.keys() and not again:  # on PostgreSQL, pruned between our statements
            return self.one(connection, thread_id, checkpoint_ns, checkpoint_id, again=True)
        return rows[0], writes, bodies

    def chain(self, connection: Connection, place: Row, channel: str) -> list[Link]:
        """Return the ancestors of a checkpoint that wrote to the channel, nearest first, back to its seed.

        Each row that a statement gives costs a turn at the interpreter, so the others are left out.
        """
        name = msgspec.json.encode(channel).decode()  # how it stands in the list of channels
        rows = self._chain.fetch(connection, **place, channel=channel, first=f"[{name}", later=f",{name}")
        links: dict[str, Link] = {}
        for checkpoint_id, seeded, *write in rows:
            link = links.setdefault(checkpoint_id, Link(checkpoint_id, bool(seeded), []))
            if write[0] is not None:
                link.writes.append(_write(write))
        return [*links.values()]

    def histories(
        self,
        connection: Connection,
        thread_id: str,
        checkpoint_ns: str,
        checkpoint_id: str | None,
        channels: Sequence[str],
    ) -> dict[str, tuple[list[Link], bytes | None, dict[str, bytes]]]:
        """Return what `chain` does for each channel, the bytes of the seed's checkpoint, and those of the
        large values of both by name."""
        start = checkpoint_id
        if start is None:
            latest = self.one(connection, thread_id, checkpoint_ns, None)
            if latest is None:
                return {}
            start = latest[0][0]
        place = {"thread_id": thread_id, "checkpoint_ns": checkpoint_ns, "checkpoint_id": start}
        found: dict[str, tuple[list[Link], bytes | None, dict[str, bytes]]] = {}
        for channel in channels:
            links = self.chain(connection, place, channel)
            seed, bodies = None, dict[str, bytes]()
            if links and links[-1].seeded:
                stored = self.one(connection, thread_id, checkpoint_ns, links[-1].checkpoint_id)
                if stored is None:  # on PostgreSQL, pruned between our two statements
                    return self.histories(connection, thread_id, checkpoint_ns, checkpoint_id, channels)
                seed, bodies = stored[0][3], stored[2]
            names = _names(write.value for link in links for write in link.writes)
            found[channel] = links, seed, bodies | bodies_of(connection, names)
        return found

    def list(
        self,
        connection: Connection,
        place: Row,
        *,
        before: str | None,
        wanted: Mapping[str, Any],
        limit: int | None,
    ) -> list[tuple[Any, list[Write], dict[str, bytes]]]:
        """Return checkpoints, newest first, that `wanted` metadata match, with their writes and the bytes of
        their large values by name."""
        c = checkpoints.c
        key = (c.thread_id, c.checkpoint_ns, c.checkpoint_id)
        found = select(*key, c.metadata).order_by(c.checkpoint_id.desc(), c.thread_id, c.checkpoint_ns)
        for name, value in place.items():
            found = found.where(c[name] == value)
        if before is not None:
            found = found.where(c.checkpoint_id < before)
        if limit is not None and not wanted:
            found = found.limit(limit)
        chosen = [
            tuple(row[:3])
            for row in connection.execute(found)
            if not wanted or _matches(msgspec.json.decode(row.metadata), wanted)
        ][:limit]
        rows: dict[tuple[str, ...], Any] = {}
        writes: dict[tuple[str, ...], list[Write]] = {}
        w = checkpoint_writes.c
        for start in range(0, len(chosen), 200):  # SQLite takes so many parameters, and no more
            part = chosen[start : start + 200]
            for row in connection.execute(
                select(*key, c.parent_id, c.metadata, c.checkpoint).where(tuple_(*key).in_(part))
            ):
                rows[tuple(row[:3])] = row
            for row in connection.execute(
                select(w.thread_id, w.checkpoint_ns, w.checkpoint_id, *_write_columns()).where(
                    tuple_(w.thread_id, w.checkpoint_ns, w.checkpoint_id).in_(part)
                )
            ):
                writes.setdefault(tuple(row[:3]), []).append(_write(row[3:]))
        found = [(rows[key], writes.get(key, [])) for key in chosen if key in rows]
        stored = (blob for row, theirs in found for blob in (row[5], *(write.value for write in theirs)))
        bodies = bodies_of(connection, _names(stored))
        return [(row, theirs, bodies) for row, theirs in found]


def _hold(connection: Connection, row: Row, kept: Kept) -> None:
    """Write the large values of a checkpoint, or of writes on it."""
    if kept.values:
        owner = {name: row[name] for name in ("thread_id", "checkpoint_ns", "checkpoint_id")}
        hold(connection, kept, checkpoint_values, owner)


def _names(stored: Iterable[bytes]) -> set[str]:
    return {name for blob in stored for name in names_in(blob)}


def _several(table: Table, count: int) -> list[dict[str, Any]]:
    """Return the parameters of so many rows in one statement."""
    return [{c.name: bindparam(f"{c.name}_{each}", type_=c.type) for c in table.c} for each in range(count)]


def _write(row: Sequence[Any]) -> Write:
    return Write(*row)


def _write_columns() -> Sequence[Any]:
    c = checkpoint_writes.c
    return c.task_path, c.task_id, c.idx, c.channel, c.value_type, c.value


def _matches(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(name in metadata and metadata[name] == value for name, value in wanted.items())
