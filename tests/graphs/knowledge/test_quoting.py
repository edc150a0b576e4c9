"""Quoting: what is copied of passages, and what is left out."""

from graphs.knowledge.quoted_pieces import pieces
from graphs.knowledge.quoting import quoted_answer, quotes_of
from graphs.knowledge.retrieved import Source

PAGE = """# Backups

See [operations](operations.md). ![a picture](a.png) How to keep data.

| command | does |
|---|---|
| `db backup` | writes a file |
| Why? | What happens in a crash? |

1. Stop all servers.
2. Restore the file. It is checked first.

Then run this:

```sh
agenticrag db check
```
"""


def source(number: int, text: str, score: float = 0.8) -> Source:
    return Source(
        number=number, passage_id=f"p{number}", document_id="d", document_name="a.md", text=text, score=score
    )


def test_headings_heads_of_tables_questions_and_targets_of_links_are_left_out() -> None:
    assert [*pieces(PAGE)] == [
        "`db backup`: writes a file",
        "Stop all servers.",
        "Restore the file.",
        "It is checked first.",
        "Then run this:\n\n```sh\nagenticrag db check\n```",
    ]


def test_an_extract_is_word_for_word_and_has_the_number_of_its_source() -> None:
    sources = [source(1, "Budgets limit costs. They are per day."), source(2, PAGE)]
    answer = quoted_answer("How do I restore a file?", quotes_of(sources))
    assert "Restore the file." in answer
    assert answer.endswith("[2]")


def test_meaning_decides_where_no_word_is_shared() -> None:
    quotes = quotes_of([source(1, "Otters swim well. Bread is baked at noon.")])
    near = [1.0 if quote.parts == ("Bread is baked at noon.",) else 0.1 for quote in quotes]
    assert quoted_answer("빵은 언제 굽나요?", quotes, near) == "Bread is baked at noon. [1]"
