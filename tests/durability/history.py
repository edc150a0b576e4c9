"""The history checker: what a server promises about crashes, read from what is left when all is over.

A test collects a `History` (what it asked for, what it was sent, when it killed what) and calls `check` on
the database that the server has left. `Verdict.hold` fails with every sentence that is wrong; its figures go
into the test's row::

    verdict = await check(database_url, history)
    verdict.hold(trial)
    trial.saw(**verdict.figures)
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import msgspec
from msgspec import Struct, field
from sqlalchemy import Connection, func, select

from graphs.values.events import TERMINAL, Event
from persistence.journal.journal import Journal
from persistence.storage.database import open_database
from persistence.storage.tables.checkpoints import checkpoints
from persistence.storage.tables.library import flow_versions
from persistence.storage.tables.runs import calls, executions
from persistence.storage.tables.spending import usage
from tests.runtimes.replies import Exchange

__all__ = ["History", "Verdict", "check"]


class History(Struct):
    """What the outside has seen of a server. Times are Unix seconds."""

    accepted: list[str] = field(default_factory=list[str])
    """Id of the execution of each request that was answered 2xx."""
    numbers: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    """For each client of a native stream the event numbers that it was sent, over all its connections."""
    accidents: list[float | tuple[float, float]] = field(default_factory=list[float | tuple[float, float]])
    """Moments and spans in which a server was dead or frozen: only over those may a call be made again."""
    exchanges: Sequence[Exchange] = ()
    """What the scripted model was asked, with the time of the first on our clock in `offset`."""
    offset: float = 0.0
    """To add to an exchange's times for Unix seconds: ``time.time() - time.monotonic()``."""
    faulty_model: bool = False
    """Whether the model was made to fail: then calls are repeated without an accident."""
    zombies: int = 0
    """Calls that frozen processes made when they woke: before they knew that their runs were taken over."""
    may_fork: bool = False
    """Whether a thread was taken back to an earlier checkpoint on purpose."""


class Verdict(Struct, frozen=True):
    """What is wrong, in sentences, and what was counted."""

    wrong: list[str]
    figures: dict[str, float]

    def hold(self, context: object = "") -> None:
        """Fail if anything is wrong."""
        assert not self.wrong, f"{context}:\n" + "\n".join(self.wrong)


class Left(Struct, frozen=True):
    """What a server has left in its database."""

    runs: list[Any]
    events: dict[str, list[Event]]
    calls: dict[str, float]
    """``<task>:<number>`` of each stored call, and when it was stored."""
    parents: list[tuple[str, str, str]]
    spent: tuple[int, int]
    graphs: dict[tuple[str, int], Any]


async def check(database_url: str, history: History) -> Verdict:
    """Hold what the database has against what the outside saw. The server has stopped, or is idle."""
    left = await _read(database_url)
    repeats = list(_call_repeats(left, history))
    in_flight = sum(1 for one in repeats if not one)
    wrong = [
        *_one_end_each(left, history),
        *_committed_nodes_once(left),
        *(one for one in repeats if one),
        *_numbers_without_gap(left, history),
        *_one_chain(left, history),
        *_ledger(left, history),
    ]
    ended = {run.id for run in left.runs if run.completed_at is not None}
    return Verdict(
        wrong=wrong,
        figures={
            "runs": len(left.runs),
            "lost": len([id for id in history.accepted if id not in ended]),
            "committed_nodes_repeated": len(_committed_nodes_once(left)),
            "stored_calls_repeated": len([one for one in repeats if one]),
            "calls_in_flight_repeated": in_flight,
        },
    )


def _one_end_each(left: Left, history: History) -> list[str]:
    """Return what is wrong with ends: each accepted run has one, and its journal ends with it."""
    wrong: list[str] = []
    known = {run.id: run for run in left.runs}
    wrong += [f"Run {id} was accepted and is gone." for id in history.accepted if id not in known]
    for run in left.runs:
        if run.completed_at is None:
            wrong.append(f"Run {run.id} is still {run.status}.")
            continue
        events = left.events[run.id]
        ends = [event.type for event in events if event.type in TERMINAL]
        if len(ends) != 1 or events[-1].type not in TERMINAL:
            wrong.append(f"Run {run.id} ({run.status}) ends with {ends}, last {events[-1:]}.")
    return wrong


def _committed_nodes_once(left: Left) -> list[str]:
    """Return which nodes ran again although their result was committed.

    A successor starts only on a committed result. So a start of X that follows another start of X is right
    where a node before X has completed in between (a new visit), or where the run was resumed in between and
    no node behind X, on the same path, had been started yet.
    """
    wrong: list[str] = []
    for run in left.runs:
        graph = _graph(run, left)
        before: dict[str, set[str]] = defaultdict(set)
        behind: dict[str, set[str]] = defaultdict(set)
        for edge in graph.get("edges", []):
            before[edge["target"]].add(edge["source"])
            behind[edge["source"]].add(edge["target"])
        last: dict[tuple[str, str], int] = {}

        def happened(since: list[Event], type: str, path: str, nodes: set[str]) -> bool:
            return any((one.type, one.path) == (type, path) and one.node in nodes for one in since)

        events = left.events[run.id]
        for position, event in enumerate(events):
            if event.type != "node.started" or event.data.get("node_type") == "code":
                continue  # the tasks of a graph in code follow no edges that we know
            place = (event.path, event.node)
            began = last.get(place)
            last[place] = position
            if began is None:
                continue
            since = events[began + 1 : position]
            if happened(since, "node.completed", event.path, before[event.node]):
                continue
            if happened(since, "node.retrying", event.path, {event.node}):
                continue
            if not any(other.type == "run.resumed" for other in since):
                wrong.append(f"Node {place} of run {run.id} ran twice without a crash.")
            elif happened(since, "node.started", event.path, behind[event.node]):
                wrong.append(f"Node {place} of run {run.id} ran again after its result was committed.")
    return wrong


