"""Run queue: where an accepted run waits, and how a worker takes its turn at each workspace's runs.

Promise 1 of `docs/durability.md` does not rest on the queue: a worker also looks into the database, five
times a lease, and twice a second while the queue does not answer.
"""

import asyncio
import contextlib
import hashlib
import logging
import random
from collections.abc import Collection, Mapping

import msgspec

from persistence.runs.accept import NewExecution
from persistence.runs.executions import ExecutionRow
from persistence.runs.waiting_runs import DEFAULT_QUEUE, Place, WaitingRuns
from persistence.storage.database import Database
from persistence.storage.errors import StorageError
from server.http.problems import Problem
from server.runs.lease_renewal import Lease
from server.runs.live_runs import LiveRuns
from server.runs.run_requests import Order
from server.settings.data_folder import secret_key
from server.settings.sources import Settings
from server.settings.worker_rules import QueueRule, queue_address, queue_rules, workspace_weights
from server.workers.turn_queue import QueueDown, TurnQueue

__all__ = ["BEHIND", "SharedRuns", "open_run_queue"]

BEHIND = 10
"""Priority of runs that leave room for others; what somebody waits for has 0."""
SCHEDULED = 5
LISTEN = 2.0
"""Seconds that a worker waits for a message before it looks whether it is to stop."""
WITHOUT = 0.5
"""Seconds between looks into the database while the queue does not answer."""

log = logging.getLogger("agenticrag.queue")


async def open_run_queue(settings: Settings, database: Database, *, worker: bool) -> "SharedRuns | None":
    """Return what this process knows of the queue; None where it runs what it accepts."""
    address = queue_address(settings)
    if not address:
        return None
    # All processes of a deployment have its key, and no other deployment has.
    secret = await asyncio.to_thread(secret_key, settings)
    namespace = hashlib.sha256(f"queue of {secret}".encode()).hexdigest()[:12]
    return SharedRuns(settings, WaitingRuns(database), TurnQueue(address, namespace), worker=worker)


