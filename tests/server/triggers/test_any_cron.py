"""Cron expressions on any text: times in order, or a refusal.

`corpus/` has expressions and zones that users have sent or that were hard once.
"""

import contextlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.triggers.cron_times import BadCron, check_cron, next_times, passed_times
from tests.fuzzing import cases

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
PAIRS = [tuple(file.read_text("utf-8").split("\n")) for file in CORPUS]
CRONS, ZONES = zip(*PAIRS, strict=True)
FIELDS = st.sampled_from([part for cron in CRONS for part in cron.split()]) | st.text(
    "0123456789*/-,#L?WMONJA\u0661", max_size=6
)
ANY = st.sampled_from(CRONS) | st.lists(FIELDS, max_size=7).map(" ".join) | st.text(max_size=20)
YEAR = 366 * 86_400


@settings(max_examples=cases(60, 2), deadline=None, database=None)
@given(ANY, st.sampled_from(ZONES) | st.text(max_size=12), st.integers(0, 4_000_000_000))
def test_times_come_in_order_or_the_expression_is_refused(cron: str, zone: str, after: int) -> None:
    with contextlib.suppress(BadCron):
        times = next_times(cron, zone, after, 5)
        assert all(earlier < later for earlier, later in pairwise([after, *times]))
        past = passed_times(cron, zone, after - YEAR, after, 5)
        assert all(earlier < later for earlier, later in pairwise(past))
        assert all(after - YEAR <= each <= after for each in past)
        if times:
            assert passed_times(cron, zone, after, times[-1], 5)[-1] == times[-1]
        check_cron(cron, zone, after, shortest=1)


@pytest.mark.parametrize("file", CORPUS, ids=lambda file: file.stem)
def test_an_expression_of_the_corpus_has_times_or_is_refused(file: Path) -> None:
    cron, zone = file.read_text("utf-8").split("\n")
    refused = file.name.startswith("refused_")
    with pytest.raises(BadCron) if refused else contextlib.nullcontext():
        check_cron(cron, zone, 1_800_000_000, shortest=1)