def _call_repeats(left: Left, history: History) -> Iterable[str]:
    """Yield a sentence for each call that was made once too often, and "" for each that was in flight."""
    spans = [one if isinstance(one, tuple) else (one, one) for one in history.accidents]
    allowed = history.zombies
    asked: dict[str, list[float]] = defaultdict(list)
    for exchange in history.exchanges:
        key = exchange.headers.get("idempotency-key")
        if key is not None:
            asked[key].append(exchange.opened + history.offset)
    for call, begun in asked.items():
        stored = left.calls.get(call)
        late = sum(moment > stored for moment in begun) if stored is not None else 0
        if late > 0:
            allowed -= late
        if late > 0 and allowed < 0:
            yield f"Call {call} was made after its answer was stored."
        for first, second in itertools.pairwise(begun):
            hit = any(first <= end and begin <= second for begin, end in spans)
            if not hit and not history.faulty_model:
                near = [f"{begin:.3f} to {end:.3f}" for begin, end in spans if abs(begin - first) < 5]
                yield (
                    f"Call {call} was made at {first:.3f} and at {second:.3f}, and no server died in "
                    f"between: that was {', '.join(near) or 'long before or after'}."
                )
            else:
                yield ""


def _numbers_without_gap(left: Left, history: History) -> list[str]:
    """Return whose numbers are not 1, 2, 3, …: of journals, and of clients over all their connections."""
    wrong = [
        f"The journal of run {id} has the numbers {[event.seq for event in events][:50]}…"
        for id, events in left.events.items()
        if [event.seq for event in events] != list(range(1, len(events) + 1))
    ]
    for client, numbers in history.numbers.items():
        if any(second != first + 1 for first, second in itertools.pairwise(numbers)):
            wrong.append(f"Client {client} was sent the numbers {numbers[:100]}…")
    return wrong


def _one_chain(left: Left, history: History) -> list[str]:
    """Return which threads forked: two checkpoints after the same one."""
    if history.may_fork:
        return []
    forks = {place for place in left.parents if left.parents.count(place) > 1}
    return [f"Thread {thread} forked at checkpoint {parent}." for thread, _, parent in sorted(forks)]


def _ledger(left: Left, history: History) -> list[str]:
    """Return what is wrong with the ledger: it has what the model counted.

    What was asked when a process died is asked again, and only the answer that came is booked. A request that
    the server itself has cut off is booked by an estimate, flagged as one: those rows are left out.
    """
    counted = [
        one for one in history.exchanges if one.output_tokens and one.path.endswith("/chat/completions")
    ]
    if not counted or history.faulty_model:
        return []
    once = {
        one.headers.get("idempotency-key", str(one.number)): one
        for one in counted
        if one.end != "peer_closed"
    }
    least = _tokens(once.values())
    most = _tokens(counted)
    if not all(low <= spent <= high for low, spent, high in zip(least, left.spent, most, strict=True)):
        odd = [
            f"{key} at {one.opened + history.offset:.3f}, {one.end or 'open'}"
            for key, one in once.items()
            if key not in left.calls
        ]
        return [
            f"The ledger has {left.spent} tokens; the model counted {least} to {most}. Asked, with no answer "
            f"kept: {odd or 'nothing'}. Accidents: {history.accidents[:20]}."
        ]
    return []


def _tokens(exchanges: Iterable[Exchange]) -> tuple[int, int]:
    whole = list(exchanges)
    return sum(one.input_tokens for one in whole), sum(one.output_tokens for one in whole)


def _graph(run: Any, left: Left) -> Any:
    document = run.document and msgspec.json.decode(run.document)
    if not document:
        document = left.graphs.get((run.flow_id, run.flow_version)) or {}
    return document.get("graph_definition") or {}


async def _read(database_url: str) -> Left:
    async with open_database(database_url) as database:

        def rows(connection: Connection) -> Left:
            tasks = select(calls.c.execution_id, calls.c.task_id, calls.c.number, calls.c.created_at).where(
                calls.c.kind.in_(("model", "tool"))
            )
            chain = select(checkpoints.c.thread_id, checkpoints.c.checkpoint_ns, checkpoints.c.parent_id)
            spent = connection.execute(
                select(
                    func.coalesce(func.sum(usage.c.input_tokens), 0),
                    func.coalesce(func.sum(usage.c.output_tokens), 0),
                ).where(usage.c.estimated.is_(False))
            ).one()
            return Left(
                runs=list(connection.execute(select(executions).order_by(executions.c.position))),
                events={},
                calls={
                    f"{row.execution_id}:{uuid5(NAMESPACE_OID, row.task_id)}:{row.number}": row.created_at
                    for row in connection.execute(tasks)
                },
                parents=[
                    (row.thread_id, row.checkpoint_ns, row.parent_id)
                    for row in connection.execute(chain.where(checkpoints.c.parent_id.is_not(None)))
                ],
                spent=(int(spent[0]), int(spent[1])),
                graphs={
                    (row.flow_id, row.version): msgspec.json.decode(row.document)
                    for row in connection.execute(select(flow_versions))
                },
            )

        left = await database.read(rows)
        journal = Journal(database)
        for run in left.runs:
            left.events[run.id] = await journal.read(run.id, limit=1_000_000)
    return left
