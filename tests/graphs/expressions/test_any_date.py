"""Formats of dates on any text: a date or a refusal, and what is written is read as the same.

`tests/graphs/corpus/date` has formats and texts that users have sent or that were hard once.
"""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphs.expressions.functions.date_formats import FormatError, formatted, read_as
from tests.fuzzing import cases

CORPUS = sorted((Path(__file__).parents[1] / "corpus" / "date").iterdir())
PAIRS = [tuple(file.read_text("utf-8").split("\n")) for file in CORPUS]
LAYOUTS, WRITTEN = zip(*PAIRS, strict=True)
PIECES = st.sampled_from(
    [*(f"%{letter}" for letter in "YymdeHIMSpBbAajVzZ%Q"), " ", "-", ":", "T", "(", "\\", "[", "é", "%"]
)
TEXTS = st.sampled_from(WRITTEN) | st.text("0123456789+-:/., APMZapmé", max_size=30) | st.text(max_size=12)
WHOLE = "%Y-%m-%d %H:%M:%S %z"


@settings(max_examples=cases(60, 2), deadline=None, database=None)
@given(st.sampled_from(LAYOUTS) | st.lists(PIECES, max_size=8).map("".join), TEXTS, st.datetimes())
def test_a_date_is_read_and_written_or_refused(layout: str, text: str, moment: datetime) -> None:
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    written = ""
    with contextlib.suppress(FormatError):
        written = formatted(aware, layout)
    for each in (text, written):
        with contextlib.suppress(FormatError):
            assert read_as(each, layout, UTC).tzinfo is not None
    assert read_as(formatted(aware, WHOLE), WHOLE, UTC) == aware


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_a_date_of_the_corpus_is_read_or_refused(file: Path) -> None:
    layout, text = file.read_text("utf-8").split("\n")
    refused = file.name.startswith("refused_") or file.name == "week"  # weeks are written alone
    with pytest.raises(FormatError) if refused else contextlib.nullcontext():
        read_as(text, layout, UTC)
