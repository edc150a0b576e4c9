"""Between LangGraph's values and the rows of checkpoints."""

from collections.abc import Mapping
from typing import Any

import msgspec
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    PendingWrite,
    writes_sort_key,
)

from persistence.checkpoints.checkpoint_ids import go_on_after
from persistence.checkpoints.checkpoint_rows import Write
from persistence.checkpoints.serializer import Serializer
from persistence.storage.errors import CheckpointUnreadable

__all__ = ["checkpoint_tuple", "config_of", "pending", "place_of", "run_of", "state", "workspace_of"]


def checkpoint_tuple(
    serde: Serializer,
    place: tuple[str, str, str],
    parent_id: str | None,
    metadata: str,
    stored: bytes,
    writes: list[Write],
    bodies: Mapping[str, bytes],
) -> CheckpointTuple:
    """Return a stored checkpoint, its place being (thread, namespace, id), as LangGraph has it.

    `bodies` has the bytes of the large values that it refers to, here as below.

    Raises:
        CheckpointUnreadable: what is stored is not what this program writes.
    """
    thread_id, checkpoint_ns, checkpoint_id = place
    go_on_after(checkpoint_id)
    try:
        described: CheckpointMetadata = msgspec.json.decode(metadata, type=dict[str, Any])  # pyright: ignore[reportAssignmentType]: LangGraph's TypedDict, which we stored
    except msgspec.DecodeError as error:
        raise CheckpointUnreadable(
            f"Thread {thread_id}: a checkpoint's metadata is broken: {error}."
        ) from error
    return CheckpointTuple(
        config_of(*place),
        state(serde, thread_id, stored, bodies),
        described,
        None if parent_id is None else config_of(thread_id, checkpoint_ns, parent_id),
        pending(serde, writes, bodies),
    )


def state(serde: Serializer, thread_id: str, stored: bytes, bodies: Mapping[str, bytes]) -> Checkpoint:
    """Return a checkpoint's own part.

    Raises:
        CheckpointUnreadable: what is stored is not what this program writes.
    """
    match serde.loads_typed(("msgpack", stored), bodies):
        case {
            "id": str(),
            "channel_values": dict(),
            "channel_versions": dict(),
            "versions_seen": dict(),
        } as found:
            return found  # pyright: ignore[reportReturnType]: the parts that LangGraph reads are there
        case _:
            raise CheckpointUnreadable(f"Thread {thread_id}: what is stored as a checkpoint is none.")


def pending(serde: Serializer, writes: list[Write], bodies: Mapping[str, bytes]) -> list[PendingWrite]:
    """Return writes in the order in which their tasks are applied.

    Raises:
        CheckpointUnreadable: what is stored is not what this program writes.
    """
    writes.sort(key=lambda write: writes_sort_key(write.task_path, write.task_id, write.idx))
    return [
        (write.task_id, write.channel, serde.loads_typed((write.value_type, write.value), bodies))
        for write in writes
    ]


def place_of(config: RunnableConfig) -> tuple[str, str, str | None]:
    """Return a config's thread, namespace and checkpoint; None for the thread's latest."""
    configurable = config.get("configurable", {})
    checkpoint_id = configurable.get("checkpoint_id")
    return str(configurable["thread_id"]), configurable.get("checkpoint_ns") or "", checkpoint_id or None


def config_of(thread_id: str, checkpoint_ns: str, checkpoint_id: str) -> RunnableConfig:
    """Return the config that names a checkpoint."""
    return {
        "configurable": {
            "thread_id": thread_id,
            "checkpoint_ns": checkpoint_ns,
            "checkpoint_id": checkpoint_id,
        }
    }


def run_of(config: RunnableConfig, metadata: Mapping[str, Any]) -> str | None:
    """Return the run that stores; nothing else of a config is stored, for it may hold secrets."""
    sources = (metadata, config.get("configurable") or {}, config.get("metadata") or {})
    found = next((source["run_id"] for source in sources if source.get("run_id") is not None), None)
    return None if found is None else str(found)


def workspace_of(config: RunnableConfig) -> str:
    """Return the workspace whose run stores; empty where a config names none."""
    return str((config.get("configurable") or {}).get("workspace") or "")