class SharedRuns:
    """Runs that one process accepts and another drives; a `server.runs.executor.RunQueue`.

    Args:
        settings: Which queues, how many runs at once, whose turn is how long.
        waiting: The runs that wait.
        turns: What tells workers of them.
        worker: Whether this process takes runs.
    """

    def __init__(self, settings: Settings, waiting: WaitingRuns, turns: TurnQueue, *, worker: bool) -> None:
        self.queues: Collection[str] = settings.queues_taken if worker else ()
        self.capacity = settings.worker_concurrency if worker else 0
        self.waiting = waiting
        self.turns = turns
        self._settings = settings
        self._rules: list[QueueRule] = queue_rules(settings)
        self._weights: Mapping[str, int] = workspace_weights(settings)
        self._room = asyncio.Event()
        self._taking = asyncio.Lock()
        self._after: set[asyncio.Task[None]] = set()
        self._process_id = ""
        self._live: LiveRuns | None = None
        self._lease: Lease | None = None

    def placed(self, new: NewExecution, order: Order) -> NewExecution:
        """Return a run with the queue and the priority that it waits with.

        Raises:
            Problem: 422 where it has a key of its own, which no other process may get.
        """
        if order.api_key:
            raise Problem(
                422,
                "own_key_needs_inline",
                "A run with an api_key of its own cannot be given to a worker: the key is never stored. "
                "Store the key as a credential and name a connection, or leave api_key out.",
            )
        priority = BEHIND if order.background else SCHEDULED if order.schedule else 0
        return msgspec.structs.replace(new, queue=self._queue_of(order), priority=priority)

    def call(self, row: ExecutionRow) -> None:
        """Say to workers that a run waits."""
        queue = row.queue or DEFAULT_QUEUE
        self.turns.call(Place(queue, row.workspace))

    def ended(self, row: ExecutionRow) -> None:
        """Look whether more of a workspace waits, now that one of its runs has ended."""
        task = asyncio.create_task(self._call_next(row.workspace), name="turn-next")
        self._after.add(task)
        task.add_done_callback(self._after.discard)

    async def work(self, process_id: str, live: LiveRuns, lease: Lease) -> None:
        """Take runs, for as long as this process does; return at once where it is no worker."""
        if not self.queues:
            return
        self._process_id, self._live, self._lease = process_id, live, lease
        live.on_room = self._room.set
        self._room.set()
        async with asyncio.TaskGroup() as group:
            for queue in self.queues:
                group.create_task(self._listen(queue, live), name=f"queue-{queue}")
            group.create_task(self._look(live), name="queue-look")

    async def close(self) -> None:
        """Close the connections to the queue."""
        if self._after:
            await asyncio.wait(self._after, timeout=1)
        await self.turns.close()

    async def _listen(self, queue: str, live: LiveRuns) -> None:
        """Take the turns that a queue calls, while there is room."""
        while not live.stopping.is_set():
            await self._has_room(live)
            try:
                workspace = await self.turns.next(queue, seconds=LISTEN)
                if workspace is not None:
                    await self._begin(Place(queue, workspace), live)
            except QueueDown as down:
                log.debug("The queue does not answer: %s", down)
                await self._take_anywhere(live)
                await asyncio.sleep(WITHOUT)
            except Exception:  # this process must go on: nobody else knows that it takes no more runs
                log.exception("A turn could not be taken; trying again.")
                await asyncio.sleep(WITHOUT)

    async def _look(self, live: LiveRuns) -> None:
        """Begin what waits and was called in vain: the message was lost, or its worker died."""
        pause = self._settings.lease_seconds / 5
        while not live.stopping.is_set():
            await asyncio.sleep(pause)
            await self._take_anywhere(live)
            if random.random() < 0.1:
                await self.turns.sweep([*self.queues])

    async def _take_anywhere(self, live: LiveRuns) -> None:
        if live.free <= 0 or live.outage.reason:
            return
        try:
            places = await self.waiting.places(self.queues)
            random.shuffle(places)  # no workspace is first in every worker
            for place in places:
                await self._begin(place, live)
        except StorageError as error:
            live.outage.begin(error)
        except Exception:
            log.exception("Waiting runs could not be looked at; trying again.")

    async def _begin(self, place: Place, live: LiveRuns) -> None:
        """Take a workspace's turn: begin some of its runs, and call its next turn where there may be more."""
        async with self._taking:
            lease = self._lease
            if (
                lease is None
                or not lease.holds
                or live.stopping.is_set()
                or live.outage.reason
                or live.free <= 0
            ):
                self.turns.call(place)
                await asyncio.sleep(0.05)
                return
            turn = self._settings.turn_runs * self._weights.get(place.workspace, 1)
            limit = max(1, min(turn, live.free // 2))
            try:
                rows = await self.waiting.take(
                    self._process_id,
                    place,
                    limit=limit,
                    most_running=self._settings.max_running_runs,
                    below=None if live.has_room_behind else BEHIND,
                )
            except StorageError as error:
                live.outage.begin(error)
                return
            for row in rows:
                live.admit(row)
        if len(rows) == limit:
            self.turns.call(place)

    async def _has_room(self, live: LiveRuns) -> None:
        while live.free <= 0 and not live.stopping.is_set():
            self._room.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._room.wait()

    async def _call_next(self, workspace: str) -> None:
        try:
            for place in await self.waiting.places(self.queues, workspace=workspace):
                self.turns.call(place)
        except StorageError as error:
            log.debug("Waiting runs could not be looked at: %s", error)

    def _queue_of(self, order: Order) -> str:
        for rule in self._rules:
            match rule.kind:
                case "workspace":
                    fits = order.workspace == rule.value
                case "flow":
                    fits = order.flow is not None and order.flow.id == rule.value
                case "tag":
                    fits = order.flow is not None and rule.value in order.flow.tags
                case "background":
                    fits = order.background or order.schedule is not None
            if fits:
                return rule.queue
        return DEFAULT_QUEUE
