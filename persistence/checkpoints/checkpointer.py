"""LangGraph's checkpointer on our database: one writer, order kept, nothing executed on reading.

Everything is serialised and queued before the first ``await``, so a task's writes stand before the checkpoint
that follows them, and a cancelled call leaves no transaction behind. Neither is waited for: the next write of
the run carries them, and no node does anything outside before they are committed (`Recorder.settled`). Should
a task's writes alone have failed they are stored with the checkpoint; if that fails, so does what follows it.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from functools import partial
from inspect import signature
from typing import Any, NoReturn

import msgspec
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
    get_checkpoint_id,
)
from sqlalchemy import Connection

from graphs.node_execution.failpoints import reach, reach_after
from persistence.checkpoints.checkpoint_pruning import copy_thread, delete_runs, delete_threads, prune_thread
from persistence.checkpoints.checkpoint_rows import CheckpointSql
from persistence.checkpoints.checkpoint_values import (
    checkpoint_tuple,
    config_of,
    pending,
    place_of,
    run_of,
    state,
    workspace_of,
)
from persistence.checkpoints.exclusive import Exclusive, check_idle, exclusive_of, finish
from persistence.checkpoints.heavy_state import HeavyState
from persistence.checkpoints.pending_writes import PendingWrites, Queued, QueuedCheckpoint
from persistence.checkpoints.serializer import Serializer, has_snapshot
from persistence.storage.database import Database
from persistence.storage.value_references import Kept, Seen

__all__ = ["Checkpointer"]

AHEAD = 32
"""Checkpoints and writes of a thread that may wait for the database before its run waits too."""
LOOSE = "/writes"
"""After a thread's id: the owner of later writes that may fail without harm to what follows."""
THREADS = 1_000
"""Threads whose large values are remembered; those of a run are forgotten with it."""


