"""Resumption: the recorder of a run, with what an earlier process has left of it."""

import sys

import msgspec

from graphs.conversation.messages import Citation
from graphs.values.events import Event
from persistence.journal.journal import Journal
from persistence.journal.left_runs import left_behind
from persistence.journal.recorder import JournalRecorder
from persistence.journal.run_ending import RunEnding
from persistence.runs.accept import created_event
from persistence.storage.database import Database
from persistence.storage.execution_rows import ExecutionRow

__all__ = ["new_recorder", "open_recorder"]


def new_recorder(
    database: Database, journal: Journal, row: ExecutionRow, *, interval: float
) -> JournalRecorder | None:
    """Open the recorder of a run that nobody has begun before; None where there may be something to read."""
    if row.claim > 1 or row.parent_id is not None:
        return None
    past = [created_event(row)]
    return JournalRecorder(database, journal, row, interval=interval, last_seq=1, past=past)


async def open_recorder(
    database: Database, journal: Journal, row: ExecutionRow, *, interval: float
) -> JournalRecorder:
    """Open the recorder of a run under `row.claim`, with what an earlier process has left of it.

    Args:
        database: Where it writes.
        journal: Where it publishes what is committed.
        row: The execution, as begun or adopted by this process.
        interval: Seconds between two writes of token deltas.
    """
    if (fresh := new_recorder(database, journal, row, interval=interval)) is not None:
        return fresh
    left = await database.read(lambda connection: left_behind(connection, row))
    unfinished: set[tuple[str, str]] = set()
    open_nodes: set[str] = set()
    done_nodes: set[str] = set()
    cut_off: dict[tuple[str, str], str] = {}
    told: set[str] = set()
    cited: list[Citation] = []
    cited_aside: list[tuple[str, Citation]] = []
    ending = RunEnding()
    paused = False
    begun, seconds, previous = 0, 0.0, None
    for event in await journal.read(row.id, limit=sys.maxsize):
        _follow(event, cut_off)
        ending.follow(event.type, event.visibility, event.data)
        if previous is not None and event.type != "run.resumed":
            seconds += max(0.0, event.ts - previous)
        previous = None if event.type == "run.created" else event.ts
        if event.type in ("run.started", "run.resumed"):
            begun += 0 if paused else 1
            paused = False
        elif event.type == "run.paused":
            paused = True
        elif event.type == "message.started":
            unfinished.add((event.path, event.node))
        elif event.type in ("message.completed", "message.reset"):
            unfinished.discard((event.path, event.node))
        elif event.type == "node.started" and not event.path:
            open_nodes.add(event.node)
        elif event.type in ("node.completed", "node.failed") and not event.path:
            open_nodes.discard(event.node)
            if event.type == "node.completed":
                done_nodes.add(event.node)
        elif event.type in ("input.received", "input.expired"):
            told.add(event.data["input_id"])
        elif event.type == "citation" and event.visibility == "public":
            cited.append(msgspec.convert(event.data, Citation))
        elif event.type == "citation" and not event.path:
            cited_aside.append((event.node, msgspec.convert(event.data, Citation)))
    return JournalRecorder(
        database,
        journal,
        row,
        interval=interval,
        last_seq=left.last_seq,
        calls=left.calls,
        inputs=left.inputs,
        told_inputs=told,
        open_messages=unfinished,
        open_nodes=open_nodes,
        done_nodes=done_nodes,
        cut_off={} if paused else cut_off,
        cited=cited,
        cited_aside=cited_aside,
        ending=ending,
        totals=left.totals,
        begun=begun,
        paused=paused,
        seconds=seconds,
    )


def _follow(event: Event, waiting: dict[tuple[str, str], str]) -> None:
    """Keep which nodes wait for a model's answer, as far as events tell, with what has come of it.

    A node that has begun may be asking; one that uses a tool, or that has ended, is not.
    """
    place = (event.path, event.node)
    match event.type:
        case "node.started" | "message.started" | "message.reset":
            waiting[place] = ""
        case "message.delta" | "message.reasoning" if place in waiting:
            waiting[place] += event.data.get("content", "")
        case "message.completed" | "node.completed" | "node.failed" | "tool.started":
            waiting.pop(place, None)
        case "run.paused":
            waiting.clear()
        case _:
            pass
