"""How fast bases are searched: ``python -m benchmarks.retrieval.speed --passages 100000``.

Passages are synthetic: words by Zipf's law, vectors in clusters. Stored blocks are read from a SQLite file,
as after a start. Times are CPU milliseconds of one thread.
"""

import argparse
import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from graphs.passage_search.blocks import MOST_PASSAGES, pack
from graphs.passage_search.calibration import Calibration
from graphs.passage_search.index import KnowledgeIndex
from graphs.passage_search.passages import DocumentEntry, IndexedPassage
from graphs.passage_search.search_request import SearchRequest

RESULTS = Path(__file__).parent.parent / "results" / "retrieval.json"
WORDS = 60_000
CLUSTERS = 400
PER_DOCUMENT = 20
TERMS = 100
"""Different tokens of a passage."""


def stored_blocks(count: int, dimensions: int, terms: int, path: Path) -> list[str]:
    """Write blocks of synthetic passages to a SQLite file, and return the keys of their documents."""
    random = np.random.default_rng(7)
    centres = random.standard_normal((CLUSTERS, dimensions), dtype=np.float32)
    chances = 1 / np.arange(1, WORDS + 1)
    total = np.cumsum(chances / chances.sum())
    names = [f"word{number}" for number in range(WORDS)]
    documents = [f"d{number}" for number in range(-(-count // PER_DOCUMENT))]
    database = sqlite3.connect(path)
    database.execute("create table blocks (number integer primary key, content blob)")
    for block, start in enumerate(range(0, count, MOST_PASSAGES)):
        size = min(MOST_PASSAGES, count - start)
        vectors = centres[random.integers(0, CLUSTERS, size)]
        vectors = vectors + random.standard_normal((size, dimensions), dtype=np.float32) * 0.8
        scales = np.abs(vectors).max(axis=1) / 127
        small = np.rint(vectors / scales[:, None]).astype(np.int8)
        lengths = np.linalg.norm(vectors, axis=1)
        said = np.searchsorted(total, random.random((size, terms)))
        passages = [
            IndexedPassage(
                id=f"p{start + row}",
                document=documents[(start + row) // PER_DOCUMENT],
                terms={names[word]: 1 for word in said[row]},
                vector=small[row].tobytes(),
                scale=float(scales[row] / lengths[row]),
            )
            for row in range(size)
        ]
        database.execute("insert into blocks values (?, ?)", (block, pack(passages, dimensions)))
    database.commit()
    database.close()
    return documents


def timed(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return CPU and wall milliseconds of some work, and what it gave."""
    cpu, wall = time.process_time(), time.perf_counter()
    given = work()
    return (time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000, given


def opened(path: Path, documents: list[str]) -> KnowledgeIndex:
    """Return the index of stored blocks, as a first search makes it."""
    database = sqlite3.connect(path)
    blocks = [content for (content,) in database.execute("select content from blocks order by number")]
    database.close()
    entries = [
        DocumentEntry(key=key, id=key, name=key, metadata={"half": int(key[1:]) % 2}) for key in documents
    ]
    return KnowledgeIndex(blocks, entries, Calibration(0.0, 0.6))


def main() -> None:
    """Print the figures, and keep them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, default=512)
    parser.add_argument("--terms", type=int, default=TERMS, help="tokens of a passage")
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--write", action="store_true", help="keep the figures in benchmarks/results")
    arguments = parser.parse_args()
    figures: dict[str, Any] = {"passages": arguments.passages, "words": arguments.terms, "cpu_ms": {}}
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = Path(folder) / "blocks.sqlite"
        documents = stored_blocks(arguments.passages, arguments.dimensions, arguments.terms, path)
        random = np.random.default_rng(11)
        question = random.standard_normal(arguments.dimensions)
        ask = SearchRequest(query="word7 word90 word400 word2500 word31")
        cpu, wall, index = timed(lambda: opened(path, documents))
        first = timed(lambda: index.search(ask, question))
        print(f"{arguments.passages:,} passages, {index.size / 1e6:.0f} MB in memory")
        figures["megabytes"] = round(index.size / 1e6)
        figures["first_search"] = {"cpu_ms": round(cpu + first[0]), "wall_ms": round(wall + first[1])}
        print(f"first search: {cpu + first[0]:.0f} ms CPU, {wall + first[1]:.0f} ms wall")
        for name, like in {
            "similarity": SearchRequest(query="-", strategy="similarity"),
            "lexical": SearchRequest(query="-", strategy="lexical"),
            "hybrid": SearchRequest(query="-"),
            "hybrid, filtered": SearchRequest(query="-", filters={"half": 1}),
            "mmr": SearchRequest(query="-", strategy="mmr"),
        }.items():
            spent: list[float] = []
            for _ in range(arguments.searches):
                words = " ".join(f"word{number}" for number in random.zipf(1.3, 8) % WORDS)
                asked = SearchRequest(query=words, strategy=like.strategy, filters=like.filters)
                vector = random.standard_normal(arguments.dimensions)
                spent.append(timed(partial(index.search, asked, vector))[0])
            p50, p95 = np.percentile(spent, [50, 95])
            figures["cpu_ms"][name] = {"p50": round(float(p50), 1), "p95": round(float(p95), 1)}
            print(f"{name}: p50 {p50:.1f} ms, p95 {p95:.1f} ms CPU")
    if arguments.write:
        known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
        known[f"{arguments.passages:,}"] = figures
        RESULTS.write_text(json.dumps(known, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
