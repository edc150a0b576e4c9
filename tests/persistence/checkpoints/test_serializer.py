"""What state may hold, both ways, and rows that somebody else wrote into the database."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.serde.types import (
    _DeltaSnapshot as DeltaSnapshot,  # pyright: ignore[reportPrivateUsage]: the only name it has
)
from langgraph.types import Interrupt, Overwrite, Send
from sqlalchemy import update

from persistence.checkpoints.checkpointer import Checkpointer
from persistence.checkpoints.serializer import Serializer
from persistence.storage.database import Database
from persistence.storage.errors import CheckpointUnreadable
from persistence.storage.tables.checkpoints import checkpoint_writes, checkpoints


class Canary:
    """Says when it was made."""

    def __init__(self, file: str) -> None:
        Path(file).touch()


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"bytes",
        {"a": [1, 2.5, None, True, "é\U0001f600"], "nested": {"b": {}}},
        {"names": {"x", "y"}, "frozen": frozenset({1})},
        [Send("node", {"x": 1}), Interrupt(value={"q": "?"}, id="i"), Overwrite([{"id": "1"}])],
        {"messages": DeltaSnapshot([{"id": "1", "content": "hi"}])},
        {"lc": 1, "type": "secret", "id": ["CANARY"]},
        {"lc": 2, "type": "constructor", "id": ["os", "system"], "kwargs": {"command": "true"}},
    ],
)
def test_state_comes_back_as_it_was_in_bytes_that_langgraph_reads_too(value: Any) -> None:
    stored = Serializer().dumps_typed(value)
    assert Serializer().loads_typed(stored) == value
    assert stored == JsonPlusSerializer().dumps_typed(value)


def test_an_error_of_a_task_is_stored_as_its_words() -> None:
    assert Serializer().loads_typed(Serializer().dumps_typed(ValueError("no"))) == "ValueError('no')"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (datetime.datetime(2020, 1, 1), "datetime.datetime"),
        ({"deep": [object()]}, "builtins.object"),
        (DeltaSnapshot([Path("x")]), "PosixPath"),
        (2**70, "64-bit"),
    ],
)
@pytest.mark.threat("D-04")
def test_what_could_not_be_read_back_is_not_written(value: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Serializer().dumps_typed(value)


def extension(code: int, *named: Any) -> tuple[str, bytes]:
    return "msgpack", ormsgpack.packb({"x": [ormsgpack.Ext(code, ormsgpack.packb(named))]})


HOSTILE: dict[str, Callable[[str], tuple[str, bytes]]] = {
    "constructor, one argument": lambda file: extension(0, __name__, "Canary", file),
    "constructor, arguments": lambda file: extension(1, __name__, "Canary", [file]),
    "constructor, fields": lambda file: extension(2, __name__, "Canary", {"file": file}),
    "method": lambda file: extension(3, "pathlib", "Path", file, "touch"),
    "pydantic 1": lambda file: extension(4, __name__, "Canary", {"file": file}),
    "pydantic 2": lambda file: extension(5, __name__, "Canary", {"file": file}, "model_validate_json"),
    "numpy": lambda _: extension(6, "<f8", [1], "C", b"12345678"),
    "system": lambda file: extension(0, "os", "system", f"touch {file}"),
    "allowed type, wrong form": lambda _: extension(0, "langgraph.types", "Send", "x"),
    "allowed type, wrong fields": lambda _: extension(2, "langgraph.types", "Overwrite", {"system": 1}),
    "broken extension": lambda _: ("msgpack", ormsgpack.packb(ormsgpack.Ext(0, b"\xc1"))),
    "pickle": lambda file: ("pickle", f"cos\nsystem\n(S'touch {file}'\ntR.".encode()),
    "json": lambda _: ("json", b'{"lc": 2, "type": "constructor", "id": ["os", "getcwd"]}'),
    "garbage": lambda _: ("msgpack", b"\x81\xc1" * 20),
    "cut short": lambda _: ("msgpack", Serializer().dumps_typed({"a": "long enough"})[1][:-3]),
    "too deep": lambda _: ("msgpack", b"\x91" * 100_000),
    "nothing": lambda _: ("msgpack", b""),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.threat("R-11")
def test_hostile_bytes_are_refused_and_never_run(name: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    with pytest.raises(CheckpointUnreadable):
        Serializer().loads_typed(HOSTILE[name](str(canary)))
    assert not canary.exists()


@pytest.mark.threat("R-11")
async def test_hostile_rows_make_a_session_unreadable_and_nothing_else(
    tmp_path: Path, database: Database
) -> None:
    checkpointer = Checkpointer(database)
    other = await checkpointer.aput({"configurable": {"thread_id": "other"}}, empty_checkpoint(), {}, {})
    for name, hostile in HOSTILE.items():
        canary = tmp_path / name.replace(" ", "-")
        word, stored = hostile(str(canary))
        thread: RunnableConfig = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
        config = await checkpointer.aput(thread, empty_checkpoint(), {}, {})
        await checkpointer.aput_writes(config, [("c", 1)], "task", "~p")
        await checkpointer.aput(config, empty_checkpoint(), {}, {})
        bad_write = update(checkpoint_writes).values(value_type=word, value=stored)
        await database.write(lambda connection, bad=bad_write: connection.execute(bad))
        with pytest.raises(CheckpointUnreadable):
            await checkpointer.aget_tuple(config)
        with pytest.raises(CheckpointUnreadable):
            await checkpointer.aget_delta_channel_history(config=thread, channels=["c"])
        bad_state = update(checkpoints).where(checkpoints.c.thread_id == name).values(checkpoint=stored)
        await database.write(lambda connection, bad=bad_state: connection.execute(bad))
        with pytest.raises(CheckpointUnreadable):
            await checkpointer.aget_tuple(thread)
        with pytest.raises(CheckpointUnreadable):
            _ = [item async for item in checkpointer.alist(thread)]
        assert not canary.exists(), name
        await checkpointer.adelete_thread(name)
        assert await checkpointer.aget_tuple(thread) is None
    assert await checkpointer.aget_tuple(other) is not None


async def test_broken_metadata_makes_a_checkpoint_unreadable(database: Database) -> None:
    checkpointer = Checkpointer(database)
    config = await checkpointer.aput({"configurable": {"thread_id": "t"}}, empty_checkpoint(), {}, {})
    for metadata in ("", "[]", "{", '"x"', "null"):
        broken = update(checkpoints).values(metadata=metadata)
        await database.write(lambda connection, broken=broken: connection.execute(broken))
        with pytest.raises(CheckpointUnreadable, match="Thread t"):
            await checkpointer.aget_tuple(config)
