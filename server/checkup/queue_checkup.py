"""Queue checkup: whether the queue of the workers answers, and whether there are workers."""

import asyncio

from persistence.reports.totals import TotalsReader
from persistence.storage.database import open_database
from persistence.storage.errors import StorageError
from server.checkup.checkup import Checkup
from server.settings.sources import Settings
from server.settings.url_passwords import shown_url
from server.settings.worker_rules import missing_packages, queue_address
from server.workers.turn_queue import QueueDown, TurnQueue

__all__ = ["queue_checkup"]

LONG = 30.0
"""Seconds that a run may wait before that is worth a remark."""


async def queue_checkup(settings: Settings) -> Checkup:
    """Look at the queue. Nothing is put into it and nothing is taken from it."""
    address = queue_address(settings)
    if not address:
        return Checkup("Workers", "ok", "Not used: the server runs what it accepts.")
    if missing := missing_packages(settings):
        return Checkup("Workers", "missing", missing, "pip install 'agenticrag[workers]'")
    queue = TurnQueue(address, "doctor")
    where = shown_url(address)
    try:
        await queue.check()
    except QueueDown as down:
        todo = "Start it, or correct AGENTICRAG_QUEUE_URL. Until then workers look into the database."
        return Checkup("Workers", "note", f"The queue at {where} does not answer: {down}", todo)
    finally:
        await queue.close()
    try:
        async with asyncio.timeout(15), open_database(settings.database) as database:
            queues = (await TotalsReader(database).read()).queues
    except (StorageError, OSError, TimeoutError):
        return Checkup("Workers", "ok", f"The queue at {where} answers.")
    late = [
        f"{count} in '{name}' for {oldest:.0f} s" for name, (count, oldest) in queues.items() if oldest > LONG
    ]
    if late:
        detail = f"The queue at {where} answers, and runs wait: {', '.join(late)}."
        return Checkup(
            "Workers", "note", detail, "Start workers for these queues: agenticrag worker --queues …"
        )
    return Checkup("Workers", "ok", f"The queue at {where} answers, and no run waits for long.")