class Checkpointer(BaseCheckpointSaver[int]):
    """Stores the state of threads. All methods are asynchronous; the others refuse.

    `adelete_for_runs` takes a thread back to the checkpoint before the runs; pruning leaves that one alone
    while a run is under way, and no longer.
    """

    def __init__(self, database: Database) -> None:
        self._serde = Serializer()
        super().__init__(serde=self._serde)
        self._database = database
        self._sql = CheckpointSql(database)
        self._later = database.later
        self._unconfirmed = PendingWrites()
        self._untidy: set[str] = set()
        self._seen, self._heavy = dict[str, Seen](), HeavyState()

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint and return its config.

        Raises:
            SessionBusy: the change is exclusive, and its session has an open run. Nothing was stored.
        """
        thread_id, checkpoint_ns, parent_id = place_of(config)
        run_id = run_of(config, metadata)
        await self._heavy.settled(thread_id)
        await self._heavy.look_through(thread_id, self._keep(config), checkpoint["channel_values"])
        kept = self._keep(config)
        row = {
            "thread_id": thread_id,
            "checkpoint_ns": checkpoint_ns,
            "checkpoint_id": checkpoint["id"],
            "parent_id": parent_id,
            "run_id": run_id,
            "channels": msgspec.json.encode([*checkpoint["channel_values"]]).decode(),
            "metadata": msgspec.json.encode(
                metadata if run_id is None else {**metadata, "run_id": run_id}
            ).decode(),
            "checkpoint": self._serde.dumps_typed(checkpoint, kept, whole=True)[1],
        }
        exclusive = exclusive_of(config)
        before = self._unconfirmed.take(thread_id, checkpoint_ns, parent_id)
        if has_snapshot(checkpoint["channel_values"]):
            self._untidy.add(thread_id)

        reach("between_put_writes_and_put")
        if exclusive is None:
            if self._later.count(thread_id) >= AHEAD:
                await self._later.settled(thread_id)
            self._later.raise_failure(thread_id)
            queued = QueuedCheckpoint(row, kept, before)
            done = self._database.write_row(self._put, queued, later=thread_id)
            done.add_done_callback(partial(reach_after, "after_put"))
        else:
            await self._put_exclusively(exclusive, thread_id, parent_id, QueuedCheckpoint(row, kept, before))
            reach("after_put")
        return config_of(thread_id, checkpoint_ns, checkpoint["id"])

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store a task's writes; written again they stay as they were, but for errors and interrupts."""
        if not writes:
            return
        reach("after_node_before_put_writes")
        thread_id, checkpoint_ns, checkpoint_id = place_of(config)
        run_id = run_of(config, {})
        await self._heavy.look_through(thread_id, self._keep(config), dict(enumerate(writes)))
        kept = self._keep(config)
        rows: list[dict[str, Any]] = []
        for idx, (channel, value) in enumerate(writes):
            value_type, stored = self._serde.dumps_typed(value, kept)
            rows.append(
                {
                    "thread_id": thread_id,
                    "checkpoint_ns": checkpoint_ns,
                    "checkpoint_id": checkpoint_id,
                    "task_id": task_id,
                    "idx": WRITES_IDX_MAP.get(channel, idx),
                    "task_path": task_path,
                    "run_id": run_id,
                    "channel": channel,
                    "value_type": value_type,
                    "value": stored,
                }
            )
        if (exclusive := exclusive_of(config)) is not None:
            exclusive.held.append((rows, kept))
            return
        special = [channel in WRITES_IDX_MAP for channel, _ in writes]
        replace = all(special)
        if any(special):  # no checkpoint follows an error or an interrupt
            await self._database.write(
                lambda connection: self._sql.put_writes(connection, rows, kept, replace=replace)
            )
            return
        owner = thread_id + LOOSE
        done = self._database.write_row(self._sql.put_all_writes, (rows, kept), later=owner)
        done.add_done_callback(lambda _: self._later.forget(owner))  # the checkpoint sees to what failed
        self._unconfirmed.add(thread_id, Queued(rows, kept, done))

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint, or the latest where the config names none; a ``fresh_thread`` has none.

        Raises:
            CheckpointUnreadable: what is stored is not what this program writes.
        """
        thread_id, checkpoint_ns, checkpoint_id = place_of(config)
        if not checkpoint_ns and not checkpoint_id and config.get("configurable", {}).get("fresh_thread"):
            return None
        await self._settled(thread_id)
        found = await self._database.read(
            lambda connection: self._sql.one(connection, thread_id, checkpoint_ns, checkpoint_id)
        )
        if found is None:
            return None
        (checkpoint_id, parent_id, metadata, stored), writes, bodies = found
        place = (thread_id, checkpoint_ns, checkpoint_id)
        return checkpoint_tuple(self._serde, place, parent_id, metadata, stored, writes, bodies)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Give checkpoints, newest first. All are read before the first is given.

        Raises:
            CheckpointUnreadable: what is stored is not what this program writes.
        """
        place: dict[str, str] = {}
        if config is not None:
            configurable = config.get("configurable", {})
            place = {
                name: str(configurable[name])
                for name in ("thread_id", "checkpoint_ns", "checkpoint_id")
                if configurable.get(name) is not None
            }
        await self._settled(place.get("thread_id"))
        earlier = get_checkpoint_id(before) if before is not None else None
        found = await self._database.read(
            lambda connection: self._sql.list(
                connection, place, before=earlier, wanted=filter or {}, limit=limit
            )
        )
        for (*key, parent_id, metadata, stored), writes, bodies in found:
            found_at = (key[0], key[1], key[2])
            yield checkpoint_tuple(self._serde, found_at, parent_id, metadata, stored, writes, bodies)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Return what each channel's value at a checkpoint is replayed from: seed, and writes, oldest first.

        Raises:
            CheckpointUnreadable: what is stored is not what this program writes.
        """
        thread_id, checkpoint_ns, checkpoint_id = place_of(config)
        await self._settled(thread_id)
        at = (thread_id, checkpoint_ns, checkpoint_id)
        found = await self._database.read(lambda connection: self._sql.histories(connection, *at, channels))
        histories: dict[str, DeltaChannelHistory] = {}
        for channel in channels:
            links, seed, bodies = found.get(channel, ([], None, {}))
            history: DeltaChannelHistory = {
                "writes": [
                    write for link in reversed(links) for write in pending(self._serde, link.writes, bodies)
                ]
            }
            if seed is not None:
                history["seed"] = state(self._serde, thread_id, seed, bodies)["channel_values"][channel]
            histories[channel] = history
        return histories

    async def adelete_thread(self, thread_id: str) -> None:
        """Delete everything of a thread."""
        self._unconfirmed.forget(thread_id)
        self._untidy.discard(thread_id)
        await self._database.write(lambda connection: delete_threads(connection, [thread_id]))

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Delete what runs stored, so that their threads stand where they stood before."""
        wanted = [*run_ids]
        if wanted:
            await self._database.write(lambda connection: delete_runs(connection, wanted))

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy a thread, with all its checkpoints, to a new one."""
        await self._database.write(
            lambda connection: copy_thread(connection, source_thread_id, target_thread_id)
        )

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Delete what threads need no more: all but the latest state (``keep_latest``), or all (``delete``).

        Raises:
            ValueError: there is no such strategy.
        """
        wanted = [*thread_ids]
        for thread_id in wanted:
            self._seen.pop(thread_id, None)
        match strategy:
            case "keep_latest":
                for thread_id in wanted:
                    await self._database.write(lambda connection, t=thread_id: prune_thread(connection, t))
            case "delete":
                await self._database.write(lambda connection: delete_threads(connection, wanted))
            case _:
                raise ValueError(f"The strategy is {strategy!r}; it must be 'keep_latest' or 'delete'.")

    async def atidy(self, thread_id: str) -> bool:
        """Prune a thread if that has become worth its price; say whether it was.

        It has when a delta channel was stored whole: then the way back to the time before is not needed.
        Else it costs nothing, so call it after every run.
        """
        self._seen.pop(thread_id, None)
        if thread_id not in self._untidy:
            return False
        self._untidy.discard(thread_id)
        await self.aprune([thread_id])
        return True

    def get_next_version(self, current: int | None, channel: None) -> int:
        """Count a channel's versions: 1, 2, 3, …"""
        return 1 if current is None else current + 1

    def with_allowlist(self, extra_allowlist: Collection[tuple[str, ...]]) -> "Checkpointer":
        """Return itself: its list of types is closed."""
        return self

    async def _settled(self, thread_id: str | None) -> None:
        """Return when what is queued for a thread, or for all, can be read."""
        await self._heavy.settled(thread_id)
        await self._later.settled(thread_id)
        if thread_id is not None:
            await self._later.settled(thread_id + LOOSE)

    def _put(self, connection: Connection, queued: Sequence[QueuedCheckpoint]) -> None:
        """Store checkpoints, with the writes before each that alone have failed."""
        for writes in (writes for one in queued for writes in one.before if writes.failed()):
            self._sql.put_writes(connection, writes.rows, writes.kept, replace=False)
        self._sql.put(connection, [(one.row, one.kept) for one in queued])

    async def _put_exclusively(
        self, exclusive: Exclusive, thread_id: str, parent_id: str | None, queued: QueuedCheckpoint
    ) -> None:
        """Store the checkpoint of a change that no run makes, with all that belongs to it."""

        def work(connection: Connection) -> None:
            check_idle(connection, thread_id, exclusive, parent_id)
            for rows, theirs in exclusive.held:
                self._sql.put_writes(connection, rows, theirs, replace=False)
            self._put(connection, [queued])
            finish(connection, thread_id, exclusive)

        try:
            await self._database.write(work)
        finally:  # a refused change has stored no large value, a forgetful one dropped some
            self._seen.pop(thread_id, None)

    def _keep(self, config: RunnableConfig) -> Kept:
        thread_id, _, _ = place_of(config)
        most = self._database.large_value_bytes
        kept = self._serde.keep(workspace_of(config), most, self._seen.get(thread_id))
        if thread_id not in self._seen:
            if len(self._seen) >= THREADS:
                self._seen.clear()
            self._seen[thread_id] = kept.seen
        return kept

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise NotImplementedError(
            "This checkpointer is asynchronous only: use `await graph.ainvoke(…)`, `astream`, `aget_state`."
        )

    get_tuple = list = put = put_writes = delete_thread = delete_for_runs = copy_thread = prune = _refuse
    get_delta_channel_history = _refuse


Checkpointer.aput_writes.__signature__ = signature(Checkpointer.aput_writes)  # pyright: ignore[reportFunctionMemberAccess]: PEP 362; else each run makes one
