"""SIGKILL while a book is read into a knowledge base: it goes on, embeds nothing twice, leaves no row."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from persistence.storage.database import open_database
from persistence.storage.tables import knowledge as tables
from tests.document_files import page_text, pdf
from tests.durability.conftest import Serve
from tests.durability.rows import fault
from tests.durability.server_process import ServerProcess
from tests.durability.trial import Trial
from tests.runtimes.wire_server import Asked, Part, WireServer, http

API = "/api/agent-builder"
BATCH = 8
ROWS = (
    tables.knowledge_documents,
    tables.knowledge_contents,
    tables.knowledge_passages,
    tables.knowledge_blocks,
    tables.knowledge_garbage,
)


def embeddings(asked: Asked) -> Sequence[Part]:
    """Answer with a vector made of each text's hash, after a moment."""
    vectors = [
        {"index": at, "embedding": [byte / 128 - 1 for byte in hashlib.sha256(text.encode()).digest()]}
        for at, text in enumerate(asked.body.get("input", []))
    ]
    usage = {"prompt_tokens": 10 * len(vectors), "total_tokens": 10 * len(vectors)}
    return [0.02, http(200, msgspec.json.encode({"data": vectors, "model": "test", "usage": usage}))]


@fault(
    "F-40",
    "SIGKILL at random moments of the ingestion of a PDF",
    "it becomes ready, no passage that was stored is embedded again, deleting it leaves no row",
    ci=4,
    full=10,
)
@pytest.mark.timeout(600)
async def test_a_book_survives_kills_and_embeds_nothing_twice(
    trial: Trial, database_url: str, serve: Serve
) -> None:
    pages = 1000 if trial.full else 30
    async with WireServer(embeddings) as provider:
        server = serve(
            model_url=provider.url,
            AGENTICRAG_INGESTION_BATCH=str(BATCH),
            AGENTICRAG_PARSER_PROCESSES="1",
        )
        await server.create_key()
        await server.start()
        base, document = await begun(server, pages)
        repeated = progressed = 0
        before = -1
        for _ in range(trial.count):
            await asyncio.sleep(trial.rng.uniform(0.05, 4.0 if trial.full else 0.5))
            await server.kill()
            stored, asked = await stored_texts(database_url), len(provider.log)
            progressed += len(stored) > before
            before = len(stored)
            await server.start()
            await asyncio.sleep(0.2)
            repeated += sum(
                text.partition("\n")[2] in stored
                for one in provider.log[asked:]
                for text in one.body.get("input", [])
            )
        ready = await ended(server, base, document)
        assert ready["status"] == "ready", ready
        assert ready["progress"]["done"] == ready["passages"] > pages / 2
        texts = [text for one in provider.log for text in one.body.get("input", [])]
        assert len(texts) - len(set(texts)) <= trial.count * BATCH  # what was cut off, once for each kill
        assert set(texts) == {f"book.pdf\n{text}" for text in await stored_texts(database_url)}
        async with client_of(server) as client:
            found = await client.post(
                f"/knowledge-bases/{base}/search",
                json={"query": "valve V-7-3", "strategy": "lexical", "top_k": 1},
            )
            assert found.json()["results"][0]["document_id"] == document
            assert (await client.delete(f"/knowledge-bases/{base}/documents/{document}")).status_code == 200
        left = await rows(database_url)
        assert await server.stop() == 0
    trial.saw(repeated=repeated, rows_left=left)
    assert (repeated, left) == (0, 0)
    assert progressed


def client_of(server: ServerProcess) -> httpx.AsyncClient:
    """Return a client of the API."""
    return httpx.AsyncClient(
        base_url=server.url + API, headers={"Authorization": f"Bearer {server.key}"}, timeout=60
    )


async def begun(server: ServerProcess, pages: int) -> tuple[str, str]:
    """Begin to read a book in and return the base and the document."""
    async with client_of(server) as client:
        made = await client.post(
            "/knowledge-bases",
            json={"name": "Books", "embedding": {"provider": "openai", "model": "test"}},
        )
        base = made.json()["id"]
        book = pdf([page_text(number, 24) for number in range(pages)])
        added = await client.post(
            f"/knowledge-bases/{base}/documents", files={"file": ("book.pdf", book, "application/pdf")}
        )
        assert added.status_code == 202, added.text
        return base, added.json()["id"]


async def ended(server: ServerProcess, base: str, document: str) -> dict[str, Any]:
    """Return the document when it is ready or has failed; until then its progress never goes back."""
    done = 0
    async with client_of(server) as client:
        while True:
            found = (await client.get(f"/knowledge-bases/{base}/documents/{document}")).json()
            if found["status"] in ("ready", "failed"):
                return found
            assert found["progress"]["done"] >= done
            done = found["progress"]["done"]
            await asyncio.sleep(0.1)


async def stored_texts(url: str) -> set[str]:
    """Return the texts of passages whose vectors are stored."""
    blocks, passages = tables.knowledge_blocks.c, tables.knowledge_passages.c
    covered = select(passages.text).where(
        select(blocks.number)
        .where(
            blocks.generation == passages.generation,
            blocks.number <= passages.number,
            blocks.number + blocks.passages > passages.number,
        )
        .exists()
    )
    async with open_database(url) as database:
        return set(await database.read(lambda connection: connection.scalars(covered).all()))


async def rows(url: str) -> int:
    """Return how many rows of documents are left, after they had time to be deleted."""
    async with open_database(url) as database:
        left = 1
        for _ in range(200):
            left = 0
            for table in ROWS:
                count = select(func.count()).select_from(table)
                left += await database.read(lambda connection, count=count: connection.scalar(count)) or 0
            if not left:
                break
            await asyncio.sleep(0.1)
        return left
