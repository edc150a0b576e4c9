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

from sqlalchemy import text

from persistence.checkpoints.checkpointer import Checkpointer
from persistence.library.session_words import SessionWords
from persistence.library.sessions import Sessions
from persistence.runs.conversation_questions import ConversationQuestions
from persistence.storage.database import Database, open_database
from persistence.storage.migrate import upgrade
from server.compilation.session_index import SessionIndex
from server.compilation.session_states import SessionStates
from server.sessions.session_search import SessionSearch

__all__ = ["main"]

SESSIONS, TURNS, WORDS = 10_000, 4, 60
VOCABULARY = 20_000


def words_of(random_words: random.Random) -> str:
    """Return a message of words, a few of which are common."""
    chosen = (int(random_words.paretovariate(0.7)) % VOCABULARY for _ in range(WORDS))
    return " ".join(f"word{number}x" for number in chosen)


async def fill(database: Database, states: SessionStates) -> list[str]:
    """Make the sessions; one of them has a word of its own."""
    from graphs.run_state.session_history import write_history

    async def checkpointer() -> Checkpointer:
        return Checkpointer(database)

    words = random.Random(7)
    ids: list[str] = []
    for number in range(SESSIONS):
        row = await Sessions(database).create("default", f"s{number}", title=f"Session {number}")
        texts = [words_of(words) for _ in range(2 * TURNS)]
        if number == SESSIONS // 2:
            texts[3] += " eucalyptus"
        roles = ("user", "assistant")
        messages = [
            {"id": f"m{place}", "role": roles[place % 2], "content": one} for place, one in enumerate(texts)
        ]
        await write_history(await checkpointer(), row.id, messages)
        ids.append(row.id)
    return ids


async def timed(work: Callable[[], Awaitable[Any]], times: int = 1) -> float:
    """Return how many seconds something takes, the shortest of some times."""
    found: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        found.append(time.perf_counter() - began)
    return min(found)


async def measure(url: str) -> None:
    """Measure one database."""
    await asyncio.to_thread(upgrade, url)
    async with open_database(url) as database:
        checkpointer = Checkpointer(database)

        async def opened() -> Checkpointer:
            return checkpointer

        states = SessionStates(opened, ConversationQuestions(database))
        index = SessionIndex(SessionWords(database), states)
        engine = cast("Any", SimpleNamespace(sessions=states, session_index=index))
        ids = await fill(database, states)

        async def read_all() -> None:
            for id in ids:
                assert not any("nowhere" in one["content"] for one in await states.messages(id))

        async def index_all() -> None:
            while await index.step(200):
                await database.later.settled(None)

        reading = await timed(read_all)
        print(f"reading all messages: {reading:.2f} s; indexing them: {await timed(index_all):.2f} s")
        sizes = "SELECT count(*), sum(length(word_keys)) FROM session_words"
        count, size = await database.read(lambda connection: tuple(connection.execute(text(sizes)).one()))
        print(f"{count} sessions of {TURNS} turns have {size / count:.0f} bytes of keys each")
        search = SessionSearch(SessionWords(database), engine, most=100)
        for query in ("eucalyptus", "word7x", "word7x word19x", "nowhere"):
            found: list[int] = []

            async def one(query: str = query, found: list[int] = found) -> None:
                page = await search.find("default", query, flow_id=None, owner=None, limit=50, after=None)
                found.append(len(page.matches))

            took = await timed(one, 5)
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
