"""How much faster the search over sessions is with its index than by reading all messages.

``python -m benchmarks.session_search`` makes 10,000 sessions in a SQLite database (or the one at ``--url``),
indexes them, and searches for a word of one session, of many and of none.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import Connection, bindparam, insert, select, text

from persistence.checkpoints.checkpointer import Checkpointer
from persistence.checkpoints.exclusive import Exclusive
from persistence.library.session_words import SessionWords
from persistence.library.sessions import Sessions
from persistence.runs.conversation_questions import ConversationQuestions
from persistence.storage.database import Database, open_database
from persistence.storage.migrate import upgrade
from persistence.storage.tables import metadata
from server.compilation.session_index import SessionIndex
from server.compilation.session_states import SessionStates
from server.sessions.session_search import SessionSearch
from server.settings.sources import Settings

__all__ = ["main"]

SESSIONS, TURNS, WORDS = 10_000, 4, 60
MODELS = 60
COPIED = ("checkpoints", "checkpoint_writes", "checkpoint_values", "session_words")
VOCABULARY = 20_000


def words_of(random_words: random.Random) -> str:
    """Return a message of words, a few of which are common."""
    chosen = (int(random_words.paretovariate(0.7)) % VOCABULARY for _ in range(WORDS))
    return " ".join(f"word{number}x" for number in chosen)


async def fill(database: Database, states: SessionStates, index: SessionIndex) -> float:
    """Make the sessions, one of which has a word of its own; return the CPU seconds that indexing one takes.

    Most are copies of a few, row by row: to write each would take far longer than to search them.
    """
    words = random.Random(7)
    ids: list[str] = []
    for number in range(SESSIONS):
        row = await Sessions(database).create("default", f"s{number}", title=f"Session {number}")
        ids.append(row.id)
    for number in range(MODELS):
        texts = [words_of(words) for _ in range(2 * TURNS)]
        if number == 0:
            texts[3] += " eucalyptus"
        roles = ("user", "assistant")
        messages = [
            {"id": f"m{place}", "role": roles[place % 2], "content": one} for place, one in enumerate(texts)
        ]
        await states.make(ids[number], messages, {}, Exclusive("default"))
    indexed = "UPDATE sessions SET indexed_at = last_activity_at"

    def rest_is_known(connection: Connection) -> None:
        connection.execute(text(indexed))
        connection.execute(
            text("UPDATE sessions SET indexed_at = NULL WHERE id IN :ids").bindparams(
                bindparam("ids", ids[:MODELS], expanding=True)
            )
        )

    await database.write(rest_is_known)
    began = time.process_time()
    while await index.step(20, time.time() + 3600):
        await database.later.settled(None)
    await database.later.settled(None)
    took = (time.process_time() - began) / MODELS

    def copy(connection: Connection) -> None:
        for name in COPIED:
            table = metadata.tables[name]
            key = table.c.session_id if "session_id" in table.c else table.c.thread_id
            others = [column for column in table.c if column is not key]
            rest = select(bindparam("copy"), *others).where(key == bindparam("model"))
            put = insert(table).from_select([key, *others], rest)
            pairs = [
                {"copy": id, "model": ids[1 + number % (MODELS - 1)]}
                for number, id in enumerate(ids[MODELS:])
            ]
            connection.execute(put, pairs)

    await database.write(copy)
    return took


async def timed(work: Callable[[], Awaitable[Any]], times: int = 1) -> float:
    """Return how many seconds of CPU something takes, the least of some times."""
    found: list[float] = []
    for _ in range(times):
        began = time.process_time()
        await work()
        found.append(time.process_time() - began)
    return min(found)


async def measure(url: str) -> None:
    """Measure one database."""
    await asyncio.to_thread(upgrade, url)
    async with open_database(url) as database:
        checkpointer = Checkpointer(database)

        async def opened() -> Checkpointer:
            return checkpointer

        states = SessionStates(opened, ConversationQuestions(database), Settings())
        index = SessionIndex(SessionWords(database), states)
        engine = cast("Any", SimpleNamespace(sessions=states, session_index=index))
        one = await fill(database, states, index)
        rows, _ = await Sessions(database).list("default", limit=SESSIONS)

        async def read_all() -> None:
            for row in rows:
                assert not any("nowhere" in one["content"] for one in await states.messages(row.id))

        reading = await timed(read_all)
        sizes = "SELECT count(*), sum(length(word_keys)) FROM session_words"
        count, size = await database.read(lambda connection: tuple(connection.execute(text(sizes)).one()))
        print(
            f"{count} sessions with {2 * TURNS} messages of {WORDS} words; "
            f"{size / count:.0f} bytes of keys each"
        )
        print(f"CPU seconds: {reading:.1f} to read all messages, {one * 1000:.1f} ms to index a session")
        search = SessionSearch(SessionWords(database), engine, most=100)
        for query in ("eucalyptus", "word7x", "word7x word19x", "nowhere"):
            found: list[int] = []

            async def page(query: str = query, found: list[int] = found) -> None:
                page = await search.find("default", query, flow_id=None, owner=None, limit=50, after=None)
                found.append(len(page.matches))

            took = await timed(page, 5)
            print(
                f"{query}: {found[-1]} on the page, {took * 1000:.0f} ms, {reading / took:.0f} times faster"
            )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="", help="of an empty database")
    url = parser.parse_args().url
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(url or f"sqlite+aiosqlite:///{Path(folder) / 'search.db'}"))


if __name__ == "__main__":
    main()
