"""Placed checkpoints: the server's checkpointer, as a code graph that lies within a run sees it.

The graph sees a thread of its own. What it stores lies in the thread of the run, in a namespace of its own:
so it is deleted, copied, pruned and rolled back with the run and the session.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    DeltaChannelHistory,
)
from langgraph.types import Interrupt

from graphs.code_graphs.stored_values import StoredValues, UnstorableError
from graphs.values.node_error import NodeError

__all__ = ["CALL", "Asked", "PlacedCheckpoints", "on_loop"]

T = TypeVar("T")
CALL = "code_call"
"""In a checkpoint's metadata: the node run that stored it."""
INTERRUPT, RESUME = "__interrupt__", "__resume__"


class Asked(dict[str, tuple[str, int]]):
    """Open interrupts by their ids: the task that asks, and how many answers it has had before."""


def on_loop(loop: asyncio.AbstractEventLoop, work: Callable[[], Awaitable[T]]) -> T:
    """Return what work on the server's event loop gives, from a thread.

    Raises:
        RuntimeError: this is the thread of the event loop, which would wait for itself.
    """
    try:
        here = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    if here is loop:
        raise RuntimeError(
            "An async node called a sync method that waits. Use the async one: `await ….ainvoke(…)`."
        )

    async def waited() -> T:
        return await work()

    return asyncio.run_coroutine_threadsafe(waited(), loop).result()


class PlacedCheckpoints(BaseCheckpointSaver[int]):
    """A checkpointer within another. Sync nodes may use it from their threads."""

    def __init__(
        self,
        within: BaseCheckpointSaver[Any],
        values: StoredValues,
        *,
        thread_id: str,
        place: str,
        run_id: str,
        workspace: str,
        call: str,
    ) -> None:
        """Keep where checkpoints lie.

        Args:
            within: Where they are stored.
            values: Makes state plain.
            thread_id: The run's thread.
            place: The namespace in it; has no colon, since those are of tasks.
            run_id: The run, with which they are rolled back.
            workspace: Whose they are.
            call: The node run that stores them.
        """
        super().__init__()
        self._within = within
        self._values = values
        self._thread = thread_id
        self._place = place
        self._run = run_id
        self._workspace = workspace
        self._call = call
        self._loop = asyncio.get_running_loop()
        self.asked = Asked()
        """The interrupts that were stored lately."""

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint, or the latest."""
        found = await self._within.aget_tuple(self._there(config))
        return None if found is None else self._seen(found)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Give checkpoints, newest first."""
        earlier = None if before is None else self._there(before)
        listed = self._within.alist(self._there(config or {}), filter=filter, before=earlier, limit=limit)
        async for found in listed:
            yield self._seen(found)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint.

        Raises:
            NodeError: a field of the state cannot be stored (code ``unstorable_state``).
        """
        plain = {name: self._plain(name, value) for name, value in checkpoint["channel_values"].items()}
        stored = cast("Checkpoint", {**checkpoint, "channel_values": plain})
        described = cast("CheckpointMetadata", {**metadata, CALL: self._call})
        return self._back(await self._within.aput(self._there(config), stored, described, new_versions))

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a task has written."""
        self._note_interrupts(writes, task_id)
        plain = [(channel, self._plain(channel, value)) for channel, value in writes]
        await self._within.aput_writes(self._there(config), plain, task_id, task_path)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Return what channels are replayed from."""
        found = await self._within.aget_delta_channel_history(config=self._there(config), channels=channels)
        return {
            name: cast(
                "DeltaChannelHistory",
                {
                    **history,
                    "writes": [
                        (task, channel, self._values.revived(value))
                        for task, channel, value in history["writes"]
                    ],
                    **({"seed": self._values.revived(history["seed"])} if "seed" in history else {}),
                },
            )
            for name, history in found.items()
        }

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return a checkpoint, from a thread."""
        return on_loop(self._loop, lambda: self.aget_tuple(config))

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Give checkpoints, from a thread."""

        async def listed() -> Sequence[CheckpointTuple]:
            return [one async for one in self.alist(config, filter=filter, before=before, limit=limit)]

        yield from on_loop(self._loop, listed)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint, from a thread."""
        return on_loop(self._loop, lambda: self.aput(config, checkpoint, metadata, new_versions))

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task has written, from a thread."""
        on_loop(self._loop, lambda: self.aput_writes(config, writes, task_id, task_path))

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Return what channels are replayed from, from a thread."""
        return on_loop(self._loop, lambda: self.aget_delta_channel_history(config=config, channels=channels))

    def get_next_version(self, current: int | None, channel: None) -> int:
        """Count a channel's versions: 1, 2, 3, …"""
        return 1 if current is None else current + 1

    def with_allowlist(self, extra_allowlist: Any) -> "PlacedCheckpoints":
        """Return itself: the operator's list of types is what counts."""
        return self

    def _note_interrupts(self, writes: Sequence[tuple[str, Any]], task_id: str) -> None:
        """Note which task asks, and how many answers it has had: the innermost of them stores first."""
        answered = max((len(value) for channel, value in writes if channel == RESUME), default=0)
        for channel, value in writes:
            if channel == INTERRUPT:
                for one in cast("Sequence[Interrupt]", value):
                    self.asked.setdefault(one.id, (task_id, answered))

    def _plain(self, name: str, value: Any) -> Any:
        try:
            return self._values.plain(value)
        except UnstorableError as error:
            raise NodeError(f"The state's field '{name}' holds {error}.", code="unstorable_state") from error

    def _there(self, config: RunnableConfig) -> RunnableConfig:
        asked = config.get("configurable", {})
        inner = asked.get("checkpoint_ns") or ""
        placed: dict[str, Any] = {
            "thread_id": self._thread,
            "checkpoint_ns": f"{self._place}|{inner}" if inner else self._place,
            "workspace": self._workspace,
            "run_id": self._run,
        }
        if asked.get("checkpoint_id"):
            placed["checkpoint_id"] = asked["checkpoint_id"]
        return {"configurable": placed, "metadata": {"run_id": self._run}}

    def _back(self, config: RunnableConfig) -> RunnableConfig:
        placed = config.get("configurable", {})
        inner = str(placed.get("checkpoint_ns") or "")[len(self._place) :].removeprefix("|")
        return {"configurable": {**placed, "checkpoint_ns": inner}}

    def _seen(self, found: CheckpointTuple) -> CheckpointTuple:
        values = {name: self._values.revived(one) for name, one in found.checkpoint["channel_values"].items()}
        described = {name: value for name, value in found.metadata.items() if name != "run_id"}
        return CheckpointTuple(
            self._back(found.config),
            cast("Checkpoint", {**found.checkpoint, "channel_values": values}),
            cast("CheckpointMetadata", described),
            None if found.parent_config is None else self._back(found.parent_config),
            [
                (task, channel, self._values.revived(value))
                for task, channel, value in found.pending_writes or []
            ],
        )
