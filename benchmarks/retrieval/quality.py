"""Recall and rank of every strategy over the labelled questions: ``python -m benchmarks.retrieval.quality``.

The passages are this product's own docs, split as a knowledge base splits them. A label names a page, a
heading and what the passage says: ``operations.md#Retention~VACUUM``. A question
needs one passage of each of its groups.
"""

import argparse
import asyncio
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean

import msgspec
from msgspec import Struct

from graphs.embeddings.embedder import EmbeddingModel
from graphs.embeddings.open_embeddings import OpenEmbeddings
from graphs.knowledge.chunking import embedded_text, heading_text, split
from graphs.passage_search.blocks import MOST_PASSAGES, pack
from graphs.passage_search.calibration import calibration_of
from graphs.passage_search.index import KnowledgeIndex
from graphs.passage_search.passages import Chunk, DocumentEntry, IndexedPassage, ParsedText
from graphs.passage_search.search_request import SearchRequest
from graphs.passage_search.vectors import HEADING_SHARE, quantize, with_heading
from graphs.passage_search.word_tokens import terms_of
from graphs.providers.settings import ModelSettings

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "retrieval.md"
QUESTIONS = Path(__file__).parent / "questions.json"
STRATEGIES = {
    "lexical": SearchRequest(query=" ", strategy="lexical"),
    "similarity": SearchRequest(query=" ", strategy="similarity"),
    "hybrid (default)": SearchRequest(query=" "),
    "hybrid, rrf": SearchRequest(query=" ", fusion="rrf"),
    "mmr": SearchRequest(query=" ", strategy="mmr"),
}
DEPTHS = (1, 5, 10)
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


class Question(Struct, frozen=True):
    """A question and the passages that answer it."""

    kind: str
    question: str
    needed: list[list[str]]
    """Groups of labels: of each group one passage is needed."""


class Found(Struct, frozen=True):
    """How well one question was answered: recall at each depth, and one by the rank of the first hit."""

    kind: str
    recall: tuple[float, ...]
    reciprocal: float


class Corpus(Struct, frozen=True):
    """The passages of all pages."""

    pages: list[str]
    chunks: list[Chunk]

    def labelled(self, label: str) -> set[int]:
        """Return the positions of the passages that a label means."""
        page, _, rest = label.partition("#")
        heading, _, said = rest.partition("~")
        page, _, anywhere = page.partition("~")
        said = said or anywhere
        return {
            at
            for at, (where, chunk) in enumerate(zip(self.pages, self.chunks, strict=True))
            if where == page and (not heading or heading == chunk.heading[-1]) and said in chunk.text
        }


def questions() -> list[Question]:
    """Return the labelled questions."""
    return msgspec.json.decode(QUESTIONS.read_bytes(), type=list[Question])


def corpus() -> Corpus:
    """Return the passages of the docs, without the page that has the figures."""
    files = [path for path in sorted((ROOT / "docs").glob("*.md")) if path != PAGE]
    files += [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]
    pages: list[str] = []
    chunks: list[Chunk] = []
    for path in files:
        name = path.name if path.parent != ROOT / "docs" or path.name != "README.md" else "docs-README.md"
        for chunk in split(ParsedText(path.read_text("utf-8")), "text/markdown"):
            pages.append(name)
            chunks.append(chunk)
    return Corpus(pages, chunks)


def index_of(found: Corpus, vectors: Sequence[Sequence[float]], model: str = "") -> KnowledgeIndex:
    """Return an index of the passages."""
    passages = [
        IndexedPassage(
            id=str(at),
            document=page,
            terms=terms_of(f"{chunk.context}\n{chunk.text}", chunk.heading),
            vector=(stored := quantize(vectors[at]))[0],
            scale=stored[1],
        )
        for at, (page, chunk) in enumerate(zip(found.pages, found.chunks, strict=True))
    ]
    size = len(vectors[0])
    blocks = [pack(passages[at : at + MOST_PASSAGES], size) for at in range(0, len(passages), MOST_PASSAGES)]
    entries = [DocumentEntry(key=page, id=page, name=page) for page in dict.fromkeys(found.pages)]
    return KnowledgeIndex(blocks, entries, calibration_of("local", model))


def judged(
    found: Corpus,
    index: KnowledgeIndex,
    asked: Iterable[tuple[Question, Sequence[float]]],
    like: SearchRequest,
) -> list[Found]:
    """Return how well one strategy answers the questions."""
    results: list[Found] = []
    for question, vector in asked:
        request = msgspec.structs.replace(like, query=question.question, top_k=max(DEPTHS))
        ranks = [int(hit.passage_id) for hit in index.search(request, vector).hits]
        groups = [set[int]().union(*map(found.labelled, labels)) for labels in question.needed]
        first = next(
            (1 / (at + 1) for at, hit in enumerate(ranks) if any(hit in each for each in groups)), 0.0
        )
        recall = tuple(fmean(bool(each & {*ranks[:depth]}) for each in groups) for depth in DEPTHS)
        results.append(Found(question.kind, recall, first))
    return results


async def measured(provider: str) -> tuple[Corpus, dict[str, list[Found]]]:
    """Return the corpus, and by strategy how well each question was answered."""
    found, asked = corpus(), questions()
    async with OpenEmbeddings(ModelSettings()) as embeddings:
        model = EmbeddingModel(provider=provider)
        texts = [embedded_text(chunk, page) for page, chunk in zip(found.pages, found.chunks, strict=True)]
        passages = await embeddings.embed(model, texts)
        vectors = (await embeddings.embed(model, [question.question for question in asked])).vectors
        made = passages.vectors
        if share := HEADING_SHARE.get(passages.fingerprint.provider):
            above = [heading_text(chunk, page) for page, chunk in zip(found.pages, found.chunks, strict=True)]
            headings = (await embeddings.embed(model, above)).vectors
            made = [with_heading(*pair, share) for pair in zip(made, headings, strict=True)]
    index = index_of(found, made, passages.fingerprint.model)
    return found, {
        name: judged(found, index, zip(asked, vectors, strict=True), like)
        for name, like in STRATEGIES.items()
    }


def table(results: dict[str, list[Found]]) -> str:
    """Return the figures as a Markdown table: recall at each depth and MRR."""
    kinds = list(dict.fromkeys(one.kind for one in next(iter(results.values()))))
    lines = ["| strategy | " + " | ".join([*kinds, "all"]) + " |", "|---" * (len(kinds) + 2) + "|"]
    for name, found in results.items():
        cells: list[str] = []
        for kind in [*kinds, ""]:
            mine = [one for one in found if kind in ("", one.kind)]
            figures = [fmean(one.recall[at] for one in mine) for at in range(len(DEPTHS))]
            cells.append(
                " / ".join(f"{each:.2f}" for each in [*figures, fmean(one.reciprocal for one in mine)])
            )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Print the figures, and write them into the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", default="local", help="whose embeddings")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/retrieval.md")
    arguments = parser.parse_args()
    found, results = asyncio.run(measured(arguments.provider))
    lost = [
        label for each in questions() for group in each.needed for label in group if not found.labelled(label)
    ]
    if lost:
        print("No passage has these labels any more:", *lost, sep="\n  ", file=sys.stderr)
    asked = questions()
    told = (
        f"{len(asked)} questions over {len(found.chunks)} passages. Recall@1 / @5 / @10 / MRR.\n\n"
        f"{table(results)}"
    )
    print(told)
    if arguments.write:
        page = PAGE.read_text("utf-8")
        block = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
        PAGE.write_text(block.sub(lambda _: f"{BEGIN}\n\n{told}\n\n{END}", page), "utf-8")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
